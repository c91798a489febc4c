"""The form of a what-if: what could happen to an order, each with lists of what that order really has.

Without a script all fields are there, and those that the chosen kind does not ask for are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from math import inf, nan
from typing import Any, NamedTuple

import orjson

from features.errors import InvalidRequest
from features.events.schema import HOLD_KINDS, READINESS_KINDS
from features.what_if.choices import Choice, Choices
from features.what_if.moves import NEW_TRUCK
from serving.pages.browser import Form
from serving.pages.locale.texts import gettext, message

NOTHING = Form([])
OF_TYPE = re.compile(r" for [a-z_]+\.[a-z_]+")
"""The type of an event, which the form names in words."""


class Happening(NamedTuple):
    """Something that could happen.

    Attributes
    ----------
    name, text : as the form sends it, and as it shows it
    type, state : of the event that says so
    needs, may : the fields that it asks for, and those that may be left empty
    """

    name: str
    text: str
    type: str
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    state: str | None = None


HAPPENINGS = (
    Happening("hold_released", message("a hold is released"), "hold.released", ("hold",)),
    Happening("component_comes", message("a component comes"), "material.stated", ("shortage",), (), "available"),
    Happening(
        "component_due",
        message("a component comes on another day"),
        "material.stated",
        ("shortage", "date"),
        (),
        "short",
    ),
    Happening("lot_passes", message("a failed lot passes"), "inspection.recorded", ("lot",), (), "passed"),
    Happening(
        "condition_met", message("a shipping condition is met"), "readiness.stated", ("condition",), ("line_id",), "met"
    ),
    Happening("plan_moves", message("the planned end moves"), "production.rescheduled", ("production_order", "date")),
    Happening(
        "plan_begins", message("an end of the work is planned"), "production.rescheduled", ("date",), ("line_id",)
    ),
    Happening(
        "truck_moves", message("a truck leaves on another day"), "delivery.planned", ("truck", "date"), ("quantity",)
    ),
    Happening(
        "truck_planned", message("one more truck is planned"), "delivery.planned", ("date",), ("line_id", "quantity")
    ),
    Happening("promise_moves", message("the promise moves"), "commitment.changed", ("date",), ("line_id",)),
    Happening("goods_leave", message("goods leave"), "goods.issued", (), ("line_id", "quantity")),
    Happening("hold_placed", message("a hold is placed"), "hold.placed", ("hold_kind",), ("line_id", "date")),
    Happening(
        "component_short",
        message("another component is missing"),
        "material.stated",
        ("component",),
        ("line_id", "date", "quantity"),
        "short",
    ),
    Happening(
        "lot_fails",
        message("an inspection fails"),
        "inspection.recorded",
        ("inspection",),
        ("lot_name", "line_id"),
        "failed",
    ),
    Happening(
        "condition_not_met",
        message("a shipping condition is not met"),
        "readiness.stated",
        ("condition",),
        ("line_id",),
        "not_met",
    ),
)
BY_NAME = {one.name: one for one in HAPPENINGS}


class Field(NamedTuple):
    """A field of the form.

    Attributes
    ----------
    label, hint : what it is called, and what it is of
    ask : what is said where it is needed and empty
    column : of the event that it says; "" for a choice among things of the order, which says several
    blank : what the list says where nothing is chosen
    """

    name: str
    label: str
    ask: str
    column: str = ""
    hint: str = ""
    blank: str = message("choose")


FIELDS = (
    Field("hold", message("Hold"), message("Choose the hold")),
    Field("shortage", message("Missing component"), message("Choose the component")),
    Field("lot", message("Failed lot"), message("Choose the lot")),
    Field("production_order", message("Production order"), message("Choose the production order")),
    Field("truck", message("Truck"), message("Choose the truck")),
    Field("hold_kind", message("Kind of hold"), message("Choose the kind of hold"), "kind"),
    Field(
        "component",
        message("Component"),
        message("Name the component"),
        "reference",
        message("any by its name"),
    ),
    Field("inspection", message("Inspection"), message("Choose the inspection"), "kind"),
    Field("lot_name", message("Lot"), message("Name the lot"), "reference", message("may be empty")),
    Field("condition", message("Shipping condition"), message("Choose the shipping condition"), "kind"),
    Field(
        "line_id",
        message("Line"),
        message("Choose the line"),
        "line_id",
        blank=message("the whole order"),
    ),
    Field("date", message("Date"), message("Choose the date"), "date"),
    Field(
        "quantity",
        message("Quantity"),
        message("Say the quantity"),
        "quantity",
        message("may be empty: all that is left, or as it is"),
    ),
)
BY_FIELD = {field.name: field for field in FIELDS}
WORDS = {
    "hold_kind": HOLD_KINDS,
    "inspection": ("in_process", "final"),
    "condition": READINESS_KINDS,
}
COLUMNS = {
    "type": message("What happens"),
    "state": message("What happens"),
    "line_id": message("Line"),
    "kind": message("Kind"),
    "reference": message("Name"),
    "date": message("Date"),
    "quantity": message("Quantity"),
}
"""What columns of an event are called where no field says them."""


class ShownField(NamedTuple):
    """A field as it is drawn: a list where it has options, else a box for its kind of content."""

    field: Field
    happenings: str
    options: list[tuple[str, str]] | None
    value: str


class IncompleteForm(InvalidRequest):
    """A form that says too little, or nothing that can be read: what to do about each field."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


