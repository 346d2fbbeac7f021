"""JSON over HTTP through the `openai` client: timeouts, one layer of retries, a limit on size, and what faults mean.

The client is imported and opened at the first request: it takes most of a second, in which an embedded model
loads. Servers say anything: what is not an answer is an error, never a traceback. Redirects are not followed, so
neither key nor document goes to a host that nobody named.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import ipaddress
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from extractor.engines.trace import Trace
from extractor.errors import EngineDenied, EngineError, EngineUnavailable, ModeRejected, RequestRejected

if TYPE_CHECKING:
    from httpx2 import Response
    from openai import APIStatusError, AsyncOpenAI
    from tenacity import RetryCallState

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0  # seconds, doubled from try to try
_SHORTEST_TRY = 0.1  # seconds
_DENIED = (401, 403, 404)
_PAYMENT = 402
_REJECTED = (400, 413, 422)
_BROKEN = 500
_SPENT = frozenset(("insufficient_quota", "billing_hard_limit_reached", "quota_exceeded"))
# What servers name when they refuse a way to ask for structure.
_OF_MODES = ("response_format", "schema", "structured", "grammar", "guided", "tool", "function")

# What of an answer has been read, for the trace.
_received: ContextVar[bytearray | None] = ContextVar("received", default=None)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried, within how many seconds in all (None: twice the time of one try).

    `most_bytes` is the longest answer that is read.
    """

    tries: int = 1
    total: float | None = None
    most_bytes: int = 16 * 2**20


class Transport:
    """One endpoint. `name` is what messages call it."""

    def __init__(self, url: str, key: str, name: str, patience: Patience, trace: Trace | None = None) -> None:
        self.url = url.rstrip("/")
        self.name = name
        self.patience = patience
        self._key = key
        self._trace = trace
        self._opened: AsyncOpenAI | None = None

    async def post(self, path: str, body: Mapping[str, Any], seconds: float) -> Any:
        """The JSON of an answer; each try may take some seconds."""
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_before_delay

        patience, started = self.patience, time.monotonic()
        total = patience.total or 2 * seconds

        async def attempt() -> Any:
            left = total - (time.monotonic() - started)
            return await self._try(path, body, min(seconds, max(left, _SHORTEST_TRY)))

        tries = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, EngineUnavailable)),
            stop=stop_after_attempt(patience.tries) | stop_before_delay(total),
            wait=_wait,
            retry_error_callback=lambda state: self._give_up(state, started),
        )
        return await tries(attempt)

    async def get(self, path: str, seconds: float) -> Any:
        """The JSON of a resource; tried once."""
        return await self._try(path, None, seconds)

    async def stream(self, path: str, body: Mapping[str, Any], seconds: float) -> AsyncIterator[Any]:
        """The events of an answer as it is written; tried once, since a part of it may have been shown."""
        started, received = time.monotonic(), bytearray()
        asked = {**body, "stream": True, "stream_options": {"include_usage": True}}
        fault: EngineError | None = None
        try:
            async with asyncio.timeout(seconds):
                async for event in await self._events(path, asked, seconds, received):
                    yield event
        except Exception as error:  # noqa: BLE001
            fault = self._explain(error, seconds)
        finally:
            self._keep(path, asked, received, started, fault)
        if fault:
            raise fault

    async def _events(self, path: str, asked: Mapping[str, Any], seconds: float, received: bytearray) -> Any:
        from openai import AsyncStream

        token = _received.set(received if self._trace else None)
        options: Any = {"timeout": seconds}
        try:
            return await self._client().post(
                path, cast_to=object, body=asked, options=options, stream=True, stream_cls=AsyncStream[object]
            )
        finally:
            _received.reset(token)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    async def _try(self, path: str, body: Mapping[str, Any] | None, seconds: float) -> Any:
        """One try: the JSON of an answer that arrived as a whole in time."""
        started, received = time.monotonic(), bytearray()
        token = _received.set(received if self._trace else None)
        fault: EngineError | None = None
        try:
            async with asyncio.timeout(seconds):
                options: Any = {"timeout": seconds}
                if body is None:
                    return await self._client().get(path, cast_to=object, options=options)
                return self._no_fault(await self._client().post(path, cast_to=object, body=body, options=options))
        except Exception as error:  # noqa: BLE001  # whatever the client trips over in an answer
            fault = self._explain(error, seconds)
        finally:
            _received.reset(token)
            self._keep(path, body, received, started, fault)
        # Outside of the handler: the client's own error holds the request, and with it the key.
        raise fault

    def _keep(self, path: str, body: Any, received: bytearray, started: float, fault: EngineError | None) -> None:
        """Put a try into the trace; a full disk takes no answer away."""
        if self._trace:
            facts = {"url": self.url + path, "seconds": round(time.monotonic() - started, 3)}
            facts |= {"fault": str(fault)} if fault else {}
            with contextlib.suppress(OSError):
                self._trace.write(body, received.decode("utf-8", "backslashreplace"), self._key, **facts)

    def _client(self) -> AsyncOpenAI:
        if self._opened is None:
            from openai import AsyncOpenAI, DefaultAsyncHttpxClient

            # A proxy from the environment must never see what goes to this machine itself.
            http = DefaultAsyncHttpxClient(
                trust_env=not is_loopback(self.url),
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
            self._opened = client
        return self._opened

    async def _limit(self, response: Response) -> None:
        """Let no more of an answer in than is foreseen, and keep it for the trace."""
        from extractor.engines.limited import limit

        limit(response, self.patience.most_bytes, _received.get())

    def _give_up(self, state: RetryCallState, started: float) -> Any:
        """The last error, which says how often it was tried."""
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, EngineUnavailable)
        if self.patience.tries == 1:
            raise error
        times = state.attempt_number
        tried = f"{times} tr{'y' if times == 1 else 'ies'} in {time.monotonic() - started:.0f} s"
        if times < self.patience.tries:
            asks = f"it asks for {error.retry_after:.0f} s more, " if error.retry_after else ""
            tried += f"; {asks}raise --total-timeout to wait"
        raise EngineUnavailable(f"{error} ({tried})", hint=error.hint, retry_after=error.retry_after)

    # --- what faults mean ---

    def _explain(self, error: Exception, seconds: float) -> EngineError:
        """Whatever went wrong as the error that says what it means for the run."""
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

        cause = (error.__cause__ or error) if isinstance(error, APIConnectionError) else error
        if isinstance(cause, EngineError):
            return cause
        if isinstance(error, APITimeoutError | TimeoutError):
            hint = "raise --timeout, shorten the text, or use a smaller model"
            return EngineUnavailable(f"{self.name}: no answer within {round(seconds, 2):g} s", hint=hint)
        if isinstance(error, APIStatusError):
            return self._explain_status(error)
        if isinstance(error, APIError):  # a connection that fails, or an error told in the middle of a stream
            told = error.message if cause is error else str(cause) or type(cause).__name__
            return EngineUnavailable(self._without_key(f"{self.name}: {told}"))
        return EngineUnavailable(f"{self.name}: the answer cannot be read ({type(error).__name__})")

    def _explain_status(self, error: APIStatusError) -> EngineError:
        body = error.body if isinstance(error.body, dict) else {}
        status, code, told = error.status_code, str(body.get("code")), str(body.get("message") or error.message)
        message = self._without_key(f"{self.name}: HTTP {status}: {told}")
        if _is_too_long(body, code, told):
            return _too_long(body)
        if status in range(300, 400):
            return self._moved(error)
        if status == _PAYMENT or {code, str(body.get("type"))} & _SPENT:
            return EngineDenied(message, hint="the account behind the key has nothing left; top it up")
        if status in _DENIED:
            return EngineDenied(message, hint="check the key, the model's name and the URL")
        if status in _REJECTED:
            about_mode = any(word in told.lower() for word in _OF_MODES)
            parameter = body.get("param")
            kind = ModeRejected if about_mode else RequestRejected
            rejected = kind(message, hint="--mode prompt asks for nothing special" if about_mode else None)
            rejected.parameter = parameter if isinstance(parameter, str) and code.startswith("unsupported") else None
            return rejected
        # vLLM has no other word for a schema that its backend cannot compile.
        why = "its log says why; if it is the schema, --mode prompt asks for nothing special"
        hint = why if status == _BROKEN else None
        return EngineUnavailable(message, hint=hint, retry_after=_asked_wait(error.response.headers))

    def _no_fault(self, answer: Any) -> Any:
        """An answer; some gateways send what went wrong behind them with the status of success."""
        fault = answer.get("error") if isinstance(answer, dict) else None
        if fault:
            told = fault.get("message") if isinstance(fault, dict) else fault
            raise EngineUnavailable(self._without_key(f"{self.name}: {told}"))
        return answer

    def _moved(self, error: APIStatusError) -> EngineDenied:
        target = urljoin(str(error.response.url), error.response.headers.get("location", ""))
        parts = urlsplit(target)
        where = f"{parts.scheme}://{parts.netloc}{parts.path}"
        hint = "redirects are not followed, since key and text would go there; name that address if you trust it"
        return EngineDenied(self._without_key(f"{self.name}: HTTP {error.status_code}: moved to {where}"), hint=hint)

    def _without_key(self, text: str) -> str:
        """Some servers repeat the key that they refuse."""
        return text.replace(self._key, "…") if self._key else text


