"""Who may call is read as a whole: what is known, and what is no key, costs no read."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.auth.api_keys import FORM
from serving.auth.directory import CACHE_TIME, CallerDirectory, KnownCaller, digest
from serving.principal import Caller
from serving.store.database import DatabaseUnavailable

TOKEN, OTHER = ("shiprisk_" + letter * 10 + "_" + "A" * 43 for letter in "ab")
ERP = Caller("ERP")


def test_a_known_token_and_what_is_none_cost_no_read() -> None:
    reads, now = [0], [0]

    def read(_: int) -> dict[bytes, KnownCaller]:
        reads[0] += 1
        return {digest(TOKEN): KnownCaller(ERP, 10**15)}

    callers = CallerDirectory(read, FORM, lambda: now[0])
    assert [callers.find(token) for token in ("", "x", TOKEN[:-1])] == [None] * 3
    assert reads == [0]
    assert {callers.find(TOKEN) for _ in range(100)} == {ERP}
    assert reads == [1]
    assert callers.find(OTHER) is None
    assert reads == [2]
    now[0] += CACHE_TIME
    assert callers.cached(TOKEN) is None
    assert callers.find(TOKEN) == ERP
    assert reads == [3]


def test_a_store_that_is_away_lets_nobody_in_whose_time_is_up() -> None:
    now, away = [0], [False]

    def read(_: int) -> dict[bytes, KnownCaller]:
        if away[0]:
            raise DatabaseUnavailable("it is away")
        return {digest(TOKEN): KnownCaller(ERP, 10**15)}

    callers = CallerDirectory(read, FORM, lambda: now[0])
    assert callers.find(TOKEN) == ERP
    away[0] = True
    assert callers.find(TOKEN) == ERP
    now[0] += CACHE_TIME
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            callers.find(TOKEN)


def test_who_waits_for_a_store_that_hangs_shares_its_failure() -> None:
    """Eight ask while it is read; each has begun to look before the read fails."""
    callers_at_once, reads, now = 8, [0], [0]
    arrived: set[int] = set()
    all_here = threading.Event()

    def clock() -> int:
        arrived.add(threading.get_ident())
        if len(arrived) == callers_at_once + 1:
            all_here.set()
        return now[0]

    def read(_: int) -> dict[bytes, KnownCaller]:
        reads[0] += 1
        if reads[0] == 1:
            return {}
        assert all_here.wait(30)
        raise DatabaseUnavailable("it hangs")

    callers = CallerDirectory(read, FORM, clock)
    assert callers.find(TOKEN) is None
    now[0] += CACHE_TIME
    with ThreadPoolExecutor(callers_at_once) as pool:
        errors = [found.exception() for found in [pool.submit(callers.find, TOKEN) for _ in range(callers_at_once)]]
    assert [type(error) for error in errors] == [DatabaseUnavailable] * callers_at_once
    assert reads[0] - 1 <= 2
    with pytest.raises(DatabaseUnavailable):
        callers.find(TOKEN)
    assert reads[0] - 1 <= 3, "who comes later asks anew"