class WhatIfForm:
    """The form for one order, with what was entered.

    Parameters
    ----------
    choices : what the order has
    sent : the fields as they were sent
    """

    def __init__(self, choices: Choices, sent: Form = NOTHING) -> None:
        self.components = choices.components
        self._unplanned = choices.unplanned
        self._sent = sent
        self._lists: dict[str, list[Choice]] = {
            "hold": choices.holds,
            "shortage": choices.shortages,
            "lot": choices.lots,
            "production_order": choices.production_orders,
            "truck": choices.trucks,
            "line_id": [Choice(line, {"line_id": line}) for line in choices.lines],
            **{name: [Choice(_readable(word), {"kind": word}) for word in words] for name, words in WORDS.items()},
        }

    @property
    def happenings(self) -> list[Happening]:
        """What could happen to the order; what needs a thing of which it has none is left out."""
        possible = [one for one in HAPPENINGS if all(self._lists.get(name, [""]) for name in one.needs)]
        return [one for one in possible if self._unplanned or one.name != "plan_begins"]

    @property
    def chosen(self) -> str:
        """The name of what happens, "" where nothing is chosen."""
        return self._sent.get("happens")

    @property
    def fields(self) -> list[ShownField]:
        """Those that what could happen asks for."""
        asked: dict[str, list[str]] = {field.name: [] for field in FIELDS}
        for one in self.happenings:
            for name in (*one.needs, *one.may):
                asked[name].append(one.name)
        return [self._shown(field, asked[field.name]) for field in FIELDS if asked[field.name]]

    def _shown(self, field: Field, happenings: list[str]) -> ShownField:
        options = self._options(field.name)
        only = options[0][0] if options is not None and len(options) == 1 and not self.chosen else ""
        value = self._sent.get(field.name) or ("" if field.name == "line_id" else only)
        return ShownField(field, " ".join(happenings), options, value)

    def _options(self, name: str) -> list[tuple[str, str]] | None:
        listed = self._lists.get(name)
        return None if listed is None else [(_key(one), one.name) for one in listed]

    def event(self) -> dict[str, Any]:
        """The event that the fields say. Raises ``IncompleteForm``."""
        happening = BY_NAME.get(self.chosen)
        if happening is None:
            raise IncompleteForm([gettext("Choose what should happen")])
        data: dict[str, Any] = {} if happening.state is None else {"state": happening.state}
        errors = []
        for name in (*happening.needs, *happening.may):
            text = self._sent.get(name)
            if text:
                try:
                    data |= self._read(BY_FIELD[name], text)
                except InvalidRequest as error:
                    errors.append(str(error))
            elif name in happening.needs:
                errors.append(gettext(BY_FIELD[name].ask))
        if errors:
            raise IncompleteForm(errors)
        return {"type": happening.type, "data": _implied(happening.name, data)}

    def _read(self, field: Field, text: str) -> Mapping[str, Any]:
        if field.name in self._lists:
            about = next((one.about for one in self._lists[field.name] if _key(one) == text), None)
            if about is None:
                ask = gettext(field.ask)
                raise InvalidRequest(gettext("%(ask)s: what was chosen is not there, or not any more", ask=ask))
            return about
        if field.column == "quantity":
            return {"quantity": _number(field, text)}
        if field.column == "date":
            return {"date": _date(field, text)}
        return {field.column: text}

    def in_its_words(self, errors: Iterable[Mapping[str, str]]) -> list[str]:
        """What is wrong with an event, each with the field that says it."""
        happening = BY_NAME.get(self.chosen)
        asked = [BY_FIELD[name] for name in (*happening.needs, *happening.may)] if happening else []
        named = {field.column: field.label for field in reversed(asked) if field.column}
        thing = next((field.label for field in asked if not field.column), None)
        if thing:
            named |= {name: thing for name in ("reference", "kind", "line_id") if name not in named}
        return [_in_words(error, COLUMNS | named) for error in errors]


def _implied(happening: str, data: dict[str, Any]) -> dict[str, Any]:
    """What goes without saying: what comes lacks nothing, all leaves unless less is said, one more truck is another."""
    if happening == "component_comes":
        return data | {"quantity": 0.0}
    if happening == "goods_leave" and "quantity" not in data:
        return data | {"state": "complete"}
    return data | {"reference": NEW_TRUCK} if happening == "truck_planned" else data


def _in_words(error: Mapping[str, str], names: Mapping[str, str]) -> str:
    column, detail = error.get("pointer", "").rpartition("/")[2], error["detail"]
    return f"{gettext(names[column])} {OF_TYPE.sub('', detail)}" if column in names else detail


def _key(choice: Choice) -> str:
    """What a list sends of a choice: it means the thing itself, whatever the list is when it is read."""
    about = choice.about
    return str(next(iter(about.values()))) if len(about) == 1 else orjson.dumps(about).decode()


def _readable(word: str) -> str:
    """
    >>> _readable("in_process")
    'in-process'
    """
    return word.replace("_", "-")


def _number(field: Field, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not 0 < number < inf:
        must = message("%(field)s must be a number above 0, got %(text)s")
        raise InvalidRequest(gettext(must, field=gettext(field.label), text=text[:40]))
    return number


def _date(field: Field, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        must = message("%(field)s must be a day such as 2026-01-05, got %(text)s")
        raise InvalidRequest(gettext(must, field=gettext(field.label), text=text[:40])) from error
