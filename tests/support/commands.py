"""Commands in processes of their own that need not load the code again: each is a fork of one that has.

    python -m tests.support.commands        reads what is asked from its input, a line of JSON each

A fork ends like any other process: its environment, folder and output are its own, and so is its exit code.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LOADED = (
    "training.trainer",
    "training.registry.registry",
    "training.report.report",
    "training.promote.promotion",
    "training.evaluate.backtest",
    "features.pipeline.stream",
    "features.readiness",
    "serving.cli",
    "serving.api.app",
    "serving.bootstrap",
    "serving.store.maintenance.migrate",
    "mlflow",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "lightgbm",
    "duckdb",
    "sklearn.linear_model",
    "matplotlib.figure",
)
"""What most commands need."""
NEW = {"serve", "demo", "--engine"}
"""Who is asked for one of these starts from nothing: servers, what starts them, and Spark."""


def run(arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """``shiprisk`` with these arguments, to its end."""
    command = [sys.executable, "-m", "serving", *arguments]
    if NEW & set(arguments):
        return subprocess.run(command, env=dict(environment), capture_output=True, text=True, cwd=folder)
    with tempfile.TemporaryDirectory() as said:
        asked = {"arguments": arguments, "environment": dict(environment), "folder": str(folder), "said": said}
        forks = _forks()
        assert forks.stdin is not None
        assert forks.stdout is not None
        forks.stdin.write(json.dumps(asked) + "\n")
        forks.stdin.flush()
        code = int(forks.stdout.readline())
        out, err = (Path(said, name).read_text(encoding="utf-8") for name in ("out", "err"))
    return subprocess.CompletedProcess(command, code, out, err)


@cache
def _forks() -> subprocess.Popen[str]:
    """The process that forks, until its input ends."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SHIPRISK_", "MLFLOW_"))}
    command = [sys.executable, "-m", "tests.support.commands"]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root, env=kept)


def end() -> None:
    """No more is asked."""
    if _forks.cache_info().currsize:
        _forks().communicate()
        _forks.cache_clear()


def answer() -> None:
    """Fork for each line, and say how the fork ended."""
    for name in LOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(json.loads(line))
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _become(asked: dict[str, object]) -> None:
    """Be ``python -m serving``."""
    said, folder, environment, arguments = (asked[name] for name in ("said", "folder", "environment", "arguments"))
    os.chdir(str(folder))
    os.environ.clear()
    os.environ.update(environment)  # type: ignore[call-overload]
    for number, path in enumerate((os.devnull, f"{said}/out", f"{said}/err")):
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["serving", *arguments]  # type: ignore[misc]
    sys.path[0] = str(folder)
    runpy.run_module("serving", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    answer()
