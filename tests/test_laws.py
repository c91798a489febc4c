"""The house laws that no type checker sees: they are read from the code, most of them from who imports whom."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.scheduling import APART, FIRST
from tools.import_graph import PACKAGES, ROOT, Module, circles, module_edges, modules, room_edges, uses

MODULES = modules()
BELOW = [module for module in MODULES.values() if module.name.startswith(("features", "training", "simulation"))]
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic"}
FILES_A_FOLDER, LINES_A_FILE, LINES_A_FUNCTION = 15, 400, 60


def named(module: Module) -> str:
    return module.name


def calls(tree: ast.Module) -> set[str]:
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in functions}


@pytest.mark.parametrize("module", BELOW, ids=named)
def test_no_clock_below_serving(module: Module) -> None:
    assert not calls(module.tree) & CLOCKS


@pytest.mark.parametrize("module", MODULES.values(), ids=named)
def test_no_pickle(module: Module) -> None:
    assert not any(f"import {word}" in module.source for word in ("pickle", "joblib", "cloudpickle", "dill"))


# -- one look ahead ------------------------------------------------------------------------------------------

OUTCOMES = "features.outcomes"
JUDGING = {"features.outcomes.label", "features.orders.line.judge", "features.orders.line.label"}
"""The loop that reads what was recorded after the moment, where it stands and where it once stood."""
LADDER = "features.ladder.on_time_ladder"
"""What is told of the past as a whole, by all that was recorded."""
LOOK_AHEAD = {
    "features.ladder": "how much was on time in full, by all that is recorded",
    "features.context.context": "track records: each outcome with the moment it was known",
    "features.decision_points": "the moments at which an order is judged",
    "training.data.snapshots": "labels",
    "training.data.ship_points": "ship dates to learn from and to judge by",
    "serving.commands.plant": "says how many orders of a simulated plant went wrong",
}
"""Who may ask what became of an order, and why."""
WORDS_OF_OUTCOMES = {
    "training.data.labelled",
    "training.estimator.estimator",
    "training.estimator.table",
    "training.model.fit",
    "simulation.oracle.ledger",
    "simulation.oracle.oracle",
}
"""Who may read the codes of outcomes (``MISSED``) and nothing else."""


def looks_ahead(name: str, tree: ast.Module) -> set[str]:
    """What a module uses of the future without being allowed to."""
    if name == OUTCOMES:
        return set()
    used = uses(tree, name)
    found = {one for one in used if any(one == loop or one.startswith(f"{loop}.") for loop in JUDGING)}
    if name in LOOK_AHEAD:
        return found
    ahead = {one for one in used if one in (OUTCOMES, LADDER) or one.startswith(f"{OUTCOMES}.")}
    if name in WORDS_OF_OUTCOMES:
        ahead = {one for one in ahead if not one.removeprefix(f"{OUTCOMES}.").partition(".")[0].isupper()}
    return found | ahead


def test_only_those_named_look_ahead() -> None:
    found = {name: looks_ahead(name, module.tree) for name, module in MODULES.items()}
    assert {name: used for name, used in found.items() if used} == {}
    everyone = {*LOOK_AHEAD, *WORDS_OF_OUTCOMES}
    assert everyone <= set(MODULES), "who is on the list is there"
    idle = {name for name in everyone if not any(one.startswith(OUTCOMES) for one in uses(MODULES[name].tree, name))}
    assert not idle, "who is on the list needs to be"


OFFENDING = (
    "from features.orders.line import judge, needed",
    "from features import outcomes",
    "import features.outcomes",
    "from features.outcomes import outcomes",
    "from features.outcomes import *",
    "from features.outcomes import label",
    "from features.ladder import on_time_ladder",
    "from features import ladder\nladder.on_time_ladder()",
    "import features.outcomes as o",
    "from features.orders import line\nline.judge()",
    "import features.orders.line as line\nline.judge()",
    "import features\nfeatures.outcomes.outcomes()",
    "def late():\n    from features import outcomes",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from features import outcomes",
    "from importlib import import_module\nimport_module('features.outcomes')",
)
NOT_ON_THE_LIST = [
    name
    for name in MODULES
    if name.startswith(("features.signals.", "training.")) and name not in {*LOOK_AHEAD, *WORDS_OF_OUTCOMES}
]


@pytest.mark.parametrize("line", OFFENDING)
def test_the_law_of_one_look_ahead_catches(line: str) -> None:
    """In any signal and in any file of training that is not on the list, at any place of the file."""
    offence = ast.parse(line)
    assert [name for name in NOT_ON_THE_LIST if not looks_ahead(name, offence)] == []
    signal = MODULES["features.signals.holds"]
    assert looks_ahead(signal.name, ast.parse(f"{signal.source}\n{line}"))


def test_the_law_of_one_look_ahead_knows_relative_imports_and_those_on_the_list() -> None:
    assert looks_ahead("features.signals.holds", ast.parse("from .. import outcomes"))
    assert looks_ahead("features.signals.holds", ast.parse("from ..outcomes import outcomes"))
    assert looks_ahead("training.data.snapshots", ast.parse("from features.outcomes import label"))
    assert looks_ahead("training.data.snapshots", ast.parse("from features.orders.line import judge, needed"))
    assert looks_ahead("training.model.fit", ast.parse("from features.outcomes import PARTIAL, outcomes"))
    assert not looks_ahead("training.model.fit", ast.parse("from features.outcomes import PARTIAL"))
    assert not looks_ahead("features.signals.holds", ast.parse("from features.orders.line import needed"))


# -- rooms ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def edges() -> dict[str, set[str]]:
    return module_edges(MODULES)


def test_no_circle_of_modules(edges: dict[str, set[str]]) -> None:
    """Also none behind TYPE_CHECKING, and none of imports inside functions."""
    assert circles(edges) == []


def test_no_circle_of_rooms(edges: dict[str, set[str]]) -> None:
    """A room is the first folder of a package, with all that is in it, or a file beside the folders."""
    assert circles(room_edges(MODULES, edges)) == []


def test_circles_are_found_wherever_they_hide() -> None:
    sources = {
        "p.a.one": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.b import two",
        "p.b.two": "def late():\n    import p.a.three",
        "p.a.three": "",
    }
    made = {name: Module(name, Path(f"{name.replace('.', '/')}.py"), source) for name, source in sources.items()}
    found = module_edges(made)
    assert circles(found) == []
    assert circles(room_edges(made, found)) == [["p.a", "p.b"]]


def folders() -> Iterator[tuple[str, list[Path]]]:
    for top in (*PACKAGES, "tests", "benchmarks", "tools"):
        for folder in [ROOT / top, *sorted(path for path in (ROOT / top).rglob("*") if path.is_dir())]:
            yield str(folder.relative_to(ROOT)), sorted(folder.glob("*.py"))


def test_a_folder_has_at_most_fifteen_files() -> None:
    assert {folder: len(files) for folder, files in folders() if len(files) > FILES_A_FOLDER} == {}


def test_every_room_says_what_lives_in_it() -> None:
    rooms = [folder for folder, files in folders() if files and folder.partition("/")[0] in PACKAGES]
    inits = {folder: MODULES.get(folder.replace("/", ".")) for folder in rooms}
    assert [folder for folder, init in inits.items() if init is None or not ast.get_docstring(init.tree)] == []


# -- names and sizes -----------------------------------------------------------------------------------------


def test_no_file_is_too_long() -> None:
    paths = [path for _, files in folders() for path in files]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert {path: length for path, length in lengths.items() if length > LINES_A_FILE} == {}


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> Iterator[tuple[Module, Function]]:
    for module in MODULES.values():
        for node in ast.walk(module.tree):
            if isinstance(node, Function):
                yield module, node


def is_loop(function: Function) -> bool:
    """It is compiled."""
    return any(getattr(each, "id", "") in {"compiled", "compiled_inline"} for each in function.decorator_list)


def lines_of(module: Module, function: Function) -> list[str]:
    return module.source.splitlines()[function.lineno - 1 : function.end_lineno]


def is_excused(module: Module, function: Function) -> bool:
    """A compiled loop says why it is as it is: "Long because ..."."""
    return is_loop(function) and "long because" in "\n".join(lines_of(module, function)).lower()


def test_no_function_is_too_long() -> None:
    found = [
        f"{module.path}:{function.lineno} {function.name} has {length} lines"
        for module, function in functions()
        if (length := len(lines_of(module, function))) > LINES_A_FUNCTION and not is_excused(module, function)
    ]
    assert found == []


def test_only_compiled_loops_are_excused_from_complexity() -> None:
    """Ruff measures it; whoever tells it to overlook a function must be excused."""
    found = [
        f"{module.path}:{function.lineno} {function.name}"
        for module, function in functions()
        if any("C901" in line for line in lines_of(module, function)) and not is_excused(module, function)
    ]
    assert found == []
    assert [module.name for module in MODULES.values() if re.search(r"^# ruff: noqa", module.source, re.M)] == []


def test_a_class_name_means_one_thing() -> None:
    names = Counter(node.name for m in MODULES.values() for node in ast.walk(m.tree) if isinstance(node, ast.ClassDef))
    assert {name: count for name, count in names.items() if count > 1} == {}


def test_a_docstring_speaks_for_itself() -> None:
    """None leans on the one before it with "The same ..."."""
    documented = ast.Module | ast.ClassDef | Function
    found = [
        f"{module.path}: {getattr(node, 'name', 'the file')}"
        for module in MODULES.values()
        for node in ast.walk(module.tree)
        if isinstance(node, documented) and (ast.get_docstring(node) or "").startswith("The same")
    ]
    assert found == []


def test_arrays_are_named_once() -> None:
    found = {
        f"{module.name}.{match}"
        for module in MODULES.values()
        for match in re.findall(r"^(?:type )?(Floats|Ints|Mask)\b[^=\n(]*=", module.source, re.M)
    }
    assert found == {"features.arrays.Floats", "features.arrays.Ints", "features.arrays.Mask"}


def test_what_runs_first_is_there() -> None:
    named = [path.partition("::") for path in (*FIRST, *APART)]
    assert [file for file, _, _ in named if not (ROOT / file).exists()] == []
    assert [test for file, _, test in named if test and f"def {test}(" not in (ROOT / file).read_text()] == []


# -- what is committed ---------------------------------------------------------------------------------------


def test_no_committed_file_names_a_package_index() -> None:
    words = ["py" + "pi.org", "python" + "hosted", "--index" + "-url", "--extra-index" + "-url"]
    for path in ROOT.rglob("*"):
        hidden = any(part.startswith(".") and part != ".ci" for part in path.relative_to(ROOT).parts)
        if path.is_file() and not hidden and path.suffix in {".py", ".md", ".toml", ".lock", ".sql", ".txt", ""}:
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not any(word in text for word in words), path
