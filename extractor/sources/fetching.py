"""Fetch a web page or a file by its URL: http and https, public addresses only, within limits.

A name is looked up once, and what is connected to is the address that was looked at, so that a name that changes its
address between two looks (DNS rebinding) reaches nothing that is private. Each redirect goes through the same door.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from extractor.errors import SourceError
from extractor.loaders import Reading
from extractor.sources.source import MOST_BYTES

if TYPE_CHECKING:
    from httpx2 import Client, Response

_MOST_REDIRECTS = 5
_CONNECT, _READ, _TOTAL = 10.0, 30.0, 120.0  # seconds
_TRIES = 3
_WAITS = (1.0, 3.0)  # seconds before the next try
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
_MOST_LABEL = 255
_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*://")
_USER = re.compile(r"(?<=//)[^/?#]*@")
_READ_TYPES = ("text/", "application/", "binary/octet-stream")
_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/pdf,text/*;q=0.9,*/*;q=0.1",
    "User-Agent": "extract (reads one document for its user)",
}
_REFUSALS = {
    401: "it wants a login: save it from a browser, and name the file",
    403: "the server refuses programs: save it from a browser, and name the file",
    404: "there is no such page",
    410: "this page is there no more",
}
_PRIVATE_HINT = "--allow-private fetches from this machine and its network too"


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of a document, and what the server says that they are."""

    data: bytes
    media_type: str = ""
    charset: str = ""


def is_url(name: str) -> bool:
    """Whether a source is fetched: 'https://example.org/a.html' → True, 'a.html' → False."""
    return name[:8].lower().startswith(("http://", "https://"))


def has_scheme(name: str) -> bool:
    """Whether a source is a URL, though perhaps none that is fetched: 'ftp://example.org/a' → True."""
    return bool(_SCHEME.match(name))


def not_fetched(url: str) -> SourceError:
    """The error of a URL of another scheme."""
    hint = "fetch it with another program, and name the file"
    return SourceError(f"{_shown(url)}: only http and https are fetched", hint=hint)


def fetch(url: str, reading: Reading) -> Fetched:
    """Fetch a document; raises `SourceError`. What may pass (a broken connection, 429, 5xx) is tried three times."""
    if reading.offline:
        raise SourceError(f"{url}: not fetched, as --offline forbids it", hint="save the page, and name the file")
    from httpx2 import Client, Timeout

    until = time.monotonic() + _TOTAL
    with Client(timeout=Timeout(_READ, connect=_CONNECT), headers=_HEADERS, trust_env=False) as client:
        for wait in (*_WAITS, None):
            try:
                return _followed(client, url, reading, until)
            except _PassingError as fault:
                if wait is None or time.monotonic() + wait > until:
                    raise SourceError(f"{url}: {fault} ({_TRIES} tries)", hint="try again later") from fault
                time.sleep(wait)
    raise AssertionError


class _PassingError(Exception):
    """A fault that may pass."""


def _followed(client: Client, url: str, reading: Reading, until: float) -> Fetched:
    """What stands at a URL, or where that leads."""
    at = url
    for _ in range(_MOST_REDIRECTS + 1):
        step = _got(client, at, url, reading, until)
        if isinstance(step, Fetched):
            return step
        at = step
    raise SourceError(f"{url}: redirected more than {_MOST_REDIRECTS} times", hint="fetch it with another program")


def _got(client: Client, at: str, url: str, reading: Reading, until: float) -> Fetched | str:
    """What stands at one address, or the one that it names instead."""
    import httpx2

    target, address = _door(at, url, reading)
    headers = {"Host": target.netloc.decode("ascii")}
    extensions = {"sni_hostname": target.host}
    request = client.build_request("GET", target.copy_with(host=address), headers=headers, extensions=extensions)
    try:
        response = client.send(request, stream=True, follow_redirects=False)
        try:
            return _taken(response, at, url, until)
        finally:
            response.close()
    except (httpx2.DecodingError, httpx2.UnsupportedProtocol) as error:
        raise SourceError(f"{url}: {error}") from error
    except httpx2.TimeoutException as error:
        raise _PassingError("no answer in time") from error
    except httpx2.TransportError as error:
        raise _PassingError(f"cannot be reached: {error}") from error


