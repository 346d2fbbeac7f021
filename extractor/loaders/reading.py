"""Which reader takes a file: the user's own, ours for its kind, or for other suffixes that of an installed package."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from extractor.errors import SourceError, UsageError, spell
from extractor.front_matter import fault_of
from extractor.loaders.encodings import decode
from extractor.loaders.kinds import SUFFIXES, kind_of
from extractor.loaders.loaded import Loaded, Reading, UnreadableError
from extractor.text import REPLACED, without_halves

GROUP = "extractor.loaders"  # of entry points, which are named by suffixes: rtf
_HINT = "convert it to text, Markdown, HTML or PDF first, or name what reads it: --loader package.module:function"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # a stream of Office files with a password ([MS-OFFCRYPTO] 2.3.4)
_OLD_WORD = (".doc", ".dot")


def read(name: str, data: bytes, reading: Reading | None = None, media_type: str = "", charset: str = "") -> Loaded:
    """The text of a file, of whole characters; raises `SourceError`."""
    found = _read(name, data, reading or Reading(), media_type, charset)
    if (whole := without_halves(found.text)) != found.text:
        return replace(found, text=whole, notes=(*found.notes, REPLACED))
    return found


def _read(name: str, data: bytes, reading: Reading, media_type: str, charset: str) -> Loaded:
    if own := _own(name, reading):
        return _read_by(own, name, data)
    kind = kind_of(name, data, media_type)
    if kind is None:
        if _ENCRYPTED in data:
            raise SourceError(f"{name}: is encrypted", hint="save a copy without a password")
        raise SourceError(f"{name}: {_unknown(name)}", hint=_HINT)
    if kind == "text":
        text, notes = decode(name, data, charset, given=reading.charset)
        fault = fault_of(text)
        return Loaded(text, (*notes, f"its front matter cannot be read: {fault}") if fault else notes)
    from extractor.loaders.isolated import read_isolated
    from extractor.loaders.markdown import with_front_matter

    try:
        found = read_isolated(kind, name, data, reading, charset)
    except UnreadableError as error:
        raise SourceError(f"{name}: {error.message}", hint=error.hint) from error
    return Loaded(with_front_matter(found.text, found.metadata), found.notes, found.metadata)


def find_loader(spec: str) -> Any:
    """The user's function behind --loader; raises `UsageError`."""
    from extractor.plugins import find  # with Pydantic; most files need none

    found = find(spec)
    if not callable(found):
        raise UsageError(f"--loader {spec}: is no function", hint="def read(data: bytes, name: str) -> str")
    return found


def _own(name: str, reading: Reading) -> Any:
    if reading.loader is not None:
        return find_loader(reading.loader)
    suffix = PurePath(name).suffix.lower()
    return None if suffix in SUFFIXES else _offered(suffix.removeprefix("."))


@lru_cache(maxsize=64)
def _offered(suffix: str) -> Any:
    """The reader of an installed package for a suffix that is none of ours; to look for one takes milliseconds."""
    from extractor.plugins import find_entry_point

    return find_entry_point(GROUP, suffix) if suffix else None


def _read_by(own: Any, name: str, data: bytes) -> Loaded:
    """What the user's function makes of (data, name): a text, or a `Loaded`."""
    try:
        found = own(data, name)
    except SourceError:
        raise
    except Exception as error:
        raise SourceError(f"{name}: its loader failed: {spell(error)}", hint="mend the loader") from error
    if isinstance(found, str):
        return Loaded(found)
    if not isinstance(found, Loaded):
        raise SourceError(f"{name}: its loader gave no text, but {type(found).__name__}", hint="mend the loader")
    return found


def _unknown(name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    return "old Word files (.doc) cannot be read" if suffix in _OLD_WORD else "not a kind of file that can be read"
