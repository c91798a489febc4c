"""Does the first reason name what really delays the order? The topics of the risk beside the ledger of the plant.

    python -m benchmarks.direction.causes [--plants default:5000:41 default:2000:42]

A model learns from what was known at four fifths of each plant's year. On the mornings after that, open orders that
will fail, one to ten days before their promise and at a risk of at least a quarter, are told with their topics. The
first is the one with the most points above nothing, ``order`` left out, as it is told last. It is right where it names
a true cause (``simulation.oracle.causes``); ``TOPICS_OF_CAUSE`` says which topics name which cause. Of the causes all
count, or those alone that had begun by the morning (of orders that have such a cause), or the longest one alone; and
all, with ``work`` counted too where what kept the work from beginning is over by the morning.

Told otherwise, the same points: some signals with another topic (``OTHER_TOPICS``), as the difference to open
orders about as far from their promise. ``as they are told`` is the order of the reasons: topics whose situation is bad,
so that something stands in the way now, come first where they add at least half as much as the first one.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit

from features.arrays import Floats, Ints, Mask
from features.catalogue.registry import catalogue
from features.catalogue.topics import FIXED, TOPICS
from features.outcomes import MISSED, PARTIAL
from features.reasons import SITUATIONS, situations_of
from features.reasons.situation import BAD
from features.times import DAY
from simulation import load_plant
from simulation.oracle.delays import TOPICS_OF_CAUSE, PlayedPlant, play
from training.data.labelled import LabelledPoints
from training.data.snapshots import Snapshots
from training.data.split import split_by_time
from training.explanation.topics import points_by_topic
from training.metrics.bootstrap import Estimate, order_weight_blocks, percentiles
from training.model.fit import fit_model
from training.model.risk_model import RiskModel
from training.reasons.reasons import IN_THE_WAY

DAYS, LEAST_RISK, NEAREST, FARTHEST = 365, 0.25, 1, 10
"""The plant's year; the risk, and the days to the promise between which an order is topics."""
DRAWS, SEED = 1000, 7
NOT_SETTLED_DAYS = 10
"""Mornings at the end whose orders are not all settled."""
CLOCK = dict.fromkeys(("days_to_promise", "working_days_to_promise"), FIXED)
"""Nobody can change them, though their topic is ``work``."""
PLANS = dict.fromkeys(
    ("planned_end_slip", "planned_end_slack_lost", "planned_end_slack_change_last_7_days", "planned_end_travel",
     "planned_end_wasted_travel", "reschedules_last_7_days", "schedule_churn", "moves_last_7_days"),
    "work",
)  # fmt: skip
"""A plan is moved because the work is behind: the record of a delay, not its cause."""
SHARES = dict.fromkeys(
    ("failure_share_recent", "plant_failure_share", "plant_failure_share_recent", "work_center_failure_share",
     "work_center_failure_share_recent"),
    FIXED,
)  # fmt: skip
"""Nor can anybody change what became of other orders."""
OTHER_TOPICS = {
    "the clock topics last": CLOCK,
    "moved plans are work": PLANS,
    "both": CLOCK | PLANS,
    "both, shares topics last": CLOCK | PLANS | SHARES,
}
"""By way of telling, the signals that are topics with another topic than theirs."""
ALL, BEGUN, LONGEST, WORK_TOO = "all causes", "begun by then", "the longest", "or work behind"
KEEP_FROM_BEGINNING = ("component", "material hold", "credit hold", "engineering hold")
"""When one of these is over its work begins late: that the work is behind is then what is left of it."""


