"""A figure as an SVG element for a page: words stay words, colours can be set by the page, files stay small."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

from matplotlib import rc_context
from matplotlib.figure import Figure

from training.report.plots.drawing import ACCENT, BAND, BLUE, GREEN, GRID, INK, PALE, VIOLET

CSS_NAMES = {INK: "ink", ACCENT: "accent", PALE: "pale", GRID: "grid", BAND: "band"}
CSS_NAMES |= {BLUE: "blue", GREEN: "green", VIOLET: "violet"}
"""Colours that a page may set as ``--ink`` and so on: for the dark, for print."""
NOTHING = dict.fromkeys(("Creator", "Date", "Format", "Type"))
OF_THE_PAGE = ("version", "width", "height")
COORDINATES = ("d", "x", "y", "transform")


def svg(figure: Figure, name: str) -> str:
    """The ``svg`` element of a figure; ``name`` keeps its ids apart from those of other figures of a page."""
    written = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(written, format="svg", transparent=True, metadata=NOTHING)
    root = ElementTree.fromstring(written.getvalue())  # noqa: S314 matplotlib wrote it
    used = set(re.findall(r"#([\w.-]+)", " ".join(value for e in root.iter() for value in e.attrib.values())))
    for element in root.iter():
        element.tag = _bare(element.tag)
        element.attrib = _attributes(element.attrib, name, used)
        for child in [child for child in element if _bare(child.tag) in ("metadata", "style")]:
            element.remove(child)
    for key in OF_THE_PAGE:
        root.attrib.pop(key, None)
    root.set("role", "img")
    return re.sub(r"\s*\n\s*", " ", ElementTree.tostring(root, encoding="unicode"))


def _attributes(attributes: dict[str, str], name: str, used: set[str]) -> dict[str, str]:
    kept = {_bare(key): value for key, value in attributes.items() if key != "id" or value in used}
    return {key: _attribute(key, value, name) for key, value in kept.items()}


def _attribute(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "style":
        return _style(value)
    if key in COORDINATES:
        return re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", value)
    return value.replace("#", f"#{name}-", 1) if key in ("href", "clip-path") else value


def _style(value: str) -> str:
    """Sizes and colours stay; the letters are those of the page."""
    value = re.sub(r"font: (bold )?(?:\d+ )?([\d.]+px)[^;]*", r"font-size: \2; font-weight: \1", value)
    value = re.sub(r" font-family: [^;]*;|;? font-weight: (?=;|$)", "", value)
    for colour, variable in CSS_NAMES.items():
        value = value.replace(colour, f"var(--{variable}, {colour})")
    return value


def _bare(name: str) -> str:
    return name.rpartition("}")[2]
