"""The one base class of every error this software raises on purpose, and what their words have in common."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ShipriskError(Exception):
    """Something the user can mend. The message says what must hold, what was got and where.

    ``public`` is what callers from elsewhere may read of it: no path, user or host. It is the message itself where
    that names none.
    """

    def __init__(self, *message: object, public: str = "") -> None:
        super().__init__(*message)
        self._public = public

    @property
    def public(self) -> str:
        return self._public or str(self)


class InvalidEvents(ShipriskError):
    """Events that break the rules of the event table."""


class InvalidMapping(ShipriskError):
    """A mapping that cannot be run, or that yields no event table."""


class InvalidRequest(ShipriskError):
    """A call whose arguments cannot be served as they stand."""


class LibraryMissing(ShipriskError):
    """A library that a dependency needs is not on this machine, or not where the work is done."""


class ClusterFailed(ShipriskError):
    """A cluster did not finish what it was given."""


def with_nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The word, and the known one that is the most like it, if any is.

    >>> with_nearest("orderid", ["order_id", "plant"]), with_nearest("colour", ["order_id"])
    ('orderid (did you mean order_id?)', 'colour')
    """
    spelt = {one.lower(): one for one in known}
    near = difflib.get_close_matches(word.strip().lower(), list(spelt), n=1, cutoff=cutoff)
    return f"{word} (did you mean {spelt[near[0]]}?)" if near else word
