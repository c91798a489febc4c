"""Every twin by the name of its signal, found by discovery."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

from tests.naive.seen import Seen

Twin = Callable[[Seen], float]
_TWINS: dict[str, Twin] = {}


def twin(define: Twin) -> Twin:
    """Enter a naive definition; its name is the signal."""
    name = define.__name__
    if name in _TWINS:
        raise ValueError(f"a signal must have one twin, got {name!r} twice")
    _TWINS[name] = define
    return define


def twins() -> dict[str, Twin]:
    """Every twin, of every module of ``tests.naive.signals``."""
    package = importlib.import_module("tests.naive.signals")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"tests.naive.signals.{module.name}")
    return dict(_TWINS)
