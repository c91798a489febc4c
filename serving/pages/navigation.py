"""The pages that there are, in the order in which they are shown."""

from __future__ import annotations

from typing import NamedTuple

from serving.pages.locale.texts import message


class NavigationEntry(NamedTuple):
    """A page of the navigation.

    Attributes
    ----------
    below : how the paths begin that belong to it, besides its own
    """

    title: str
    path: str
    below: tuple[str, ...] = ()


NAVIGATION = (
    NavigationEntry(message("Worklist"), "/", ("/orders/",)),
    NavigationEntry(message("Changes"), "/changes", ("/changes/",)),
    NavigationEntry(message("Production"), "/production", ("/production/",)),
    NavigationEntry(message("Model"), "/model", ("/model/",)),
)
"""One line a page; one that does not exist is not shown."""
