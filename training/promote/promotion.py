"""Who is champion, by which verdict: each decision is a run of its own, so the history only grows."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from features.errors import InvalidRequest, ShipriskError
from features.times import isoformat
from training.promote.gate import Verdict
from training.registry.experiments import PROMOTIONS
from training.registry.registry import CHALLENGER, CHAMPION, UNPROVEN, ModelVersion, Registry
from training.registry.run_metrics import json_ready, only_finite

log = logging.getLogger(__name__)

EXPERIMENT = PROMOTIONS
PROMOTED, PASSED, REFUSED, FORCED = "promoted", "passed", "refused", "forced"
TAKES_OVER = (PROMOTED, FORCED, UNPROVEN)
"""Decisions by which a version becomes champion."""
UNFINISHED = "unfinished"
MOST = 1000


class PromotionRefused(ShipriskError):
    """The gate found that the candidate falls short."""


@dataclass(frozen=True)
class Decision:
    """One entry of the history.

    Attributes
    ----------
    at : ISO 8601, by the registry's clock; empty before it is entered
    version : the candidate
    champion : the version that was champion until then, "" where there was none
    decided : promoted; passed (and not promoted); refused; forced; unproven, where it serves though it was refused as
        nothing else does; or unfinished, where the registry failed on the way
    because : what the gate said, or the reason given by whoever forced it
    """

    at: str
    version: str
    champion: str
    decided: str
    because: str

    @property
    def takes_over(self) -> bool:
        """The version became champion with this decision."""
        return self.decided in TAKES_OVER


def decide(registry: Registry, name: str, version: str, verdict: Verdict, *, hold: bool = False) -> Decision:
    """Enter the gate's verdict into the history; a version that passed becomes champion unless it is to ``hold``.

    A verdict against another version than the one that is champion by now is worth nothing: it is refused.
    """
    present = registry.champion(name)
    now, then = present.version if present else "", verdict.champion or ""
    if now != then:
        whom = f"version {then}" if then else "no champion"
        stale = f"it was compared with {whom}, and version {now or 'none'} is champion now"
        return _enter(registry, name, version, REFUSED, stale, verdict)
    decided = (PASSED if hold else PROMOTED) if verdict.passed else REFUSED
    return _enter(registry, name, version, decided, describe(verdict), verdict)


def promote(registry: Registry, name: str, version: str, verdict: Verdict | None = None) -> Decision:
    """Make a version champion by a fresh verdict, or by the one it was given when it was trained.

    Raises ``PromotionRefused`` that says what falls short, ``InvalidRequest`` where there is nothing to go by.
    """
    candidate = _require_other(registry, name, version)
    if verdict is None:
        return _enter(registry, name, candidate.version, PROMOTED, _earlier_verdict(registry, candidate))
    decision = decide(registry, name, candidate.version, verdict)
    if not decision.takes_over:
        raise PromotionRefused(f"{name}@{candidate.version} must pass the gate, got: {decision.because}")
    return decision


def force(registry: Registry, name: str, version: str, reason: str, verdict: Verdict | None = None) -> Decision:
    """Make a version champion whatever the gate says; the reason is kept."""
    if not reason.strip():
        raise InvalidRequest("a promotion that is forced must have a reason, got none")
    candidate = _require_other(registry, name, version)
    return _enter(registry, name, candidate.version, FORCED, reason.strip(), verdict)


def serve_unproven(registry: Registry, name: str, version: str) -> Decision:
    """Let a version that the gate refused be champion where nothing serves yet; what fell short is kept and said.

    Raises ``InvalidRequest`` where another version serves, or where the gate has not refused this one.
    """
    candidate, present = registry.resolve(name, version), registry.champion(name)
    if present is not None:
        raise InvalidRequest(
            f"a version may serve as unproven only where none serves, got version {present.version} that does: "
            "retrain until one passes the gate, or use --force with a --reason"
        )
    tags = registry.client.get_model_version(name, candidate.version).tags
    if tags.get("shiprisk.decided") != REFUSED:
        got = tags.get("shiprisk.decided", "no verdict")
        raise InvalidRequest(f"{name}@{candidate.version} must have been refused by the gate to be unproven, got {got}")
    return _enter(registry, name, candidate.version, UNPROVEN, str(tags.get("shiprisk.because", "")))


def last_refused(registry: Registry, name: str) -> Decision | None:
    """The latest decision on a model, if nothing serves and it was a refusal."""
    decisions = list_decisions(registry, name) if registry.champion(name) is None else []
    return next(iter(decisions), None) if decisions and decisions[0].decided == REFUSED else None


def how_to_serve_unproven(name: str, version: str) -> str:
    """The command by which a person lets a refused version serve, as a sentence's end."""
    return f"to let it serve as unproven until one passes: shiprisk promote {name}@{version} --unproven"


def list_decisions(registry: Registry, name: str) -> list[Decision]:
    """Every decision on a model's versions, the latest first."""
    try:
        experiment = registry.client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            return []
        ours = f"tags.`shiprisk.model` = '{name}'"
        latest = ["attributes.start_time DESC"]
        runs = registry.client.search_runs([experiment.experiment_id], ours, order_by=latest, max_results=MOST)
    except Exception as error:
        raise registry.as_shiprisk_error(error, "promotions") from error
    return [_decision(run) for run in runs]


