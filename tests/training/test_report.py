from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from features.times import DAY, micros
from tests.support.pages import Page
from training.evaluate.backtest import run_backtest
from training.evaluate.evaluation import MODEL, Evaluation, RankedWorklists, judge_slice
from training.evaluate.importance import SignalImportance
from training.evaluate.worklist_metrics import judge_worklist, measure_lead
from training.metrics.bootstrap import Estimate
from training.registry.run_metrics import json_ready
from training.report.page import Section, Table
from training.report.plots.drawing import draw_sheet
from training.report.plots.planner import share_looked_at
from training.report.plots.signals import binned
from training.report.plots.vector import svg
from training.report.report import METRICS, Report, render_backtest
from training.report.summary import summarise
from training.trainer import Trained

NAUGHTY = 'plant <b>&"$x$'


@pytest.fixture(scope="module")
def page(trained: Trained) -> Page:
    return Page(Report(trained).html())


@pytest.fixture(scope="module")
def evaluation_json(trained: Trained) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(json_ready(trained.evaluation.to_json())))
    return found


def shown(estimate: dict[str, float | None], form: str = "{:.3f}") -> str:
    """A figure of the JSON as the page shows it."""
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    if value is None:
        return "–"
    number, *units = (form.format(part).partition(" ") for part in (value, low, high) if part is not None)
    unit = units[-1][2]
    return f"{''.join(number)} {units[0][0]} to {units[1][0]}{' ' + unit if unit else ''}"


def percents(estimate: dict[str, float], digits: int = 0) -> str:
    return shown({name: value * 100 for name, value in estimate.items()}, f"{{:.{digits}f}} %")


def test_the_page_is_well_formed(page: Page) -> None:
    assert page.faults == []
    ids = page.ids()
    assert len(ids) == len(set(ids))
    targets = {value[1:] for _, name, value in page.attributes if name == "href"}
    targets |= set(re.findall(r"url\(#([^)]+)\)", page.html))
    assert targets <= set(ids)
    assert {"calibration", "planner", "signals"} <= targets


def test_the_page_fetches_nothing_and_runs_nothing(page: Page) -> None:
    assert not set(page.tags) & {"script", "link", "img", "iframe", "object", "use:href"}
    assert not [entry for entry in page.attributes if entry[1] in ("src", "srcset", "xlink:href")]
    assert not [value for _, name, value in page.attributes if name == "href" and not value.startswith("#")]
    assert not re.search(r"https?:|//|@import|url\((?!#)", page.html)


def test_the_models_have_the_figures_of_the_json(page: Page, evaluation_json: dict[str, Any]) -> None:
    estimates = evaluation_json["parts"][0]["estimates"]
    expected = [[name, *(shown(found[metric]) for metric in METRICS)] for name, found in estimates.items()]
    hindsight = ["each plant's share in hindsight", *(shown(evaluation_json["hindsight"][key]) for key in METRICS)]
    assert page.cells("all-models") == [*expected, hindsight]
    assert len(expected) == 8


def test_foretold_and_came_are_told_by_days_to_promise_plant_and_week(
    page: Page, evaluation_json: dict[str, Any]
) -> None:
    rows = page.cells("foretold-came")
    entries = evaluation_json["foretold"]
    assert [row[:2] for row in rows] == [[entry["by"], entry["name"]] for entry in entries]
    assert {"all", "days to promise", "week"} <= {row[0] for row in rows}
    percents = [[f"{100 * entry[key]:.1f} %" for key in ("foretold", "came")] for entry in entries]
    assert [[cell.replace("\N{NO-BREAK SPACE}", " ") for cell in row[4:6]] for row in rows] == percents


def test_what_a_planner_gets_has_the_figures_of_the_json(page: Page, evaluation_json: dict[str, Any]) -> None:
    named = {"base rate": "promise alone"}
    found = {
        (named.get(name, name), str(w["looks"])): w
        for name, watches in evaluation_json["watches"].items()
        for w in watches
    }
    rows = page.cells("watches")
    assert {tuple(row[:2]) for row in rows} == set(found)
    for name, looks, *figures in rows:
        entry = found[name, looks]
        days = [shown(entry[key], "{:.1f}") for key in ("warning_days", "mean_warning_days", "false_alarms_per_catch")]
        assert figures == [percents(entry["in_time"]), percents(entry["caught"]), *days, str(entry["looked_at"])]


def test_lists_of_the_same_effort_have_the_figures_of_the_json(page: Page, evaluation_json: dict[str, Any]) -> None:
    rows = page.cells("effort")
    for row, found in zip(rows, evaluation_json["same_effort"].values(), strict=True):
        assert row[1:5] == [
            str(found["looks"]),
            str(found["looked_at"]),
            *(percents(found[n]) for n in ("in_time", "caught")),
        ]


