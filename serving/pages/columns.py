"""The columns of the worklist: here, and nowhere else, is said what a row shows and by what it can be sorted.

A column is drawn by the macro of its name in ``templates/cells.html``. One that ``needs`` a field is shown where the
rows of ``GET /v1/orders`` have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from serving.api.order_queries import ASCENDING
from serving.contract.orders import WorklistParams
from serving.pages.address import Address


class PageColumn(NamedTuple):
    """A column.

    Attributes
    ----------
    name : its macro
    title : over it
    sorts : what it can be sorted by, each with its word; the first one by the title itself
    needs : a field of a row without which there is nothing to show, in no row
    number : whether it holds figures, which stand right
    """

    name: str
    title: str
    sorts: tuple[tuple[str, str], ...] = ()
    needs: str = ""
    number: bool = False


SHIP_SORTS = (("expected_ship", "All shipped"), ("days_late", "Late"))
COLUMNS = (
    PageColumn("risk", "Risk, change", (("risk", "Risk, change"),)),
    PageColumn("trace", "10 days", needs="trace"),
    PageColumn("order", "Order", (("customer", "Customer"),)),
    PageColumn("item", "Item", (("item", "Item"), ("plant", "Plant"))),
    PageColumn("due", "Due", (("due", "Due"),)),
    PageColumn("ships", "All shipped", SHIP_SORTS, needs="expected_ship"),
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
    ("expected_ship", "Expected ship date"),
    ("days_late", "Days late"),
    ("customer", "Customer"),
    ("item", "Item"),
    ("plant", "Plant"),
    ("owner", "Owner"),
)
"""Everything that the API sorts by, in words."""


class SortLink(NamedTuple):
    """What a column can be sorted by: where that leads, and which way it is sorted now, empty where it is not."""

    title: str
    address: str
    now: str


class Heading(NamedTuple):
    """A column and what stands over it."""

    column: PageColumn
    links: list[SortLink]

    @property
    def sorted(self) -> str:
        """As ``aria-sort`` has it, empty where the list is not sorted by it."""
        return next((link.now for link in self.links if link.now), "")

    @property
    def linked(self) -> bool:
        """Whether the title itself sorts."""
        return bool(self.links) and self.links[0].title == self.column.title


def headings(
    rows: Iterable[Mapping[str, Any]], address: Address, params: WorklistParams, *, many_plants: bool
) -> list[Heading]:
    """The columns for which a row has something; a second click on what it is sorted by turns the list round.

    Who sees one plant alone has nothing to sort by plants.
    """
    filled = {name for row in rows for name, value in row.items() if value is not None}
    shown = [column for column in COLUMNS if not column.needs or column.needs in filled]
    return [
        Heading(column, [_sort_link(*one, address, params) for one in column.sorts if many_plants or one[0] != "plant"])
        for column in shown
    ]


def is_ascending(params: WorklistParams) -> bool:
    """Whether the list begins with the least."""
    return params.sort in ASCENDING if params.order is None else params.order == "asc"


def _sort_link(name: str, title: str, address: Address, params: WorklistParams) -> SortLink:
    if params.sort != name:
        return SortLink(title, address.with_(sort=name, order=None), "")
    ascending = is_ascending(params)
    turned = address.with_(sort=name, order="desc" if ascending else "asc")
    return SortLink(title, turned, "ascending" if ascending else "descending")
