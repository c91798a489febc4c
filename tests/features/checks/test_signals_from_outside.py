"""Signals from outside: entered beside ours, checked against their twins, hashed, and explained like ours."""

from __future__ import annotations

import importlib
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.catalogue import plugins, registry
from features.catalogue.document import page
from features.catalogue.fingerprint import features_hash
from features.catalogue.plugin import InvalidSignals
from features.catalogue.registry import RESERVED, catalogue, outside
from features.catalogue.topics import TOPICS
from features.checks import check_signals, require_signals
from features.decision_points import standing_orders
from features.errors import InvalidRequest
from features.events.selection import Select
from features.times import micros
from tests.features.conftest import FromOutside, forget
from tests.support.models import scorer_of
from tests.support.stories import created, event, known, shipped, story
from training.data.snapshots import Snapshots
from training.estimator.table import KEYS, LABELS
from training.model.fit import fit_model

HEAD = """
from features.arrays import Floats
from features.catalogue import RISES, signal, twin
from features.events.selection import Select
from features.known import Known
"""
SIGNAL = '''
PLACED = Select("hold.placed", kind="quality")

@signal("holds", "holds", RISES, "quality stopped it [once|{value} times]", topic="quality")
def quality_stops(known: Known) -> Floats:
    """Holds for quality, released ones included, holds."""
    return known.count(PLACED)
'''
TWIN = """
@twin
def quality_stops(events, as_of):
    return ((events["type"] == "hold.placed") & (events["kind"] == "quality")).sum()
"""
LOOP = """
import numba

@numba.njit
def loop(text):
    return text + 1
"""
PEEKING = '''
@signal("holds", "events", RISES, "{value} events")
def all_events(known: Known) -> Floats:
    """Events of the order, those to come included, events."""
    import numpy as np
    return np.diff(known.history.first)[known.order].astype(float)

@twin
def all_events(events, as_of):
    return len(events)
'''


@pytest.fixture
def told() -> pd.DataFrame:
    rows = []
    for number in range(12):
        order, begin = f"O{number}", float(number)
        rows += [
            created(begin, begin + 20, order=order),
            event("hold.placed", begin + 2, order, kind="quality" if number % 2 else "credit", reference="H"),
            event("hold.placed", begin + 4, order, kind="quality", reference="I"),
            shipped(begin + 15, 10, order),
        ]
    return story(*rows)


def test_a_signal_of_a_folder_stands_in_the_catalogue_like_ours(from_outside: FromOutside, told: pd.DataFrame) -> None:
    before = list(catalogue())
    entries = from_outside(HEAD + SIGNAL + TWIN)
    assert sorted(set(entries) - set(before)) == ["quality_stops"] == list(outside())
    entry = entries["quality_stops"]
    assert (entry.group, entry.topic) == ("holds", "quality")
    assert entry.topic in TOPICS
    assert entry.sentence(2.0) == "quality stopped it 2 times"
    assert entry.compute(known(told[told["order_id"] == "O1"], 6)).tolist() == [2.0]
    assert "quality_stops" in page()


def test_it_holds_where_it_agrees_with_its_twin(from_outside: FromOutside, told: pd.DataFrame) -> None:
    from_outside(HEAD + SIGNAL + TWIN)
    (found,) = check_signals(told)
    assert (found.name, found.faults) == ("quality_stops", [])
    assert found.points > 50
    require_signals(told)


def test_one_without_a_twin_and_one_that_differs_from_it_do_not_hold(
    from_outside: FromOutside, told: pd.DataFrame
) -> None:
    from_outside(HEAD + SIGNAL)
    (found,) = check_signals(told)
    assert found.faults == [
        "must have a naive twin, got none: define it the obvious way, from events and a moment, with @twin"
    ]
    from_outside(HEAD + SIGNAL + TWIN.replace('"quality")', '"credit")'))
    (found,) = check_signals(told)
    assert len(found.faults) == 3
    assert found.faults[0].startswith("of order O")
    assert "as its twin says, got" in found.faults[0]
    with pytest.raises(InvalidSignals, match="quality_stops of order O"):
        require_signals(told)


