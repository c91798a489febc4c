"""The reference of the Python API, made from signatures and docstrings.

    python -m tools.python_reference > docs/python.md

What is public is what a user imports: the front door ``training``, and the modules of other packages that are named
here.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

DOORS: dict[str, tuple[str, ...]] = {
    "training": (),
    "features.events": ("read_events", "write_events", "validate_events"),
    "features.importing.mapping": ("import_events",),
    "features.pipeline.table": ("signal_table",),
    "features.history": ("History",),
    "features.decision_points": ("decision_points", "late_points"),
    "features.outcomes": ("outcomes", "ship_dates"),
    "features.readiness.assessment": ("assess",),
    "features.catalogue": ("catalogue", "signal", "twin"),
    "features.checks": (),
    "serving.models.registration": ("register", "Registered"),
    "simulation": ("load_plant", "simulate", "simulate_once"),
}
"""By module the names that are public; none listed: all that it says are (``__all__``)."""
HEAD = """# Python

Made by `make docs` from the signatures and docstrings. `(n,)` is the shape of an array, a moment is microseconds since
1970 UTC, a risk is a probability in [0, 1]. How-tos: [comparing](comparing.md),
[promoting](promoting.md), [retraining every month](retraining_monthly.md), [explaining](explaining.md),
[a labelled table](labelled_table.md), [tuning with scikit-learn](tuning.md), [a signal of your own](own_signal.md),
[a model of your own](own_model.md)."""
SECTIONS = ("Parameters", "Attributes", "Returns", "Raises")
HEADING = re.compile(rf"({'|'.join(SECTIONS)})\n-+\n")


def reference() -> str:
    """The page."""
    text = "\n".join([HEAD, *(line for module in DOORS for line in _door(module))])
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _door(module: str) -> Iterator[str]:
    door = import_module(module)
    yield f"\n## {module}\n"
    yield from _prose(inspect.getdoc(door) or "")
    for name in DOORS[module] or door.__all__:
        yield from _entry(name, getattr(door, name))


def _entry(name: str, entry: Any) -> Iterator[str]:
    yield f"\n### {name}\n"
    yield from _code(_signature(name, entry))
    yield from _prose(inspect.getdoc(entry) or "")
    if inspect.isclass(entry):
        for member, method in _methods(entry):
            first = (inspect.getdoc(method) or "").partition("\n\n")[0].replace("\n", " ")
            yield f"- `{_signature(member, method)}`: {_inline(first)}"


def _methods(entry: type) -> Iterator[tuple[str, Any]]:
    """What a class defines itself and says something of; a property stands by its name."""
    for name, member in vars(entry).items():
        function = getattr(member, "__func__", member)
        if not name.startswith("_") and inspect.getdoc(function) and _is_own(function):
            yield name, member


def _is_own(member: Any) -> bool:
    return isinstance(member, property) or inspect.isfunction(member) or hasattr(member, "attrname")


def _signature(name: str, entry: Any) -> str:
    """As it is called, without types, which the page would be full of; a default that is no plain value is ``...``."""
    if isinstance(entry, property) or hasattr(entry, "attrname"):
        return name
    target = getattr(entry, "__func__", entry)
    try:
        parameters = list(inspect.signature(target).parameters.values())
    except ValueError:
        return f"{name}(...)"
    shown, starred = [], False
    for one in parameters:
        if one.name in ("self", "cls"):
            continue
        if one.kind is one.KEYWORD_ONLY and not starred:
            shown.append("*")
        starred = starred or one.kind in (one.KEYWORD_ONLY, one.VAR_POSITIONAL)
        mark = "*" if one.kind is one.VAR_POSITIONAL else "**" if one.kind is one.VAR_KEYWORD else ""
        shown.append(mark + one.name + ("" if one.default is one.empty else f"={_default(one.default)}"))
    return f"{name}({', '.join(shown)})"


def _default(value: Any) -> str:
    return repr(value) if isinstance(value, str | int | float | bool | tuple | None) else "..."


def _code(text: str) -> Iterator[str]:
    """In a fence that is not said to be Python, which a formatter of the page would lay out anew."""
    yield from ("```", text, "```", "")


def _prose(text: str) -> Iterator[str]:
    """A docstring as Markdown: numpydoc's sections become lists, examples code."""
    parts = HEADING.split(text)
    yield from _paragraphs(parts[0])
    for section, body in zip(parts[1::2], parts[2::2], strict=True):
        entries, _, rest = body.partition("\n\n")
        yield f"{section}:\n"
        if section == "Returns":
            yield _inline(" ".join(entries.split()))
        else:
            yield from (f"- {_item(one)}" for one in re.split(r"\n(?=\S)", entries))
        yield ""
        yield from _paragraphs(rest)


def _item(text: str) -> str:
    """``name : what it is``, over several lines."""
    name, separator, what = " ".join(text.split()).partition(" : ")
    return f"`{name}`: {_inline(what)}" if separator else _inline(name)


def _paragraphs(text: str) -> Iterator[str]:
    for block in filter(None, text.strip("\n").split("\n\n")):
        if block.lstrip().startswith(">>>") or block.startswith("    "):
            yield from _code(inspect.cleandoc(block))
        else:
            yield _inline(" ".join(block.split()))
            yield ""


def _inline(text: str) -> str:
    return re.sub(r"``([^`]+)``", r"`\1`", text)


if __name__ == "__main__":
    sys.stdout.write(reference())
