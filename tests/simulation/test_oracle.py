from __future__ import annotations

import mmap
import os
from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from features.errors import InvalidRequest
from features.history import History
from features.orders.commitments import OPEN, commitments
from features.times import DAY, micros
from serving.cli import app
from simulation import simulate
from simulation.oracle.forks import ForkingFailed, cores, play_futures
from simulation.oracle.interventions import Intervention
from simulation.oracle.oracle import Moment, Oracle, oracle_days, simulate_with_oracle
from simulation.oracle.tables import read_ship_dates
from simulation.run import run_until, start
from tests.support.plants import TINY, loaded, queues_only, tiny

ORDERS, PERIOD, SEED = 110, 45, 3


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return simulate_with_oracle(tiny(), ORDERS, PERIOD, SEED, [30, 36], futures=12, of_each=1)


def test_asking_the_oracle_changes_nothing(oracle: Oracle) -> None:
    pd.testing.assert_frame_equal(oracle.events, simulate(tiny(), ORDERS, PERIOD, SEED), check_exact=True)


@pytest.mark.nightly
def test_the_oracle_is_the_same_for_a_seed(oracle: Oracle) -> None:
    again = simulate_with_oracle(tiny(), ORDERS, PERIOD, SEED, [30, 36], futures=12, of_each=1)
    pd.testing.assert_frame_equal(oracle.risks, again.risks, check_exact=True)
    pd.testing.assert_frame_equal(oracle.ship_dates, again.ship_dates, check_exact=True)
    pd.testing.assert_frame_equal(oracle.interventions, again.interventions, check_exact=True)


def test_risks_are_probabilities_of_open_orders(oracle: Oracle) -> None:
    risks = oracle.risks
    assert list(risks) == ["as_of", "order_id", "p_missed", "p_partial", "n"]
    assert risks[["p_missed", "p_partial"]].ge(0).all().all()
    assert (risks["p_missed"] + risks["p_partial"] <= 1 + 1e-12).all()
    assert risks["n"].between(1, 12).all()
    assert not risks.duplicated(["as_of", "order_id"]).any()
    assert risks["p_missed"].nunique() > 3


def test_effects_are_differences_with_their_error(oracle: Oracle) -> None:
    table = oracle.interventions
    assert set(table["decision"]) <= {"release_hold", "expedite", "move_date"}
    assert {"expedite", "move_date"} <= set(table["decision"])
    np.testing.assert_allclose(table["effect"], table["p_failed_with"] - table["p_failed_without"], atol=1e-12)
    assert (table["standard_error"] >= 0).all()
    assert table["reference"].notna().eq(table["decision"] != "expedite").all()


def mean_risk(factor: float) -> float:
    shop = start(loaded(factor), ORDERS, PERIOD, SEED)
    run_until(shop, 30)
    rows = Moment(shop, SEED, 30, 10).risks()
    return float(np.mean([row[2] + row[3] for row in rows]))  # type: ignore[operator]


def test_more_load_is_more_risk() -> None:
    assert mean_risk(0.6) + 0.1 < mean_risk(1.5)


@pytest.mark.nightly
def test_expediting_helps_in_a_loaded_plant() -> None:
    shop = start(queues_only(1.5), ORDERS, PERIOD, SEED)
    run_until(shop, 30)
    moment = Moment(shop, SEED, 30, 12)
    chosen = [order for order in moment.orders if not order.expedited and order.due - shop.now < 9 * 24]
    effects = [moment.effect(Intervention(order.order_id, "expedite", None)) for order in chosen[:14]]
    assert len(effects) > 8
    assert np.mean([row[6] for row in effects if row is not None]) < -0.03  # type: ignore[misc]


@pytest.mark.nightly
def test_releasing_a_hold_is_the_decision_it_says() -> None:
    shop = start(tiny(), ORDERS, PERIOD, SEED)
    run_until(shop, 30)
    moment = Moment(shop, SEED, 30, 20)
    holds = [(order, hold) for order in moment.orders for hold in order.holds.values() if hold.kind != "material"]
    assert holds
    rows = [moment.effect(Intervention(o.order_id, "release_hold", hold.reference)) for o, hold in holds]
    assert all(hold.reference in order.holds for order, hold in holds)
    assert np.mean([row[6] for row in rows if row is not None]) <= 0.05  # type: ignore[misc]


