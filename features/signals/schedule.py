"""How the plan of the work moved."""

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import EITHER, FALLS, RISES
from features.history import PLANNED_END, Select
from features.known.known import Known
from features.signals.delivery import PLANNED

RESCHEDULED = Select("production.rescheduled")


@signal("schedule", "moves", RISES, "the plan was moved {value} [time|times]")
def schedule_churn(known: Known) -> Floats:
    """Times the planned end or the promised date was given another value, moves; stated again it is not moved."""
    return known.revisions(RESCHEDULED, PLANNED_END) + known.promise_changes()


@signal("schedule", "moves", RISES, "the planned end was moved {value} [time|times] in the last 7 days")
def reschedules_last_7_days(known: Known) -> Floats:
    """Times the planned end was given another value in the last 7 days, moves."""
    return known.revisions(RESCHEDULED, PLANNED_END, days=7)


@signal(
    "schedule",
    "days",
    RISES,
    "the planned end slipped by {value} [day|days] net",
    negative="the planned end was pulled in by {value} [day|days]",
)
def planned_end_slip(known: Known) -> Floats:
    """Days the planned end moved later, net of moves to an earlier day."""
    return known.moved(RESCHEDULED, PLANNED_END)


@signal("schedule", "days", RISES, "the planned end was moved by {value} [day|days] in total")
def planned_end_travel(known: Known) -> Floats:
    """Days the planned end moved in total, in either direction."""
    return known.travelled(RESCHEDULED, PLANNED_END)


@signal(
    "schedule",
    "days",
    FALLS,
    "the plan leaves {value} [day|days] before the promise",
    absent="no end is planned",
    negative="the plan ends {value} [day|days] after the promise",
    topic="work",
)
def planned_end_slack(known: Known) -> Floats:
    """Days from the planned ends in force to the promises of their lines, the tightest; negative when too late."""
    return known.slack(PLANNED_END)


@signal(
    "schedule",
    "days",
    FALLS,
    "the plan ends {value} [day|days] before the truck",
    absent="no line has both a planned end and a truck",
    negative="the plan ends {value} [day|days] after the truck",
    topic="work",
)
def planned_end_truck_slack(known: Known) -> Floats:
    """Days from the planned end of a line to the truck planned for it, the tightest; negative when too late."""
    return known.truck_slack(PLANNED_END, trucks=PLANNED)


@signal("schedule", "moves", RISES, "plan or promise were moved {value} [time|times] in the last 7 days")
def moves_last_7_days(known: Known) -> Floats:
    """Times the planned end or the promised date was given another value in the last 7 days, moves."""
    return known.revisions(RESCHEDULED, PLANNED_END, days=7) + known.promise_changes(days=7)


@signal("schedule", "days", RISES, "{value} [day|days] of moving the planned end back and forth came to nothing")
def planned_end_wasted_travel(known: Known) -> Floats:
    """Days the planned end moved in total, less its net move."""
    return known.travelled(RESCHEDULED, PLANNED_END) - np.abs(known.moved(RESCHEDULED, PLANNED_END))


@signal(
    "schedule",
    "days",
    RISES,
    "the plan has lost {value} [day|days] of slack",
    "no end is planned",
    "the plan has gained {value} [day|days] of slack",
)
def planned_end_slack_lost(known: Known) -> Floats:
    """Days by which the slack between planned end and promise has shrunk since it was first known."""
    return known.slack_lost()


@signal(
    "schedule",
    "days",
    FALLS,
    "the plan gained {value} [day|days] of slack in the last 7 days",
    "plan or promise were not known 7 days ago",
    "the plan lost {value} [day|days] of slack in the last 7 days",
)
def planned_end_slack_change_last_7_days(known: Known) -> Floats:
    """Days by which the slack between planned end and promise grew in the last 7 days."""
    return planned_end_slack(known) - planned_end_slack(known.ago(7))


@signal(
    "schedule",
    "days",
    EITHER,
    "the plan ends in {value} [day|days]",
    "no end is planned",
    "the planned end passed {value} [day|days] ago",
    topic="work",
)
def days_to_planned_end(known: Known) -> Floats:
    """Days from now to the latest planned end in force; negative when it has passed."""
    return known.days_until(known.latest_in_force(PLANNED_END))
