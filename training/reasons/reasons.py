"""The reasons of a risk: what each topic of an order adds to it, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import catalogue, outside
from features.catalogue.topics import FIXED, TOPICS
from features.events.schema import EventKey
from features.history import History
from features.readiness.statements import KnownOrder
from features.reasons import Description, OrderFacts, Statement, describe, describe_signal
from features.reasons.facts import FEW_POINTS, Usual, explains
from features.reasons.order import PARTIAL
from features.reasons.situation import BAD, speaks_against
from features.reasons.slowest_lines import NO_LINE, SlowestLines
from features.times import DAY
from features.wording import ENGLISH, Language
from features.wording.language import MOST_CHARACTERS
from training.explanation.topics import LEVEL_TOPIC, points_by_topic
from training.lightgbm import UNREAD
from training.reasons.peers import NOBODY, Comparison, Peers, apart

TIME_LEFT = ("days_to_promise", "working_days_to_promise", "yield_needed_per_day")
PACES = ("pace_slack", "usual_lead_time_slack")
"""One pace does not outweigh another."""
RESTATED = {
    "pace_too_slow": {"operations_left", "usual_work_days_left", "work_slack", *PACES, *TIME_LEFT},
    "tight": {"operations_left", "usual_work_days_left", "work_slack", *PACES, *TIME_LEFT},
    "in_time": {"operations_left", "usual_work_days_left", "work_slack"},
    "ships_too_late": {"work_slack", "usual_days_left", *PACES, *TIME_LEFT},
    "truck_gone": {"planned_quantity_ratio", "delivery_plans"},
    "failures_ahead": {"usual_failures_left"},
    "few_failures_ahead": {"usual_failures_left"},
}
"""By situation, signals that its own sentence is made from: told once more they explain nothing.

