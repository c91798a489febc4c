"""The plant whose records are kept as plants keep them: what is in them, and that they tell what happened."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.arrays import Ints
from features.decision_points import decision_points
from features.engine.ordering import known_until
from features.events.schema import INSTALMENT_MARK, TYPES
from features.history import History
from features.orders.commitments import commitments, is_awaited
from features.orders.known_lines import lines_known
from features.orders.line_state import KNOWN, PROMISE, line_events
from features.outcomes import OUTCOMES, UNSETTLED, outcomes
from features.policy import OutcomePolicy, OutcomeRules
from features.times import DAY, NEVER, plant_calendar
from simulation import load_plant, simulate
from simulation.description.description import DataQuality
from simulation.oracle.ledger import Commitment, judge_commitment, promise_held
from simulation.oracle.oracle import simulate_with_oracle
from simulation.plant.chance import Chance, happens
from simulation.plant.shop import Shop
from simulation.plant.state import Line, Order
from simulation.run import run_until, start

ORDERS, DAYS, SEED = 400, 110, 4
HOUR = DAY // 24
BOOKED_BY = 4 * DAY
"""What happens so long before the records end is in them."""


@pytest.fixture(scope="module")
def played() -> tuple[Shop, dict[str, Order], pd.DataFrame]:
    """A messy plant that has run, all its orders, and its events."""
    shop = start(load_plant("messy"), ORDERS, DAYS, SEED)
    orders: dict[str, Order] = {}
    for day in range(1, DAYS + 1):
        run_until(shop, day)
        orders |= {order.order_id: order for order in shop.open_orders()}
    return shop, orders, shop.records.frame(DAYS)


@pytest.fixture(scope="module")
def events(played: tuple[Shop, dict[str, Order], pd.DataFrame]) -> pd.DataFrame:
    return played[2]


POLICIES = [
    OutcomeRules(),
    OutcomeRules(promise="first"),
    OutcomeRules(promise="customer"),
    OutcomeRules(promise="requested"),
    OutcomeRules(under_delivery=0.05, over_delivery=0.0),
    OutcomeRules(promise="customer", earliest=2, late=1.0),
]


@pytest.mark.parametrize("rules", POLICIES, ids=lambda rules: str(OutcomePolicy(rules)))
def test_every_decision_point_has_the_outcome_that_happened(
    played: tuple[Shop, dict[str, Order], pd.DataFrame], rules: OutcomeRules
) -> None:
    """The ledger, held to the promises that the records knew, judges like the outcomes, daily and at every event."""
    shop, orders, events = played
    history = History.of(events, OutcomePolicy(rules))
    points = decision_points(history, "all" if rules == OutcomeRules() else "daily", plant_calendar("UTC"))
    outcome, _, ripe_at = outcomes(history, points.order, points.as_of)
    stop = known_until(history.first, history.recorded, points.order, points.as_of)
    settled = np.flatnonzero(ripe_at < history.recorded.max() - BOOKED_BY)
    assert len(settled) > (10_000 if rules == OutcomeRules() else 2_000)
    truth = []
    for row in settled:
        order = orders[history.order_ids[points.order[row]]]
        promises = promises_known(history, shop, order, points.order[row], stop[row])
        moment = (points.as_of[row] - shop.records.begins) / HOUR
        truth.append(judge_commitment(Commitment(order, promises, moment), rules, shop.records.begins // DAY + 3))
    assert UNSETTLED not in truth
    assert set(OUTCOMES[truth]) == {"on_time_in_full", "partial", "missed", "cancelled"}
    wrong = np.flatnonzero(outcome[settled] != truth)
    assert [history.order_ids[points.order[settled[row]]] for row in wrong] == []


def promises_known(history: History, shop: Shop, order: Order, index: int, stop: int) -> tuple[tuple[Line, float], ...]:
    """The lines of an order that its first events tell of, with their promises in hours since the plant began."""
    span = slice(history.first[index], history.first[index + 1])
    codes = np.unique(history.coded["line_id"].codes[span])
    names = [history.coded["line_id"].words[code] for code in codes if code >= 0]
    state, _ = lines_known(index, stop, *line_events(history))
    found = []
    for line in order.lines:
        row = names.index(line.line_id + (INSTALMENT_MARK + line.instalment if line.instalment else ""))
        if state[row, KNOWN]:
            assert state[row, PROMISE] != NEVER
            late = round(history.policy.rules.late * DAY)
            found.append((line, (state[row, PROMISE] - late - shop.records.begins) / HOUR))
    return tuple(found)


@pytest.mark.parametrize("rules", POLICIES[:4], ids=lambda rules: rules.promise)
def test_every_line_is_held_to_the_promise_that_was_made(
    played: tuple[Shop, dict[str, Order], pd.DataFrame], rules: OutcomeRules
) -> None:
    """What the records hold a line to in the end is what the plant's own log of promises says."""
    shop, orders, events = played
    history = History.of(events, OutcomePolicy(rules))
    ended = (history.recorded.max() - BOOKED_BY - shop.records.begins) / HOUR
    compared, moved = 0, 0
    for index, name in enumerate(history.order_ids):
        order = orders.get(name)
        if order is None or any(line.promise_log[-1][0] > ended for line in order.lines):
            continue
        for line, promise in promises_known(history, shop, order, index, history.first[index + 1]):
            assert promise == pytest.approx(promise_held(line, rules), abs=1 / 3600), (name, line.line_id)
            compared += 1
            moved += promise != pytest.approx(line.promise, abs=1 / 3600)
    assert compared > 300
    assert (moved > 20) == (rules.promise != "last")


