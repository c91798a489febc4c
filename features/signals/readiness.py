"""What stands between complete and shippable."""

from features.catalogue import FALLS, RISES, signal
from features.history import Select, Standing
from features.known import Floats, Known

MET = Select("readiness.stated", state="met")
NOT_MET = Select("readiness.stated", state="not_met")


@signal("readiness", "conditions", RISES, "{value} shipping [condition is|conditions are] stated as not met")
def conditions_not_met(known: Known) -> Floats:
    """Shipping conditions whose latest statement is not met, conditions."""
    return known.standing(Standing(NOT_MET, MET, by="kind"))


@signal("readiness", "conditions", FALLS, "{value} shipping [condition is|conditions are] met")
def conditions_met(known: Known) -> Floats:
    """Shipping conditions whose latest statement is met, conditions."""
    return known.standing(Standing(MET, NOT_MET, by="kind"))
