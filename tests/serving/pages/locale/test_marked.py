"""No text of the pages stands bare: templates and code mark it, and the catalogue has it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from gettext import GNUTranslations
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import nodes

from features.wording import ENGLISH
from serving.pages.locale import texts
from serving.pages.rendering import environment
from serving.pages.wording import PlantClock, amount, percent
from tests.support.stories import moment
from tools.page_texts import PAGES, TEMPLATES, catalogue_template, marked_texts

NAMES = [path.relative_to(TEMPLATES).as_posix() for path in sorted(TEMPLATES.rglob("*.html"))]
READ = ("alt", "aria-label", "data-label", "data-title", "placeholder", "title")
"""Attributes that somebody reads."""
NO_WORDS = ("code", "kbd", "script", "style")
"""What stands in these is typed or run, and the same in every language."""
BARE = {
    "shiprisk",  # the name of the product
    "· shiprisk",
    "CSV",
    "Excel",
    *("/changes", "since=", "show="),  # a macro that makes an address
}
MARK = re.compile("\ue000([0-9]+)\ue000")
"""The line of the template, before each of its pieces."""


@dataclass
class BareTexts(HTMLParser):
    """What of a template, its pieces in a row, somebody reads though it is not marked: line and text."""

    html: str
    found: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._line, self._within = 0, [""]
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self._read(value or "", MARK.sub("", name) in READ)
        if tag in NO_WORDS:
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        self._read(data, self._within[-1] not in NO_WORDS)

    def _read(self, text: str, shown: bool) -> None:
        line = self._line
        for piece, number in zip(MARK.split(text)[::2], [None, *MARK.split(text)[1::2]], strict=True):
            line = line if number is None else int(number)
            if shown and re.search(r"[^\W\d_]", piece) and piece.strip() not in BARE:
                self.found.append((line + piece[: len(piece) - len(piece.lstrip())].count("\n"), piece.strip()))
            self._line = line + piece.count("\n")
            line = self._line


def pieces(node: nodes.Node) -> Iterator[str]:
    """What a template sends as it stands, and the words that its expressions may end in, each behind its line."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.TemplateData):
            yield f"\ue000{child.lineno}\ue000{child.data}"
        elif isinstance(node, nodes.Output):
            yield from (f"\ue000{child.lineno}\ue000{word}" for word in words_of(child))
        elif isinstance(child, nodes.Stmt):
            yield from pieces(child)


def words_of(expression: nodes.Node) -> Iterator[str]:
    """The texts that an expression can be."""
    if isinstance(expression, nodes.Const):
        yield str(expression.value)
    elif isinstance(expression, nodes.CondExpr):
        yield from (word for one in (expression.expr1, expression.expr2) if one for word in words_of(one))
    elif isinstance(expression, nodes.Or | nodes.Concat):
        yield from (word for one in expression.iter_child_nodes() for word in words_of(one))
    elif isinstance(expression, nodes.Filter) and expression.node:
        yield from words_of(expression.node)
    elif isinstance(expression, nodes.Getitem) and isinstance(expression.node, nodes.Dict):
        yield from (word for pair in expression.node.items for word in words_of(pair.value))


def bare_texts(source: str) -> list[tuple[int, str]]:
    return BareTexts("".join(pieces(environment().parse(source)))).found


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_a_template_is_bare(name: str) -> None:
    found = bare_texts((TEMPLATES / name).read_text(encoding="utf-8"))
    assert [f"templates/{name}:{line} {text}" for line, text in found] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>\n  Late</p>", [(2, "Late")]),
        ('<p title="Late">{{ x }}</p>', [(1, "Late")]),
        ("<p{% if x %} class='late'{% endif %}>\n{{ 'late' if x else '–' }}</p>", [(2, "late")]),
        ("{% if x %}<b>{{ {'a': 'met'}[x] }}</b>{% else %}{{ x or ('no ' ~ y) }}{% endif %}", [(1, "met"), (1, "no")]),
        ("{% trans %}Late{% endtrans %} <i class='late'>{{ _('late') }}</i> <code>late</code>", []),
    ],
)
def test_the_law_finds_a_bare_text(source: str, found: list[tuple[int, str]]) -> None:
    assert bare_texts(source) == found


