"""From a TOML file to a ``Plant``, with errors that say what must hold, what was got and where."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin, get_type_hints

from features.errors import ShipriskError
from features.times import LATEST, micros
from simulation.description.description import Bounds, Plant

T = TypeVar("T")
SYSTEMS = ("erp", "mes", "qms", "wms", "tms")
WORDS: dict[type, str] = {str: "a text", float: "a number", int: "a whole number", date: "a date such as 2025-01-01"}


class InvalidPlant(ShipriskError):
    """A plant file that does not describe a plant."""


def shipped_plants() -> list[str]:
    """The names of the plants that come with the package."""
    return sorted(
        file.name.removesuffix(".toml")
        for file in resources.files("simulation.description.plants").iterdir()
        if file.name.endswith(".toml")
    )


def load_plant(name_or_path: str | Path = "default") -> Plant:
    """The plant of that name in the package, or of that file.

    Raises ``InvalidPlant`` when there is none, or when a value breaks a rule.
    """
    names = shipped_plants()
    if str(name_or_path) in names:
        return read_plant(_shipped(str(name_or_path)), f"plant {name_or_path}")
    path = Path(name_or_path)
    if not path.is_file():
        raise InvalidPlant(f"the plant must be one of {', '.join(names)} or a TOML file, got {str(path)!r}")
    try:
        return read_plant(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise InvalidPlant(f"the plant must be a TOML file in UTF-8, got {error} in {path}") from error


def read_plant(text: str, where: str) -> Plant:
    """The plant that a TOML text describes; ``where`` names the text in errors."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidPlant(f"the plant must be valid TOML, got {error} in {where}") from error
    plant = _read_table(Plant, _with_base(content, where), where, "")
    _check_names(plant, where)
    _check_rest(plant, where)
    return plant


def _with_base(content: dict[str, Any], where: str) -> dict[str, Any]:
    """The content; what it does not say is that of the shipped plant it ``extends``, key by key of its tables."""
    if "extends" not in content:
        return content
    own = {name: value for name, value in content.items() if name != "extends"}
    base, names = content["extends"], shipped_plants()
    if base not in names:
        raise InvalidPlant(f"extends must be one of {', '.join(names)}, got {base!r} ({where})")
    whole = _with_base(tomllib.loads(_shipped(base)), where)
    for name, value in own.items():
        both = isinstance(value, dict) and isinstance(whole.get(name), dict)
        whole[name] = whole[name] | value if both else value
    return whole


def _shipped(name: str) -> str:
    file = resources.files("simulation.description.plants") / f"{name}.toml"
    return file.read_text(encoding="utf-8")


def _read_table(kind: type[T], content: Any, where: str, path: str) -> T:
    """A table of the file as the dataclass that names its keys."""
    if not isinstance(content, dict):
        raise InvalidPlant(f"{path} must be a table, got {content!r} ({where})")
    hints = get_type_hints(kind, include_extras=True)
    optional = {field.name for field in fields(cast("Any", kind)) if field.default is not MISSING}
    wrong = [f"{name} missing" for name in hints if name not in content and name not in optional]
    wrong += [f"{name} unknown" for name in content if name not in hints]
    if wrong:
        must = f"{path or 'a plant'} must have the keys {', '.join(hints)}"
        raise InvalidPlant(f"{must}, got {', '.join(content) or 'none'}: {', '.join(wrong)} ({where})")
    given = {name: hint for name, hint in hints.items() if name in content}
    return kind(
        **{name: _read_value(hint, content[name], where, f"{path}.{name}".lstrip(".")) for name, hint in given.items()}
    )


