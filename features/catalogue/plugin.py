"""One module with signals from outside, and its text."""

from __future__ import annotations

import tokenize
from dataclasses import dataclass
from pathlib import Path

from features.errors import ShipriskError


class InvalidSignals(ShipriskError, ValueError):
    """Signals from outside that cannot be entered as they stand."""


@dataclass(frozen=True)
class Plugin:
    """A module with signals from outside: its name, where it comes from, and its code."""

    module: str
    origin: str
    source: str

    @classmethod
    def of_file(cls, module: str, file: Path, origin: str | None = None) -> Plugin:
        """Of a file, in UTF-8 if it names no other encoding. Raises ``InvalidSignals`` for one that is no such text."""
        origin = origin or str(file)
        try:
            with tokenize.open(file) as text:
                return cls(module, origin, text.read())
        except (OSError, SyntaxError, UnicodeError) as error:
            raise InvalidSignals(
                f"the signals of {origin} must be Python as text in UTF-8, got {file}: {error}"
            ) from error

    def not_loaded(self, error: Exception) -> InvalidSignals:
        """What stopped it from being loaded, in our words."""
        message = str(error) if isinstance(error, InvalidSignals) else f"{type(error).__name__}: {error}"
        return InvalidSignals(f"the signals of {self.origin} must load, got {message}")


def is_test(module: str) -> bool:
    """Whether a module is one of tests, by its name: their signals are entered, and are no signals from outside."""
    return any(part in ("tests", "conftest") or part.startswith("test_") for part in module.split("."))
