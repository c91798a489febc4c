"""What a comparison comes to, in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from training.metrics.paired import ALIKE, BETTER, WORSE, PairedEstimate
from training.promote.gate import Limits

LOG_LOSS, RANKING, CALIBRATION = "log_loss", "roc_auc", "calibration_error"


@dataclass(frozen=True)
class Judgement:
    """Which of two models is better: its name, or ``None`` where chance may be all there is; and a sentence."""

    better: str | None
    sentence: str


def judge(
    names: tuple[str, str],
    metrics: dict[str, PairedEstimate],
    orders: int,
    failures: int,
    parts: dict[str, PairedEstimate],
) -> Judgement:
    """Go by the Brier score on all rows, as the gate does, and say what else is apart.

    Parameters
    ----------
    metrics : by name, of all rows
    parts : the Brier score by part of the rows
    """
    limits = Limits()
    brier = metrics["brier"]
    on = f"on {orders:,} orders new to both, {failures:,} of which failed"
    if orders < limits.fewest_orders or failures < limits.fewest_failures:
        few = (
            f"Nothing can be told {on}: {limits.fewest_orders} orders and {limits.fewest_failures} failures are needed."
        )
        return Judgement(None, f"{few} {_sentence(_difference(names, brier))}.")
    if brier.standing == ALIKE:
        text = f"Neither is better by more than chance gives, {on}: {_difference(names, brier)}"
        return Judgement(None, f"{text}. {_elsewhere(names, metrics)}{_parts(names, parts)}".strip())
    better = names[1] if brier.standing == BETTER else names[0]
    text = f"{better} is better, {on}: {_difference(names, brier)}"
    return Judgement(better, f"{text}. {_elsewhere(names, metrics)}{_parts(names, parts)}".strip())


def _sentence(clause: str) -> str:
    return clause[:1].upper() + clause[1:]


def _difference(names: tuple[str, str], brier: PairedEstimate) -> str:
    """The Brier score of the second against that of the first."""
    gain, lower = brier.gain, brier.gain.value >= 0
    low, high = sorted((gain.low, gain.high)) if lower else sorted((-gain.high, -gain.low))
    how = f"{abs(gain.value):.4f} {'lower' if lower else 'higher'} ({low:+.4f} to {high:+.4f})"
    both = f"{brier.second.value:.4f} against {brier.first.value:.4f}"
    return f"the Brier score of {names[1]} is {how} than that of {names[0]}, {both}"


def _elsewhere(names: tuple[str, str], metrics: dict[str, PairedEstimate]) -> str:
    """How log loss, ranking and calibration are apart."""
    words = {
        LOG_LOSS: "has the lower log loss",
        RANKING: "ranks orders better (ROC AUC)",
        CALIBRATION: "is better calibrated",
    }
    by_model: dict[str, list[str]] = {}
    for name, phrase in words.items():
        standing = metrics[name].standing
        if standing != ALIKE:
            by_model.setdefault(names[1] if standing == BETTER else names[0], []).append(phrase)
    sentences = [f"{name} {_listed(phrases)}. " for name, phrases in by_model.items()]
    return "".join(sentences) or "Log loss, ranking and calibration are no more apart than chance gives. "


def _listed(phrases: list[str]) -> str:
    """As a sentence lists them.

    >>> _listed(["runs"]), _listed(["runs", "jumps", "swims"])
    ('runs', 'runs, jumps and swims')
    """
    return " and ".join([part for part in (", ".join(phrases[:-1]), phrases[-1]) if part])


def _parts(names: tuple[str, str], parts: dict[str, PairedEstimate]) -> str:
    """Where one is better by more than chance gives; of many parts one in twenty seems so."""
    phrases = []
    for name, standing in ((names[1], BETTER), (names[0], WORSE)):
        where = [part for part, estimate in parts.items() if estimate.standing == standing]
        phrases += [f"{name} has the lower Brier score at {', '.join(where)}"] if where else []
    return (
        f"By part: {'; '.join(phrases)} (of {len(parts)} parts, one in twenty seems so by chance)." if phrases else ""
    )
