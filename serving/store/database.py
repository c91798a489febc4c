"""One database: SQLite beside the models by default, PostgreSQL where several machines serve."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from features.errors import InvalidRequest, ShipriskError
from features.redaction import redact, secrets_of
from serving.store.dialects import IndexedByCompiler
from serving.store.locks import OrdersBusy, lock_orders, require_free
from serving.telemetry.metrics import DATABASE_ERRORS

T = TypeVar("T")
ATTEMPTS = 4
"""So often a transaction is begun anew when it stood in another's way."""
BUSY_MILLISECONDS = 10_000
WRITERS = 4
"""So many transactions of one process write at a time in PostgreSQL, one in SQLite; the others wait in line."""
WAITERS = 2
"""So many more wait in PostgreSQL for an order that another transaction keeps, beside those that write."""
TURN_TIMEOUT = 10
"""Seconds that a transaction waits for its turn."""
RETRY_HINT = "what was not acknowledged can be sent again"
POSTGRES = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "application_name": "shiprisk",
    "options": "-c timezone=UTC -c jit=off -c statement_timeout=15000 -c lock_timeout=10000"
    " -c idle_in_transaction_session_timeout=30000",
}
DEADLOCKS = ("40001", "40P01")
FULL = ("53100", "SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")
"""No room on the disk, or in a quota, a limit or a file that must grow."""
UNFIT = ("22", "23")
DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "XX001", "XX002")


class DatabaseUnavailable(ShipriskError):
    """The database does not answer. What was not acknowledged can be sent again: it is stored once."""


class DatabaseFull(ShipriskError):
    """The database has no room left."""


class DatabaseDamaged(DatabaseUnavailable):
    """A file that is no database, or half of one."""


class WriteConflict(DatabaseUnavailable):
    """Two transactions stood in each other's way, again and again."""


class Unstorable(ShipriskError):
    """A text or number that the database cannot hold."""