@dataclass(frozen=True)
class RankedTopics:
    """Failing orders on mornings: how each way of telling ranks the topics, and which topics name a true cause.

    Attributes
    ----------
    order, week : (n,) for the intervals
    ways : by way, (n, n_topics) what a topic is ranked by; only what is above 0 is told
    named : by which causes count, (n, n_topics) whether the topic names one; rows without any are not judged
    longest, state : (n,) the longest cause, and whether it is over by the morning, stands, or lies ahead
    """

    order: Ints
    week: Ints
    ways: dict[str, Floats]
    named: dict[str, Mask]
    longest: list[str]
    state: list[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plants", nargs="*", default=["default:5000:41", "default:2000:42"])
    topics = []
    for number, plant in enumerate(parser.parse_args().plants):
        name, orders, seed = plant.split(":")
        one = rank_topics(play(load_plant(name), int(orders), DAYS, int(seed)))
        report(plant, one)
        topics.append(RankedTopics(one.order + number * 10**9, one.week, one.ways, one.named, one.longest, one.state))
    if len(topics) > 1:
        report("together", join(topics))


def rank_topics(played: PlayedPlant) -> RankedTopics:
    """Train on four fifths of the year, and tell the orders that fail after it."""
    snapshots = Snapshots.of(played.events)
    cut = split_by_time(snapshots.labelled(moves=False)[0]).at
    past, _ = snapshots.labelled(cut)
    model = fit_model(past, snapshots.context, {})
    later = snapshots.between(cut, snapshots.until - NOT_SETTLED_DAYS * DAY)
    later = later.take(~np.isin(later.order, past.order))
    served = model.risk_as_served(later)
    days = (later.due - later.as_of) / DAY
    near = (days >= NEAREST) & (days <= FARTHEST)
    failing = near & np.isin(later.outcome, (MISSED, PARTIAL)) & (served >= LEAST_RISK)
    order_ids = snapshots.history.order_ids[later.order[failing]]
    delays = played.delays([str(each) for each in order_ids], later.as_of[failing].tolist())
    named, longest, state = topics_that_name(delays, order_ids, later.as_of[failing])
    ways = {way: by[failing] for way, by in rankings(model, later, logit(served), np.floor(days)).items()}
    return RankedTopics(later.order[failing], later.week[failing], ways, named, longest, state)


def rankings(model: RiskModel, points: LabelledPoints, served: Floats, days: Floats) -> dict[str, Floats]:
    """By way of telling, (n, n_topics) what topics are ranked by, in log-odds: points are these times one number a row.

    Parameters
    ----------
    served : (n,) log-odds of the risk as it is served
    days : (n,) whole days to the promise, within which orders are compared
    """
    explanation = model.explain(model.signals_of(points))
    level = served - explanation.log_odds
    by_topic = points_by_topic(model.names, explanation.contributions, level)
    ways = {"points, as they are": by_topic}
    for way, other in OTHER_TOPICS.items():
        ways[way] = by_topic.copy()
        for name, topic in other.items():
            moved = explanation.contributions[:, model.names.index(name)]
            ways[way][:, TOPICS.index(catalogue()[name].topic)] -= moved
            ways[way][:, TOPICS.index(topic)] += moved
    for way, ranked in {"beside orders as near": by_topic, "both, beside orders as near": ways["both"]}.items():
        ways[way] = ranked.copy()
        for day in np.unique(days):
            ways[way][days == day] -= ranked[days == day].mean(axis=0)
    bad = in_the_way(points, model.names)
    for way, ranked in {"in the way first": by_topic, "both, in the way first": ways["both"]}.items():
        ways[way] = in_the_way_first(ranked, bad, 0.0)
    ways["as they are told"] = in_the_way_first(by_topic, bad, IN_THE_WAY)
    for ranked in ways.values():
        ranked[:, TOPICS.index(FIXED)] = -np.inf
    return ways


def in_the_way(points: LabelledPoints, names: Sequence[str]) -> Mask:
    """(n, n_topics) whether the situation of a topic is bad: something stands in the way now."""
    places = situations_of(list(names), np.stack([points.column(name) for name in names], axis=1))
    tones = [np.array([one.tone for one in SITUATIONS[topic]]) for topic in TOPICS]
    return np.stack([tones[column][places[:, column]] == BAD for column in range(len(TOPICS))], axis=1)


def in_the_way_first(ranked: Floats, bad: Mask, part: float) -> Floats:
    """The ranks with bad topics before all others, where they have at least a part of the points of the first."""
    top = ranked.max(axis=1, keepdims=True)
    first = bad & (ranked > 0) & (ranked >= part * top)
    moved: Floats = ranked + np.where(first, np.maximum(top, 0.0), 0.0)
    return moved


def topics_that_name(
    delays: pd.DataFrame, order_ids: np.ndarray, as_of: Ints
) -> tuple[dict[str, Mask], list[str], list[str]]:
    """By which causes count, (n, n_topics) whether a topic names one; (n,) the longest cause and its state."""
    place = {key: row for row, key in enumerate(zip(as_of.tolist(), order_ids.tolist(), strict=True))}
    named = {which: np.zeros((len(place), len(TOPICS)), dtype=bool) for which in (ALL, BEGUN, LONGEST, WORK_TOO)}
    longest, state = [""] * len(place), [""] * len(place)
    moments = delays["as_of"].dt.as_unit("us").astype("int64")
    for moment, delay in zip(moments, delays.itertuples(), strict=True):
        row = place[int(moment), str(delay.order_id)]
        columns = [TOPICS.index(topic) for topic in TOPICS_OF_CAUSE[str(delay.cause)]]
        if not longest[row]:
            longest[row] = str(delay.cause)
            over, begun = delay.until <= delay.as_of, delay.since <= delay.as_of
            state[row] = "is over" if over else "stands" if begun else "lies ahead"
            named[LONGEST][row, columns] = True
        if delay.is_true:
            named[ALL][row, columns] = True
            named[WORK_TOO][row, columns] = True
            named[BEGUN][row, columns] |= delay.since <= delay.as_of
            if delay.cause in KEEP_FROM_BEGINNING and delay.until <= delay.as_of:
                named[WORK_TOO][row, TOPICS.index("work")] = True
    if not all(longest):
        without = [order_ids[row] for row, cause in enumerate(longest) if not cause]
        raise ValueError(f"every failed order must have a cause, got none for {without[0]} and {len(without) - 1} more")
    return named, longest, state


def report(plant: str, topics: RankedTopics) -> None:
    """Shares with their intervals, what one could say without any model, and who is mistaken for whom."""
    print(
        f"\n{plant}: {len(topics.order):,} failing orders on mornings, {len(np.unique(topics.order)):,} orders",
        flush=True,
    )
    print(f"{'':34}" + "".join(f"{which:24}" for which in topics.named))
    for way, ranked in topics.ways.items():
        print(f"{way:34}" + "".join(f"{_right(topics, ranked, named, 1)!s:24}" for named in topics.named.values()))
        print(f"{'  among the first two':34}"
              + "".join(f"{_right(topics, ranked, named, 2)!s:24}" for named in topics.named.values()))  # fmt: skip
    first = next(iter(topics.ways.values()))
    print(f"{'a topic above 0 at random':34}"
          + "".join(f"{_at_random(first, named):.3f}{'':19}" for named in topics.named.values()))  # fmt: skip
    for topic in TOPICS:
        always = [named[named.any(axis=1), TOPICS.index(topic)].mean() for named in topics.named.values()]
        print(f"{'always ' + topic:34}" + "".join(f"{share:.3f}{'':19}" for share in always))
    for way, ranked in ((way, topics.ways[way]) for way in ("points, as they are", "both")):
        first = ranked.argmax(axis=1)
        right = pd.Series(topics.named[ALL][np.arange(len(ranked)), first], name="right")
        topic = pd.Series([TOPICS[column] for column in first], name="first topic")
        print(f"\n{way}: the longest cause and the first topic; how often that is right")
        print(pd.crosstab(pd.Series(topics.longest, name="cause"), topic).to_string())
        for key in (topic, pd.Series(topics.state, name="the longest cause")):
            print(right.groupby(key).agg(["mean", "size"]).round(3).to_string())


def _right(topics: RankedTopics, ranked: Floats, named: Mask, first: int) -> Estimate:
    """The share of rows of which one of the first topics, above 0, names a cause that counts."""
    first_ones = np.zeros(ranked.shape, dtype=bool)
    np.put_along_axis(first_ones, np.argsort(-ranked, axis=1)[:, :first], True, axis=1)
    judged = named.any(axis=1)
    right = (first_ones & (ranked > 0) & named).any(axis=1)[judged]
    blocks = order_weight_blocks(topics.order[judged], topics.week[judged], DRAWS, SEED)
    draws = [weight @ right / np.maximum(weight.sum(axis=1), 1.0) for weight in blocks]
    return percentiles(float(right.mean()), np.concatenate(draws))


def _at_random(ranked: Floats, named: Mask) -> float:
    judged = named.any(axis=1)
    above = (ranked > 0)[judged]
    return float(((above & named[judged]).sum(axis=1) / np.maximum(above.sum(axis=1), 1)).mean())


def join(topics: list[RankedTopics]) -> RankedTopics:
    """Several plants as one."""
    return RankedTopics(
        np.concatenate([one.order for one in topics]),
        np.concatenate([one.week for one in topics]),
        {way: np.concatenate([one.ways[way] for one in topics]) for way in topics[0].ways},
        {which: np.concatenate([one.named[which] for one in topics]) for which in topics[0].named},
        [cause for one in topics for cause in one.longest],
        [state for one in topics for state in one.state],
    )


if __name__ == "__main__":
    main()
