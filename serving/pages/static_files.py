"""Files that pages need, under names with a digest of their content: a browser asks for each once."""

from __future__ import annotations

import gzip
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

FOREVER = "public, max-age=31536000, immutable"
SOURCES = {
    "pages.css": ("serving.pages", "assets/pages.css"),
    "pages.js": ("serving.pages", "assets/pages.js"),
    "live.js": ("serving.pages", "assets/live.js"),
    "overviews.css": ("serving.pages", "assets/overviews.css"),
    "overviews.js": ("serving.pages", "assets/overviews.js"),
    "icon.svg": ("serving.pages", "assets/icon.svg"),
    "htmx.js": ("js_lib_htmx", "static/htmx/htmx.min.js"),
}
"""By name, the package and the path within it. htmx comes with a wheel."""
MEDIA = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


class StaticFile(NamedTuple):
    """A file as it is sent, and compressed."""

    content: bytes
    compressed: bytes
    media: str


@cache
def named_files() -> dict[str, tuple[str, StaticFile]]:
    """By name, the name with the digest, and the file; all are read once."""
    named = {}
    for name, (package, path) in SOURCES.items():
        content = files(package).joinpath(path).read_bytes()
        stem, _, suffix = name.rpartition(".")
        file = StaticFile(content, gzip.compress(content, 9, mtime=0), MEDIA[suffix])
        named[name] = (f"{stem}-{sha256(content).hexdigest()[:12]}.{suffix}", file)
    return named


def address_of(name: str) -> str:
    """Where a browser finds a file."""
    return f"/assets/{named_files()[name][0]}"


def find_file(hashed_name: str) -> StaticFile | None:
    """The file of a name with a digest, ``None`` where there is none of that content."""
    return next((file for known, file in named_files().values() if known == hashed_name), None)
