"""The answer of an evaluation in words: what holds, and as plainly what falls short."""

from __future__ import annotations

from dataclasses import dataclass, field

from training.evaluation import BASE_RATE, MODEL, Evaluation
from training.intervals import Estimate
from training.watch import LOOKS, NOTICE
from training.wording import listed, one, percent, percent_finely, points, whole

USUAL = LOOKS.index(25)
FEW_ORDERS = 300
FEW_MORNINGS = 28


@dataclass
class Answer:
    """Sentences; ``holds`` and ``short`` (of what one would wish)."""

    holds: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)

    def say(self, sentence: str, good: bool = True) -> None:
        (self.holds if good else self.short).append(sentence)


def answer(evaluation: Evaluation) -> Answer:
    """How much better than the baselines, how well calibrated, what a planner gets, and on how little evidence."""
    found = Answer()
    _accuracy(found, evaluation)
    _calibration(found, evaluation)
    _planner(found, evaluation)
    _parts(found, evaluation)
    _evidence(found, evaluation)
    return found


def _accuracy(found: Answer, evaluation: Evaluation) -> None:
    ahead = {name: lead for name, lead in evaluation.ahead.items() if lead.low > 0}
    if ahead:
        told = listed([f"{whole(lead, percent)} of that of {_the(name)}" for name, lead in ahead.items()])
        found.say(f"It removes a share of the squared error of what there was before: {told}.")
    for name, lead in evaluation.ahead.items():
        if lead.low <= 0 <= lead.high:
            removed = f"the model removes {whole(lead, percent)} of its squared error"
            found.say(f"{_opening(name)} is about as good: {removed}, no more than chance gives.", False)
        elif lead.high < 0:
            found.say(f"{_opening(name)} is better: its squared error is lower by more than chance gives.", False)


def _calibration(found: Answer, evaluation: Evaluation) -> None:
    error, chance = evaluation.whole.estimates[MODEL]["calibration_error"], evaluation.by_chance
    expected = evaluation.whole.expected
    right = f"risks that are exactly right would show {whole(chance)} on so few orders"
    good = error.value <= chance.high
    verdict = "Its risks can be taken at their word" if good else "Its risks are off by more than chance gives"
    found.say(f"{verdict}: the calibration error is {whole(error)}, {right}.", good)
    told = f"{percent_finely(expected.foretold)} of the orders were foretold to fail"
    came = f"{whole(expected.came, percent_finely)} did"
    found.say(f"{told}, {came}.", not expected.off)


def _planner(found: Answer, evaluation: Evaluation) -> None:
    watches = evaluation.watches.get(MODEL)
    if not watches or not watches[USUAL].failed:
        found.say(
            "No order on the mornings' lists is known to have failed, so what a planner gets is not known.", False
        )
        return
    watch = watches[USUAL]
    vain = whole(watch.false_alarms_per_catch, one)
    found.say(
        f"With {watch.looks} looks a morning, {whole(watch.in_time, percent)} of the failures have been looked at "
        f"{NOTICE:g} days or more before their promise, {whole(watch.caught, percent)} at all; the median warning of "
        f"those is {whole(watch.warning_days, one)} days, and for each of them {vain} orders "
        "are looked at that would have been fine."
    )
    _leads(found, evaluation)


def _leads(found: Answer, evaluation: Evaluation) -> None:
    usual = {name: leads[USUAL] for name, leads in evaluation.leads.items()}
    ahead = [f"{whole(lead, points)} more than {_list(name)}" for name, lead in usual.items() if lead.low > 0]
    if ahead:
        found.say(f"In time, at {LOOKS[USUAL]} looks, that is {listed(ahead)}.")
    for step, looks in enumerate(LOOKS):
        level = [_seen(evaluation, name, step) for name, leads in evaluation.leads.items() if _level(leads[step])]
        behind = [_seen(evaluation, name, step) for name, leads in evaluation.leads.items() if leads[step].high < 0]
        ours = percent(evaluation.watches[MODEL][step].in_time.value)
        if level:
            found.say(
                f"With {looks} looks a morning its {ours} in time are, within chance, those of {listed(level)}.", False
            )
        if behind:
            found.say(
                f"With {looks} looks a morning its {ours} in time are fewer than those of {listed(behind)}.", False
            )


def _level(lead: Estimate) -> bool:
    return lead.low <= 0 <= lead.high


def _seen(evaluation: Evaluation, name: str, step: int) -> str:
    return f"{_list(name)} ({percent(evaluation.watches[name][step].in_time.value)})"


def _parts(found: Answer, evaluation: Evaluation) -> None:
    parts = evaluation.by_plant + evaluation.by_days
    weak = [part.name for part in parts if part.estimates[MODEL]["brier_skill"].low <= 0]
    if weak:
        found.say(f"No better than the base rate, within chance: {listed(weak)}.", False)
    for part in parts:
        if part.expected.off:
            came = whole(part.expected.came, percent_finely)
            told = percent_finely(part.expected.foretold)
            found.say(f"{part.name.capitalize()}: {told} were foretold to fail, {came} did.", False)


def _evidence(found: Answer, evaluation: Evaluation) -> None:
    orders, mornings = evaluation.whole.orders, evaluation.lists.n_mornings
    if orders < FEW_ORDERS:
        found.say(f"The judgement rests on {orders:,} orders: the intervals are wide.", False)
    if 0 < mornings < FEW_MORNINGS:
        found.say(f"The lists are of {mornings} mornings only.", False)


def _the(name: str) -> str:
    return name if name in ("slack to promise", "logistic regression") else f"the {name}"


def _opening(name: str) -> str:
    return _the(name)[0].upper() + _the(name)[1:]


def _list(name: str) -> str:
    return "a list by promise alone" if name == BASE_RATE else f"a list by {name}"
