"""Workers and the keeper end with the process that started them, killed in its first seconds too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from features.events import read_events, write_events
from features.times import isoformat, micros
from tests.conftest import Home, free_port, serve, wait_for
from tests.serving.api.conftest import NOW
from tests.serving.door.conftest import opened, running
from tests.support import commands
from tests.support.stores import new_database

SOON = 90
"""Seconds within which an orphan must be gone: it may be loading what it is made of when it begins to look."""


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def test_workers_and_keeper_of_a_server_that_is_killed_at_once_end(home: Home, tmp_path: Path) -> None:
    with new_database("sqlite", tmp_path) as url:
        settings = {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": NOW, "SHIPRISK_KEEPER": "process"}
        log, port = tmp_path / "log", free_port()
        environment = home.environment | settings
        command = ("serve", "--port", str(port), "--no-auth", "--workers", "2")
        process = commands.start(command, environment, home.folder, log, anew=True)
        try:
            children = _children_of(process.pid, 4)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(20)
        left, until = children, time.monotonic() + SOON
        while left and time.monotonic() < until:
            time.sleep(0.2)
            left = {pid for pid in children if opened(pid)}
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not left, f"{len(left)} of {len(children)} processes must end, and give up the port"


def test_a_server_whose_worker_was_killed_before_it_answered_stops_at_once(home: Home, tmp_path: Path) -> None:
    with new_database("sqlite", tmp_path) as url:
        settings = {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_NOW": NOW, "SHIPRISK_KEEPER": "none"}
        log, port = tmp_path / "log", free_port()
        command = ("serve", "--port", str(port), "--no-auth", "--workers", "2")
        process = commands.start(command, home.environment | settings, home.folder, log, anew=True)
        try:
            wait_for(f"http://127.0.0.1:{port}/health/live", process, log)
            worker = min(pid for pid in running() if parent_of(pid) == process.pid and _is_worker(pid))
            os.kill(worker, signal.SIGSTOP)
            time.sleep(2)  # longer than between two health checks: it is asked, and cannot answer
            os.kill(worker, signal.SIGKILL)
        finally:
            stopped = time.monotonic()
            process.terminate()
            assert process.wait(60) == 0
        assert time.monotonic() - stopped < 20, "a server must stop at once whose worker was killed before it answered"


def _is_worker(pid: int) -> bool:
    return "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()


def _children_of(parent: int, least: int) -> set[int]:
    """Processes that one has started, once there are so many: workers, the keeper, and what tracks their resources."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        found = {pid for pid in running() if parent_of(pid) == parent}
        if len(found) >= least:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{least} processes must be started")


def test_a_process_that_begins_after_its_parent_has_ended_ends(tmp_path: Path) -> None:
    """As one does whose parent was killed while it loaded what it is made of."""
    child = tmp_path / "child.py"
    child.write_text(
        "import multiprocessing, os, signal, sys, time\n"
        "from serving.server.parent import watch_starter\n"
        "def begin(path):\n"
        "    open(path, 'w').write(str(os.getpid()))\n"
        "    while os.getppid() == int(os.environ['PARENT']):\n"
        "        time.sleep(0.01)\n"
        "    watch_starter()\n"
        "    time.sleep(60)\n"
        "if __name__ == '__main__':\n"
        "    os.environ['PARENT'] = str(os.getpid())\n"
        "    process = multiprocessing.get_context('spawn').Process(target=begin, args=(sys.argv[1],))\n"
        "    process.start()\n"
        "    while not os.path.exists(sys.argv[1]):\n"
        "        time.sleep(0.01)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    told = tmp_path / "pid"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    subprocess.run([sys.executable, str(child), str(told)], env=environment, timeout=60, check=False)
    pid, until = int(told.read_text()), time.monotonic() + 20
    while opened(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not opened(pid)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_file_of_events_means_the_same_with_one_process_and_two(home: Home, tmp_path: Path, workers: str) -> None:
    with new_database("sqlite", tmp_path) as url:
        plant = read_events(home.events)
        early = plant[plant["recorded_at"] <= plant["recorded_at"].quantile(0.5)]
        write_events(early, tmp_path / "early.parquet")
        settings = {"SHIPRISK_DATABASE_URL": url, "SHIPRISK_EVENTS": str(tmp_path / "early.parquet")}
        here = replace(home, environment=home.environment | settings)
        for service in serve(here, "--workers", workers):
            order = {
                "id": "1", "source": "erp", "type": "shiprisk.order_line.created", "subject": "A",
                "time": "2024-01-01T00:00:00Z", "data": {"line_id": "1", "quantity": 1, "date": "2190-01-01"},
            }  # fmt: skip
            reply = httpx.post(f"{service.url}/v1/score", json={"events": [order]}, timeout=60)
            assert reply.json()["context_known_until"] == isoformat(micros(early["recorded_at"].max()))
