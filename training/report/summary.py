"""The summary of an evaluation in words: what holds, and as plainly what falls short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from training.evaluate.evaluation import MODEL, Evaluation, Slice
from training.evaluate.worklist_metrics import LOOKS, NOTICE
from training.report.formatting import (
    interval,
    join_words,
    list_name,
    number,
    one,
    percent,
    percent_finely,
    percentage_points,
    with_interval,
)

USUAL = LOOKS.index(25)
LITTLE = 0.05
"""A lead so small is told as what falls short, too."""
FEW_ORDERS = 300
FEW_MORNINGS = 28


@dataclass
class Summary:
    """Sentences; ``holds`` and ``short`` (of what one would wish)."""

    holds: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)

    def add(self, sentence: str, good: bool = True) -> None:
        (self.holds if good else self.short).append(sentence)


def summarise(evaluation: Evaluation) -> Summary:
    """How much better than the baselines, how well calibrated, what a planner gets, and on how little evidence."""
    summary = Summary()
    _accuracy(summary, evaluation)
    _hindsight(summary, evaluation)
    _level(summary, evaluation)
    _calibration(summary, evaluation)
    _planner(summary, evaluation)
    _slices(summary, evaluation)
    _evidence(summary, evaluation)
    return summary


def _accuracy(summary: Summary, evaluation: Evaluation) -> None:
    ahead = {name: lead for name, lead in evaluation.ahead.items() if lead.low > 0}
    if ahead:
        told = join_words([f"{with_interval(lead, percent)} below {_the(name)}" for name, lead in ahead.items()])
        summary.add(f"Its squared error (Brier score) is {told}.")
    for name, lead in evaluation.ahead.items():
        if lead.low <= 0 <= lead.high:
            taken = f"the model takes {with_interval(lead, percent)} off its squared error"
            summary.add(f"{_opening(name)} is about as good: {taken}, no more than chance gives.", False)
        elif lead.low > 0 and lead.value < LITTLE:
            taken = f"the model takes only {with_interval(lead, percent)} off its squared error"
            summary.add(f"{_opening(name)} comes close: {taken}.", False)
        elif lead.high < 0:
            summary.add(f"{_opening(name)} is better: its squared error is lower by more than chance gives.", False)


def _hindsight(summary: Summary, evaluation: Evaluation) -> None:
    lead = evaluation.hindsight["model_ahead"]
    if lead.low <= 0:
        summary.add(
            "One number a plant, its failure share on these very orders, is about as good or better: the model takes "
            f"{with_interval(lead, percent)} off its squared error. Nobody could have known that number.",
            False,
        )


def _level(summary: Summary, evaluation: Evaluation) -> None:
    gain = evaluation.level_gain
    if gain is not None and gain.low > 0:
        summary.add(
            "The level of its plants has moved: the intercept that follows what came each morning takes "
            f"{with_interval(gain, percent)} off its squared error.",
        )


def _calibration(summary: Summary, evaluation: Evaluation) -> None:
    error, chance = evaluation.whole.estimates[MODEL]["calibration_error"], evaluation.by_chance
    expected = evaluation.whole.expected
    right = f"risks that are exactly right would show {with_interval(chance)} on as many orders"
    good = error.value <= chance.high
    verdict = "Its risks can be taken at their word" if good else "Its risks are off by more than chance gives"
    summary.add(f"{verdict}: the calibration error is {with_interval(error)}, {right}.", good)
    told = f"{percent_finely(expected.foretold)} of the orders were foretold to fail"
    came = f"{with_interval(expected.came, percent_finely)} did"
    summary.add(f"{told}, {came}.", not expected.is_off)


def _planner(summary: Summary, evaluation: Evaluation) -> None:
    by_looks = evaluation.worklist_metrics.get(MODEL)
    if not by_looks or not by_looks[USUAL].failed:
        summary.add(
            "No order on the mornings' lists is known to have failed, so what a planner gets is not known.", False
        )
        return
    metrics = by_looks[USUAL]
    in_time, caught = (with_interval(share, percent) for share in (metrics.in_time, metrics.caught))
    days, vain = (with_interval(figure, one) for figure in (metrics.warning_days, metrics.false_alarms_per_catch))
    summary.add(
        f"With {metrics.looks} looks a morning, {in_time} of the failures have been looked at "
        f"{NOTICE:g} days or more before their promise, {caught} at all; the median warning of "
        f"those is {days} days, and for each of them {vain} orders "
        "are looked at that would have been fine."
    )
    _leads(summary, evaluation)
    _same_effort(summary, evaluation)


def _leads(summary: Summary, evaluation: Evaluation) -> None:
    usual = {name: leads[USUAL] for name, leads in evaluation.leads.items()}
    ahead = [
        f"{with_interval(lead, percentage_points)} more than by {list_name(name)}"
        for name, lead in usual.items()
        if lead.low > 0
    ]
    if ahead:
        summary.add(f"Seen in time with {LOOKS[USUAL]} looks a morning: {join_words(ahead)}.")
    for step, looks in enumerate(LOOKS):
        level = [name for name, leads in evaluation.leads.items() if leads[step].low <= 0 <= leads[step].high]
        better = [name for name, leads in evaluation.leads.items() if leads[step].high < 0]
        ours = _list_in_words(evaluation, MODEL, step)
        for how, names, as_ in (("about as many", level, "as"), ("more", better, "than")):
            if names:
                theirs = join_words([_list_in_words(evaluation, name, step) for name in names])
                told = f"With {looks} looks a morning, {how} failures are seen in time by {theirs} {as_} by the {ours}."
                summary.add(told, False)


def _same_effort(summary: Summary, evaluation: Evaluation) -> None:
    """Beside lists that looked at as many orders: clearly fewer seen in time where the intervals do not overlap."""
    ours, others = evaluation.same_effort[MODEL], {n: w for n, w in evaluation.same_effort.items() if n != MODEL}
    told = {name: f"{percent(metrics.in_time.value)} by {list_name(name)}" for name, metrics in others.items()}
    fewer = [said for name, said in told.items() if others[name].in_time.high < ours.in_time.low]
    rest = [said for name, said in told.items() if said not in fewer]
    share = with_interval(ours.in_time, percent)
    effort = f"For the same effort, {ours.looked_at:,} orders looked at in all, {share} are seen"
    if fewer:
        summary.add(f"{effort} in time, against {join_words(fewer)}.")
    if rest:
        summary.add(f"{effort} in time, not clearly more than the {join_words(rest)}.", False)


def _list_in_words(evaluation: Evaluation, name: str, step: int) -> str:
    metrics = evaluation.worklist_metrics[name][step]
    alarms = one(metrics.false_alarms_per_catch.value)
    return f"{list_name(name)} ({percent(metrics.in_time.value)}, {alarms} false alarms a catch)"


def _slices(summary: Summary, evaluation: Evaluation) -> None:
    slices = evaluation.by_plant + evaluation.by_days
    weak = [each.name for each in slices if each.estimates[MODEL]["brier_skill"].low <= 0]
    if weak:
        summary.add(f"No better than the base rate, within chance: {join_words(weak)}.", False)
    for each in slices:
        faults = list(_faults(each))
        if faults:
            summary.add(f"{_capital(each.name)}: {'; '.join(faults)}.", False)


def _faults(rows: Slice) -> Iterator[str]:
    error = rows.estimates[MODEL]["calibration_error"].value
    if rows.expected.is_off:
        came = with_interval(rows.expected.came, percent_finely)
        yield f"{percent_finely(rows.expected.foretold)} were foretold to fail and {came} did"
    if error > rows.by_chance.high:
        yield f"the calibration error is {number(error)}, more than chance gives ({interval(rows.by_chance)})"


def _evidence(summary: Summary, evaluation: Evaluation) -> None:
    orders, mornings = evaluation.whole.orders, evaluation.worklists.n_mornings
    if evaluation.folds > 1:
        summary.add(
            f"Too few orders came last to judge one model by, so {evaluation.folds} models of growing pasts were "
            "judged, each on what came next; the registered one has learned from more than they had.",
            False,
        )
    if orders < FEW_ORDERS:
        summary.add(f"The judgement rests on {orders:,} orders: the intervals are wide.", False)
    if 0 < mornings < FEW_MORNINGS:
        summary.add(f"The lists are of {mornings} mornings only.", False)


def _the(name: str) -> str:
    return name if name in ("slack to promise", "logistic regression") else f"the {name}"


def _opening(name: str) -> str:
    return _capital(_the(name))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
