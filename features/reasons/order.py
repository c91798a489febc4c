"""The order itself: customer, item, size and time of the promise, which nobody can change today."""

from __future__ import annotations

from features.readiness.naming import keys_of
from features.readiness.statements import KnownEvent
from features.reasons.facts import OrderFacts
from features.reasons.situation import EITHER, Situation, Statement, always
from features.wording.language import MOST_CHARACTERS

SHARES = {
    "customer_failure_share": "customer",
    "customer_failure_share_recent": "customer",
    "customer_partial_share": "customer",
    "item_failure_share": "item",
    "item_failure_share_recent": "item",
    "route_failure_share": "route",
    "route_failure_share_recent": "route",
}
PARTIAL = "customer_partial_share"
KNOWN = {"customer_orders_judged": "customer", "item_orders_judged": "item"}
LIKE = {"customer_orders_judged": "customers", "item_orders_judged": "items"}
SIZES = {
    "order_value": "size",
    "ordered_quantity": "size",
    "order_lines": "lines_alike",
    "open_lines": "lines_alike",
    "promise_spread": "size",
}
TIMES = ("promise_weekday", "promise_hour")
LEAD = ("promised_lead_time", "order_age")
ABOUT = SHARES | KNOWN | SIZES | dict.fromkeys(TIMES, "time") | dict.fromkeys(LEAD, "lead")
"""By signal, what it is about: a second fact is about something else."""


def _say(facts: OrderFacts, rises: bool) -> Statement:
    """What of it moves the risk most that way, and what else does where that alone does not explain the points."""
    driver, events = facts.driver(ABOUT, rises), keys_of(_created(facts))
    points = sum(facts.points.get(name, 0.0) for name in ABOUT)
    explains = driver is not None and facts.explains(driver, points)
    text = "" if driver is None else _of(facts, driver, explains)
    if driver is None or not text:
        return Statement(facts.say("order.all"), events)
    if explains:
        return Statement(text, events, needs=_needs(driver), graded_by=driver)
    others = [name for name in ABOUT if ABOUT[name] != ABOUT[driver]]
    second = facts.driver(others, rises)
    more = (
        _of(facts, second, False) if second is not None and facts.usual.agrees(second) == (1 if rises else -1) else ""
    )
    both = facts.language.fill("order.two", fact=text, second=more)
    return Statement(both if more and len(both) <= MOST_CHARACTERS else text, events, graded_by=driver)


def _needs(driver: str) -> str:
    """Which orders are like one by a signal; a share of failures says so itself."""
    if driver in SHARES:
        return ""
    if driver in LIKE:
        return LIKE[driver]
    return "promises" if driver in TIMES else SIZES.get(driver, "such")


def _of(facts: OrderFacts, driver: str, compared: bool) -> str:
    """A fact by its signal, beside what is usual where it is not compared with others; nothing where it is missing."""
    language, value = facts.language, facts.signal(driver)
    if value != value:
        return ""
    if driver in SHARES or driver in KNOWN:
        return _track_record(facts, driver, value)
    if driver in TIMES:
        return facts.say("order.weekday", day=facts.due_day)
    if driver in LEAD:
        lead = facts.dates.between(facts.order.events[0].recorded, facts.due)
        return facts.say("order.lead", lead=lead, scale=facts.scale("promised_lead_time", language.duration))
    scale = facts.scale(driver, language.number, always=not compared)
    if driver == "order_value":
        return facts.say("order.value", value=language.number(value), scale=scale)
    if driver == "ordered_quantity":
        return facts.say("order.quantity", n=value, quantity=language.number(value, 2), scale=scale)
    return facts.say("order.lines", n=facts.number("order_lines", len(facts.lines)), scale="" if compared else scale)


def _track_record(facts: OrderFacts, driver: str, value: float) -> str:
    dimension = (SHARES | KNOWN)[driver]
    names = facts.named(dimension)
    if not names:
        return ""
    if driver in KNOWN:
        named = {dimension: names[0] if len(names) == 1 else facts.say(f"order.{dimension}_least_known")}
        return facts.say(f"order.{dimension}_{'known' if value else 'new'}", n=round(value), **named)
    named = {dimension: facts.worst_word(driver) or facts.language.listed(names, 2)}
    template = "order.customer_partial" if driver == PARTIAL else f"order.{dimension}"
    scale = facts.scale(driver, facts.language.share) if driver == PARTIAL else facts.beside_all(driver)
    return facts.say(template, share=facts.language.share(value), scale=scale, **named)


def _created(facts: OrderFacts) -> list[KnownEvent]:
    return [event for event in facts.order.events if event.type == "order_line.created"]


ORDER = (Situation("order", always, _say, EITHER),)
