"""The plant: what else it has to do, and how its orders fared lately."""

from __future__ import annotations

from features.reasons.facts import OrderFacts
from features.reasons.situation import BAD, EITHER, GOOD, Situation, Statement, always
from features.wording.language import MOST_CHARACTERS, short

QUEUE, OF_CUSTOMER = "work_center_queue", "customer_open_orders"
COUNTED = {
    QUEUE: "plant.queue",
    "plant_orders_due_same_week": "plant.due",
    "plant_open_orders": "plant.open",
    "item_open_lines": "plant.item",
    OF_CUSTOMER: "plant.customer",
}
SHARED = {
    "plant_failure_share": "plant.record",
    "plant_failure_share_recent": "plant.record_recent",
    "failure_share_recent": "plant.record_recent",
    "work_center_failure_share": "plant.centre",
    "work_center_failure_share_recent": "plant.centre",
}
ABOUT = dict.fromkeys(COUNTED, "load") | dict.fromkeys(SHARED, "record") | {QUEUE: "queue", OF_CUSTOMER: "customer"}
"""By signal, what it is about: a second fact is about something else."""


def _say(facts: OrderFacts, rises: bool) -> Statement:
    """What moves the risk most that way, a queue, a load or a record; and another where that explains too little."""
    driver = _driver(facts, rises) or "plant_open_orders"
    points = sum(facts.points.get(name, 0.0) for name in ABOUT)
    explains = facts.explains(driver, points)
    first = _of(facts, driver, rises, explains)
    if first is None:
        driver = "plant_open_orders"
        first = _of(facts, driver, rises, False)
    if first is None:
        return Statement(facts.say("plant.all"))
    if explains:
        return first
    first = first._replace(needs="")
    others = [name for name in ABOUT if ABOUT[name] != ABOUT[driver] and facts.signal(name) == facts.signal(name)]
    added = facts.driver(others, rises)
    against = first.tone == (GOOD if rises else BAD)
    if against or added is None or facts.usual.agrees(added) != (1 if rises else -1):
        return first
    second = _of(facts, added, rises, False)
    both = "" if second is None else facts.language.fill("plant.two", fact=first.text, second=second.text)
    return first._replace(text=both) if both and len(both) <= MOST_CHARACTERS else first


def _driver(facts: OrderFacts, rises: bool) -> str | None:
    """The signal that moves the risk most that way; a load against it only where there is none else."""
    driver, sign = facts.driver(ABOUT, rises), 1 if rises else -1
    if driver is None or _tone(facts, driver) != -sign or facts.usual.agrees(driver) == sign:
        return driver
    return facts.driver([name for name in ABOUT if _tone(facts, name) != -sign], rises) or driver


def _tone(facts: OrderFacts, driver: str) -> int:
    """A load above the usual is bad, one below it good."""
    bounds = facts.usual.scale(driver) if driver in COUNTED else None
    if bounds is None:
        return EITHER
    value = facts.signal(driver)
    return BAD if value > bounds[1] else GOOD if value < bounds[0] else EITHER


def _of(facts: OrderFacts, driver: str, rises: bool, compared: bool) -> Statement | None:
    """A fact by its signal, beside what is usual where it is not compared with others; nothing where it is missing."""
    if facts.signal(driver) == facts.signal(driver):
        return _load(facts, driver, rises, compared) if driver in COUNTED else _record(facts, driver)
    if driver != QUEUE or not facts.signal("lines_not_begun") > 0:
        return None
    text = facts.say("plant.queue_unknown" if rises else "plant.queue_yet", left=facts.time_left)
    return Statement(text, needs="such", graded_by=QUEUE)


def _load(facts: OrderFacts, driver: str, rises: bool, compared: bool) -> Statement:
    """How much there is to do, and how much that usually is."""
    n, template = round(facts.signal(driver)), COUNTED[driver]
    say = facts.language.number
    scale = facts.scale(driver, say) or ("" if compared else facts.as_usual(driver, say, rises))
    values: dict[str, object] = {"n": n, "scale": scale}
    if driver == QUEUE:
        centre = short(facts.slowest.centre)
        values["centre"] = facts.say("plant.centre.named" if centre else "plant.centre.next", centre=centre)
        values["line"] = facts.line_name(facts.line(facts.slowest.queued))
        template = template if n else "plant.queue_none"
    elif driver == OF_CUSTOMER:
        customer = facts.named("customer")
        values["customer"] = customer[0] if customer else facts.say("customer.unnamed")
        template = template if n > 1 else "plant.customer_only"
    else:
        plant, items = facts.named("plant"), facts.named("item")
        values["item"] = items[0] if len(items) == 1 else facts.say("plant.item.unnamed")
        values["plant"] = facts.say("plant.at", plant=plant[0]) if plant else ""
    needs = "times" if driver.startswith("plant") else "such"
    return Statement(facts.say(template, **values), needs=needs, graded_by=driver, tone=_tone(facts, driver))


def _record(facts: OrderFacts, driver: str) -> Statement:
    """How many orders failed."""
    plant = facts.named("plant") if driver.startswith("plant") else []
    centres = [facts.worst_word(driver)] if facts.worst_word(driver) else facts.named("work_center")
    values = {
        "plant": facts.say("plant.of", plant=plant[0]) if plant else "",
        "centre": facts.language.listed(centres, 2) or facts.say("plant.centre.unnamed"),
        "share": facts.language.share(facts.signal(driver)),
        "scale": facts.beside_all(driver),
    }
    return Statement(facts.say(SHARED[driver], **values), graded_by=driver)


PLANT = (Situation("plant", always, _say, EITHER),)
