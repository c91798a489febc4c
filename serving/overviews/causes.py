"""What is said to have moved a risk, in a word: the causes that the steps of events are summed by on a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pandas as pd

from training.change.wording import type_words

CauseView = Literal["cause", "hold", "reason", "work_center", "component", "reschedule"]
"""By what a week can be looked at: all of it by what was stated, or a part of it by one word of that."""
NEW_LINE = "New line ordered"
"""A cause that nobody at the plant decides."""
STATED = {
    ("material.stated", "short"): "Material missing",
    ("material.stated", "available"): "Material came",
    ("inspection.recorded", "failed"): "Inspection failed",
    ("inspection.recorded", "passed"): "Inspection passed",
    ("readiness.stated", "met"): "Shipping condition met",
    ("readiness.stated", "not_met"): "Shipping condition not met",
    ("order_line.created", None): NEW_LINE,
    ("hold.placed", None): "Hold placed",
    ("hold.released", None): "Hold released",
    ("production.rescheduled", None): "Planned end moved",
    ("commitment.changed", None): "Promise moved",
}
HOLDS = ("hold.placed", "hold.released")
RESCHEDULES = ("production.rescheduled", "commitment.changed")
NO_REASON, NO_KIND = "no reason stated", "of no stated kind"


def label_steps(steps: pd.DataFrame, view: CauseView) -> pd.Series:
    """(n_steps,) the cause of each step in words, ``None`` where it is no part of the view."""
    label = LABELS[view]
    columns = ("type", "stated", "kind", "reason", "work_center", "reference")
    # what is said is said of few words: each combination once
    combined = steps[list(columns)].astype(object).where(steps[list(columns)].notna(), None)
    known: dict[tuple[Any, ...], str | None] = {}
    labels = []
    for row in combined.itertuples(index=False, name=None):
        key = row if view == "component" else row[:5]
        if key not in known:
            known[key] = label(dict(zip(columns, row, strict=True)))
        labels.append(known[key])
    return pd.Series(labels, index=steps.index, dtype=object)


def _cause(step: dict[str, Any]) -> str:
    """What was stated, and of what kind, where and why as far as it was said."""
    kind = f"{step['kind'].replace('_', ' ')} " if step["kind"] and step["type"] in HOLDS else ""
    words = f"{kind}{_stated(step)}"
    by_kind = step["kind"].replace("_", " ") if step["kind"] and step["type"] == "readiness.stated" else None
    details = [text for text in (by_kind, step["work_center"], step["reason"]) if text]
    return " · ".join([words[:1].upper() + words[1:], *([", ".join(details)] if details else [])])


def _stated(step: dict[str, Any]) -> str:
    words = STATED.get((step["type"], step["stated"])) or STATED.get((step["type"], None))
    words = words or type_words(step["type"])
    return words[:1].lower() + words[1:] if step["type"] in HOLDS and step["kind"] else words


def _hold(step: dict[str, Any]) -> str | None:
    if step["type"] not in HOLDS:
        return None
    kind = step["kind"].replace("_", " ") if step["kind"] else NO_KIND
    return f"Hold {kind}" if not step["kind"] else f"{kind[:1].upper()}{kind[1:]} hold"


def _reschedule(step: dict[str, Any]) -> str | None:
    if step["type"] not in RESCHEDULES:
        return None
    words = STATED[step["type"], None]
    details = ", ".join(text for text in (step["work_center"], step["reason"] or NO_REASON) if text)
    return f"{words} · {details}"


def _component(step: dict[str, Any]) -> str | None:
    return step["reference"] if step["type"] == "material.stated" else None


LABELS: dict[CauseView, Callable[[dict[str, Any]], str | None]] = {
    "cause": _cause,
    "hold": _hold,
    "reason": lambda step: step["reason"],
    "work_center": lambda step: step["work_center"],
    "component": _component,
    "reschedule": _reschedule,
}
