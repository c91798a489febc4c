"""Pages for planners: they ask what the routes of the API ask, and know nothing of the database."""

from serving.pages.mount import add_pages

__all__ = ["add_pages"]
