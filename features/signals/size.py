"""How much is ordered."""

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import EITHER
from features.known.known import Known


@signal("size", "lines", EITHER, "the order has {value} [line|lines]")
def order_lines(known: Known) -> Floats:
    """Lines of the order that are not cancelled, lines."""
    return known.line_count()


@signal("size", "lines", EITHER, "{value} [line is|lines are] still to ship")
def open_lines(known: Known) -> Floats:
    """Lines of the order that are still to ship, lines."""
    return known.open_line_count()


@signal("size", "units", EITHER, "{value} [unit is|units are] ordered")
def ordered_quantity(known: Known) -> Floats:
    """Quantity ordered over all lines that are not cancelled, units of the lines."""
    return known.ordered()


@signal("size", "currency", EITHER, "the order is worth {value}", "no value is stated")
def order_value(known: Known) -> Floats:
    """Value of the lines that are not cancelled, the plant's currency."""
    return known.value()
