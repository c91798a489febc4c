"""The plant: what else it has to do, and how its orders fared lately."""

from __future__ import annotations

from features.reasons.facts import OrderFacts
from features.reasons.situation import EITHER, Situation, Statement, always

COUNTED = {
    "work_center_queue": "plant.queue",
    "plant_orders_due_same_week": "plant.due",
    "plant_open_orders": "plant.open",
    "item_open_lines": "plant.item",
    "customer_open_orders": "plant.customer",
}
SHARED = {
    "plant_failure_share": "plant.record",
    "plant_failure_share_recent": "plant.record",
    "failure_share_recent": "plant.record",
    "work_center_failure_share": "plant.centre",
    "work_center_failure_share_recent": "plant.centre",
}


def _say(facts: OrderFacts, rises: bool) -> Statement:
    """What moves the risk most that way: a queue, a load or a record."""
    driver = facts.driver([*COUNTED, *SHARED], rises)
    value = float("nan") if driver is None else facts.signal(driver)
    if driver is None or value != value:
        driver, value = "plant_open_orders", facts.signal("plant_open_orders")
    if value != value:
        return Statement(facts.say("plant.all"))
    plant, customer, centre = (facts.named(name) for name in ("plant", "customer", "work_center"))
    values: dict[str, object] = {
        "customer": customer[0] if customer else facts.say("customer.unnamed"),
        "centre": facts.language.listed(centre, 2) or facts.say("plant.centre.unnamed"),
    }
    if driver in COUNTED:
        values["plant"] = facts.say("plant.at", plant=plant[0]) if plant else ""
        values |= {"n": round(value), "scale": facts.scale(driver, facts.language.number)}
        needs = "times" if driver.startswith("plant") else "such"
        text = facts.say(COUNTED[driver], **values)
        if not rises and _is_above_usual(facts, driver) and facts.usual.agrees(driver) >= 0:
            return Statement(facts.say("outweighed.plant", fact=text), graded_by=driver)
        return Statement(text, needs=needs, graded_by=driver)
    values["plant"] = facts.say("plant.of", plant=plant[0]) if plant and driver.startswith("plant") else ""
    values |= {"share": facts.language.share(value), "scale": facts.overall}
    return Statement(facts.say(SHARED[driver], **values), graded_by=driver)


def _is_above_usual(facts: OrderFacts, signal: str) -> bool:
    bounds = facts.usual.scale(signal)
    return bounds is not None and facts.signal(signal) > bounds[1]


PLANT = (Situation("plant", always, _say, EITHER),)