def test_one_that_looks_ahead_is_caught_by_its_code_or_by_what_it_says(
    from_outside: FromOutside, told: pd.DataFrame
) -> None:
    from_outside(HEAD + PEEKING)
    (found,) = check_signals(told)
    assert any("must not look ahead: of order O" in fault for fault in found.faults)
    with pytest.raises(InvalidSignals, match=r"got an import of features\.outcomes\.outcomes in .*ours\.py, line 2"):
        from_outside("\nfrom features.outcomes import outcomes\n")


@pytest.mark.parametrize(
    ("code", "got"),
    [
        ("import pandas as pd\npd.Timestamp.now()", r"a clock \(now\)"),
        ("import pandas as pd\npd.Timestamp('now')", r'a clock \("now"\)'),
        ("import numpy as np\nnp.datetime64('today')", r'a clock \("today"\)'),
        ("\nfrom time import time as t", r"an import of time\.time"),
        ("\nimport importlib", "an import of importlib"),
        ("import features\nfeatures.outcomes.outcomes", r"a use of features\.outcomes"),
        ("from features import known as k, outcomes", r"an import of features\.outcomes"),
    ],
)
def test_clocks_and_outcomes_are_refused_by_any_name(from_outside: FromOutside, code: str, got: str) -> None:
    with pytest.raises(InvalidSignals, match=rf"known at its moment alone, got {got} .*ours\.py, line \d"):
        from_outside(code)


def test_the_hour_of_a_moment_is_no_clock(from_outside: FromOutside) -> None:
    """A method of ours or of pandas may be called ``time``."""
    assert "quality_stops" in from_outside(
        HEAD + SIGNAL + TWIN + "\nimport datetime\ndatetime.datetime(2024, 1, 1).time()"
    )


def test_a_file_with_a_mark_of_its_encoding_is_read_and_one_that_is_no_text_is_named(from_outside: FromOutside) -> None:
    assert "quality_stops" in from_outside("\ufeff" + HEAD + SIGNAL)
    with pytest.raises(InvalidSignals, match=r"must be Python as text in UTF-8, got .*ours\.py"):
        from_outside("UMLAUT = 'ü'", encoding="latin-1")


def test_a_signal_cannot_be_called_like_a_column_of_the_table(from_outside: FromOutside) -> None:
    assert {*KEYS, *LABELS, "base"} <= RESERVED
    with pytest.raises(InvalidSignals, match="which tables use, got 'outcome': rename it"):
        from_outside(HEAD + SIGNAL.replace("quality_stops", "outcome"))


def test_a_signal_has_one_twin(from_outside: FromOutside, tmp_path: Path) -> None:
    (tmp_path / "signals").mkdir()
    (tmp_path / "signals" / "another.py").write_text(HEAD + TWIN, encoding="utf-8")
    with pytest.raises(InvalidSignals, match="must have one twin, got two of 'quality_stops'"):
        from_outside(HEAD + SIGNAL + TWIN)


