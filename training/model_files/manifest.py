"""What a model's files must be: ``files.json`` has the SHA-256 of each, and its own digest stands in the registry."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from features.errors import ShipriskError

MANIFEST = "files.json"
ENDINGS = (".txt", ".json")
"""Of the files of a model: text and JSON, nothing that is run."""
SHA256 = re.compile(r"[0-9a-f]{64}")


class InvalidModel(ShipriskError):
    """Files that hold no model this version can read, or not the one that was registered."""


def write_manifest(folder: Path) -> str:
    """Write down the digest of every file of a model; the digest of what is written."""
    content = json.dumps({"sha256": digests(folder)}, indent=1, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(content, encoding="utf-8")
    return hashlib.sha256(content.encode()).hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """By name, the SHA-256 of every file of a model but the manifest."""
    return {path.name: _digest(path) for path in model_files(folder) if path.name != MANIFEST}


def model_files(folder: Path) -> list[Path]:
    """What a model may be read from in a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in ENDINGS and path.is_file())


def has_manifest(folder: Path) -> bool:
    """Whether the digests of the files are known; those of models that earlier versions registered are not."""
    return (folder / MANIFEST).exists()


def verify_files(folder: Path, expected: str = "") -> None:
    """Raise ``InvalidModel`` unless the files are those of the manifest, and that is the ``expected`` one, if one is.

    Files without a manifest pass where none is expected: earlier versions wrote none.
    """
    try:
        if has_manifest(folder):
            _verify(folder, expected)
        elif expected:
            raise _invalid(f"a model must hold {MANIFEST}, which was registered with it, got none", folder)
    except OSError as error:
        raise _invalid(f"the files of a model must be readable, got: {error.strerror}", folder) from error


def _verify(folder: Path, expected: str) -> None:
    manifest, found = _digest(folder / MANIFEST), digests(folder)
    if expected and manifest != expected:
        shown = f"SHA-256 {expected[:12]}..., got {manifest[:12]}..."
        raise _invalid(f"{MANIFEST} must be the one that was registered, {shown}", folder)
    wanted, must = _read(folder / MANIFEST), f"a model must hold the files that {MANIFEST} names"
    if missing := sorted(set(wanted) - set(found)):
        raise _invalid(f"{must}, got no {', '.join(missing)}", folder)
    if more := sorted(set(found) - set(wanted)):
        raise _invalid(f"{must}, got {', '.join(more)} too", folder)
    if other := sorted(name for name, digest in wanted.items() if found[name] != digest):
        raise _invalid(
            f"the files of a model must be as they were written, got other bytes in {', '.join(other)}", folder
        )


def _read(path: Path) -> dict[str, str]:
    """The digests that a manifest names."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))["sha256"]
        if all(SHA256.fullmatch(digest) for digest in content.values()):
            return dict(content)
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError):
        pass
    raise _invalid(f"{MANIFEST} must name each file with its SHA-256, got something else", path.parent)


def _invalid(problem: str, folder: Path) -> InvalidModel:
    return InvalidModel(f"{problem}: {folder}", public=problem)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
