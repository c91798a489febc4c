"""The worklist: open and late orders, the riskiest first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from features.decision_points import DecisionPoints
from features.history import History
from features.known.known import Known
from serving.models.scorer import OrderScore, Scorer
from serving.spreadsheet_text import as_cell

REASONS = 3
"""So many reasons of an order are shown."""


def build_worklist(scorer: Scorer, history: History, points: DecisionPoints, most_factors: int = 5) -> pd.DataFrame:
    """Score every order and sort: the highest risk first, then the earliest promise, then the order's id.

    Among late orders, the one that is expected to ship most days after its promise comes first.
    Returns (n_open_and_late, 20 + 2 * most_factors); orders that shipped or were cancelled are left out.
    """
    scores = scorer.score(history, points, most_factors)
    known = Known(history, points, scorer.context)
    named = (known.first_word("customer"), known.first_word("plant"), known.value())
    rows = [
        _row(score, customer, plant, value, most_factors)
        for score, customer, plant, value in zip(scores, *named, strict=True)
        if score.risk is not None
    ]
    columns = list(_row(_EMPTY, "", "", 0.0, most_factors))
    frame = pd.DataFrame(rows, columns=columns)
    frame = frame.assign(overdue=_overdue(frame)).sort_values(
        ["risk", "overdue", "due_at", "order_id"], ascending=[False, False, True, True], kind="stable"
    )
    frame = frame.drop(columns="overdue").astype({"days_late": "Int64"})
    rounded = dict.fromkeys(("risk", "missed", "partial", "days_to_promise", "value"), 6)
    frame = frame.astype(dict.fromkeys(rounded, "float64")).round(rounded)
    frame.insert(0, "rank", np.arange(1, len(frame) + 1))
    return frame.reset_index(drop=True)


def _overdue(frame: pd.DataFrame) -> pd.Series:
    """(n,) days late of late orders, without end where they ship later than any day asked about; below 0 for others."""
    later = frame["ship_date"].notna() & frame["expected_ship"].isna()
    days = frame["days_late"].astype("float64").mask(later, np.inf)
    return days.where(frame["state"] == "late", -np.inf).fillna(-np.inf)


def write_worklist(table: pd.DataFrame, out: Path, bom: bool = False) -> None:
    """As CSV, with a byte order mark if ``bom``; no text in it becomes a formula where a spreadsheet opens it."""
    texts = table.select_dtypes(["object", "str"]).columns
    safe = {name: table[name].map(lambda cell: as_cell(cell) if isinstance(cell, str) else cell) for name in texts}
    table.assign(**safe).to_csv(out, index=False, encoding="utf-8-sig" if bom else "utf-8")


def phrase(text: str, points: float) -> str:
    """A reason or factor in one phrase: what is so, and what it adds, in percentage points of risk."""
    return f"{text} ({points * 100:+.1f} points)"


def _row(score: OrderScore, customer: str, plant: str, value: float, most: int) -> dict[str, object]:
    ship_date = score.ship_date
    row: dict[str, object] = {
        "order_id": score.order_id,
        "state": score.state,
        "risk": score.risk,
        "missed": score.missed,
        "partial": score.partial,
        "due_at": score.due_at,
        "days_to_promise": score.days_to_promise,
        "expected_ship": ship_date.expected if ship_date else None,
        "ship_earliest": ship_date.earliest if ship_date else None,
        "ship_latest": ship_date.latest if ship_date else None,
        "days_late": ship_date.days_late if ship_date else None,
        "ship_date": ship_date.sentence if ship_date else None,
        "customer": customer,
        "plant": plant,
        "value": value,
    }
    for place in range(REASONS):
        reason = score.reasons[place] if place < len(score.reasons) else None
        words = phrase(reason.text, reason.points) if reason else None
        row[f"reason_{place + 1}"] = words or (score.reason if place == 0 else None)
    for place in range(most):
        factor = score.factors[place] if place < len(score.factors) else None
        row[f"factor_{place + 1}"] = phrase(factor.sentence, factor.points) if factor else None
        row[f"factor_{place + 1}_signal"] = factor.signal if factor else None
    row["cannot_tell"] = "; ".join(score.cannot_tell) or None
    return row


_EMPTY = OrderScore("", "", None, None, None, None, None, None, None, (), None)
