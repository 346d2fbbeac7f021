"""JSON over HTTP through the `openai` client: timeouts, one layer of retries, and a limit on size.

The client is imported and opened at the first request: it takes most of a second, in which an embedded model
loads. Servers say anything: what is not an answer is an error, never a traceback. Redirects are not followed, so
neither key nor document goes to a host that nobody named.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from extractor.engines.endpoint.faults import NO_ANSWER, Endpoint
from extractor.engines.endpoint.wire import as_whole
from extractor.engines.trace import Trace
from extractor.errors import EngineError, EngineUnavailable

if TYPE_CHECKING:
    from ssl import SSLContext

    from httpx2 import Response
    from openai import AsyncOpenAI
    from tenacity import RetryCallState

T = TypeVar("T")
Enter = Callable[[float], Awaitable[float]]

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0  # seconds, doubled from try to try
_SHORTEST_TRY = 0.1  # seconds
_LAST = {"Connection": "close"}  # llama.cpp ends it after a stream anyway, at times only once the next request is sent
_FULL, _MOST_POOLS = 4, 32  # requests of a client before there is a further one, and how many clients
_LONGER = "raise --total-timeout to wait longer"


@dataclass(slots=True)
class _Received:
    """What of an answer has arrived, for the trace."""

    body: bytearray = field(default_factory=bytearray)
    status: int | None = None


_received: ContextVar[_Received | None] = ContextVar("received", default=None)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried, within how many seconds in all (None: twice the time of one try).

    `most_bytes` is the longest answer that is read; the statuses in `twice` are tried twice at most, and so is what is
    no answer: a gateway's slip passes at once, a page of something else, or a filter of all choices, never.
    """

    tries: int = 1
    total: float | None = None
    most_bytes: int = 16 * 2**20
    twice: tuple[int, ...] = ()


@dataclass(slots=True)
class _Spent:
    """The seconds that a server has had for a request, and those that it gets in all."""

    total: float
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """How many, so far."""
        return time.monotonic() - self.started


@dataclass(slots=True)
class _Pool:
    """A client with connections of its own."""

    client: AsyncOpenAI
    under_way: int = 0