def _door(at: str, url: str, reading: Reading) -> tuple[Any, str]:
    """A URL in parts, and the address to connect to, if that is allowed."""
    import httpx2

    told = url if at == url else f"{url}: redirected to {_shown(at)}"
    try:
        target = httpx2.URL(at)
    except (httpx2.InvalidURL, ValueError, UnicodeError) as error:
        raise SourceError(f"{told}: no URL: {error}") from error
    if target.scheme not in {"http", "https"} or not target.host or len(target.host) > _MOST_LABEL:
        raise SourceError(f"{told}: only http and https are fetched")
    if target.userinfo:
        raise SourceError(
            f"{_shown(at)}: has a password in it", hint="fetch it with another program, and name the file"
        )
    try:
        found = socket.getaddrinfo(target.host, target.port or None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _PassingError(f"the host {target.host} is not known: {error}") from error
    addresses = [str(one[4][0]) for one in found]
    barred = [address for address in addresses if not _is_public(address)]
    if barred and not reading.private:
        raise SourceError(f"{told}: {target.host} is a private address ({barred[0]})", hint=_PRIVATE_HINT)
    return target, addresses[0]


def _is_public(address: str) -> bool:
    """Whether an address is of the open net: 127.0.0.1, 10.0.0.1, ::1, 169.254.169.254 and what maps to them is not."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
        if found in _NAT64:
            inner.append(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
        if any(one is not None and not one.is_global for one in inner) or any(found in one for one in _OTHER_DOORS):
            return False
    return found.is_global and not found.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# To addresses of IPv4 in ways that are given up (RFC 4291, 2.5.5.1; RFC 2765), to those of a site (RFC 8215, RFC 3879).
_OTHER_DOORS = [*map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "fec0::/10"))]


def _taken(response: Response, at: str, url: str, until: float) -> Fetched | str:
    """The bytes of an answer, within the limits, or where it leads."""
    status = response.status_code
    if response.is_redirect and (location := response.headers.get("location")):
        return _led(at, location, url)
    if status in _PASSING:
        raise _PassingError(f"HTTP {status}")
    if not response.is_success:
        raise SourceError(f"{url}: HTTP {status}", hint=_REFUSALS.get(status))
    media_type, charset = _type(response.headers)
    if media_type and not media_type.startswith(_READ_TYPES):
        raise SourceError(f"{url}: {media_type}, no text", hint="only pages, texts and documents are read")
    if int(response.headers.get("content-length") or 0) > MOST_BYTES:
        raise SourceError(f"{url}: larger than {MOST_BYTES >> 20} MiB")
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > MOST_BYTES:
            raise SourceError(f"{url}: larger than {MOST_BYTES >> 20} MiB")
        if time.monotonic() > until:
            raise SourceError(f"{url}: took longer than {_TOTAL:.0f} s", hint="fetch it with another program")
    return Fetched(b"".join(chunks), media_type, charset)


def _led(at: str, location: str, url: str) -> str:
    """Where an address leads: 'http://h/a', '/b' → 'http://h/b'."""
    try:
        return urljoin(at, location)
    except ValueError as error:  # half of a bracket
        raise SourceError(f"{url}: redirected to what is no URL") from error


def _type(headers: Mapping[str, str]) -> tuple[str, str]:
    """'text/html; charset="GBK"' → text/html, GBK."""
    from email.message import Message

    message = Message()
    message["content-type"] = headers.get("content-type", "")
    said = message.get_content_type() if "content-type" in headers else ""
    charset = message.get_param("charset")
    return said, charset if isinstance(charset, str) else ""


def _shown(url: str) -> str:
    """A URL, or what is none, without a password in it: 'http://me:word@h/a' → 'http://h/a'."""
    return _USER.sub("", url, count=1)
