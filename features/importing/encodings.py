"""Text files of any encoding, in UTF-8 for DuckDB, which reads only that, UTF-16 and Latin-1."""

from __future__ import annotations

import codecs
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from features.errors import InvalidRequest

TEXT_ENDINGS = (".csv", ".tsv", ".tab", ".psv", ".txt", ".dat", ".asc", ".json", ".jsonl", ".ndjson")
"""Files with these endings are text; all others stay as they are."""
BYTES = 1 << 20
"""So many bytes of a file are read at a time."""
WIDE, UTF_16_MARKS = ("utf-16", "utf-32"), (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Source(NamedTuple):
    """A folder or file that DuckDB can read.

    Attributes
    ----------
    path : where it is
    unreadable : by the path of a file in it, which byte of it the codec cannot read, in words
    """

    path: str
    unreadable: dict[str, str]


class UndecodableText(Exception):
    """A byte of a text file that the codec cannot read."""


@contextmanager
def transcoded(source: str, encoding: str | None) -> Iterator[Source]:
    """The folder or file ``source`` in UTF-8: a temporary copy of its text files beside links to all others.

    Text that is UTF-8 already, or begins with the mark of UTF-16, stays as it is; so does a file that the codec cannot
    read, which is no harm until it is read. Without an ``encoding`` (the name of a codec of Python) the source itself.
    Raises ``InvalidRequest`` where there is no such codec or source.
    """
    if encoding is None:
        yield Source(source, {})
        return
    codec, path = _codec(encoding), Path(source)
    if not path.exists():
        raise InvalidRequest(
            f"with an encoding the source must be a folder or a file, got {source}, which is not there"
        )
    with TemporaryDirectory(prefix="shiprisk-import-") as folder:
        copy = Path(folder) / path.name if path.is_file() else Path(folder)
        unreadable: dict[str, str] = {}
        for file, target in _files(path, copy):
            try:
                _transcode_or_link(file, target, codec)
            except UndecodableText as error:
                unreadable[str(target)] = str(error)
                _link(file, target)
        yield Source(str(copy), unreadable)


def _codec(encoding: str) -> str:
    """The name of a codec between bytes and text."""
    try:
        "a".encode(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise InvalidRequest(
            f"an encoding must be one that Python knows, such as cp1252, utf-16 or shift_jis, got {encoding!r}"
        ) from error


def _files(path: Path, copy: Path) -> Iterator[tuple[Path, Path]]:
    """Each file of a source, and where its copy goes."""
    if path.is_file():
        yield path, copy
        return
    for directory, folders, names in os.walk(path):
        target = copy / Path(directory).relative_to(path)
        target.mkdir(exist_ok=True)
        for name in (*names, *(name for name in folders if Path(directory, name).is_symlink())):
            yield Path(directory) / name, target / name


def _transcode_or_link(file: Path, target: Path, codec: str) -> None:
    if file.suffix.lower() in TEXT_ENDINGS and not _is_readable(file, codec):
        _transcode(file, target, codec)
    else:
        _link(file, target)


def _link(file: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        target.symlink_to(file.resolve())
    except OSError:  # not everybody may make links on Windows
        shutil.copy2(file, target)


def _is_readable(file: Path, codec: str) -> bool:
    """Whether DuckDB reads the file as it is: UTF-8, or UTF-16 with its mark.

    ASCII alone may be text of a codec that has no other bytes, such as iso2022_jp: that is left to the codec.
    """
    decoder, is_ascii, is_wide = codecs.getincrementaldecoder("utf-8")(), True, codec.startswith(WIDE)
    with file.open("rb") as read:
        if read.peek(2)[:2] in UTF_16_MARKS and not is_wide:
            return True
        while block := read.read(BYTES):
            is_ascii &= block.isascii()
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return False
            if is_wide and b"\0" in block:
                return False
    return is_wide or not is_ascii


def _transcode(file: Path, target: Path, codec: str) -> None:
    """Write the file anew in UTF-8. Raises ``UndecodableText`` at the first byte that the codec cannot read."""
    decoder, position, line = codecs.getincrementaldecoder(codec)(), 0, 1
    with file.open("rb") as read, target.open("w", encoding="utf-8", newline="") as written:
        while True:
            block = read.read(BYTES)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                wrong = " ".join(f"0x{byte:02x}" for byte in error.object[error.start : error.end])
                where = f"line {line}, offset {position - pending + error.start}"
                raise UndecodableText(f"must be readable as {codec}, got {wrong} in {file}, {where}") from error
            except UnicodeError as error:
                raise UndecodableText(f"must be readable as {codec}, got {file}: {error}") from error
            written.write(text)
            position, line = position + len(block), line + text.count("\n")
            if not block:
                return
