"""The command that puts two versions beside each other; what is heavy is imported where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.errors import InvalidRequest
from serving.commands.console import print_result, print_table, say, step_progress
from serving.commands.models.references import read_model
from serving.commands.options import Json, OwnZone, enter, past_moment
from serving.commands.source import FilesOrStore, Store, require_source
from serving.commands.training import Scheme, Until, read_snapshots
from serving.settings import Settings

if TYPE_CHECKING:
    from training.comparison.orders import DifferingOrder
    from training.comparison.versions import ModelComparison
    from training.metrics.paired import PairedEstimate

STEPS = 6
METRICS = {
    "brier": "Brier score, less is better",
    "log_loss": "log loss, less is better",
    "average_precision": "average precision",
    "roc_auc": "ROC AUC",
    "calibration_error": "calibration error, less is better",
}
MODEL_HELP = "NAME@VERSION such as order-risk@3, NAME@champion, or a folder with a model."


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    enter(app, "compare", compare, "shiprisk compare order-risk@champion order-risk@4 events.parquet")


def compare(
    first: Annotated[str, typer.Argument(help=MODEL_HELP, show_default=False)],
    second: Annotated[str, typer.Argument(help="The same, of the model to put beside it.", show_default=False)],
    events: FilesOrStore = None,
    store: Store = None,
    until: Until = None,
    decision_points: Scheme = "daily",
    zone: OwnZone = None,
    as_json: Json = False,
) -> None:
    """Compare two models on the orders that neither has learned from, as a service would have scored them.

    Every difference has an interval of its own: weeks are redrawn with all orders due in them, for both models at once.
    Nothing is promoted: that is what 'shiprisk promote' is for.
    """
    from training.comparison.versions import compare_models

    require_source(events, store)
    moment = None if until is None else past_moment(until, "until")
    with step_progress(STEPS) as step:
        step("loading both models")
        models = read_model(first, Settings()), read_model(second, Settings())
        if models[0].name == models[1].name:
            raise InvalidRequest(f"the models must be two, got {models[0].name} twice")
        policy, zone = models[0].model.policy, zone or models[0].zone
        snapshots, frame = read_snapshots(events, store, decision_points, moment, zone, step, policy)
        comparison = compare_models(snapshots, frame, *models, progress=step)
    print_result(comparison.to_json(), snapshots.notice, lambda: _print(comparison), as_json)


def _print(comparison: ModelComparison) -> None:
    first, second = (one.name for one in comparison.models)
    for note in comparison.notes:
        say(f"note: {note}")
    say(f"{comparison.counts}\n")
    columns = ["", first, second, f"{second} better by", "95 % interval", ""]
    rows = [[words, *_cells(comparison.whole.metrics[name])] for name, words in METRICS.items()]
    print_table("All (weeks redrawn for both at once)", columns, rows)
    _print_parts(comparison, first, second)
    say("")
    title = "Where they differ most, one look an order"
    print_table(
        title,
        ["order", "looked at", "days left", first, second, "came", "most by (log-odds)"],
        [_order(one) for one in comparison.orders],
    )
    say(f"\n{comparison.judgement.sentence}")


def _cells(metric: PairedEstimate) -> list[str]:
    gain = metric.gain
    values = [f"{metric.first.value:.4f}", f"{metric.second.value:.4f}", f"{gain.value:+.4f}"]
    return [*values, f"{gain.low:+.4f} to {gain.high:+.4f}", metric.standing]


def _print_parts(comparison: ModelComparison, first: str, second: str) -> None:
    """By plant and by days to promise, the Brier score; every metric of a part is in the JSON."""
    if len(comparison.slices) < 2:
        return
    rows = [
        [one.name, one.orders, f"{one.failure_share:.0%}", *_cells(one.metrics["brier"])]
        for one in comparison.slices[1:]
    ]
    say("")
    columns = ["", "orders", "failed", first, second, f"{second} better by", "95 % interval", ""]
    print_table("Brier score by part", columns, rows)


def _order(one: DifferingOrder) -> list[Any]:
    strongest = next((f"{name} {added:+.2f}" for name, added in one.because.items()), "")
    return [
        one.order_id,
        one.as_of[:16].replace("T", " "),
        f"{one.days_to_promise:.1f}",
        f"{one.first:.1%}",
        f"{one.second:.1%}",
        one.outcome,
        strongest,
    ]
