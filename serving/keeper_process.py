"""The keeper in a process of its own: who answers and who keeps scores fresh do not wait for each other."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from serving.bootstrap import build_services, clock_of, pinned_scorer, settle
from serving.models.active import ActiveScorer
from serving.models.follower import Follower
from serving.models.scorer import Scorer
from serving.scores.keeper import keep_fresh
from serving.settings import Settings

COMMAND = (sys.executable, "-m", "serving", "keep", "--until-closed")
PAUSE, PATIENCE = 1.0, 20.0
"""Seconds before a keeper that ended is started again, and that one which is to end has for its batch."""
log = structlog.get_logger("shiprisk.keeping")


def run_keeper(settings: Settings, stop: threading.Event) -> None:
    """Keep the scores of the database fresh with the champion, which is followed, until ``stop`` is set."""
    scorer_of, active = pinned_scorer(settings), ActiveScorer()
    follower = Follower(settings, active, None, scorer_of or Scorer)
    follower.step()
    settle()
    services = build_services(active.current, settings, clock_of(settings), scorer_of is not None)
    with follower.running():
        keep_fresh(services, stop)
    services.database.close()


@contextmanager
def supervised_keeper() -> Iterator[None]:
    """A keeper beside this process, by the settings of the environment; it ends when this one does, however it does."""
    stop = threading.Event()
    thread = threading.Thread(target=_supervise, args=(stop,), name="keeper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE + PAUSE)


def _supervise(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            reason = _run_once(stop)
        except OSError as error:
            reason = str(error)
        if not stop.wait(PAUSE):
            log.warning("the keeper ended and is started again", why=reason)


def _run_once(stop: threading.Event) -> str:
    """Start a keeper and wait for its end, or bring it about once ``stop`` is set; how it ended."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as process:  # noqa: S603
        while process.poll() is None and not stop.wait(PAUSE):
            pass
        if process.poll() is None:
            _end(process)
    return f"status {process.returncode}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close what it listens to, so that it ends after its batch."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
