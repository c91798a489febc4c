"""The worklist as the database reads it: filters, any sort, and pages that begin after a key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.sql.base import ColumnCollection

from features.readiness.kinds import BIT_OF
from serving.store.dialects import by_index, fenced, has_text, is_among
from serving.store.schema import AFTER, DESCENDING, INDEXED, LISTED, SORTS, order_words, orders

PageKey = tuple[Any, int, str]
"""Where a page ends: what it is sorted by, due date, order id."""
RowColumns = ColumnCollection[str, Any]
AT_ONCE, NEAR = 8, 2_000
"""So many orders of a list are read in the hope of a page: so many times what is asked for, then so many."""
SEARCHED = ("customer", "item")
"""What a text is looked for in, besides an order's id."""
ALL_KINDS = sum(BIT_OF.values())
FEW = 10_000
"""If a filter leaves at most so many orders, they are looked up one by one."""
MOST_WORDS = 2_000
"""So many words are read among which those are that are like another one."""
FOUND = 1_000
"""If a search finds at most so many, their ids are handed to the next statement."""


@dataclass(frozen=True)
class WorklistQuery:
    """Which orders are wanted, and how they are sorted. Moments are microseconds; bounds are included.

    Attributes
    ----------
    words : by dimension (plant, customer, item): an order is wanted if one of its lines has one of them
    plants : those the caller may see, ``None`` for all
    ships : the first and the last day by which an order is expected to ship, days since 1970-01-01
    days_late : so many days from the promise to the expected day at least
    blocking : the bits of kinds of which one is in the way; 0 for orders that nothing is in the way of
    snoozed : True for only those put off, False for none of them, ``None`` for either; a late order is not put off
    search : in lower case; an order is wanted if it is part of its id, or of a customer or item that a line names
    recorded_from : an order is wanted if something was recorded of it at that moment or later
    """

    now: int
    sort: str = "risk"
    descending: bool = True
    states: tuple[str, ...] = LISTED
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()
    plants: frozenset[str] | None = None
    due: tuple[int | None, int | None] = (None, None)
    risk: tuple[float | None, float | None] = (None, None)
    ships: tuple[int | None, int | None] = (None, None)
    days_late: int | None = None
    owners: tuple[str, ...] = ()
    blocking: int | None = None
    snoozed: bool | None = False
    search: str | None = None
    recorded_from: int | None = None

    @property
    def named(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """By dimension, the words that are asked for or that the caller is kept to."""
        return self.words if self.plants is None else (*self.words, ("plant", tuple(sorted(self.plants))))

    @property
    def indexed(self) -> dict[str, list[ColumnElement[bool]]]:
        """By sort, the part of its list in which all that is wanted lies; late orders stand above a risk of one."""
        low, high = self.risk
        if "late" not in self.states:
            high = min(1.0 if high is None else high, 1.0)
        elif high is not None and high >= 1.0:
            high = None
        parts: dict[str, tuple[Any, Any]] = {
            "risk": (1.0, None) if self.states == ("late",) else (low, high),
            "due": self.due,
            "expected_ship": self.ships,
            "days_late": (self.days_late, None),
            "owner": (min(self.owners), max(self.owners)) if self.owners else (None, None),
        }
        return {name: conditions for name, part in parts.items() if (conditions := _between(SORTS[name], part))}

    @property
    def reversed(self) -> bool:
        """Whether the list is read from its end."""
        return self.descending != (self.sort in DESCENDING)


def page(
    connection: Connection, query: WorklistQuery, limit: int, after: PageKey | None = None
) -> Sequence[RowMapping]:
    """At most ``limit`` orders, the first, or those after a key; each with its ``key``.

    However rare is what is wanted, and wherever in the list it lies, the database reads the next few of the list, the
    next ``NEAR`` of it where those promise a page, the few orders that one filter leaves, or each listed order once.
    Which of them is not left to its planner. What a search finds is looked for once.
    """
    if query.search is not None and (found := _found(connection, query.search)) is not None:
        mentioned = _each(query, select(orders).where(orders.c.order_id.in_(found)), after)
        fitting = mentioned.where(*_conditions(connection, replace(query, search=None), orders.c))
        return _read_sorted(connection, fitting, query, limit)
    hits = 0
    if query.sort in INDEXED:
        rows = _read(connection, _next(query, after, AT_ONCE * limit), query, limit)
        if len(rows) == limit:
            return rows
        hits = len(rows)
    few = _few(connection, query)
    likely = hits * NEAR >= limit * AT_ONCE * limit  # so many of the next as of these would be a page
    if likely and few is None and len(rows := _read(connection, _next(query, after, NEAR), query, limit)) == limit:
        return rows
    matches = _each(query, few, after).where(*_conditions(connection, query, orders.c))
    return _read_sorted(connection, matches, query, limit)


def _next(query: WorklistQuery, after: PageKey | None, most: int) -> Select[Any]:
    """The next orders of the list as its index has them, wanted or not."""
    statement = by_index(select(orders, *_keys(query)), orders, f"orders_by_{query.sort}")
    rest = _after(statement, query, after).where(_listed(query), *query.indexed.get(query.sort, []))
    return rest.order_by(*_by(query, statement.selected_columns)).limit(most)


def _read(connection: Connection, candidates: Select[Any], query: WorklistQuery, limit: int) -> Sequence[RowMapping]:
    """The first of the candidates that are wanted; no more of them are read."""
    near = candidates.subquery()
    statement = select(near).where(*_conditions(connection, query, near.c)).order_by(*_by(query, near.c)).limit(limit)
    return connection.execute(statement).mappings().all()


def _each(query: WorklistQuery, few: Select[Any] | None, after: PageKey | None) -> Select[Any]:
    """The ids and keys of the few, or of every listed order."""
    every = by_index(select(orders), orders, "orders_listed").where(_listed(query))
    statement = (every if few is None else few).with_only_columns(orders.c.order_id, *_keys(query))
    return _after(statement, query, after)


def _read_sorted(
    connection: Connection, matches: Select[Any], query: WorklistQuery, limit: int
) -> Sequence[RowMapping]:
    """The first of all that fit, found by their keys alone."""
    keyed = fenced(connection, matches).subquery()
    first = select(keyed).order_by(*_by(query, keyed.c)).limit(limit).subquery()
    statement = select(orders, first.c.key, first.c.due_key).join(first, first.c.order_id == orders.c.order_id)
    return connection.execute(statement.order_by(*_by(query, first.c))).mappings().all()


def _keys(query: WorklistQuery) -> tuple[ColumnElement[Any], ...]:
    return SORTS[query.sort].label("key"), SORTS["due"].label("due_key")


def _by(query: WorklistQuery, of: RowColumns) -> tuple[ColumnElement[Any], ...]:
    """By the key; ties the earliest due first, then by id, and all that the other way round where it is reversed."""
    ties = (column.desc() if query.reversed else column.asc() for column in (of.due_key, of.order_id))
    return of.key.desc() if query.descending else of.key.asc(), *ties


def _few(connection: Connection, query: WorklistQuery) -> Select[Any] | None:
    """Orders that an index finds by one of the filters, if they are few; all that are wanted are among them."""
    for some, ids in _indexed_matches(connection, query):
        counted = select(func.count()).select_from(ids.limit(FEW + 1).subquery())
        if connection.execute(counted).scalar_one() <= FEW:
            return some
    return None


def _indexed_matches(connection: Connection, query: WorklistQuery) -> Iterator[tuple[Select[Any], Select[Any]]]:
    """By filter, the orders that an index finds, and their ids alone."""
    for dimension, words in query.named:
        yield select(orders).where(with_word(dimension, words)), ids_with_word(dimension, words)
    if query.search is not None:
        ids = _ids_that_mention(connection, query.search)
        yield select(orders).where(orders.c.order_id.in_(ids)), ids
    for name, which in query.indexed.items():
        some = by_index(select(orders), orders, f"orders_by_{name}").where(_listed(query), *which)
        yield some, some.with_only_columns(orders.c.order_id)
    if query.snoozed:
        some = by_index(select(orders), orders, "orders_snoozed").where(orders.c.snoozed_until > query.now)
        yield some, some.with_only_columns(orders.c.order_id)
    if query.blocking is not None:
        some = by_index(select(orders), orders, "orders_blocked")
        some = some.where(_listed(query), orders.c.blocking.in_(_sets_with(query.blocking)))
        yield some, some.with_only_columns(orders.c.order_id)


def count(connection: Connection, query: WorklistQuery) -> int:
    """How many orders are wanted."""
    return int(connection.execute(_over_all(connection, query, func.count())).scalar_one())


def totals(connection: Connection, query: WorklistQuery, likely: float) -> Sequence[RowMapping]:
    """By state, how many orders are wanted and their value; and of those with at least a risk ``likely`` alike."""
    fails = orders.c.risk >= likely
    columns = (
        orders.c.state,
        func.count().label("orders"),
        func.sum(orders.c.value).label("value"),
        func.sum(case((fails, 1), else_=0)).label("likely"),
        func.sum(case((fails, orders.c.value))).label("likely_value"),
    )
    return connection.execute(_over_all(connection, query, *columns).group_by(orders.c.state)).mappings().all()


def _over_all(connection: Connection, query: WorklistQuery, *columns: ColumnElement[Any]) -> Select[Any]:
    """Sums over the orders that are wanted, among the few that one filter leaves or among all that are listed."""
    every = by_index(select(orders), orders, "orders_listed")
    few = _few(connection, query)
    wanted = (_listed(query), *_conditions(connection, query, orders.c))
    return (every if few is None else few).with_only_columns(*columns).where(*wanted)


def listed_words(connection: Connection, plants: frozenset[str] | None, name: str, text: str) -> list[str]:
    """Plants, customers, items or owners of listed orders of some plants, at most ``MOST_WORDS``.

    Those come first that are a text, in lower case, but for the case of ASCII letters, then those of which it is a
    part. Of plants only those that the caller may see.
    """
    word = orders.c.owner if name == "owner" else order_words.c.word
    if name == "owner":
        wanted = [orders.c.listed == 1, word.is_not(None), of_plants(orders.c.order_id, plants)]
    else:
        listed = by_index(select(orders.c.order_id), orders, "orders_blocked").where(orders.c.listed == 1)
        of_order = order_words.c.order_id
        wanted = [order_words.c.dimension == name, of_order.in_(listed), of_plants(of_order, plants)]
        wanted += [word.in_(sorted(plants))] if name == "plant" and plants is not None else []
    likeness = case((func.lower(word) == text, 0), (has_text(connection, word, text), 1), else_=2)
    statement = select(word).where(*wanted).group_by(word).order_by(likeness, word).limit(MOST_WORDS)
    return list(connection.execute(statement).scalars())


def key_of(row: RowMapping) -> PageKey:
    """Where a page that ends with this row ends."""
    return row["key"], row["due_key"], row["order_id"]


def _after(statement: Select[Any], query: WorklistQuery, after: PageKey | None) -> Select[Any]:
    return statement if after is None else statement.where(_later(query, after))


def _later(query: WorklistQuery, after: PageKey) -> ColumnElement[bool]:
    """Rows after a key; the first condition alone is one the index can begin at."""
    key, due_key = SORTS[query.sort], SORTS["due"]
    value, due, order_id = after
    beyond = key < value if query.descending else key > value
    tied = or_(_past(due_key, due, query), and_(due_key == due, _past(orders.c.order_id, order_id, query)))
    return and_(key <= value if query.descending else key >= value, or_(beyond, and_(key == value, tied)))


def _past(column: ColumnElement[Any], value: Any, query: WorklistQuery) -> Any:
    return column < value if query.reversed else column > value


def _listed(query: WorklistQuery) -> ColumnElement[bool]:
    """What an index tells of the states."""
    return orders.c.listed.in_(sorted({int(state in LISTED) for state in query.states}))


def _conditions(connection: Connection, query: WorklistQuery, of: RowColumns) -> list[ColumnElement[bool]]:
    conditions = [of.state.in_(query.states)]
    conditions += [_names(connection, of, dimension, words) for dimension, words in query.named]
    if query.owners:
        conditions.append(func.coalesce(of.owner, "").in_(query.owners))
    conditions += _between(of.due_at, query.due) + _between(of.risk, query.risk)
    conditions += _between(of.expected_ship, query.ships) + _between(of.days_late, (query.days_late, None))
    if query.blocking is not None:
        conditions.append(_blocked(of, query.blocking))
    if query.snoozed is not None:
        put_off = and_(func.coalesce(of.snoozed_until, 0) > query.now, func.coalesce(of.due_at, AFTER) >= query.now)
        conditions.append(put_off if query.snoozed else ~put_off)
    if query.search is not None:
        conditions.append(_mentions(connection, of, query.search))
    return conditions + _between(of.recorded_at, (query.recorded_from, None))


def _names(connection: Connection, of: RowColumns, dimension: str, words: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a line names one of these words. What an order names first is in its row; few need to be looked up."""
    further = is_among(connection, of.order_id, order_words.c.order_id, ids_with_word(dimension, words))
    return or_(of[dimension].in_(words), and_(of[f"{dimension}s"] > 1, further))


def _mentions(connection: Connection, of: RowColumns, text: str) -> ColumnElement[bool]:
    """Whether an order or one of its lines names a text. Few orders name more than their row says."""
    named = _ids_by_words(connection, text)
    several = or_(*(of[f"{dimension}s"] > 1 for dimension in SEARCHED))
    first = (has_text(connection, of[name], text) for name in ("order_id", *SEARCHED))
    return or_(*first, and_(several, is_among(connection, of.order_id, order_words.c.order_id, named)))


def _found(connection: Connection, text: str) -> list[str] | None:
    """The ids of the orders that mention a text, ``None`` where they are more than ``FOUND``."""
    ids = connection.execute(_ids_that_mention(connection, text).limit(FOUND + 1)).scalars().all()
    return None if len(ids) > FOUND else sorted(set(ids))


def _ids_that_mention(connection: Connection, text: str) -> Select[Any]:
    """The ids of orders that mention a text, some twice; two indexes tell them, so that no row is read for it."""
    matches = (
        select(orders.c.order_id)
        .where(has_text(connection, orders.c.order_id, text))
        .union_all(_ids_by_words(connection, text))
        .subquery()
    )
    return select(matches.c.order_id)


def _ids_by_words(connection: Connection, text: str) -> Select[Any]:
    statement = select(order_words.c.order_id).where(order_words.c.dimension.in_(SEARCHED))
    return statement.where(has_text(connection, order_words.c.word, text))


def _sets_with(bits: int) -> BindParameter[Any]:
    """Every set of kinds with one of these bits; an index finds them one by one, and knows how many there are."""
    sets = [some for some in range(1, ALL_KINDS + 1) if some & bits] if bits else [0]
    return bindparam("sets", sets, expanding=True, literal_execute=True)


def _blocked(of: RowColumns, bits: int) -> ColumnElement[bool]:
    blocking: ColumnElement[int] = of.blocking
    return blocking.bitwise_and(bits) != 0 if bits else blocking == 0


def ids_with_word(dimension: str, words: tuple[str, ...]) -> Select[Any]:
    """The ids of orders of which a line names one of these words."""
    statement = select(order_words.c.order_id).where(order_words.c.dimension == dimension)
    return statement.where(order_words.c.word.in_(words) if words else false())


def of_plants(order_id: ColumnElement[Any], plants: frozenset[str] | None) -> ColumnElement[bool]:
    """Whether a line of an order names one of some plants; all do for ``None``."""
    return true() if plants is None else order_id.in_(ids_with_word("plant", tuple(sorted(plants))))


def with_word(dimension: str, words: tuple[str, ...]) -> ColumnElement[bool]:
    """Orders of which a line names one of these words."""
    return orders.c.order_id.in_(ids_with_word(dimension, words))


def _between(column: ColumnElement[Any], bounds: tuple[Any, Any]) -> list[ColumnElement[bool]]:
    low, high = bounds
    return ([column >= low] if low is not None else []) + ([column <= high] if high is not None else [])
