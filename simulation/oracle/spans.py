"""Spans of time, from and to in hours: cut, taken away from, and measured in working hours, each hour once."""

from __future__ import annotations

from collections.abc import Iterable

from simulation.plant.calendar import Calendar

Span = tuple[float, float]
Spans = list[Span]


def union(spans: Iterable[Span]) -> Spans:
    """Rising spans that do not touch.

    >>> union([(5, 6), (1, 3), (2, 4), (8, 8)])
    [(1, 4), (5, 6)]
    """
    joined: Spans = []
    for begin, end in sorted(spans):
        if end <= begin:
            continue
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((begin, end))
    return joined


def within(spans: Iterable[Span], limits: Iterable[Span]) -> Spans:
    """What of the spans lies within the others.

    >>> within([(1, 4), (5, 9)], [(3, 6)])
    [(3, 4), (5, 6)]
    """
    limits = list(limits)
    return union((max(begin, low), min(end, high)) for begin, end in spans for low, high in limits)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> Spans:
    """What of the spans lies outside of the others.

    >>> without([(1, 9)], [(2, 3), (5, 6)])
    [(1, 2), (3, 5), (6, 9)]
    """
    left = union(spans)
    for low, high in union(taken):
        left = [
            piece
            for begin, end in left
            for piece in ((begin, min(end, low)), (max(begin, high), end))
            if piece[1] > piece[0]
        ]
    return left


def working_hours(calendar: Calendar, spans: Iterable[Span]) -> float:
    """Working hours in the spans, an hour that lies in two of them once."""
    return sum(calendar.between(begin, end) for begin, end in union(spans))


def beyond(calendar: Calendar, spans: Iterable[Span], allowed: float) -> Spans:
    """What is left of the spans when their first ``allowed`` working hours are taken off."""
    left: Spans = []
    for begin, end in union(spans):
        hours = calendar.between(begin, end)
        if hours > allowed:
            left.append((calendar.after(begin, allowed) if allowed > 0 else begin, end))
        allowed = max(0.0, allowed - hours)
    return left
