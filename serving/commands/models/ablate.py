"""The command that says what signals bring; what is heavy is imported where it is used."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serving.commands.console import print_result, print_table, say, share_progress, terminal
from serving.commands.options import Json, Outcome, Zone, enter, past_moment
from serving.commands.source import FilesOrStore, Store, require_source
from serving.commands.training import Scheme, Until, read_snapshots
from serving.settings import Settings

if TYPE_CHECKING:
    from training.comparison.ablation import Ablation, SignalEffect

MINUTES = 30.0


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    enter(app, "ablate", ablate, "shiprisk ablate events.parquet --group holds --signal hold_frequency")


def ablate(
    events: FilesOrStore = None,
    store: Store = None,
    group: Annotated[
        list[str] | None, typer.Option(help="Leave out a group of signals; may be given again. Default: each group.")
    ] = None,
    signal: Annotated[list[str] | None, typer.Option(help="Leave out one signal; may be given again.")] = None,
    minutes: Annotated[
        float, typer.Option(min=0.0, help="Begin no refit after so many minutes; 0 for no limit.")
    ] = MINUTES,
    until: Until = None,
    decision_points: Scheme = "daily",
    outcome: Outcome = None,
    zone: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """Say what signals bring: fit the model again without them, and judge both on the same later orders.

    The refit has the same parameters, as many trees and the same split; with and without, the risks of three seeds are
    averaged. Nothing is registered.
    """
    from training.comparison.ablation import SEEDS, AblationBench, signal_sets

    require_source(events, store)
    sets = signal_sets(group or (), signal or ())
    moment = None if until is None else past_moment(until, "until")
    policy = Settings(outcome=outcome, zone=zone).policy
    with share_progress("reading events and fitting with all signals") as progress:
        snapshots, _ = read_snapshots(events, store, decision_points, moment, zone, progress, policy)
        bench = AblationBench.of(snapshots)
        begun = time.monotonic()
        fits = len(bench.risks) - 1
        each = (time.monotonic() - begun) / fits
    terminal.print(_expected(len(sets), SEEDS * each, minutes), markup=False)
    until_then = time.monotonic() + (minutes * 60 or math.inf)
    with share_progress("fitting without them") as progress:
        ablation = bench.measure(sets, progress, lambda: time.monotonic() < until_then)
    print_result(ablation.to_json(), snapshots.notice, lambda: _print(ablation), as_json)


def _expected(refits: int, seconds: float, minutes: float) -> str:
    """How long it will take, by what refits with other seeds took; each is one a seed."""
    expected = refits * seconds
    long = f"{expected / 60:.0f} minutes" if expected >= 90 else f"{max(expected, 1):.0f} seconds"
    cut = minutes and expected > minutes * 60
    return f"{refits} refit{'s' * (refits != 1)} of about {seconds:.1f} s each, all seeds together: about {long}" + (
        f", of which {minutes:g} minutes are spent (--minutes): what moves risks most comes first" if cut else ""
    )


def _print(ablation: Ablation) -> None:
    say(
        f"Judged on {ablation.orders:,} orders ({ablation.rows:,} decision points, {ablation.failures:,} orders "
        f"failed) looked at after {ablation.tested_after[:10]}; {ablation.rounds} trees each, fitted on what was "
        f"known by then, {ablation.seeds} seeds on either side."
    )
    say("A gain is by how much the model with all signals is better than the one without (95 % intervals).\n")
    rows = [_row(one) for one in ablation.effects]
    columns = ["without", "signals", "Brier gain", "95 % interval", "ROC AUC gain", "log-odds", ""]
    print_table("What signals bring, the most first", columns, rows)
    say(f"\n{_chance(ablation)}")
    if ablation.left_out:
        say(f"No time was left for {', '.join(ablation.left_out)}: give --minutes.")


def _row(one: SignalEffect) -> list[Any]:
    brier, auc = one.metrics["brier"].gain, one.metrics["roc_auc"].gain
    gains = [f"{brier.value:+.4f}", f"{brier.low:+.4f} to {brier.high:+.4f}", f"{auc.value:+.4f}"]
    return [one.name, len(one.signals), *gains, f"{one.importance:.3f}", one.verdict]


def _chance(ablation: Ablation) -> str:
    return (
        f"Other seeds of the trees alone change the Brier score by up to {ablation.chance.chance:.4f}: a gain of that "
        "size means nothing, whatever its interval. "
        "Signals that say the same stand in for each other: each may seem to bring nothing alone."
    )
