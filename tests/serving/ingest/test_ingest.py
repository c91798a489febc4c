"""Events that are taken in are stored once, on both databases, and their orders scored again."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from features.history import History
from features.times import DAY, SECOND, isoformat
from serving.contract.cloudevents import cloud_events
from serving.models.cache import LoadedModel
from serving.store.bulk_reads import event_frame
from serving.store.locks import lock_orders
from serving.store.schema import events, orders, scores
from tests.support.stores import House, house
from tests.support.stories import created, event, moment, points, story
from training.trainer import Trained

HOLD = event("hold.placed", 2, kind="quality", reference="H1")


def test_an_event_is_stored_once_and_its_order_scored(store: House) -> None:
    first = store.ingest(created(0, 20, value=100.0), HOLD)
    again = store.ingest(created(0, 20, value=100.0), HOLD)
    assert [event.outcome for event in first.events] == ["accepted", "accepted"]
    assert [event.outcome for event in again.events] == ["duplicate", "duplicate"]
    assert first.orders[0].before is None
    assert again.orders[0].before == again.orders[0].after
    assert again.orders[0].after is not None
    assert first.orders[0].after["risk"] == again.orders[0].after["risk"]
    assert (len(store.all(events)), len(store.all(scores))) == (2, 1)


def test_the_reply_has_the_risk_before_and_after(store: House) -> None:
    before = store.ingest(created(0, 20, value=100.0)).orders[0].after
    changed = store.ingest(HOLD).orders[0]
    assert before is not None
    assert changed.before is not None
    assert changed.after is not None
    assert changed.before["risk"] == before["risk"]
    assert changed.after["risk"] > before["risk"]
    assert store.listed()[0]["value_at_risk"] == changed.after["risk"] * 100.0


def test_the_score_is_what_the_library_computes(store: House) -> None:
    sent_events = [created(0, 20), HOLD, event("operation.confirmed", 2.5, quantity=3, state="partial")]
    after = store.ingest(*sent_events).orders[0].after
    scorer = store.services.daily_context.scorer()
    alone = History.of(story(*sent_events))
    assert after is not None
    assert after["risk"] == scorer.score(alone, points(alone, 3))[0].risk


def test_an_id_stands_for_one_event_and_the_rest_of_the_batch_is_stored(store: House) -> None:
    one, two = cloud_events(story(created(0, 20), created(0, 20, order="B")))
    store.post([one])
    other = one | {"data": one["data"] | {"quantity": 11.0}}
    taken = store.post([other, two, {"id": "x"}, one])
    assert [event.outcome for event in taken.events] == ["rejected", "accepted", "rejected", "rejected"]
    assert len(store.all(events)) == 2
    clash = store.post([other]).events[0]
    assert (clash.outcome, [error["pointer"] for error in clash.errors]) == ("conflict", ["/data/quantity"])


def test_sending_again_with_another_recordedtime_is_the_same_event(store: House) -> None:
    one = cloud_events(story(created(0, 20)))[0]
    store.post([one])
    assert store.post([one | {"recordedtime": isoformat(moment(2))}]).events[0].outcome == "duplicate"
    assert store.all(events)[0]["recorded_at"] == moment(0)


def test_without_recordedtime_an_event_is_known_from_now(store: House) -> None:
    one = cloud_events(story(created(0, 20)))[0]
    store.post([{name: value for name, value in one.items() if name != "recordedtime"}])
    row = store.all(events)[0]
    assert (row["occurred_at"], row["recorded_at"], row["received_at"]) == (moment(0), moment(3), moment(3))


def test_a_record_of_the_future_is_refused_and_a_clock_that_is_a_little_ahead_is_not(store: House) -> None:
    one = cloud_events(story(created(0, 20)))[0]
    refused = store.post([one | {"recordedtime": isoformat(moment(3) + DAY)}]).events[0]
    assert refused.outcome == "rejected"
    assert refused.errors[0]["pointer"] == "/recordedtime"
    assert "must not lie in the future (now is 2024-01-04T12:00:00Z)" in refused.errors[0]["detail"]
    assert store.post([one | {"recordedtime": isoformat(moment(3) + 60 * SECOND)}]).events[0].outcome == "accepted"
    assert store.all(events)[0]["recorded_at"] == moment(3)


def test_what_a_database_cannot_hold_is_refused_by_name(store: House) -> None:
    one = cloud_events(story(created(0, 20)))[0]
    for column, wrong in (("id", "a\0b"), ("subject", "\0")):
        refused = store.post([one | {column: wrong}]).events[0]
        assert (refused.outcome, refused.errors[0]["pointer"]) == ("rejected", f"/{column}")
    assert store.all(events) == []


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_the_order_of_arrival_means_nothing(store: House, order: tuple[int, ...]) -> None:
    sent_events = cloud_events(
        story(created(0, 20), HOLD, event("hold.released", 2.5, kind="quality", reference="H1"), created(1, 9))
    )
    for place in order:
        last = store.post([sent_events[place]]).orders[0].after
    assert last is not None
    whole = store.post([event | {"subject": "B", "id": f"b{event['id']}"} for event in sent_events]).orders[0].after
    assert whole is not None
    assert (last["risk"], last["missed"]) == (whole["risk"], whole["missed"])


def test_a_score_never_goes_back_in_time(store: House) -> None:
    store.ingest(created(0, 20))
    store.move_to(2)
    after = store.ingest(HOLD).orders[0].after
    assert after is not None
    assert after["as_of"] == moment(3)


def test_without_a_model_events_are_kept_and_scored_once_there_is_one(url: str, trained: Trained) -> None:
    store = house(url, None, day=3)
    after = store.ingest(created(0, 20)).orders[0].after
    assert after is not None
    assert (after["state"], after["risk"], after["model"]) == ("open", None, "")
    store.champion[0] = LoadedModel("order-risk", "1", trained.model, run_id="run")
    assert store.fresh() == 1
    assert 0 < store.listed()[0]["risk"] < 1
    store.database.close()


def test_many_at_once_lose_nothing_and_store_nothing_twice(store: House) -> None:
    """Six threads send the same events of the same orders, in different orders."""
    store.ingest(*(created(0, 20, order=order) for order in "ABCD"))
    sent_events = cloud_events(
        story(*(event("operation.confirmed", 1 + number / 9, "ABCD"[number % 4], quantity=1) for number in range(12)))
    )
    sent = [event | {"id": f"x{event['id']}"} for event in sent_events]
    faults: list[Exception] = []

    def send(turn: int) -> None:
        try:
            for place in range(len(sent)):
                store.post([sent[(place * 5 + turn) % 12], sent[(place + turn) % 12]])
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=send, args=(turn,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(store.all(events)) == 16
    for row in store.listed():
        whole = event_frame(store.database)
        alone = History.of(whole[(whole["order_id"] == row["order_id"]).to_numpy()])
        assert row["risk"] == store.services.daily_context.scorer().score(alone, points(alone, 3))[0].risk
        assert row["seq"] == max(one["seq"] for one in store.all(events) if one["order_id"] == row["order_id"])


def test_nothing_of_a_request_is_stored_when_it_fails(store: House) -> None:
    def fail(connection: Any) -> None:
        lock_orders(connection, ["A"])
        connection.execute(orders.delete())
        raise RuntimeError

    store.ingest(created(0, 20))
    with pytest.raises(RuntimeError):
        store.database.write(fail)
    assert len(store.all(orders)) == 1
