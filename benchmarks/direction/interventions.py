"""Does the model answer a decision as the plant would? Its change of risk beside the true effect that the oracle plays.

    python -m benchmarks.direction.interventions [--orders 2000] [--seed 41] [--moments 4] [--futures 100] [--plot F]

At moments in the last fifth of the plant's year, holds are released, orders expedited and dates moved by a week in
futures that are played with and without. The model learned from what was known at the first moment. It is told what the
plant's systems would write down: the hold is released, the promises and their trucks are a week later, somebody has
decided to expedite. Where the true effect is beyond two standard errors, the model's must have its sign.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from benchmarks.direction.answers import Judge, OpenOrder, open_orders
from benchmarks.direction.plain_events import Event, Standing, promise_moved
from features.times import micros
from simulation import load_plant
from simulation.oracle.interventions import MOVED_DAYS
from simulation.oracle.oracle import oracle_days, simulate_with_oracle
from training.data.snapshots import Snapshots
from training.model.fit import fit_model

DAYS, BEYOND = 365, 2.0
"""A true effect counts from so many standard errors on."""
COLOURS = {"release_hold": "tab:blue", "expedite": "tab:orange", "move_date": "tab:green"}
WORDS = {
    "release_hold": "a hold is released",
    "expedite": "the order is expedited",
    "move_date": "promise and trucks a week later",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plant", default="default")
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=41)
    parser.add_argument("--moments", type=int, default=4)
    parser.add_argument("--futures", type=int, default=100)
    parser.add_argument("--of-each", type=int, default=8)
    parser.add_argument("--without-moves", action="store_true", help="do not learn from moved promises")
    parser.add_argument("--table", type=Path, help="write the decisions, true effects and answers, a CSV file")
    parser.add_argument("--plot", type=Path, help="draw the answers beside the true effects, a PNG file")
    parser.add_argument("--from-table", type=Path, nargs="*", help="play nothing: read what --table wrote")
    asked = parser.parse_args()
    effects = pd.concat(map(pd.read_csv, asked.from_table)) if asked.from_table else _play(asked)
    if asked.table:
        effects.to_csv(asked.table, index=False)
    if asked.plot:
        plot(effects, asked.plot)
    for decision, rows in effects.groupby("decision"):
        beyond = rows[rows["effect"].abs() > BEYOND * rows["standard_error"]]
        right = (np.sign(beyond["answer"]) == np.sign(beyond["effect"])).sum()
        alike = np.corrcoef(rows["effect"], rows["answer"])[0, 1] if rows["answer"].std() > 0 else np.nan
        means = [100 * rows[column].mean() for column in ("effect", "answer")]
        print(
            f"{decision:14} {len(rows):3} played, {len(beyond):3} beyond noise, the sign right in {right:3}; of all: "
            f"true effect {means[0]:+6.1f} points, the model's {means[1]:+6.1f}, "
            f"correlation {alike:.2f}"
        )


def _play(asked: argparse.Namespace) -> pd.DataFrame:
    """Each decision that was played, its true effect and the model's answer."""
    days = oracle_days(DAYS, asked.moments)
    played = simulate_with_oracle(
        load_plant(asked.plant), asked.orders, DAYS, asked.seed, days, asked.futures, asked.of_each
    )
    return answered(played.events, played.interventions, asked.without_moves)


def plot(effects: pd.DataFrame, out: Path) -> None:
    """Draw each decision: its true effect with two standard errors to the right, the model's answer upwards."""
    with mpl.rc_context({"backend": "agg"}):
        figure, axes = plt.subplots(figsize=(7, 7), layout="constrained")
        for decision, rows in effects.groupby("decision"):
            spread, named = 100 * BEYOND * rows["standard_error"], f"{WORDS[str(decision)]} ({len(rows)})"
            look = {"fmt": "o", "markersize": 4, "elinewidth": 0.6, "color": COLOURS[str(decision)], "label": named}
            axes.errorbar(100 * rows["effect"], 100 * rows["answer"], xerr=spread, **look)
        most = 100 * float(effects[["effect", "answer"]].abs().to_numpy().max())
        axes.axline((0, 0), slope=1, color="0.7", linewidth=0.8)
        axes.axhline(0, color="0.85", linewidth=0.8)
        axes.axvline(0, color="0.85", linewidth=0.8)
        axes.set(xlim=(-most - 5, most / 2), ylim=(-most - 5, most / 2))
        axes.set_xlabel("true effect on the risk, points (two standard errors)")
        axes.set_ylabel("the model's answer, points")
        axes.legend(frameon=False)
        figure.savefig(out, dpi=110)
        plt.close(figure)


def answered(events: pd.DataFrame, effects: pd.DataFrame, without_moves: bool) -> pd.DataFrame:
    """The oracle's table of decisions with the model's ``answer``, the change of its risk."""
    snapshots = Snapshots.of(events)
    moments = np.array([micros(moment) for moment in effects["as_of"]])
    learned, _ = snapshots.labelled(int(moments.min()))
    learned = replace(learned, moved=None) if without_moves else learned
    judge = Judge(fit_model(learned, snapshots.context, {}), snapshots.context, snapshots.history, events)
    found = {
        (order.order_id, micros(order.standing.now)): order
        for order in open_orders(snapshots, events, np.unique(moments))
    }
    rows, orders, stated = [], [], []
    for row, (effect, moment) in enumerate(zip(effects.itertuples(), moments.tolist(), strict=True)):
        order = found.get((str(effect.order_id), moment))
        said = [] if order is None else _stated(order.standing, str(effect.decision), str(effect.reference))
        if order is not None and said:
            rows.append(row)
            orders.append(order)
            stated.append(said)
    none: list[tuple[OpenOrder, list[Event]]] = [(order, []) for order in orders]
    answer = judge.score(list(zip(orders, stated, strict=True)))[0] - judge.score(none)[0]
    return effects.iloc[rows].assign(answer=answer)


def _stated(order: Standing, decision: str, reference: str) -> list[Event]:
    """What the plant's systems write down of a decision."""
    if decision == "move_date":
        return list(promise_moved(order, MOVED_DAYS, truck=True))
    if decision == "expedite":
        return [{"type": "decision.recorded", "source": "erp", "kind": "expedite", "actor": "shipping lead"}]
    return [
        {"type": "hold.released", "source": "erp", "line_id": line, "kind": event["kind"], "reference": reference}
        for (line, name), event in order.holds.items()
        if name == reference
    ]


if __name__ == "__main__":
    main()
