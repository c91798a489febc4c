"""DuckDB: amounts, running totals by window functions, and ASOF joins at the decision point and 7 days before it.

What makes it fast: the file is scanned once into a table of numbers, with the order ids as codes of an enum; all
running totals share one window; a signal asked alone first drops the events it does not read. The window is DuckDB's
default, by range: records of the same moment get the same totals, so it does not matter which of them a join finds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from engine_peers.run import DAY, SIGNALS, WEEK, Floats, Run

SIGN = "CASE WHEN quantity < 0 THEN -1 ELSE 1 END"
AMOUNTS = {
    "standing": "change",
    "stood": "change * least(recorded, occurred)",
    "placed": "CASE WHEN type = 'hold.placed' THEN 1 END",
    "restated": "CASE WHEN type IN ('production.rescheduled', 'commitment.changed') THEN 1 END",
    "rescheduled": "CASE WHEN type = 'production.rescheduled' THEN 1 END",
    "planned": "CASE WHEN type = 'delivery.planned' THEN 1 END",
    "short": "CASE WHEN type = 'material.stated' AND state = 'short' THEN 1 END",
    "confirmed": f"CASE WHEN type = 'operation.confirmed' THEN {SIGN} END",
    "partial": f"CASE WHEN type = 'operation.confirmed' AND state = 'partial' THEN {SIGN} END",
    "lag": "recorded - occurred",
    "confirmed_at": "CASE WHEN type = 'operation.confirmed' THEN recorded END",
    "released_at": "CASE WHEN type = 'production.released' THEN recorded END",
}
"""What an event says, as whole numbers; null where it says nothing about it."""


def _net(name: str) -> str:
    """The sum of a sign: two counts are quicker than a sum, which DuckDB makes in 128 bits."""
    return f"count(*) FILTER ({name} = 1) OVER known - count(*) FILTER ({name} = -1) OVER known"


RUNNING = {
    "standing": _net("standing"),
    "stood": "sum(stood) OVER known",
    "placed": "count(placed) OVER known",
    "restated": "count(restated) OVER known",
    "rescheduled": "count(rescheduled) OVER known",
    "planned": "count(planned) OVER known",
    "short": "count(short) OVER known",
    "confirmed": _net("confirmed"),
    "partial": _net("partial"),
    "lag": "sum(lag) OVER known",
    "events": "count(*) OVER known",
    "confirmed_at": "max(confirmed_at) OVER known",
    "released_at": "max(released_at) OVER known",
    "first_at": "min(recorded) OVER known",
}
OF_EVERY_EVENT = {"events", "first_at", "event_at"}


@dataclass(frozen=True)
class Recipe:
    """A signal: the running columns it needs (``_before``: 7 days before the decision point), and its value."""

    needs: tuple[str, ...]
    value: str
    a_week: tuple[str, ...] = ()


def _count(name: str) -> Recipe:
    return Recipe((name,), f"coalesce({name}, 0)")


def _a_week(name: str) -> Recipe:
    return Recipe((name,), f"coalesce({name}, 0) - coalesce({name}_before, 0)", (name,))


def _days_since(name: str) -> Recipe:
    return Recipe((name,), f"(as_of - {name}) / {DAY}")


RECIPES = {
    "open_holds": _count("standing"),
    "holds_last_7_days": _a_week("placed"),
    "hold_days": Recipe(("standing", "stood"), f"coalesce((as_of * standing - stood) / {DAY}, 0)"),
    "schedule_churn": _count("restated"),
    "reschedules_last_7_days": _a_week("rescheduled"),
    "delivery_plans": _count("planned"),
    "shortages_stated": _count("short"),
    "partial_completion_ratio": Recipe(
        ("confirmed", "partial"),
        "CASE WHEN confirmed > 0 THEN greatest(least(coalesce(partial, 0) / confirmed, 1), 0) END",
    ),
    "days_since_confirmation": _days_since("confirmed_at"),
    "days_since_release": _days_since("released_at"),
    "events_known": _count("events"),
    "days_since_event": _days_since("event_at"),
    "reporting_lag": Recipe(("lag", "events"), f"lag / {DAY} / nullif(events, 0)"),
    "order_age": _days_since("first_at"),
}


def plain(events: Path, points: Path) -> Run:
    """Each signal a query of its own: running totals after every event, then one or two ASOF joins."""
    return _one_by_one(events, points, _all_events)


def one_at_a_time(events: Path, points: Path) -> Run:
    """The same, but each signal first drops the events it does not read."""
    return _one_by_one(events, points, _read_by)


def _one_by_one(events: Path, points: Path, read_by: Callable[[Recipe], str]) -> Run:
    run = Run()
    with run.stage("read"):
        con = _loaded(events, points)
    with run.stage("signals"):
        answers = [_answer(con, (name,), read_by(RECIPES[name])) for name in SIGNALS]
    run.values = np.column_stack([_in_order(answer) for answer in answers])
    return run


def all_at_once(events: Path, points: Path) -> Run:
    """One wide table of running totals, two ASOF joins that carry all of it."""
    run = Run()
    with run.stage("read"):
        con = _loaded(events, points)
    with run.stage("signals"):
        answer = _answer(con, SIGNALS, "true")
    run.values = _in_order(answer)
    return run


def _loaded(events: Path, points: Path) -> duckdb.DuckDBPyConnection:
    """Both files as tables of numbers."""
    con = duckdb.connect()
    con.execute(f"PRAGMA threads={os.environ.get('DUCKDB_THREADS', 2)}")
    con.execute(f"CREATE TYPE known_order AS ENUM (SELECT DISTINCT order_id FROM '{points}')")
    con.execute(f"""
        CREATE TABLE points AS
        SELECT file_row_number AS point, order_id::known_order AS "order", epoch_us(as_of) AS as_of
        FROM read_parquet('{points}', file_row_number = true)
    """)
    amounts = ", ".join(f"({sql})::BIGINT AS {name}" for name, sql in AMOUNTS.items())
    con.execute(f"""
        CREATE TABLE amounts AS
        WITH raw AS (
            SELECT *, order_id::known_order AS "order", epoch_us(recorded_at) AS recorded,
                epoch_us(occurred_at) AS occurred, (type = 'hold.placed')::INT AS sets
            FROM '{events}'
        ), judged AS (
            SELECT *, sets - coalesce(lag(sets) OVER one_hold, 0) AS change
            FROM raw WHERE type IN ('hold.placed', 'hold.released')
            WINDOW one_hold AS (
                PARTITION BY "order", coalesce(reference, kind) ORDER BY recorded, occurred, source, event_id
            )
            UNION ALL
            SELECT *, NULL AS change FROM raw WHERE type NOT IN ('hold.placed', 'hold.released')
        )
        SELECT "order", recorded, {amounts} FROM judged
    """)
    return con


def _all_events(_: Recipe) -> str:
    return "true"


def _read_by(recipe: Recipe) -> str:
    """Which events a signal reads: those that say any of what it adds up."""
    if OF_EVERY_EVENT & set(recipe.needs):
        return "true"
    return " OR ".join(f"{name} IS NOT NULL" for name in recipe.needs)


def _answer(con: duckdb.DuckDBPyConnection, names: Sequence[str], read: str) -> pa.Table:
    """These signals at every decision point: running totals over the events read, then the joins."""
    recipes = {name: RECIPES[name] for name in names}
    needs = dict.fromkeys(need for recipe in recipes.values() for need in recipe.needs if need != "event_at")
    con.execute(_totals(tuple(needs), read))
    return con.sql(_joins(recipes, tuple(needs))).to_arrow_table()


def _totals(needs: Sequence[str], read: str) -> str:
    totals = "".join(f", {RUNNING[need]} AS {need}" for need in needs)
    return f"""
        CREATE OR REPLACE TEMP TABLE running AS
        SELECT "order", recorded {totals} FROM amounts WHERE {read}
        WINDOW known AS (PARTITION BY "order" ORDER BY recorded)
    """


def _joins(recipes: dict[str, Recipe], needs: Sequence[str]) -> str:
    week = list(dict.fromkeys(need for recipe in recipes.values() for need in recipe.a_week))
    now = "".join(f", now.{need}" for need in needs) + ", now.recorded AS event_at"
    before = "".join(f", before.{need} AS {need}_before" for need in week)
    join = f'ASOF LEFT JOIN running before ON points."order" = before."order" AND as_of - {WEEK} >= before.recorded'
    values = ", ".join(f"({recipe.value})::DOUBLE AS {name}" for name, recipe in recipes.items())
    return f"""
        SELECT point, {values} FROM (
            SELECT point, as_of {now} {before} FROM points
            ASOF LEFT JOIN running now ON points."order" = now."order" AND as_of >= now.recorded
            {join if week else ""}
        )
    """


def _in_order(answer: pa.Table) -> Floats:
    """The numbers in the order of the decision points: a join gives them in any."""
    values = np.empty((len(answer), answer.num_columns - 1))
    values[answer["point"].to_numpy()] = np.column_stack(
        [column.to_numpy() for column in answer.drop_columns("point").itercolumns()]
    )
    return values
