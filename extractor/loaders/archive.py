"""Files that are zip archives: nothing is unpacked that says it is out of proportion."""

from __future__ import annotations

import re
import zipfile
import zlib
from io import BytesIO
from itertools import islice
from lzma import LZMAError
from xml.etree.ElementTree import Element, ParseError, fromstring

from extractor.loaders.kinds import MOST_PARTS
from extractor.loaders.loaded import UnreadableError

_MOST_BYTES = 256 << 20  # of all parts together
_MOST_EXTRA = 1 << 20  # of extra fields in the directory
_MOST_RATIO = 200  # of the bytes in a part and those that it is packed in
_LEAST_BYTES = 1 << 20  # of which any ratio is fine
_ENTRY = re.compile(rb"PK\x01\x02(?=.{26}(..))", re.DOTALL)  # of the directory, and how long its extra fields are


def opened(data: bytes) -> zipfile.ZipFile:
    """An archive whose parts may be read: the library reads no more of one than it says it has."""
    _refuse_endless(data)
    try:
        archive = zipfile.ZipFile(BytesIO(data))
        parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise UnreadableError("is damaged: not a whole zip archive", "fetch or save it anew") from error
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableError("is encrypted", "save a copy without a password")
    if sum(part.file_size for part in parts) > _MOST_BYTES:
        raise UnreadableError(f"unpacks to more than {_MOST_BYTES >> 20} MiB")
    for part in parts:
        if part.file_size > _LEAST_BYTES and part.file_size > _MOST_RATIO * max(part.compress_size, 1):
            raise UnreadableError(f"its part {part.filename[:80]!r} unpacks to {part.file_size >> 20} MiB: not read")
    return archive


def _refuse_endless(data: bytes) -> None:
    """Raise `UnreadableError` for a directory that the library would take long to read, wherever in the file it is."""
    extra = [int.from_bytes(found[1], "little") for found in islice(_ENTRY.finditer(data), MOST_PARTS + 1)]
    if len(extra) > MOST_PARTS:
        raise UnreadableError(f"has more than {MOST_PARTS:,} parts: not read")
    if sum(extra) > _MOST_EXTRA:
        raise UnreadableError(f"has more than {_MOST_EXTRA >> 20} MiB of extra fields: not read")


def part(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of a part; `UnreadableError` where it is missing or damaged."""
    try:
        return archive.read(name)
    except KeyError as error:
        raise UnreadableError(f"has no part {name[:80]!r}", "fetch or save it anew") from error
    except (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise UnreadableError(f"its part {name[:80]!r} is damaged", "fetch or save it anew") from error


def tree(archive: zipfile.ZipFile, name: str) -> Element:
    """The XML of a part."""
    data = part(archive, name)
    refuse_entities(name, data)
    try:
        return fromstring(data)  # noqa: S314  # without entities, and in a process of its own
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableError(f"its part {name[:80]!r} is no XML: {error}", "fetch or save it anew") from error


def refuse_entities(name: str, data: bytes) -> None:
    """Raise `UnreadableError` for XML that defines entities: what a bomb is made of, and no such file needs."""
    if b"<!ENTITY" in data.replace(b"\x00", b""):
        raise UnreadableError(f"its part {name[:80]!r} defines XML entities: not read")
