"""Commands in processes of their own that need not load the code again: each is a fork of one that has.

    python -m tests.support.commands        reads requests from its input, a line of JSON each

A fork ends like any other process: its environment, folder, session and output are its own, and so is its exit code.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn._subprocess

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
COUNTING = {"serving", "prometheus_client"}
"""Whether processes count together, these packages find out when they are loaded."""
COMMAND = (sys.executable, "-m", "serving")


def run(arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """``shiprisk`` with these arguments, to its end."""
    with tempfile.TemporaryDirectory() as scratch:
        out, err = Path(scratch, "out"), Path(scratch, "err")
        process = Fork.start(arguments, environment, folder, out, err)
        code = process.wait()
        return subprocess.CompletedProcess(
            [*COMMAND, *arguments], code, *(path.read_text(encoding="utf-8") for path in (out, err))
        )


def start(
    arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path, log: Path, anew: bool = False
) -> Fork | subprocess.Popen[bytes]:
    """``shiprisk`` with these arguments, in a session of its own; what it prints is added to a log.

    ``anew``: from nothing, as it is started elsewhere, and so are the processes of several that it starts.
    """
    if not anew:
        return Fork.start(arguments, environment, folder, log, log)
    with log.open("a") as out:
        command, shown = [*COMMAND, *arguments], {"stdout": out, "stderr": out}
        return subprocess.Popen(command, env=dict(environment), cwd=folder, start_new_session=True, **shown)


class Fork:
    """A process as ``subprocess.Popen`` has it, for what these tests ask of one."""

    def __init__(self, pid: int) -> None:
        self.pid, self.returncode = pid, None

    @classmethod
    def start(cls, arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path, *logs: Path) -> Fork:
        request = {"arguments": arguments, "environment": dict(environment), "folder": str(folder.resolve())}
        return cls(int(_ask(request | {"logs": [str(log.resolve()) for log in logs]})))

    def poll(self) -> int | None:
        """Its exit code, ``None`` while it runs."""
        if self.returncode is None:
            self.returncode = _ask({"pid": self.pid, "wait": False})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code once it has ended. Raises ``TimeoutExpired``."""
        if timeout is None and self.returncode is None:
            self.returncode = _ask({"pid": self.pid, "wait": True})
        until = time.monotonic() + (timeout or 0)
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(COMMAND, timeout or 0)
            threading.Event().wait(0.02)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@cache
def _parent() -> subprocess.Popen[str]:
    """The process that forks, until its input ends."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SHIPRISK_", "MLFLOW_"))}
    command = [sys.executable, "-m", "tests.support.commands"]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root, env=kept)


_TURN = threading.Lock()


def _ask(request: dict[str, object]) -> int | None:
    with _TURN:
        parent = _parent()
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(json.dumps(request) + "\n")
        parent.stdin.flush()
        return json.loads(parent.stdout.readline())  # type: ignore[no-any-return]


def warm_up(model: Path) -> None:
    """What is forked from now on has scored with a model in a folder: its loops are loaded, its code is hashed."""
    _ask({"model": str(model.resolve())})


def end() -> None:
    """No more is asked."""
    if _parent.cache_info().currsize:
        _parent().communicate()
        _parent.cache_clear()


def answer() -> None:
    """Fork for each command, and say how a fork ended."""
    for name in LOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        if "pid" in request:
            pid, status = os.waitpid(request["pid"], 0 if request["wait"] else os.WNOHANG)
            print(json.dumps(os.waitstatus_to_exitcode(status) if pid else None), flush=True)  # noqa: T201
            continue
        if "model" in request:
            _score_once(Path(request["model"]))
            print("null", flush=True)  # noqa: T201
            continue
        child = os.fork()
        if not child:
            _become(request)
            return
        print(child, flush=True)  # noqa: T201


def _score_once(folder: Path) -> None:
    from features.catalogue.fingerprint import features_hash
    from tests.support.models import scorer_of
    from training.model.risk_model import RiskModel

    model = RiskModel.load(folder)
    scorer_of(model).warm_up()
    features_hash(model.names)


def _become(request: dict[str, Any]) -> None:
    """Be ``python -m serving``."""
    os.setsid()
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, path in enumerate((os.devnull, *request["logs"])):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["serving", *request["arguments"]]
    sys.path[0] = request["folder"]
    if "--workers" in sys.argv or os.environ.get("SHIPRISK_KEEPER") == "process":
        for name in [name for name in sys.modules if name.partition(".")[0] in COUNTING]:
            del sys.modules[name]
        # Its processes have the code, too; but one forked while a keeper is started would hold that one's pipe.
        if os.environ.get("SHIPRISK_KEEPER") != "process":
            uvicorn._subprocess.spawn = multiprocessing.get_context("fork")
    runpy.run_module("serving", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    answer()
