"""An endpoint of which nobody knows what it honours: each way to ask for structure is proven by an answer.

A server that does not know a parameter ignores it, or answers 400. So before the first document a tiny request goes out
for each mode, strongest first, whose schema admits one answer that no model gives by itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from extractor.engines.chat import ChatEngine
from extractor.engines.transport import is_loopback
from extractor.engines.wire import IN_TEXT, Server
from extractor.errors import EngineDenied, EngineUnavailable, ExtractError, RequestRejected, UsageError
from extractor.grammar import compile_schema
from extractor.schema import load_json
from extractor.types import Completion, Message, Mode, OnText, Request, Schema

ANSWER = "k7-violet-31"
_PROOF: Schema = load_json(
    {
        "type": "object",
        "properties": {"code": {"enum": [ANSWER]}},
        "required": ["code"],
        "additionalProperties": False,
    },
    "proof",
)
_QUESTION = (Message("user", "Reply with the word hello."),)
_PROOF_TOKENS = 1_000  # a reasoning model thinks even about this
_PROOF_SECONDS = 120.0
_LOOK_SECONDS = 15.0

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

    `on_note` gets what people should know: a mode that is ignored or rejected.
    """

    modes: tuple[Mode, ...] = ("grammar", "json_schema", "tools", "prompt")

    def __init__(
        self, chat: ChatEngine, *, server: Server | None = None, on_note: Callable[[str], None] = print
    ) -> None:
        self.url = chat.url
        self.chat = chat
        self.findings: dict[Mode, str] = {}  # '' where a mode is honoured, else why it is not
        self._server = server
        self._note = on_note
        self._looking = asyncio.Lock()
        self._proving = asyncio.Lock()
        self._is_proven = False

    @property
    def id(self) -> str:
        """Endpoint and model; the model's name is there once it is known."""
        return f"{self.chat.id}{self.chat.model}" if self.chat.id.endswith("#") else self.chat.id

    @property
    def is_loopback(self) -> bool:
        """Whether it runs on this machine."""
        return is_loopback(self.url)

    async def generate(self, request: Request) -> Completion:
        """Ask the endpoint."""
        await self.look()
        return await self.chat.generate(request)

    async def stream(self, request: Request, on_text: OnText) -> Completion:
        """Ask the endpoint, and show the text on the way."""
        await self.look()
        return await self.chat.stream(request, on_text)

    async def aclose(self) -> None:
        """Close the connections."""
        await self.chat.aclose()

    # --- what it honours ---

    async def honoured(self) -> tuple[Mode, ...]:
        """The modes that it was seen to honour, strongest first; asks once."""
        async with self._proving:
            if not self._is_proven:
                await self._prove_until_one_holds()
                self._is_proven = True
        return tuple(mode for mode in _OFFERED[self.chat.server] if not self.findings.get(mode))

    def disown(self, mode: Mode, why: str) -> None:
        """A mode that failed on a real request is not used again."""
        if mode != "prompt" and not self.findings.get(mode):
            self.findings[mode] = why
            self._note(f"{self.id}: mode {mode} {why}; going on without it")

    async def look(self) -> Server:
        """Which server it is, and which model where none was named."""
        async with self._looking:
            if self._server is None or not self.chat.model:
                listed = await self._listed()
                self._server = self._server or _server_of(listed)
                self.chat.model = self.chat.model or self._only(listed)
            self.chat.server = self._server
        return self._server

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

    async def prove(self, mode: Mode) -> str:
        """'' where the endpoint honours a mode, else why it is not used."""
        try:
            if mode == "grammar" and self.chat.server == "llama.cpp":
                return await self._prove_llguidance() or await self._prove_by_answer(mode)
            return await self._prove_by_answer(mode)
        except RequestRejected as error:
            return f"is rejected ({error})"

    async def _prove_until_one_holds(self) -> None:
        await self.look()
        for mode in _OFFERED[self.chat.server]:
            if mode == "prompt":
                return
            why = await self.prove(mode)
            if not why:
                self.findings[mode] = ""
                return
            self.disown(mode, why)

    async def _prove_by_answer(self, mode: Mode) -> str:
        completion = await self.chat.generate(proof(mode))
        if mode == "tools":
            return "is ignored" if IN_TEXT in completion.notes or not _has_code(completion.text, None) else ""
        return "" if _has_code(completion.text, ANSWER) else "is ignored"

    async def _prove_llguidance(self) -> str:
        """llama.cpp without llguidance ends itself at the sight of its grammars, so this asks another way first."""
        root = self.url.removesuffix("/v1")
        body = {"prompt": "The price is ", "json_schema": _NARROW, "n_predict": 12, "temperature": 0}
        answer = await self.chat.transport.post(f"{root}/completion", body, _PROOF_SECONDS)
        text = answer.get("content", "") if isinstance(answer, dict) else ""
        return "" if str(text).strip().startswith("7000.") else "needs llama.cpp with llguidance, this one has none"

    async def _listed(self) -> list[dict[str, Any]]:
        """The models that the endpoint names; none where it has no such list."""
        try:
            answer = await self.chat.transport.get("/models", _LOOK_SECONDS)
        except EngineDenied as error:
            if ": HTTP 404: " in str(error):
                return []
            raise
        data = answer.get("data") if isinstance(answer, dict) else None
        if data is None:
            raise EngineUnavailable(f"{self.id}: what came back is not an answer of a chat API")
        return [entry for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []

    def _only(self, listed: list[dict[str, Any]]) -> str:
        names = [str(entry.get("id")) for entry in listed]
        if len(names) == 1:
            return names[0]
        several = f"it has {', '.join(names[:8])}" if names else "it does not say which it has"
        raise UsageError(f"{self.url}: no model named, and {several}", hint=f"--model {self.url}#NAME")


def proof(mode: Mode) -> Request:
    """The request whose answer shows whether a mode is honoured."""
    grammar = compile_schema(_PROOF)
    return Request(
        _QUESTION,
        mode,
        grammar.text if mode == "grammar" else None,
        grammar.json_schema if mode == "grammar" else _PROOF.json_schema,
        name="proof",
        max_tokens=_PROOF_TOKENS,
        timeout=_PROOF_SECONDS,
    )


def _server_of(listed: list[dict[str, Any]]) -> Server:
    """By the owner that a server puts into its list of models."""
    owners = [str(entry.get("owned_by")) for entry in listed]
    return next((_OWNERS[owner] for owner in owners if owner in _OWNERS), "other")


def _has_code(text: str, expected: str | None) -> bool:
    """Whether an answer is the record of the proof; None takes any code."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and "code" in data and expected in (None, data["code"])