How work lies to the promise has the time that is left in it."""
CARRIES = 0.25
"""A signal that moves the risk by less, as a share of what the one does that moves it most, carries nothing."""
IN_THE_WAY = 0.5
"""What stands in the way is told before what adds more to the risk where it adds at least such a part of that."""
MOST_EVENTS = 20
"""So many events prove a reason, the latest ones."""


@dataclass(frozen=True)
class Reason:
    """What one topic adds to the risk of an order; base risk and the points of all reasons add up to it.

    Attributes
    ----------
    topic : one of ``features.catalogue.topics.TOPICS``
    points : probability
    text : the facts, named
    situation : of the topic, by its signals; or the signal by whose size like orders are found
    changeable : False for what nobody can change today, which is told last
    usual : what became of orders in that situation, in words; "" where fewer than 30 are known, or the text says it
    comparison : the same in numbers
    evidence : the latest events that prove it
    """

    topic: str
    points: float
    text: str
    situation: str
    changeable: bool
    usual: str
    comparison: Comparison | None
    evidence: tuple[EventKey, ...]


@dataclass(frozen=True)
class PlantLevel:
    """What the level of its plant adds to the risk of an order, and what speaks for it in words."""

    points: float = 0.0
    sentence: str = ""


NO_LEVEL = PlantLevel()


class Carrier(NamedTuple):
    """A signal that carries the points of its topic: its sentence, and between which values it usually lies."""

    sentence: str
    scale: str


NO_CARRIER = Carrier("", "")


class UsualOf(Usual):
    """What is usual of the training orders, for one order with its signals."""

    def __init__(self, peers: Peers, signals: Mapping[str, float]) -> None:
        self._peers, self._signals = peers, signals
        self._days = signals.get("days_to_promise", float("nan"))

    def agrees(self, name: str) -> int:
        value, entry = self._signals[name], catalogue()[name]
        if entry.group == "track record" and entry.unit == "share":
            bounds, overall = self.scale(name) if name == PARTIAL else None, self.overall()
            if bounds is None:
                return 0 if overall is None or value != value else apart(value, overall)
            return (value > bounds[1]) - (value < bounds[0])
        compared = None if value != value else self._peers.compare_size(name, value, self._days)
        return 0 if compared is None else compared.agrees

    def above_all(self, name: str) -> float:
        value, entry, overall = self._signals.get(name, nan), catalogue()[name], self.overall()
        if entry.group == "track record" and entry.unit == "share" and name != PARTIAL:
            return 0.0 if overall is None or value != value else value - overall
        compared = self._peers.compare_size(name, value, self._days)
        return 0.0 if compared is None else compared.above_all

    def scale(self, name: str) -> tuple[float, float] | None:
        return self._peers.usual(name, self._days)

    def overall(self) -> float | None:
        return self._peers.overall


class ReasonWriter:
    """Writes the reasons of scored orders.

    Parameters
    ----------
    names : the signals of the model, in the order of its columns
    peers : the training orders to compare with
    zone : the plant's time zone
    """

    def __init__(
        self, names: Sequence[str], peers: Peers = NOBODY, zone: str = "UTC", language: Language = ENGLISH
    ) -> None:
        entries = catalogue()
        self._names = list(names)
        self._topics = [entries[name].topic for name in names]
        self._outside = {name: entry for name, entry in outside().items() if name in self._names}
        self._peers, self._zone, self._language = peers, ZoneInfo(zone), language
        self._usual_texts: dict[Comparison, str] = {}

    def reasons(
        self,
        history: History,
        order: int,
        as_of: int,
        signals: Floats,
        points: Floats,
        level: PlantLevel = NO_LEVEL,
        slowest: SlowestLines = NO_LINE,
    ) -> tuple[Reason, ...]:
        """The reasons of an open order, those that move its risk most first, what nobody can change last.

        What stands in the way now takes the place of what adds most, where it adds at least half as much.

        Parameters
        ----------
        order, as_of : its index in the history; the moment, microseconds
        signals, points : (n_signals,) its signals, and what each adds to its risk in probability
        """
        values = dict(zip(self._names, signals.tolist(), strict=True))
        added = dict(zip(self._names, points.tolist(), strict=True))
        known = KnownOrder(history, order, as_of)
        facts = OrderFacts(
            known, as_of, self._zone, self._language, values, added, slowest, UsualOf(self._peers, values)
        )
        by_topic = points_by_topic(self._names, points[None, :], np.array([level.points]))[0]
        found = [
            self._reason(topic, moved, facts, level)
            for topic, moved in zip(TOPICS, by_topic.tolist(), strict=True)
            if moved
        ]
        return _in_order(found)

    def _reason(self, topic: str, points: float, facts: OrderFacts, level: PlantLevel) -> tuple[Reason, int]:
        """The reason of a topic, and the tone of its situation."""
        described = self._describe(topic, points, facts, level)
        situation, statement, _ = described
        comparison = self._comparison(topic, described, facts)
        text, usual = self._in_words(topic, described, facts, points, comparison)
        reason = Reason(
            topic=topic,
            points=points,
            text=text,
            situation=statement.graded_by or situation.name,
            changeable=topic != FIXED,
            usual=usual,
            comparison=comparison,
            evidence=tuple(statement.events[-MOST_EVENTS:]),
        )
        return reason, situation.tone

    def _describe(self, topic: str, points: float, facts: OrderFacts, level: PlantLevel) -> Description:
        """What is to be said of a topic: of the plant's level or a signal from outside where that moves it most."""
        sign = 1 if points > 0 else -1
        if self._outside or topic == LEVEL_TOPIC:
            added = {
                name: sign * facts.points[name]
                for name, own in zip(self._names, self._topics, strict=True)
                if own == topic
            }
            driver = max(added, key=added.__getitem__, default="")
            most = max(0.0, added.get(driver, 0.0))
            if topic == LEVEL_TOPIC and sign * level.points > most:
                return describe(topic, facts, points > 0)._replace(statement=Statement(level.sentence))
            if most and driver in self._outside:
                return describe_signal(self._outside[driver], facts.signal(driver))
        return describe(topic, facts, points > 0)

    def _comparison(self, topic: str, described: Description, facts: OrderFacts) -> Comparison | None:
        """What became of orders alike: by the size of a signal where the statement names one, else by situation."""
        days, graded_by = (facts.due - facts.as_of) / DAY, described.statement.graded_by
        if graded_by:
            return self._peers.compare_size(graded_by, facts.signal(graded_by), days)
        return self._peers.compare(topic, described.situation.name, days)

    def _carrier(self, topic: str, rises: bool, facts: OrderFacts, restated: Collection[str]) -> Carrier:
        """The signal of a topic that moves the risk most the way they all do; nothing where none explains that.

        One that would move it the other way by what it is, a hold that lowers the risk, explains nothing, nor does one
        that is missing, as large as that of others about as far from their promise, or what the fact says already.
        """
        sign = 1 if rises else -1
        moved = {
            name: sign * facts.points[name]
            for name, own in zip(self._names, self._topics, strict=True)
            if own == topic and name not in UNREAD and name not in restated and sign * facts.points[name] > 0
        }
        most = max(moved.values(), default=0.0)
        for name in sorted((name for name in moved if moved[name] >= CARRIES * most), key=lambda name: -moved[name]):
            value, usual, entry = facts.signal(name), facts.usual.scale(name), catalogue()[name]
            low, high = usual or (0.0, 0.0)
            beyond = (value > high) - (value < low)
            bounds = [] if usual is None else [entry.shown(low), entry.shown(high)]
            is_usual = value != value or entry.shown(value) in bounds or not (beyond or usual is None)
            if not is_usual and entry.direction * beyond != -sign:
                return Carrier(entry.sentence(value), facts.between(*bounds) if bounds else "")
        return NO_CARRIER

    def _in_words(
        self, topic: str, described: Description, facts: OrderFacts, points: float, comparison: Comparison | None
    ) -> tuple[str, str]:
        """The sentence, which says why a fact weighs the other way than one would think; and what is usual beside it.

        What became of like orders is said once: in the sentence where it is the why, else beside it, and not at all
        where the fact is itself a comparison, or the sentence says what outweighs it.
        """
        situation, (fact, _, needs, graded_by, tone, is_usual, is_weighed), _ = described
        rises = points > 0
        against = speaks_against(situation.tone or tone, rises) and not is_weighed
        usual = "" if graded_by and not needs else self._usual(comparison, points)
        template = f"even_so.{'up' if rises else 'down'}" if against else needs
        agrees = 0 if comparison is None else comparison.agrees * (1 if rises else -1)
        if against and described.counter is not None:
            return self._language.say("although", counter=described.counter.text, fact=fact), ""
        if template and comparison is not None and agrees > 0 and (against or explains(comparison.above_all, points)):
            return self._language.say(template, fact=fact, **self._shares(comparison)), ""
        if against:
            return self._outweighed(topic, described, facts, rises, comparison), ""
        if is_usual and not usual:
            carrier = self._carrier(topic, rises, facts, {graded_by, *RESTATED.get(situation.name, ())})
            return (carrier.sentence + carrier.scale if carrier.scale else self._as_usual(fact, points)), ""
        return fact, usual

    def _as_usual(self, fact: str, points: float) -> str:
        """A fact that is so of most orders: small points are small, and one that lowers the risk is below the mean."""
        if abs(points) < FEW_POINTS:
            return self._language.say("usual.hardly_counts", fact=fact)
        return fact if points > 0 else self._language.say("usual.no_trouble", fact=fact)

    def _outweighed(
        self, topic: str, described: Description, facts: OrderFacts, rises: bool, comparison: Comparison | None
    ) -> str:
        """A fact that speaks against the points, with what outweighs it."""
        situation, (fact, _, _, graded_by, *_), _ = described
        carrier = self._carrier(topic, rises, facts, {graded_by, *RESTATED.get(situation.name, ())})
        if not carrier.sentence and comparison is not None and self._is_no_worse(comparison, rises):
            return self._language.say("even_so.same", fact=fact, **self._shares(comparison))
        if carrier.sentence and not fact.startswith(carrier.sentence):
            return self._carried(fact, carrier)
        return self._language.say(f"even_so.not_{'down' if rises else 'up'}", fact=fact)

    def _carried(self, fact: str, carrier: Carrier) -> str:
        """A fact and what carries the points against it; what is usual is left out before the fact loses details."""
        whole = self._language.fill("carried", fact=fact, carrier=carrier.sentence, scale=carrier.scale)
        scale = carrier.scale if len(whole) <= MOST_CHARACTERS else ""
        return self._language.say("carried", fact=fact, carrier=carrier.sentence, scale=scale)

    def _usual(self, comparison: Comparison | None, points: float) -> str:
        """What became of like orders in words, where that explains the points.

        Nothing where about as many of them failed as of all, which says nothing of the order, where the difference is a
        small part of the points, or where what became of them speaks the other way: a risk weighs all that is known of
        the order, and they have the situation alone.
        """
        if comparison is None or not comparison.agrees or not explains(comparison.above_all, points):
            return ""
        text = self._usual_texts.get(comparison)
        if text is None:
            text = self._usual_texts[comparison] = self._write_usual(comparison)
        return text

    def _write_usual(self, comparison: Comparison) -> str:
        values = {"n": self._language.number(comparison.orders), **self._shares(comparison)}
        if comparison.days_from is None:
            return self._language.say("usual.any", **values)
        about = self._language.say(f"usual.from.{comparison.days_from:.0f}")
        return self._language.say("usual", about=about, **values)

    @staticmethod
    def _is_no_worse(comparison: Comparison, rises: bool) -> bool:
        """Whether of like orders about as many failed as of all, and not a few more or fewer against the points."""
        above = round(100 * comparison.failed_share) - round(100 * comparison.all_failed_share)
        return not comparison.agrees and (above >= 0 if rises else above <= 0)

    def _shares(self, comparison: Comparison) -> dict[str, str]:
        return {
            "share": self._language.share(comparison.failed_share),
            "all": self._language.share(comparison.all_failed_share),
        }


def _in_order(found: Sequence[tuple[Reason, int]]) -> tuple[Reason, ...]:
    """Reasons by what they move, those of bad situations that add enough in the place of the one that adds most."""
    most = max((reason.points for reason, _ in found if reason.changeable), default=0.0)

    def rank(one: tuple[Reason, int]) -> tuple[bool, float, bool, float]:
        reason, tone = one
        moved = abs(reason.points)
        stands = tone == BAD and reason.points > 0 and reason.points >= IN_THE_WAY * most
        return not reason.changeable, -max(moved, most) if stands else -moved, not stands, -moved

    return tuple(reason for reason, _ in sorted(found, key=rank))
