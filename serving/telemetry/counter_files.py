"""The files in which several processes count together. They are mapped, so their room is taken before."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from struct import unpack

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where several processes count together."""
KINDS = ("counter", "histogram")
SIZE = 1024 * 1024
"""Bytes of each file: several times what every route with every status takes, so that none has to grow."""


def reserve_room() -> None:
    """Take the room of this process's files before Prometheus' client maps them.

    A page of a mapped file for which the disk has no room ends the process (SIGBUS). Where there is none now, this
    process counts by itself, in memory. Files of processes that have ended give back what they do not use.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return
    _trim_ended(Path(folder))
    if not has_room(Path(folder)):
        del os.environ[FOLDER]


def has_room(folder: Path) -> bool:
    """Whether the files of this process have their room in a folder now; a line of the log says so if not."""
    paths = [folder / f"{kind}_{os.getpid()}.db" for kind in KINDS]
    try:
        for path in paths:
            _allocate(path)
    except OSError as error:
        for path in paths:
            path.unlink(missing_ok=True)
        logging.getLogger("shiprisk.metrics").warning(
            "the folder of counters must have room for %d bytes, got %s: each process counts by itself",
            SIZE * len(KINDS),
            error.strerror,
        )
        return False
    return True


def _allocate(path: Path) -> None:
    with path.open("ab") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, SIZE)
        else:
            file.write(bytes(SIZE - path.stat().st_size))


def _trim_ended(folder: Path) -> None:
    """Cut the files of ended processes to what they have counted, which stays."""
    for path in folder.glob("*_*.db"):
        number = path.stem.rpartition("_")[2]
        if number.isdigit() and not _runs(int(number)):
            with path.open("rb+") as file:
                head = file.read(4)
                used = unpack("i", head)[0] if len(head) == 4 else 0
                if 0 < used < path.stat().st_size:
                    file.truncate(used)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
