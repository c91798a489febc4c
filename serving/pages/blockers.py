"""What is in the way, in the planner's words: the closed vocabulary of ``features.readiness.kinds``, each with an icon.

``templates/icons.html`` draws the icon of a kind; the word always stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from features.readiness.kinds import KIND_OF_CONDITION, BlockerKind
from serving.pages.locale.texts import gettext, message

WORDS: Mapping[BlockerKind, str] = {
    "hold": message("Hold"),
    "material": message("Material"),
    "not_made": message("Not made"),
    "inspection": message("Inspection"),
    "packing": message("Packing"),
    "labels": message("Labels"),
    "documents": message("Documents"),
    "quantity": message("Quantity"),
    "carrier": message("Carrier"),
    "plan_after_truck": message("Plan after truck"),
}
CHOICES: Mapping[str, str] = {**{str(kind): word for kind, word in WORDS.items()}, "nothing": message("Nothing")}
"""What the filter can ask for; the last one for orders that nothing is in the way of."""


def word_of(kind: str) -> str:
    """The word of a kind, or of ``nothing``.

    >>> word_of("plan_after_truck"), word_of("nothing")
    ('Plan after truck', 'Nothing')
    """
    return gettext(CHOICES[kind]) if kind in CHOICES else kind


class ReadinessItem(NamedTuple):
    """One condition or blocker as the order's page lists it.

    Attributes
    ----------
    standing : ``in_the_way``, ``open``, ``not_yet_due`` or ``met``; what is not yet due is no fault, and what is open
        follows once what is in the way is done
    blocker, condition : what it was made of, as ``GET /v1/orders/{order_id}`` has them
    """

    kind: BlockerKind
    standing: str
    text: str
    blocker: Mapping[str, Any] | None = None
    condition: Mapping[str, Any] | None = None


def list_readiness(
    blockers: Sequence[Mapping[str, Any]],
    not_due: Sequence[Mapping[str, Any]],
    conditions: Iterable[Mapping[str, Any]],
) -> list[ReadinessItem]:
    """Everything between an order and its truck once: what is in the way, what is open, not yet due, met.

    In the way is what a blocker says, as in the list. A condition that one speaks of is not listed again; what concerns
    only lines that have left is left out.
    """
    listed = [ReadinessItem(one["kind"], "in_the_way", one["sentence"], one) for one in blockers if not one["moot"]]
    listed += [ReadinessItem(one["kind"], "not_yet_due", one["sentence"], one) for one in not_due if not one["moot"]]
    spoken = {one.kind for one in listed}
    packing_waits = any(one["rule"] == "condition" for one in not_due)
    rest = [
        ReadinessItem(kind, _standing(condition, packing_waits), gettext(WORDS[kind]), condition=condition)
        for condition in conditions
        if (kind := KIND_OF_CONDITION[condition["kind"]]) not in spoken
    ]
    order = ("in_the_way", "open", "not_yet_due", "met")
    return sorted([*listed, *rest], key=lambda one: order.index(one.standing))


def _standing(condition: Mapping[str, Any], packing_waits: bool) -> str:
    """Of a condition that no blocker names: silence about a line is told of its packing, which comes first.

    Once the time for packing and papers has begun, a condition that is not stated is open, and no longer not yet due.
    """
    standing = str(condition["standing"])
    return "open" if standing == "in_the_way" or (standing == "not_yet_due" and not packing_waits) else standing
