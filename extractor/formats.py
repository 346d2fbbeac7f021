r"""Formats: how strictly they are checked, and in what shape the decoder holds them.

`CHECKER` follows the RFC that JSON Schema names for a format, whatever the draft, and knows those of OpenAPI and
Pydantic that mean something by themselves; a format that is not in it is an annotation, and never fails.

`SHAPES` says what the decoder is told. Some formats llguidance 1.0.1 holds natively; of `email` it rejects a quoted
local part (`"a b"@x.org`) and IPv6 literals. The others get an expression in the syntax of Rust, dates, times and IPv6
too: its own know 29 February in every year, and no IPv4 tail (`::ffff:1.2.3.4`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from types import MappingProxyType

from jsonschema import FormatChecker

from extractor import patterns


@dataclass(frozen=True, slots=True)
class Shape:
    """How the decoder holds a format: natively, by a pattern (Rust syntax, anchored), or not at all.

    `longest` is the longest text that makes sense, in characters; `rest` says in a few words what of the format is
    checked after decoding, '' where the shape admits nothing else.
    """

    pattern: str | None
    native: bool
    longest: int
    rest: str = ""


# --- expressions that Python and llguidance read alike -------------------------------------------------------

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"


def _ipv6() -> str:
    """RFC 3986, IPv6address: `::` stands for at least one group, so there are at most as many before as may be."""
    group = "[0-9A-Fa-f]{1,4}"
    last = f"(?:{group}:{group}|{_IPV4})"
    heads = [f"(?:(?:{group}:){{0,{most}}}{group})?" if most else f"(?:{group})?" for most in range(7)]
    tails = [f"(?:{group}:){{{4 - most}}}{last}" for most in range(5)] + [group, ""]
    shortened = [f"{head}::{tail}" for head, tail in zip(heads, tails, strict=True)]
    return f"(?:{'|'.join([f'(?:{group}:){{6}}{last}', f'::(?:{group}:){{5}}{last}', *shortened])})"


_IPV6 = _ipv6()
_HEX = "[0-9A-Fa-f]"
_ESCAPED = f"%{_HEX}{{2}}"
_PLAIN = r"A-Za-z0-9\-._~!$&'()*+,;="
_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]*"


def _ranges(*bounds: tuple[int, int]) -> str:
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in bounds)


_PLANES = [(plane * 0x10000, plane * 0x10000 + 0xFFFD) for plane in range(1, 14)]
_FOREIGN = _ranges((0xA0, 0xD7FF), (0xF900, 0xFDCF), (0xFDF0, 0xFFEF), *_PLANES, (0xE1000, 0xEFFFD))
_PRIVATE = _ranges((0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD))


def _authority(plain: str) -> str:
    literal = rf"\[(?:{_IPV6}|[vV]{_HEX}+\.[{_PLAIN}:]+)\]"
    host = f"(?:{literal}|(?:[{plain}]|{_ESCAPED})*)"
    return f"(?:(?:[{plain}:]|{_ESCAPED})*@)?{host}(?::[0-9]*)?"


def _uri(foreign: str = "", private: str = "", *, relative: bool = False, hosts: str = "one") -> str:
    """RFC 3986, and RFC 3987 with the characters of an IRI; `relative` takes references too."""
    plain = _PLAIN + foreign
    part = f"(?:[{plain}:@]|{_ESCAPED})"
    rest = f"(?:/{part}*)*"
    authority = _authority(plain)
    if hosts == "many":
        single = _authority(plain.replace(",", ""))
        authority = f"{single}(?:,{single})*"
    rooted = f"//{authority}{rest}"
    tail = rf"(?:\?(?:[{plain}{private}:@/?]|{_ESCAPED})*)?(?:#(?:[{plain}:@/?]|{_ESCAPED})*)?"
    if hosts == "many":
        return f"{_SCHEME}:{rooted}{tail}"
    absolute = f"{_SCHEME}:(?:{rooted}|/(?:{part}+{rest})?|{part}+{rest}|)"
    if not relative:
        return f"{absolute}{tail}"
    first = f"(?:[{plain}@]|{_ESCAPED})+"
    return f"(?:{absolute}|{rooted}|/(?:{part}+{rest})?|{first}{rest}|){tail}"


def _uri_template() -> str:
    """RFC 6570."""
    name = rf"(?:[A-Za-z0-9_]|{_ESCAPED})(?:\.?(?:[A-Za-z0-9_]|{_ESCAPED}))*"
    variable = rf"{name}(?::[1-9][0-9]{{0,3}}|\*)?"
    literal = rf"[!#$&-;=?-\[\]_a-z~{_FOREIGN}{_PRIVATE}]|{_ESCAPED}"
    return rf"(?:{literal}|\{{[+#./;?&=,!@|]?{variable}(?:,{variable})*\}})*"


_POINTER = "(?:/(?:[^/~]|~[01])*)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = rf"{_LABEL}(?:\.{_LABEL})*"
_ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_BYTES = "(?:{0}{{4}})*(?:{0}{{2}}==|{0}{{3}}=)?"
_DURATION_TIME = "T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)"
_DURATION_DATE = "(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)"


def _uuid(version: str = _HEX) -> str:
    variant = _HEX if version == _HEX else "[89abAB]"
    return f"{_HEX}{{8}}-{_HEX}{{4}}-{version}{_HEX}{{3}}-{variant}{_HEX}{{3}}-{_HEX}{{12}}"


_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_LONG_MONTHS, _SHORT_MONTHS = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])", "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_FULL_DATE = rf"(?:[0-9]{{4}}-(?:{_LONG_MONTHS}|{_SHORT_MONTHS}|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
_HOUR_MINUTE = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"


def _leap_seconds() -> str:
    """RFC 3339: in UTC a leap second is 23:59:60; elsewhere it is that much later, by whole and half hours here."""
    offsets = [(sign, hours, half) for sign in (1, -1) for hours in range(24) for half in (0, 30)]
    local = [
        ((24 * 60 - 1 + sign * (60 * hours + half)) % (24 * 60), sign, hours, half) for sign, hours, half in offsets
    ]
    fraction = r"(?:\.[0-9]+)?"
    elsewhere = [f"{at // 60:02}:{at % 60:02}:60{fraction}[{'+' if sign > 0 else '-'}]{hours:02}:{half:02}"
                 for at, sign, hours, half in local]  # fmt: skip
    return "|".join([f"23:59:60{fraction}[zZ]", *elsewhere])


_LOCAL_TIME = rf"{_HOUR_MINUTE}:[0-5][0-9](?:\.[0-9]+)?"
_FULL_TIME = rf"(?:{_LOCAL_TIME}(?:[zZ]|[+\-]{_HOUR_MINUTE})|{_leap_seconds()})"

# What an expression says completely: format → (expression, longest text).
_EXPRESSIONS: dict[str, tuple[str, int]] = {
    "date": (_FULL_DATE, 10),
    "time": (_FULL_TIME, 20),
    "date-time": (f"{_FULL_DATE}[tT]{_FULL_TIME}", 35),
    "time-local": (_LOCAL_TIME, 15),  # without an offset: the format registry of OpenAPI
    "date-time-local": (f"{_FULL_DATE}[tT]{_LOCAL_TIME}", 30),
    "duration": (f"P(?:{_DURATION_DATE}(?:{_DURATION_TIME})?|{_DURATION_TIME}|[0-9]+W)", 30),
    "ipv4": (_IPV4, 15),
    "ipv6": (_IPV6, 45),
    "ipvanyaddress": (f"{_IPV4}|{_IPV6}", 45),
    "uri": (_uri(), 2000),
    "url": (_uri(), 2000),
    "uri-reference": (_uri(relative=True), 2000),
    "iri": (_uri(_FOREIGN, _PRIVATE), 2000),
    "iri-reference": (_uri(_FOREIGN, _PRIVATE, relative=True), 2000),
    "multi-host-uri": (_uri(hosts="many"), 2000),
    "uri-template": (_uri_template(), 2000),
    "uuid": (_uuid(), 36),
    **{f"uuid{version}": (_uuid(str(version)), 36) for version in range(1, 9)},
    "json-pointer": (_POINTER, 500),
    "relative-json-pointer": (rf"(?:0|[1-9][0-9]*)(?:#|(?:[+\-][1-9][0-9]*)?{_POINTER})", 500),
    "byte": (_BYTES.format("[A-Za-z0-9+/]"), 4000),
    "base64": (_BYTES.format("[A-Za-z0-9+/]"), 4000),
    "base64url": (r"(?:[A-Za-z0-9_\-]{4})*(?:[A-Za-z0-9_\-]{2}(?:==)?|[A-Za-z0-9_\-]{3}=?)?", 4000),
    "decimal": (r"[+\-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+\-]?[0-9]{1,3})?", 40),
}

# --- checking ------------------------------------------------------------------------------------------------

_LONGEST_HOSTNAME = 253
_LONGEST_LOCAL = 64
_MINUTES = 24 * 60
_TIME = re.compile(
    r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]+)?(?:[zZ]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_DATE = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])-([0-2][0-9]|3[01])")
_DOTS = re.compile("[.。．｡]")  # the four that IDNA knows
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@lru_cache(maxsize=64)
def _expression(name: str) -> re.Pattern[str]:
    return re.compile(_EXPRESSIONS[name][0])


def _is_date(text: str) -> bool:
    """RFC 3339, full-date."""
    if not (found := _DATE.fullmatch(text)):
        return False
    year, month, day = map(int, found.groups())
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= day <= _DAYS[month - 1] + (is_leap and month == 2)  # noqa: PLR2004  # February


def _is_time(text: str) -> bool:
    """RFC 3339, full-time: '23:59:60Z' is a leap second, '12:30:60Z' is none."""
    if not (found := _TIME.fullmatch(text)):
        return False
    hour, minute, second, sign, offset_hour, offset_minute = found.groups(default="0")
    offset = int(offset_hour) * 60 + int(offset_minute)
    in_utc = int(hour) * 60 + int(minute) + (offset if sign == "-" else -offset)
    return second != "60" or in_utc % _MINUTES == _MINUTES - 1


def _is_date_time(text: str) -> bool:
    return _is_date(text[:10]) and text[10:11] in ("T", "t") and _is_time(text[11:])


def _is_hostname(text: str) -> bool:
    """RFC 1123, with the labels of RFC 5890: what begins with xn-- has to be one."""
    if not re.fullmatch(_HOSTNAME, text) or len(text) > _LONGEST_HOSTNAME:
        return False
    return all(_is_idn_hostname(label) for label in text.split(".") if label[:4].lower() == "xn--")


def _is_idn_hostname(text: str) -> bool:
    """RFC 5890; the library takes a dot at the end."""
    import idna  # 15 ms

    try:
        idna.encode(text)
    except UnicodeError:  # its own errors are of this kind
        return False
    return all(_DOTS.split(text))


def _is_email(text: str) -> bool:
    """RFC 5321, Mailbox."""
    local, at, domain = text.rpartition("@")
    is_local = re.fullmatch(rf"{_ATOM}(?:\.{_ATOM})*|{_QUOTED}", local) and len(local) <= _LONGEST_LOCAL
    return bool(at and is_local) and _is_mail_domain(domain)


def _is_mail_domain(domain: str) -> bool:
    is_literal = re.fullmatch(rf"\[(?:{_IPV4}|IPv6:{_IPV6})\]", domain)
    return bool(is_literal or re.fullmatch(_HOSTNAME, domain)) and len(domain) <= _LONGEST_HOSTNAME


def _is_idn_email(text: str) -> bool:
    """RFC 6531: characters beyond ASCII in both parts."""
    local, _, domain = text.rpartition("@")
    plain = re.sub("[^\0-\x7f]", "x", local)
    return _is_email(f"{plain}@x") and (_is_mail_domain(domain) or _is_idn_hostname(domain))


def _is_regex(text: str) -> bool:
    """ECMA-262."""
    try:
        patterns.check(text, "ecma", strict=True)
    except patterns.PatternError:
        return False
    return True


def _is_json(text: str) -> bool:
    import json

    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_address(kind: str) -> Callable[[str], bool]:
    """Whether a class of `ipaddress` takes a text."""

    def check(text: str) -> bool:
        import ipaddress

        try:
            getattr(ipaddress, kind)(text)
        except ValueError:
            return False
        return True

    return check


_TEXTS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "time": _is_time,
    "date-time": _is_date_time,
    "hostname": _is_hostname,
    "idn-hostname": _is_idn_hostname,
    "email": _is_email,
    "idn-email": _is_idn_email,
    "regex": _is_regex,
    "json-string": _is_json,
    "ipv4network": _is_address("IPv4Network"),
    "ipv6network": _is_address("IPv6Network"),
    "ipvanynetwork": _is_address("ip_network"),
    "ipv4interface": _is_address("IPv4Interface"),
    "ipv6interface": _is_address("IPv6Interface"),
    "ipvanyinterface": _is_address("ip_interface"),
}
# The largest magnitude of a number, and whether it is whole.
_NUMBERS = {
    "int32": (2**31, True),
    "int64": (2**63, True),
    "float": (3.4028235e38, False),
    "double": (sys.float_info.max, False),
}


def _is_number(largest: float, whole: bool, value: object) -> bool:  # noqa: FBT001  # `partial` fills it in
    if not isinstance(value, int | float) or isinstance(value, bool):
        return True
    return -largest <= value <= largest - whole and (not whole or value == int(value))


def _checker() -> FormatChecker:
    """All of them, each of which lets values of other types pass."""
    checker = FormatChecker(())
    texts = {name: partial(_is_like, name) for name in _EXPRESSIONS} | _TEXTS
    for name, check in texts.items():
        checker.checks(name)(partial(_passes, check))
    for name, (largest, whole) in _NUMBERS.items():
        checker.checks(name)(partial(_is_number, largest, whole))
    return checker


def _is_like(name: str, text: str) -> bool:
    return _expression(name).fullmatch(text) is not None


def _passes(check: Callable[[str], bool], value: object) -> bool:
    return not isinstance(value, str) or check(value)


CHECKER = _checker()

# --- shapes --------------------------------------------------------------------------------------------------

_NATIVE = {
    "duration": Shape(None, native=True, longest=30),
    "email": Shape(None, native=True, longest=254, rest="the length of its parts; a quoted part is never written"),
    "hostname": Shape(None, native=True, longest=253, rest="its length, and labels that begin with xn--"),
    "ipv4": Shape(None, native=True, longest=15),
    "uuid": Shape(None, native=True, longest=36),
}
_IDN_LABEL = r"[\p{L}\p{Nd}](?:[\p{L}\p{Nd}\p{M}\-]{0,61}[\p{L}\p{Nd}\p{M}])?"
_IDN_HOSTNAME = rf"{_IDN_LABEL}(?:[.。．｡]{_IDN_LABEL})*"
_IDN_ATOM = r"[\p{L}\p{M}\p{N}!#$%&'*+\-/=?^_`{|}~]+"
_PREFIX4, _PREFIX6 = "/(?:3[0-2]|[12]?[0-9])", "/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9])"
# What needs more than an expression: format → (expression of its shape, longest text, what is checked after).
_LOOSE = {
    "idn-hostname": (_IDN_HOSTNAME, 253, "the rules of IDNA"),
    "idn-email": (rf"{_IDN_ATOM}(?:\.{_IDN_ATOM})*@{_IDN_HOSTNAME}", 254, "the rules of IDNA, the length of its parts"),
    "ipv4network": (_IPV4 + _PREFIX4, 18, "bits after the prefix"),
    "ipv6network": (_IPV6 + _PREFIX6, 49, "bits after the prefix"),
    "ipvanynetwork": (f"{_IPV4}{_PREFIX4}|{_IPV6}{_PREFIX6}", 49, "bits after the prefix"),
    "ipv4interface": (f"{_IPV4}(?:{_PREFIX4})?", 18, ""),
    "ipv6interface": (f"{_IPV6}(?:{_PREFIX6})?", 49, ""),
    "ipvanyinterface": (f"{_IPV4}(?:{_PREFIX4})?|{_IPV6}(?:{_PREFIX6})?", 49, ""),
}
_UNSHAPED = {
    "regex": Shape(None, native=False, longest=500, rest="the syntax of a regular expression"),
    "json-string": Shape(None, native=False, longest=4000, rest="the syntax of JSON"),
}


def _shape(text: str, longest: int, rest: str = "") -> Shape:
    return Shape(f"^(?:{text})$", native=False, longest=longest, rest=rest)


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {name: _shape(*found) for name, found in (_EXPRESSIONS | _LOOSE).items()} | _UNSHAPED | _NATIVE
)
