"""What the faults of an endpoint mean for the run: from whatever a client trips over to one of our errors.

Servers say what is wrong in many ways: the error of OpenAI's API, other JSON, plain text, a page of HTML.
"""

from __future__ import annotations

import contextlib
import email.utils
import html
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from extractor.answer import well_formed
from extractor.engines.endpoint.wire import STRUCTURES
from extractor.engines.keys import hide
from extractor.errors import (
    EngineDenied,
    EngineError,
    EngineUnavailable,
    ModeRejected,
    PromptTooLong,
    RequestRejected,
)

if TYPE_CHECKING:
    from openai import APIStatusError

NO_SUCH_PATH = (404, 405)
NO_ANSWER = 200  # the status of what is no answer, and no error that a server tells
_DENIED = (401, 403, 404, 405, 410)
_WITH_KEY = "check the key, the model's name and the URL"
_WITHOUT_KEY = (
    "no key was sent: EXTRACT_API_KEY and --key-file are for any endpoint, OPENAI_API_KEY for OpenAI and the host of "
    "OPENAI_BASE_URL alone; or check the model's name and the URL"
)
WAY_OUT = "--mode prompt asks for nothing special"
_PAYMENT = 402
_REJECTED = (400, 413, 422)
_SPENT = frozenset(("insufficient_quota", "billing_hard_limit_reached", "quota_exceeded"))
# What servers name when they refuse a way to ask for structure.
_OF_MODES = ("response_format", "schema", "structured", "grammar", "guided", "tool", "function")
# Gateways hand the words of the model's own server on, and leave out its fields `param` and `code`.
_PARAMETER = re.compile(
    r"(?i)\b(?:unsupported|unrecognized|unknown) [\w ]*: ['\"`]?(\w+)|(\w+)['\"`]? is not supported"
)
_NOT_SHOWN = re.compile(r"(?is)<(head|script|style)\b.*?</\1>|<[^>]*>")
_TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title>")
_MOST_TOKENS = 1 << 53  # of a prompt, as far as one can be told
_READ, _SHOWN = 10_000, 300  # characters of a body, and of what it says


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who is at fault: what messages call it, and the key that no message may show."""

    name: str
    url: str
    key: str

    def explain(self, error: Exception, seconds: float, sent: Mapping[str, Any] | None = None) -> EngineError:
        """Whatever went wrong with what was sent as the error that says what it means, in a try of some seconds."""
        from httpx2 import ConnectError
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

        cause = (error.__cause__ or error) if isinstance(error, APIConnectionError) else error
        if isinstance(cause, EngineError):
            return cause
        if isinstance(error, APITimeoutError | TimeoutError):
            hint = "raise --timeout, shorten the text, or use a smaller model"
            return EngineUnavailable.late(self.name, seconds, hint=hint)
        if isinstance(error, APIStatusError):
            return self._of_status(error, sent or {})
        if isinstance(cause, ConnectError):
            return self._unreachable(cause)
        if isinstance(error, APIError):  # a connection that breaks, or an error told in the middle of a stream
            told = error.message if cause is error else str(cause) or f"the connection broke ({type(cause).__name__})"
            return EngineUnavailable(self.shown(f"{self.name}: {told}"))
        return EngineUnavailable(f"{self.name}: the answer cannot be read ({type(error).__name__})", status=NO_ANSWER)

    def no_fault(self, answer: Any) -> Any:
        """An answer; some gateways send what went wrong behind them with the status of success."""
        fault = answer.get("error") if isinstance(answer, dict) else None
        if fault:
            raise EngineUnavailable(f"{self.name}: {self._told(fault)}")
        return answer

    def _told(self, body: Any) -> str:
        """What a body says, in a line of some length."""
        told = " ".join(self.shown(_words(body)).split())
        return told if len(told) <= _SHOWN else f"{told[:_SHOWN].rstrip()} …"

    def shown(self, text: str) -> str:
        """A text as it can be shown: some servers repeat the key that they refuse, or send half of a surrogate pair."""
        return hide(well_formed(text), self.key)

    def _of_status(self, error: APIStatusError, sent: Mapping[str, Any]) -> EngineError:
        body = error.body if isinstance(error.body, dict) else {}
        status, code, told = error.status_code, str(body.get("code")), self._told(error.body)
        message = f"{self.name}: HTTP {status}{f': {told}' if told else ''}"
        if _is_too_long(body, code, told):
            return _too_long(body, status)
        if status in range(300, 400):
            return self._moved(error)
        if status == _PAYMENT or {code, str(body.get("type"))} & _SPENT:
            hint = "the account behind the key has nothing left; top it up"
            return EngineDenied(message, hint=hint, status=status)
        if status in _DENIED:
            return EngineDenied(message, hint=_WITH_KEY if self.key else _WITHOUT_KEY, status=status)
        if status in _REJECTED:
            is_of_mode = sent.keys() & STRUCTURES and any(word in told.lower() for word in _OF_MODES)
            kind = ModeRejected if is_of_mode else RequestRejected
            return kind(
                message, hint=WAY_OUT if is_of_mode else None, status=status, parameter=_parameter(body, code, told)
            )
        return EngineUnavailable(message, status=status, retry_after=_asked_wait(error.response.headers))

    def _unreachable(self, cause: Exception) -> EngineUnavailable:
        what = f"{self.name}: no connection to {self.url} ({cause})"
        hint = "is the server running? check the URL"
        return EngineUnavailable(self.shown(what), hint=hint, is_unreachable=True)

    def _moved(self, error: APIStatusError) -> EngineDenied:
        try:
            parts = urlsplit(urljoin(str(error.response.url), error.response.headers.get("location", "")))
            where = f"{parts.scheme}://{parts.netloc}{parts.path}"
        except ValueError:  # half of a bracket
            where = "what is no URL"
        hint = "redirects are not followed, since key and text would go there; name that address if you trust it"
        told = self.shown(f"{self.name}: HTTP {error.status_code}: moved to {where}")
        return EngineDenied(told, hint=hint, status=error.status_code)


def _words(body: Any) -> str:
    """What a body says: {'message': 'No.'} → 'No.'; '<title>502</title><p>Bad gateway' → 'Bad gateway'."""
    if isinstance(body, dict):
        body = next((body[name] for name in ("message", "detail", "error") if body.get(name)), body)
    if body and not isinstance(body, str):
        with contextlib.suppress(RecursionError):
            return json.dumps(body, ensure_ascii=False)
    if not isinstance(body, str):
        return ""
    body = body[:_READ]
    titles = " ".join(_TITLE.findall(body))
    return html.unescape(_NOT_SHOWN.sub(" ", body)).strip() or html.unescape(titles)


def _parameter(body: Mapping[str, Any], code: str, told: str) -> str | None:
    """The parameter that a model does not take; None where another value of it may do."""
    named = body.get("param")
    if isinstance(named, str):
        return named if code.startswith("unsupported") else None
    found = _PARAMETER.search(told)
    return found[1] or found[2] if found else None


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


def _too_long(body: Mapping[str, Any], status: int) -> PromptTooLong:
    asked, room = body.get("n_prompt_tokens"), body.get("n_ctx")
    if isinstance(asked, int) and isinstance(room, int) and 0 < room <= asked < _MOST_TOKENS:
        over = f"{asked:,} tokens of text, instruction and schema, {asked - room:,} more than the context of {room:,}"
        return PromptTooLong(f"prompt too long: {over}", status=status)
    told = f": {json.dumps(body['message'])}" if isinstance(body.get("message"), str) else ""
    return PromptTooLong(f"prompt too long for the context of the model{told}", status=status)
