"""What nobody can place is counted, with examples and a hint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from features.importing.mapping import import_events
from features.importing.placement import Unplaced, find_unplaced
from features.importing.report import ImportReport
from tests.support.stories import created, event, shipped, story


def unplaced(*events: dict[str, Any]) -> Unplaced:
    return find_unplaced(story(*events))


def test_events_of_lines_that_were_never_created_are_counted_by_type_with_examples() -> None:
    found = unplaced(
        created(0, 9, line="1"),
        shipped(1, 5, line="1"),
        *(shipped(2, 5, line=f"{line}") for line in (2, 3, 4)),
        event("order_line.changed", 3, quantity=4, line="2"),
        event("hold.placed", 3, kind="quality", reference="H"),
        shipped(3, 5, "B", line="1"),
    )
    assert found.lines == {"goods.issued": 4, "order_line.changed": 1}
    assert found.examples == [
        {"order": "A", "line": "2", "type": "goods.issued"},
        {"order": "A", "line": "2", "type": "order_line.changed"},
        {"order": "A", "line": "3", "type": "goods.issued"},
    ]
    assert (found.orders, found.releases, found.hints) == (1, 0, [])


def test_a_line_may_be_created_after_what_happens_to_it() -> None:
    assert unplaced(shipped(1, 5, line="1"), created(2, 9, line="1")) == Unplaced()


def test_a_line_owns_its_instalments_but_they_do_not_create_each_other() -> None:
    found = unplaced(
        created(0, 9, line="10", instalment="1"),
        created(0, 12, line="10/2"),
        shipped(1, 5, line="10"),
        shipped(1, 5, line="10/1"),
        shipped(1, 5, line="10", instalment="2"),
        shipped(1, 5, line="10", instalment="3"),
        shipped(1, 5, line="1"),
    )
    assert found.lines == {"goods.issued": 2}
    assert [example["line"] for example in found.examples] == ["10/3", "1"]


@pytest.mark.parametrize(
    ("order", "line", "matches"),
    [("42", "10", 1), ("0042", "10", 1), ("42", "0 10", 1), ("42", "010/01", 1), ("42", "100", 0), ("420", "10", 0)],
)
def test_the_hint_says_how_many_would_match_without_leading_zeros_and_blanks(
    order: str, line: str, matches: int
) -> None:
    found = unplaced(
        created(0, 9, order="0042", line="000010", instalment="0001"),
        shipped(1, 5, order, line=line),
        shipped(1, 5, "0042", line="77"),
    )
    of_lines = [hint for hint in found.hints if "events that name a line" in hint]
    assert [hint.partition(" would")[0] for hint in of_lines] == [
        "1 of the 2 events that name a line which was never created"
    ] * matches


def test_orders_without_a_line_get_a_hint_too() -> None:
    hold: dict[str, Any] = {"kind": "credit", "reference": "H"}
    found = unplaced(created(0, 9, order="007"), *(event("hold.placed", 1, order, **hold) for order in ("7", "8")))
    assert (found.orders, found.lines) == (2, {})
    assert [hint.partition(" would")[0] for hint in found.hints] == ["1 of the 2 orders without a line"]


def test_a_zero_is_not_nothing() -> None:
    assert unplaced(created(0, 9, line="00"), shipped(1, 5, line="0")).hints
    assert not unplaced(created(0, 9, line="01"), shipped(1, 5, line="0")).hints


def test_releases_of_holds_that_were_never_placed_are_counted() -> None:
    """By reference, or by kind without one, within the order."""
    quality, credit = {"kind": "quality"}, {"kind": "credit"}
    found = unplaced(
        created(0, 9),
        event("hold.placed", 1, **quality, reference="H1"),
        event("hold.placed", 1, **credit),
        event("hold.released", 2, **quality, reference="H1"),
        event("hold.released", 2, **credit),
        event("hold.released", 2, **quality, reference="H2"),
        event("hold.released", 2, **quality),
        created(0, 9, order="B"),
        event("hold.released", 2, "B", **quality, reference="H1"),
    )
    assert found.releases == 3


EVENTS = """event_id,type,order_id,line_id,quantity,date,stamp,sequence,kind
c,order_line.created,A,10,5,2024-03-01,2024-01-02,,
s2,order_line.changed,A,10,7,,2024-01-03,2,
s1,order_line.changed,A,10,6,,2024-01-03,1,
h,hold.placed,A,,,,2024-01-04,,credit
r,hold.released,A,,,,2024-01-04,,credit
chg-10,order_line.changed,A,10,9,,2024-01-05,,
chg-9,order_line.changed,A,10,8,,2024-01-05,,
"""
MAPPING = """SELECT event_id, 'erp' AS source, type, order_id, line_id, quantity, date, kind, sequence,
stamp AS occurred_at, stamp AS recorded_at FROM read_csv(getvariable('source') || '/e.csv', all_varchar = true)"""


def imported(folder: Path, export: str = EVENTS) -> ImportReport:
    (folder / "e.csv").write_text(export)
    (folder / "m.sql").write_text(MAPPING)
    return import_events(folder / "m.sql", str(folder)).report


def test_the_report_says_what_put_statements_of_one_moment_in_order(tmp_path: Path) -> None:
    assert imported(tmp_path).ties == {"by_sequence": 2, "by_precedence": 2, "by_id": 2}
    alone = "\n".join(EVENTS.splitlines()[:2])
    assert imported(tmp_path, alone).ties == {"by_sequence": 0, "by_precedence": 0, "by_id": 0}


def test_the_report_says_what_nobody_can_place(tmp_path: Path) -> None:
    report = imported(tmp_path, EVENTS.replace("A,10,9", "A,010,9").replace("hold.placed", "hold.released"))
    assert report.events_of_unknown_lines == {"order_line.changed": 1}
    assert report.unknown_line_examples == [{"order": "A", "line": "010", "type": "order_line.changed"}]
    assert report.releases_without_hold == 2
    assert len(report.hints) == 1
    nothing = imported(tmp_path)
    assert (nothing.events_of_unknown_lines, nothing.releases_without_hold, nothing.hints) == ({}, 0, [])


def test_events_without_any_line_are_no_events_of_unknown_lines() -> None:
    assert unplaced(event("hold.placed", 1, kind="credit", reference="H")) == Unplaced(orders=1)


def test_the_order_of_rows_means_nothing() -> None:
    events = story(created(0, 9, line="1"), shipped(1, 5, line="01"), shipped(1, 5, "B", line="2"))
    back = find_unplaced(events.iloc[::-1].reset_index(drop=True))
    assert (back.lines, back.orders, back.hints) == (
        find_unplaced(events).lines,
        find_unplaced(events).orders,
        find_unplaced(events).hints,
    )
