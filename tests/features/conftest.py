from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from features.catalogue import plugins, registry, twins
from features.catalogue.registry import catalogue
from features.catalogue.signal import Signal

FromOutside = Callable[..., dict[str, Signal]]


@pytest.fixture
def from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FromOutside]:
    """The catalogue with the signals of a file in a folder of somebody's own; it is as it was after the test."""
    monkeypatch.setattr(registry, "_REGISTERED", dict(catalogue()))
    monkeypatch.setattr(plugins, "_LOADED", {})
    monkeypatch.setattr(twins, "_TWINS", {})

    def enter(source: str, encoding: str = "utf-8") -> dict[str, Signal]:
        (tmp_path / "signals").mkdir(exist_ok=True)
        (tmp_path / "signals" / "ours.py").write_text(source, encoding=encoding)
        monkeypatch.setenv(plugins.FOLDER, str(tmp_path / "signals"))
        plugins._LOADED.clear()
        forget()
        return catalogue()

    yield enter
    monkeypatch.undo()
    forget()


def forget() -> None:
    registry._discover.cache_clear()
    registry._ranked.cache_clear()
