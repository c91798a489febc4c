"""What Prometheus reads: counters of every process, and how the store stands when it is asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from features.times import SECOND
from serving.telemetry.counter_files import FOLDER, reserve_room

reserve_room()  # what comes next maps the files

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest  # noqa: E402
from prometheus_client.core import GaugeMetricFamily  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402
from prometheus_client.registry import Collector  # noqa: E402

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Counter("shiprisk_requests", "Requests by route and status", ["route", "status"])
REQUEST_SECONDS = Histogram("shiprisk_request_seconds", "Seconds until a reply is sent", ["route"], buckets=SECONDS)
SCORES = Counter("shiprisk_scores", "Orders scored, by what caused it", ["cause"])
SCORE_SECONDS = Histogram(
    "shiprisk_score_seconds", "Seconds to score the orders of one call, by cause", ["cause"], buckets=SECONDS
)
EVENTS = Counter("shiprisk_events", "Events that came in, by what became of them", ["outcome"])
SHADOW_LEFT_OUT = Counter("shiprisk_shadow_left_out", "Orders the challenger did not score, as too many waited")
DATABASE_ERRORS = Counter("shiprisk_database_errors", "Errors of the database, by kind", ["kind"])
GAUGES = {
    "listed": ("shiprisk_listed_orders", "Open and late orders"),
    "open": ("shiprisk_open_orders", "Open orders"),
    "due": ("shiprisk_scores_due", "Scores that are due and not made yet"),
    "oldest": ("shiprisk_oldest_score_age_seconds", "Age of the oldest score of an open order"),
    "lag": ("shiprisk_freshness_lag_seconds", "For how long the score that is due longest has been due"),
    "context": ("shiprisk_context_age_seconds", "Age of the latest record in load and track record"),
    "degraded": ("shiprisk_degraded", "1 while scores are not as good as they could be"),
    "answers": ("shiprisk_database_up", "1 while the database answers"),
}


@contextmanager
def scoring(cause: str, orders: int) -> Iterator[None]:
    """Count what is scored within, and the time it takes."""
    begin = perf_counter()
    yield
    SCORE_SECONDS.labels(cause).observe(perf_counter() - begin)
    SCORES.labels(cause).inc(orders)


class StoreGauges(Collector):
    """Gauges that are read when they are asked for, from the process that is asked.

    Parameters
    ----------
    read : gives the gauges by their keys in ``GAUGES``; those left out are not shown
    champion : its name and version, if there is one
    """

    def __init__(self, read: Callable[[], dict[str, float]], champion: tuple[str, str] | None) -> None:
        self._read = read
        self._champion = champion

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for key, value in self._read().items():
            yield GaugeMetricFamily(*GAUGES[key], value=value)
        if self._champion:
            family = GaugeMetricFamily("shiprisk_champion", "1 for the model that scores", labels=["model", "version"])
            family.add_metric(list(self._champion), 1)
            yield family


def exposition(gauges: StoreGauges) -> bytes:
    """All metrics, in Prometheus' text format."""
    registry = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    own = CollectorRegistry()
    own.register(gauges)
    return generate_latest(registry) + generate_latest(own)


def ages(freshness: dict[str, Any], now: int) -> dict[str, float]:
    """What ``freshness_in_micros`` finds as gauges; ages of what is not there are left out."""
    counts = {name: float(freshness[name]) for name in ("listed", "open", "due")}
    since = {"oldest": freshness["oldest_score_at"], "context": freshness["context_known_until"]}
    known = {name: (now - moment) / SECOND for name, moment in since.items() if moment is not None}
    lag = 0.0 if freshness["next_score_at"] is None else max(0.0, (now - freshness["next_score_at"]) / SECOND)
    return counts | known | {"lag": lag}
