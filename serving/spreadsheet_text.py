"""Texts in files that a spreadsheet may open: none of them is run."""

from __future__ import annotations

import re

RUN = re.compile(r"(?:^|[;,|\t\r\n\"])(?=\s*[=+\-@＝＋－＠])|^(?=[\t\r\n])")
"""Where a text would be run: at its beginning, and wherever another separator of cells would cut it."""


def harmless(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would take for a formula, however it cuts the file.

    >>> harmless("=1+1"), harmless("a;=1+1"), harmless("2-1")
    ("'=1+1", "a;'=1+1", '2-1')
    """
    return RUN.sub(lambda match: f"{match[0]}'", text)