def test_ship_dates_have_the_figures_of_the_json(page: Page, evaluation_json: dict[str, Any]) -> None:
    found = evaluation_json["ship_dates"]
    assert [row[:2] for row in page.cells("dates")] == [[name, shown(crps)] for name, crps in found["crps"].items()]
    expected = [[part["name"], f"{part['orders']:,}", f"{part['looks']:,}"] for part in found["coverage"]]
    assert [row[:3] for row in page.cells("ranges")] == expected


def test_the_parts_have_the_figures_of_the_json(page: Page, evaluation_json: dict[str, Any]) -> None:
    slices = {part["name"]: part for part in evaluation_json["parts"]}
    rows = page.cells("by-part")
    assert [row[0] for row in rows] == [name for name in slices if name != "all"]
    for name, orders, foretold, came, *figures, by_chance in rows:
        part, expected = slices[name], slices[name]["expected"]
        metrics = ("brier_skill", "roc_auc", "average_precision", "calibration_error")
        assert figures == [shown(part["estimates"]["model"][metric]) for metric in metrics]
        assert (orders, foretold) == (str(part["orders"]), f"{expected['foretold'] * 100:.1f} %")
        assert (came, by_chance) == (percents(expected["came"], 1), shown(part["by_chance"]))


def test_the_answer_comes_first_with_the_figures_of_the_json(page: Page, evaluation_json: dict[str, Any]) -> None:
    assert next(iter(page.sections)) == "answer"
    told = " ".join(page.sections["answer"].split())
    error = evaluation_json["parts"][0]["estimates"]["model"]["calibration_error"]
    watched = evaluation_json["watches"]["model"][1]
    assert f"the calibration error is {error['value']:.3f} ({error['low']:.3f} to {error['high']:.3f})" in told
    assert f"{watched['in_time']['value']:.0%}".replace("%", " %") in told
    assert "What falls short" in told


@pytest.mark.nightly
def test_names_are_shown_as_they_are(trained: Trained) -> None:
    whole, *rest = trained.evaluation.slices
    slices = [whole, *(replace(part, name=f"{NAUGHTY}{n}") for n, part in enumerate(rest[:2]))]
    page = Page(Report(replace(trained, evaluation=replace(trained.evaluation, slices=slices))).html())
    assert page.faults == []
    assert [row[0] for row in page.cells("by-part")] == [f"{NAUGHTY}0", f"{NAUGHTY}1"]
    assert NAUGHTY.removeprefix("plant ") + "0" in page.drawn
    assert page.tags.count("b") == Page(Report(trained).html()).tags.count("b")


def test_where_there_is_nothing_to_show_there_is_no_section(trained: Trained) -> None:
    alone = replace(trained.evaluation, slices=trained.evaluation.slices[:1], worklists=RankedWorklists(None, {}))
    page = Page(Report(replace(trained, evaluation=alone)).html())
    assert page.faults == []
    assert not {"planner", "stability", "parts"} & (
        set(page.ids()) | {v[1:] for _, n, v in page.attributes if n == "href"}
    )
    assert all(len(text.split()) > 20 for text in page.sections.values())
    assert all(len(rows) > 1 for rows in page.tables.values())
    assert "what a planner gets is not known" in page.sections["answer"]


def test_the_ladder_shows_the_counts_of_each_promise(trained: Trained) -> None:
    """The little plant moves no promise and asks for none, so every rung is the same, and strict as tolerant."""
    page = Page(Report(trained).html())
    [rung] = {replace(rung, promise="last", tolerant=False) for rung in trained.ladder}
    shares = [f"{100 * part / rung.lines:.1f} %" for part in (rung.lines_on_time, rung.lines_on_time, rung.lines_early)]
    cells = [[" ".join(cell.split()) for cell in row] for table in page.tables.values() for row in table]
    [row] = [row for row in cells if row and row[0].endswith(", the policy")]
    assert row[:5] == ["the last promise, the policy", f"{rung.lines:,}", *shares]
    assert "On time in full by promise" in page.html


def test_other_sections_are_told_after_the_answer(trained: Trained) -> None:
    figure, _ = draw_sheet()
    more = Section("What is new", ["40 orders <i>."], [Table(["", "n"], [["orders", "40"]])], {"new": figure})
    page = Page(Report(trained, [more]).html())
    assert list(page.sections)[:3] == ["answer", "what-is-new", "judged"]
    assert "40 orders <i>." in page.sections["what-is-new"]
    assert page.faults == []


@pytest.mark.nightly
def test_a_backtest_is_told_on_a_page_of_the_same_kind(trained: Trained) -> None:
    found = run_backtest(trained.snapshots, 60 * DAY, micros("2024-07-01"), draws=20)
    page = Page(render_backtest(found))
    assert page.faults == []
    rows = page.cells("stretches")
    assert [row[:4] for row in rows] == [
        [s.trained_at[:10], *(f"{n:,}" for n in (s.learned_from, s.open_orders, s.not_due))] for s in found.stretches
    ]
    told = [row[4:6] for row in rows if row[4] != "too few have matured"]
    judged = [asdict(stretch.expected) for stretch in found.stretches if stretch.expected is not None]
    assert told == [[f"{e['foretold'] * 100:.1f} %", percents(e["came"], 1)] for e in judged]
    assert len(judged) > 1
    assert {value[1:] for _, name, value in page.attributes if name == "href"} <= set(page.ids())
    assert not re.search(r"https?:|//", page.html)


