"""Commands that make and show events and signals; what is heavy is imported where it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from features.errors import InvalidEvents, InvalidRequest
from features.policy import OutcomePolicy, read_policy
from serving.commands.console import part_progress, print_json, print_table, say, step_progress
from serving.commands.options import SCHEMES, Events, Json, Outcome, Zone, check_output, enter, past_moment

if TYPE_CHECKING:
    from features.importing.report import ImportReport
    from features.pipeline.stream import Written


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    enter(app, "import", import_export, "shiprisk import mapping.sql --source exports/ --out events.parquet")
    enter(app, "features", write_signals, "shiprisk features events.parquet --snapshots daily --out signals.parquet")
    enter(app, "show", show, "shiprisk show events.parquet --order 4711 --json")


def import_export(
    mapping: Annotated[Path, typer.Argument(help="An SQL file that yields the columns of the event table.")],
    source: Annotated[str, typer.Option(help="The folder or database the mapping reads: getvariable('source').")],
    out: Annotated[Path, typer.Option(help="Where the events go, Parquet or .csv.")] = Path("events.parquet"),
    zone: Zone = "UTC",
    encoding: Annotated[
        str | None, typer.Option(help="The encoding of text files that are not UTF-8, such as cp1252.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Turn an export into events, with a report that accounts for every row.

    Rejected rows go to a file beside the output (events.rejects.csv), each with its reason.
    """
    from features.events import write_events
    from features.importing.mapping import import_events

    check_output(out, ".parquet", ".csv")
    with step_progress(3) as step:
        step("running the mapping")
        imported = import_events(mapping, source, zone, encoding)
        step("writing events")
        write_events(imported.events, out)
        rejects = out.with_name(f"{out.stem}.rejects.csv")
        imported.rejects.to_csv(rejects, index=False)
        step("done")
    if as_json:
        print_json(imported.report.to_json() | {"out": str(out), "rejects": str(rejects)})
    else:
        _print_report(imported.report, out, rejects)
    _refuse_nothing(imported.report, rejects)


def _print_report(report: ImportReport, out: Path, rejects: Path) -> None:
    rows = [
        ["rows in", report.rows_in],
        ["  imported", report.rows_imported],
        ["  rejected", report.rows_rejected],
        ["  without an event", report.rows_without_event],
        ["events yielded", report.events_yielded],
        ["  written", report.events_out],
        ["  rejected", report.events_rejected],
        ["  repeated", report.duplicates],
        ["orders", report.orders],
        ["  without a line", report.orders_without_line],
    ]
    print_table(f"Import of {report.source}", ["", "count"], rows)
    for title, counts in (
        ("Events by type", report.events_by_type),
        ("Assumed", report.assumed),
        ("Rejected because", report.rejected_because),
        ("Statements of one moment, put in order by", _ties(report)),
        ("What nobody can place", _unplaced(report)),
    ):
        if counts:
            say("")
            print_table(title, ["", "count"], [[what, count] for what, count in counts.items()])
    for note in (*_examples(report), *report.hints):
        say("")
        say(note)
    say("")
    say(f"Events: {out}\nRejects: {rejects}" if report.events_rejected else f"Events: {out}")


def _ties(report: ImportReport) -> dict[str, int]:
    words = {
        "by_sequence": "their sequence",
        "by_precedence": "the precedence of their types",
        "by_id": "event_id alone",
    }
    return {words[by]: count for by, count in report.ties.items() if count}


def _unplaced(report: ImportReport) -> dict[str, int]:
    counts = {
        f"{name} of a line that was never created": count for name, count in report.events_of_unknown_lines.items()
    }
    if report.releases_without_hold:
        counts["hold.released of a hold that was never placed"] = report.releases_without_hold
    return counts


def _examples(report: ImportReport) -> list[str]:
    """Lines that were never created, in one sentence, if there are any."""
    named = [f"line {one['line']} of order {one['order']} ({one['type']})" for one in report.unknown_line_examples]
    return [f"Never created, for example: {', '.join(named)}"] if named else []


