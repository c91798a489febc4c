"""The outcome policy: what counts as on time and in full, which is the user's choice.

It is kept in one small TOML file and travels with the events it is applied to (``History.of(events, policy)``), so that
states, due dates, signals, outcomes and readiness follow the same rules. ``docs/outcomes.md`` says what each key means.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from features.errors import InvalidRequest

Promise = Literal["last", "first", "customer", "requested"]
PROMISES: tuple[Promise, ...] = get_args(Promise)
"""The promise an order is held to: the last one, the first one, the first one unless the customer asked for or agreed
to another, or the date the customer requested."""
CUSTOMER, PLANT = "customer", "plant"
NONE = "none"
"""How a file takes back a limit for one customer or plant."""
MOST_DAYS, MOST_SHARE = 365, 1000
Overrides = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class OutcomeRules:
    """What holds for an order.

    Attributes
    ----------
    promise : one of ``PROMISES``
    under_delivery : the share that may lack and still be in full, in [0, 1)
    over_delivery : the share that may be too much, 0 or more; ``None``: any surplus is in full
    earliest : working days before the promise from which delivery counts; ``None``: it counts whenever it left
    late : days after the promise until which delivery counts
    excused : reasons that do not count against the plant
    grace : days for late bookings after which an outcome is settled
    """

    promise: Promise = "last"
    under_delivery: float = 0.0
    over_delivery: float | None = None
    earliest: int | None = None
    late: float = 0.0
    excused: tuple[str, ...] = ()
    grace: float = 2.0


KEYS = tuple(each.name for each in fields(OutcomeRules))


@dataclass(frozen=True)
class OutcomePolicy:
    """The rules of all orders.

    Attributes
    ----------
    rules : of every order, but for what is said by plant and by customer
    by_plant, by_customer : what is different, by name: some of the fields of ``OutcomeRules``. What is said of the
        customer comes before what is said of the plant.
    zone : the plant's time zone, in which working days are counted
    """

    rules: OutcomeRules = OutcomeRules()
    by_plant: Overrides = field(default_factory=dict)
    by_customer: Overrides = field(default_factory=dict)
    zone: str = "UTC"

    def rules_of(self, customer: str | None = None, plant: str | None = None) -> OutcomeRules:
        """What holds for an order of a customer and a plant.

        >>> policy = OutcomePolicy(by_customer={"ACME": {"promise": "requested"}})
        >>> policy.rules_of("ACME").promise, policy.rules_of("BOLT").promise
        ('requested', 'last')
        """
        said = dict(self.by_plant.get(plant or "", {})) | dict(self.by_customer.get(customer or "", {}))
        return replace(self.rules, **said)

    @cached_property
    def is_default(self) -> bool:
        """Whether nothing is said that would not hold anyway."""
        return all(rules == OutcomeRules() for rules in self.all_rules())

    @cached_property
    def fails_late_alone(self) -> bool:
        """Whether an order fails exactly where not all of it has left by its promise: by no rule is one too early, too
        much, or excused."""
        return all(r.earliest is None and r.over_delivery is None and not r.excused for r in self.all_rules())

    def all_rules(self) -> Iterator[OutcomeRules]:
        """The rules of any order."""
        for customer in (None, *self.by_customer):
            for plant in (None, *self.by_plant):
                yield self.rules_of(customer, plant)

    def with_rules(self, **said: Any) -> OutcomePolicy:
        """These rules for every order; what is not said stays as it is."""
        by_plant, by_customer = (_without(said, overrides) for overrides in (self.by_plant, self.by_customer))
        return OutcomePolicy(replace(self.rules, **said), by_plant, by_customer, self.zone)

    @cached_property
    def by_last_promise(self) -> OutcomePolicy:
        """These rules, with every order held to the promise stated last."""
        return self.with_rules(promise="last")

    def to_json(self) -> dict[str, Any]:
        """As ``of_json`` reads it; equal policies give equal content."""
        content = asdict(self.rules) | {"excused": list(self.rules.excused)}
        for dimension, overrides in ((PLANT, self.by_plant), (CUSTOMER, self.by_customer)):
            said = {name: _listed(own) for name, own in sorted(overrides.items()) if own}
            content |= {dimension: said} if said else {}
        return content | ({"zone": self.zone} if self.zone != "UTC" else {})

    @classmethod
    def of_json(cls, stored: Mapping[str, Any] | None) -> OutcomePolicy:
        """The policy that was stored; the default one where none was, as before there was a choice."""
        if stored is None:
            return cls()
        base = {key: stored[key] for key in KEYS if key in stored}
        by_plant, by_customer = (
            {name: _with_tuples(own) for name, own in stored.get(dimension, {}).items()}
            for dimension in (PLANT, CUSTOMER)
        )
        return cls(OutcomeRules(**_with_tuples(base)), by_plant, by_customer, stored.get("zone", "UTC"))

    @property
    def digest(self) -> str:
        """Sixteen hex digits of what it says."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:16]

    def __str__(self) -> str:
        """What it says that would not hold anyway, such as ``promise = first, under_delivery = 0.05``."""
        plain = OutcomePolicy().to_json()
        said = [f"{path} = {value}" for path, value in _flat(self.to_json()) if plain.get(path) != value]
        return ", ".join(said) or "the default"


