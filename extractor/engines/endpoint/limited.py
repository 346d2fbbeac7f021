"""A limit on what is read of an answer. Imported with the HTTP client, at the first request."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from httpx2 import AsyncByteStream, Response

from extractor.errors import EngineError, RequestRejected

_PACKINGS = ("gzip", "x-gzip", "deflate")
_EITHER = zlib.MAX_WBITS | 32  # zlib sees by the first bytes which of them it is
_PIECE = 1 << 16  # bytes that are unpacked at once


def limit(response: Response, most: int, kept: bytearray | None) -> None:
    """Let no more than `most` bytes of an answer in; `kept` gets a copy of them.

    Nobody asked for a packed answer, but some servers send one. It is unpacked here, bit by bit, since a few
    bytes can become gigabytes.
    """
    packing = response.headers.pop("content-encoding", "identity").strip().lower()
    if packing not in ("identity", *_PACKINGS):
        raise EngineError(f"the answer is packed as {packing!r}, which nobody asked for")
    response.stream = Limited(response.stream, most, kept, is_packed=packing in _PACKINGS)


class Limited(AsyncByteStream):
    """The bytes of an answer, unpacked, up to a limit."""

    def __init__(self, stream: Any, most: int, kept: bytearray | None, *, is_packed: bool = False) -> None:
        self._stream = stream
        self._most = most
        self._kept = kept
        self._unpacker = zlib.decompressobj(_EITHER) if is_packed else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Each part as it arrives."""
        size = 0
        async for part in self._stream:
            for piece in self._unpacked(part):
                size += len(piece)
                if size > self._most:
                    what = f"the answer is longer than {self._most:,} bytes, it was not read to its end"
                    raise RequestRejected(what, hint="lower --max-tokens; no answer of a model is that long")
                if self._kept is not None:
                    self._kept += piece
                yield piece

    def _unpacked(self, part: bytes) -> Iterator[bytes]:
        if self._unpacker is None:
            yield part
            return
        piece = self._unpacker.decompress(part, _PIECE)
        while piece:
            yield piece
            piece = self._unpacker.decompress(self._unpacker.unconsumed_tail, _PIECE)

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._stream.aclose()
