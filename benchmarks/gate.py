"""How often the gate is wrong: candidates that are worse, equal and better than the champion, on made-up orders.

    python benchmarks/gate.py [--draws 500]

A model knows the true risks up to some noise in log-odds, one for each order; less noise is a better model. Ten orders
are due a week. Printed is the share of candidates that pass, by size of the window and by how much better the candidate
truly is.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.special import expit, logit

from features.outcomes import MISSED, ON_TIME_IN_FULL
from training.data.labelled import WEEK, LabelledPoints
from training.promote.gate import judge_candidate

ROWS, A_WEEK = 5, 10
NOISE = {"worse": (0.4, 0.9), "equal": (0.6, 0.6), "a little better": (0.8, 0.6), "better": (1.0, 0.4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=500)
    draws = parser.parse_args().draws
    print(f"{'share that passes':18}" + "".join(f"{orders:>14,} orders" for orders in (150, 400, 1000)))
    for kind, (theirs, ours) in NOISE.items():
        shares = [np.mean([passes(seed, n, theirs, ours) for seed in range(draws)]) for n in (150, 400, 1000)]
        print(f"{kind:18}" + "".join(f"{share:>20.1%} " for share in shares))


def passes(seed: int, orders: int, theirs: float, ours: float) -> bool:
    draw = np.random.default_rng(seed)
    order = np.repeat(np.arange(orders), ROWS)
    n = len(order)
    truth = expit(draw.normal(-1.3, 1.2, orders))
    failed = (draw.random(orders) < truth)[order]
    risks = [expit(logit(truth) * 0.9 + draw.normal(0, noise, orders))[order] for noise in (theirs, ours)]
    nothing, moments, due = np.zeros(n, dtype=bool), np.arange(n), order // A_WEEK * WEEK
    points = LabelledPoints(
        [], np.zeros((n, 0)), order, moments, due, moments, np.where(failed, MISSED, ON_TIME_IN_FULL),
        np.full(n, 1 / ROWS), np.full(n, "", dtype=object), nothing,
    )  # fmt: skip
    base = np.full(n, failed.mean())
    return judge_candidate(points, risks[1], ("1", risks[0]), {"base rate": base}, 1.0).passed


if __name__ == "__main__":
    main()
