"""What a reader finds on an HTML page: its tables, its words, what it refers to, and whether it is well formed."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input", "source"}


@dataclass
class Page(HTMLParser):
    """A parsed page; ``faults`` says which tags are not closed in order."""

    html: str
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    sections: dict[str, str] = field(default_factory=dict)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, str]] = []
        self.feed(self.html)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag, _ in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self._enter(tag, found)
        if tag not in VOID:
            self._open.append((tag, found.get("id", "")))
        if tag == "table":
            self.tables[found.get("id", f"table {len(self.tables)}")] = []
        elif tag == "tr":
            self._table().append([])
        elif tag in ("td", "th"):
            self._table()[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._enter(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]} in line {self.getpos()[0]}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        within = [tag for tag, _ in self._open]
        section = next((id_ for tag, id_ in self._open if tag == "section"), "")
        if section and "svg" not in within:
            self.sections[section] = self.sections.get(section, "") + data
        if "svg" in within and "text" in within:
            self.drawn.append(data)
        if "td" in within or "th" in within:
            self._table()[-1][-1] = " ".join((self._table()[-1][-1] + data).split(" "))

    def cells(self, table: str) -> list[list[str]]:
        """The rows of a table below its head, each cell with single blanks."""
        return [[" ".join(cell.split()) for cell in row] for row in self.tables[table][1:]]

    def ids(self) -> list[str]:
        return [value for _, name, value in self.attributes if name == "id"]

    def _enter(self, tag: str, found: dict[str, str]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in found.items()]

    def _table(self) -> list[list[str]]:
        return self.tables[list(self.tables)[-1]]
