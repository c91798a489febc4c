"""Pages that hold everything they show: one HTML file, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from training.metrics.bootstrap import Estimate
from training.report.formatting import NONE, Show, interval, list_name, number, one, percent, percent_finely
from training.report.plots.vector import svg

FILTERS: dict[str, Callable[..., str]] = {
    "number": number,
    "one": one,
    "percent": percent,
    "percent_finely": percent_finely,
    "list_name": list_name,
    "count": lambda value: f"{value:,}",
}


@dataclass(frozen=True)
class Table:
    """Rows of a table; a cell is text, a figure that is shown already, or markup of ``format_cell``."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a page: what it says in paragraphs, then its tables and plots (by name)."""

    title: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[Table] = ()
    plots: dict[str, Figure] = field(default_factory=dict)

    @property
    def anchor(self) -> str:
        """Its name in a link."""
        return "-".join(self.title.lower().split())


def render(template: str, **content: Any) -> str:
    """The page of a template in ``training/report/templates``; names are shown as they are, never read as markup."""
    return _environment().get_template(template).render(**content)


def format_cell(estimate: Estimate, show: Show = number) -> Markup:
    """A figure with its interval in small letters below it."""
    low_to_high = "" if show(estimate.low) == NONE else Markup("<small>{}</small>").format(interval(estimate, show))
    return Markup("{} {}").format(show(estimate.value), low_to_high)


def embed_plot(figures: dict[str, Figure], name: str) -> Markup:
    """One of the figures as an element of the page; nothing where there is none of that name."""
    if name not in figures:
        return Markup("")
    return Markup("<figure>{}</figure>").format(Markup(svg(figures[name], name)))  # noqa: S704 matplotlib escapes


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("training.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    formats = {"one": one, "percent": percent, "finely": percent_finely}
    environment.globals |= {"plot": embed_plot, "cell": format_cell, "show": formats}
    return environment
