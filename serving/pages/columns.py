"""The columns of the worklist: here, and nowhere else, is said what a row shows and by what it can be sorted.

A column is drawn by the macro of its name in ``templates/cells.html``. One that ``needs`` a field is shown where the
rows of ``GET /v1/orders`` have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class PageColumn(NamedTuple):
    """A column.

    Attributes
    ----------
    name : its macro
    title : over it
    sorts : what it can be sorted by, each with its word; the first one by the title itself
    needs : a field without which there is nothing to show
    number : whether it holds figures, which stand right
    """

    name: str
    title: str
    sorts: tuple[tuple[str, str], ...] = ()
    needs: str = ""
    number: bool = False


COLUMNS = (
    PageColumn("risk", "Risk, change", (("risk", "Risk, change"),)),
    PageColumn("trace", "10 days"),
    PageColumn("order", "Order", (("customer", "Customer"),)),
    PageColumn("item", "Item", (("item", "Item"), ("plant", "Plant"))),
    PageColumn("due", "Due", (("due", "Due"),)),
    PageColumn("ships", "Ships", (("expected_ship", "Ships"), ("days_late", "Days late")), needs="expected_ship"),
    PageColumn("value", "Value", (("value", "Value"), ("value_at_risk", "At risk")), number=True),
    PageColumn("why", "Why"),
    PageColumn("in_the_way", "In the way", needs="blockers"),
    PageColumn("owner", "Owner", (("owner", "Owner"),)),
)
SORTS = (
    ("risk", "Risk"),
    ("missed", "Risk of shipping late"),
    ("partial", "Risk of shipping short"),
    ("value_at_risk", "Value at risk"),
    ("value", "Value"),
    ("due", "Due date"),
    ("customer", "Customer"),
    ("item", "Item"),
    ("plant", "Plant"),
    ("owner", "Owner"),
)
"""Everything that the API sorts by, in words."""
BLOCKERS: Mapping[str, str] = {
    "hold": "Hold",
    "shortage": "Material",
    "missing_quantity": "Not made",
    "failed_inspection": "Inspection",
    "inspection": "Inspection",
    "packaging": "Packing",
    "labels": "Labels",
    "documents": "Documents",
    "quantities": "Quantity",
    "carrier": "Carrier",
    "condition": "Not stated",
    "no_truck": "No truck",
    "truck_too_late": "Plan after truck",
    "truck_too_small": "Truck too small",
}
"""What is in the way, in a word."""


def columns_of(rows: Iterable[Mapping[str, Any]]) -> list[PageColumn]:
    """The columns for which the rows have something."""
    fields = set().union(*rows)
    return [column for column in COLUMNS if not column.needs or column.needs in fields]