class Database:
    """Connections, and transactions that end in a commit or in an error that says what to do.

    Parameters
    ----------
    url : ``sqlite:///PATH`` or ``postgresql://USER@HOST/NAME``
    pool : connections kept open at most
    """

    def __init__(self, url: str, pool: int = 8) -> None:
        self.url = _parse_url(url)
        self.secrets = secrets_of(url)
        self._pool = pool
        self._engine: Engine | None = None
        self._writers = threading.BoundedSemaphore(1 if self.is_sqlite else WRITERS)
        self._waiters = threading.BoundedSemaphore(WAITERS)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def engine(self) -> Engine:
        """Made where it is first needed, so that a service that stores nothing makes no file."""
        if self._engine is None:
            self._engine = _sqlite(self.url, self._pool) if self.is_sqlite else _postgres(self.url, self._pool)
        return self._engine

    def __str__(self) -> str:
        """The URL without its passwords."""
        return redact(self.url.render_as_string(hide_password=True), self.secrets)

    def read(self, job: Callable[[Connection], T]) -> T:
        """What ``job`` finds."""
        with translated_errors(self), self.engine.connect() as connection:
            return job(connection)

    def write(self, job: Callable[[Connection], T]) -> T:
        """What ``job`` returns, once it is committed. It may run more than once, so it touches nothing else."""
        return self._attempt(job, self._writers)

    def write_orders(self, order_ids: Collection[str], job: Callable[[Connection], T]) -> T:
        """What ``job`` returns, committed, with orders that are kept to it; it begins once they are.

        Who must wait for another transaction to let go of one does so beside those that write.
        """

        def free(connection: Connection) -> T:
            require_free(connection, order_ids)
            return job(connection)

        def waiting(connection: Connection) -> T:
            lock_orders(connection, order_ids)
            return job(connection)

        try:
            return self._attempt(free, self._writers)
        except OrdersBusy:
            return self._attempt(waiting, self._waiters)

    def _attempt(self, job: Callable[[Connection], T], turns: threading.BoundedSemaphore) -> T:
        for _ in range(ATTEMPTS - 1):
            with suppress(WriteConflict):
                return self._commit(job, turns)
        return self._commit(job, turns)

    def _commit(self, job: Callable[[Connection], T], turns: threading.BoundedSemaphore) -> T:
        with self._turn(turns), translated_errors(self), self.engine.connect() as plain:
            connection = plain.execution_options(writes=True)
            with connection.begin():
                return job(connection)

    @contextmanager
    def _turn(self, turns: threading.BoundedSemaphore) -> Iterator[None]:
        """A place among those that write, or wait; who waits too long for it is told so."""
        if not turns.acquire(timeout=TURN_TIMEOUT):
            raise _failure(
                DatabaseUnavailable, self, f"take a write within {TURN_TIMEOUT} s", "none done", RETRY_HINT, "none done"
            )
        try:
            yield
        finally:
            turns.release()

    @contextmanager
    def streaming(self) -> Iterator[Connection]:
        """A connection whose rows are fetched as they are asked for."""
        with translated_errors(self), self.engine.connect() as connection:
            yield connection.execution_options(stream_results=True, yield_per=20_000)

    def close(self) -> None:
        """Let go of all connections."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def _parse_url(url: str) -> URL:
    must = "a database must be sqlite:///PATH or postgresql://USER@HOST/NAME"
    if "\0" in unquote(url):
        raise InvalidRequest("the address of a database must have no NUL character, got one")  # drivers cut it there
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
        if url.startswith(("postgresql:", "postgres:")):
            return _parse_url("postgresql+psycopg:" + url.partition(":")[2])
        raise InvalidRequest(f"{must}, got {redact(url, secrets_of(url))!r}") from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    elsewhere = any((parsed.username, parsed.password, parsed.host, parsed.port))  # a file has none of them
    if backend != "sqlite" or parsed.database in (None, "", ":memory:") or elsewhere:
        got = redact(parsed.render_as_string(hide_password=True), secrets_of(url))
        raise InvalidRequest(f"{must}, got {got}")
    return parsed


def _postgres(url: URL, pool: int) -> Engine:
    from serving.store.deadline import DeadlineConnection  # brings the driver, which SQLite needs none of

    engine = create_engine(
        url, pool_size=pool, max_overflow=pool, pool_timeout=10, pool_pre_ping=True, connect_args=POSTGRES
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, positional: list[Any], named: dict[str, Any]) -> Any:
        return DeadlineConnection.connect(*positional, **named)

    return engine


def _sqlite(url: URL, pool: int) -> Engine:
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    options = {"timeout": BUSY_MILLISECONDS / 1000}
    engine = create_engine(url, pool_size=pool, max_overflow=pool, pool_timeout=10, connect_args=options)
    engine.dialect.statement_compiler = IndexedByCompiler

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says so
        for setting in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={BUSY_MILLISECONDS}",
            "cache_size=-32000",
        ):
            connection.execute(f"PRAGMA {setting}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def translated_errors(database: Database) -> Iterator[None]:
    """Errors of the driver as ours, mapped once."""
    try:
        yield
    except PoolTimeout as error:
        DATABASE_ERRORS.labels("PoolTimeout").inc()
        must = "have a connection to spare"
        raise _failure(DatabaseUnavailable, database, must, "none in 10 s", "", "none in 10 s") from error
    except DBAPIError as error:
        explanation = _translated(database, error)
        DATABASE_ERRORS.labels(type(explanation).__name__).inc()
        raise explanation from error


def _translated(database: Database, error: DBAPIError) -> Exception:
    original = error.orig
    code = str(getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "")
    words = str(original).strip().splitlines()
    message = redact(words[0] if words else type(original).__name__, database.secrets)
    if code in FULL:
        return _failure(DatabaseFull, database, "have room", f"none: {message}", RETRY_HINT, "none")
    if code in DEADLOCKS:
        return WriteConflict(f"a transaction must find its orders free, got {message}: send it again")
    if code in DAMAGED:
        hint = "put a backup in its place with 'shiprisk db restore --replace', or name another database"
        return _failure(DatabaseDamaged, database, "be a whole store of shiprisk", message, hint, "a damaged one")
    if code.startswith(UNFIT) or code.startswith(("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG")):
        return _failure(Unstorable, database, "be able to hold what is sent", message, "", message)
    if code.startswith("42") or code == "SQLITE_ERROR":
        must, hint = "have the tables of this version", "run 'shiprisk db upgrade'"
        return _failure(DatabaseUnavailable, database, must, message, hint, "others")
    if "NUL" in message:
        return Unstorable(f"a text must have no NUL character, got one: {message}")
    return _failure(DatabaseUnavailable, database, "answer", message, RETRY_HINT, "no answer")


def _failure(
    kind: type[ShipriskError], database: Database, must: str, message: str, hint: str, public: str
) -> ShipriskError:
    """An error with the driver's words for who runs the service, and without them for who calls it."""
    end = f"; {hint}" if hint else ""
    return kind(
        f"the database {database} must {must}, got {message}{end}",
        public=f"the database must {must}, got {public}{end}",
    )
