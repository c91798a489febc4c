"""Texts without the passwords of addresses: userinfo, query strings and driver's words alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus

MASK = "***"
PRIVATE_NAME = r"[\w-]{0,40}(?:passw(?:o?r)?d|passphrase|pwd|secret|token|credential|api_?key|access_?key)[\w-]*"
"""What a parameter is called that nobody may read."""
USERINFO = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]{0,30}://)(?P<user>[^\s:@/?#]*)(?P<rest>\S*)@", re.IGNORECASE)
PARAMETER = re.compile(
    rf"(?P<name>\b{PRIVATE_NAME})(?P<equals>\s*=\s*)(?P<value>'[^']*'|\"[^\"]*\"|[^\s&;,'\"()]+)", re.IGNORECASE
)
QUERY = re.compile(
    r"(?P<address>\b(?!https?:)[a-z][a-z0-9+.-]{0,30}://[^\s?]*\?)(?P<query>\S*?)(?P<end>['\":;,.)]*(?=\s|$))",
    re.IGNORECASE,
)
"""The query of an address that no browser opens: its values, which may hold whole lists of parameters, are masked."""
MISTYPED = re.compile(r"(?:(?:[a-z][a-z0-9+.-]*:?)?/{1,2})?[^\s:@/]*:(?P<secret>\S+)@", re.IGNORECASE)
"""An address that lost its scheme, or a slash of it: what stands before its last ``@`` is a password all the same."""
NO_HOST = re.compile(r"[^\s:@/?#\[]+:(?P<secret>(?!\d+(?:[/?#]|$))[^\s/?#]+)")
"""What comes after a scheme where the host was forgotten: what stands for its port is no number."""
NAMED_USER = re.compile(r"(?:postgres(?:ql)?|mysql|sqlite)\b", re.IGNORECASE)
"""How an address of a database begins: its user, where it stands alone, is nobody's password."""
WELL_FORMED = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[^\s:@/?#;%=\\]*(?::(?:[^\s:@/?#;%\\]|%[0-9a-f]{2})*)?@)?"
    r"(?:[\w.-]+|\[[0-9a-f:.]+\])?(?::\d+)?(?:/(?:[^@\s:;#%=?]|%(?!40|3a)[0-9a-f]{2})*)?"
    r"(?:\?(?:[^@\s:;#%]|%(?!40|3a)[0-9a-f]{2})*)?"
    r"|(?:sqlite|file)(?:\+\w+)?:///[^@]*|[^:@;#%=?\\]*",
    re.IGNORECASE,
)
"""An address whose parts are where they belong, one of a file, or a path."""
SEPARATORS = re.compile(r"(?:[\s:@/?#;&=\\]|%(?:40|3a|2f|20))+", re.IGNORECASE)
SCHEME = re.compile(r"(?:postgres(?:ql)?|mysql|sqlite|https?|file)(?:\+\w+)?|\d+|", re.IGNORECASE)
MOST_PARTS = 24
MOST_DECODED = 4
"""So often a value is decoded in search of passwords."""
LONG = 6
"""A secret of so many characters is masked within words too, a shorter one where it stands by itself."""


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with ``***`` for every password that an address in it has, and for each of some secrets.

    >>> redact("no answer from postgresql://ship:s3cret@db/x?sslpassword=abc&user=ship")
    'no answer from postgresql://ship:***@db/x?sslpassword=***&user=***'
    >>> redact("password authentication failed: s3cret", ["s3cret"])
    'password authentication failed: ***'
    """
    present = [secret for secret in secrets if secret in text]
    for secret in sorted(present, key=len, reverse=True) if present else ():
        edges = ("", "") if len(secret) >= LONG else (r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])")
        text = re.sub(edges[0] + re.escape(secret) + edges[1], MASK, text)
    if "://" in text:
        text = QUERY.sub(_masked_query, re.sub(r"\S+", _masked_word, text))
    return PARAMETER.sub(rf"\g<name>\g<equals>{MASK}", text) if "=" in text else text


def secrets_of(address: str) -> set[str]:
    """The passwords of an address as they stand there, decoded and encoded; none where it has none.

    Of an address that is mistyped, whatever may be one: its user and host may be among them.

    >>> sorted(secrets_of("https://ship:a%40b@tracking/?token=t1"))
    ['a%40b', 'a@b', 't1']
    >>> mistyped = "postgresql:/ship:s3cret@db/x", "ship;s3cret@db:5432/x", "postgresql://ship:s3cret/x"
    >>> ["s3cret" in secrets_of(address) for address in mistyped], secrets_of("http://db:5432/x")
    ([True, True, True], set())
    >>> secrets_of("postgresql://postgres@db/x")  # whose user is a name; of other addresses it may be a token
    set()
    """
    found: set[str] = set()
    before, scheme, rest = address.partition("://")
    if scheme and "@" in rest:
        for end in {rest.rfind("@"), rest.partition("?")[0].rfind("@"), rest.partition("/")[0].rfind("@")} - {-1}:
            user, colon, password = rest[:end].partition(":")
            if colon or not NAMED_USER.match(before):
                found.add(password if colon else user)
    elif scheme and (forgotten := NO_HOST.match(rest)):
        found.add(forgotten["secret"])
    elif not scheme and (mistyped := MISTYPED.match(address)):
        found.add(mistyped["secret"])
    found |= _parts_of(address) | {value.strip(":@/;# ") for value in found}
    cut = {part for secret in found for part in secret.split("@")}  # as a driver does that takes it for a host
    found |= {part for part in cut if len(part) >= LONG}
    pairs = re.findall(r"[?&; ]([^=?&; ]+)=([^&; ]*)", address)
    found |= {value for name, value in pairs if re.fullmatch(PRIVATE_NAME, name, re.IGNORECASE)}
    query = parse_qsl(address.partition("?")[2])
    found |= {value for name, value in query if re.fullmatch(PRIVATE_NAME, name, re.IGNORECASE)}
    found |= {secret for _, value in query for secret in _nested(value)}
    decoded = {decode(value) for value in found for decode in (unquote, unquote_plus)}
    encoded = {encode(value) for value in decoded for encode in (quote_plus, lambda value: quote(value, safe=""))}
    return (found | decoded | encoded) - {"", MASK}


def _nested(value: str) -> set[str]:
    """The passwords of parameters that a value of a query holds, however often they are encoded, and the value then."""
    found: set[str] = set()
    for _ in range(MOST_DECODED):
        inside = {secret["value"].strip("'\"{}") for secret in PARAMETER.finditer(value)}
        found |= inside | ({value} if inside else set())
        value = unquote_plus(value)
    return found


def _parts_of(address: str) -> set[str]:
    """Whatever may be the password of an address that is mistyped: all that stands between two of its separators."""
    if WELL_FORMED.fullmatch(address.strip()):
        return set()
    between = [found.span() for found in SEPARATORS.finditer(address)]
    spans = zip([0, *(end for _, end in between)], [*(begin for begin, _ in between), len(address)], strict=True)
    words = [(begin, end) for begin, end in spans if not SCHEME.fullmatch(address[begin:end])][:MOST_PARTS]
    parts = {address[begin:end] for i, (begin, _) in enumerate(words) for _, end in words[i:]}
    return {part for part in parts if len(part) >= LONG}


def _masked_word(found: re.Match[str]) -> str:
    """A word without the passwords before its last ``@``; what comes after it is not looked through."""
    head, at, tail = found[0].rpartition("@")
    return USERINFO.sub(_masked_userinfo, head + at) + tail if at else found[0]


def _masked_query(found: re.Match[str]) -> str:
    """An address with the names of its parameters, and nothing of their values."""
    parts = (part.partition("=") for part in found["query"].split("&"))
    masked = (f"{name}={MASK}" if equals else MASK for name, equals, _ in parts)
    return f"{found['address']}{'&'.join(masked) if found['query'] else ''}{found['end']}"


def _masked_userinfo(found: re.Match[str]) -> str:
    user, rest = found["user"], found["rest"]
    if rest.startswith(":"):
        return f"{found['scheme']}{user}:{MASK}@"
    alone = not rest and not NAMED_USER.match(found["scheme"])
    return f"{found['scheme']}{MASK}@" if alone or "@" in rest else found[0]