def test_a_name_of_ours_is_refused(from_outside: FromOutside) -> None:
    with pytest.raises(InvalidSignals, match="must load, got a signal's name must be its own, got 'open_holds'"):
        from_outside(HEAD + SIGNAL.replace("quality_stops", "open_holds"))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nothing_of_that_name", "must load, got ModuleNotFoundError"),
        ("def", "must load, got SyntaxError"),
        (HEAD + SIGNAL.replace('"holds", "holds"', '"moods", "holds"'), "the group of quality_stops must be one of"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(from_outside: FromOutside, source: str, said: str) -> None:
    with pytest.raises(InvalidSignals, match=said):
        from_outside(source)


def test_a_folder_that_is_not_there_is_named(
    from_outside: FromOutside, monkeypatch: pytest.MonkeyPatch, told: pd.DataFrame
) -> None:
    monkeypatch.setenv(plugins.FOLDER, "/not/there")
    forget()
    with pytest.raises(InvalidSignals, match="SHIPRISK_SIGNALS must be a folder of Python files with signals, got"):
        catalogue()
    monkeypatch.delenv(plugins.FOLDER)
    forget()
    with pytest.raises(InvalidRequest, match="there must be signals from outside to check, got none"):
        check_signals(told)


def test_events_without_a_decision_point_and_a_signal_that_fails_on_few_of_them_are_said(
    from_outside: FromOutside, told: pd.DataFrame
) -> None:
    from_outside(HEAD + SIGNAL.replace("    return", "    assert len(known.history.first) > 3\n    return") + TWIN)
    with pytest.raises(InvalidRequest, match="are checked at decision points, got none in these events"):
        check_signals(told.iloc[:0])
    (found,) = check_signals(told)
    (fault,) = found.faults
    assert fault.startswith("must give a number for each point, got AssertionError: no word (line 12 of ours.py;")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('known.count("hold.placed")', "AttributeError: 'str' object has no attribute 'masks' (line 12 of ours.py;"),
        ('known.count(PLACED, days="14")', "Error: "),
        ("known.slack_of(PLACED)", "AttributeError: 'Select' object has no attribute 'point' (line 12 of ours.py;"),
        ('known.longest_gap(PLACED) + known.open_count("x")', "AttributeError: 'str' object has no attribute "),
    ],
)
def test_what_a_wrong_argument_gives_is_one_line_that_says_where(
    from_outside: FromOutside, told: pd.DataFrame, wrong: str, said: str
) -> None:
    from_outside(HEAD + SIGNAL.replace("known.count(PLACED)", wrong) + TWIN)
    (found,) = check_signals(told)
    (fault,) = found.faults
    assert said in fault
    assert "line 12 of ours.py; what the methods of known take: docs/own_signal.md" in fault
    assert "\n" not in fault


def test_a_loop_that_takes_no_such_argument_is_told_in_one_line(from_outside: FromOutside, told: pd.DataFrame) -> None:
    """numba says in twenty lines which of its steps failed."""
    from_outside(
        HEAD + SIGNAL.replace("known.count(PLACED)", "known.days_between(known.as_of, loop('x'))") + LOOP + TWIN
    )
    (fault,) = check_signals(told)[0].faults
    assert "got TypingError: Failed in nopython mode pipeline" in fault
    assert "(line 12 of ours.py;" in fault
    assert "\n" not in fault


def test_a_type_of_events_that_is_none_is_said_with_the_nearest() -> None:
    with pytest.raises(InvalidRequest, match=r"types of events .*, got hold.placd \(did you mean hold.placed\?\)"):
        Select("hold.placd")
    with pytest.raises(InvalidRequest, match=r"got qualty \(did you mean quality\?\) in kind"):
        Select("hold.placed", kind="qualty")


def test_the_hash_is_of_their_code_too_and_not_of_their_words(from_outside: FromOutside) -> None:
    ours = list(catalogue())
    before = features_hash(ours)
    names = list(from_outside(HEAD + SIGNAL))
    with_it = features_hash(names)
    assert features_hash(ours) == before, "a model that does not know it goes on as it was"
    from_outside(HEAD + SIGNAL.replace("Holds for quality", "Stops for quality").replace("stopped it", "held it"))
    assert features_hash(names) == with_it
    from_outside(HEAD + SIGNAL.replace("known.count(PLACED)", "known.count(PLACED, days=7)"))
    assert features_hash(names) != with_it


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, entry: str, files: dict[str, str]) -> None:
    """As ``pip install`` leaves it: files, and metadata with the entry point."""
    for path, source in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    metadata = folder / "kiel-1.0.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: kiel\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(f"[shiprisk.signals]\nkiel = {entry}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == entry.partition(".")[0]]:
        monkeypatch.delitem(sys.modules, name)
    importlib.invalidate_caches()
    plugins._LOADED.clear()
    forget()


def test_an_installed_package_names_a_module(
    from_outside: FromOutside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: pd.DataFrame
) -> None:
    install(tmp_path, monkeypatch, "kiel_signals", {"kiel_signals.py": HEAD + SIGNAL + TWIN})
    assert list(outside()) == ["quality_stops"]
    assert plugins.plugins()[0].origin == "the entry point kiel = kiel_signals"
    require_signals(told)


