"""How the plan of the work moved."""

from features.catalogue import FALLS, RISES, signal
from features.history import PLANNED_END, Select
from features.known import Floats, Known
from features.times import DAY

RESCHEDULED = Select("production.rescheduled")


@signal("schedule", "moves", RISES, "the plan was moved {value} [time|times]")
def schedule_churn(known: Known) -> Floats:
    """Times the planned end or the promised date was restated after the first statement, moves."""
    return known.count(RESCHEDULED) + known.count(Select("commitment.changed"))


@signal("schedule", "moves", RISES, "the planned end was moved {value} [time|times] in the last 7 days")
def reschedules_last_7_days(known: Known) -> Floats:
    """Times the planned end was restated in the last 7 days, moves."""
    return known.count(RESCHEDULED, days=7)


@signal(
    "schedule",
    "days",
    RISES,
    "the planned end slipped by {value} [day|days] net",
    negative="the planned end was pulled in by {value} [day|days]",
)
def planned_end_slip(known: Known) -> Floats:
    """Days the planned end moved later, net of moves to an earlier day."""
    return known.total(RESCHEDULED, "moved") / DAY


@signal("schedule", "days", RISES, "the planned end was moved by {value} [day|days] in total")
def planned_end_travel(known: Known) -> Floats:
    """Days the planned end moved in total, in either direction."""
    return known.total(RESCHEDULED, "moved_size") / DAY


@signal(
    "schedule",
    "days",
    FALLS,
    "the plan leaves {value} [day|days] before the promise",
    absent="no end is planned",
    negative="the plan ends {value} [day|days] after the promise",
)
def planned_end_slack(known: Known) -> Floats:
    """Days from the latest planned end in force to the promise; negative when the plan is too late."""
    due = known.due()
    end = known.latest_end(PLANNED_END, "reference")
    return known.days_until(due) - known.days_until(end)
