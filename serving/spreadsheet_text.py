"""Texts in files that a spreadsheet may open: none of them is run."""

from __future__ import annotations

import re

from serving.terminal_text import as_printed

BLANK = r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
"""What some spreadsheets pass over before a formula: blanks, control and format characters, byte order marks."""
SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫−"
RUN = re.compile(
    rf"(?:^|[;,|\t\r\n\"])(?={BLANK}*[{SIGNS}])"
    r"|^(?=[\t\r\n])"
    rf"|[\s:'](?=[=＝﹦]|[{SIGNS}][^\s\d.,])"
)
"""Where a text would be run: at its beginning, and wherever another separator of cells would cut it."""


def as_cell(text: str) -> str:
    r"""A text as a cell of a file that may be shown on a terminal too: what that would obey is shown as escapes.

    Ends of lines stay; a cell may have several.

    >>> print(as_cell("=1"), as_cell("A\x1b[2J"), as_cell("x\r\ny"), sep="|")
    '=1|A\x1b[2J|x
    y
    """
    return harmless(as_printed(text.replace("\r\n", "\n"), line_ends=True))


def harmless(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would take for a formula, however it cuts the file.

    >>> harmless("=1+1"), harmless("a;=1+1"), harmless("2-1")
    ("'=1+1", "a;'=1+1", '2-1')
    """
    return RUN.sub(lambda match: f"{match[0]}'", text)
