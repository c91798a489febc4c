"""Three pictures of a simulated plant: outcomes by month, one missed order, true risk by days to the promise.

python benchmarks/plant_plots.py --out out/ --orders 5000 --futures 100
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

from features.decision_points import decision_points
from features.events.schema import TYPE_CODE
from features.history import History
from features.orders.commitments import commitments
from features.outcomes import MISSED, ON_TIME_IN_FULL, OUTCOMES, PARTIAL, UNSETTLED, outcomes
from features.times import DAY, micros, plant_calendar, timestamps
from simulation import load_plant
from simulation.oracle.oracle import Oracle, oracle_days, simulate_with_oracle

mpl.use("Agg")
import matplotlib.pyplot as plt

COLOURS = {ON_TIME_IN_FULL: "#9fb8ad", PARTIAL: "#e9b44c", MISSED: "#c0473c"}
GROUPS = {
    "order_line": "order", "commitment": "promise", "production.released": "released",
    "production.rescheduled": "rescheduled", "operation.confirmed": "confirmed", "operation.scrapped": "scrap, rework",
    "operation.reworked": "scrap, rework", "material": "material", "hold": "holds", "inspection": "inspection",
    "readiness": "readiness", "delivery": "delivery planned", "goods": "goods issued", "decision": "decision",
}  # fmt: skip


def main() -> None:
    """Simulate, plot, and say where the pictures are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plant", default="default")
    parser.add_argument("--orders", type=int, default=5000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--moments", type=int, default=2)
    parser.add_argument("--futures", type=int, default=100)
    parser.add_argument("--out", type=Path, default=Path("out"))
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    at_days = oracle_days(asked.days, asked.moments)
    plant = load_plant(asked.plant)
    oracle = simulate_with_oracle(plant, asked.orders, asked.days, asked.seed, at_days, asked.futures, of_each=0)
    history = History.of(oracle.events)
    points = decision_points(history, "before=7", plant_calendar("UTC"))
    outcome, *_ = outcomes(history, points.order, points.as_of)
    # Of the orders due at the very end only those that shipped early are settled: leave them out.
    outcome[points.as_of + 9 * DAY > history.recorded.max()] = UNSETTLED
    by_month(points.as_of, outcome, asked.out / "outcomes_by_month.png")
    one_order(oracle.events, chosen_order(history, points.order, outcome), asked.out / "one_missed_order.png")
    by_days_to_promise(oracle, history, asked.out / "risk_by_days_to_promise.png")
    print(*sorted(asked.out.glob("*.png")), sep="\n")


def by_month(as_of: np.ndarray, outcome: np.ndarray, path: Path) -> None:
    """Shares of missed and partial orders by the month in which they fell due."""
    settled = np.isin(outcome, list(COLOURS))
    month = timestamps(as_of[settled] + 7 * DAY).dt.strftime("%Y-%m").to_numpy()
    names = np.unique(month)
    sizes = np.array([(month == name).sum() for name in names])
    figure, axis = plt.subplots(figsize=(8, 4))
    base = np.zeros(len(names))
    for code in (MISSED, PARTIAL):
        share = np.array([(outcome[settled][month == name] == code).mean() for name in names])
        axis.bar(names, share, bottom=base, color=COLOURS[code], label=str(OUTCOMES[code]))
        base += share
    for position, (top, size) in enumerate(zip(base, sizes, strict=True)):
        axis.annotate(f"{size}", (position, top), ha="center", va="bottom", fontsize=8, color="#555555")
    axis.set(ylabel="share of orders due", title="Outcomes by month of the promise (number of orders above)")
    axis.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0, decimals=0))
    axis.tick_params(axis="x", rotation=45)
    axis.legend(frameon=False, loc="upper left")
    _save(figure, path)


