"""Would a first model be let in? The gate on simulated plants and on quarters of SCMS, with and without levels.

    python benchmarks/first_models.py [--source DIR] [--plants default:2000:41 ...] [--from 2010-01] [--to 2015-07]

A first model is trained on each plant (``NAME:ORDERS:SEED``, a year), and on SCMS (``--source``, each order seen 7 days
before its promise) at the start of each quarter on what was known then, as ``shiprisk train --until`` does. Its twin is
judged by the gate on the later orders, each look as often as it stands for looks: as it is, and with the level of each
plant, estimated anew each morning. A line is kept in ``--folder`` and not computed again by the same code of signals.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from features.arrays import Floats
from features.catalogue.fingerprint import features_hash
from features.catalogue.registry import catalogue
from features.importing.mapping import import_events
from features.times import isoformat, micros
from simulation import load_plant
from simulation.run import simulate
from training.data.labelled import LabelledPoints
from training.data.snapshots import Snapshots
from training.data.split import of_other_orders, split_by_time
from training.metrics.scores import brier, calibration_error
from training.model.baselines import fit_baselines
from training.model.fit import fit_model
from training.promote.gate import Verdict, judge_candidate

MAPPING = Path(__file__).parents[1] / "examples" / "scms" / "mapping.sql"
DAYS, FAST = 365, 1.0
PLANTS = [f"default:{orders}:{seed}" for orders in (2000, 5000) for seed in (41, 42, 43, 44)]
LOGISTIC = "logistic regression"


@dataclass(frozen=True)
class FirstModel:
    """A first model on the orders that came after its cut; shares and scores by mornings."""

    case: str
    kind: str
    orders: int
    rounds: int
    came: float
    foretold: float
    brier: float
    error: float
    passed: bool
    behind_logistic: bool
    logistic_brier: float
    falls_short: list[str]


def main() -> None:
    options = _options()
    folder = options.folder / features_hash(list(catalogue()))
    folder.mkdir(parents=True, exist_ok=True)
    plants = [found for plant in options.plants for found in _kept(folder, plant, lambda plant=plant: _of_plant(plant))]
    _table("simulated plants", plants)
    if options.source is not None:
        _table("quarters of SCMS", list(_of_scms(options, folder)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", help="the folder that holds SCMS_Delivery_History_Dataset.csv")
    parser.add_argument("--plants", nargs="*", default=PLANTS, help="NAME:ORDERS:SEED")
    parser.add_argument("--from", dest="first", default="2010-01", help="the first quarter of SCMS, YYYY-MM")
    parser.add_argument("--to", dest="last", default="2015-07", help="the last quarter of SCMS, YYYY-MM")
    parser.add_argument("--folder", type=Path, default=Path("out/first_models"), help="where lines are kept")
    return parser.parse_args()


def _kept(folder: Path, case: str, make: Callable[[], list[FirstModel]]) -> list[FirstModel]:
    """A case's lines, read where they have been computed before."""
    path = folder / f"{case.replace(':', '-')}.json"
    if not path.exists():
        path.write_text(json.dumps([asdict(line) for line in make()]), encoding="utf-8")
    lines = [FirstModel(**line) for line in json.loads(path.read_text(encoding="utf-8"))]
    for line in lines:
        print(_as_row(line), flush=True)
    return lines


def _of_plant(plant: str) -> list[FirstModel]:
    name, orders, seed = plant.split(":")
    snapshots = Snapshots.of(simulate(load_plant(name), int(orders), DAYS, int(seed)), "daily")
    return _first_models(plant, snapshots, snapshots.until)


def _of_scms(options: argparse.Namespace, folder: Path) -> Iterable[FirstModel]:
    snapshots: list[Snapshots] = []

    def of_quarter(quarter: str) -> list[FirstModel]:
        if not snapshots:
            snapshots.append(Snapshots.of(import_events(MAPPING, options.source).events, "before=7"))
        return _first_models(f"scms {quarter}", snapshots[0], micros(f"{quarter}-01"))

    quarters = [f"{year}-{month:02}" for year in range(2009, 2016) for month in (1, 4, 7, 10)]
    for quarter in quarters:
        if options.first <= quarter <= options.last:
            yield from _kept(folder, f"scms-{quarter}", lambda quarter=quarter: of_quarter(quarter))


def _first_models(case: str, snapshots: Snapshots, until: int) -> list[FirstModel]:
    """The twin that stands in for a first model trained at a moment, without levels and with them."""
    whole, _ = snapshots.labelled(until)
    cut = split_by_time(whole).at
    past, _ = snapshots.labelled(cut)
    test = of_other_orders(whole, past, cut)
    model = fit_model(past, snapshots.context, {"trained_until": isoformat(cut)})
    baselines = {name: predict(test) for name, predict in fit_baselines(past).items()}
    kinds = {"without levels": model.risk_of(test), "as served": model.risk_as_served(test)}
    verdicts = {kind: judge_candidate(test, risk, None, baselines, FAST) for kind, risk in kinds.items()}
    return [
        _line(case, kind, test, risk, verdicts[kind], baselines[LOGISTIC], int(model.about["rounds"]))
        for kind, risk in kinds.items()
    ]


def _line(
    case: str, kind: str, test: LabelledPoints, risk: Floats, verdict: Verdict, logistic: Floats, rounds: int
) -> FirstModel:
    failed, weight = test.failed, test.weight
    short = [check.name for check in verdict.checks if not check.passed]
    return FirstModel(
        case=case,
        kind=kind,
        orders=test.n_orders,
        rounds=rounds,
        came=float(np.average(failed, weights=weight)),
        foretold=float(np.average(risk, weights=weight)),
        brier=float(brier(failed, risk, weight)),
        error=float(calibration_error(failed, risk, weight)),
        passed=verdict.passed,
        behind_logistic=f"not behind {LOGISTIC}" in short,
        logistic_brier=float(brier(failed, logistic, weight)),
        falls_short=short,
    )


def _as_row(line: FirstModel) -> str:
    passed = "passed" if line.passed else "refused: " + ", ".join(line.falls_short)
    return (
        f"{line.case:20}{line.kind:13}{line.orders:>6,} orders{line.rounds:>5} trees  foretold {line.foretold:6.1%}"
        f"  came {line.came:6.1%}  Brier {line.brier:.4f}  calibration error {line.error:.3f}  {passed}"
    )


def _table(title: str, lines: list[FirstModel]) -> None:
    """One row for each kind over all cases."""
    print(f"\n{title}: the mean over cases")
    for kind in dict.fromkeys(line.kind for line in lines):
        of: list[Any] = [line for line in lines if line.kind == kind]
        apart = np.mean([abs(line.foretold - line.came) for line in of])
        scores, logistic = (np.mean([getattr(line, key) for line in of]) for key in ("brier", "logistic_brier"))
        passed, behind = sum(line.passed for line in of), sum(line.behind_logistic for line in of)
        print(
            f"  {kind:13}{passed} of {len(of)} passed; foretold less came {100 * apart:.1f} points apart; "
            f"Brier {scores:.4f}, logistic regression {logistic:.4f}; behind that beyond chance in {behind}"
        )


if __name__ == "__main__":
    main()
