"""Execute the notebooks in place and keep of their outputs what reads well and stays the same.

``python notebooks/execute.py [01_data_and_outcomes.ipynb ...]``

With SHIPRISK_NOTEBOOK_ORDERS they look at a smaller plant, as the tests do; what is kept is of the large one.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image
from traitlets.config import Config

HERE = Path(__file__).parent
SECONDS = 3600
"""A cell may take so long: it trains on thousands of orders."""
COLOURS = 256
"""Of a picture: lines, marks and letters need no more, and the file is half as large."""
PICTURE = "image/png"
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
        if PICTURE in output.data:
            output.data = {PICTURE: _in_few_colours(output.data[PICTURE])}
    if "execution_count" in output:
        output.execution_count = None
    return output


def _in_few_colours(picture: str) -> str:
    """A PNG in base64, drawn with a palette."""
    drawn = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    smaller = io.BytesIO()
    drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(smaller, "PNG", optimize=True)
    return base64.b64encode(smaller.getvalue()).decode("ascii")


def main(names: list[str]) -> None:
    """Execute all, or those named."""
    for path in [HERE / name for name in names] or notebooks():
        nbformat.write(executed(path), path)


if __name__ == "__main__":
    main(sys.argv[1:])