def chosen_order(history: History, order: np.ndarray, outcome: np.ndarray) -> str:
    """A missed order with holds and moved plans, so that there is something to see."""
    held = np.bincount(history.order, weights=history.type == TYPE_CODE["hold.placed"], minlength=history.n_orders)
    moved = np.bincount(
        history.order, weights=history.type == TYPE_CODE["production.rescheduled"], minlength=history.n_orders
    )
    missed = order[outcome == MISSED]
    sizes = np.bincount(history.order, minlength=history.n_orders)[missed]
    score = np.minimum(held[missed], 2) + np.minimum(moved[missed], 2) - np.abs(sizes - 60) / 60
    return str(history.order_ids[missed[int(np.argmax(score))]])


def one_order(events: pd.DataFrame, order_id: str, path: Path) -> None:
    """Every event of one order; a line runs from when it happened to when it was recorded."""
    own = events[events["order_id"] == order_id]
    groups = [next(name for prefix, name in GROUPS.items() if type_.startswith(prefix)) for type_ in own["type"]]
    rows = [name for name in dict.fromkeys(GROUPS.values()) if name in groups]
    figure, axis = plt.subplots(figsize=(10, 5))
    height = np.array([len(rows) - rows.index(name) for name in groups])
    bad = own["state"].isin(["short", "failed", "not_met"]) | own["type"].isin(["hold.placed", "operation.scrapped"])
    axis.hlines(height, own["occurred_at"], own["recorded_at"], color="#999999", lw=2, zorder=1)
    axis.scatter(own["occurred_at"], height, c=np.where(bad, "#c0473c", "#2f5d50"), s=22, zorder=2)
    promises = own[own["type"].isin(["order_line.created", "commitment.changed"])]
    for number, promise in enumerate(promises["date"].drop_duplicates()):
        axis.axvline(
            promise,
            color="#c0473c",
            ls="--" if number else "-",
            lw=1,
            label="promise moved" if number else "first promise",
        )
    axis.set_yticks(range(1, len(rows) + 1), rows[::-1])
    axis.set_title(f"Order {order_id}: {len(own)} events (red: trouble; grey: from occurred to recorded)")
    handles, labels = axis.get_legend_handles_labels()
    kept = dict(zip(labels, handles, strict=True))
    axis.legend(kept.values(), kept.keys(), frameon=False, loc="lower left", fontsize=8)
    figure.autofmt_xdate()
    _save(figure, path)


def by_days_to_promise(oracle: Oracle, history: History, path: Path) -> None:
    """The true risk of each open order against the days to its promise."""
    risks = oracle.risks
    risk = (risks["p_missed"] + risks["p_partial"]).to_numpy()
    days = np.array(
        [_days(history, order, as_of) for order, as_of in zip(risks["order_id"], risks["as_of"], strict=True)]
    )
    figure, axis = plt.subplots(figsize=(8, 4.5))
    axis.scatter(days, risk, s=8, alpha=0.35, color="#2f5d50", lw=0)
    edges = np.arange(0, days.max() + 3, 3)
    middle, mean = [], []
    for low, high in pairwise(edges):
        inside = (days >= low) & (days < high)
        if inside.sum() >= 5:
            middle.append((low + high) / 2)
            mean.append(risk[inside].mean())
    axis.plot(middle, mean, color="#c0473c", lw=2, label="mean")
    axis.invert_xaxis()
    title = f"True risk of open orders ({len(risks):,} orders and moments, {int(risks['n'].max())} futures each)"
    axis.set(xlabel="days to the promise", ylabel="true P(missed or partial)", title=title)
    axis.legend(frameon=False)
    _save(figure, path)


def _days(history: History, order_id: str, as_of: pd.Timestamp) -> float:
    order, moment = int(np.flatnonzero(history.order_ids == order_id)[0]), micros(as_of)
    rows = np.arange(history.first[order], history.first[order + 1])
    last = rows[history.recorded[rows] <= moment][-1]
    return float((commitments(history).due[last] - moment) / DAY)


def _save(figure: plt.Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
