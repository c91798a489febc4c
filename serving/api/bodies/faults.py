"""What is wrong with the content of a body, by its contract: item by item, until a hundred faults are found."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, TypeAdapter, ValidationError

from serving.contract.members import MEMBERS, shown_name, too_many_members, word_detail
from serving.problems import MAX_ERRORS

T = TypeVar("T", bound=BaseModel)
Place = tuple[str | int, ...]
Fault = dict[str, Any]


def validated(model: type[T], content: Any) -> T:
    """The content as a model has it. Raises ``RequestValidationError`` with few more than its first hundred faults."""
    faults = _crowded(content, ())
    checked = {} if faults or not isinstance(content, dict) else _validated_lists(model, content, faults)
    if faults:
        raise RequestValidationError(faults)
    try:
        return model.model_validate(content | checked if checked else content)
    except ValidationError as error:
        raise RequestValidationError(_placed(error, ())) from error


def _validated_lists(model: type[BaseModel], content: dict[str, Any], faults: list[Fault]) -> dict[str, list[Any]]:
    """The lists of a body, their items as the contract has them; what is wrong with them is added to the faults."""
    listed = {name: item for name, item in _lists_of(model).items() if isinstance(content.get(name), list)}
    return {name: [*_validated_items(item, content[name], name, faults)] for name, item in listed.items()}


def _validated_items(item: TypeAdapter[Any], items: list[Any], name: str, faults: list[Fault]) -> Iterator[Any]:
    for number, one in enumerate(items):
        if len(faults) > MAX_ERRORS:
            return
        crowded = _crowded(one, (name, number))
        if crowded:
            faults += crowded
            continue
        try:
            yield item.validate_python(one)
        except ValidationError as error:
            faults += _placed(error, (name, number))


def _placed(error: ValidationError, place: Place) -> list[Fault]:
    """The faults of a part of a body, by their places in the whole of it."""
    return [
        {"type": fault["type"], "loc": ("body", *place, *map(shown_name, fault["loc"])), "msg": word_detail(fault)}
        for fault in error.errors(include_url=False)
    ]


def _crowded(content: Any, place: Place) -> list[Fault]:
    """The faults of an object of too many members, and of those that are its members."""
    if not isinstance(content, dict) or not _is_crowded(content):
        return []
    inner = content if len(content) <= MEMBERS else {}
    crowded = {place: too_many_members(content)} | {(*place, key): too_many_members(inner[key]) for key in inner}
    return [
        {"type": "too_many_members", "loc": ("body", *map(shown_name, at)), "msg": text}
        for at, text in crowded.items()
        if text
    ]


def _is_crowded(content: dict[str, Any]) -> bool:
    """Whether there is anything to say, which most often there is not."""
    return len(content) > MEMBERS or any(type(one) is dict and len(one) > MEMBERS for one in content.values())


@cache
def _lists_of(model: type[BaseModel]) -> dict[str, TypeAdapter[Any]]:
    """The fields of a model that are lists of models, and what checks their items."""
    kinds = [(name, kind) for name, field in model.model_fields.items() for kind in _kinds(field.annotation)]
    lists = [(name, get_args(kind)[0]) for name, kind in kinds if get_origin(kind) is list]
    return {name: TypeAdapter(item) for name, item in lists if isinstance(item, type) and issubclass(item, BaseModel)}


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """What a field may be: itself, or each kind of a union."""
    return annotation, *get_args(annotation)
