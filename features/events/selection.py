"""Which events a signal speaks of: types and words, as bit masks that one compiled loop tests.

What an event says by its type and its words of ``SPOKEN`` fits in one integer, eight bits a column. A selection is
one mask a column: the bits of the words that are wanted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from features.arrays import Ints
from features.errors import InvalidRequest, with_nearest
from features.events.columns import Columns
from features.events.schema import OTHER, SPOKEN, TYPE_CODE, UNSAID, WORDS
from features.events.text import Coded
from features.jit import compiled_inline

ANY = -1
Masks = Ints
BITS = 63
KIND_PLACE, STATE_PLACE = SPOKEN.index("kind") + 1, SPOKEN.index("state") + 1


@dataclass(frozen=True, eq=False)
class Select:
    """Which events: any of the types, and where given, any of these words in a column.

    >>> Select("hold.placed", kind="quality")
    Select('hold.placed', kind='quality')
    """

    types: tuple[str, ...]
    words: tuple[tuple[str, tuple[str, ...]], ...]
    masks: Ints = field(repr=False)
    _hash: int = field(repr=False)

    def __init__(self, *types: str, **words: str | tuple[str, ...]) -> None:
        unknown = [with_nearest(str(name), TYPE_CODE) for name in types if name not in TYPE_CODE]
        if unknown:
            raise InvalidRequest(
                f"a selection must ask for types of events ({', '.join(TYPE_CODE)}), got {', '.join(unknown)}"
            )
        sought = tuple((column, (word,) if isinstance(word, str) else word) for column, word in words.items())
        for column, wanted in sought:
            strange = [word for word in wanted if word not in WORDS]
            if column not in SPOKEN or strange:
                raise InvalidRequest(
                    f"a selection must ask for words of the event table in {', '.join(SPOKEN)}, "
                    f"got {', '.join(with_nearest(word, WORDS) for word in strange) or 'words'} in {column}"
                )
        object.__setattr__(self, "types", types)
        object.__setattr__(self, "words", sought)
        object.__setattr__(self, "masks", _masks(types, dict(sought)))
        object.__setattr__(self, "_hash", hash((types, sought)))

    def __repr__(self) -> str:
        words = [f"{column}={' or '.join(word)!r}" for column, word in self.words]
        return f"Select({', '.join([*map(repr, self.types), *words])})"

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Select) and (self.types, self.words) == (other.types, other.words)


@dataclass(frozen=True)
class Spell:
    """States that begin and end, each told apart by the word in ``by``: the latest statement of each decides.

    ``Spell(begins=Select("hold.placed"), ends=Select("hold.released"))`` are the holds, open from the one to the other.
    With ``per_line`` each line has spells of its own, and a statement of the whole order takes their place.
    """

    begins: Select
    ends: Select
    by: str = "reference"
    per_line: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.begins, self.ends, self.by, self.per_line)))

    def __hash__(self) -> int:
        return self._hash  # type: ignore[attr-defined, no-any-return]


def _masks(types: tuple[str, ...], words: dict[str, tuple[str, ...]]) -> Ints:
    of_types = sum(1 << TYPE_CODE[name] for name in types)
    of_words = [sum(1 << WORDS[word] for word in words[column]) if column in words else ANY for column in SPOKEN]
    return np.array([of_types, *of_words], dtype=np.int64)


def event_codes(types: Ints, columns: Columns) -> Ints:
    """(n,) what each event says: the type's code and the codes of its words, eight bits each."""
    codes = types.copy()
    for place, column in enumerate(SPOKEN, start=1):
        codes |= _word_codes(columns[column]) << (8 * place)
    return codes


def _word_codes(column: Coded) -> Ints:
    codes = np.fromiter(
        [WORDS.get(word, OTHER) for word in column.words] + [UNSAID], dtype=np.int64, count=len(column.words) + 1
    )
    encoded: Ints = codes[column.codes]
    return encoded


@compiled_inline
def is_selected(code: int, masks: Masks) -> bool:
    """Whether an event says one of the types, and in each column one of the words."""
    selected: bool = (
        (masks[0] >> (code & BITS))
        & (masks[1] >> ((code >> 8) & BITS))
        & (masks[2] >> ((code >> 16) & BITS))
        & (masks[3] >> ((code >> 24) & BITS))
        & (masks[4] >> ((code >> 32) & BITS))
        & 1
    ) == 1
    return selected


@compiled_inline
def word_at(code: int, place: int) -> int:
    """The code of the word in a column of ``SPOKEN``, by its place there."""
    return (code >> (8 * (place + 1))) & BITS


@compiled_inline
def kind_of(code: int) -> int:
    """The code of the word of an event's kind."""
    return (code >> (8 * KIND_PLACE)) & BITS


@compiled_inline
def state_of(code: int) -> int:
    """The code of the word of an event's state."""
    return (code >> (8 * STATE_PLACE)) & BITS
