"""A text column as codes into its distinct words: what is compared, joined and counted is integers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.arrays import Ints
from features.jit import compiled

Texts = NDArray[np.object_]
BLANKS = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Every character that ``str.strip`` cuts off, for engines whose own trim knows fewer."""


TEXT_OR_NONE = {str, type(None)}


class Unread:
    """Distinct texts in an Arrow array, of which objects are made where somebody asks."""

    def __init__(self, texts: pa.Array) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    @cached_property
    def objects(self) -> Texts:
        """(n,) the texts."""
        return _objects(self._texts.to_pylist())


@dataclass(frozen=True, eq=False)
class Coded:
    """``n`` texts.

    Attributes
    ----------
    codes : (n,) place in ``words``; -1 is a missing text
    lexicon : distinct texts, stripped and not empty, in no particular order
    """

    codes: Ints
    lexicon: Texts | Unread

    @property
    def words(self) -> Texts:
        """(n_words,) the distinct texts."""
        return self.lexicon.objects if isinstance(self.lexicon, Unread) else self.lexicon

    @property
    def n_words(self) -> int:
        """How many distinct texts there are."""
        return len(self.lexicon)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int | np.integer[Any]) -> str | None:
        code = self.codes[row]
        return None if code < 0 else str(self.words[code])

    @cached_property
    def index(self) -> dict[str, int]:
        """The code of each word."""
        return {word: code for code, word in enumerate(self.words)}

    @property
    def missing(self) -> NDArray[np.bool_]:
        """(n,) True where there is no text."""
        return self.codes < 0

    @cached_property
    def all_differ(self) -> bool:
        """No text is there twice."""
        given = self.codes[~self.missing]
        return len(given) <= self.n_words and bool((np.bincount(given) < 2).all())

    def take(self, rows: NDArray[Any] | slice) -> Coded:
        """Some rows; the words stay."""
        return Coded(self.codes[rows], self.lexicon)

    def texts(self) -> Texts:
        """(n,) the texts as objects, ``None`` where missing."""
        if len(self) < self.n_words:
            some, given = np.full(len(self), None, dtype=object), ~self.missing
            some[given] = self.words[self.codes[given]]
            return some
        padded = np.empty(self.n_words + 1, dtype=object)
        padded[:-1] = self.words
        texts: Texts = padded[self.codes]
        return texts

    def arrow(self) -> pa.Array:
        """The texts as an Arrow string array."""
        words = pa.array(self.words, type=pa.string())
        return words.take(pa.array(self.codes, mask=self.missing))

    def ranked(self) -> Coded:
        """These texts with their words in ascending order."""
        if self.n_words < 2:
            return self
        by = np.argsort(self.words, kind="stable")
        rank = np.empty(len(by) + 1, dtype=np.int64)
        rank[by], rank[-1] = np.arange(len(by)), -1
        return Coded(rank[self.codes], self.words[by])

    def used(self) -> Coded:
        """These texts without the words that no row has."""
        seen = np.zeros(self.n_words + 1, dtype=bool)
        seen[self.codes] = True
        used_words = np.flatnonzero(seen[:-1])
        if len(used_words) == self.n_words:
            return self
        place = np.full(self.n_words + 1, -1, dtype=np.int64)
        place[used_words] = np.arange(len(used_words))
        return Coded(place[self.codes], self.words[used_words])


class Distinct:
    """``n`` texts that are hardly ever equal, such as ids: kept as they came, coded only where somebody asks."""

    def __init__(self, texts: pa.Array) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, row: int | np.integer[Any]) -> str | None:
        return self._texts[int(row)].as_py()  # type: ignore[no-any-return]

    @cached_property
    def _coded(self) -> Coded:
        return code_arrow(pa.chunked_array([self._texts]))

    @property
    def codes(self) -> Ints:
        return self._coded.codes

    @property
    def words(self) -> Texts:
        return self._coded.words

    @property
    def n_words(self) -> int:
        return self._coded.n_words

    @property
    def missing(self) -> NDArray[np.bool_]:
        """(n,) True where there is no text."""
        missing: NDArray[np.bool_] = self._texts.is_null().to_numpy(zero_copy_only=False)
        return missing

    @cached_property
    def _hashes(self) -> NDArray[np.uint64]:
        hashed: NDArray[np.uint64] = hashes(*_bytes_of(self._texts))
        return hashed

    def hashes(self) -> NDArray[np.uint64]:
        """(n,) 64 bits of each text; equal texts have equal ones."""
        return self._hashes

    @cached_property
    def all_differ(self) -> bool:
        """No text is there twice."""
        seen = np.sort(self.hashes())
        return not (seen[1:] == seen[:-1]).any() or len(pc.unique(self._texts)) == len(self)

    def take(self, rows: NDArray[Any] | slice) -> Distinct:
        """Some rows."""
        if isinstance(rows, slice):
            return Distinct(self._texts[rows])
        return Distinct(self._texts.take(pa.array(np.flatnonzero(rows) if rows.dtype == bool else rows)))

    def texts(self) -> Texts:
        """(n,) the texts as objects, ``None`` where missing."""
        return _objects(self._texts.to_pylist())

    def arrow(self) -> pa.Array:
        """The texts as an Arrow string array."""
        return self._texts

    def ranked(self) -> Coded:
        """Coded, words in ascending order."""
        return self._coded.ranked()

    def used(self) -> Distinct:
        """These texts, ranked already."""
        return self


