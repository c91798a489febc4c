"""The picture of the architecture, drawn from who imports whom.

    python -m tools.architecture > docs/architecture.svg

Each package is a band of its rooms in tiers: a room stands above everything it imports. A line is an import that no
detour over other rooms says already; one in red is part of a circle. Files beside the rooms that import no room are
listed below.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

from tools.import_graph import Edges, Module, circles, module_edges, modules, reachable, room_edges

WIDTH, MARGIN, GAP, LANE, HEAD, FOOT = 1000, 12, 38, 40, 52, 28
BOX, TIER, LETTER, SPACE = 26, 46, 7.9, 16
STRETCH = 1.7
SWEEPS = 24
STYLE = """
  text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #1f2328; }
  .name { font-weight: 600; } .says { fill: #59636e; font-size: 12px; } .middle { text-anchor: middle; }
  .band { fill: #f6f8fa; stroke: #d1d9e0; } .room { fill: #ffffff; stroke: #59636e; } .file { stroke-dasharray: 3 3; }
  .line { fill: none; stroke: #8c959f; } .circle { stroke: #d1242f; stroke-width: 2; }
  .uses { fill: none; stroke: #0969da; stroke-width: 2.5; } .tip { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; } .says { fill: #9198a1; } .band { fill: #151b23; stroke: #3d444d; }
    .room { fill: #0d1117; stroke: #9198a1; } .line { stroke: #656c76; } .circle { stroke: #f85149; }
    .uses { stroke: #4493f8; } .tip { fill: #4493f8; }
  }
"""


# -- what is drawn -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rooms:
    """The rooms of a package and what they import of each other."""

    package: str
    says: str
    edges: Edges
    folders: frozenset[str]
    beside: list[str]
    """Files that import no room."""

    @classmethod
    def of(cls, package: str, known: Mapping[str, Module], all_rooms: Edges) -> Rooms:
        """Without the front door, which only hands on."""
        inside = {room for room in all_rooms if room.startswith(f"{package}.") and not short(room).startswith("__")}
        edges = {room: all_rooms[room] & inside for room in inside}
        folders = frozenset(room for room in inside if known[room].is_package)
        beside: set[str] = set()
        while more := {room for room in inside - folders - beside if edges[room] <= beside}:
            beside |= more
        drawn = {room: edges[room] - beside for room in inside - beside}
        first = (known[package].source.partition('"""')[2].partition('"""')[0]).split("\n")[0]
        return cls(
            package, first.partition(". ")[0].partition(": ")[0].rstrip("."), drawn, folders, sorted(map(short, beside))
        )


def short(room: str) -> str:
    """The name on the door."""
    return room.partition(".")[2]


def depths(edges: Edges) -> dict[str, int]:
    """How many rooms lie below each at most; those of a circle lie side by side."""
    group = {room: (room,) for room in edges} | {room: tuple(circle) for circle in circles(edges) for room in circle}
    below = {one: {group[b] for a in one for b in edges[a]} - {one} for one in group.values()}
    found: dict[tuple[str, ...], int] = {}

    def depth(one: tuple[str, ...]) -> int:
        if one not in found:
            found[one] = 1 + max((depth(other) for other in below[one]), default=-1)
        return found[one]

    return {room: depth(group[room]) for room in sorted(edges)}


def without_detours(edges: Edges) -> list[tuple[str, str]]:
    """The imports that do not follow from others; those within a circle all stay."""
    tier = depths(edges)
    down = {room: {other for other in edges[room] if tier[other] < tier[room]} for room in edges}
    further = {room: set().union(*(reachable(other, down) for other in down[room])) for room in edges}
    return [
        (room, other)
        for room in sorted(edges)
        for other in sorted(edges[room] - further[room] | edges[room] - down[room])
    ]


# -- where it stands -----------------------------------------------------------------------------------------


@dataclass
class Place:
    """A box, or a bend of a line on its way past a tier."""

    tier: int
    width: float
    x: float = 0
    above: list[Place] = field(default_factory=list)
    below: list[Place] = field(default_factory=list)


@dataclass
class Plan:
    """The boxes of a band, and the places each line passes."""

    boxes: dict[str, Place]
    lines: list[tuple[list[Place], bool]]
    tiers: list[list[Place]]


def plan(edges: Edges, width: float) -> Plan:
    """Boxes in tiers, those that belong together close to each other."""
    tier = depths(edges)
    boxes = {room: Place(tier[room], len(short(room)) * LETTER + 24) for room in sorted(edges)}
    lines = []
    tiers: list[list[Place]] = [[] for _ in range(max(tier.values(), default=0) + 1)]
    for place in boxes.values():
        tiers[place.tier].append(place)
    for room, target in without_detours(edges):
        bends = [Place(number, 4) for number in range(tier[room] - 1, tier[target], -1)]
        for bend in bends:
            tiers[bend.tier].append(bend)
        path = [boxes[room], *bends, boxes[target]]
        lines.append((path, tier[room] <= tier[target]))
        for upper, lower in pairwise(path):
            upper.below.append(lower)
            lower.above.append(upper)
    for row in tiers:
        _spread(row, width)
    for sweep in range(SWEEPS):
        for row in tiers if sweep % 2 else reversed(tiers):
            _order(row, width, by_above=sweep % 2 == 0)
    _centre(tiers, width)
    return Plan(boxes, lines, tiers)


def _spread(row: list[Place], width: float) -> None:
    """One beside the other, as far apart as there is room for."""
    free = (width - sum(place.width for place in row)) / (len(row) + 1)
    x = 0.0
    for place in row:
        place.x = x + free + place.width / 2
        x += free + place.width


def _order(row: list[Place], width: float, *, by_above: bool) -> None:
    """Each below (or above) the middle of what it is joined to, in that order, none over another."""

    def wanted(place: Place) -> float:
        joined = (place.above if by_above else place.below) or place.above + place.below
        return sum(other.x for other in joined) / len(joined) if joined else place.x

    goals = {id(place): wanted(place) for place in row}
    row.sort(key=lambda place: goals[id(place)])
    from_left, edge = {}, 0.0
    for place in row:
        from_left[id(place)] = max(goals[id(place)], edge + place.width / 2 + SPACE)
        edge = from_left[id(place)] + place.width / 2
    edge = width
    for place in reversed(row):
        from_right = min(goals[id(place)], edge - place.width / 2 - SPACE)
        edge = from_right - place.width / 2
        place.x = (from_left[id(place)] + from_right) / 2


def _centre(tiers: list[list[Place]], width: float) -> None:
    """Move the whole into the middle, and apart where there is room."""
    places = [place for row in tiers for place in row]
    low, high = min(one.x - one.width / 2 for one in places), max(one.x + one.width / 2 for one in places)
    stretch = min(STRETCH, (width - 2 * SPACE) / (high - low))
    for place in places:
        place.x = width / 2 + (place.x - (low + high) / 2) * stretch


# -- how it looks --------------------------------------------------------------------------------------------


def band(rooms: Rooms, x: float, y: float, width: float) -> tuple[list[str], float]:
    """The drawing of a package, and its height."""
    found = plan(rooms.edges, width)
    height = HEAD + len(found.tiers) * TIER + FOOT
    top = y + HEAD

    def at(place: Place) -> tuple[float, float]:
        return x + place.x, top + (len(found.tiers) - 1 - place.tier) * TIER + TIER / 2

    out = [
        f'<rect class="band" x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="8"/>',
        f'<text class="name" x="{x + 14:.0f}" y="{y + 22:.0f}">{rooms.package}/</text>',
        f'<text class="says" x="{x + 14:.0f}" y="{y + 40:.0f}">{escape(rooms.says)}</text>',
    ]
    out += [_line([at(place) for place in path], circle) for path, circle in found.lines]
    out += [_box(room, *at(place), place.width, room in rooms.folders) for room, place in found.boxes.items()]
    if rooms.beside:
        said = "beside the rooms: " + ", ".join(rooms.beside)
        out.append(f'<text class="says" x="{x + 14:.0f}" y="{y + height - 12:.0f}">{said}</text>')
    return out, height


def _box(room: str, x: float, y: float, width: float, folder: bool) -> str:
    shape = f'x="{x - width / 2:.1f}" y="{y - BOX / 2:.1f}" width="{width:.1f}" height="{BOX}" rx="5"'
    kind = "room" if folder else "room file"
    return f'<rect class="{kind}" {shape}/><text class="middle" x="{x:.1f}" y="{y + 4.5:.1f}">{short(room)}</text>'


def _line(points: list[tuple[float, float]], circle: bool) -> str:
    """From the foot of a box to the head of another; through the middle of the tiers between them."""
    (x, y), *rest = points
    path = f"M{x:.1f} {y + BOX / 2:.1f}"
    y += BOX / 2
    for number, (to_x, to_y) in enumerate(rest):
        to_y -= BOX / 2
        bend = (to_y - y) / 2
        path += f" C{x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
        if number < len(rest) - 1:
            y += BOX
            path += f" V{y:.1f}"
    return f'<path class="line{" circle" if circle else ""}" d="{path}"/>'


def _uses(x: float, y: float, to_y: float) -> str:
    """One package uses another."""
    tip = f"M{x - 6:.0f} {to_y - 10:.0f} L{x:.0f} {to_y - 1:.0f} L{x + 6:.0f} {to_y - 10:.0f} Z"
    return f'<path class="uses" d="M{x:.0f} {y:.0f} V{to_y - 9:.0f}"/><path class="tip" d="{tip}"/>'


def picture() -> str:
    """An SVG of the whole house, the same for the same code."""
    known = modules()
    every = room_edges(known, module_edges(known))
    rooms = {name: Rooms.of(name, known, every) for name in ("serving", "simulation", "training", "features")}
    whole = WIDTH - 2 * MARGIN
    left = (whole - LANE) * 0.42
    right = whole - LANE - left
    drawn, y = [], float(MARGIN)
    out, height = band(rooms["serving"], MARGIN, y, whole)
    drawn += out
    foot = y + height
    y = foot + GAP
    out, one = band(rooms["simulation"], MARGIN, y, left)
    drawn += out
    out, two = band(rooms["training"], MARGIN + left + LANE, y, right)
    drawn += out
    bottom = y + max(one, two) + GAP
    out, height = band(rooms["features"], MARGIN, bottom, whole)
    drawn += out
    middles = (MARGIN + left / 2, one), (MARGIN + left + LANE + right / 2, two)
    for x, tall in middles:
        drawn += [_uses(x, foot, y), _uses(x, y + tall, bottom)]
    drawn.append(_uses(MARGIN + left + LANE / 2, foot, bottom))
    return _svg(drawn, bottom + height + MARGIN)


def _svg(drawn: Iterable[str], height: float) -> str:
    title = "Rooms of the four packages; each stands above what it imports"
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">'
    return "\n".join([head, f"<title>{title}</title>", f"<style>{STYLE}</style>", *drawn, "</svg>", ""])


if __name__ == "__main__":
    sys.stdout.write(picture())
