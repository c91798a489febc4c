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
from serving.pages.locale.texts import message


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


SHIP_SORTS = (("expected_ship", message("All shipped")), ("days_late", message("Late")))
COLUMNS = (
    PageColumn("risk", message("Risk, change"), (("risk", message("Risk, change")),)),
    PageColumn("trace", message("10 days"), needs="trace"),
    PageColumn("order", message("Order"), (("customer", message("Customer")),)),
    PageColumn("item", message("Item"), (("item", message("Item")), ("plant", message("Plant")))),
    PageColumn("due", message("Due"), (("due", message("Due")),)),
    PageColumn("ships", message("All shipped"), SHIP_SORTS, needs="expected_ship"),
    PageColumn(
        "value",
        message("Value"),
        (("value", message("Value")), ("value_at_risk", message("At risk"))),
        number=True,
    ),
    PageColumn("why", message("Why")),
    PageColumn("in_the_way", message("In the way"), needs="blockers"),
    PageColumn("owner", message("Owner"), (("owner", message("Owner")),)),
)
SORTS = (
    ("risk", message("Risk")),
    ("missed", message("Risk of shipping late")),
    ("partial", message("Risk of shipping short")),
    ("value_at_risk", message("Value at risk")),
    ("value", message("Value")),
    ("due", message("Due date")),
    ("expected_ship", message("Expected ship date")),
    ("days_late", message("Days late")),
    ("customer", message("Customer")),
    ("item", message("Item")),
    ("plant", message("Plant")),
    ("owner", message("Owner")),
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
