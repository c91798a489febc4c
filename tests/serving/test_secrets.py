"""Passwords of addresses show nowhere: wherever they stand, and whatever leaves the process."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from itertools import product
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
import structlog
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.errors import InvalidRequest, ShipriskError
from features.redaction import redact, secrets_of
from serving.commands import console
from serving.commands.source import read_from
from serving.models.cache import load_champion
from serving.problems import KINDS, as_problem, problem
from serving.settings import Settings
from serving.store.database import Database, DatabaseUnavailable
from serving.telemetry.logs import log_to
from serving.telemetry.redaction import redact_tracebacks
from training.registry.registry import Registry

PASSWORDS = ("s3cret-pw", "p@ss/w:rd?x", "sé cret&=%", 'quo"ted', "abc1")
DATABASES = (
    "postgresql://ship:{quoted}@127.0.0.1:9/store",
    "postgresql://127.0.0.1:9/store?user=ship&password={quoted}",
    "postgresql://127.0.0.1:9/store?sslpassword={quoted}&password={quoted}",
    "postgresql+psycopg://ship:{quoted}@127.0.0.1:9/store?connect_timeout=1",
    "mysql://ship:{quoted}@127.0.0.1/store",
    "postgresql://ship:{quoted}@127.0.0.1:port/store",
    "postgresql://ship:{quoted}@127.0.0.1:9/store?nonsense={quoted}&password={quoted}",
    "postgresql://127.0.0.1:9/store?options=-cpassword%3D{quoted}",
    "sqlite:///?odbc_connect=DRIVER%3Dx%3BPWD%3D{quoted}",
)
REGISTRIES = (
    "http://ship:{quoted}@127.0.0.1:9",
    "http://{quoted}@127.0.0.1:9",
    "http://127.0.0.1:9/?access_token={quoted}",
    "postgresql://ship:{quoted}@127.0.0.1:9/mlflow",
    "nonsense://ship:{quoted}@127.0.0.1:9",
)
CASES = [(password, place) for password, place in product(PASSWORDS, (*DATABASES, *REGISTRIES))]


def address(password: str, place: str) -> str:
    return place.format(quoted=quote(password, safe=""))


SEPARATORS = ("://", ":/", ":", "//", "/", ":///", "::/", ";//", ":\\\\", " ://", "\\\\", "")
MISTYPED = st.tuples(
    st.sampled_from(("postgresql", "postgres", "postgresql+psycopg", "http", "htps", "mysql", "")),
    st.sampled_from(SEPARATORS),
    st.sampled_from(("ship", "postgres", "")),
    st.sampled_from((":", "::", ";", " :", "%3A", "=")),
    st.text("abcdefgXYZ0123456789-_.!~", min_size=6, max_size=12).filter(lambda word: not word.isdigit()),
    st.sampled_from(("@", "@@", "%40", "#", " @", "?")),
    st.sampled_from(("db/store", "db.internal:5432/store", "", "127.0.0.1:9", "[::1]/x@y")),
)


@given(parts=MISTYPED)
@example(parts=("postgresql", ":///", "ship", "=", "00000X", "?", "db/store"))
@settings(max_examples=300)
def test_no_password_of_a_mistyped_address_is_shown(parts: tuple[str, ...]) -> None:
    url, password = "".join(parts), parts[4]
    assert password not in redact(f"got {url!r}: {url}", secrets_of(url)).replace("\\\\", "\\")
    assert f"'{password}'" not in redact(f"no such host: '{password}'", secrets_of(url))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://postgres@127.0.0.1:5432/postgres", "./mlruns", "databricks",
        "sqlite:////srv/ship risk/50%#1/x.db", "http://mlflow.internal:5000/base?a=1", "postgresql://[::1]:5432/store",
    ],
)  # fmt: skip
def test_an_address_without_a_password_is_shown_whole(url: str) -> None:
    assert redact(f"got {url}", secrets_of(url)) == f"got {url}"


@pytest.mark.parametrize(
    "url",
    [
        "mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BPWD%3Ds3cr3tPa",
        "mssql+pyodbc:///?odbc_connect=DRIVER%253Dx%253BPWD%253Ds3cr3tPa",
        "postgresql://127.0.0.1:1/x?options=-cpassword%3Ds3cr3tPa",
        "http://127.0.0.1:9/?with=token%3Ds3cr3tPa",
    ],
)
def test_no_password_within_a_value_of_a_query_is_shown(url: str) -> None:
    assert "s3cr3tPa" not in redact(f"got {url}, and '{url}': no s3cr3tPa", secrets_of(url))
    if not url.startswith("http"):
        assert "s3cr3tPa" not in redact(f"got {url}"), "not known, but standing in an address"


def test_of_a_query_the_names_of_its_parameters_are_shown() -> None:
    shown = redact("got 'postgresql:///store?host=/run/x&sslmode=require': no")
    assert shown == "got 'postgresql:///store?host=***&sslmode=***': no"


def shown_in(text: str, password: str) -> list[str]:
    """In which of its forms a password stands in a text, JSON's too."""
    forms = {password, quote(password), quote(password, safe=""), json.dumps(password)[1:-1]}
    return [form for form in forms if form in text]


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What is logged, as JSON."""
    stream = io.StringIO()
    log_to(stream)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


@pytest.mark.parametrize(("password", "place"), CASES)
def test_an_address_is_masked_and_what_it_holds_is_known(password: str, place: str) -> None:
    url = address(password, place)
    assert shown_in(redact(f"got {url}: no", secrets_of(url)), password) == []
    words = f'FATAL: "{password}" and {quote(password, safe="")} are no ports'
    assert shown_in(redact(words, secrets_of(url)), password) == []
    if "nonsense=" not in place:
        assert shown_in(redact(f"got {url}: no"), password) == [], "not known, but standing in an address"


@pytest.mark.parametrize(("password", "place"), list(product(PASSWORDS, DATABASES[:6])))
def test_no_error_of_a_database_shows_its_password(password: str, place: str) -> None:
    with pytest.raises(ShipriskError) as error:
        Database(address(password, place)).read(lambda connection: connection)
    assert shown_in(f"{error.value} {error.value.public}", password) == []
    if isinstance(error.value, DatabaseUnavailable):
        assert error.value.public.startswith("the database must answer, got no answer; ")


@pytest.mark.parametrize("nul", ["\0", "%00"])
def test_an_address_with_a_nul_character_is_refused_without_its_password(nul: str) -> None:
    for url in (f"postgresql://u:s3cr3tPa{nul}@127.0.0.1:1/x", f"sqlite:////srv/x{nul}y.db", f"rubbish{nul}"):
        with pytest.raises(InvalidRequest) as error:
            Database(url)
        assert str(error.value) == "the address of a database must have no NUL character, got one"


@pytest.mark.parametrize(("password", "place"), list(product(PASSWORDS[:3], REGISTRIES)))
def test_no_error_of_a_registry_shows_its_password(
    password: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = address(password, place)
    registry = Registry.__new__(Registry)
    registry.uri = url
    error = registry.as_shiprisk_error(ConnectionError(f"no route to {url} ({password})\nmore"), "risk")
    assert shown_in(f"{error} {error.public}", password) == []
    assert "\n" not in str(error)
    assert error.public == "the registry must answer, got an error"
    if place == REGISTRIES[-1]:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
        with pytest.raises(ShipriskError) as bad:
            load_champion(Settings(home=tmp_path))
        assert shown_in(f"{bad.value} {bad.value.public}", password) == []


@pytest.mark.parametrize(("password", "place"), list(product(PASSWORDS, DATABASES[:4])))
def test_a_run_keeps_no_password_of_the_store_it_learned_from(password: str, place: str) -> None:
    assert shown_in(repr(read_from(None, address(password, place))), password) == []


def test_mlflow_prints_no_address_that_may_have_a_password() -> None:
    Registry(REGISTRIES[0].format(quoted="pw"), Path())
    assert os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] == "true"


def in_log(text: str, stream: io.StringIO) -> str:
    log = structlog.get_logger("shiprisk.test")
    log.warning(text, why=text, error=ValueError(text), inside={"a": [text]})
    logging.getLogger("sqlalchemy").error("failed: %s", text)
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("failed")
    return stream.getvalue()


def in_a_terminal_log(text: str, stream: io.StringIO) -> str:
    stream.isatty = lambda: True  # type: ignore[method-assign]
    log_to(stream)
    return in_log(text, stream)


def in_a_problem(text: str, _: io.StringIO) -> str:
    other = as_problem(InvalidRequest(text))
    assert other is not None
    return (bytes(problem(KINDS[503 if 503 in KINDS else Exception], text).body) + bytes(other.body)).decode()


def in_a_line_of_a_command(text: str, stream: io.StringIO) -> str:
    for shown in (console.output, console.terminal):
        shown.file = stream
    try:
        console.say(text)
        console.print_note(text)
        console.print_table(text, ["x"], [[text]])
    finally:
        console.output.file, console.terminal.file = sys.stdout, sys.stderr
    return stream.getvalue().replace("\n", "")


def in_json_of_a_command(text: str, stream: io.StringIO) -> str:
    console.output.file = stream
    try:
        console.print_json({"registry": text, text: [{"of": text}], "count": 1, "share": 0.1})
    finally:
        console.output.file = sys.stdout
    assert json.loads(stream.getvalue().splitlines()[-1])["count"] == 1
    return stream.getvalue()


def in_a_failure_of_a_command(text: str, stream: io.StringIO) -> str:
    with redirect_stderr(stream):
        console.print_failure(text)
    return stream.getvalue()


def in_a_traceback(text: str, stream: io.StringIO) -> str:
    hooks, errors = (sys.excepthook, threading.excepthook), sys.stderr
    sys.stderr = stream
    try:
        redact_tracebacks()
        sys.excepthook(ValueError, ValueError(text), None)
        thread = threading.Thread(target=lambda: int(text))
        thread.start()
        thread.join()
    finally:
        (sys.excepthook, threading.excepthook), sys.stderr = hooks, errors
    return stream.getvalue()


@pytest.mark.parametrize(
    "way",
    [
        in_log,
        in_a_terminal_log,
        in_a_problem,
        in_a_line_of_a_command,
        in_json_of_a_command,
        in_a_failure_of_a_command,
        in_a_traceback,
    ],
    ids=lambda way: way.__name__,
)
@pytest.mark.parametrize("variable", ["MLFLOW_TRACKING_URI", "SHIPRISK_DATABASE_URL"])
@pytest.mark.parametrize("password", PASSWORDS)
def test_what_leaves_the_process_has_no_password(
    way: Callable[[str, io.StringIO], str],
    variable: str,
    password: str,
    said: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = DATABASES[:2] if variable == "SHIPRISK_DATABASE_URL" else REGISTRIES[:3]
    for place in places:
        monkeypatch.setenv(variable, address(password, place))
        shown = way(f"no {address(password, place)} with '{password}' or {quote(password, safe='')}", said)
        assert "***" in shown
        assert shown_in(shown, password) == []
        assert unquote(shown).count(password) == 0


def test_who_calls_reads_no_path_user_or_host() -> None:
    url = "postgresql://planner:pw@127.0.0.1:9/store"
    with pytest.raises(DatabaseUnavailable) as error:
        Database(url).read(lambda connection: connection)
    reply = as_problem(error.value)
    assert reply is not None
    body = bytes(reply.body).decode()
    assert reply.status_code == 503
    assert [
        word for word in ("127.0.0.1", "planner", "store", "psycopg", "/") if word in json.loads(body)["detail"]
    ] == []
    assert "127.0.0.1" in str(error.value), "who runs it does"
