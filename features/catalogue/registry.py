"""The catalogue of signals: one small function each, found by discovery in ``features.signals``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import lru_cache

from features.catalogue.signal import GROUPS, Compute, Signal
from features.catalogue.topics import TOPIC_OF_GROUP, TOPICS

_REGISTERED: dict[str, Signal] = {}


def signal(
    group: str,
    unit: str,
    direction: int,
    says: str,
    absent: str = "nothing is recorded",
    negative: str = "",
    topic: str = "",
) -> Callable[[Compute], Compute]:
    """Enter a function into the catalogue; its name is the column, its first docstring line the definition.

    Its topic is that of its group unless another is named.
    """

    def enter(compute: Compute) -> Compute:
        name = compute.__name__
        definition = (compute.__doc__ or "").strip().split("\n")[0]
        if group not in GROUPS:
            raise ValueError(f"the group of {name} must be one of {', '.join(GROUPS)}, got {group!r}")
        about = topic or TOPIC_OF_GROUP[group]
        if about not in TOPICS:
            raise ValueError(f"the topic of {name} must be one of {', '.join(TOPICS)}, got {about!r}")
        if not definition:
            raise ValueError(f"{name} must have a docstring that says what it is, got none")
        if name in _REGISTERED and _REGISTERED[name].compute.__module__ != compute.__module__:
            raise ValueError(f"a signal's name must be its own, got {name!r} twice")
        _REGISTERED[name] = Signal(name, group, unit, direction, definition, says, absent, compute, negative, about)
        _ranked.cache_clear()
        return compute

    return enter


@lru_cache(maxsize=1)
def _discover() -> None:
    package = importlib.import_module("features.signals")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"features.signals.{module.name}")


def catalogue() -> dict[str, Signal]:
    """Every signal by name, in the order of its group and then of its name."""
    _discover()
    return _ranked()


@lru_cache(maxsize=1)
def _ranked() -> dict[str, Signal]:
    ranked = sorted(_REGISTERED.values(), key=lambda entry: (GROUPS.index(entry.group), entry.name))
    return {entry.name: entry for entry in ranked}
