"""What of an order can stand in the way for a while: holds, shortages, failed lots, shipping conditions; once for all.

Signals count them, the context learns from those that ended, readiness puts the open ones into words.
"""

from __future__ import annotations

from features.events.selection import Select, Spell

HOLD_PLACED, HOLD_RELEASED = Select("hold.placed"), Select("hold.released")
HOLDS = Spell(HOLD_PLACED, HOLD_RELEASED)
HOLD_STATED = Select("hold.placed", "hold.released")
WORK_HOLD_KINDS = ("quality", "engineering", "material")
SHIPPING_HOLD_KINDS = ("credit", "delivery", "documents")
WORK_HOLDS, SHIPPING_HOLDS = (
    Spell(Select("hold.placed", kind=kinds), HOLD_STATED) for kinds in (WORK_HOLD_KINDS, SHIPPING_HOLD_KINDS)
)
SHORT, AVAILABLE = (Select("material.stated", state=state) for state in ("short", "available"))
SHORTAGES = Spell(SHORT, AVAILABLE, per_line=True)
FAILED, PASSED = (Select("inspection.recorded", state=state) for state in ("failed", "passed"))
FAILED_LOTS = Spell(FAILED, PASSED)
MET, NOT_MET = (Select("readiness.stated", state=state) for state in ("met", "not_met"))
CONDITIONS_MET = Spell(MET, NOT_MET, by="kind", per_line=True)
CONDITIONS_NOT_MET = Spell(NOT_MET, MET, by="kind", per_line=True)
