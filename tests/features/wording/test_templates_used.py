"""No template is left over: each is said somewhere in the code, by its name or by a name that is put together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from features.wording import ENGLISH

ROOT = Path(__file__).parents[3]
SOURCES = [
    path
    for package in ("features", "training", "serving")
    for path in sorted((ROOT / package).rglob("*.py"))
    if not path.match("features/wording/english*.py")
]


class Family(NamedTuple):
    """Names that an f-string makes: "outweighed.{topic}"; with the words that its file could put into its end."""

    pattern: re.Pattern[str]
    headed: bool
    words: set[str]


def texts(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def families(tree: ast.AST, words: set[str]) -> Iterator[Family]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
            if any(isinstance(part, str) and "." in part for part in parts) and None in parts:
                pattern = "".join("(.+)" if part is None else re.escape(str(part)) for part in parts)
                yield Family(re.compile(pattern), parts[0] is not None, words)


TREES = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]
WORDS = set().union(*(texts(tree) for tree in TREES))
FAMILIES = [family for tree in TREES for family in families(tree, texts(tree))]


def is_made(template: str, family: Family) -> bool:
    """Whether the words left open are words of the code; where the begin is open, the end is one of the same file."""
    found = family.pattern.fullmatch(template)
    if found is None:
        return False
    *heads, tail = found.groups()
    end = WORDS if family.headed else family.words
    return all(head in WORDS for head in heads) and (tail in end or tail.isdecimal())


def is_said(template: str) -> bool:
    return template in WORDS or any(is_made(template, family) for family in FAMILIES)


@pytest.mark.parametrize("template", sorted(ENGLISH.templates))
def test_every_template_is_said_somewhere(template: str) -> None:
    assert is_said(template)


@pytest.mark.parametrize("template", ["holds.nobody_says_this", "outweighed.weather", "even_so.sideways", "weather.up"])
def test_what_nobody_says_is_found(template: str) -> None:
    assert not is_said(template)
