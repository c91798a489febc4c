from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.decision_points import decision_points
from features.engine.ordering import known_until
from features.errors import InvalidRequest
from features.events import COLUMNS, checked_events
from features.history import History
from features.orders.commitments import SHIPPED, commitments, is_awaited
from features.outcomes import CANCELLED, MISSED, ON_TIME_IN_FULL, OUTCOMES, PARTIAL, outcomes
from features.times import plant_calendar
from simulation import load_plant, simulate
from simulation.description.description import Plant
from simulation.description.reading import InvalidPlant, read_plant, shipped_plants
from simulation.oracle.ledger import Commitment, is_open, judge_commitment
from simulation.run import run_until, start
from tests.support.plants import TINY, loaded, tiny

SEEDS = (1, 2, 3)
SETTLED_BEFORE = pd.Timedelta(hours=48)
CORRECTED_WITHIN = pd.Timedelta(hours=12)
BLOCK_WORK = ("quality", "engineering")
BLOCK_RELEASE = ("quality", "engineering", "material", "credit")
BLOCK_SHIPPING = ("quality", "credit", "delivery", "documents")


@pytest.fixture(scope="module", params=SEEDS)
def events(request: pytest.FixtureRequest) -> pd.DataFrame:
    return simulate(tiny(), 240, 80, request.param)


def test_one_seed_gives_one_year_and_another_seed_another(events: pd.DataFrame) -> None:
    again, other = simulate(tiny(), 60, 30, 1), simulate(tiny(), 60, 30, 2)
    pd.testing.assert_frame_equal(simulate(tiny(), 60, 30, 1), again, check_exact=True)
    assert not again.equals(other)


def test_the_event_table_holds_every_rule(events: pd.DataFrame) -> None:
    checked = checked_events(events)
    pd.testing.assert_frame_equal(checked, events, check_exact=True)
    assert list(events) == list(COLUMNS)
    assert not events.duplicated(["source", "event_id"]).any()
    assert events["order_id"].nunique() == 240


def test_nothing_is_recorded_before_it_occurred_nor_after_the_end(events: pd.DataFrame) -> None:
    assert (events["recorded_at"] >= events["occurred_at"]).all()
    assert events["recorded_at"].is_monotonic_increasing
    assert events["recorded_at"].max() <= pd.Timestamp("2025-01-01", tz="UTC") + pd.Timedelta(days=80)
    late = events["recorded_at"] - events["occurred_at"] > pd.Timedelta(hours=8)
    assert 0 < late.mean() < 0.2
    assert not events["occurred_at"].is_monotonic_increasing


def all_recorded(events: pd.DataFrame) -> pd.DataFrame:
    """What occurred early enough to be recorded by the end, however late it was booked."""
    return events[events["occurred_at"] < events["recorded_at"].max() - SETTLED_BEFORE]


