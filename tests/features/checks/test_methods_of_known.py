"""The page of a signal of one's own has every method of ``known``, as it is called, with an example that runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from features.known.known import Known
from features.known.scope import Scope
from tests.support.stories import created, event, known, shipped, story
from tools.python_reference import _methods, _signature

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "own_signal.md").read_text(encoding="utf-8").partition("## What `known`")[2]
ROWS = re.findall(r"^\| `([^`]+)` \| .+ \| `(known\.[^`]+)` \|$", PAGE, re.M)
NOT_FOR_SIGNALS = {"close", "lines_untraced", "tracing", "note", "note_spells", "note_words"}
"""What is for the engine, and for what builds on it."""


def test_every_method_is_on_the_page_as_it_is_called() -> None:
    methods = [(name, method) for one in (Known, Scope) for name, method in _methods(one)]
    expected = [_signature(name, method) for name, method in methods if name not in NOT_FOR_SIGNALS]
    assert [signature for signature, _ in ROWS] == expected
    assert {name for name, _ in methods} >= NOT_FOR_SIGNALS


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the page defines, and two orders at a moment: one with all that the examples speak of, one with nothing."""
    defined: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", PAGE, re.S)[0], defined)
    told = story(
        created(0, 20, order="A", plant="P"),
        created(1, 30, order="B"),
        event("hold.placed", 2, "A", kind="quality", date=9),
        event("production.released", 3, "A", date=12, reference="P1", quantity=10),
        event("production.rescheduled", 4, "A", date=14, reference="P1"),
        event("operation.confirmed", 5, "A", quantity=4, state="partial", reference="10"),
        event("delivery.planned", 5, "A", date=18, reference="D1", quantity=10),
        event("commitment.changed", 6, "A", date=22),
        shipped(6.5, 1, "A"),
    )
    return defined | {"known": known(told, 7)}


@pytest.mark.parametrize("example", [example for _, example in ROWS])
def test_every_example_gives_a_number_for_each_decision_point(names: dict[str, Any], example: str) -> None:
    assert len(eval(example, names)) == 2