DEFAULT_POLICY = OutcomePolicy()


def _without(keys: Mapping[str, Any], overrides: Overrides) -> Overrides:
    return {name: {k: value for k, value in own.items() if k not in keys} for name, own in overrides.items()}


def _listed(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if key == "excused" else value for key, value in sorted(said.items())}


def _with_tuples(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if key == "excused" else value for key, value in said.items()}


def _flat(content: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", ", ".join(value) if isinstance(value, list) and value else value


# -- the file --------------------------------------------------------------------------------------------------


def read_policy(path: Path | None, zone: str = "UTC") -> OutcomePolicy:
    """The policy of a TOML file, the default one where there is no file.

    Parameters
    ----------
    zone : the plant's time zone; it is kept where working days are counted

    Raises ``InvalidRequest`` that says what must hold, what was got, under which key and in which file.
    """
    if path is None:
        return DEFAULT_POLICY
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidRequest(f"an outcome policy must be a TOML file, got {path}: {error}") from error
    policy = policy_of(content, str(path))
    counts_days = any(rules.earliest is not None for rules in policy.all_rules())
    return replace(policy, zone=zone) if counts_days else policy


def policy_of(content: Mapping[str, Any], where: str) -> OutcomePolicy:
    """The policy that parsed TOML states; ``where`` is told in errors. Raises ``InvalidRequest``."""
    base = {key: value for key, value in content.items() if key not in (PLANT, CUSTOMER)}
    _require_known(base, (*KEYS, PLANT, CUSTOMER), "", where)
    rules = OutcomeRules(**_values(base, "", where))
    by_plant, by_customer = (_overrides(content.get(name, {}), name, where) for name in (PLANT, CUSTOMER))
    return OutcomePolicy(rules, by_plant, by_customer)


def _overrides(tables: Any, dimension: str, where: str) -> Overrides:
    _require(isinstance(tables, dict), f"hold tables such as [{dimension}.NAME]", tables, dimension, where)
    for name, said in tables.items():
        _require(isinstance(said, dict), f"be a table [{dimension}.{name}]", said, f"{dimension}.{name}", where)
        _require_known(said, KEYS, f"{dimension}.{name}.", where)
    return {name: _values(said, f"{dimension}.{name}.", where) for name, said in tables.items()}


def _values(said: Mapping[str, Any], above: str, where: str) -> dict[str, Any]:
    return {key: _value(key, value, above + key, where) for key, value in said.items()}


def _value(key: str, value: Any, path: str, where: str) -> Any:
    """One value in the type it is kept in."""
    if key == "promise":
        _require(value in PROMISES, f"be {', '.join(PROMISES[:-1])} or {PROMISES[-1]}", value, path, where)
        return value
    if key == "excused":
        texts = isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value)
        _require(texts, "be a list of reasons", value, path, where)
        return tuple(sorted({each.strip() for each in value}))
    if key in ("over_delivery", "earliest") and value == NONE:
        return None
    if key == "earliest":
        whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_DAYS
        _require(whole, f"be a whole number of working days from 0 to {MOST_DAYS}, or {NONE!r}", value, path, where)
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    if key == "under_delivery":
        _require(number and value < 1, "be a share in [0, 1)", value, path, where)
    elif key == "over_delivery":
        _require(number and value <= MOST_SHARE, f"be a share from 0 to {MOST_SHARE}, or {NONE!r}", value, path, where)
    else:
        _require(number and value <= MOST_DAYS, f"be a number of days from 0 to {MOST_DAYS}", value, path, where)
    return float(value)


def _require_known(said: Mapping[str, Any], known: tuple[str, ...], above: str, where: str) -> None:
    for key in said:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InvalidRequest(
                f"the keys of an outcome policy must be {', '.join(known)}, got {above}{key} in {where}{hint}"
            )


def _require(holds: bool, must: str, got: object, path: str, where: str) -> None:
    if not holds:
        raise InvalidRequest(f"{path} must {must}, got {got!r} in {where}")
