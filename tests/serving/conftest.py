"""A store of its own for a test, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stores import KINDS, House, house, new_database
from training.trainer import Trained


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with new_database(request.param, tmp_path) as new_house:
        yield new_house


@pytest.fixture
def store(url: str, trained: Trained) -> Iterator[House]:
    """A house on day 3, with nothing in it."""
    new_house = house(url, trained.model, day=3)
    yield new_house
    new_house.database.close()
