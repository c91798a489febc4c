"""How far the work is."""

from __future__ import annotations

from collections.abc import Callable

from features.events.schema import MICRO
from tests.naive.commitments import Line
from tests.naive.events import NAN, Event, days_between, of_instalments, share
from tests.naive.lines import Stage, has_begun, is_ready, stage
from tests.naive.registry import twin
from tests.naive.seen import Seen, units
from tests.naive.signals.material import days_to_components
from tests.naive.standing import begun_operations, finished_operations, things


@twin
def partial_completion_ratio(seen: Seen) -> float:
    confirmed, partial = seen.all("operation.confirmed"), seen.all("operation.confirmed", state="partial")
    return min(max(share(_net(partial), _net(confirmed)), 0.0), 1.0) if _net(confirmed) > 0 else NAN


def _net(confirmations: list[Event]) -> int:
    """Confirmations less reversals."""
    return sum(-1 if event.quantity is not None and event.quantity < 0 else 1 for event in confirmations)


@twin
def operations_finished(seen: Seen) -> float:
    return len(finished_operations(seen.events))


@twin
def begun_operations_finished_ratio(seen: Seen) -> float:
    return share(len(finished_operations(seen.events)), len(begun_operations(seen.events)))


@twin
def operations_finished_last_7_days(seen: Seen) -> float:
    return operations_finished(seen) - operations_finished(seen.days_ago(7))


@twin
def days_since_confirmation(seen: Seen) -> float:
    confirmed = seen.all("operation.confirmed")
    return seen.days_since(confirmed[-1].recorded_at) if confirmed else NAN


@twin
def days_since_release(seen: Seen) -> float:
    released = seen.all("production.released")
    return seen.days_since(released[-1].recorded_at) if released else NAN


@twin
def lines_not_begun(seen: Seen) -> float:
    return sum(not has_begun(seen.events, line.id) for line in seen.open_lines)


def _stage(seen: Seen, line: Line) -> Stage:
    return stage(seen.events, line.id)


def _operations_left(seen: Seen, line: Line) -> float:
    """Operations until the line has as many as its item usually ships with; NaN if that is not known."""
    usual = seen.morning.usual_operations(line.item)
    return NAN if usual != usual else max(usual - _stage(seen, line).finished, 0.0)


def _days_left(seen: Seen, line: Line) -> float:
    """Days until the line has stood at its stage as long as usual; NaN if that is not known."""
    return _left(seen, line, seen.morning.usual_days)


def _left(seen: Seen, line: Line, figure: Callable[[str | None, int], float]) -> float:
    """Days left of the usual ones from a line's stage; before its work begins all days of the work are left."""
    now = _stage(seen, line)
    usual, of_work = figure(line.item, now.number), figure(line.item, 1)
    left = [] if usual != usual else [max(usual - seen.days_since(now.since), 0.0)]
    if not now.begun and of_work == of_work:
        left.append(of_work)
    return max(left, default=NAN)


def _known(values: list[float]) -> list[float]:
    return [value for value in values if value == value]


@twin
def operations_left(seen: Seen) -> float:
    return max(_known([_operations_left(seen, line) for line in seen.open_lines]), default=NAN)


def _is_complete(seen: Seen, line: Line) -> bool:
    """Shipped, closed, or with as many operations finished as its item usually ships with."""
    usual, finished = seen.morning.usual_operations(line.item), _stage(seen, line).finished
    all_done = usual == usual and finished >= 1 and finished >= round(usual)
    return line.in_full or line.closed is not None or all_done


@twin
def lines_complete_ratio(seen: Seen) -> float:
    return share(sum(_is_complete(seen, line) for line in seen.lines), len(seen.lines))


@twin
def quantity_complete_ratio(seen: Seen) -> float:
    done = [ln.ordered if _is_complete(seen, ln) else min(ln.issued, ln.ordered) for ln in seen.lines]
    return share(sum(done) / MICRO, seen.ordered)


@twin
def complete_not_shippable(seen: Seen) -> float:
    return sum(_is_complete(seen, line) and not is_ready(seen.events, line.id) for line in seen.open_lines)


@twin
def quantity_cover(seen: Seen) -> float:
    """The latest quantity that is given of each production order, less all scrap, against what the line asks for."""
    return min(_known([_cover(seen, line) for line in seen.open_lines]), default=NAN)


def _cover(seen: Seen, line: Line) -> float:
    stated = [e for e in of_instalments(seen.events) if e.type in ("production.released", "operation.scrapped")]
    own = [event for event in stated if event.line_id == line.id]
    given = things(event for event in own if event.type == "production.released" and event.quantity is not None)
    started = sum(told[-1].quantity or 0 for told in given.values())
    scrap = sum(event.quantity or 0 for event in own if event.type == "operation.scrapped")
    return (started - scrap) / line.ordered - 1 if given and line.ordered > 0 else NAN


@twin
def usual_days_left(seen: Seen) -> float:
    return max(_known([_days_left(seen, line) for line in seen.open_lines]), default=NAN)


@twin
def pace_slack(seen: Seen) -> float:
    slack = [days_between(seen.as_of, line.promise) - _days_left(seen, line) for line in seen.open_lines]
    return min(_known(slack), default=NAN)


@twin
def yield_booked_per_day(seen: Seen) -> float:
    return share(units(seen.last(7, "operation.confirmed")) / 7, seen.ordered)


@twin
def yield_needed_per_day(seen: Seen) -> float:
    work = _known([_operations_left(seen, line) * line.ordered / MICRO for line in seen.open_lines])
    return share(sum(work), seen.ordered) / max(days_between(seen.as_of, seen.due), 1.0) if work else NAN


def _work_left(seen: Seen, line: Line) -> float:
    """Days until the line's last operation, as usual from its stage; NaN if that is not known."""
    return _left(seen, line, seen.morning.usual_work_days)


@twin
def usual_work_days_left(seen: Seen) -> float:
    return max(_known([_work_left(seen, line) for line in seen.open_lines]), default=NAN)


@twin
def work_slack(seen: Seen) -> float:
    ends = [moment for moment in (seen.last_truck, seen.due) if moment is not None]
    waits = max([0.0, *days_to_components(seen)])
    return days_between(seen.as_of, min(ends)) - waits - usual_work_days_left(seen) if ends else NAN
