"""The one base class of every error this software raises on purpose."""


class ShipriskError(Exception):
    """Something the user can mend. The message says what must hold, what was got and where."""


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
