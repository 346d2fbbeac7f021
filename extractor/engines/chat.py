"""Any server that speaks the OpenAI chat API, through the `openai` client.

The client is imported and opened at the first request: it takes most of a second, in which an embedded model
loads. Servers say anything: an answer is read as plain JSON, and what is not an answer is an error, never a
traceback.
"""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from extractor.errors import EngineDenied, EngineError, EngineUnavailable, RequestRejected
from extractor.types import Completion, FinishReason, Message, Mode, Request, Usage

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

_FINISH: dict[str, FinishReason] = {"stop": "stop", "length": "length", "content_filter": "refusal"}
_COUNT_SECONDS = 60.0


class ChatEngine:
    """One model of one endpoint. Retries are the caller's; the client's own are off."""

    def __init__(
        self, url: str, key: str, model: str, modes: tuple[Mode, ...] = ("grammar",), *, name: str = ""
    ) -> None:
        self.url = url
        self.id = name or f"chat:{model}"
        self.modes = modes
        self._key = key
        self._model = model
        self._opened: AsyncOpenAI | None = None

    async def generate(self, request: Request) -> Completion:
        """One chat completion; `request.grammar` goes out as llama.cpp's `grammar` parameter."""
        body = {
            "model": self._model,
            "messages": [_turn(message) for message in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "grammar": request.grammar,
        }
        answer = await self._post("/chat/completions", body, request.timeout)
        try:
            return _read(answer)
        except (LookupError, TypeError, AttributeError):
            raise EngineUnavailable(f"{self.id}: what came back is not an answer of a chat API") from None

    async def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """Tokens of a chat with its template, by llama.cpp's own counter."""
        body = {"messages": [_turn(message) for message in messages]}
        answer = await self._post("/chat/completions/input_tokens", body, _COUNT_SECONDS)
        count = answer.get("input_tokens") if isinstance(answer, dict) else None
        if not isinstance(count, int):
            raise EngineUnavailable(f"{self.id}: the server does not count tokens")
        return count

    async def aclose(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    async def _post(self, path: str, body: dict[str, Any], seconds: float) -> Any:
        """The JSON of an answer that arrived as a whole within some seconds."""
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        filled = {name: value for name, value in body.items() if value is not None}
        try:
            async with asyncio.timeout(seconds):
                return await self._client().post(path, cast_to=object, body=filled, options={"timeout": seconds})
        # `from None`: the client's own error holds the request, and with it the key.
        except (APITimeoutError, TimeoutError):
            hint = "raise --timeout, shorten the text, or use a smaller model"
            raise EngineUnavailable(f"{self.id}: no answer within {seconds:g} s", hint=hint) from None
        except APIStatusError as error:
            raise self._explain(error) from None
        except APIConnectionError as error:
            cause = error.__cause__ or error
            what = self._without_key(f"{self.id}: {str(cause) or type(cause).__name__}")
            raise EngineUnavailable(what) from None
        except Exception as error:  # noqa: BLE001  # whatever the client trips over in an answer
            what = f"{self.id}: the answer cannot be read ({type(error).__name__})"
            raise EngineUnavailable(what) from None

    def _client(self) -> AsyncOpenAI:
        if self._opened is None:
            from openai import AsyncOpenAI, DefaultAsyncHttpxClient

            # A proxy from the environment must never see what goes to this machine itself.
            http = DefaultAsyncHttpxClient(trust_env=not _is_loopback(self.url))
            client = AsyncOpenAI(base_url=self.url, api_key=self._key, max_retries=0, http_client=http)
            # What the environment holds for OpenAI is not for others.
            client.organization = client.project = client.admin_api_key = None
            client._custom_headers = {}  # noqa: SLF001  # OPENAI_CUSTOM_HEADERS has no public switch
            self._opened = client
        return self._opened

    def _explain(self, error: APIStatusError) -> EngineError:
        """An HTTP error status as the error that says what it means for the run."""
        body = error.body if isinstance(error.body, dict) else {}
        if body.get("type") == "exceed_context_size_error":
            return _too_long(body)
        message = self._without_key(f"{self.id}: HTTP {error.status_code}: {body.get('message') or error.message}")
        if error.status_code in (401, 403, 404):
            return EngineDenied(message, hint="check the key, the model's name and the URL")
        if error.status_code in (400, 413, 422):
            return RequestRejected(message)
        return EngineUnavailable(message)

    def _without_key(self, text: str) -> str:
        """Some servers repeat the key that they refuse."""
        return text.replace(self._key, "…") if self._key else text


def _turn(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.content}


def _read(answer: Any) -> Completion:
    """The completion in an answer's JSON; LookupError, TypeError or AttributeError where there is none."""
    choice = answer["choices"][0]
    refusal, content = choice["message"].get("refusal"), choice["message"].get("content")
    text = refusal or content or ""
    if not isinstance(text, str):
        raise TypeError
    reason = choice.get("finish_reason")
    finish = _FINISH.get(reason, "other") if isinstance(reason, str) else "other"
    return Completion(text, "refusal" if refusal else finish, _usage(answer.get("usage")))


def _usage(usage: Any) -> Usage:
    """Counts that a server left out, or invented a type for, are 0."""
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    counts = (usage.get("prompt_tokens"), cached, usage.get("completion_tokens"))
    return Usage(*(count if isinstance(count, int) else 0 for count in counts))


def _too_long(body: dict[str, Any]) -> RequestRejected:
    asked, room = body.get("n_prompt_tokens"), body.get("n_ctx")
    hint = "split the text, shorten the schema, or use a model with a longer context"
    if not (isinstance(asked, int) and isinstance(room, int)):
        return RequestRejected("prompt too long for the context of the model", hint=hint)
    over = f"{asked:,} tokens of text, instruction and schema, {asked - room:,} more than the context of {room:,}"
    return RequestRejected(f"prompt too long: {over}", hint=hint)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
