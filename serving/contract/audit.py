"""The contract of the audit trail."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field


class AuditEntry(BaseModel):
    """One thing that was done, or refused."""

    id: int
    at: str
    who: Annotated[str, Field(description="A key's id; local without keys, shell for a command, service by itself")]
    what: Annotated[str, Field(description="A route; or keys create, keys revoke, champion")]
    outcome: Annotated[str, Field(description="An HTTP status, or done")]
    order_id: str | None
    detail: str
    request_id: str


class AuditReply(BaseModel):
    """A page of the audit trail, the latest first."""

    entries: list[AuditEntry]
    next_cursor: int | None
