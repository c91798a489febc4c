"""The plant: what else it has to do, and how its orders fared lately."""

from __future__ import annotations

from features.reasons.facts import OrderFacts
from features.reasons.situation import BAD, EITHER, GOOD, Situation, Statement, always
from features.wording.language import short

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


def _say(facts: OrderFacts, rises: bool) -> Statement:
    """What moves the risk most that way: a queue, a load or a record."""
    driver = _driver(facts, rises) or "plant_open_orders"
    if driver == QUEUE and facts.signal(QUEUE) != facts.signal(QUEUE) and facts.signal("lines_not_begun") > 0:
        text = facts.say("plant.queue_unknown" if rises else "plant.queue_yet")
        return Statement(text, needs="such", graded_by=QUEUE)
    if facts.signal(driver) != facts.signal(driver):
        driver = "plant_open_orders"
    if facts.signal(driver) != facts.signal(driver):
        return Statement(facts.say("plant.all"))
    return _load(facts, driver) if driver in COUNTED else _record(facts, driver)


def _driver(facts: OrderFacts, rises: bool) -> str | None:
    """The signal that moves the risk most that way; a load against it only where there is none else."""
    names = [*COUNTED, *SHARED]
    driver, sign = facts.driver(names, rises), 1 if rises else -1
    if driver is None or _tone(facts, driver) != -sign or facts.usual.agrees(driver) == sign:
        return driver
    return facts.driver([name for name in names if _tone(facts, name) != -sign], rises) or driver


def _tone(facts: OrderFacts, driver: str) -> int:
    """A load above the usual is bad, one below it good."""
    bounds = facts.usual.scale(driver) if driver in COUNTED else None
    if bounds is None:
        return EITHER
    value = facts.signal(driver)
    return BAD if value > bounds[1] else GOOD if value < bounds[0] else EITHER


def _load(facts: OrderFacts, driver: str) -> Statement:
    """How much there is to do, and how much that usually is."""
    n, template = round(facts.signal(driver)), COUNTED[driver]
    scale = facts.scale(driver, facts.language.number, always=not facts.usual.agrees(driver))
    values: dict[str, object] = {"n": n, "scale": scale}
    if driver == QUEUE:
        centre = short(facts.slowest.centre)
        values["centre"] = facts.say("plant.centre.named" if centre else "plant.centre.next", centre=centre)
        values["line"] = facts.line_name(facts.line(facts.slowest.queued))
        template = template if n else "plant.queue_none"
    elif driver == OF_CUSTOMER:
        customer = facts.named("customer")
        values["customer"] = customer[0] if customer else facts.say("customer.unnamed")
        template = template if n != 1 else "plant.customer_none"
    else:
        plant, items = facts.named("plant"), facts.named("item")
        values["item"] = items[0] if len(items) == 1 else facts.say("plant.item.unnamed")
        values["plant"] = facts.say("plant.at", plant=plant[0]) if plant else ""
    needs = "times" if driver.startswith("plant") else "such"
    return Statement(facts.say(template, **values), needs=needs, graded_by=driver, tone=_tone(facts, driver))


def _record(facts: OrderFacts, driver: str) -> Statement:
    """How many orders failed."""
    plant = facts.named("plant") if driver.startswith("plant") else []
    values = {
        "plant": facts.say("plant.of", plant=plant[0]) if plant else "",
        "centre": facts.language.listed(facts.named("work_center"), 2) or facts.say("plant.centre.unnamed"),
        "share": facts.language.share(facts.signal(driver)),
        "scale": facts.beside_all(driver),
    }
    return Statement(facts.say(SHARED[driver], **values), graded_by=driver)


PLANT = (Situation("plant", always, _say, EITHER),)
