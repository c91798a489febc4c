"""The model's figures and faults in the words of who plans shipments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from serving.pages.locale.texts import gettext, message
from serving.pages.wording import amount, percent

FAULTS = (
    (
        "other orders are known only until",
        message("The track record of other orders is old: the keeper of scores may not run."),
    ),
    (
        "the model has learned from outcomes",
        message("It has learned from outcomes after the moment it scores: figures look too good."),
    ),
    (
        "the model registry is away",
        message("The registry of models does not answer. The version at hand goes on scoring."),
    ),
    (
        "the code of a signal has changed",
        message("A signal is computed in another way than when it was trained: train a new one."),
    ),
    (
        "the model is unproven",
        message("A person let it serve though the gate refused it. Check what it says before you act."),
    ),
    (
        "is the champion and was not taken",
        message("A newer champion was refused by this service. The version before goes on scoring."),
    ),
)
"""How a fault begins or what it has in it, and what it means to who reads the page."""


def in_plain_words(reasons: Sequence[str]) -> list[tuple[str, str]]:
    """Each fault as it means to a planner, and as the service says it."""
    return [(next((gettext(words) for part, words in FAULTS if part in reason), ""), reason) for reason in reasons]


def describe_judged(judged: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How the model was judged on later orders: a figure and what it means."""
    figures = []
    if "orders" in judged:
        figures.append((amount(judged["orders"]), gettext("later orders it was judged on, with their outcome known")))
    if "failure_share" in judged:
        figures.append((percent(judged["failure_share"]), gettext("of them failed (missed or partial)")))
    if auc := judged.get("roc_auc"):
        right = gettext("of pairs, one that failed and one that did not, are in the right order; 50 %% is chance")
        figures.append((percent(auc[0]), right))
    if (skill := judged.get("brier_skill")) is not None:
        less = percent(skill) if skill >= 0 else f"−{percent(-skill)}"
        figures.append((less, gettext("less error than always foretelling the usual share")))
    return figures
