"""Words of users on a terminal: text, whatever they hold."""

from __future__ import annotations

import re
import unicodedata

UNPRINTABLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories: control and format characters, halves of a pair, ends of lines and paragraphs."""
JOINERS = "\u200c\u200d"
"""Format characters that letters of some languages need."""
SUSPECTS = re.compile(r"[^\x20-\x7e]")


def as_printed(text: str, line_ends: bool = False) -> str:
    r"""The text with escapes in the place of what a terminal would obey: ends of lines, colours, bidirectional marks.

    ``line_ends``: those of the text itself stay, for texts of ours of several lines.

    >>> print(as_printed("A\x1b[31m1\n2\u202e"))
    A\x1b[31m1\n2\u202e
    """
    return SUSPECTS.sub(lambda found: found[0] if line_ends and found[0] == "\n" else _shown(found[0]), text)


def escaped_in_json(document: str) -> str:
    r"""A JSON document that means the same, with ``\uXXXX`` for what a terminal would obey."""
    return SUSPECTS.sub(lambda found: _in_json(found[0]) if _is_obeyed(found[0]) else found[0], document)


def _is_obeyed(character: str) -> bool:
    return unicodedata.category(character) in UNPRINTABLE and character not in JOINERS


def _shown(character: str) -> str:
    return character.encode("unicode_escape").decode() if _is_obeyed(character) else character


def _in_json(character: str) -> str:
    halves = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{halves[at]:02x}{halves[at + 1]:02x}" for at in range(0, len(halves), 2))