def describe(verdict: Verdict) -> str:
    """The verdict in one sentence."""
    if not verdict.passed:
        return "; ".join(verdict.falls_short)
    gain, whom = verdict.improvement, f"version {verdict.champion}" if verdict.champion else "the base rate"
    return (
        f"its Brier score is {gain.value:.4f} ({gain.low:.4f} to {gain.high:.4f}) lower than that of {whom} "
        f"on {verdict.orders:,} orders new to both"
    )


def _enter(
    registry: Registry, name: str, version: str, decided: str, because: str, verdict: Verdict | None = None
) -> Decision:
    """Open a record, move the alias, close the record: there is no champion without one, and none that is not so."""
    present = registry.champion(name)
    before = present.version if present else ""
    entry = {"version": version, "champion": before, "decided": decided, "because": because}
    opened = {"model": name} | entry | {"decided": UNFINISHED}
    tags = {f"shiprisk.{key}": value for key, value in opened.items() if value}
    client = registry.client
    try:
        run = client.create_run(registry.experiment(EXPERIMENT), run_name=f"{name}@{version} {decided}", tags=tags)
        if verdict is not None:
            client.log_dict(run.info.run_id, json_ready(verdict.to_json()), "verdict.json")
            for key, value in _figures(verdict).items():
                client.log_metric(run.info.run_id, key, value)
        if decided in TAKES_OVER:
            _take_over(registry, name, version, before)
        client.set_tag(run.info.run_id, "shiprisk.decided", decided)
        _tag_version(client, name, version, {key: entry[key] for key in ("decided", "because", "champion")})
        client.update_model_version(name, version, f"{decided}: {because}")
        client.set_terminated(run.info.run_id)
    except PromotionRefused:
        raise
    except Exception as error:
        raise registry.as_shiprisk_error(error, f"{name}@{version}") from error
    _update_pages(registry, name, version, decided)
    return Decision(_at(run), version, before, decided, because)


def _tag_version(client: Any, name: str, version: str, said: dict[str, str]) -> None:
    """Let a version say what was decided of it; what is empty is not there, also where it was before."""
    earlier = client.get_model_version(name, version).tags
    for key, value in said.items():
        tag = f"shiprisk.{key}"
        if value:
            client.set_model_version_tag(name, version, tag, value)
        elif tag in earlier:
            client.delete_model_version_tag(name, version, tag)


def _update_pages(registry: Registry, name: str, version: str, decided: str) -> None:
    """Bring up to date what MLflow's pages say; the decision stands whether or not that succeeds."""
    try:
        _tag_run(registry, name, version, decided)
        registry.describe(name)
    except Exception as error:
        whole = f"{name}@{version}"
        reason = registry.as_shiprisk_error(error, whole)
        log.warning("what MLflow's page says of %s could not be brought up to date: %s", whole, reason)


def _tag_run(registry: Registry, name: str, version: str, decided: str) -> None:
    """Let the run of a version say what was decided of it, as a column of the experiment's table."""
    run_id = registry.resolve(name, version).run_id
    for key, value in (("decided", decided), ("version", f"{name}@{version}")):
        registry.client.set_tag(run_id, f"shiprisk.{key}", value)


def _take_over(registry: Registry, name: str, version: str, before: str) -> None:
    present = registry.champion(name)
    if (present.version if present else "") != before:
        raise PromotionRefused(f"{name} must have the champion it had when this began, got another: try again")
    registry.client.set_registered_model_alias(name, CHAMPION, version)
    if CHALLENGER in registry.resolve(name, version).aliases:
        registry.client.delete_registered_model_alias(name, CHALLENGER)


def _require_other(registry: Registry, name: str, version: str) -> ModelVersion:
    candidate = registry.resolve(name, version)
    if CHAMPION in candidate.aliases:
        raise InvalidRequest(f"the version must be another than the champion, got {name}@{version}, which it is")
    return candidate


def _earlier_verdict(registry: Registry, candidate: ModelVersion) -> str:
    """Why the version passed when it was last judged, if that was against the champion of now."""
    tags = registry.client.get_model_version(candidate.name, candidate.version).tags
    decided, because = tags.get("shiprisk.decided"), tags.get("shiprisk.because", "")
    present = registry.champion(candidate.name)
    now, then = present.version if present else "", tags.get("shiprisk.champion", "")
    ways = "compare them with --events or --store, or use --force with a --reason"
    whole = f"{candidate.name}@{candidate.version}"
    if decided == REFUSED and now == then:
        raise PromotionRefused(f"{whole} must pass the gate, got: {because}; {ways}")
    if decided not in (PASSED, PROMOTED) or now != then:
        against = f"one against version {then}" if then else "none"
        whom = f"the champion, version {now}" if now else "the baselines"
        raise InvalidRequest(f"{whole} must have a verdict against {whom}, got {against}: {ways}")
    return str(because)


def _decision(run: Any) -> Decision:
    entry = [run.data.tags.get(f"shiprisk.{key}", "") for key in ("version", "champion", "decided", "because")]
    return Decision(_at(run), *entry)


def _at(run: Any) -> str:
    return str(isoformat(run.info.start_time * 1000))


def _figures(verdict: Verdict) -> dict[str, float]:
    gain = verdict.improvement
    figures = {"improvement": gain.value, "improvement.low": gain.low, "improvement.high": gain.high}
    return only_finite(figures | {"orders": verdict.orders, "failures": verdict.failures})
