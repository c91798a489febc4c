"""The catalogue of signals: one small function each, found in ``features.signals`` and in modules from outside."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import lru_cache

from features.catalogue.plugin import InvalidSignals
from features.catalogue.plugins import FOLDER, GROUP, load_plugins, may_enter, plugins
from features.catalogue.signal import GROUPS, Compute, Signal
from features.catalogue.topics import TOPIC_OF_GROUP, TOPICS

RESERVED = frozenset(
    {"order_id", "as_of", "known_at", "outcome", "partial", "weight", "due", "plant", "rescued", "base"}
)
"""Columns of tables that are no signals."""
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
            raise InvalidSignals(f"the group of {name} must be one of {', '.join(GROUPS)}, got {group!r}")
        about = topic or TOPIC_OF_GROUP[group]
        if about not in TOPICS:
            raise InvalidSignals(f"the topic of {name} must be one of {', '.join(TOPICS)}, got {about!r}")
        if not definition:
            raise InvalidSignals(f"{name} must have a docstring that says what it is, got none")
        _require_entry(name, compute.__module__)
        if name in _REGISTERED and _REGISTERED[name].compute.__module__ != compute.__module__:
            raise InvalidSignals(
                f"a signal's name must be its own, got {name!r} twice, "
                f"in {_REGISTERED[name].compute.__module__} and in {compute.__module__}: rename one"
            )
        _REGISTERED[name] = Signal(name, group, unit, direction, definition, says, absent, compute, negative, about)
        _ranked.cache_clear()
        return compute

    return enter


def _require_entry(name: str, module: str) -> None:
    """Raise ``InvalidSignals`` for a name that tables use, and for a module whose code nobody would check or hash."""
    if name in RESERVED:
        raise InvalidSignals(
            f"a signal's name must be none of {', '.join(sorted(RESERVED))}, which tables use, got {name!r}: rename it"
        )
    if not may_enter(module):
        raise InvalidSignals(
            f"a signal must stand in a module from outside that is checked and hashed, got {name} in {module}: let an "
            f"entry point of the group {GROUP} name that module or a package above it, or put its file into the "
            f"folder of {FOLDER}"
        )


@lru_cache(maxsize=1)
def _discover() -> None:
    package = importlib.import_module("features.signals")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"features.signals.{module.name}")
    load_plugins()


def catalogue() -> dict[str, Signal]:
    """Every signal by name, in the order of its group and then of its name."""
    _discover()
    return _ranked()


@lru_cache(maxsize=1)
def _ranked() -> dict[str, Signal]:
    ranked = sorted(_REGISTERED.values(), key=lambda entry: (GROUPS.index(entry.group), entry.name))
    return {entry.name: entry for entry in ranked}


def outside() -> dict[str, Signal]:
    """The signals of the catalogue that come from outside."""
    entries = catalogue()
    modules = {plugin.module for plugin in plugins()}
    return {name: entry for name, entry in entries.items() if entry.compute.__module__ in modules}