def test_every_type_of_event_is_written(events: pd.DataFrame) -> None:
    assert set(events["type"]) == set(TYPES)


def test_one_system_knows_days_only_and_is_read_at_night(events: pd.DataFrame) -> None:
    erp = events[events["source"] == "erp"]
    assert (erp["occurred_at"] == erp["occurred_at"].dt.normalize()).all()
    assert set(erp["recorded_at"] - erp["recorded_at"].dt.normalize()) == {pd.Timedelta(hours=23.5)}
    lag = erp["recorded_at"] - erp["occurred_at"]
    assert set(lag) <= {pd.Timedelta(hours=23.5), pd.Timedelta(hours=47.5)}
    assert (lag == pd.Timedelta(hours=23.5)).mean() > 0.99


def test_statements_share_moments_and_one_system_states_their_order(events: pd.DataFrame) -> None:
    wms = events[events["source"] == "wms"]
    moments = wms.groupby(["order_id", "recorded_at", "occurred_at"]).size()
    assert (moments > 1).sum() > 100
    assert events["sequence"].notna().equals(events["source"] == "wms")
    assert wms["sequence"].is_unique


def test_lines_are_sent_again_with_what_is_known_of_them(events: pd.DataFrame) -> None:
    created = events[events["type"] == "order_line.created"].fillna({"instalment": ""})
    again = created[created.duplicated(["order_id", "line_id", "instalment"])]
    assert len(again) > 100
    assert set(again["occurred_at"].dt.day_of_week) == {0}
    changed = events[(events["type"] == "order_line.changed") & (events["quantity"] > 0)]
    unchanged = again[~again["order_id"].isin(changed["order_id"])]
    first = created.drop_duplicates(["order_id", "line_id", "instalment"])
    pairs = unchanged.merge(first, on=["order_id", "line_id", "instalment"], suffixes=("", "_first"))
    assert (pairs["quantity"] == pairs["quantity_first"]).all()
    assert {"commitment.changed", "delivery.planned", "production.rescheduled"} <= set(
        events.loc[events["reason"] == "unchanged", "type"]
    )
    assert (
        events.loc[events["reason"] == "still held", "reference"]
        .isin(events.loc[(events["type"] == "hold.placed") & (events["reason"] != "still held"), "reference"])
        .all()
    )


def test_goods_issues_are_reversed_and_posted_again_with_the_true_date(events: pd.DataFrame) -> None:
    issued = events[(events["type"] == "goods.issued") & events["reference"].notna()]
    early = issued["recorded_at"].max() - pd.Timedelta(days=4)
    wrong = issued[issued["reason"] == "wrong date"]
    right = issued[issued["reason"] == "true date"]
    assert len(wrong) > 10
    keys = ["order_id", "line_id", "reference"]
    pairs = wrong[wrong["recorded_at"] < early].merge(right, on=keys, suffixes=("", "_right"))
    assert (pairs["quantity"] == -pairs["quantity_right"]).all()
    assert (pairs["occurred_at_right"] < pairs["occurred_at"]).all()
    net = issued[issued["occurred_at"] < early].groupby(keys)["quantity"].sum()
    left = issued.loc[issued["reason"] == "left behind", keys].drop_duplicates()
    assert len(left) > 3
    assert (net >= 0).all()


