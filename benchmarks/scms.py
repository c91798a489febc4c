"""The model on real orders: USAID SCMS delivery history, each order seen 7 days before its promise.

    python benchmarks/scms.py --source DIR

An order is one PO and one promise date. Train on the earlier 80 % of the promises with the outcomes known by then, test
on the later 20 %; nothing is tuned on the test part. Two readings: the orders that are still open 7 days before their
promise, which is what the model is for; and all orders, where an order whose every line is recorded as shipped by
then has risk 0, as the worklist leaves it out.
Then year by year: a model of what was known on the first of January foretells the failures of the year, which shows
what a world that moves does to its calibration.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from features.context.context import Context
from features.decision_points import DecisionPoints
from features.history import History
from features.importing.mapping import import_events
from features.known.known import Known
from features.orders.commitments import SHIPPED, commitments
from features.outcomes import MISSED, PARTIAL, label_revisions
from features.times import DAY, NEVER, micros, plant_calendar
from training.data.dataset import build_dataset
from training.data.labelled import week_of
from training.data.snapshots import Snapshots
from training.evaluate.drift import CalibrationInTheLarge
from training.evaluate.evaluation import error_by_chance
from training.metrics.bootstrap import metric_estimates
from training.metrics.scores import METRICS
from training.model.baselines import BASELINES, share_in_hindsight
from training.model.fit import describe_dataset, fit_model

MAPPING = Path(__file__).parents[1] / "examples" / "scms" / "mapping.sql"
LAST_PROMISE = micros("2015-06-30T23:59:59.999999Z")
NOTICE = 7 * DAY
YEARS = range(2009, 2016)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--source", required=True, help="the folder that holds SCMS_Delivery_History_Dataset.csv")
    events = import_events(MAPPING, options.parse_args().source).events
    history = History.of(events)
    promise = np.full(history.n_orders, NEVER, dtype=np.int64)
    np.maximum.at(promise, history.order, history.date)
    within = promise <= LAST_PROMISE
    cut = np.sort(promise[within])[int(0.8 * within.sum())]
    print(f"{within.sum():,} orders; trained on what was known {np.datetime64(int(cut - NOTICE), 'us')}")

    past = build_dataset(events, "before=7", int(cut - NOTICE))
    whole = build_dataset(events, "before=7")
    model = fit_model(past.points, past.context, describe_dataset(past, "before=7", "UTC"))
    open_ = whole.points.take((whole.points.due >= cut) & (whole.points.due <= LAST_PROMISE))
    risks = {"model": model.risk_as_served(open_), "without levels": model.risk_of(open_)}
    risks |= {name: baseline(past.points)(open_) for name, baseline in BASELINES.items()}
    risks |= {"plant share in hindsight": share_in_hindsight(open_)}

    final = label_revisions(history)
    failed = np.zeros(history.n_orders)
    failed[final.order] = np.isin(final.outcome, (MISSED, PARTIAL))
    test = np.flatnonzero(within & (promise >= cut))
    shipped = test[_shipped_before(history, test, promise)]
    order = np.concatenate([open_.order, shipped])
    week = week_of(promise)
    print(f"{len(test):,} test orders, {len(shipped):,} of them shipped 7 days before the promise, {len(open_):,} open")

    _table("open 7 days before the promise", open_.order, week, open_.failed, risks)
    share = {name: np.append(risk, np.zeros(len(shipped))) for name, risk in risks.items()}
    share["base rate"] = np.full(len(order), past.points.failed.mean())
    _table("all orders, the shipped ones at risk 0", order, week, failed[order], share)
    everything = DecisionPoints(np.arange(history.n_orders), np.full(history.n_orders, int(history.recorded.max())))
    plants = Known(history, everything, Context.of(history, plant_calendar())).first_word("plant")
    for via in sorted(set(plants)):
        rows = open_.plant == via
        _table(f"open, {via}", open_.order[rows], week, open_.failed[rows], {"model": risks["model"][rows]})
        rows = plants[order] == via
        _table(f"all, {via}", order[rows], week, failed[order][rows], {"model": share["model"][rows]})
    _year_by_year(events)


def _year_by_year(events: pd.DataFrame) -> None:
    """Trained on the first of January on what was known then, asked 7 days before each promise of the year."""
    snapshots = Snapshots.of(events, "before=7")
    whole, _ = snapshots.labelled()
    print(f"\n{'year':6}{'orders':>8}{'foretold':>10}  {'failed':22}{'ROC AUC':24}{'calibration error':24}by chance")
    for year in YEARS:
        begin, end = micros(f"{year}-01-01"), min(micros(f"{year + 1}-01-01"), LAST_PROMISE)
        past, _ = snapshots.labelled(begin)
        rows = (whole.as_of > begin) & (whole.as_of <= end) & ~np.isin(whole.order, past.order)
        part = whole.take(rows)
        risk = fit_model(past, snapshots.context, {}).risk_of(part)
        held = CalibrationInTheLarge.of(part, risk)
        found = metric_estimates(part.order, part.week, part.failed, risk, part.weight)
        chance = error_by_chance(part, risk)
        came = f"{held.came.value:.1%} ({held.came.low:.1%}-{held.came.high:.1%})"
        auc, error = str(found["roc_auc"]), str(found["calibration_error"])
        print(f"{year:<6}{part.n_orders:>8,}{held.foretold:>10.1%}  {came:22}{auc:24}{error:24}{chance}")


def _shipped_before(history: History, orders: np.ndarray, promise: np.ndarray) -> np.ndarray:
    from features.engine.ordering import known_until

    points = DecisionPoints(orders.astype(np.int64), promise[orders] - NOTICE)
    stop = known_until(history.first, history.recorded, points.order, points.as_of)
    state = commitments(history).state[np.maximum(stop - 1, 0)]
    return (stop > history.first[points.order]) & (state == SHIPPED)


def _table(title: str, order: np.ndarray, week: np.ndarray, failed: np.ndarray, risks: dict[str, np.ndarray]) -> None:
    """``week`` is (n_orders,), the week in which each order of the history is due."""
    print(f"\n{title}: {len(order):,} orders, {failed.mean():.1%} failed")
    print(f"{'':26}" + "".join(f"{metric:24}" for metric in METRICS))
    for name, risk in risks.items():
        found = metric_estimates(order, week[order], failed, risk, np.ones(len(order)))
        print(f"{name:26}" + "".join(f"{found[metric]!s:24}" for metric in METRICS))


if __name__ == "__main__":
    main()
