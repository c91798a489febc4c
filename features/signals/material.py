"""What is missing to build it."""

from features.catalogue import RISES, signal
from features.history import Select, Standing
from features.known import Floats, Known

SHORT = Select("material.stated", state="short")
SHORTAGES = Standing(SHORT, Select("material.stated", state="available"))


@signal("material", "components", RISES, "{value} [component is|components are] short")
def open_shortages(known: Known) -> Floats:
    """Components stated short and not yet available, components."""
    return known.standing(SHORTAGES)


@signal("material", "statements", RISES, "components were stated short {value} [time|times]")
def shortages_stated(known: Known) -> Floats:
    """Times a component was stated short, statements."""
    return known.count(SHORT)