def operations(events: pd.DataFrame) -> pd.DataFrame:
    """One row an operation: batch, step, net good, scrapped, first confirmation."""
    work = events[events["type"].isin(["operation.confirmed", "operation.scrapped"])]
    good = work["quantity"].where(work["type"] == "operation.confirmed", 0.0)
    scrapped = work["quantity"].where(work["type"] == "operation.scrapped", 0.0)
    first = work["occurred_at"].where((work["type"] == "operation.confirmed") & (work["quantity"] > 0))
    table = work.assign(good=good, scrapped=scrapped, first=first).groupby("reference").agg(
        {"good": "sum", "scrapped": "sum", "first": "min", "order_id": "first", "line_id": "first"}
    )  # fmt: skip
    names = table.index.to_series().str.extract(r"(?P<batch>.*)/(?P<step>\d+)$")
    return table.assign(batch=names["batch"], step=names["step"].astype(int) // 10).reset_index()


def test_quantities_are_conserved_from_operation_to_operation(events: pd.DataFrame) -> None:
    table = operations(all_recorded(events))
    released = events[events["type"] == "production.released"].set_index("reference")["quantity"]
    before = table.assign(step=table["step"] + 1).set_index(["batch", "step"])["good"]
    started = [released[row.batch] if row.step == 1 else before[(row.batch, row.step)] for row in table.itertuples()]
    table["started"] = started
    following = table.assign(step=table["step"] - 1).set_index(["batch", "step"])["first"]
    end = events["recorded_at"].max() - SETTLED_BEFORE - CORRECTED_WITHIN
    settled = [following.get((row.batch, row.step), pd.NaT) < end for row in table.itertuples()]
    done = table[settled]
    assert len(done) > 50
    assert (done["good"] + done["scrapped"] == done["started"]).all()
    assert (table["good"] <= table["started"]).all()


def test_no_operation_is_booked_before_its_predecessor(events: pd.DataFrame) -> None:
    table = operations(all_recorded(events)).dropna(subset="first")
    before = table.assign(step=table["step"] + 1).set_index(["batch", "step"])["first"]
    later = table[table["step"] > 1]
    assert len(later) > 50
    assert all(row.first >= before[(row.batch, row.step)] for row in later.itertuples())
    assert any(row.first > before[(row.batch, row.step)] for row in later.itertuples())


def test_no_more_ships_than_was_ordered_or_made(events: pd.DataFrame) -> None:
    by_line = ["order_id", "line_id"]
    shipped = events[events["type"] == "goods.issued"].groupby(by_line)["quantity"].sum()
    stated = events[events["type"].isin(["order_line.created", "order_line.changed"])]
    assert (shipped <= stated.groupby(by_line)["quantity"].max()[shipped.index]).all()
    table = operations(events)
    last = table[table["step"] == table.groupby("batch")["step"].transform("max")]
    made = last.groupby(by_line)["good"].sum()
    started = events[events["type"] == "production.released"].groupby(by_line).size().index
    made_to_order = shipped.index.intersection(started)
    assert len(made_to_order) > 50
    assert (shipped[made_to_order] <= made[made_to_order]).all()


def held_spans(events: pd.DataFrame, kinds: tuple[str, ...]) -> pd.DataFrame:
    placed = events[(events["type"] == "hold.placed") & events["kind"].isin(kinds)]
    released = events[events["type"] == "hold.released"].set_index("reference")["occurred_at"]
    until = placed["reference"].map(released).fillna(pd.Timestamp("2030-01-01", tz="UTC"))
    return placed.assign(until=until)[["order_id", "line_id", "occurred_at", "until"]]


@pytest.mark.parametrize(
    ("type_", "kinds"),
    [
        ("operation.confirmed", BLOCK_WORK),
        ("production.released", BLOCK_RELEASE),
        ("goods.issued", BLOCK_SHIPPING),
    ],
)
def test_a_hold_blocks_what_it_holds(events: pd.DataFrame, type_: str, kinds: tuple[str, ...]) -> None:
    moved = events[(events["type"] == type_) & events["reason"].isna()]
    pairs = moved.merge(held_spans(events, kinds), on="order_id", suffixes=("", "_held"))
    pairs = pairs[pairs["line_id_held"].isna() | (pairs["line_id_held"] == pairs["line_id"])]
    assert len(pairs) > 3
    inside = (pairs["occurred_at"] > pairs["occurred_at_held"]) & (pairs["occurred_at"] < pairs["until"])
    assert not inside.any()


def test_a_hold_is_released_once_after_it_was_placed(events: pd.DataFrame) -> None:
    holds = events[events["type"].isin(["hold.placed", "hold.released"])]
    table = holds.pivot(index="reference", columns="type", values="occurred_at")
    assert table["hold.placed"].notna().all() or (holds["recorded_at"].max() - table["hold.released"].max()).days < 2
    both = table.dropna()
    assert (both["hold.released"] >= both["hold.placed"]).all()


def test_orders_that_missed_ship_later_and_reversals_occur() -> None:
    frames = [simulate(tiny(), 240, 80, seed) for seed in SEEDS]
    everything = pd.concat(frames)
    assert (everything.loc[everything["type"] == "operation.confirmed", "reason"] == "reversal").any()
    assert {"complete", "short", "cancelled"} <= set(
        everything.loc[everything["type"] == "order_line.closed", "reason"]
    )
    shares = label_shares(frames[0])
    assert shares["missed"] > 0
    state = frames[0][frames[0]["type"] == "order_line.closed"]["order_id"].nunique()
    assert state > 0.6 * 240


def label_shares(frame: pd.DataFrame) -> dict[str, float]:
    history = History.of(frame)
    points = decision_points(history, "before=7", plant_calendar("UTC"))
    outcome, *_ = outcomes(history, points.order, points.as_of)
    names = OUTCOMES[outcome]
    settled = np.isin(names, ["missed", "partial", "on_time_in_full"])
    return {name: float((names[settled] == name).mean()) for name in ("missed", "partial", "on_time_in_full")}


def test_the_default_plant_misses_a_tenth_to_a_quarter() -> None:
    frame = simulate(load_plant("default"), 1500, 110, 4)
    shares = label_shares(frame)
    assert 0.08 <= shares["missed"] <= 0.27
    assert 0.04 <= shares["partial"] <= 0.17
    assert 30 <= len(frame) / 1500 <= 80


@pytest.mark.parametrize(
    ("plant", "not_open_share"), [(tiny(), 0.0), (load_plant("messy"), 0.01)], ids=["tiny", "messy"]
)
def test_the_ledger_judges_like_the_outcomes_of_the_records(plant: Plant, not_open_share: float) -> None:
    """The truth inside the plant and the outcome read from its records are the same for every order and moment.

    ``not_open_share`` is the largest share of open orders that the records may take for shipped: so they were posted.
    """
    words = {ON_TIME_IN_FULL: "on_time_in_full", PARTIAL: "partial", MISSED: "missed", CANCELLED: "cancelled"}
    shop = start(plant, 300, 90, 11)
    committed = {}
    for day in (20, 27, 35, 42, 50):
        run_until(shop, day)
        committed[shop.records.micros(shop.now)] = [
            Commitment.of(order, shop.now) for order in shop.open_orders() if is_open(order, shop.now)
        ]
    run_until(shop, 120)
    history = History.of(shop.records.frame(120))
    index = {name: number for number, name in enumerate(history.order_ids)}
    standing = commitments(history)
    seen, posted, total = set(), 0, 0
    for as_of, entries in committed.items():
        order = np.array([index[entry.order.order_id] for entry in entries])
        moments = np.full(len(order), as_of)
        outcome, *_ = outcomes(history, order, moments)
        last = known_until(history.first, history.recorded, order, moments) - 1
        open_ = is_awaited(standing.state[last], standing.due[last], moments)
        truth = np.array([words[judge_commitment(entry)] for entry in entries])
        assert list(OUTCOMES[outcome[open_]]) == list(truth[open_])
        assert (standing.state[last[~open_]] == SHIPPED).all()
        posted, total = posted + int((~open_).sum()), total + len(order)
        seen.update(truth)
    assert posted <= not_open_share * total
    assert {"on_time_in_full", "partial", "missed"} <= seen


def test_a_higher_load_misses_more() -> None:
    light, heavy = (label_shares(simulate(loaded(factor), 240, 80, 1))["on_time_in_full"] for factor in (0.6, 1.4))
    assert light > heavy + 0.1


@pytest.mark.parametrize("name", shipped_plants())
def test_every_shipped_plant_runs(name: str) -> None:
    frame = simulate(load_plant(name), 150, 50, 1)
    assert {"goods.issued", "readiness.stated", "delivery.planned"} <= set(frame["type"])


TEXT = TINY.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("overtime = 0.1", "overtime = 0.9", r"planning.overtime must lie between 0 and 0.5, got 0.9 \(here\)"),
        ("overtime = 0.1", 'overtime = "some"', r"planning.overtime must be a number, got 'some' \(here\)"),
        ("overtime = 0.1\n", "", r"planning must have the keys days_per_operation.*overtime missing \(here\)"),
        ("overtime = 0.1", "overtime = 0.1\npizza = 1", r"pizza unknown \(here\)"),
        ("lead_days = [8, 16]", "lead_days = [16, 8]", r"customers\[1\].lead_days must be two numbers, the smaller"),
        ('"cut", "bend", "cut"', '"cut", "weld"', r"the routing of items 'plate' must be among cut, bend.*got 'weld'"),
        ('route = "road"', 'route = "rail"', r"the route of customers 'shop' must be among road, got 'rail'"),
        ("months = [1, ", "months = [", "demand.months must be twelve weights"),
        ("count = 5", "count = 1.5", r"customers\[1\].count must be a whole number, got 1.5"),
        ("begins = 2025-01-01", "begins = 2025", "begins must be a date such as 2025-01-01, got 2025"),
        ("first_hour = 6", "first_hour = 19", "shift.last_hour must be after shift.first_hour"),
        ("[shift]", "[shift", "the plant must be valid TOML"),
        (
            "begins =",
            'extends = "x"\nbegins =',
            "extends must be one of default, job_shop, make_to_stock, messy, ships_early, got 'x'",
        ),
        ("[shift]", '[data_quality]\ndates = ["sap"]\n[shift]', "data_quality.dates must be among erp.*got 'sap'"),
        ("[shift]", "[data_quality]\nresent = 2\n[shift]", "data_quality.resent must lie between 0 and 1, got 2"),
        ('name = "bend"', 'name = "cut"', "the names in work_centers must be unique, got 'cut' twice"),
    ],
)
def test_a_plant_file_that_breaks_a_rule_is_refused_in_words(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(InvalidPlant, match=says):
        read_plant(TEXT.replace(old, new, 1), "here")


def test_an_unknown_plant_and_impossible_sizes_are_refused() -> None:
    with pytest.raises(
        InvalidPlant,
        match="must be one of default, job_shop, make_to_stock, messy, ships_early or a TOML file, got 'x'",
    ):
        load_plant("x")
    with pytest.raises(InvalidRequest, match="days must lie between 7 and 3,650, got 3"):
        simulate(tiny(), 10, 3, 1)
    with pytest.raises(InvalidRequest, match="the seed must lie between 0"):
        simulate(tiny(), 10, 30, -1)
