"""The texts of the pages through the standard library's catalogues of translations.

A text is written in English where it is used, and is its own name in the catalogue. As in the templates a value stands
as ``%(name)s``, and a percent sign is written twice. ``docs/translating.md`` has the steps to another language.
"""

from __future__ import annotations

from gettext import translation
from pathlib import Path

from features.wording import ENGLISH, Language

LANGUAGE: Language = ENGLISH
"""What the pages are written in: its names of days and months, its marks within numbers, and by its name the texts."""
DOMAIN, FOLDER = "pages", Path(__file__).parent
TRANSLATIONS = translation(DOMAIN, str(FOLDER), [LANGUAGE.name], fallback=True)
"""Of ``<language>/LC_MESSAGES/pages.mo`` beside this file; the texts themselves where there is none."""


def gettext(message: str, /, **values: object) -> str:
    """A text in the language of the pages, with its values.

    >>> gettext("Plant %(name)s", name="Kiel"), gettext("50 %% or more")
    ('Plant Kiel', '50 % or more')
    """
    return raw_gettext(message) % values


def ngettext(singular: str, plural: str, number: float, /, **values: object) -> str:
    """A text in the form that its number takes; the number itself stands in it as it is, unless it is given written.

    >>> [ngettext("%(number)s order", "%(number)s orders", number) for number in (1, 2)]
    ['1 order', '2 orders']
    """
    return raw_ngettext(singular, plural, number) % {"number": number, **values}


def message(message: str) -> str:
    """A text that is put into the catalogue here, and into the language where it is shown."""
    return message


def raw_gettext(message: str) -> str:
    """The text before its values are put in, as the templates want it."""
    return TRANSLATIONS.gettext(message)


def raw_ngettext(singular: str, plural: str, number: float) -> str:
    """The form of a text before its values are put in; what is not whole takes the form of many."""
    return TRANSLATIONS.ngettext(singular, plural, int(number) if number == int(number) else 2)


def language() -> Language:
    """What days and numbers are written by."""
    return LANGUAGE
