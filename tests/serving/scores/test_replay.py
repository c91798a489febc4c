"""What follows from what is stored: the worklist built anew, every score computed once more."""

from __future__ import annotations

from typing import Any

from serving.ingest.bulk_load import rebuild_worklist
from serving.models.cache import LoadedModel
from serving.principal import NOBODY
from serving.scores.replay import find_score, replay_score
from serving.scores.scoring_context import ActiveModel, ScoringContext
from serving.store.schema import order_words, orders, scores
from tests.support.filled import fill_with_days
from tests.support.models import steeper
from tests.support.stores import House
from training.trainer import Trained


def test_the_worklist_can_be_built_anew(store: House, trained: Trained) -> None:
    fill_with_days(store, trained)
    before = store.all(orders), store.all(order_words)
    store.database.write(lambda c: c.execute(orders.update().values(risk=0.5, owner="nobody", state="open")))
    store.database.write(lambda c: c.execute(order_words.delete()))
    scoring_context = ScoringContext("import", store.now[0], ActiveModel(None, ""), store.services.settings)
    assert rebuild_worklist(store.database, scoring_context, lambda *_: None) == 24
    assert (store.all(orders), store.all(order_words)) == before


def test_every_score_can_be_made_again(store: House, trained: Trained) -> None:
    fill_with_days(store, trained)
    new_house = [row["id"] for row in store.all(scores)]
    assert len(new_house) > 80
    models = {"1": trained.model, "2": steeper(trained.model)}
    versions = {version: LoadedModel("order-risk", version, model, run_id="") for version, model in models.items()}

    def again(score_id: int) -> dict[str, Any]:
        def job(connection: Any) -> dict[str, Any]:
            score = find_score(connection, score_id, NOBODY)
            return replay_score(connection, score, lambda _, version, __: versions[version], store.services.settings)

        return store.database.read(job)

    assert [(score_id, found["differs"]) for score_id in new_house if (found := again(score_id))["differs"]] == []
    store.database.write(lambda c: c.execute(scores.update().values(reasons=None)))
    old = again(new_house[0])
    assert old["differs"] == []
    assert old["notes"] == ["the score was made before there were reasons: they are not compared"]
    store.database.write(lambda c: c.execute(scores.update().values(risk=scores.c.risk + 2**-50)))
    assert all("risk" in again(row["id"])["differs"] for row in store.all(scores) if row["state"] == "open")
