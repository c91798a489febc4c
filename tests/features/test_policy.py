"""The outcome policy as a file: what it may say, what it says by customer and plant, and what is refused in words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from features.errors import InvalidRequest
from features.policy import DEFAULT_POLICY, KEYS, OutcomePolicy, OutcomeRules, policy_of, read_policy

ROOT = Path(__file__).parents[2]
WHOLE = """
promise = "customer"
under_delivery = 0.02
over_delivery = 0.1
earliest = 3
late = 1
excused = ["carrier", "customer not ready"]
grace = 4

[plant.P100]
grace = 7
promise = "first"

[customer.ACME]
promise = "requested"
earliest = "none"
over_delivery = "none"
"""


def policy_file(folder: Path, text: str) -> Path:
    path = folder / "outcome.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_default_holds() -> None:
    assert read_policy(None) == DEFAULT_POLICY
    assert DEFAULT_POLICY.is_default
    assert DEFAULT_POLICY.rules == OutcomeRules("last", 0.0, None, None, 0.0, (), 2.0)


def test_a_file_says_what_is_different(tmp_path: Path) -> None:
    policy = read_policy(policy_file(tmp_path, WHOLE), "Europe/Berlin")
    assert policy.rules == OutcomeRules("customer", 0.02, 0.1, 3, 1.0, ("carrier", "customer not ready"), 4.0)
    assert not policy.is_default
    assert policy.zone == "Europe/Berlin"
    assert read_policy(policy_file(tmp_path, 'promise = "first"'), "Europe/Berlin").zone == "UTC"
    assert read_policy(policy_file(tmp_path, "")) == DEFAULT_POLICY


def test_what_is_said_of_the_customer_comes_before_what_is_said_of_the_plant(tmp_path: Path) -> None:
    policy = read_policy(policy_file(tmp_path, WHOLE))
    acme = policy.rules_of("ACME", "P100")
    assert (acme.promise, acme.earliest, acme.over_delivery, acme.grace) == ("requested", None, None, 7.0)
    assert policy.rules_of("BOLT", "P100").promise == "first"
    assert policy.rules_of("BOLT", "P200") == policy.rules_of() == policy.rules


def test_a_policy_is_the_same_after_it_was_stored(tmp_path: Path) -> None:
    policy = read_policy(policy_file(tmp_path, WHOLE), "Europe/Berlin")
    assert OutcomePolicy.of_json(policy.to_json()) == policy
    assert OutcomePolicy.of_json(None) == DEFAULT_POLICY
    assert OutcomePolicy.of_json({"promise": "first"}).rules == OutcomeRules(promise="first")


def test_the_digest_is_of_what_is_said_not_of_how(tmp_path: Path) -> None:
    one, other = 'late = 1\nexcused = ["b", "a"]', 'excused = ["a", "b", "a"]\nlate = 1.0\ngrace = 2'
    digests = {read_policy(policy_file(tmp_path, text)).digest for text in (one, other)}
    assert len(digests) == 1
    assert digests != {read_policy(policy_file(tmp_path, "late = 2")).digest}
    assert read_policy(policy_file(tmp_path, "grace = 2")).digest == DEFAULT_POLICY.digest


def test_a_policy_in_words_names_what_is_different() -> None:
    policy = policy_of({"promise": "first", "grace": 2, "plant": {"P": {"excused": ["a", "b"]}}}, "here")
    assert str(policy) == "promise = first, plant.P.excused = a, b"
    assert str(DEFAULT_POLICY) == "the default"


def test_rules_for_every_order_take_the_place_of_all_that_is_said_of_them() -> None:
    policy = policy_of({"late": 1, "customer": {"ACME": {"promise": "first", "grace": 5}}}, "here")
    last = policy.with_rules(promise="last")
    assert last.rules_of("ACME") == OutcomeRules(late=1.0, grace=5.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('promis = "first"', r"got promis in .*outcome.toml; did you mean promise\?"),
        ("[customer.ACME]\nunder_delivry = 0.1", r"customer\.ACME\.under_delivry in .*; did you mean under_delivery\?"),
        ("wholly_unlike = 1", r"must be promise, under_delivery, .*, got wholly_unlike in"),
        ('promise = "second"', r"promise must be last, first, customer or requested, got 'second' in .*outcome.toml"),
        ("under_delivery = 1", r"under_delivery must be a share in \[0, 1\), got 1 in"),
        ("under_delivery = -0.1", r"under_delivery must be a share"),
        ("under_delivery = nan", r"under_delivery must be a share"),
        ("over_delivery = true", r"over_delivery must be a share from 0 to 1000, or 'none', got True"),
        ("earliest = 1.5", r"earliest must be a whole number of working days from 0 to 365, or 'none', got 1.5"),
        ("late = 366", r"late must be a number of days from 0 to 365, got 366"),
        ('grace = "2"', r"grace must be a number of days from 0 to 365, got '2'"),
        ('excused = "carrier"', r"excused must be a list of reasons, got 'carrier'"),
        ('[plant.P100]\nlate = "none"', r"plant\.P100\.late must be a number of days"),
        ('customer = "ACME"', r"customer must hold tables such as \[customer\.NAME\], got 'ACME'"),
        ("[customer]\nACME = 1", r"customer\.ACME must be a table \[customer\.ACME\], got 1"),
        ("late = ", r"must be a TOML file, got .*outcome.toml: "),
    ],
)
def test_what_a_policy_may_not_say_is_refused_with_where_it_stands(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        read_policy(policy_file(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"must be a TOML file, got .*away.toml: "):
        read_policy(tmp_path / "away.toml")


def test_the_files_of_the_page_say_what_it_says_of_them(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "outcomes.md").read_text(encoding="utf-8")
    sap, scor, retailer = (
        read_policy(policy_file(tmp_path, text)).rules for text in re.findall(r"```toml\n(.*?)```", page, re.S)
    )
    assert sap == OutcomeRules("last", under_delivery=0.05, over_delivery=0.1)
    assert scor == OutcomeRules("customer")
    assert retailer == OutcomeRules("requested", earliest=2)
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.M)) == set(KEYS)
    sample = read_policy(ROOT / "examples" / "outcomes" / "retailer.toml")
    assert sample.rules == retailer
    assert sample.rules_of("CORNERSHOP") == OutcomeRules("customer", late=1.0)


def test_every_key_of_the_rules_may_stand_in_a_file() -> None:
    said: dict[str, Any] = OutcomeRules().__dict__ | {"over_delivery": "none", "earliest": "none", "excused": []}
    assert policy_of(said, "here") == DEFAULT_POLICY
