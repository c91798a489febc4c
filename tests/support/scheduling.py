"""Which worker runs what: a file at a time, so that what its tests share is made once; the slow ones first.

``pytest-xdist`` would read groups from marks, but it writes them where pytest 9.1 and later no longer look.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

FIRST = (
    "tests/test_laws.py",
    "tests/features/test_naive.py::test_engine_and_twins_agree",  # compiles, for all
    "tests/simulation/test_oracle.py",  # needs little of that, meanwhile
    "tests/features/importing",
    "tests/features/test_naive.py",
    "tests/serving/test_crash.py",
    "tests/features/pipeline/test_spark.py",
    "tests/test_notebooks.py",
    "tests/serving/api/test_permissions.py",
    "tests/serving/api/test_api.py",
    "tests/serving/test_operations.py",
    "tests/serving/test_cli.py",
    "tests/serving/pages",
    "tests/serving/api/test_contract.py",
    "tests/features/test_signals.py",
    "tests/features/readiness/test_checks.py",
    "tests/serving/store",
    "tests/serving/models/test_follower.py",
    "tests/training",
    "tests/simulation",
    "tests/serving",
)
"""What takes long, in this order; everything else fills the gaps at the end."""
APART = {
    "tests/test_notebooks.py",
    "tests/serving/test_crash.py",
    "tests/features/test_signals.py",
    "tests/features/readiness/test_checks.py",
    "tests/features/test_naive.py",
}
"""Files whose tests share nothing and take long: a test at a time."""


def unit_of(nodeid: str) -> str:
    """What is given to a worker as one.

    >>> unit_of("tests/test_docs.py::test_links"), unit_of("tests/test_notebooks.py::test_runs[1]")
    ('tests/test_docs.py', 'tests/test_notebooks.py::test_runs[1]')
    """
    file = nodeid.partition("::")[0]
    return nodeid if file in APART else file


def turn_of(nodeid: str) -> int:
    """Its place among those that come first."""
    return next((turn for turn, path in enumerate(FIRST) if nodeid.startswith(path)), len(FIRST))


class SlowFirst(LoadScopeScheduling):  # type: ignore[misc]
    """Units in the order in which they were collected, which is by their turn."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
