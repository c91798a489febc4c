"""The page of signals, written from the catalogue: ``python -m features.catalogue.document``."""

from __future__ import annotations

import sys

from features.catalogue.registry import catalogue
from features.catalogue.signal import FALLS, GROUPS, RISES, Signal

DIRECTIONS = {RISES: "rises", FALLS: "falls"}
HEAD = """# Signals

Written by `make docs` from the catalogue in `features/signals/`; do not edit. Each signal is one function named as its
column. Risk is expected to rise or to fall with a signal, or it depends. A missing fact is NaN, never a made-up zero.
"Known" means recorded by the moment of the decision; what other orders did is known as of the last start of day.
"""


def page() -> str:
    """The whole page, Markdown."""
    entries = list(catalogue().values())
    parts = [HEAD, f"{len(entries)} signals in {len({entry.group for entry in entries})} groups.\n"]
    for group in GROUPS:
        rows = [_row(entry) for entry in entries if entry.group == group]
        if rows:
            parts.append(f"## {group.capitalize()}\n\n| signal | definition | unit | risk |\n|---|---|---|---|")
            parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _row(entry: Signal) -> str:
    return f"| `{entry.name}` | {entry.definition} | {entry.unit} | {DIRECTIONS.get(entry.direction, 'depends')} |"


if __name__ == "__main__":
    sys.stdout.write(page())
