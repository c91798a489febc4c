"""The texts of the pages, as the template of a catalogue that a translator fills.

    python -m tools.page_texts > pages.pot

They are found where they are marked: in the templates by Jinja's own extractor, in the code by the calls of
``serving.pages.locale.texts``.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from serving.pages.rendering import environment

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "serving" / "pages"
TEMPLATES = PAGES / "templates"
CALLS = {"gettext": 1, "message": 1, "ngettext": 2}
"""By the function that marks a text, how many of its first arguments are texts."""
HEADER = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n"
"""


class MarkedText(NamedTuple):
    """A text, its plural or "", and where it stands."""

    singular: str
    plural: str
    place: str


def marked_texts() -> list[MarkedText]:
    """Every text of the pages."""
    return [*_of_templates(), *_of_code()]


def catalogue_template() -> str:
    """The catalogue without translations, in the format of gettext. Raises ``ValueError`` for a text of two plurals."""
    places: dict[str, list[str]] = defaultdict(list)
    plurals: dict[str, str] = {}
    for text in marked_texts():
        places[text.singular].append(text.place)
        if text.plural and plurals.setdefault(text.singular, text.plural) != text.plural:
            raise ValueError(f"a text must have one plural, got two of {text.singular!r} ({text.place})")
    entries = (_entry(singular, plurals.get(singular, ""), places[singular]) for singular in sorted(places))
    return "\n".join([HEADER, *entries])


def _of_templates() -> Iterator[MarkedText]:
    pages = environment()
    for name in sorted(pages.list_templates()):
        source = (TEMPLATES / name).read_text(encoding="utf-8")
        for line, _, found in pages.extract_translations(source):  # type: ignore[attr-defined]
            texts = [text for text in (found if isinstance(found, tuple) else (found,)) if text is not None]
            if texts:
                yield MarkedText(texts[0], texts[1] if len(texts) > 1 else "", f"serving/pages/templates/{name}:{line}")


def _of_code() -> Iterator[MarkedText]:
    for path in sorted(PAGES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
                texts = [one.value for one in node.args[: CALLS[node.func.id]] if isinstance(one, ast.Constant)]
                if texts:
                    plural = str(texts[1]) if len(texts) > 1 else ""
                    yield MarkedText(str(texts[0]), plural, f"{path.relative_to(ROOT)}:{node.lineno}")


def _entry(singular: str, plural: str, places: list[str]) -> str:
    lines = [f"#: {place}" for place in sorted(places)]
    lines += ["#, python-format"] if "%" in singular else []
    lines += [f"msgid {_quoted(singular)}"]
    lines += [f"msgid_plural {_quoted(plural)}", 'msgstr[0] ""', 'msgstr[1] ""'] if plural else ['msgstr ""']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


if __name__ == "__main__":
    sys.stdout.write(catalogue_template())
