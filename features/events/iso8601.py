"""Moments written as ISO 8601, read without a loop in Python."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.arrays import Ints
from features.jit import compiled, compiled_inline
from features.times import DAY, EARLIEST, LATEST, NEVER, SECOND

DATE, SHORTEST, LONGEST = (
    len(form) for form in ("2024-01-31", "2024-01-31T08:00:00Z", "2024-01-31T08:00:00.123456+02:00")
)
ZERO, NINE = ord("0"), ord("9")
PUNCTUATION = np.frombuffer(b"0000-00-00T00:00:00", dtype=np.uint8)
"""How a moment begins: digits where there is a zero."""
DAYS_BEFORE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365], dtype=np.int64)
"""Days of a common year before each month."""


def plain_moments(texts: Sequence[str]) -> Ints:
    """(n,) microseconds of texts such as 2024-01-31T08:00:00Z, 2024-01-31T08:00:00.5+02:00 or 2024-01-31 (its start).

    NEVER for all others; those may still be moments, without an offset or in another form.
    """
    return timed_moments(texts)[0]


def timed_moments(texts: Sequence[str]) -> tuple[Ints, bool]:
    """The moments, and whether each text is such a moment with a time of day, of the years 1970 to 2199, or empty."""
    joined = "".join(texts)
    if not joined.isascii():
        return np.full(len(texts), NEVER, dtype=np.int64), False
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    read: tuple[Ints, bool] = _read(np.frombuffer(joined.encode(), dtype=np.uint8), lengths)
    return read


@compiled
def _read(data: NDArray[np.uint8], lengths: Ints) -> tuple[Ints, bool]:
    out = np.empty(len(lengths), dtype=np.int64)
    begin, all_timed = 0, True
    for i in range(len(lengths)):
        length = lengths[i]
        out[i] = _moment(data[begin : begin + length])
        begin += length
        all_timed &= length == 0 or (length > DATE and EARLIEST <= out[i] < LATEST)
    return out, all_timed


@compiled
def _moment(text: NDArray[np.uint8]) -> int:
    if len(text) != DATE and not SHORTEST <= len(text) <= LONGEST:
        return NEVER
    for k in range(min(len(text), len(PUNCTUATION))):
        if PUNCTUATION[k] == ZERO and not _is_digit(text[k]):
            return NEVER
        if PUNCTUATION[k] != ZERO and PUNCTUATION[k] != text[k]:
            return NEVER
    day = _day(_number(text, 0, 4), _number(text, 5, 7), _number(text, 8, 10))
    if day == NEVER or len(text) == DATE:
        return NEVER if day == NEVER else day * DAY
    hours, minutes, seconds = _number(text, 11, 13), _number(text, 14, 16), _number(text, 17, 19)
    end, fraction = _fraction(text)
    offset = _offset(text, end)
    if hours > 23 or minutes > 59 or seconds > 59 or fraction < 0 or offset == NEVER:
        return NEVER
    moment: int = day * DAY + ((hours * 60 + minutes) * 60 + seconds) * SECOND + fraction - offset
    return moment


@compiled
def _day(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01, NEVER for a day that no calendar has; of the years 1970 to 2199."""
    leap = year % 4 == 0 and year != 2100
    if not 1970 <= year < 2200 or not 1 <= month <= 12:
        return NEVER
    longest = DAYS_BEFORE[month] - DAYS_BEFORE[month - 1] + (leap and month == 2)
    if not 1 <= day <= longest:
        return NEVER
    leaps = (year - 1969) // 4 - (year > 2100)
    number: int = (year - 1970) * 365 + leaps + DAYS_BEFORE[month - 1] + (leap and month > 2) + day - 1
    return number


@compiled
def _fraction(text: NDArray[np.uint8]) -> tuple[int, int]:
    """Where the fraction of a second ends, and its microseconds; -1 where it has no digit or more than six."""
    if text[19] != ord("."):
        return 19, 0
    end, micros = 20, 0
    while end < len(text) and _is_digit(text[end]):
        micros = micros * 10 + text[end] - ZERO
        end += 1
    if not 21 <= end <= 26:
        return end, -1
    return end, micros * 10 ** (26 - end)


@compiled
def _offset(text: NDArray[np.uint8], at: int) -> int:
    """Microseconds of the offset that begins there, NEVER where none or something else does."""
    if len(text) == at + 1 and text[at] == ord("Z"):
        return 0
    if len(text) != at + 6 or text[at + 3] != ord(":") or (text[at] != ord("+") and text[at] != ord("-")):
        return NEVER
    for k in (1, 2, 4, 5):
        if not _is_digit(text[at + k]):
            return NEVER
    hours, minutes = _number(text, at + 1, at + 3), _number(text, at + 4, at + 6)
    if hours > 23 or minutes > 59:
        return NEVER
    size = (hours * 60 + minutes) * 60 * SECOND
    return size if text[at] == ord("+") else -size


@compiled_inline
def _is_digit(byte: int) -> bool:
    return ZERO <= byte <= NINE


@compiled
def _number(text: NDArray[np.uint8], begin: int, end: int) -> int:
    number = 0
    for k in range(begin, end):
        number = number * 10 + text[k] - ZERO
    return number