def test_moments_lie_in_the_last_fifth_at_the_start_of_a_day(oracle: Oracle) -> None:
    assert oracle_days(365, 3) == [292, 316, 340]
    assert all(micros(as_of) % DAY == 0 for as_of in oracle.risks["as_of"])
    with pytest.raises(InvalidRequest, match="the oracle moments must lie between 1 and 73, got 80"):
        oracle_days(365, 80)
    with pytest.raises(InvalidRequest, match=r"oracle days must rise and lie between 1 and 45, got \[40, 20\]"):
        simulate_with_oracle(tiny(), ORDERS, PERIOD, SEED, [40, 20], futures=2)


def test_a_future_that_dies_is_reported() -> None:
    def dies(number: int) -> np.ndarray:
        raise ValueError(f"no future {number}")

    with pytest.raises(ForkingFailed, match=r"send back 3 outcomes, got from \d: ValueError: no future \d"):
        play_futures(dies, 3, 3, np.dtype(np.int8))


def test_futures_come_back_in_their_order() -> None:
    got = play_futures(lambda number: np.full(2, number, dtype=np.int8), 5, 2, np.dtype(np.int8))
    assert got.tolist() == [[number, number] for number in range(5)]


def test_no_more_futures_play_at_once_than_there_are_cores() -> None:
    ended = mmap.mmap(-1, 1)
    ended[0] = 0

    def count_playing(number: int) -> NDArray[np.int16]:
        return np.array([number + 1 - ended[0]], dtype=np.int16)

    def note_end() -> None:
        ended[0] += 1

    playing = play_futures(count_playing, 4 * cores() + 10, 1, np.dtype(np.int16), note_end)
    assert playing.max() <= cores()


def test_without_fork_the_oracle_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    with pytest.raises(ForkingFailed, match=r"the oracle needs os\.fork"):
        simulate_with_oracle(tiny(), ORDERS, PERIOD, SEED, [30], futures=2)


@pytest.mark.filterwarnings("ignore:Series.values returning an ndarray")  # pyarrow's, on writing time zones
@pytest.mark.usefixtures("compiled")
@pytest.mark.nightly
def test_the_command_writes_the_same_files_twice(tmp_path: Path) -> None:
    args = ["simulate", "--orders", "60", "--days", "30", "--seed", "5", "--plant", str(TINY), "--json"]
    asked = [*args, "--oracle", "1", "--futures", "4"]
    runner = CliRunner()
    first = runner.invoke(app, [*asked, "--out", str(tmp_path / "a")])
    second = runner.invoke(app, [*args, "--out", str(tmp_path / "b")])
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    said = orjson.loads(first.stdout.splitlines()[-1])
    assert set(said["rows"]) == {
        "events.parquet", "oracle.parquet", "oracle_ship_dates.parquet", "interventions.parquet",
    }  # fmt: skip
    dates = read_ship_dates(tmp_path / "a" / "oracle_ship_dates.parquet")
    assert len(dates) == said["rows"]["oracle_ship_dates.parquet"] >= said["rows"]["oracle.parquet"] > 0
    assert said["orders"] == 60
    written = (tmp_path / "a" / "events.parquet").read_bytes()
    assert written == (tmp_path / "b" / "events.parquet").read_bytes()
    assert not (tmp_path / "b" / "oracle.parquet").exists()


def test_the_oracle_speaks_of_the_orders_that_the_records_call_open(oracle: Oracle, compiled: None) -> None:
    """What has shipped, is cancelled or late is not in it (but for what is not recorded yet)."""
    history = History.of(oracle.events)
    standing = commitments(history)
    for as_of, rows in oracle.risks.groupby("as_of"):
        moment = micros(as_of)
        known = history.recorded <= moment
        last = np.flatnonzero(known & ((history.next_recorded > moment) | (history.next_recorded < 0)))
        open_ = last[(standing.state[last] == OPEN) & (standing.due[last] >= moment)]
        by_records = set(history.order_ids[history.order[open_]])
        assert set(rows["order_id"]) <= by_records
        assert len(by_records - set(rows["order_id"])) <= 2
