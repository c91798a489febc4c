"""What was lost, repeated or found wanting."""

from __future__ import annotations

from tests.naive.events import NAN, share
from tests.naive.lines import stage
from tests.naive.registry import twin
from tests.naive.seen import Seen, units
from tests.naive.standing import lots


@twin
def failed_inspections(seen: Seen) -> float:
    return sum(told[-1].state == "failed" for told in lots(seen.events))


@twin
def inspections_failed(seen: Seen) -> float:
    return len(seen.all("inspection.recorded", state="failed"))


@twin
def inspection_failure_ratio(seen: Seen) -> float:
    passed = seen.all("inspection.recorded", state="passed")
    return share(inspections_failed(seen), inspections_failed(seen) + len(passed))


@twin
def scrap_ratio(seen: Seen) -> float:
    return share(units(seen.all("operation.scrapped")), seen.ordered)


@twin
def rework_ratio(seen: Seen) -> float:
    return share(units(seen.all("operation.reworked")), seen.ordered)


@twin
def usual_failures_left(seen: Seen) -> float:
    stages = [(line.item, stage(seen.events, line.id).number) for line in seen.open_lines]
    usual = [seen.morning.usual_failures(item, reached) for item, reached in stages]
    known = [value for value in usual if value == value]
    return sum(known) if known else NAN
