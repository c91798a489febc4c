"""Execute the notebooks in place and keep of their outputs what reads well and stays the same.

``python notebooks/execute.py [01_data_and_outcomes.ipynb ...]``
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

HERE = Path(__file__).parent
SECONDS = 600
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebooks() -> list[Path]:
    """In the order in which they are read."""
    return sorted(HERE.glob("*.ipynb"))


def executed(path: Path) -> NotebookNode:
    """The notebook run from its first to its last cell in a fresh kernel; a cell that fails raises with its source."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        sockets = Config(KernelManager={"transport": "ipc", "ip": f"{folder}/kernel"})  # files: no port is opened
        client = NotebookClient(
            notebook, config=sockets, timeout=SECONDS, record_timing=False, coalesce_streams=True, kernel_name="python3"
        )
        client.execute(cwd=folder)
    return tidied(notebook)


def tidied(notebook: NotebookNode) -> NotebookNode:
    """Without counters, timings, states of widgets and the version of whoever ran it."""
    notebook.metadata = nbformat.from_dict(KERNEL)
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [_tidied(output) for output in cell.outputs]
    return notebook


def _tidied(output: NotebookNode) -> NotebookNode:
    """A picture needs no words beside it."""
    if "data" in output:
        output.metadata = {}
        output.data = {kind: output.data[kind] for kind in output.data if kind == "image/png"} or output.data
    if "execution_count" in output:
        output.execution_count = None
    return output


def main(names: list[str]) -> None:
    """Execute all, or those named."""
    for path in [HERE / name for name in names] or notebooks():
        nbformat.write(executed(path), path)


if __name__ == "__main__":
    main(sys.argv[1:])
