"""Any server that speaks the OpenAI chat API, through the `openai` client.

The client is imported and opened at the first request: it takes most of a second, in which an embedded model
loads.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from extractor.errors import EngineDenied, EngineError, EngineUnavailable, RequestRejected
from extractor.types import Completion, FinishReason, Message, Mode, Request, Usage

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI
    from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

_FINISH: dict[str | None, FinishReason] = {"stop": "stop", "length": "length", "content_filter": "refusal"}


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
        answer = await self._ask(request)
        if not answer.choices:
            raise EngineUnavailable(f"{self.id} answered without choices")
        choice = answer.choices[0]
        refusal = getattr(choice.message, "refusal", None)
        return Completion(
            text=refusal or choice.message.content or "",
            finish_reason="refusal" if refusal else _FINISH.get(choice.finish_reason, "other"),
            usage=_usage(answer),
        )

    async def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """Tokens of a chat with its template, by llama.cpp's own counter."""
        body = {"messages": [_turn(message) for message in messages]}
        answer: Any = await self._client().post("/chat/completions/input_tokens", cast_to=object, body=body)
        return int(answer["input_tokens"])

    async def aclose(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    async def _ask(self, request: Request) -> ChatCompletion:
        from openai import APIConnectionError, APIResponseValidationError, APIStatusError, APITimeoutError, omit

        try:
            return await self._client().chat.completions.create(
                model=self._model,
                messages=[_turn(message) for message in request.messages],
                max_tokens=request.max_tokens,
                temperature=request.temperature,
                seed=omit if request.seed is None else request.seed,
                extra_body=None if request.grammar is None else {"grammar": request.grammar},
                timeout=request.timeout,
            )
        except APITimeoutError as error:
            hint = "raise --timeout, shorten the text, or use a smaller model"
            raise EngineUnavailable(f"{self.id}: no answer within {request.timeout:g} s", hint=hint) from error
        except APIConnectionError as error:
            raise EngineUnavailable(f"{self.id}: {error.__cause__ or error}") from error
        except APIStatusError as error:
            raise _explain(self.id, error) from error
        except APIResponseValidationError as error:
            raise EngineUnavailable(f"{self.id}: not an answer of a chat API") from error

    def _client(self) -> AsyncOpenAI:
        if self._opened is None:
            from openai import AsyncOpenAI, DefaultAsyncHttpxClient

            # A proxy from the environment must never see what goes to this machine itself.
            http = DefaultAsyncHttpxClient(trust_env=not _is_loopback(self.url))
            self._opened = AsyncOpenAI(base_url=self.url, api_key=self._key, max_retries=0, http_client=http)
        return self._opened


def _turn(message: Message) -> ChatCompletionMessageParam:
    return cast("ChatCompletionMessageParam", {"role": message.role, "content": message.content})


def _usage(answer: ChatCompletion) -> Usage:
    if answer.usage is None:
        return Usage()
    details = answer.usage.prompt_tokens_details
    cached = (details.cached_tokens or 0) if details else 0
    return Usage(answer.usage.prompt_tokens, cached, answer.usage.completion_tokens)


def _explain(engine: str, error: APIStatusError) -> EngineError:
    """An HTTP error status as the error that says what it means for the run."""
    body = error.body if isinstance(error.body, dict) else {}
    if body.get("type") == "exceed_context_size_error":
        return _too_long(body)
    message = f"{engine}: HTTP {error.status_code}: {body.get('message') or error.message}"
    if error.status_code in (401, 403, 404):
        return EngineDenied(message, hint="check the key, the model's name and the URL")
    if error.status_code in (400, 413, 422):
        return RequestRejected(message)
    return EngineUnavailable(message)


def _too_long(body: dict[str, Any]) -> RequestRejected:
    asked, room = int(body["n_prompt_tokens"]), int(body["n_ctx"])
    return RequestRejected(
        f"text too long: {asked:,} tokens with the instruction, {asked - room:,} more than the context of {room:,}",
        hint="split the text, or use a model with a longer context",
    )


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