def distinct_arrow(column: pa.ChunkedArray) -> Distinct:
    """An Arrow column of ids; blanks around them are cut off, blank ones are missing."""
    if not _is_string(column.type):
        column = column.cast(column.type.value_type).cast(pa.large_string())
    if column.num_chunks != 1:
        column = column.cast(pa.large_string())
    whole = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if whole.null_count == 0 and not any_untidy(*_bytes_of(whole)):
        return Distinct(whole)
    trimmed = pc.utf8_trim_whitespace(whole)
    return Distinct(pc.if_else(pc.equal(pc.binary_length(trimmed), 0), None, trimmed))


def _bytes_of(texts: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8], int]:
    """Where each text begins (n + 1), the bytes of all of them, and n."""
    large = texts if pa.types.is_large_string(texts.type) else texts.cast(pa.large_string())
    _, offsets, data = large.buffers()
    places = np.frombuffer(offsets, dtype=np.int64)[large.offset : large.offset + len(large) + 1]
    full = data is not None and data.size
    return places, np.frombuffer(data, dtype=np.uint8) if full else np.zeros(1, dtype=np.uint8), len(large)


def nothing(n: int) -> Coded:
    """``n`` missing texts."""
    return Coded(np.full(n, -1, dtype=np.int64), np.empty(0, dtype=object))


def code_objects(values: Iterable[Any], n: int) -> Coded:
    """Any values as stripped texts; ``None``, NaN, NaT and blanks are missing."""
    values = values if isinstance(values, list | tuple) else list(values)
    if set(map(type, values)) <= TEXT_OR_NONE:
        seen = dict.fromkeys(values)
        seen.pop(None, None)
        words = list(seen)
        if "" not in seen and words == [*map(str.strip, words)]:
            return Coded(_places(values, words, n), _objects(words))
    index: dict[str, int] = {}
    codes = np.empty(n, dtype=np.int64)
    for place, value in enumerate(values):
        if value is None or value is pd.NaT or value is pd.NA or value != value:
            codes[place] = -1
            continue
        text = value.strip() if type(value) is str else str(value).strip()
        codes[place] = index.setdefault(text, len(index)) if text else -1
    return Coded(codes, _objects(list(index)))


def _places(values: Sequence[str | None], words: Sequence[str], n: int) -> Ints:
    """(n,) where each value stands among the distinct words in the order they were said, -1 for ``None``."""
    if not words:
        return np.full(n, -1, dtype=np.int64)
    if len(words) == n:
        return np.arange(n)
    place = dict(zip(words, range(len(words)), strict=True)) | {None: -1}
    return np.fromiter(map(place.__getitem__, values), dtype=np.int64, count=n)


def code_series(series: pd.Series) -> Coded:
    """A pandas column of texts."""
    codes, words = pd.factorize(series)
    return _stripped(codes.astype(np.int64), np.asarray(words, dtype=object))


def code_arrow(column: pa.ChunkedArray) -> Coded:
    """An Arrow column of texts, dictionary encoded or not."""
    if pa.types.is_dictionary(column.type):
        column = _own_dictionaries(column)
    whole = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column
    whole = whole.combine_chunks() if whole.num_chunks != 1 else whole.chunk(0)
    if isinstance(whole, pa.ChunkedArray):  # more text than one array holds
        return code_series(pd.Series(whole.to_pandas(), dtype="str"))
    encoded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    words = encoded.dictionary
    if words.null_count == 0 and not any_untidy(*_bytes_of(words)):
        return Coded(codes, Unread(words)).used()
    return _stripped(codes, _objects(words.to_pylist())).used()


def _own_dictionaries(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Dictionaries as Arrow's reader makes them stay; others (null or repeated words, other indices) are decoded."""
    kind = column.type
    fit = pa.types.is_int32(kind.index_type) and _is_string(kind.value_type)
    for chunk in column.chunks if fit else ():
        words = chunk.dictionary
        fit = fit and words.null_count == 0 and len(pc.unique(words)) == len(words)
    return column if fit else column.cast(kind.value_type).cast(pa.large_string())


def _is_string(kind: pa.DataType) -> bool:
    text: bool = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return text


def _stripped(codes: Ints, words: Texts) -> Coded:
    """Words that differ only in blanks around them are one; a blank one is missing."""
    clean = [word.strip() for word in words]
    if all(clean) and clean == list(words):
        return Coded(codes, words)
    again = code_objects(clean, len(clean))
    return Coded(np.append(again.codes, np.int64(-1))[codes], again.words)


def _objects(values: list[Any]) -> Texts:
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return objects


@compiled
def any_untidy(offsets: Any, data: Any, n: int) -> bool:
    """Whether a text is empty or may have blanks around it: its first or last byte is a control or not ASCII."""
    for i in range(n):
        begin, end = offsets[i], offsets[i + 1]
        if begin == end or data[begin] <= 32 or data[end - 1] <= 32 or data[begin] >= 128 or data[end - 1] >= 128:
            return True
    return False


@compiled
def hashes(offsets: Any, data: Any, n: int) -> NDArray[np.uint64]:
    """(n,) FNV-1a of 64 bits of the texts between the offsets of an Arrow string array."""
    out = np.empty(n, dtype=np.uint64)
    for i in range(n):
        digest = np.uint64(14695981039346656037)
        for j in range(offsets[i], offsets[i + 1]):
            digest = (digest ^ np.uint64(data[j])) * np.uint64(1099511628211)
        out[i] = digest
    return out
