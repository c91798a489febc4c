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
        return Statement(facts.say("plant.all"), needs="times")
    plant, customer = facts.named("plant")[:1], facts.named("customer")[:1]
    if driver in COUNTED:
        at = facts.say("plant.at", plant=plant[0]) if plant else ""
        named = customer[0] if customer else facts.say("customer.unnamed")
        text = facts.say(COUNTED[driver], n=round(value), plant=at, customer=named)
        return Statement(text, needs="times" if driver.startswith("plant") else "such", graded_by=driver)
    of = facts.say("plant.of", plant=plant[0]) if plant and driver.startswith("plant") else ""
    values = {"share": facts.language.share(value), "plant": of, "all": facts.share_of_all}
    return Statement(facts.say(SHARED[driver], **values), needs="times", graded_by=driver)


PLANT = (Situation("plant", always, _say, EITHER),)