def test_goods_come_back_and_lines_are_closed_in_error_dropped_accepted_and_promised_later(
    events: pd.DataFrame,
) -> None:
    by_type = events.groupby("type").size()
    assert by_type["goods.returned"] > 3
    sent_back = (events["type"] == "goods.issued") & (events["quantity"] < 0) & events["reference"].isna()
    assert sent_back.sum() > 3
    assert by_type["order_line.reopened"] > 5
    reopened = events[events["type"] == "order_line.reopened"]
    assert reopened["line_id"].isna().any()
    assert reopened["line_id"].notna().any()
    zero = events[(events["type"] == "order_line.changed") & (events["quantity"] == 0)]
    assert len(zero) > 1
    created = events[events["type"] == "order_line.created"]
    unpromised = created[created["date"].isna()]
    assert 0.03 < unpromised["order_id"].nunique() / ORDERS < 0.3
    assert set(unpromised["order_id"]) <= set(events.loc[events["type"] == "commitment.requested", "order_id"])
    assert created["instalment"].notna().sum() > 30
    assert events.loc[events["type"].isin(["goods.issued", "operation.confirmed"]), "instalment"].isna().all()


def test_small_shortfalls_are_closed_as_complete_or_as_short(
    played: tuple[Shop, dict[str, Order], pd.DataFrame],
) -> None:
    _, orders, _ = played
    ended = {line.closed for order in orders.values() for line in order.lines if 0 < line.shipped < line.ordered}
    assert {"complete", "short"} <= ended


def test_facts_are_booked_late_and_out_of_order_but_none_ahead(events: pd.DataFrame) -> None:
    lag = events["recorded_at"] - events["occurred_at"]
    assert (lag >= pd.Timedelta(0)).all()
    late = events[lag > pd.Timedelta(hours=48)]
    assert {"inspection.recorded", "operation.confirmed", "readiness.stated"} <= set(late["type"])
    results = events[events["type"] == "inspection.recorded"].sort_values("recorded_at", kind="stable")
    overtaken = results.groupby("reference")["occurred_at"].agg(lambda moments: not moments.is_monotonic_increasing)
    assert overtaken.sum() >= 1


def test_the_other_plants_keep_tidy_records() -> None:
    plant = load_plant("default")
    assert plant.data_quality == DataQuality()
    frame = simulate(plant, 200, 60, 5)
    assert set(TYPES) - set(frame["type"]) == {"order_line.reopened", "commitment.requested", "goods.returned"}
    assert frame["sequence"].isna().all()
    assert frame["instalment"].isna().all()
    assert (frame.loc[frame["type"] == "goods.issued", "quantity"] > 0).all()
    lines = frame[frame["type"] == "order_line.created"]
    assert not lines.duplicated(["order_id", "line_id"]).any()
    assert lines["date"].notna().all()


def test_what_never_happens_draws_no_luck() -> None:
    one, other = Chance(1).stream("orders"), Chance(1).stream("orders")
    assert not happens(one, 0.0)
    assert one.random() == other.random()
    assert happens(one, 1.0)


@pytest.mark.nightly
def test_the_oracle_plays_the_messy_plant_and_changes_nothing() -> None:
    plant = load_plant("messy")
    found = simulate_with_oracle(plant, 150, 60, SEED, [30, 40], futures=8, of_each=1)
    pd.testing.assert_frame_equal(found.events, simulate(plant, 150, 60, SEED), check_exact=True)
    risks = found.risks
    assert (risks["p_missed"] + risks["p_partial"]).between(0, 1 + 1e-12).all()
    assert risks["p_missed"].nunique() > 3
    history = History.of(found.events)
    order = np.array([list(history.order_ids).index(name) for name in risks["order_id"]])
    as_of, standing = moments(risks["as_of"]), commitments(history)
    last = known_until(history.first, history.recorded, order, as_of) - 1
    assert is_awaited(standing.state[last], standing.due[last], as_of).mean() > 0.97


def moments(stamps: pd.Series) -> Ints:
    """Timestamps as microseconds."""
    return pd.DatetimeIndex(stamps).as_unit("us").asi8
