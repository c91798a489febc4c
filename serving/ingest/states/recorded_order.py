"""What is stored of an order, as a state is compared with it: all of it, whenever it was recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from functools import cached_property
from typing import TypeVar

from features.events.schema import INSTALMENT_MARK
from features.events.selection import Select
from features.readiness.statements import WHOLE_ORDER, KnownEvent, KnownIssue, KnownOrder, KnownPlan
from serving.principal import NOBODY, Caller

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
ISSUED = "goods.issued"
STATED = ("order_line.created", "order_line.changed")
"""What names the customer, item, plant, route and value of a line."""


class RecordedOrder:
    """An order by all of its events that are stored, and whose lines a caller may speak of."""

    def __init__(self, known: KnownOrder, caller: Caller = NOBODY) -> None:
        self.known = known
        self.caller = caller
        self._plans: dict[Select, dict[str | None, list[KnownPlan]]] = {}

    @property
    def events(self) -> list[KnownEvent]:
        return self.known.events

    @cached_property
    def latest_record(self) -> int:
        """When the latest of them was recorded, microseconds; 0 where there are none."""
        return max((event.recorded for event in self.events), default=0)

    @cached_property
    def _of_line(self) -> dict[tuple[str, str | None], list[KnownEvent]]:
        """The events by type and line, in their order."""
        return _grouped(self.events, lambda event: (event.type, event.line_id))

    @cached_property
    def _of_reference(self) -> dict[tuple[str, str | None], list[KnownEvent]]:
        """The events by type and reference, in their order."""
        return _grouped(self.events, lambda event: (event.type, event.reference))

    @cached_property
    def foreign_lines(self) -> frozenset[str]:
        """The lines of plants that the caller may not speak of, with those of which only instalments have names."""
        if self.caller.plants is None:
            return frozenset()
        names = {line_id for kind, line_id in self._of_line if kind in STATED and line_id}
        foreign = {name for name in names if not self.caller.may_name(self.named("plant", name))}
        return frozenset(foreign | {name.rpartition(INSTALMENT_MARK)[0] for name in foreign if INSTALMENT_MARK in name})

    def may_withdraw(self, line_id: str | None) -> bool:
        """Whether the caller may end what is not listed: of a line of theirs; of the whole order if all of it is."""
        return not self.foreign_lines if line_id is None else line_id not in self.foreign_lines

    def named(self, dimension: str, name: str) -> str | None:
        """What was named last of a line."""
        named = self.known.named(dimension)
        return _last(named[event.place] for event in self._statements(name))

    def value(self, name: str) -> int | None:
        """The value of a line, millionths."""
        values = self.known.values
        return _last(values[event.place] for event in self._statements(name))

    def _statements(self, name: str) -> list[KnownEvent]:
        """What was stated of a line, the latest last."""
        about = [event for kind in STATED for one in _names_of(name) for event in self._of_line.get((kind, one), ())]
        return sorted(about, key=lambda event: event.place)

    def latest_of_line(self, name: str, *types: str) -> KnownEvent | None:
        """What is stated last of a line, of the line it is an instalment of, or of the whole order."""
        names = [*_names_of(name), None]
        return _latest(event for kind in types for one in names for event in self._of_line.get((kind, one), ()))

    # -- what left -------------------------------------------------------------------------------------------

    @cached_property
    def _line_numbers(self) -> dict[str | None, int]:
        return {event.line_id: event.line for event in self.events}

    @cached_property
    def _issues(self) -> dict[int, list[KnownIssue]]:
        return _grouped(self.known.issues, lambda issue: issue.line)

    def issues(self, name: str | None) -> list[KnownIssue]:
        """What left of a line, of none for ``None``, and is not reversed; the earliest first."""
        number = WHOLE_ORDER if name is None else self._line_numbers.get(name)
        return [] if number is None else self._issues.get(number, [])

    def latest_issue(self, name: str) -> KnownEvent | None:
        """What was posted last of a line, or without one."""
        posted = [*self._of_line.get((ISSUED, name), ()), *self._of_line.get((ISSUED, None), ())]
        return max(posted, key=lambda event: event.place, default=None)

    def posting(self, issue: KnownIssue) -> KnownEvent:
        """The event that states an issue."""
        posted = self._postings[issue.left_at] or self._postings[None]
        return max(posted, key=lambda event: (event.reference == issue.reference, event.place))

    @cached_property
    def _postings(self) -> dict[int | None, list[KnownEvent]]:
        """What was posted, by when it left; all of it under ``None``."""
        posted = [event for event in self.events if event.type == ISSUED and (event.quantity or 1) > 0]
        by_moment: dict[int | None, list[KnownEvent]] = defaultdict(list, {None: posted})
        for event in posted:
            by_moment[event.occurred].append(event)
        return by_moment

    # -- plans -----------------------------------------------------------------------------------------------

    def stated_plans(self, what: Select, reference: str | None, line_id: str | None) -> list[KnownEvent]:
        """What was stated of a delivery or production order, of a line or of all that it is about; the latest last."""
        about = [event for kind in what.types for event in self._of_reference.get((kind, reference), ())]
        own = [event for event in about if line_id is None or event.line_id in (None, line_id)]
        return sorted(own, key=lambda event: (event.effective, event.place))

    def plans(self, what: Select, reference: str | None, line_id: str | None) -> list[KnownPlan]:
        """The plans in force of a line, or of each line that the reference is named for."""
        if what not in self._plans:
            self._plans[what] = _grouped(self.known.plans(what), lambda plan: plan.reference)
        return [plan for plan in self._plans[what].get(reference, ()) if line_id in (None, plan.line_id)]


def _names_of(name: str) -> list[str]:
    """A line, and the one that it is an instalment of."""
    whole = name.rpartition(INSTALMENT_MARK)[0]
    return [name, whole] if whole else [name]


def _grouped(values: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = defaultdict(list)
    for value in values:
        groups[key(value)].append(value)
    return groups


def _latest(events: Iterable[KnownEvent]) -> KnownEvent | None:
    """The event that holds, of those that state the same thing."""
    return max(events, key=lambda event: (event.effective, event.place), default=None)


def _last(values: Iterable[V | None]) -> V | None:
    return next((value for value in reversed(list(values)) if value is not None), None)