def judged_as(evaluation: Evaluation, **risks: np.ndarray) -> Evaluation:
    """The same test rows with other risks."""
    changed = evaluation.risks | {name.replace("_", " "): risk for name, risk in risks.items()}
    return replace(evaluation, risks=changed, slices=[judge_slice("all", evaluation.test, changed, 50)])


def test_a_baseline_that_is_as_good_or_better_is_named(trained: Trained) -> None:
    evaluation, failed = trained.evaluation, trained.evaluation.test.failed
    told = summarise(
        judged_as(evaluation, logistic_regression=evaluation.risks[MODEL], slack_to_promise=0.1 + 0.8 * failed)
    )
    assert any(said.startswith("Logistic regression is about as good: the model takes 0") for said in told.short)
    assert any(said.startswith("Slack to promise is better") for said in told.short)
    assert "the base rate" in told.holds[0]
    assert "logistic regression" not in told.holds[0]


def test_risks_that_are_off_are_not_taken_at_their_word(trained: Trained) -> None:
    evaluation = trained.evaluation
    sure = judged_as(evaluation, model=np.where(evaluation.risks[MODEL] > 0.2, 0.99, 0.2))
    assert any("off by more than chance" in said for said in summarise(sure).short)
    certain = replace(sure, slices=[replace(sure.whole, by_chance=Estimate(0.5, 0.4, 0.6))])
    assert any("can be taken at their word" in said for said in summarise(certain).holds)


def test_the_curve_of_early_looks_ends_at_what_was_caught(trained: Trained) -> None:
    worklists = trained.evaluation.worklists
    assert worklists.daily is not None
    for risk in worklists.risks.values():
        curve = share_looked_at(worklists.daily, risk, np.array([9.0, 5.0, 0.0]))
        found = judge_worklist(worklists.daily, risk, 25, draws=2)
        assert curve[1:].tolist() == pytest.approx([found.in_time.value, found.caught.value])
        assert (np.diff(curve) >= 0).all()


def test_a_lead_is_the_difference_of_what_is_seen_in_time(trained: Trained) -> None:
    worklists = trained.evaluation.worklists
    assert worklists.daily is not None
    ours, theirs = (worklists.risks[name] for name in (MODEL, "base rate"))
    found = measure_lead(worklists.daily, ours, theirs, 1, draws=200)
    seen = [judge_worklist(worklists.daily, risk, 1, draws=2).in_time.value for risk in (ours, theirs)]
    assert found.value == pytest.approx(seen[0] - seen[1])
    assert found.low <= found.value <= found.high
    assert measure_lead(worklists.daily, ours, ours, 1, draws=20) == Estimate(0.0, 0.0, 0.0)


def test_the_strongest_signals_come_first_and_a_group_adds_its_own(trained: Trained) -> None:
    found = SignalImportance.on(trained.model, trained.evaluation.test)
    means = [found.mean[name] for name in found.strongest(10)]
    assert means == sorted(means, reverse=True)
    assert means[-1] > 0
    holds = [found.of(name)[1] for name in ("open_holds", "hold_frequency")]
    assert found.by_group["holds"] >= float(np.average(np.abs(holds[0]), weights=found.points.weight)) * 0.5
    assert sum(found.by_group.values()) <= sum(found.mean.values()) + 1e-9


def test_every_signal_stands_in_a_folded_table_the_strongest_first(page: Page, trained: Trained) -> None:
    folded = page.html.partition('<details id="all-signals">')[2].partition("</details>")[0]
    names = re.findall(r'<th scope="row">(\w+)</th>', folded)
    assert names == list(SignalImportance.on(trained.model, trained.evaluation.test).mean)
    assert set(names) == set(trained.model.names)
    assert f"All {len(names)} signals" in folded


def test_bins_hold_all_rows_and_keep_their_means() -> None:
    at, middle, low, high = binned(np.repeat([0.0, 1.0, 5.0], 4), np.repeat([-1.0, 0.0, 2.0], 4))
    assert (at.tolist(), middle.tolist()) == ([0, 1, 5], [-1, 0, 2])
    assert (low == middle).all()
    assert (high == middle).all()


def test_figures_of_a_page_share_no_ids_and_keep_their_words() -> None:
    figure, (axis,) = draw_sheet()
    axis.plot([0, 1], [0, 1], "o")
    axis.set_xlabel("days < 5 & more")
    one, again, other = svg(figure, "one"), svg(figure, "one"), svg(figure, "other")
    assert one == again
    assert not set(re.findall(r'id="([^"]+)"', one)) & set(re.findall(r'id="([^"]+)"', other))
    assert ">days &lt; 5 &amp; more</text>" in one
