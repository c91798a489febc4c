"""The hash of the code that computes signals."""

from __future__ import annotations

import hashlib

from features.catalogue.plugins import code_of_plugins
from features.catalogue.registry import catalogue
from features.source import computing_code


def features_hash(names: list[str] | None = None) -> str:
    """Sixteen hex digits that change when the list of signals does, or the code that computes one.

    Words do not change it: comments, docstrings, the sentences of signals and blockers. Nor does how tables are read,
    written, or spread over machines. The code of signals from outside counts where one of them is on the list.
    """
    entries = catalogue()
    chosen = names if names is not None else list(entries)
    modules = {entries[name].compute.__module__ for name in chosen if name in entries}
    code = computing_code("signals", "pipeline/computation.py") + code_of_plugins(modules)
    return hashlib.sha256("\n".join(chosen).encode() + code).hexdigest()[:16]
