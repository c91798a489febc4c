"""The real export through the whole path; skipped where SHIPRISK_SCMS names no folder that holds it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from features.importing.mapping import import_events

SOURCE = Path(os.environ.get("SHIPRISK_SCMS", "-"))
MAPPING = Path(__file__).parents[2] / "examples" / "scms" / "mapping.sql"
pytestmark = pytest.mark.skipif(not SOURCE.is_dir(), reason="SHIPRISK_SCMS names no folder with the SCMS export")


def test_every_line_of_the_export_is_accounted_for() -> None:
    report = import_events(MAPPING, str(SOURCE)).report
    assert (report.rows_in, report.rows_imported, report.rows_rejected) == (10_324, 10_324, 0)
    assert report.orders == 6_281
