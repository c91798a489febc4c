"""A key of some plants sends and sees only their orders.

What such a key says first of an order, or of a line of one, must name one of its plants: it is theirs from then on, and
no other plant finds there what a stranger said before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from features.events.schema import INSTALMENT_MARK
from serving.principal import Caller
from serving.problems import NotFound
from serving.store.dialects import chunks
from serving.store.schema import events, order_words

FOREIGN_ORDER = "must be of an order of the key's plants, got one that is not, or that names none of them"
FOREIGN_LINE = (
    "must be a line of the key's plants, got one of another plant, or none where the event speaks of all lines: "
    "name the line"
)
OF_ALL_LINES = (
    "order_line.created", "order_line.changed", "order_line.closed", "order_line.reopened", "commitment.requested",
    "commitment.changed", "goods.issued",
)  # fmt: skip
"""Without a line they speak of all lines."""
NEW_LINE = "must be one of the key's plants in the first event of a line, got none: nobody has created the line yet"
CREATED, PLACED, RELEASED = "order_line.created", "hold.placed", "hold.released"
HOLDS = (PLACED, RELEASED)
"""They speak of a hold by its reference, whatever line they name."""
INSPECTED = "inspection.recorded"
THINGS = {
    "delivery.planned": ("delivery", "reference"),
    "production.released": ("work", "reference"),
    "production.rescheduled": ("work", "reference"),
    "material.stated": ("component", "reference"),
    "readiness.stated": ("condition", "kind"),
    INSPECTED: ("lot", "reference"),
}
"""What they speak of, and what tells it apart: without a line, of each line that it is named for; of a lot always."""
Thing = tuple[str, str | None]


def plant_errors(caller: Caller, plant: object) -> tuple[dict[str, str], ...]:
    """What is wrong with an event that names a plant; nothing where the caller may."""
    if caller.may_name(plant):
        return ()
    must = f"must be one of the key's plants ({', '.join(sorted(caller.plants or ()))}), got {plant}"
    return ({"pointer": "/data/plant", "detail": must},)


def require_seen(caller: Caller, plants: Iterable[str], order_id: str) -> None:
    """Raise ``NotFound`` for an order of plants that the caller may not see."""
    if not caller.sees(plants):
        raise unknown_order(order_id)


def unknown_order(order_id: str) -> NotFound:
    """The error of orders that are not there and of those that the caller may not see alike."""
    return NotFound(f"the order must be one the service knows, got {order_id!r}")


class ForeignOrders(NamedTuple):
    """Of the orders that events are for, those that a caller may send none for, or none that names no plant.

    Attributes
    ----------
    unseen : they are stored, and the caller may not see them, whatever the events say
    new : nothing of them is stored; what comes first must name one of the caller's plants
    """

    unseen: set[str]
    new: set[str]


def foreign_orders(connection: Connection, order_ids: Iterable[str], caller: Caller) -> ForeignOrders:
    """The orders that are not the caller's, or are nobody's yet."""
    if caller.plants is None:
        return ForeignOrders(set(), set())
    sought = sorted(set(order_ids))
    visible = _naming(connection, sought, order_words.c.word.in_(caller.plants))
    stored = _stored(connection, sought)
    return ForeignOrders(stored - visible, set(sought) - stored)


class ForeignLines(NamedTuple):
    """The lines of orders that the caller may see: those of other plants, their instalments, and those that are known.

    Attributes
    ----------
    named : by order, the names of lines and instalments whose plant is another; "" for a line without a name
    own : by order, those whose plant is the caller's
    holds : by order, whether a hold was placed last, else released, on one of ``named``; by reference, without one by
        kind
    things : by order, deliveries, work, components, conditions and lots named for one of ``named``, each by what it is
        and what tells it apart
    known : by order, the lines that are created or whose plant is named, and those of which an instalment is
    """

    named: dict[str, set[str]]
    own: dict[str, set[str]]
    holds: dict[str, dict[str | None, bool]]
    things: dict[str, set[Thing]]
    known: dict[str, set[str]]

    def include(self, order_id: str, event: Mapping[str, Any]) -> bool:
        """Whether an event of a line, of an instalment, of a hold or of the whole order speaks of one of them."""
        if not self.named.get(order_id):
            return False
        if event["type"] in HOLDS:
            foreign = self.holds.get(order_id, {}).get(event["reference"] or event["kind"])
            unplaced = foreign is None and event["type"] == RELEASED and event["line_id"] is None
            if foreign or unplaced:  # of all lines, a hold that anybody may still place
                return True
        of_all = event["type"] in THINGS and (event["line_id"] is None or event["type"] == INSPECTED)
        if of_all and _thing(event) in self.things.get(order_id, ()):
            return True
        return self.include_line(order_id, event["line_id"], event["instalment"], event["type"])

    def know(self, order_id: str, line_id: str | None, instalment: str | None) -> bool:
        """Whether a line, or the one that it is an instalment of, is known; no line is all of them."""
        known = self.known.get(order_id, set())
        return line_id is None or not known.isdisjoint(_with_whole(_name(line_id, instalment)))

    def add(self, order_id: str, line_id: str | None, instalment: str | None) -> None:
        """From now on a line is known."""
        self.known.setdefault(order_id, set()).update(_with_whole(_name(line_id, instalment)))

    def include_line(self, order_id: str, line_id: str | None, instalment: str | None, kind: str) -> bool:
        """Whether a line or an instalment of it, or all where none is named, is or has one of them."""
        named = self.named.get(order_id, set())
        if line_id is None:
            return kind in OF_ALL_LINES
        if instalment is None:  # "10/1" is instalment 1 of line 10, too
            whole, _, part = line_id.rpartition(INSTALMENT_MARK)
            line_id, instalment = (whole, part) if whole else (line_id, None)
        of_line = any(line_id in (one, one.rpartition(INSTALMENT_MARK)[0]) for one in named)
        if instalment is None:
            return of_line
        name = _name(line_id, instalment)
        return name in named or (of_line and name not in self.own.get(order_id, ()))


def foreign_lines(connection: Connection, order_ids: Iterable[str], caller: Caller) -> ForeignLines:
    """Lines by the plant that the latest record names of each."""
    found = ForeignLines({}, {}, {}, {}, {})
    if caller.plants is None:
        return found
    latest: dict[tuple[str, str], str] = {}
    for some in chunks(sorted(set(order_ids))):
        columns = events.c.order_id, events.c.line_id, events.c.instalment, events.c.plant
        naming = events.c.order_id.in_(some) & (events.c.plant.is_not(None) | (events.c.type == CREATED))
        for row in connection.execute(select(*columns).where(naming).order_by(events.c.recorded_at, events.c.seq)):
            found.add(row.order_id, row.line_id, row.instalment)
            if row.plant is not None:
                latest[row.order_id, _name(row.line_id, row.instalment)] = row.plant
    for (order_id, name), plant in latest.items():
        lines = found.own if caller.may_name(plant) else found.named
        lines.setdefault(order_id, set()).add(name)
    for order_id, hold, foreign in _foreign_holds(connection, sorted(found.named), found):
        found.holds.setdefault(order_id, {})[hold] = foreign
    for order_id, thing in _foreign_things(connection, sorted(found.named), found):
        found.things.setdefault(order_id, set()).add(thing)
    return found


def _foreign_holds(
    connection: Connection, order_ids: Sequence[str], lines: ForeignLines
) -> Iterator[tuple[str, str | None, bool]]:
    """Orders, their holds, and whether what placed each last is about a line of another plant.

    Of a hold that nobody has placed, what released it last.
    """
    latest: dict[tuple[str, str | None], bool] = {}
    for some in chunks(order_ids):
        columns = [events.c[name] for name in ("order_id", "type", "line_id", "instalment", "reference", "kind")]
        query = select(*columns).where(events.c.order_id.in_(some) & events.c.type.in_(HOLDS))
        placed_last = events.c.type == PLACED, events.c.recorded_at, events.c.seq
        for row in connection.execute(query.order_by(*placed_last)):
            foreign = row.line_id is not None and lines.include_line(
                row.order_id, row.line_id, row.instalment, row.type
            )
            latest[row.order_id, row.reference or row.kind] = foreign
    return ((*about, foreign) for about, foreign in latest.items())


def _foreign_things(
    connection: Connection, order_ids: Sequence[str], lines: ForeignLines
) -> Iterator[tuple[str, Thing]]:
    """Orders, and what of them is named for a line of another plant."""
    for some in chunks(order_ids):
        columns = [events.c[name] for name in ("order_id", "type", "line_id", "instalment", "reference", "kind")]
        named = events.c.order_id.in_(some) & events.c.type.in_(THINGS) & events.c.line_id.is_not(None)
        for row in connection.execute(select(*columns).where(named).distinct()).mappings():
            if lines.include_line(row["order_id"], row["line_id"], row["instalment"], row["type"]):
                yield row["order_id"], _thing(row)


def _thing(event: Mapping[Any, Any]) -> Thing:
    what, column = THINGS[event["type"]]
    return what, event[column]


def _name(line_id: str | None, instalment: str | None) -> str:
    return f"{line_id or ''}{INSTALMENT_MARK}{instalment}" if instalment else line_id or ""


def _with_whole(name: str) -> set[str]:
    """A line or instalment, and the line that it is an instalment of."""
    return {name, name.rpartition(INSTALMENT_MARK)[0] or name}


def _stored(connection: Connection, order_ids: Sequence[str]) -> set[str]:
    matches: set[str] = set()
    for some in chunks(order_ids):
        matches |= set(connection.execute(select(events.c.order_id).where(events.c.order_id.in_(some))).scalars())
    return matches


def _naming(connection: Connection, order_ids: Sequence[str], plants: ColumnElement[bool]) -> set[str]:
    """The orders that name a plant of which a condition holds."""
    matches: set[str] = set()
    named = (order_words.c.dimension == "plant") & plants
    for some in chunks(order_ids):
        query = select(order_words.c.order_id).where(named, order_words.c.order_id.in_(some))
        matches |= set(connection.execute(query).scalars())
    return matches