class Transport:
    """One endpoint. `name` is what messages call it."""

    def __init__(self, url: str, key: str, name: str, patience: Patience, trace: Trace | None = None) -> None:
        self.url = url.rstrip("/")
        self.name = name
        self.patience = patience
        self._key = key
        self._trace = trace
        self._pools: list[_Pool] = []
        self._tls: SSLContext | None = None  # read once, it takes longer than a request
        self._has_answered = False

    async def patiently(
        self,
        attempt: Callable[[float], Awaitable[T]],
        seconds: float,
        patience: Patience | None = None,
        enter: Enter | None = None,
    ) -> T:
        """What an attempt gives, with the tries that patience has; each may take some seconds, and is told how many.

        Where nobody has ever answered and no connection is made, there is no server to wait for. `enter` is awaited
        before each try, is told how much time there is for all, and gives the seconds that are none of the server's.
        """
        if not self._pools:
            with self._client():
                pass  # its slow import takes none of the server's time
        patience = patience or self.patience
        spent = _Spent(patience.total or 2 * seconds)

        async def within_total() -> T:
            return await self._try(attempt, seconds, spent, enter)

        def may_pass(state: RetryCallState) -> bool:
            error = state.outcome.exception() if state.outcome else None
            if not isinstance(error, EngineUnavailable) or (error.is_unreachable and not self._has_answered):
                return False
            return error.status not in (NO_ANSWER, *patience.twice) or state.attempt_number == 1

        try:
            return await within_total()  # nearly always enough, and what follows costs as much as all that is ours
        except EngineUnavailable as error:
            failures = [error]

        async def again() -> T:
            """At first what has failed just now, so that it counts."""
            if failures:
                raise failures.pop()
            return await within_total()

        from tenacity import AsyncRetrying

        tries = AsyncRetrying(
            retry=may_pass,
            stop=lambda state: (
                state.attempt_number >= patience.tries or spent.seconds + state.upcoming_sleep >= spent.total
            ),
            wait=_wait,
            retry_error_callback=lambda state: self._give_up(state, patience, spent.seconds),
        )
        return await tries(again)

    async def _try(
        self, attempt: Callable[[float], Awaitable[T]], seconds: float, spent: _Spent, enter: Enter | None
    ) -> T:
        if enter:
            spent.started += await enter(spent.total)
        left = max(spent.total - spent.seconds, _SHORTEST_TRY)
        try:
            return await attempt(min(seconds, left))
        except EngineUnavailable:
            if left < seconds and spent.seconds >= spent.total:
                raise EngineUnavailable.late(self.name, spent.total, hint=_LONGER) from None
            raise

    async def post(self, path: str, body: Mapping[str, Any], seconds: float, patience: Patience | None = None) -> Any:
        """The JSON of an answer; each try may take some seconds."""
        return await self.patiently(lambda left: self.once(path, body, left), seconds, patience)

    async def get(self, path: str, seconds: float, patience: Patience | None = None) -> Any:
        """The JSON of a resource; each try may take some seconds."""
        return await self.patiently(lambda left: self.once(path, None, left), seconds, patience)

    async def stream(self, path: str, body: Mapping[str, Any], seconds: float) -> AsyncGenerator[Any, None]:
        """The events of an answer as it is written; tried once, since a part of it may have been shown."""
        started, received = time.monotonic(), _Received()
        fault: EngineError | None = None
        try:
            async with asyncio.timeout(seconds):
                async with await self._events(path, body, seconds, received) as events:
                    async for event in events:
                        yield event
        except Exception as error:  # noqa: BLE001
            fault = self._endpoint.explain(error, seconds, body)
        finally:
            self._keep(path, body, received, started, fault)
        if fault:
            raise fault

    async def _events(self, path: str, body: Mapping[str, Any], seconds: float, received: _Received) -> Any:
        from openai import AsyncStream

        token = _received.set(received if self._trace else None)
        options: Any = {"timeout": seconds, "headers": _LAST}
        try:
            with self._client() as client:
                return await client.post(
                    path, cast_to=object, body=body, options=options, stream=True, stream_cls=AsyncStream[object]
                )
        finally:
            _received.reset(token)

    async def aclose(self) -> None:
        """Close the connections."""
        while self._pools:
            await self._pools.pop().client.close()

    async def once(self, path: str, body: Mapping[str, Any] | None, seconds: float) -> Any:
        """One try: the JSON of an answer that arrived as a whole in time."""
        started, received = time.monotonic(), _Received()
        token = _received.set(received if self._trace else None)
        fault: EngineError | None = None
        try:
            async with asyncio.timeout(seconds):
                options: Any = {"timeout": seconds}
                with self._client() as client:
                    if body is None:
                        return await client.get(path, cast_to=object, options=options)
                    answer = await client.post(path, cast_to=object, body=body, options=options)
                return self._endpoint.no_fault(answer)
        except Exception as error:  # noqa: BLE001  # whatever the client trips over in an answer
            fault = self._endpoint.explain(error, seconds, body)
        finally:
            _received.reset(token)
            self._keep(path, body, received, started, fault)
        # Outside of the handler: the client's own error holds the request, and with it the key.
        raise fault

    def _keep(self, path: str, body: Any, received: _Received, started: float, fault: EngineError | None) -> None:
        """Put a try into the trace."""
        if self._trace:
            facts = {"fault": str(fault)} if fault else {}
            self._trace.write(
                body,
                as_whole(received.body.decode("utf-8", "backslashreplace")),
                self._key,
                url=self.url + path,
                status=received.status,
                seconds=round(time.monotonic() - started, 3),
                **facts,
            )

    @property
    def _endpoint(self) -> Endpoint:
        return Endpoint(self.name, self.url, self._key)

    @contextlib.contextmanager
    def _client(self) -> Iterator[AsyncOpenAI]:
        """The client with the fewest requests under way.

        There are several, since at each request one looks at all of its idle connections: with 64 of them that took
        longer than the request.
        """
        pool = min(self._pools, key=lambda pool: pool.under_way, default=None)
        if pool is None or (pool.under_way >= _FULL and len(self._pools) < _MOST_POOLS):
            pool = _Pool(self._open())
            self._pools.append(pool)
        pool.under_way += 1
        try:
            yield pool.client
        finally:
            pool.under_way -= 1

    def _open(self) -> AsyncOpenAI:
        from httpx2 import create_ssl_context
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        # A proxy from the environment must never see what goes to this machine itself.
        trust_env = not is_loopback(self.url)
        self._tls = self._tls or create_ssl_context(trust_env=trust_env)
        http = DefaultAsyncHttpxClient(
            trust_env=trust_env,
            verify=self._tls,
            follow_redirects=False,
            event_hooks={"response": [self._limit]},
        )
        headers = {"Accept-Encoding": "identity"}
        client = AsyncOpenAI(
            base_url=self.url, api_key=self._key or "-", max_retries=0, http_client=http, default_headers=headers
        )
        # What the environment holds for OpenAI is not for others.
        client.organization = client.project = client.admin_api_key = None
        client._custom_headers = headers  # noqa: SLF001  # OPENAI_CUSTOM_HEADERS has no public switch
        return client

    async def _limit(self, response: Response) -> None:
        """Let no more of an answer in than is foreseen, and keep it for the trace."""
        from extractor.engines.endpoint.limited import limit

        self._has_answered = True
        received = _received.get()
        if received is not None:
            received.status = response.status_code
        limit(response, self.patience.most_bytes, received.body if received else None)

    def _give_up(self, state: RetryCallState, patience: Patience, seconds: float) -> Any:
        """The last error, which says how often it was tried."""
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, EngineUnavailable)
        if patience.tries == 1:
            raise error
        times = state.attempt_number
        tried = f"{times} tr{'y' if times == 1 else 'ies'} in {round(seconds, 1):g} s"
        is_in_time = times == patience.tries
        if error.retry_after and not is_in_time:
            tried += f"; it asks for {error.retry_after:.0f} s more"
        hint = error.hint if is_in_time else _LONGER
        raise error.reworded(f"{error} ({tried})", hint)


def _wait(state: RetryCallState) -> float:
    """Seconds until the next try: what the server asked for, or twice as long each time, with jitter."""
    from tenacity import wait_exponential_jitter

    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, EngineUnavailable) else None
    backoff = wait_exponential_jitter(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT, jitter=_FIRST_WAIT)(state)
    return backoff if asked is None else asked + backoff * 0.1


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
