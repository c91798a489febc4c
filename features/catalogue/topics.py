"""The stories that signals tell of an order, ten topics: a planner reads a few reasons instead of many signals."""

from __future__ import annotations

TOPICS = (
    "material",
    "holds",
    "work",
    "quality",
    "conditions",
    "truck",
    "changes",
    "records",
    "plant",
    "order",
)
"""In the order in which they are told where they weigh the same; the last is what nobody can change today."""
FIXED = "order"

TOPIC_OF_GROUP = {
    "progress": "work",
    "holds": "holds",
    "schedule": "changes",
    "commitment": "changes",
    "material": "material",
    "quality": "quality",
    "readiness": "conditions",
    "delivery": "truck",
    "information": "records",
    "size": FIXED,
    "calendar": FIXED,
    "load": "plant",
    "track record": FIXED,
}
"""The topic of a signal that does not name another one."""
