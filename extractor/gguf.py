"""What a GGUF file says about itself: reads the head of the file, never the tensors.

Layout (ggml's GGUF, versions 2 and 3, little endian): magic, version, number of tensors, number of key-value
pairs, then the pairs. Writers put `general.*` and the network's sizes before the tokenizer's long arrays, so
a few kilobytes are enough. Files come from anywhere: every length is checked before it is believed.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, TypeGuard

from extractor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MAGIC = b"GGUF"
_MAX_STRING = 1 << 20
_MAX_ARRAY = 10_000_000
_MAX_PAIRS = 100_000
_MAX_HEADER = 64 << 20
_MAX_READ = 8 << 20
_MAX_KEPT = 65_536
_MAX_DEPTH = 4
_STRING, _ARRAY = 8, 9
# Type number → struct format; 7 is a bool, 8 and 9 are the two that have a length.
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_NETWORK = (
    "context_length",
    "block_count",
    "embedding_length",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
)
_HINT = "give a .gguf file, or a name that `extract models list` shows"


@dataclass(frozen=True, slots=True)
class Header:
    """What the launcher has to know; lengths in tokens, sizes in bytes.

    `kv_bytes_per_token` is the f16 key and value cache of one token over all layers; 0 where the header does
    not give the attention's sizes.
    """

    architecture: str
    name: str
    context_length: int
    languages: tuple[str, ...]
    kv_bytes_per_token: int


class _HeaderError(Exception):
    """The bytes are not a header; the message completes "FILE is not a usable GGUF file: …"."""


def read_header(path: Path) -> Header:
    """Read the header; raises `UsageError` that names the file and says what it is instead."""
    try:
        with path.open("rb") as file:
            return _to_header(_read_pairs(_Reader(file)))
    except _HeaderError as error:
        raise UsageError(f"{path} is not a usable GGUF file: {error}", hint=_HINT) from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", hint=_HINT) from None


class _Reader:
    """Takes values off the front of a file; refuses lengths that the file or the limits cannot hold."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = os.fstat(file.fileno()).st_size
        self.position = 0
        self.read = 0

    def take(self, length: int) -> bytes:
        self._pass(length)
        self.read += length
        if self.read > _MAX_READ:
            raise _HeaderError("its header is far too large")
        return self.file.read(length)

    def skip(self, length: int) -> None:
        self._pass(length)
        self.file.seek(length, os.SEEK_CUR)

    def _pass(self, length: int) -> None:
        self.position += length
        if self.position > self.size:
            raise _HeaderError(f"it is cut off (at {self.size:,} bytes, inside its header)")
        if self.position > _MAX_HEADER:
            raise _HeaderError("its header is far too large")

    def number(self, form: str) -> Any:
        return struct.unpack(f"<{form}", self.take(struct.calcsize(form)))[0]

    def text(self) -> str:
        length = self.number("Q")
        if length > _MAX_STRING:
            raise _HeaderError(f"a string in it claims {length:,} bytes")
        return self.take(length).decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0) -> Any:
        if kind in _SCALARS:
            return self.number(_SCALARS[kind])
        if kind == _STRING:
            return self.text()
        if kind == _ARRAY and depth < _MAX_DEPTH:
            return self._array(depth)
        raise _HeaderError(f"a value in it has the unknown type {kind}")

    def _array(self, depth: int) -> list[Any]:
        """Short arrays as they are; of a long one only that it was there: nothing asked for is long."""
        kind, count = self.number("I"), self.number("Q")
        if count > _MAX_ARRAY:
            raise _HeaderError(f"an array in it claims {count:,} items")
        if kind in _SCALARS and count > _MAX_KEPT:
            self.skip(count * struct.calcsize(_SCALARS[kind]))
            return []
        items = (self.value(kind, depth + 1) for _ in range(count))
        return [item for number, item in enumerate(items) if number < _MAX_KEPT]


