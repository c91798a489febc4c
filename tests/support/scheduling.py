"""Which worker runs what: a file at a time, so that what its tests share is made once; the slow ones first.

``pytest-xdist`` would read groups from marks, but it writes them where pytest 9.1 and later no longer look.
"""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

FIRST = (
    "tests/features/test_naive.py::test_engine_and_twins_agree",  # compiles, for all
    "tests/features/importing",  # needs none of that, as what follows
    "tests/test_laws.py",
    "tests/features/wording",
    "tests/simulation/test_messy_plant.py",
    "tests/simulation/test_simulation.py",
    "tests/simulation/test_ship_dates.py",
    "tests/simulation/test_oracle.py",  # its last tests do
    "tests/test_notebooks.py",
    "tests/features/pipeline/test_spark.py",
    "tests/serving/test_crash.py",
    "tests/features/test_naive.py",
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


NIGHTLY_ON = {
    "tests/serving/pages": "postgresql",  # they ask the API's queries
    "tests/serving/api": "sqlite",  # the stores' own tests are on both
    "tests/serving/store/test_worklist.py": "sqlite",
    "tests/serving/scores/test_change.py": "sqlite",
    "tests/serving/scores/test_impact.py": "sqlite",
    "tests/serving/scores/test_levels.py": "sqlite",
    "tests/serving/scores/test_replay.py": "sqlite",
}
"""Of tests on two databases, the one on which they run in the nightly tests alone."""
ON_BOTH = ("test_plants.py",)
"""But for these."""

SHARED = "tests/serving/pages"
"""Tests of one service on each database, which need not be started for every file."""
BROWSER = {f"{SHARED}/test_browser.py", f"{SHARED}/test_overviews_browser.py"}
"""Of these, what takes long: a file at a time."""


def unit_of(nodeid: str) -> str:
    """What is given to a worker as one: a file, a test of those apart, and what shares a service on one database.

    >>> unit_of("tests/test_docs.py::test_links"), unit_of("tests/test_notebooks.py::test_runs[1]")
    ('tests/test_docs.py', 'tests/test_notebooks.py::test_runs[1]')
    >>> unit_of("tests/serving/pages/test_plants.py::test_a_plant[sqlite-/changes]")
    'tests/serving/pages[sqlite]'
    """
    file = nodeid.partition("::")[0]
    if file.startswith(SHARED) and file not in BROWSER and (kind := re.search(r"\[(sqlite|postgresql)\b", nodeid)):
        return f"{SHARED}[{kind[1]}]"
    return nodeid if file in APART else file


def is_nightly(nodeid: str) -> bool:
    """Whether it runs in the nightly tests alone for the database that it is on.

    >>> is_nightly("tests/serving/api/test_rules.py::test_a_rule[sqlite]")
    True
    >>> is_nightly("tests/serving/api/test_rules.py::test_a_rule[postgresql]")
    False
    """
    kinds = (kind for place, kind in NIGHTLY_ON.items() if nodeid.startswith(place))
    return any(kind in nodeid for kind in kinds) and not any(name in nodeid for name in ON_BOTH)


def turn_of(nodeid: str) -> int:
    """Its place among those that come first."""
    return next((turn for turn, path in enumerate(FIRST) if nodeid.startswith(path)), len(FIRST))


class SlowFirst(LoadScopeScheduling):  # type: ignore[misc]
    """Units in the order in which they were collected, which is by their turn."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
