"""The notebooks run from top to bottom, say nothing on the side, and are kept with their outputs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from notebooks.execute import executed, notebooks
from simulation import load_plant, simulate_once
from tests.conftest import once

LARGEST = 400_000
ORDERS = 450
"""Of the small plant: as few as every step needs."""
MACHINE = re.compile(r"/(?:home|root|work|tmp|usr|var|Users|private)/|[A-Z]:\\\\|site-packages|file://")
QUIET = {"IPYTHONDIR": "ipython", "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTER_DATA_DIR": "data", "MPLCONFIGDIR": "plots"}
every = pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)

LONG = ("06",)
"""It trains two models; its steps have tests of their own."""
few = pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=[pytest.mark.nightly] if path.stem[:2] in LONG else []) for path in notebooks()],
    ids=lambda path: path.stem,
)


def kept(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shows(cell: NotebookNode) -> bool:
    """The cell ends with a value."""
    python = re.sub(r"^%.*$", "", cell.source, flags=re.M)
    return isinstance(ast.parse(python).body[-1], ast.Expr)


def words(cell: NotebookNode) -> str:
    """What the outputs of a cell say."""
    said = [output.get("text", "") for output in cell.outputs]
    return "\n".join(said + [text for o in cell.outputs for kind, text in o.get("data", {}).items() if "text" in kind])


@pytest.fixture(scope="module")
def small_plants(tmp_path_factory: pytest.TempPathFactory, compiled: None) -> Path:
    """A home with the plant that all of them look at, simulated once for all workers."""

    def make(folder: Path) -> None:
        simulate_once(load_plant("default"), ORDERS, 365, 41, folder=folder / "plants")

    return once(tmp_path_factory, "small-plants", make)


def test_there_are_six() -> None:
    assert [path.stem[:2] for path in notebooks()] == ["01", "02", "03", "04", "05", "06"]


@few
def test_it_runs_and_shows_what_is_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, small_plants: Path
) -> None:
    """On a small plant: what is kept is of the large one, so the same kinds of outputs are to be there."""
    monkeypatch.setenv("SHIPRISK_HOME", str(small_plants))
    monkeypatch.setenv("SHIPRISK_NOTEBOOK_ORDERS", str(ORDERS))
    for name, folder in QUIET.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)  # what Python shows of itself is what a reader would see
    again = executed(path)
    for cell, before in zip(code(again), code(kept(path)), strict=True):
        aside = [output.text for output in cell.outputs if output.get("name") == "stderr"]
        assert not aside, f"a cell must say nothing on the side, got {aside} from\n{cell.source}"
        assert [o.output_type for o in cell.outputs] == [o.output_type for o in before.outputs], cell.source


@every
def test_the_outputs_are_kept_and_small(path: Path) -> None:
    notebook = kept(path)
    nbformat.validate(notebook)
    assert path.stat().st_size < LARGEST
    assert sum("image/png" in output.get("data", {}) for cell in code(notebook) for output in cell.outputs) >= 2
    assert [cell.id for cell in code(notebook) if shows(cell) and not cell.outputs] == [], "run 'make notebooks'"


@every
def test_nothing_kept_differs_from_run_to_run(path: Path) -> None:
    for cell in code(kept(path)):
        assert cell.execution_count is None
        assert not cell.metadata
        assert not MACHINE.search(words(cell) + cell.source), cell.id
        assert not any(output.output_type == "error" or output.get("name") == "stderr" for output in cell.outputs)


@every
def test_it_looks_at_the_large_plant_unless_asked_otherwise_and_says_what_next(path: Path) -> None:
    cells = kept(path).cells
    usual = 2_000 if path.stem.startswith("06") else 5_000
    assert f'os.environ.get("SHIPRISK_NOTEBOOK_ORDERS", "{usual}")' in "\n".join(cell.source for cell in cells)
    assert cells[-1].cell_type == "markdown"
    assert "## What next" in cells[-1].source


@every
def test_links_lead_somewhere(path: Path) -> None:
    for cell in kept(path).cells:
        for target in re.findall(r"\]\(([^)#:]+)\)", cell.source):
            assert (path.parent / target.replace("\n", "")).exists(), target
