"""Does the risk move the right way? Plainly good and bad events, stated of every open order on mornings after training.

    python -m benchmarks.direction.answers [--plants default:5000:41 ...] [--mornings 4] [--leaves 7]

A model is trained on four fifths of each plant's year. On mornings after that, each event of ``plain_events`` is
stated of every open order that it can happen to, and the order is scored with it and without. An answer is wrong where
the risk moves by more than a point against what the event is. Good events must lower the mean risk and bad ones raise
it; at most 5 % of the orders of each may be answered wrongly. Beside it stand the days by which the expected ship date
moves, and how often by more than a day the wrong way; a promise that moves should leave it where it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.direction.plain_events import PLAIN_EVENTS, Event, Standing, standing_of
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.events.schema import COLUMNS
from features.history import History
from features.known.known import Known
from features.pipeline.computation import compute
from features.times import timestamps
from simulation import load_plant, simulate
from training.data.ship_points import points_to_learn
from training.data.snapshots import Snapshots
from training.data.split import split_by_time
from training.model.fit import fit_model
from training.model.risk_model import RiskModel
from training.model.trees import Trees
from training.ship_date.curve import BEYOND
from training.ship_date.forecast import forecast_known

DAYS, POINT, MOST_WRONG = 365, 0.01, 0.05


class OpenOrder(NamedTuple):
    """An order on a morning: the rows of its known events, and how it stands."""

    order_id: str
    rows: np.ndarray
    standing: Standing


class Answers(NamedTuple):
    """Of the orders that an event can happen to: how many, the share answered wrongly, the mean change of the risk; the
    share whose expected ship date moves by more than a day the wrong way, and the mean days it moves."""

    orders: int
    wrong: float
    change: float
    dates_wrong: float
    days: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plants", nargs="*", default=[f"default:5000:{seed}" for seed in (41, 42, 61)])
    parser.add_argument("--mornings", type=int, default=4)
    parser.add_argument("--leaves", type=int, default=Trees().num_leaves)
    parser.add_argument("--without-moves", action="store_true", help="do not learn from moved promises")
    asked = parser.parse_args()
    found: dict[str, list[Answers]] = {name: [] for name in PLAIN_EVENTS}
    for plant in asked.plants:
        name, orders, seed = plant.split(":")
        events = simulate(load_plant(name), int(orders), DAYS, int(seed))
        snapshots = Snapshots.of(events)
        cut = split_by_time(snapshots.labelled()[0]).at
        past, _ = snapshots.labelled(cut)
        past = replace(past, moved=None) if asked.without_moves else past
        looks = points_to_learn(snapshots, cut, snapshots.names)
        trees = replace(Trees(), num_leaves=asked.leaves)
        model = fit_model(past, snapshots.context, {}, trees, looks=looks)
        mornings = np.unique(snapshots.points.as_of[snapshots.points.as_of > cut])
        chosen = mornings[np.linspace(5, len(mornings) - 10, asked.mornings).astype(int)]
        judge = Judge(model, snapshots.context, snapshots.history, events)
        for event, answers in judge.answers(open_orders(snapshots, events, chosen)):
            found[event].append(answers)
            print(f"{plant:18} {event:36} {answers.orders:6,} orders  wrong {answers.wrong:6.1%}  "
                  f"mean {100 * answers.change:+6.1f} points  date wrong {answers.dates_wrong:6.1%}  "
                  f"mean {answers.days:+5.1f} days", flush=True)  # fmt: skip
    _table(asked.plants, found)


class Judge:
    """Scores orders with events that nobody stated."""

    def __init__(self, model: RiskModel, context: Context, history: History, events: pd.DataFrame) -> None:
        self.model, self.context, self.history = model, context, history
        self.events = events.reset_index(drop=True)

    def answers(self, orders: list[OpenOrder]) -> Iterator[tuple[str, Answers]]:
        """One entry an event that can happen to any of the orders."""
        before, date = self.score([(order, []) for order in orders])
        for name, (direction, happens) in PLAIN_EVENTS.items():
            stated = [list(happens(order.standing)) for order in orders]
            rows = np.array([row for row, events in enumerate(stated) if events])
            if not len(rows):
                continue
            after, later = self.score([(orders[row], stated[row]) for row in rows])
            change, days = after - before[rows], later - date[rows]
            wrong, dates_wrong = (float((-direction * by > least).mean()) for by, least in ((change, POINT), (days, 1)))
            yield name, Answers(len(rows), wrong, float(change.mean()), dates_wrong, float(days.mean()))

    def score(self, orders: list[tuple[OpenOrder, list[Event]]]) -> tuple[np.ndarray, np.ndarray]:
        """(n,) risks and expected ship dates of orders, each with its events stated now, as orders of their own.

        A date is the day since 1970-01-01 by which it is as likely as not that all has shipped; the first of a model
        without dates.
        """
        frame = self.events.take(np.concatenate([order.rows for order, _ in orders]))
        copy = np.repeat(np.arange(len(orders)), [len(order.rows) for order, _ in orders])
        frame = frame.assign(order_id=[f"{number:06}" for number in copy])
        added = [
            {"event_id": f"new-{place}-{number}", "order_id": f"{number:06}", "occurred_at": order.standing.now,
             "recorded_at": order.standing.now} | event
            for number, (order, stated) in enumerate(orders)
            for place, event in enumerate(stated)
        ]  # fmt: skip
        if added:
            more = pd.DataFrame(added, columns=list(COLUMNS)).astype(frame.dtypes.to_dict())
            frame = pd.concat([frame, more], ignore_index=True)
        history = History.of(frame, self.history.policy)
        as_of = np.array([order.standing.now.value // 1000 for order, _ in orders])
        points = DecisionPoints(np.arange(len(orders)), as_of)
        signals = compute(history, points, self.context, self.model.names)
        risk = self.model.predict(signals).risk
        known, rows = Known(history, points, self.context), np.arange(len(orders))
        if self.model.ship_dates is None:
            return risk, np.zeros(len(orders))
        late = np.zeros(len(orders), dtype=bool)
        found = forecast_known(self.model.ship_dates, self.model.names, signals, known, rows, late, risk)
        last = found.curves.days.day[found.curves.days.first[1:] - 1]
        return risk, np.where(found.expected == BEYOND, last + 1, found.expected)


def open_orders(snapshots: Snapshots, events: pd.DataFrame, mornings: np.ndarray) -> list[OpenOrder]:
    """Every order that is open with a promise ahead on one of the mornings."""
    rows = np.flatnonzero(np.isin(snapshots.points.as_of, mornings))
    points = snapshots.points.take(rows)
    ids = snapshots.history.order_ids[points.order]
    of_order = {order: np.array([row for row, _ in of]) for order, of in _by_order(events)}
    recorded = events["recorded_at"].dt.as_unit("us").astype("int64").to_numpy()
    records = events.astype(object).where(events.notna(), None).to_dict("records")
    found = []
    for order, as_of in zip(ids, points.as_of, strict=True):
        known = of_order[order][recorded[of_order[order]] <= as_of]
        known = known[np.argsort(recorded[known], kind="stable")]
        standing = standing_of([records[row] for row in known], timestamps(np.array([as_of]))[0])
        promises = [line.promise for line in standing.open_lines.values() if line.promise is not None]
        if promises and min(promises) > standing.now:
            found.append(OpenOrder(str(order), known, standing))
    return found


def _by_order(events: pd.DataFrame) -> Iterator[tuple[str, Iterator[tuple[int, str]]]]:
    rows = sorted(enumerate(events["order_id"]), key=lambda entry: entry[1])
    yield from groupby(rows, key=lambda entry: entry[1])


def _table(plants: list[str], found: dict[str, list[Answers]]) -> None:
    """All plants together, and which events are answered wrongly too often."""
    print(f"\n{len(plants)} plants together{'':18} {'orders':>8} {'wrong':>8} {'mean change':>14} {'date wrong':>10}")
    failed = []
    for name, answers in found.items():
        if not answers:
            continue
        orders = sum(answer.orders for answer in answers)
        wrong = sum(answer.wrong * answer.orders for answer in answers) / orders
        change, dates_wrong, days = (
            sum(getattr(answer, name) * answer.orders for answer in answers) / orders
            for name in ("change", "dates_wrong", "days")
        )
        bad = wrong > MOST_WRONG or change * PLAIN_EVENTS[name][0] <= 0
        failed += [name] if bad else []
        print(
            f"{name:36} {orders:8,} {wrong:8.1%} {100 * change:+8.1f} points {dates_wrong:8.1%} {days:+6.1f} days"
            f"{'   <' if bad else ''}"
        )
    print(f"\nanswered wrongly too often: {', '.join(failed) or 'none'}")


if __name__ == "__main__":
    main()
