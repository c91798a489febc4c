"""The risk model: two boosted trees with a coherent reading, kept as LightGBM text and JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, logit

from features.arrays import Floats
from features.catalogue.plugins import HOW_TO_LOAD
from features.context.context import Context
from features.errors import InvalidRequest
from features.policy import OutcomePolicy
from features.times import plant_calendar
from training.data.labelled import LabelledPoints
from training.explanation.forest import Forest
from training.explanation.treeshap import TreeShap
from training.model.calibration import Affine, NearPromise
from training.model.level import MaturedLooks, PlantTerms, levels_by_morning
from training.model.missing import fill_missing
from training.model.risk_trees import RiskTrees
from training.model_files.manifest import InvalidModel, verify_files, write_manifest
from training.model_files.tree_text import ReadBooster, read_booster
from training.reasons.peers import NOBODY, Peers
from training.ship_date.model import InvalidShipDates, ShipDateModel

FORMAT = 2
RISK, SHORT, ABOUT, CONTEXT, LOOKS = "risk.txt", "partial.txt", "model.json", "context.json", "looks.json"
PEERS = "peers.json"
UNREADABLE = (OSError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What comes of files that are not what they should be."""


@dataclass(frozen=True)
class Prediction:
    """(n,) probabilities in [0, 1]; ``risk = missed + partial``."""

    risk: Floats
    missed: Floats
    partial: Floats


class Points(NamedTuple):
    """Shares of risks in probability: ``base_risk + signals.sum(axis=1) + level`` is the risk.

    Attributes
    ----------
    signals : (n, n_signals)
    level : (n,)
    """

    base_risk: float
    signals: Floats
    level: Floats


@dataclass(frozen=True)
class Explanation:
    """Log-odds that add up: ``base + contributions.sum(axis=1) + level`` is the log-odds of the risk.

    Attributes
    ----------
    base : log-odds of the model before it looks at an order
    contributions : (n, n_signals) log-odds each signal adds, multiplied with the slope of its plant
    level : (n,) log-odds that the level of its plant adds
    """

    base: float
    contributions: Floats
    level: Floats

    @property
    def log_odds(self) -> Floats:
        """(n,) log-odds of the risk."""
        return np.asarray(self.base + self.contributions.sum(axis=1) + self.level)

    def points(self) -> Points:
        """The base risk and what each signal and the level add to it, in probability, adding up to the risk.

        ``contribution * (risk - base risk) / sum of contributions``: the Aumann-Shapley value of the logistic
        link along the straight path from the base to the log-odds of the order. The level is one more contribution.
        """
        base_risk = float(expit(self.base))
        total = self.contributions.sum(axis=1) + self.level
        risk = expit(self.base + total)
        flat = np.abs(total) < 1e-12
        scale = np.where(flat, base_risk * (1 - base_risk), (risk - base_risk) / np.where(flat, 1.0, total))
        return Points(base_risk, self.contributions * scale[:, None], self.level * scale)


