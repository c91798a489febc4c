from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from features.events import write_events
from features.pipeline.table import signal_table
from tests.support import commands
from tests.support.commands import Fork
from tests.support.little_plant import little_plant
from tests.support.models import scorer_of
from tests.support.scheduling import SlowFirst, is_nightly, turn_of
from training.trainer import Trained, train

# HYPOTHESIS_PROFILE=nightly runs the random tests long: hours, where this suite takes minutes.
settings.register_profile("ci", max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", max_examples=10_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A cluster of Spark takes a minute to begin, so what needs one runs at night."""
    for item in items:
        if is_nightly(item.nodeid) or "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.nightly)
    items.sort(key=lambda item: turn_of(item.nodeid))


def pytest_sessionfinish() -> None:
    commands.end()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SlowFirst:
    config.option.loadscopereorder = False
    return SlowFirst(config, log)


@pytest.fixture(autouse=True)
def _own_tracking_uri() -> Iterator[None]:
    """MLflow keeps the address it is told in the environment; the next test must not meet it there."""
    before = os.environ.get("MLFLOW_TRACKING_URI")
    yield
    if before is None:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    else:
        os.environ["MLFLOW_TRACKING_URI"] = before


@pytest.fixture(scope="session")
def plant() -> pd.DataFrame:
    return little_plant()


@pytest.fixture(scope="session")
def compiled(plant: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> None:
    """All loops as machine code, made by one worker while the others wait: each would make it for itself."""

    def make(folder: Path) -> None:
        signal_table(plant, scheme="before=5")
        scorer_of(train(plant, scheme="before=5", draws=2).model).warm_up()

    once(tmp_path_factory, "compiled", make)


@pytest.fixture(scope="session")
def trained(plant: pd.DataFrame, compiled: None) -> Trained:
    return train(plant, scheme="before=5", draws=50)


FORCED_BECAUSE = "the ERP's status is the cause in this plant"
"""Why the champion of a home serves though it is unproven; who puts it back says the same."""


@dataclass(frozen=True)
class Home:
    """A place with events, a trained champion, and the environment a command needs to find it."""

    folder: Path
    events: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return commands.run(arguments, self.environment, self.folder)


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that all workers of a run share; the first that asks for it fills it, and the others wait."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    made = folder.with_suffix(".made")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            made.touch()
    return folder


def new_home(folder: Path, plant: pd.DataFrame) -> Home:
    events = folder / "events.parquet"
    write_events(plant, events)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SHIPRISK_", "MLFLOW_"))}
    return Home(folder, events, kept | {"SHIPRISK_HOME": str(folder / "home"), "SHIPRISK_KEEPER": "thread"})


@pytest.fixture
def empty_home(tmp_path: Path, plant: pd.DataFrame, compiled: None) -> Home:
    return new_home(tmp_path, plant)


@pytest.fixture(scope="session")
def trained_folder(tmp_path_factory: pytest.TempPathFactory, plant: pd.DataFrame, compiled: None) -> Path:
    """The folder of a home that is trained once, with one version; to be copied, not used."""

    def make(folder: Path) -> None:
        made = new_home(folder, plant)
        done = made.run("train", str(made.events), "--snapshots", "before=5", "--json")
        assert done.returncode == 0, done.stderr
        forced = made.run("promote", "order-risk@1", "--force", "--reason", FORCED_BECAUSE)
        assert forced.returncode == 0, forced.stderr

    return once(tmp_path_factory, "trained-home", make)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, plant: pd.DataFrame, trained_folder: Path) -> Home:
    """Each worker's own copy of one that is trained once."""
    own = tmp_path_factory.mktemp("shiprisk") / "own"
    shutil.copytree(trained_folder, own)
    commands.warm_up(next(own.rglob("risk.txt")).parent)
    return new_home(own, plant)


@dataclass(frozen=True)
class Service:
    url: str
    log: Path


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def serve(home: Home, *arguments: str, keyed: bool = False, anew: bool = False) -> Iterator[Service]:
    """The real server in a process of its own; it asks for keys only if ``keyed``."""
    port = free_port()
    log = home.folder / f"serve-{port}.log"
    asks = () if keyed else ("--no-auth",)
    command = ("serve", "--port", str(port), *asks, *arguments)
    process = commands.start(command, home.environment, home.folder, log, anew)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/health/live", process, log)
        yield Service(url, log)
    finally:
        process.terminate()
        process.wait(60)  # a keeper beside it has 20 s for its batch


def wait_for(url: str, process: Fork | subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers; fails with its log when it ends first."""
    until = time.monotonic() + 180
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=1).status_code == 200:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    raise AssertionError(f"the service did not answer: {log.read_text()}")


@pytest.fixture(scope="session")
def service(home: Home) -> Iterator[Service]:
    yield from serve(home, "--events", str(home.events))
