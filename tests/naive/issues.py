"""What leaves, and is reversed: to which line each issue goes, and from which a reversal takes."""

from __future__ import annotations

from dataclasses import replace

from features.times import DAY
from tests.naive.book import Book, Issue, Line, Waiting
from tests.naive.events import Event

EVERYTHING = 10**18
"""All that is left of an order of which no line is known."""


def place(book: Book, event: Event) -> None:
    """What left before a line was known is its own, as far as it is missing."""
    [line] = [line for line in book.lines if line.id == event.line]
    whole = [other for other in book.lines if other.id == line.id.rpartition("/")[0] and "/" in line.id]
    emptied = [other.emptied_at for other in whole if not other.known]
    moments = [moment for moment in (line.emptied_at, *emptied) if moment is not None]
    if moments:
        _book(book, line, Issue(None, moments[0], -1, line.missing, line.id, -1, True))
        line.emptied_at = None
    waiting = book.unplaced + [issue for other in whole if not other.known for issue in other.issues]
    for issue in sorted(waiting, key=lambda issue: (issue.at, issue.posting)):
        if issue.quantity > EVERYTHING // 2 and event.stands_from > issue.at + 2 * DAY:
            continue
        while issue.quantity > 0 and line.missing > 0:
            given = min(issue.quantity, line.missing)
            issue.quantity -= given
            _book(book, line, replace(issue, quantity=given))


def issue_goods(book: Book, event: Event, turn: int) -> None:
    about = book.of(event.line)
    own = [line for line in about if line.id == event.line]
    everything = event.quantity is None
    known = (event.occurred_at, event.recorded_at, event.quantity or 0, event.line)
    issue = Issue(event.reference, *known, turn, everything)
    if own and (own[0].known or not any(line.known for line in about)):
        [line] = own
        if everything and not line.known:
            line.emptied_at = event.occurred_at
        _book(book, line, replace(issue, quantity=line.missing) if everything else issue)
        return
    later = _taken_back(book, about, issue)
    lines = [line for line in about if line.known and line.closed is None]
    if not lines and not everything:
        lines = [line for line in about if line.known and line.closed in ("complete", "short")]
    _allot(book, lines, replace(issue, quantity=EVERYTHING) if everything else issue)
    for other in later:
        _allot(book, [line for line in lines if line.closed is None], other)


def _taken_back(book: Book, about: list[Line], issue: Issue) -> list[Issue]:
    """What left later by postings that name the same, in the order in which it left; closed lines keep theirs."""
    taken: dict[int, Issue] = {}
    for line in about:
        for piece in list(line.issues):
            later = piece.named == issue.named and piece.at > issue.at and piece.quantity > 0
            if later and line.closed is None and line.id != issue.named:
                before = taken.get(piece.posting, replace(piece, quantity=0))
                taken[piece.posting] = replace(piece, quantity=before.quantity + piece.quantity)
                line.issues.remove(piece)
    return sorted(taken.values(), key=lambda piece: (piece.at, piece.posting))


def _allot(book: Book, lines: list[Line], issue: Issue) -> None:
    """To one line after the other, instalments as they fall due; the last has what is too much of a quantity."""
    if issue.named is not None:
        lines = sorted(lines, key=lambda line: -1 if line.promise is None else line.promise)
    left = issue.quantity
    for line in lines:
        given = min(left, line.missing)
        _book(book, line, replace(issue, quantity=given))
        left -= given
    if left and lines and not issue.all:
        _book(book, lines[-1], replace(issue, quantity=left))
    if left and not any(line.known for line in book.lines):
        _book(book, None, replace(issue, quantity=left))


def _book(book: Book, line: Line | None, issue: Issue) -> None:
    """Part of an issue is of a line. What was reversed of its reference before is taken from it and given back."""
    if issue.quantity == 0:
        return
    issue.turn = next(book.turns)
    (book.unplaced if line is None else line.issues).append(issue)
    for waiting in book.waiting if issue.quantity < EVERYTHING // 2 else []:
        if waiting.reference != issue.reference or not (waiting.named is None or line in book.of(waiting.named)):
            continue
        taken = min(issue.quantity, waiting.quantity)
        issue.quantity -= taken
        waiting.quantity -= taken
        lenders = [other for other in book.issues if other.posting == waiting.instead_of >= 0]
        if lenders:
            min(lenders, key=lambda other: other.turn).quantity += taken


def reverse_goods(book: Book, event: Event, left: int) -> None:
    """From the issues of the same reference, else from all of the line, the latest first; else it waits for one.

    What was recorded in the moment of the reversal comes last: it is what was posted again.
    """
    issues = [issue for line in book.of(event.line) for issue in line.issues]
    issues += book.unplaced if event.line is None else []
    issues = [issue for issue in issues if issue.quantity > 0]
    same = [issue for issue in issues if issue.reference == event.reference and event.reference is not None]
    issues = same or issues
    issues.sort(key=lambda i: (i.recorded_at >= event.recorded_at, -i.at, -i.posting, -i.turn))
    if not same and event.reference is None and issues and event.occurred_at > issues[0].at + 2 * DAY:
        book.returned += left
        return  # the customer sent it back
    for issue in issues:
        taken = min(left, issue.quantity)
        issue.quantity -= taken
        left -= taken
        if event.reference is not None and not same and taken:
            book.waiting.append(Waiting(event.reference, event.line, taken, issue.posting))
    if event.reference is not None and left:
        book.waiting.append(Waiting(event.reference, event.line, left, -1))
