"""The naive twin of a signal from outside: the same number the obvious way, from one order's known events."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from features.catalogue.plugin import InvalidSignals

Twin = Callable[[pd.DataFrame, pd.Timestamp], float]
_TWINS: dict[str, Twin] = {}


def twin(define: Twin) -> Twin:
    """Enter a function as the twin of the signal of its name.

    It is given the events of one order that were recorded by a moment, as they were known, and that moment (UTC), and
    returns a number, NaN for a missing fact. What was recorded later it never sees.

    Raises ``InvalidSignals`` where another module has entered one of that name.
    """
    name, present = define.__name__, _TWINS.get(define.__name__)
    if present is not None and present.__module__ != define.__module__:
        raise InvalidSignals(
            f"a signal must have one twin, got two of {name!r}, in {present.__module__} and in {define.__module__}"
        )
    _TWINS[name] = define
    return define


def twin_of(name: str) -> Twin | None:
    """The twin of a signal, ``None`` where it has none."""
    return _TWINS.get(name)
