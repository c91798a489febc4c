"""Files of the pages may change below a process that runs: it has read what it shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUNNING = """
import shutil, sys
from pathlib import Path
from fastapi import FastAPI
from serving.pages import add_pages
from serving.pages.rendering import environment
from serving.pages.static_files import SOURCES, address_of

app = FastAPI()
app.state.services = None
add_pages(app)
folder = Path(sys.argv[1]) / "serving" / "pages"
names = [str(path.relative_to(folder / "templates")) for path in (folder / "templates").rglob("*.html")]
shutil.rmtree(folder / "templates")
shutil.rmtree(folder / "assets")
shown = [environment().get_template(name).name for name in names] + [address_of(name) for name in SOURCES]
print(len(names), len(shown))
"""


def test_a_running_process_needs_none_of_its_files_again(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "serving", tmp_path / "serving")
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-c", RUNNING, str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    templates, shown = map(int, done.stdout.split())
    assert (templates > 20, shown > templates) == (True, True)
