"""A limit on what is read of an answer. Imported with the HTTP client, at the first request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from httpx2 import AsyncByteStream

from extractor.errors import RequestRejected


class Limited(AsyncByteStream):
    """The bytes of an answer, of which there may be no more than `most`; `kept` gets a copy of them."""

    def __init__(self, stream: Any, most: int, kept: bytearray | None) -> None:
        self._stream = stream
        self._most = most
        self._kept = kept

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Each part as it arrives."""
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > self._most:
                what = f"the answer is longer than {self._most:,} bytes, it was not read to its end"
                raise RequestRejected(what, hint="lower --max-tokens; no answer of a model is that long")
            if self._kept is not None:
                self._kept += part
            yield part

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._stream.aclose()
