"""Pages as tests read them: their fences, in the order of the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.M | re.S)


@pytest.fixture(autouse=True)
def _no_windows() -> None:
    mpl.use("agg")


def fences(page: str) -> list[tuple[str, str]]:
    """What stands behind the first line of each fence of a page, and its content."""
    content = FENCE.findall((ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8"))
    assert content, page
    return content


def run_python(page: str, code: str, names: dict[str, Any]) -> None:
    """Run a fence among the names of those before it."""
    exec(compile(code, page, "exec"), names)
