"""What is said of moves: every template in one place. Days are those of the plant's zone, with their weekday."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from features.events.schema import MICRO
from features.times import DAY

RESPONSE = "the model's response, not a promise"
"""What every answer to a what-if is labelled with."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
FAR = 180 * DAY
"""A day so far from now is said with its year."""
KINDS = {
    "release_hold": ("release", "releases"),
    "component_here": ("arrival today", "arrivals today"),
    "component_sooner": ("earlier arrival", "earlier arrivals"),
    "lot_passes": ("passed lot", "passed lots"),
    "meet_condition": ("shipping condition met", "shipping conditions met"),
    "plan_truck": ("planned truck", "planned trucks"),
    "truck_earlier": ("earlier truck", "earlier trucks"),
    "truck_larger": ("larger truck", "larger trucks"),
    "book_rest": ("booking of what is left", "bookings of what is left"),
    "ship_done": ("shipment of what is done", "shipments of what is done"),
    "move_promise_3": ("promise moved by 3 days", "promises moved by 3 days"),
    "move_promise_7": ("promise moved by 7 days", "promises moved by 7 days"),
}
"""Each kind of move, one and several."""


def day(moment: int, zone: tzinfo, now: int) -> str:
    """A day as people say it, with its year where it is far from now; moments are microseconds.

    >>> day(1_420_804_800_000_000, UTC, 1_420_070_400_000_000)
    'Fri 9 Jan'
    """
    local = (EPOCH + timedelta(microseconds=moment)).astimezone(zone)
    year = f" {local.year}" if abs(moment - now) > FAR else ""
    return f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}{year}"


def amount(millionths: int) -> str:
    """
    >>> amount(2_500_000)
    '2.5'
    """
    return f"{millionths / MICRO:,.6f}".rstrip("0").rstrip(".")


def pieces(millionths: int) -> str:
    """
    >>> pieces(1_000_000), pieces(24_000_000)
    ('1 piece', '24 pieces')
    """
    return f"{amount(millionths)} piece{'' if millionths == MICRO else 's'}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    shown = [*names[: most - 1], f"{len(names) - most + 1} more"] if len(names) > most else list(names)
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def on_line(line: str | None, preposition: str = "on") -> str:
    """The line of a thing, nothing for the whole order."""
    return f" {preposition} line {line}" if line else ""


def hold(kind: str | None, reference: str | None, line: str | None) -> str:
    """
    >>> hold("quality", "H1", "20")
    'quality hold H1 on line 20'
    """
    return " ".join(word for word in (kind, "hold", reference) if word) + on_line(line)


def component(name: str | None, short: int | None, line: str | None) -> str:
    """
    >>> component("steel", 60_000_000, "30")
    'steel (60, line 30)'
    """
    told = [amount(short) if short else "", f"line {line}" if line else ""]
    inside = ", ".join(word for word in told if word)
    return (name or "the component that is short") + (f" ({inside})" if inside else "")


def lot(name: str | None, kind: str | None, line: str | None) -> str:
    """
    >>> lot("L1", "in_process", "10")
    'lot L1 on line 10 passes its in-process inspection'
    """
    which = f"lot {name}" if name else "the failed lot"
    of_kind = f"{kind.replace('_', '-')} " if kind else ""
    return f"{which}{on_line(line)} passes its {of_kind}inspection"


def condition(kind: str, line: str | None) -> str:
    """
    >>> condition("labels", "10"), condition("packaging", None)
    ('labels are put right for line 10', 'packaging is put right')
    """
    return f"{kind} {'are' if kind.endswith('s') else 'is'} put right{on_line(line, 'for')}"


def truck(reference: str | None) -> str:
    """The truck by its name."""
    return f"truck {reference}" if reference else "the truck"


def operation_rest(line: str | None, operation: str | None, left: int) -> str:
    """
    >>> operation_rest("10", "30", 24_000_000)
    'book what is left on line 10 as final (operation 30, 24 pieces)'
    """
    at = f"operation {operation}, " if operation else ""
    return f"book what is left{on_line(line)} as final ({at}{pieces(left)})"


def ship(quantity: int, line: str | None, everything: bool) -> str:
    """
    >>> ship(24_000_000, "10", everything=False)
    'ship the 24 pieces of line 10 that are done'
    """
    if everything:
        return f"ship all that is left{on_line(line, 'of')} ({pieces(quantity)})"
    verb = "is" if quantity == MICRO else "are"
    return f"ship the {pieces(quantity)}{on_line(line, 'of')} that {verb} done"


def promise(days: int, to: str, lines: int) -> str:
    """
    >>> promise(7, "Fri 16 Jan", 1)
    'move the promise to Fri 16 Jan, if the customer agrees'
    """
    if lines == 1:
        return f"move the promise to {to}, if the customer agrees"
    return f"move the promises {days} days later, the first to {to}, if the customer agrees"


def headline(kind: str | None, moves: int, points: float, value: float | None) -> str:
    """What moves, one an order, take off the list; ``points`` is probability, ``value`` the plant's currency.

    >>> headline("release_hold", 5, 0.41, 210_000.0)
    'these five releases take 41 points and 210,000 of value at risk off the list'
    """
    if not moves:
        return "no move takes risk off the list"
    one, several = KINDS[kind] if kind else ("move", "moves")
    number = NUMBERS[moves] if moves < len(NUMBERS) else f"{moves:,}"
    what = f"this {one} takes" if moves == 1 else f"these {number} {several} take"
    shown = f"{100 * points:,.0f}" if points >= 0.095 else f"{100 * points:.1f}"
    money = f" and {value:,.0f} of value at risk" if value is not None and round(value) else ""
    return f"{what} {shown} point{'' if shown == '1' else 's'}{money} off the list"
