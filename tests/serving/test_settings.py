"""A setting that cannot be is refused at the start: which variable, what must hold, what was got."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from features.errors import InvalidRequest
from serving.settings import Settings, refuse_unknown, say_faults
from tests.conftest import Home

WRONG = [
    ("RATE_LIMIT", "0/minute", "be 1 to 1,000,000,000 requests a second, minute, hour or day"),
    ("RATE_LIMIT_ADDRESS", "5/0 minute", "be 1 to 1,000,000,000 requests a second, minute, hour or day"),
    ("RATE_LIMIT", "99999999999999/minute", "be 1 to 1,000,000,000 requests a second, minute, hour or day"),
    ("RATE_LIMIT", "5/1000 years", "be 1 to 1,000,000,000 requests a second, minute, hour or day"),
    ("RATE_LIMIT", "-5/minute", "be a rate such as 12000/minute"),
    ("RATE_LIMIT", "10/minute;5/second", "be a rate such as 12000/minute"),
    ("FOLLOW", "-1", "be at least 0"),
    ("FOLLOW", "nan", "be at most 86,400"),
    ("TIMEOUT", "inf", "be at most 3,600"),
    ("TIMEOUT", "0", "be more than 0"),
    ("BODY_RATE", "0", "be at least 1"),
    ("MAX_EVENTS", "1e400", "be a whole number"),
    ("MAX_CONNECTIONS", "9" * 30, "be at most 100,000"),
    ("MAX_BODY_BYTES", "4MB", "be a whole number"),
    ("KEEPER", "yes", "be 'process', 'thread' or 'none'"),
    ("ZONE", "rubbish", "be an IANA time zone such as Europe/Berlin"),
    ("NOW", "rubbish", "be an ISO 8601 date or time such as 2026-01-01T06:00:00Z"),
    ("NO_AUTH", "perhaps", "be true or false"),
]


@pytest.mark.parametrize(("name", "value", "must"), WRONG)
def test_a_setting_that_cannot_be_is_named_with_what_must_hold(
    name: str, value: str, must: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"SHIPRISK_{name}", value)
    with pytest.raises(ValidationError) as error:
        Settings()
    assert say_faults(error.value) == f"SHIPRISK_{name} must {must}, got {value!r}"


def test_a_variable_that_is_none_is_named_with_the_nearest() -> None:
    refuse_unknown(["PATH", "SHIPRISK_HOME", "SHIPRISK_SIGNALS", "SHIPRISK_SERVICE_HOST", "SHIPRISK_PORT_80_TCP"])
    with pytest.raises(InvalidRequest, match=r"got SHIPRISK_DATABSE_URL \(did you mean SHIPRISK_DATABASE_URL\?\)$"):
        refuse_unknown(["SHIPRISK_HOME", "SHIPRISK_DATABSE_URL"])


def test_no_command_begins_with_a_variable_that_is_none(empty_home: Home) -> None:
    wrong = {
        "SHIPRISK_TIK": ("0", "got SHIPRISK_TIK (did you mean SHIPRISK_TICK?)"),
        "SHIPRISK_GRACE": ("-1", "SHIPRISK_GRACE must be at least 0, got '-1'"),
    }
    for name, (value, says) in wrong.items():
        done = replace(empty_home, environment=empty_home.environment | {name: value}).run("keys", "list")
        assert (done.returncode, says in " ".join(done.stderr.split())) == (2, True), done.stderr


def test_an_address_given_for_an_argument_is_said_without_its_password(empty_home: Home) -> None:
    for call in (["db", "upgrade"], ["keys", "list"], []):
        done = empty_home.run(*call, "postgresql://u:s3cr3tPa@h/x")
        assert (done.returncode, "s3cr3tPa" in done.stderr, "***" in done.stderr) == (2, False, True), done.stderr
