"""A full disk under the files in which processes count together neither stops the service nor its start."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serving.telemetry.counter_files import SIZE
from tests.conftest import Home, serve

COUNT = """
import sys
from pathlib import Path
from serving.telemetry.metrics import REQUESTS, REQUEST_SECONDS, StoreGauges, exposition
filler = Path(sys.argv[1])
if len(sys.argv) > 2:
    try:
        with filler.open("wb", buffering=0) as file:
            while file.write(bytes(4096)) == 4096:
                pass
    except OSError:
        pass
for route in range(100):
    for status in range(200, 210):
        REQUESTS.labels(f"/v1/orders/{{order_id}}/something/longer/{route}", str(status)).inc()
    REQUEST_SECONDS.labels(f"/v1/orders/{{order_id}}/something/longer/{route}").observe(1)
print(exposition(StoreGauges(dict, None)).decode().count("shiprisk_requests_total{"))
"""
"""A process that counts a hundred routes with ten statuses each, on a disk that is full if it is told to fill it."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("a small disk can be mounted by the superuser alone")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path, leave: int = 0) -> None:
    """Take all room but so many bytes."""
    left = disk / "left"
    left.write_bytes(bytes(leave))
    try:
        with (disk / "full").open("wb", buffering=0) as file:
            while file.write(bytes(4096)) == 4096:
                pass
    except OSError:
        left.unlink()


def count(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(folder), "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", COUNT, str(folder / "full"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_processes_count_on_while_the_disk_runs_full(disk: Path) -> None:
    done = count(disk, "fill")
    assert (done.returncode, done.stdout.strip()) == (0, "1000"), done.stderr
    assert {path.stat().st_size for path in disk.glob("*.db")} == {SIZE}, "none had to grow"


def test_on_a_disk_that_is_full_already_each_process_counts_by_itself(disk: Path) -> None:
    fill(disk, leave=64 * 1024)
    done = count(disk)
    assert (done.returncode, done.stdout.strip()) == (0, "1000"), done.stderr
    assert "the folder of counters must have room for 2097152 bytes, got No space left on device" in done.stderr
    assert list(disk.glob("*.db")) == []


def test_what_has_ended_gives_its_room_back_and_stays_counted(tmp_path: Path) -> None:
    assert count(tmp_path).returncode == 0
    assert {path.stat().st_size for path in tmp_path.glob("*.db")} == {SIZE}
    done = count(tmp_path)
    assert done.stdout.strip() == "1000", "counted together"
    sizes = sorted(path.stat().st_size for path in tmp_path.glob("*.db"))
    assert max(sizes[:2]) < SIZE / 2
    assert sizes[2:] == [SIZE, SIZE]


def test_the_service_answers_on_a_disk_that_runs_full(home: Home, disk: Path) -> None:
    own = Home(home.folder, home.events, home.environment | {"TMPDIR": str(disk), "SHIPRISK_KEEPER": "process"})
    for service in serve(own):
        until = time.monotonic() + 120
        while len(list(disk.glob("shiprisk-*/counter_*.db"))) < 2 and time.monotonic() < until:
            assert httpx.get(f"{service.url}/health/live", timeout=30).status_code == 200, "until its keeper counts too"
        fill(disk)
        for path in ("/health/live", "/v1/model", "/v1/orders", "/v1/freshness", "/nowhere", "/v1/orders/none"):
            assert httpx.get(f"{service.url}{path}", timeout=30).status_code in (200, 404)
        assert 'shiprisk_requests_total{route="GET /v1/orders"' in httpx.get(f"{service.url}/metrics", timeout=30).text