@dataclass(frozen=True)
class RiskModel(RiskTrees):
    """P(missed or partial) and P(partial), from signals.

    Attributes
    ----------
    names : the signals, in the order of the columns
    risk : LightGBM booster of missed or partial
    calibration : of its log-odds
    partial : booster of partial among missed or partial, or None where there were too few; then
        ``partial_calibration.intercept`` is the log-odds of its share
    about : what else is worth keeping: training moment, parameters, seed, fingerprint, versions
    context : load and track record as known when the model was trained
    neutral : by signal, what stands for a missing value where the trees have learned no direction for it, in the
        signal's unit; models of before had none, and read such a value as 0.0
    near : added to the calibrated log-odds in the last days before the promise; nothing in models of before
    looks : what trees that had not seen them foretold of orders of the last year, and what came: the level of a plant
        begins with them; ``None`` in models of before
    peers : what became of the training orders by situation, to compare an order with; nobody in models of before
    ship_dates : when orders will ship; ``None`` where too few had, and in models of before
    """

    names: list[str]
    risk: Any
    calibration: Affine
    partial: Any
    partial_calibration: Affine
    about: dict[str, Any]
    context: Context
    neutral: dict[str, float] = field(default_factory=dict)
    near: NearPromise = field(default_factory=NearPromise)
    looks: MaturedLooks | None = None
    peers: Peers = NOBODY
    ship_dates: ShipDateModel | None = None

    def predict(self, signals: Floats, level: PlantTerms | None = None) -> Prediction:
        """Probabilities of (n, n_signals) signals, with the level of the plant of each; without any by default."""
        self._check(signals)
        return self._prediction(self._risk_trees.scores(self.as_read(signals)), signals, level)

    def risk_of(self, points: LabelledPoints) -> Floats:
        """(n,) probability of missed or partial; the points may have other signals too, in any order."""
        return self.predict(self.signals_of(points)).risk

    def signals_of(self, points: LabelledPoints) -> Floats:
        """(n, n_signals) the signals that it reads of points that may have others too, in any order."""
        if points.names == self.names:
            return points.signals
        missing = [name for name in self.names if name not in points.names]
        if missing:
            got = f"got none of {', '.join(missing)}"
            raise InvalidRequest(f"the points must have the signals of the model, {got}: {HOW_TO_LOAD}")
        return points.signals[:, [points.names.index(name) for name in self.names]]

    @cached_property
    def policy(self) -> OutcomePolicy:
        """The outcome policy whose outcomes it has learned; the default one of models of before there was a choice."""
        return OutcomePolicy.of_json(self.about.get("outcome_policy"))

    def risk_as_served(self, points: LabelledPoints, settled: LabelledPoints | None = None) -> Floats:
        """(n,) probability of missed or partial with each plant's level of that morning, see ``training.model.level``.

        The level follows what the model was fitted with and what has become of ``settled`` orders since (default: of
        those of the points themselves that are settled), each from the day it was known; the model has learned of none.
        """
        log_odds = logit(self.risk_of(points))
        if settled is None:
            since, expected = points.take(points.settled), log_odds[points.settled]
        else:
            since, expected = settled, logit(self.risk_of(settled))
        looks = MaturedLooks.of(since, expected, None if self.looks is None else self.looks.notice)
        looks = looks if self.looks is None else self.looks.join(looks)
        calendar = plant_calendar(str(self.about.get("zone", "UTC")))
        terms = levels_by_morning(looks, points.as_of, points.plant, self.base, calendar)
        return np.asarray(expit(terms.apply(log_odds, self.base)))

    @cached_property
    def digest(self) -> str:
        """Of what computes the risk: the name under which the levels beside this model are kept."""
        content = [
            self.risk.model_to_string(),
            repr(self.calibration),
            repr(self.near),
            repr(self.names),
            repr(sorted(self.neutral.items())),
        ]
        return hashlib.blake2b("\n".join(content).encode(), digest_size=12).hexdigest()

    @property
    def gains(self) -> dict[str, float]:
        """By signal, its share of what the splits of the trees gained."""
        gain = self.risk.feature_importance("gain")
        return dict(zip(self.names, (gain / max(gain.sum(), 1e-12)).tolist(), strict=True))

    def leans_on(self, least: float) -> list[str]:
        """The signals that brought at least such a share of the gain."""
        return [name for name, share in self.gains.items() if share >= least]

    def explain(self, signals: Floats) -> Explanation:
        """Exact TreeSHAP in log-odds (``training.explanation.treeshap``), scaled with the calibration."""
        return self.predict_and_explain(signals)[1]

    def predict_and_explain(self, signals: Floats, level: PlantTerms | None = None) -> tuple[Prediction, Explanation]:
        """Both in one pass over the trees; bit for bit what each gives alone; ``level`` as in ``predict``."""
        self._check(signals)
        raw, added = self._risk_trees.explain(self.as_read(signals))
        predicted, shares = self._prediction(raw, signals, level), self.shares(added, signals)
        if level is None:
            return predicted, Explanation(self.base, shares, np.zeros(len(signals)))
        return predicted, Explanation(self.base, level.slope[:, None] * shares, level.log_odds)

    def _prediction(self, raw: Floats, signals: Floats, level: PlantTerms | None) -> Prediction:
        log_odds = self.calibrated(raw, signals)
        risk = expit(log_odds if level is None else level.apply(log_odds, self.base))
        of_partial = np.zeros(len(signals))
        if self._partial_trees:
            of_partial = self._partial_trees.scores(fill_missing(signals, self._partial_neutral))
        partial = risk * expit(self.partial_calibration.apply(of_partial))
        return Prediction(risk, risk - partial, partial)

    @cached_property
    def _partial_trees(self) -> TreeShap | None:
        return TreeShap(self._partial_forest, len(self.names)) if self.partial else None

    @cached_property
    def _partial_forest(self) -> Forest:
        return Forest.of(self.partial)

    @cached_property
    def _partial_neutral(self) -> Floats:
        return self._neutral_of(self._partial_forest)

    def _check(self, signals: Floats) -> None:
        if signals.ndim != 2 or signals.shape[1] != len(self.names):
            raise InvalidRequest(f"signals must have shape (n, {len(self.names)}), got {signals.shape}")

    def save(self, folder: Path) -> str:
        """Write the model as text: the boosters as LightGBM writes them, the rest as JSON, and the digest of each file.

        Returns the digest that names them all, see ``training.model_files.manifest``.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RISK).write_text(self.risk.model_to_string(), encoding="utf-8")
        if self.partial:
            (folder / SHORT).write_text(self.partial.model_to_string(), encoding="utf-8")
        content = {
            "format": FORMAT,
            "signals": self.names,
            "calibration": [self.calibration.slope, self.calibration.intercept],
            "partial_calibration": [self.partial_calibration.slope, self.partial_calibration.intercept],
            "about": self.about,
            "neutral": self.neutral,
            "near_promise": list(self.near.at_knots),
        }
        (folder / ABOUT).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        (folder / CONTEXT).write_text(json.dumps(self.context.to_json()), encoding="utf-8")
        if self.looks is not None:
            (folder / LOOKS).write_text(json.dumps(self.looks.to_json()), encoding="utf-8")
        (folder / PEERS).write_text(json.dumps(self.peers.to_json()), encoding="utf-8")
        if self.ship_dates is not None:
            self.ship_dates.save(folder)
        return write_manifest(folder)

    @classmethod
    def load(cls, folder: Path, digest: str = "", read: ReadBooster = read_booster) -> RiskModel:
        """Read what ``save`` wrote. Raises ``InvalidModel`` that says what is missing, wrong or not as it was written.

        ``digest`` is what ``save`` returned, where that is known; ``read`` is ``try_booster`` for files that were
        never loaded before.
        """
        verify_files(folder, digest)
        try:
            content = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            if content["format"] != FORMAT:
                must = f"the model must have format {FORMAT}, got {content['format']}"
                raise InvalidModel(f"{must} in {folder}: train again", public=f"{must}: train again")
            short, matured, peers = folder / SHORT, _content_of(folder / LOOKS), _content_of(folder / PEERS)
            names = [str(name) for name in content["signals"]]
            return cls(
                names=names,
                risk=read(folder / RISK, len(names)),
                calibration=Affine(*content["calibration"]),
                partial=read(short, len(names)) if short.exists() else None,
                partial_calibration=Affine(*content["partial_calibration"]),
                about=content["about"],
                context=Context.from_json(json.loads((folder / CONTEXT).read_text(encoding="utf-8"))),
                neutral=dict(content.get("neutral", {})),
                near=NearPromise(tuple(content["near_promise"])) if "near_promise" in content else NearPromise(),
                looks=None if matured is None else MaturedLooks.from_json(matured),
                peers=NOBODY if peers is None else Peers.from_json(peers),
                ship_dates=ShipDateModel.load(folder, read),
            )
        except InvalidShipDates as error:
            raise InvalidModel(str(error), public=error.public) from error
        except UNREADABLE as error:
            must, kind = f"a model is {RISK}, {ABOUT} and {CONTEXT}, got", type(error).__name__
            raise InvalidModel(f"{must} from {folder}: {kind}: {str(error)[:200]}", public=f"{must} {kind}") from error


def _content_of(path: Path) -> Any:
    """A JSON file of the model, ``None`` where models of before had none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
