"""Random lives of an order, event by event, against the naive model: its lines, its state, what became of it."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from features.history import History
from features.orders.commitments import commitments, statuses
from features.outcomes import OUTCOMES, label_revisions
from features.readiness.statements import KnownOrder
from features.times import NEVER
from tests.naive import commitments as naive
from tests.naive.events import Events, known_by, orders_of
from tests.naive.outcomes import beliefs
from tests.support.stories import event, moment, story

LINES = st.sampled_from(["1", "1", "2", "3/a", "3/b", "3", None])
QUANTITIES = st.sampled_from([10.0, 10.0, 4.0, 0.0, 1 / 3])
REFERENCES = st.sampled_from(["D1", "D2", None])
DATES = st.sampled_from([6.0, 12.0, 20.0, None])
PASSES = st.sampled_from([0.0, 0.0, 0.25, 1.0, 3.0])
LATE = st.sampled_from([0.0, 0.0, 0.5, 2.0, 5.0, -1.0])
SEQUENCES = st.sampled_from([None, None, 1, 2, 10])


class OrderLife(RuleBasedStateMachine):
    """Events happen as time passes; each may be known late, and in the same moment as others."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self.day = 0.0

    def _add(self, what: str, data: st.DataObject, **says: Any) -> None:
        self.day += data.draw(PASSES)
        number = len(self.rows)
        says |= {"line": data.draw(LINES)} if "line" not in says else {}
        names = {"event_id": f"e{number * 7 % 11}-{number}", "sequence": data.draw(SEQUENCES)}
        self.rows.append(event(what, self.day, late=data.draw(LATE), **names, **says))

    @initialize(data=st.data(), line=st.sampled_from(["1", "3/a", None]))
    def is_ordered(self, data: st.DataObject, line: str | None) -> None:
        self._add("order_line.created", data, line=line, quantity=data.draw(QUANTITIES), date=data.draw(DATES))

    @rule(data=st.data())
    def another_line_or_the_same_again(self, data: st.DataObject) -> None:
        self._add("order_line.created", data, quantity=data.draw(QUANTITIES), date=data.draw(DATES))

    @rule(data=st.data())
    def quantity_changes(self, data: st.DataObject) -> None:
        self._add("order_line.changed", data, quantity=data.draw(QUANTITIES))

    @rule(data=st.data(), reason=st.sampled_from(["complete", "short", "cancelled"]))
    def is_closed(self, data: st.DataObject, reason: str) -> None:
        self._add("order_line.closed", data, reason=reason)

    @rule(data=st.data())
    def is_opened_again(self, data: st.DataObject) -> None:
        self._add("order_line.reopened", data)

    @rule(data=st.data(), date=st.sampled_from([6.0, 12.0, 20.0]))
    def is_promised(self, data: st.DataObject, date: float) -> None:
        self._add("commitment.changed", data, date=date, actor="plant")

    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        self._add("goods.issued", data, quantity=data.draw(QUANTITIES), reference=data.draw(REFERENCES))

    @rule(data=st.data())
    def all_that_is_left_leaves(self, data: st.DataObject) -> None:
        self._add("goods.issued", data, state="complete", reference=data.draw(REFERENCES))

    @rule(data=st.data())
    def is_reversed(self, data: st.DataObject) -> None:
        self._add("goods.issued", data, quantity=-data.draw(QUANTITIES), reference=data.draw(REFERENCES))

    @rule(data=st.data())
    def comes_back(self, data: st.DataObject) -> None:
        self._add("goods.returned", data, quantity=1.0)

    @precondition(lambda self: len(self.rows) > 1)
    @invariant()
    def the_lines_are_those_of_the_naive_model(self) -> None:
        history, told = self._read()
        for day in {self.day, self.day / 2}:
            known = known_by(told, moment(day))
            lines = [line for line in naive.lines_after(known) if line.known]
            found = KnownOrder(history, 0, moment(day)).lines
            assert [(ln.ordered, ln.issued, ln.open) for ln in found] == [
                (ln.ordered, ln.issued, ln.is_open) for ln in lines
            ]
            promises = [None if line.promised_by is None else line.promised_by.date for line in found]
            assert promises == [line.promise for line in lines]

    @precondition(lambda self: len(self.rows) > 1)
    @invariant()
    def the_state_is_that_of_the_naive_model(self) -> None:
        history, told = self._read()
        columns = commitments(history)
        now = statuses(columns.state, columns.due, history.recorded)
        for n in range(1, len(told) + 1):
            due = naive.due(told[:n])
            assert (columns.due[n - 1] == NEVER) if due is None else (columns.due[n - 1] == due)
            assert now[n - 1] == naive.status(told[:n])

    @precondition(lambda self: len(self.rows) > 1)
    @invariant()
    def what_became_of_it_is_what_the_naive_model_believes(self) -> None:
        history, told = self._read()
        revisions = label_revisions(history)
        labels = [None if code == 0 else str(OUTCOMES[code]) for code in revisions.outcome]
        assert list(zip(revisions.known_at.tolist(), labels, strict=True)) == [
            (belief.known_at, belief.outcome) for belief in beliefs(told)
        ]

    def _read(self) -> tuple[History, Events]:
        events = story(*self.rows)
        [told] = orders_of(events).values()
        return History.of(events), told


TestOrderLife = OrderLife.TestCase
TestOrderLife.settings = settings(settings(), max_examples=min(settings().max_examples, 1000), stateful_step_count=14)
