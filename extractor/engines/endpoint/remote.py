"""An endpoint of which nobody knows what it honours: each way to ask for structure is proven by an answer.

A server that does not know a parameter ignores it, or answers 400, or even 500. So before the first document a tiny
request goes out for each mode, strongest first, whose schema admits one answer that no model gives by itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from extractor.engines.endpoint.chat import ChatEngine
from extractor.engines.endpoint.faults import NO_ANSWER, NO_SUCH_PATH, WAY_OUT
from extractor.engines.endpoint.once import Once
from extractor.engines.endpoint.proof import PROOF_SECONDS, proof_of, prove_by_answer
from extractor.engines.endpoint.transport import Patience, is_loopback
from extractor.engines.endpoint.wire import Server, usage_of_text
from extractor.engines.kept import Kept
from extractor.errors import EngineError, EngineUnavailable, ExtractError, ModeRejected, RequestRejected, UsageError
from extractor.types import (
    Admitted,
    Completion,
    Continuation,
    Likely,
    Message,
    Mode,
    OnText,
    Request,
)

_LOOK_SECONDS = 15.0
_PLAIN_TOKENS = 16

_FAILS = (500, 501)  # what some servers answer to a parameter that they do not know
_NO_LIST = (*NO_SUCH_PATH, *_FAILS, NO_ANSWER, 400, 401, 403, 422)

# A number that only llguidance holds to its bounds: llama.cpp's own grammars drop those of a fraction.
_NARROW = {"type": "number", "minimum": 7000.5, "maximum": 7000.75}

_OWNERS: dict[str, Server] = {"llamacpp": "llama.cpp", "vllm": "vllm"}
_OFFERED: dict[Server, tuple[Mode, ...]] = {
    "llama.cpp": ("grammar", "json_schema", "tools", "prompt"),
    "vllm": ("grammar", "json_schema", "tools", "prompt"),
    "openai": ("json_schema", "tools", "prompt"),
    "other": ("json_schema", "tools", "prompt"),
}


class RemoteEngine:
    """One model of one endpoint, and the modes that it was seen to honour.

    `on_note` gets what people should know: a mode that is ignored or rejected. `seconds` bound one try of what is asked
    about the endpoint.
    """

    modes: tuple[Mode, ...] = ("grammar", "json_schema", "tools", "prompt")

    def __init__(
        self,
        chat: ChatEngine,
        *,
        seconds: float | None = None,
        on_note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.url = chat.url
        self.chat = chat
        self.memory = Kept()  # for this process: nobody tells whether a server has the same weights later
        self.findings: dict[Mode, str] = {}  # '' where a mode is honoured, else why it is not
        self._seconds = seconds or PROOF_SECONDS
        self._note = on_note
        self._looked = Once(self._look)
        self._proven = Once(self._prove_until_one_holds)

    @property
    def id(self) -> str:
        """Endpoint and model; the model's name is there once it is known."""
        return self.chat.id

    @property
    def identity(self) -> str:
        """What the endpoint calls its model, wherever it is; the endpoint where no model is named."""
        return self.chat.model or self.id

    @property
    def is_loopback(self) -> bool:
        """Whether it runs on this machine."""
        return is_loopback(self.url)

    async def generate(self, request: Request) -> Completion:
        """Ask the endpoint."""
        await self.look()
        return await self._unless_of_mode(request, self.chat.generate(request))

    async def stream(self, request: Request, on_text: OnText) -> Completion:
        """Ask the endpoint, and show the text on the way."""
        await self.look()
        return await self._unless_of_mode(request, self.chat.stream(request, on_text))

    async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float] | None:
        """As those of the chat engine."""
        await self.look()
        return await self.chat.likelihoods(messages, texts)

    async def likeliest(
        self, messages: Sequence[Message], admitted: Admitted, ends: str, count: int
    ) -> list[Likely] | None:
        """As those of the chat engine."""
        await self.look()
        return await self.chat.likeliest(messages, admitted, ends, count)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._proven.aclose()
        await self._looked.aclose()
        await self.chat.aclose()

    # --- what it honours ---

    @property
    def candidates(self) -> tuple[Mode, ...]:
        """The modes that may be tried, strongest first, as far as that is known before it was asked."""
        return self.modes if self.chat.server is None else _OFFERED[self.chat.server]

    async def honoured(self) -> tuple[Mode, ...]:
        """The modes that it was seen to honour, strongest first; one is proven, and prompt needs no proof."""
        await self._proven()
        return tuple(mode for mode in self.candidates if mode == "prompt" or self.findings.get(mode) == "")

    def disown(self, mode: Mode, why: str) -> None:
        """A mode that failed on a real request is not used again; the next one has to be proven in its turn."""
        if mode != "prompt" and not self.findings.get(mode):
            self._leave(mode, why)
            self._proven = Once(self._prove_until_one_holds)

    def _leave(self, mode: Mode, why: str) -> None:
        self.findings[mode] = self._unnamed(why)
        self._note(f"{self.id}: mode {mode} {self.findings[mode]}; going on without it")

    def _unnamed(self, why: str) -> str:
        """What an error says, without the name that stands before it already."""
        return why.replace(f"{self.id}: ", "")

    async def look(self) -> Server:
        """Which server it is, and which model where none was named."""
        return await self._looked()

    async def _look(self) -> Server:
        server = self.chat.server
        if server is None or not self.chat.model:
            listed = await self._listed()
            server = server or _server_of(listed)
            if not self.chat.model:
                self.chat.name_model(self._only(listed))
        self.chat.server = server
        return server

    async def context(self) -> int | None:
        """Tokens of context, where the server tells: llama.cpp, vLLM."""
        try:
            listed = await self._listed()
        except ExtractError:
            return None
        for entry in listed:
            meta = entry.get("meta")
            found = entry.get("max_model_len") or (meta.get("n_ctx") if isinstance(meta, dict) else None)
            if isinstance(found, int):
                return found
        return None

    async def prove(self, mode: Mode, seconds: float | None = None) -> str:
        """'' where the endpoint honours a mode, else why it is not used."""
        seconds = seconds or self._seconds
        try:
            if mode == "grammar" and self.chat.server == "llama.cpp":
                return await self._prove_llguidance() or await prove_by_answer(self._ask, mode, seconds)
            return await prove_by_answer(self._ask, mode, seconds)
        except RequestRejected as error:
            return self._unnamed(f"is rejected ({error})")

    async def _prove_until_one_holds(self) -> None:
        await self.look()
        for mode in self.candidates:
            if mode == "prompt":
                return
            if mode in self.findings:
                continue
            why = await self.prove(mode)
            if not why:
                self.findings[mode] = ""
                return
            self._leave(mode, why)

    async def _ask(self, request: Request) -> Completion:
        """The answer to a question about the endpoint, counted as those about documents are."""
        async with self.chat.account.hold(request) as allowed:
            completion = await self._unless_of_mode(allowed, self.chat.generate(allowed, self._patience))
            return self.chat.account.count(allowed, completion)

    async def _prove_llguidance(self) -> str:
        """llama.cpp without llguidance ends itself at the sight of its grammars, so this asks another way first."""
        root = self.url.removesuffix("/v1")
        body = {"prompt": "The price is ", "json_schema": _NARROW, "n_predict": 12, "temperature": 0}
        async with self.chat.account.hold(Request((), max_tokens=12)):
            answer = await self.chat.transport.post(f"{root}/completion", body, self._seconds, self._patience)
            self.chat.account.add(usage_of_text(answer))
        text = answer.get("content") if isinstance(answer, dict) else None
        is_held = isinstance(text, str) and text.strip().startswith("7000.")
        return "" if is_held else "needs llama.cpp with llguidance, this one has none"

    async def _unless_of_mode(self, request: Request, answer: Awaitable[Completion]) -> Completion:
        """An answer; `ModeRejected` where a server fails (500, 501) at the mode, and not at a plain request."""
        try:
            return await answer
        except EngineUnavailable as error:
            if request.mode == "prompt" or error.status not in _FAILS or not await self._answers(request):
                raise
            raise ModeRejected(f"{error}; a plain request works", hint=WAY_OUT) from None

    async def _answers(self, request: Request) -> bool:
        """Whether a plain request works."""
        plain = replace(proof_of("prompt", self._seconds), max_tokens=min(_PLAIN_TOKENS, request.max_tokens))
        try:
            completion = await self.chat.generate(plain, replace(self.chat.transport.patience, tries=1))
        except EngineError:
            return False
        self.chat.account.count(plain, completion)
        return True

    @property
    def _patience(self) -> Patience:
        """That of questions about the endpoint: short with what fails for good, and where nobody answered before."""
        usual, has_failed = self.chat.transport.patience, self._proven.has_failed or self._looked.has_failed
        return replace(usual, twice=_FAILS, tries=1 if has_failed else usual.tries)

    async def _listed(self) -> list[dict[str, Any]]:
        """The models that the endpoint names; none where it has no such list, or shows it to nobody."""
        seconds = min(self._seconds, _LOOK_SECONDS)
        total = self._patience.total or min(_LOOK_SECONDS, 2 * seconds)
        patience = replace(self._patience, total=total, twice=_NO_LIST)
        try:
            answer = await self.chat.transport.get("/models", seconds, patience)
        except EngineError as error:
            is_named = bool(self.chat.model)  # then the first request says what is wrong with a key, say
            if error.status in (_NO_LIST if is_named else NO_SUCH_PATH):
                return []
            raise
        data = answer.get("data") if isinstance(answer, dict) else None
        if data is None and not self.chat.model:
            raise EngineUnavailable(f"{self.id}: what came back is not an answer of a chat API")
        return [entry for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []

    def _only(self, listed: list[dict[str, Any]]) -> str:
        names = [str(entry.get("id")) for entry in listed]
        if len(names) == 1:
            return names[0]
        several = f"it has {', '.join(names[:8])}" if names else "it does not say which it has"
        raise UsageError(f"{self.url}: no model named, and {several}", hint=f"--model {self.url}#NAME")


def _server_of(listed: list[dict[str, Any]]) -> Server:
    """By the owner that a server puts into its list of models."""
    owners = [str(entry.get("owned_by")) for entry in listed]
    return next((_OWNERS[owner] for owner in owners if owner in _OWNERS), "other")
