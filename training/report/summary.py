"""The answer of an evaluation in words: what holds, and as plainly what falls short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from training.evaluate.evaluation import MODEL, Evaluation, Part
from training.evaluate.worklist_metrics import LOOKS, NOTICE
from training.report.formatting import between, list_name, listed, number, one, percent, percent_finely, points, whole

USUAL = LOOKS.index(25)
LITTLE = 0.05
"""A lead so small is told as what falls short, too."""
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
        told = listed([f"{whole(lead, percent)} below {_the(name)}" for name, lead in ahead.items()])
        found.say(f"Its squared error (Brier score) is {told}.")
    for name, lead in evaluation.ahead.items():
        if lead.low <= 0 <= lead.high:
            taken = f"the model takes {whole(lead, percent)} off its squared error"
            found.say(f"{_opening(name)} is about as good: {taken}, no more than chance gives.", False)
        elif lead.low > 0 and lead.value < LITTLE:
            taken = f"the model takes only {whole(lead, percent)} off its squared error"
            found.say(f"{_opening(name)} comes close: {taken}.", False)
        elif lead.high < 0:
            found.say(f"{_opening(name)} is better: its squared error is lower by more than chance gives.", False)


def _calibration(found: Answer, evaluation: Evaluation) -> None:
    error, chance = evaluation.whole.estimates[MODEL]["calibration_error"], evaluation.by_chance
    expected = evaluation.whole.expected
    right = f"risks that are exactly right would show {whole(chance)} on as many orders"
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
    _same_effort(found, evaluation)


def _leads(found: Answer, evaluation: Evaluation) -> None:
    usual = {name: leads[USUAL] for name, leads in evaluation.leads.items()}
    ahead = [f"{whole(lead, points)} more than by {list_name(name)}" for name, lead in usual.items() if lead.low > 0]
    if ahead:
        found.say(f"Seen in time with {LOOKS[USUAL]} looks a morning: {listed(ahead)}.")
    for step, looks in enumerate(LOOKS):
        level = [name for name, leads in evaluation.leads.items() if leads[step].low <= 0 <= leads[step].high]
        better = [name for name, leads in evaluation.leads.items() if leads[step].high < 0]
        ours = _seen(evaluation, MODEL, step)
        for how, names, as_ in (("about as many", level, "as"), ("more", better, "than")):
            if names:
                theirs = listed([_seen(evaluation, name, step) for name in names])
                told = f"With {looks} looks a morning, {how} failures are seen in time by {theirs} {as_} by the {ours}."
                found.say(told, False)


def _same_effort(found: Answer, evaluation: Evaluation) -> None:
    """Beside lists that looked at as many orders: clearly fewer seen in time where the intervals do not overlap."""
    ours, others = evaluation.same_effort[MODEL], {n: w for n, w in evaluation.same_effort.items() if n != MODEL}
    told = {name: f"{percent(watch.in_time.value)} by {list_name(name)}" for name, watch in others.items()}
    fewer = [said for name, said in told.items() if others[name].in_time.high < ours.in_time.low]
    rest = [said for name, said in told.items() if said not in fewer]
    effort = f"For the same effort, {ours.looked_at:,} orders looked at in all, {whole(ours.in_time, percent)} are seen"
    if fewer:
        found.say(f"{effort} in time, against {listed(fewer)}.")
    if rest:
        found.say(f"{effort} in time, not clearly more than the {listed(rest)}.", False)


def _seen(evaluation: Evaluation, name: str, step: int) -> str:
    watch = evaluation.watches[name][step]
    alarms = one(watch.false_alarms_per_catch.value)
    return f"{list_name(name)} ({percent(watch.in_time.value)}, {alarms} false alarms a catch)"


def _parts(found: Answer, evaluation: Evaluation) -> None:
    parts = evaluation.by_plant + evaluation.by_days
    weak = [part.name for part in parts if part.estimates[MODEL]["brier_skill"].low <= 0]
    if weak:
        found.say(f"No better than the base rate, within chance: {listed(weak)}.", False)
    for part in parts:
        faults = list(_faults(part))
        if faults:
            found.say(f"{_capital(part.name)}: {'; '.join(faults)}.", False)


def _faults(part: Part) -> Iterator[str]:
    error = part.estimates[MODEL]["calibration_error"].value
    if part.expected.off:
        came = whole(part.expected.came, percent_finely)
        yield f"{percent_finely(part.expected.foretold)} were foretold to fail and {came} did"
    if error > part.by_chance.high:
        yield f"the calibration error is {number(error)}, more than chance gives ({between(part.by_chance)})"


def _evidence(found: Answer, evaluation: Evaluation) -> None:
    orders, mornings = evaluation.whole.orders, evaluation.lists.n_mornings
    if orders < FEW_ORDERS:
        found.say(f"The judgement rests on {orders:,} orders: the intervals are wide.", False)
    if 0 < mornings < FEW_MORNINGS:
        found.say(f"The lists are of {mornings} mornings only.", False)


def _the(name: str) -> str:
    return name if name in ("slack to promise", "logistic regression") else f"the {name}"


def _opening(name: str) -> str:
    return _capital(_the(name))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
