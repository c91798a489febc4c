"""The first load of a model, in a process of its own: what ends that process must not end the service.

    python -I -S trial.py LIBRARY FILE        loads a file with LightGBM and lets it answer

The process has nothing but LightGBM's C interface, so that it takes a fraction of a second.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from pathlib import Path

PATIENCE = 60
"""Seconds that a model may take to load and answer."""
ROWS = (0.0, 1.0, -1.0, 1e6, float("nan"))
"""Rows that it answers: each of this value in all columns."""
FLOAT64, ROW_MAJOR, RAW, FROM_FIRST, ALL = 1, 1, 1, 0, -1
"""As LightGBM's C interface has them."""


def try_text(path: Path) -> None:
    """Raise ``InvalidModel`` unless LightGBM loads a text and answers, in a process of its own."""
    from training.lightgbm import load_lightgbm
    from training.model_files.manifest import InvalidModel

    command = [sys.executable, "-I", "-S", __file__, load_lightgbm().basic._LIB._name, str(path)]
    must = f"{path.name}: a model must load and answer in a process of its own before it serves"
    try:
        ended = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise InvalidModel(f"{must}, got no answer in {PATIENCE} s") from error
    except OSError as error:
        raise InvalidModel(f"{must}, got no process: {error.strerror}") from error
    if ended.returncode:
        lines = ended.stderr.decode(errors="replace").strip().splitlines()
        raise InvalidModel(f"{must}, got {_how_it_ended(ended.returncode)}{': ' + lines[-1] if lines else ''}")


def _how_it_ended(code: int) -> str:
    if code > 0:
        return f"status {code}"
    named = {number.value: number.name for number in signal.Signals}
    return f"one that ended by {named.get(-code, f'signal {-code}')}"


def _answer(library: ctypes.CDLL, text: bytes) -> None:
    """Load a text and score some rows; an error of LightGBM's ends the process with its words."""
    booster, rounds, columns, length = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_int(), ctypes.c_int64()
    _require(library, library.LGBM_BoosterLoadModelFromString(text, ctypes.byref(rounds), ctypes.byref(booster)))
    _require(library, library.LGBM_BoosterGetNumFeature(booster, ctypes.byref(columns)))
    cells = [value for value in ROWS for _ in range(columns.value)]
    rows, scores = (ctypes.c_double * len(cells))(*cells), (ctypes.c_double * len(ROWS))()
    shape = ctypes.c_int32(len(ROWS)), ctypes.c_int32(columns.value), ROW_MAJOR
    how = RAW, FROM_FIRST, ALL, b"num_threads=1", ctypes.byref(length)
    _require(library, library.LGBM_BoosterPredictForMat(booster, rows, FLOAT64, *shape, *how, scores))


def _require(library: ctypes.CDLL, failed: int) -> None:
    if failed:
        library.LGBM_GetLastError.restype = ctypes.c_char_p
        sys.exit(library.LGBM_GetLastError().decode(errors="replace"))


if __name__ == "__main__":
    _answer(ctypes.CDLL(sys.argv[1]), Path(sys.argv[2]).read_bytes())