def _read_pairs(reader: _Reader) -> dict[str, Any]:
    """The pairs up to the tokenizer, or up to the last one asked for."""
    count, pairs = _read_count(reader), dict[str, Any]()
    for _ in range(count):
        key = reader.text()
        if key.startswith("tokenizer."):
            break
        pairs[key] = reader.value(reader.number("I"))
        if _is_complete(pairs):
            break
    return pairs


def _read_count(reader: _Reader) -> int:
    start = reader.file.read(512)
    if start[:4] != _MAGIC:
        raise _HeaderError(_guess(start))
    reader.file.seek(0)
    reader.take(len(_MAGIC))
    version = reader.number("I")
    if version not in (2, 3):
        swapped = int.from_bytes(version.to_bytes(4, "little"), "big") in (2, 3)
        raise _HeaderError("it is big endian" if swapped else f"its version is {version}, not 2 or 3")
    _tensors, count = reader.number("Q"), reader.number("Q")
    if count > _MAX_PAIRS:
        raise _HeaderError(f"it claims {count:,} key-value pairs")
    return int(count)


def _guess(start: bytes) -> str:
    """Name what people download by mistake.

    >>> _guess(b"version https://git-lfs.github.com/spec/v1")
    'it is a git LFS pointer: a few lines that stand for the file, not the file itself'
    """
    text = start.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if not start:
        return "it is empty"
    if start.startswith(b"version https://git-lfs"):
        return "it is a git LFS pointer: a few lines that stand for the file, not the file itself"
    if text.startswith((b"<!doctype html", b"<html", b"<head")):
        return "it is an HTML page (a web page about the file, or an error page)"
    if start.startswith(b"PK\x03\x04"):
        return "it is a zip archive (a wheel, or PyTorch weights)"
    if start[8:9] == b"{":
        return "it looks like safetensors weights; convert them to GGUF first"
    return f"it starts with {start[:8]!r} where GGUF belongs"


def _is_complete(pairs: Mapping[str, Any]) -> bool:
    prefix = pairs.get("general.architecture")
    general = "general.name" in pairs and "general.languages" in pairs
    return general and all(f"{prefix}.{key}" in pairs for key in _NETWORK)


def _to_header(pairs: Mapping[str, Any]) -> Header:
    architecture = pairs.get("general.architecture")
    if not isinstance(architecture, str) or not architecture:
        raise _HeaderError("it does not name its architecture")
    context = _whole(pairs, f"{architecture}.context_length")
    if not context:
        raise _HeaderError(f"it does not give {architecture}.context_length (a tokenizer or an adapter alone?)")
    name, languages = pairs.get("general.name"), pairs.get("general.languages")
    return Header(
        architecture=architecture,
        name=name if isinstance(name, str) else "",
        context_length=context,
        languages=tuple(map(str, languages)) if isinstance(languages, list) else (),
        kv_bytes_per_token=_measure_cache(pairs, architecture),
    )


def _measure_cache(pairs: Mapping[str, Any], architecture: str) -> int:
    """2 bytes (f16) times the lengths of key and value times the key-value heads, over the layers."""
    attention = f"{architecture}.attention"
    layers = _whole(pairs, f"{architecture}.block_count")
    heads = _per_layer(pairs, f"{attention}.head_count", layers)
    kv_heads = _per_layer(pairs, f"{attention}.head_count_kv", layers) or heads
    width = _whole(pairs, f"{architecture}.embedding_length") * layers // max(heads, 1)
    key = _whole(pairs, f"{attention}.key_length") or width
    value = _whole(pairs, f"{attention}.value_length") or width
    return 2 * kv_heads * (key + value)


def _per_layer(pairs: Mapping[str, Any], key: str, layers: int) -> int:
    """Sum over the layers: the value is one number for all, or an array of one per layer."""
    value = pairs.get(key)
    if isinstance(value, list):
        return sum(item for item in value if _is_whole(item))
    return layers * _whole(pairs, key)


def _whole(pairs: Mapping[str, Any], key: str) -> int:
    value = pairs.get(key)
    return value if _is_whole(value) else 0


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 32