def _wait(state: RetryCallState) -> float:
    """Seconds until the next try: what the server asked for, or twice as long each time, with jitter."""
    from tenacity import wait_exponential_jitter

    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, EngineUnavailable) else None
    backoff = wait_exponential_jitter(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT, jitter=_FIRST_WAIT)(state)
    return backoff if asked is None else asked + backoff * 0.1


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for (RFC 9110: seconds or a date; retry-after-ms of OpenAI and Azure)."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        asked = headers.get("retry-after", "")
        if not asked or asked.strip().replace(".", "", 1).isdigit():
            return float(asked) if asked else None
        return max(0.0, email.utils.parsedate_to_datetime(asked).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _is_too_long(body: Mapping[str, Any], code: str, told: str) -> bool:
    return (
        body.get("type") == "exceed_context_size_error"  # llama.cpp
        or code == "context_length_exceeded"  # OpenAI
        or "maximum context length" in told  # vLLM
    )


def _too_long(body: Mapping[str, Any]) -> RequestRejected:
    asked, room = body.get("n_prompt_tokens"), body.get("n_ctx")
    hint = "split the text, shorten the schema, or use a model with a longer context"
    if isinstance(asked, int) and isinstance(room, int):
        over = f"{asked:,} tokens of text, instruction and schema, {asked - room:,} more than the context of {room:,}"
        return RequestRejected(f"prompt too long: {over}", hint=hint)
    told = f": {json.dumps(body['message'])}" if isinstance(body.get("message"), str) else ""
    return RequestRejected(f"prompt too long for the context of the model{told}", hint=hint)


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
