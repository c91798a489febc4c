"""The hash of the code that computes signals."""

from __future__ import annotations

import hashlib

from features.catalogue.registry import catalogue
from features.jit import package_code

WITHOUT_A_SAY = ("document.py", "importing.py", "files.py", "spark_files.py")


def features_hash(names: list[str] | None = None) -> str:
    """Sixteen hex digits that change when the list of signals, or any code of the feature pipeline, does."""
    chosen = names if names is not None else list(catalogue())
    return hashlib.sha256("\n".join(chosen).encode() + package_code(*WITHOUT_A_SAY)).hexdigest()[:16]
