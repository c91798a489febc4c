"""Components that come, and the holds that wait for them: days count from Monday 1 January 2024."""

from __future__ import annotations

from typing import Any

from tests.features.what_if.test_moves import TRUCK, moves, told
from tests.support import readiness
from tests.support.stories import created, event


def test_a_hold_that_waits_for_a_component_is_released_when_that_comes() -> None:
    rows = [created(0, 11, line="10"), created(0, 11, line="20"), TRUCK]
    rows += [event("material.stated", 1, line="10", reference=name, state="short", date=5) for name in ("steel", "tin")]
    hold: dict[str, Any] = {"kind": "material", "line": "10"}
    rows += [event("hold.placed", 1, reference=f"H{n}", reason="steel", **hold) for n in (1, 2)]
    assert told(*rows, event("hold.placed", 2, reference="H3", reason="paint", **hold))[:3] == [
        "release material hold H3 on line 10",
        "steel (line 10) comes today and material hold H1 and material hold H2 are released",
        "tin (line 10) comes today",
    ]
    here = next(one.statements for one in moves(*rows) if one.kind == "component_here")
    assert [one["type"] for one in here] == ["material.stated", "hold.released", "hold.released"]
    come = event("material.stated", 3, line="10", reference="steel", state="available")
    assert told(*rows, come)[:2] == ["release material hold H1 on line 10", "release material hold H2 on line 10"]
    both = [event("material.stated", 1, line=line, reference="steel", state="short", date=5) for line in ("10", "20")]
    whole = event("hold.placed", 1, kind="material", reference="H5", reason="steel")
    assert told(*rows[:3], *both, whole)[0] == "release material hold H5", "no arrival alone ends what it waits for"
    elsewhere = event("hold.placed", 1, reference="H4", reason="steel", **hold | {"line": "20"})
    assert told(*rows[:5], elsewhere)[0] == "release material hold H4 on line 20", "the steel of another line"


def test_no_component_is_waited_for_by_a_line_that_could_ship() -> None:
    short = {"line": "10", "reference": "steel", "state": "short", "date": 2}
    rows = [
        created(0, 11, line="10"),
        TRUCK,
        event("material.stated", 1, **short),
        readiness.booked(2, 10, "10", line="10"),
    ]
    assert "steel comes today" in told(*rows)
    assert not any("steel" in one for one in told(*rows, readiness.stated(3, "labels", line="10")))