def test_a_form_that_a_number_takes_is_written_out_where_it_is_chosen() -> None:
    """Else the catalogue would have half of it."""
    calls = [
        (path, node)
        for path in sorted(PAGES.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ngettext"
    ]
    bare = [(path.name, node.lineno) for path, node in calls if not all(map(_is_text, node.args[:2]))]
    assert (bool(calls), bare) == (True, [])


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize("text", marked_texts(), ids=lambda text: text.place)
def test_values_stand_in_a_text_by_name_and_percent_signs_are_written_twice(text: tuple[str, str, str]) -> None:
    singular, plural, _ = text
    for form in filter(None, (singular, plural)):
        names = re.findall(r"%\((\w+)\)[sr]", form)
        assert "%" not in re.sub(r"%\(\w+\)[sr]|%%", "", form)
        assert form % dict.fromkeys(names, "x")


def test_a_catalogue_that_is_filled_and_compiled_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With three forms, as Slavic languages count."""
    compiler = shutil.which("msgfmt")
    if compiler is None:
        pytest.skip("msgfmt is not installed")
    forms = "nplurals=3; plural=n==1 ? 0 : n>=2 && n<=4 ? 1 : 2;"
    source = catalogue_template().replace("nplurals=INTEGER; plural=EXPRESSION;", forms)
    source = source.replace('msgid "Worklist"\nmsgstr ""', 'msgid "Worklist"\nmsgstr "Seznam"')
    many = 'msgid_plural "%(number)s days"\nmsgstr[0] ""\nmsgstr[1] ""'
    czech = "\n".join(f'msgstr[{at}] "%(number)s {word}"' for at, word in enumerate(("den", "dny", "dní")))
    assert many in source
    source = source.replace(many, f"{many.splitlines()[0]}\n{czech}")
    (tmp_path / "pages.po").write_text(source, encoding="utf-8")
    subprocess.run([compiler, "-o", "pages.mo", "pages.po"], cwd=tmp_path, check=True, capture_output=True)
    with (tmp_path / "pages.mo").open("rb") as file:
        monkeypatch.setattr(texts, "TRANSLATIONS", GNUTranslations(file))
    assert texts.gettext("Worklist") == "Seznam"
    assert [texts.ngettext("%(number)s day", "%(number)s days", n) for n in (1, 3, 5)] == ["1 den", "3 dny", "5 dní"]
    assert texts.gettext("Production") == "Production"


def test_days_and_numbers_are_written_as_the_language_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another order of the parts of a day, another clock, other marks within numbers."""
    templates = {"date.bare_day": "{day}.", "date": "{weekday}, {day}"}
    german = replace(
        ENGLISH,
        templates={**ENGLISH.templates, **templates, "date.time": "{hour}.{minute} Uhr", "share": "{percent}%"},
        weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
        months=("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sep.", "Okt.", "Nov.", "Dez."),
        decimal=",",
        thousands=".",
    )
    monkeypatch.setattr(texts, "LANGUAGE", german)
    clock = PlantClock(moment(3.5), "UTC")
    assert clock.moment == "Fr, 5. Jan. 2024, 00.00 Uhr"
    assert (clock.day_of("2024-03-05"), clock.time("2024-01-05T08:30:00Z")) == ("Di, 5. März", "Fr, 5. Jan. 08.30 Uhr")
    assert clock.range_of("2024-03-05", "2024-03-09") == "5. to 9. März"
    assert (amount(86_400.0), amount(2.5), percent(0.42), percent(0.999)) == ("86.400", "2,5", "42%", ">99%")
