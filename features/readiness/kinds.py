"""What can be in the way of a shipment, in the field's words: a closed vocabulary, and which rule speaks of which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

FIVE = ("inspection", "packaging", "labels", "documents", "quantities")
"""The shipping conditions of the goods."""
CARRIER = "carrier"
"""The sixth one: that somebody fetches them."""

BlockerKind = Literal[
    "hold",
    "material",
    "not_made",
    "inspection",
    "packing",
    "labels",
    "documents",
    "quantity",
    "carrier",
    "plan_after_truck",
]
BlockerRule = Literal[
    "hold",
    "shortage",
    "failed_inspection",
    "missing_quantity",
    "not_made",
    "condition",
    "no_truck",
    "truck_too_late",
    "truck_too_small",
    "plan_after_truck",
]
BIT_OF: dict[BlockerKind, int] = {kind: 1 << place for place, kind in enumerate(get_args(BlockerKind))}
"""A bit a kind, as stores have them; a kind more is written behind the others."""
KIND_OF: dict[BlockerRule, BlockerKind] = {
    "hold": "hold",
    "shortage": "material",
    "failed_inspection": "inspection",
    "missing_quantity": "quantity",
    "not_made": "not_made",
    "condition": "packing",
    "no_truck": "carrier",
    "truck_too_late": "carrier",
    "truck_too_small": "carrier",
    "plan_after_truck": "plan_after_truck",
}
"""What each rule speaks of. A condition that nobody names is about packing, where the goods begin to leave the work."""
KIND_OF_CONDITION: dict[str, BlockerKind] = {
    "inspection": "inspection",
    "packaging": "packing",
    "labels": "labels",
    "documents": "documents",
    "quantities": "quantity",
    "carrier": "carrier",
}


def kind_of(rule: BlockerRule, condition: str | None) -> BlockerKind:
    """The word of the vocabulary for a rule, and for the condition by its name where the rule is about one.

    >>> kind_of("shortage", "steel"), kind_of("condition", "labels"), kind_of("condition", None)
    ('material', 'labels', 'packing')
    """
    if rule == "condition" and condition is not None:
        return KIND_OF_CONDITION.get(condition, KIND_OF[rule])
    return KIND_OF[rule]


def bits_of(kinds: Iterable[BlockerKind]) -> int:
    """Kinds as the bits of one integer.

    >>> bits_of(["material", "hold"]), kinds_of(3)
    (3, ['hold', 'material'])
    """
    return sum(BIT_OF[kind] for kind in set(kinds))


def kinds_of(bits: int) -> list[BlockerKind]:
    """The kinds whose bits are set, in the order of the vocabulary."""
    return [kind for kind, bit in BIT_OF.items() if bits & bit]