def _read_value(hint: Any, got: Any, where: str, path: str, bounds: Bounds | None = None) -> Any:
    """A value of the file as its type says, within its bounds."""
    if get_origin(hint) is Annotated:
        plain, bounds = get_args(hint)
        return _read_value(plain, got, where, path, bounds)
    if get_origin(hint) is tuple:
        return _read_sequence(hint, got, where, path, bounds)
    if is_dataclass(hint):
        return _read_table(cast("type[Any]", hint), got, where, path)
    fits = isinstance(got, int | float if hint is float else hint) and not isinstance(got, bool)
    if not fits or got == "":
        raise InvalidPlant(f"{path} must be {WORDS[hint]}, got {got!r} ({where})")
    if bounds is not None and not bounds.least <= got <= bounds.most:
        raise InvalidPlant(f"{path} must lie between {bounds.least:g} and {bounds.most:g}, got {got!r} ({where})")
    return float(got) if hint is float else got


def _read_sequence(hint: Any, got: Any, where: str, path: str, bounds: Bounds | None) -> tuple[Any, ...]:
    if not isinstance(got, list):
        raise InvalidPlant(f"{path} must be a list, got {got!r} ({where})")
    of, *rest = get_args(hint)
    values = tuple(
        _read_value(of, item, where, f"{path}[{number}]", bounds) for number, item in enumerate(got, start=1)
    )
    if rest == [of] and not (len(values) == 2 and values[0] <= values[1]):
        raise InvalidPlant(f"{path} must be two numbers, the smaller first, got {got!r} ({where})")
    return values


def _check_names(plant: Plant, where: str) -> None:
    """Every name is given once and every reference finds its name."""
    centers = _require_unique(where, "work_centers", (group.name for group in plant.work_centers))
    routes = _require_unique(where, "routes", (group.name for group in plant.routes))
    parts = _require_unique(
        where, "suppliers.components", (name for group in plant.suppliers for name in group.components)
    )
    _require_unique(where, "suppliers", (group.name for group in plant.suppliers))
    _require_unique(where, "customers", (group.name for group in plant.customers))
    _require_unique(where, "items", (group.name for group in plant.items))
    for customers in plant.customers:
        _require_known(where, f"the route of customers {customers.name!r}", [customers.route], routes)
    for items in plant.items:
        _require_known(where, f"the routing of items {items.name!r}", items.routing, centers)
        _require_known(where, f"the components of items {items.name!r}", items.components, parts)
    for name in ("dates", "transactions", "sequenced"):
        _require_known(where, f"data_quality.{name}", getattr(plant.data_quality, name), list(SYSTEMS))
    _require_known(
        where,
        "shipping.inspection and shipping.packaging",
        [plant.shipping.inspection, plant.shipping.packaging],
        centers,
    )


def _require_unique(where: str, what: str, names: Iterable[str]) -> list[str]:
    seen: list[str] = []
    for name in names:
        if name in seen:
            raise InvalidPlant(f"the names in {what} must be unique, got {name!r} twice ({where})")
        seen.append(name)
    return seen


def _require_known(where: str, what: str, references: Iterable[str], known: list[str]) -> None:
    for name in references:
        if name not in known:
            raise InvalidPlant(f"{what} must be among {', '.join(known) or 'none'}, got {name!r} ({where})")


def _check_rest(plant: Plant, where: str) -> None:
    rules = {
        "shift.last_hour must be after shift.first_hour": plant.shift.first_hour < plant.shift.last_hour,
        "begins must lie between 2000-01-01 and 2200-01-01": plant.begins.year >= 2000
        and micros(plant.begins) < LATEST,
        "demand.months must be twelve weights, not all zero": len(plant.demand.months) == 12
        and sum(plant.demand.months) > 0,
        "demand.lines must be weights, not all zero": sum(plant.demand.lines) > 0,
        "customers, items, work_centers, suppliers and routes must have at least one entry each": all(
            (plant.customers, plant.items, plant.work_centers, plant.routes, plant.suppliers)
        ),
        "the routing of every group of items must have at least one operation": all(g.routing for g in plant.items),
        "every route must have at least one weekday": all(group.weekdays for group in plant.routes),
        "routes must leave within the shift": all(
            plant.shift.first_hour <= group.cut_off <= plant.shift.last_hour for group in plant.routes
        ),
    }
    for must, holds in rules.items():
        if not holds:
            raise InvalidPlant(f"{must}, got otherwise ({where})")