def _refuse_nothing(report: ImportReport, rejects: Path) -> None:
    if report.events_out == 0:
        raise InvalidEvents(f"an import must write events, got none: every row was rejected, see {rejects}")


def write_signals(
    events: Annotated[
        str,
        typer.Argument(
            help="Events, a Parquet or CSV file; for Spark a Parquet file or folder, or its URL.", show_default=False
        ),
    ],
    as_of: Annotated[str | None, typer.Option("--as-of", help="One moment for all orders, ISO 8601.")] = None,
    decision_points: Annotated[str | None, typer.Option("--snapshots", help=f"Decision points: {SCHEMES}.")] = None,
    out: Annotated[
        str, typer.Option(help="Where the table goes, .parquet or .csv; for Spark .parquet or a new folder.")
    ] = "features.parquet",
    engine: Annotated[
        Literal["local", "spark"], typer.Option(help="Compute on this machine, or with Spark (an optional extra).")
    ] = "local",
    master: Annotated[
        str | None, typer.Option(help="Spark's master, such as local[2]; if not given, as Spark is configured.")
    ] = None,
    partitions: Annotated[
        int | None, typer.Option(min=1, help="Spark's partitions; if not given, about 500,000 events each.")
    ] = None,
    with_outcomes: Annotated[
        bool,
        typer.Option("--with-outcomes", help="The table a training learns from: outcome, weight, when it was known."),
    ] = False,
    until: Annotated[
        str | None, typer.Option(help="With outcomes: nothing recorded later is read, ISO 8601 (the last record).")
    ] = None,
    outcome: Outcome = None,
    zone: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """Write the signals of every open order, at one moment or at each decision point.

    With --with-outcomes only points whose outcome is known, as training_table() of Python gives them; daily ones if
    not said otherwise. Parquet passes through in partitions of whole orders, so it may be larger than memory.
    With --engine spark it may be larger than a machine; the rows are the same.
    """
    if as_of is not None:
        past_moment(as_of, "as_of")
    policy = read_policy(outcome, zone)
    if with_outcomes:
        _refuse_beside_outcomes({"--as-of": as_of, "--master": master, "--partitions": partitions}, engine)
        written = _labelled(Path(events), Path(out), until, decision_points or "daily", zone, policy)
    elif until is not None:
        raise InvalidRequest("--until must go with --with-outcomes, got it alone: --as-of asks for one moment")
    elif engine == "spark":
        written = _with_spark(events, out, as_of, decision_points, zone, policy, master, partitions)
    elif master is not None or partitions is not None:
        raise InvalidRequest("--master and --partitions must go with --engine spark, got --engine local")
    else:
        written = _on_this_machine(Path(events), Path(out), as_of, decision_points, zone, policy)
    if as_json:
        print_json({"rows": written.rows, "signals": written.signals, "partitions": written.partitions, "out": out})
    else:
        say(f"{written.rows:,} rows of {written.signals} signals: {out}")


def _refuse_beside_outcomes(options: Mapping[str, object], engine: str) -> None:
    """Raise ``InvalidRequest`` where an option is given that a table with outcomes does not take."""
    given = [option for option, value in options.items() if value is not None]
    given += ["--engine spark"] if engine == "spark" else []
    if given:
        raise InvalidRequest(f"--with-outcomes must go with --snapshots and --engine local, got {', '.join(given)}")


def _labelled(events: Path, out: Path, until: str | None, scheme: str, zone: str, policy: OutcomePolicy) -> Written:
    """The table of a training; order, moment and when the outcome was known come first, in Parquet as its index."""
    from features.events import read_events
    from features.pipeline.stream import Written
    from training import signals_of, training_table

    check_output(out, ".parquet", ".csv", reads=events)
    with step_progress(3) as step:
        step("reading events")
        frame = read_events(events, zone)
        step("computing signals and outcomes")
        end = None if until is None else past_moment(until, "until")
        table = training_table(frame, until=end, scheme=scheme, zone=zone, policy=policy)
        step("writing the table")
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix == ".csv":
            table.to_csv(out)
        else:
            table.to_parquet(out)
    return Written(len(table), signals_of(table).shape[1], 1)


def _with_spark(
    events: str,
    out: str,
    as_of: str | None,
    scheme: str | None,
    zone: str,
    policy: OutcomePolicy,
    master: str | None,
    partitions: int | None,
) -> Written:
    from features.pipeline.spark_files import spark_session, spark_signal_file

    if out.endswith(".csv"):
        raise InvalidRequest(f"the output of Spark must end in .parquet, or be a folder, got {out}")
    with part_progress() as step, spark_session(master) as session:
        return spark_signal_file(
            session,
            events,
            out,
            as_of=as_of,
            scheme=scheme,
            zone=zone,
            policy=policy,
            partitions=partitions,
            progress=step,
        )


def _on_this_machine(
    events: Path, out: Path, as_of: str | None, scheme: str | None, zone: str, policy: OutcomePolicy
) -> Written:
    """Parquet to Parquet in partitions; a CSV file at either end needs all of it in memory."""
    from features.pipeline.stream import Written, signal_file

    check_output(out, ".parquet", ".csv", reads=events)
    if ".csv" not in (events.suffix, out.suffix):
        with part_progress() as step:
            return signal_file(events, out, as_of=as_of, scheme=scheme, zone=zone, policy=policy, progress=step)
    from features.events import read_events
    from features.pipeline.table import signal_table

    with step_progress(3) as step:
        step("reading events")
        frame = read_events(events, zone)
        step("computing signals")
        table = signal_table(frame, as_of=as_of, scheme=scheme, zone=zone, policy=policy)
        step("writing signals")
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix == ".csv":
            table.to_csv(out, index=False)
        else:
            table.to_parquet(out, index=False)
    return Written(len(table), table.shape[1] - 2, 1)


def show(
    events: Events,
    order: Annotated[str, typer.Option(help="The order's id.")],
    as_of: Annotated[str | None, typer.Option("--as-of", help="Only what was recorded by then, ISO 8601.")] = None,
    outcome: Outcome = None,
    zone: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """Show the events of one order, what of it is ready, and what is in its way.

    Without --as-of, as its last record has it. With --json only the events, as the body of a call to POST /v1/score.
    """
    import numpy as np

    from features.events import read_events
    from features.history import History
    from features.readiness.assessment import assess
    from features.readiness.pack_time import pack_times
    from features.times import micros, timestamps
    from serving.commands.readiness import print_readiness
    from serving.contract.cloudevents import cloud_events

    frame = read_events(events, zone)
    own = frame[(frame["order_id"] == order).to_numpy()].sort_values(["recorded_at", "occurred_at", "event_id"])
    if own.empty:
        raise InvalidRequest(f"the order must be one of the {frame['order_id'].nunique():,} in {events}, got {order!r}")
    if as_of is not None:
        own = own[(own["recorded_at"] <= timestamps(np.array([micros(as_of)]))[0]).to_numpy()]
    if as_json:
        print_json({"as_of": as_of, "events": cloud_events(own)} if as_of else {"events": cloud_events(own)})
        return
    rows = [
        [event["recordedtime"][:16], event["source"], event["type"].removeprefix("shiprisk."), _fields(event)]
        for event in cloud_events(own)
    ]
    print_table(f"Order {order}", ["recorded", "source", "type", "says"], rows)
    if not own.empty:
        history = History.of(own, read_policy(outcome, zone))
        moment = int(history.recorded.max()) if as_of is None else micros(as_of)
        usual = pack_times(History.of(frame), moment)
        print_readiness(assess(history, 0, moment, zone, usual), zone)


def _fields(event: dict[str, object]) -> str:
    return json.dumps(event["data"], ensure_ascii=False)[1:-1].replace('"', "")
