"""How many members an object on the wire may have, whatever their names: each that is unknown would be a fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MEMBERS = 100
"""An event has about 30."""
SHOWN = 100
"""Characters of a member's name that are shown; the caller chooses it, however long."""


def shown_name(name: str | int) -> str | int:
    """A member's name, or the place of an item, as a pointer has it.

    >>> len(str(shown_name("a" * 40_000))), shown_name("lines"), shown_name(7)
    (103, 'lines', 7)
    """
    return f"{name[:SHOWN]}..." if isinstance(name, str) and len(name) > SHOWN else name


def fault_detail(message: str) -> str:
    """What is wrong with a member, as pydantic has it, without the name of the exception that a rule of ours raised.

    >>> fault_detail("Value error, each line must be told once"), fault_detail("Field required")
    ('each line must be told once', 'Field required')
    """
    return message.removeprefix("Value error, ")


def word_detail(fault: Mapping[str, Any]) -> str:
    """What is wrong with a member that is one of a few words: which they are, and what it is; else as ``fault_detail``.

    >>> word_detail({"type": "literal_error", "msg": "", "ctx": {"expected": "'a' or 'b'"}, "input": "c"})
    "must be one of a, b, got 'c'"
    """
    if fault["type"] != "literal_error" or "ctx" not in fault:
        return fault_detail(str(fault["msg"]))
    words, got = re.findall(r"'([^']*)'", fault["ctx"]["expected"]), fault["input"]
    if not words:
        return fault_detail(str(fault["msg"]))
    few = f"one of {', '.join(words)}" if len(words) > 1 else words[0]
    return f"must be {few}, got {shown_name(got)!r}" if isinstance(got, str) else f"must be {few}, got no text"


def too_many_members(content: Any) -> str:
    """What is wrong with an object of too many members, empty where nothing is.

    >>> too_many_members({}), too_many_members({str(number): 0 for number in range(2_000)})
    ('', 'an object must have at most 100 members, got 2,000')
    """
    if not isinstance(content, dict) or len(content) <= MEMBERS:
        return ""
    return f"an object must have at most {MEMBERS} members, got {len(content):,}"
