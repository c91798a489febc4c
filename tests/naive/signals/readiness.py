"""What stands between complete and shippable."""

from __future__ import annotations

from tests.naive.events import NAN, of_instalments, share
from tests.naive.lines import is_ready
from tests.naive.registry import twin
from tests.naive.seen import Seen
from tests.naive.standing import conditions, conditions_that_are, since

FIVE = ("inspection", "packaging", "labels", "documents", "quantities")


@twin
def conditions_not_met(seen: Seen) -> float:
    return len(conditions_that_are("not_met", seen.events))


@twin
def conditions_met(seen: Seen) -> float:
    return len(conditions_that_are("met", seen.events))


@twin
def conditions_met_last_7_days(seen: Seen) -> float:
    return conditions_met(seen) - conditions_met(seen.days_ago(7))


@twin
def conditions_outstanding(seen: Seen) -> float:
    return sum(not _is_met(seen, kind) for kind in FIVE) if seen.events else NAN


def _is_met(seen: Seen, kind: str) -> bool:
    """For the whole order, or for each of its open lines; and nowhere not met."""
    told_of = conditions(of_instalments(seen.events))
    stated = {line: told[-1].state for (line, of), told in told_of.items() if of == kind}
    of_each = [stated.get(line.id) == "met" for line in seen.open_lines]
    somewhere_not = "not_met" in stated.values()
    return not somewhere_not and (stated.get(None) == "met" or (len(of_each) > 0 and all(of_each)))


@twin
def days_condition_not_met(seen: Seen) -> float:
    not_met = conditions_that_are("not_met", seen.events)
    return max((seen.days_since(since(told)) for told in not_met), default=NAN)


@twin
def conditions_lost(seen: Seen) -> float:
    stated = seen.all("readiness.stated")
    lost = 0
    for n, event in enumerate(stated):
        before = conditions(tuple(stated[:n])).get((event.line_id, str(event.kind)))
        if before is not None and before[-1].stands_from <= event.stands_from:
            lost += event.state == "not_met" and before[-1].state == "met"
    return lost


@twin
def lines_ready_ratio(seen: Seen) -> float:
    return share(sum(is_ready(seen.events, line.id) for line in seen.open_lines), len(seen.open_lines))
