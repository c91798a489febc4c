"""Every sentence of every open order at twenty moments, checked by rules; and some drawn at random, to be read.

    python -m benchmarks.reasons.sentences [--plants default:2000:42 ...] [--events FILE ...] [--moments 20] [--draw 60]

A model is trained on the first part of each plant's year, or of a file of events; at moments after that every open
order is scored, and each sentence of its reasons must keep the rules of ``benchmarks.reasons.lint``. Points must add
up to the risk within 1e-9. Drawn sentences are printed as a table in Markdown, with the risk beside them.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from benchmarks.reasons.lint import faults_of
from features.decision_points import standing_orders
from features.events import read_events
from features.history import History
from features.readiness.statements import KnownOrder
from features.reasons.facts import OrderFacts
from features.times import isoformat
from serving.models.cache import LoadedModel
from serving.models.scorer import OrderScore, Scorer
from simulation import load_plant, simulate
from training.data.snapshots import Snapshots
from training.data.split import split_by_time
from training.model.fit import fit_model

DAYS, APART = 365, 1e-9


class Read(NamedTuple):
    """One sentence of one order at a moment, and what is wrong with it."""

    source: str
    as_of: int
    score: OrderScore
    place: int
    faults: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plants", nargs="*", default=["default:2000:42", "default:2000:43", "job_shop:2000:41"])
    parser.add_argument("--events", nargs="*", type=Path, default=[])
    parser.add_argument("--scheme", default="daily", help="decision points of the files: daily, or before=7")
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--draw", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    found: list[Read] = []
    for name, events, scheme in _sources(asked.plants, asked.events, asked.scheme):
        own = list(read_sentences(name, events, scheme, asked.moments))
        print(f"{name}: {len(own):,} sentences, {sum(bool(one.faults) for one in own):,} with a fault")
        found += own
    _print_faults(found)
    _print_drawn(found, asked.draw, asked.seed)


def _sources(plants: list[str], files: list[Path], scheme: str) -> Iterator[tuple[str, pd.DataFrame, str]]:
    for plant in plants:
        name, orders, seed = plant.split(":")
        yield plant, simulate(load_plant(name), int(orders), DAYS, int(seed)), "daily"
    for file in files:
        yield file.stem, read_events(file), scheme


def read_sentences(name: str, events: pd.DataFrame, scheme: str, moments: int) -> Iterator[Read]:
    """The sentences of every open order at moments spread evenly over what comes after the training."""
    snapshots = Snapshots.of(events, scheme)
    points, _ = snapshots.labelled(snapshots.until)
    cut = split_by_time(points).at
    past, _ = snapshots.labelled(cut)
    model = fit_model(past, snapshots.context, {"trained_until": isoformat(cut), "zone": "UTC"})
    scorer = Scorer(LoadedModel("sentences", "1", model), snapshots.context)
    for as_of in np.linspace(cut, snapshots.until, moments + 1)[1:].astype(np.int64).tolist():
        yield from _at(name, scorer, snapshots.history, as_of)


def _at(name: str, scorer: Scorer, history: History, as_of: int) -> Iterator[Read]:
    points = standing_orders(history, as_of)
    for score, order in zip(scorer.score(history, points, 0), points.order.tolist(), strict=True):
        if score.state != "open" or score.risk is None or score.base_risk is None:
            continue
        apart = abs(score.base_risk + sum(reason.points for reason in score.reasons) - score.risk)
        if apart > APART:
            raise ValueError(f"points must add up to the risk of {score.order_id} within {APART}, got {apart} apart")
        facts = OrderFacts(KnownOrder(history, order, as_of), as_of, ZoneInfo(scorer.context.calendar.zone))
        for place, reason in enumerate(score.reasons):
            yield Read(name, as_of, score, place, tuple(faults_of(reason, facts)))


def _print_faults(found: list[Read]) -> None:
    kinds = Counter(fault for one in found for fault in one.faults)
    print(f"\n{len(found):,} sentences of {len({one.score.order_id for one in found}):,} orders; faults:")
    for fault, count in kinds.most_common(30):
        example = next(one for one in found if fault in one.faults)
        reason = example.score.reasons[example.place]
        print(f"  {count:6,} {fault}: {reason.topic}.{reason.situation} {reason.points:+.3f} {reason.text!r}")


def _print_drawn(found: list[Read], count: int, seed: int) -> None:
    """Sentences that move the risk by half a point or more, drawn at random."""
    seen = [one for one in found if abs(one.score.reasons[one.place].points) >= 0.005]
    rows = np.random.default_rng(seed).choice(len(seen), min(count, len(seen)), replace=False)
    print("\n| plant | as of | order | due | risk | points | topic | sentence | usual |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        one = seen[int(row)]
        score, reason = one.score, one.score.reasons[one.place]
        cells = (
            one.source,
            str(isoformat(one.as_of))[:16],
            score.order_id,
            str(score.due_at)[:10],
            f"{score.risk:.0%}",
            f"{100 * reason.points:+.1f}",
            reason.topic,
            reason.text,
            reason.usual,
        )
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