def package_of(holds: str) -> dict[str, str]:
    """Signals in a module below the one that the entry point names, with a helper beside them."""
    return {
        "kiel/signals/__init__.py": "from kiel.signals import holds\n",
        "kiel/signals/holds.py": holds,
        "kiel/signals/days.py": "WEEKS = 2\n",
        "kiel/__init__.py": "",
    }


IN_PACKAGE = (
    HEAD + "from kiel.signals.days import WEEKS\n" + SIGNAL.replace("PLACED)", "PLACED, days=7 * WEEKS)") + TWIN
)


def test_signals_in_modules_of_a_package_are_from_outside_too(
    from_outside: FromOutside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are listed, hashed with what they use, and carried to processes that do not have the package."""
    install(tmp_path, monkeypatch, "kiel.signals", package_of(IN_PACKAGE))
    assert list(outside()) == ["quality_stops"]
    before, carried = features_hash(["quality_stops"]), plugins.plugins()
    assert [one.module for one in carried] == ["kiel.signals", "kiel.signals.days", "kiel.signals.holds"]
    install(tmp_path, monkeypatch, "kiel.signals", package_of(IN_PACKAGE) | {"kiel/signals/days.py": "WEEKS = 30\n"})
    catalogue()
    assert features_hash(["quality_stops"]) != before

    (tmp_path / "kiel-1.0.dist-info" / "entry_points.txt").unlink()
    shutil.rmtree(tmp_path / "kiel")
    for name in [name for name in sys.modules if name.partition(".")[0] == "kiel"]:
        monkeypatch.delitem(sys.modules, name)
    plugins._LOADED.clear()
    del registry._REGISTERED["quality_stops"]
    importlib.invalidate_caches()
    forget()
    plugins.enter_plugins(carried)
    assert list(outside()) == ["quality_stops"]
    assert features_hash(["quality_stops"]) == before


def test_what_looks_ahead_in_a_module_of_a_package_is_refused_before_it_runs(
    from_outside: FromOutside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peeks = "from features.outcomes import outcomes\nraise SystemExit\n"
    install(tmp_path, monkeypatch, "kiel.signals", package_of(peeks))
    with pytest.raises(
        InvalidSignals, match=r"got an import of features\.outcomes\.outcomes in .*kiel\.signals\.holds"
    ):
        catalogue()


def test_a_signal_in_a_module_that_nobody_checks_is_refused(
    from_outside: FromOutside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = {
        "kiel_elsewhere.py": HEAD + SIGNAL,
        "kiel/signals.py": "import kiel_elsewhere\n",
        "kiel/__init__.py": "",
    }
    monkeypatch.delitem(sys.modules, "kiel_elsewhere", raising=False)
    install(tmp_path, monkeypatch, "kiel.signals", elsewhere)
    with pytest.raises(
        InvalidSignals, match="must stand in a module from outside .* got quality_stops in kiel_elsewhe"
    ):
        catalogue()


def test_a_model_learns_from_it_and_says_what_it_adds(
    from_outside: FromOutside, plant: pd.DataFrame, compiled: None
) -> None:
    """In the little plant nothing but holds for quality makes orders fail."""
    from_outside(HEAD + SIGNAL + TWIN)
    snapshots = replace(Snapshots.of(plant, "before=5"), names=["days_to_promise", "quality_stops"])
    points, _ = snapshots.labelled()
    model = fit_model(points, snapshots.context, {"trained_until": "2025-01-01", "zone": "UTC"})
    assert model.gains["quality_stops"] > 0.5
    held = plant[plant["type"] == "hold.placed"].iloc[0]
    moment = micros(held["recorded_at"]) + 1
    scores = scorer_of(model).score(snapshots.history, standing_orders(snapshots.history, moment))
    (score,) = [one for one in scores if one.order_id == held["order_id"]]
    (factor,) = [one for one in score.factors if one.signal == "quality_stops"]
    assert factor.sentence == "quality stopped it once"
    assert [one.id for one in factor.evidence] == [held["event_id"]]
    (reason,) = [one for one in score.reasons if one.topic == "quality"]
    assert reason.points == factor.points > 0
    assert (reason.situation, reason.text.partition(";")[0]) == ("quality_stops", "quality stopped it once")
