"""What goes over the wire of the OpenAI chat API, and what comes back: requests to JSON bodies, answers to completions.

Pure functions. How a schema is asked for differs by mode; for grammars also by server, since no standard has them. The
older API for models that only continue a text differs little: the chat goes out as one text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Literal

from extractor.answer import apart
from extractor.prompt import NEXT_INPUT, as_text
from extractor.types import Completion, FinishReason, Message, Request, Token, Usage

Server = Literal["llama.cpp", "vllm", "openai", "other"]

_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "tool_calls": "stop",
    "function_call": "stop",
    "length": "length",
    "repetition": "repetition",
    "content_filter": "content_filter",
}
_MOST_TOKENS = 1 << 53  # up to there each whole number is one of JSON's everywhere
_FAINTEST = -10_000.0  # the logarithm of a probability: none that is told is less
IN_TEXT = "the model answered in text instead of calling the tool"
CHAT, COMPLETIONS = "/chat/completions", "/completions"
OF_COMPLETIONS = frozenset(("grammar", "prompt"))  # the modes that a text alone can be asked in

# An answer that is sent as it is written, with its usage at the end.
STREAMED: Mapping[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}

# The parameters of the modes; a body without one of them asks for no structure.
STRUCTURES = frozenset(("grammar", "structured_outputs", "response_format", "tools"))

# What trips over an answer that has no completion, or is too deep, or too large, to be read.
UNREADABLE = (LookupError, TypeError, AttributeError, ValueError, OverflowError, RecursionError)

OLD_LIMIT, NEW_LIMIT = LIMITS = ("max_tokens", "max_completion_tokens")  # two names of one parameter


def body_of(request: Request, model: str, server: Server) -> dict[str, Any]:
    """The JSON body of a chat completion; parameters that the request leaves open are not in it."""
    chat = {"messages": [turn(message) for message in request.messages]}
    # OpenAI's reasoning models refuse the old name, most other servers do not know the new one.
    limit = NEW_LIMIT if server == "openai" else OLD_LIMIT
    return _body(request, model, server, {**chat, limit: request.max_tokens})


def body_of_text(request: Request, model: str, server: Server) -> dict[str, Any]:
    """The same for a model that only continues a text, in one of the modes of that."""
    text = {"prompt": as_text(request.messages), "stop": [NEXT_INPUT]}
    return _body(request, model, server, {**text, OLD_LIMIT: request.max_tokens})


def _body(request: Request, model: str, server: Server, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked, with what both APIs share."""
    body = {
        "model": model,
        **asked,
        "temperature": request.temperature,
        "seed": request.seed,
        **_structure(request, server),
        **({"logprobs": True, "top_logprobs": request.alternatives} if request.alternatives else {}),
    }
    return {name: value for name, value in body.items() if value is not None}


def other_limit(name: str) -> str:
    """The other name of the parameter."""
    return NEW_LIMIT if name == OLD_LIMIT else OLD_LIMIT


def turn(message: Message) -> dict[str, str]:
    """One turn of a chat."""
    return {"role": message.role, "content": message.content}


def _structure(request: Request, server: Server) -> Mapping[str, Any]:
    """The parameters that hold the answer to the schema."""
    if request.mode == "grammar":
        if server == "vllm":
            return {"structured_outputs": {"json": request.json_schema}}
        return {"grammar": request.grammar}
    named = {"name": request.name, "strict": True}
    if request.mode == "json_schema":
        return {"response_format": {"type": "json_schema", "json_schema": {**named, "schema": request.json_schema}}}
    if request.functions:
        return _functions(request)
    if request.mode == "tools":
        function = {**named, "description": "Take the record.", "parameters": request.json_schema}
        return {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": request.name}},
        }
    return {}


def _functions(request: Request) -> Mapping[str, Any]:
    """The functions that a model may call."""
    functions = [
        {"name": one.name, "description": one.description, "strict": True, "parameters": one.parameters}
        for one in request.functions
    ]
    return {
        "tools": [{"type": "function", "function": function} for function in functions],
        "tool_choice": "auto" if request.may_pass else "required",
        "parallel_tool_calls": request.many,
    }


def read(answer: Any, request: Request) -> Completion:
    """The completion in an answer's JSON; raises one of `UNREADABLE` where there is none."""
    choice, counts = answer["choices"][0], usage_of(answer.get("usage"))
    message = choice["message"] if "message" in choice else {"content": choice["text"]}
    reason = choice.get("finish_reason")
    if refusal := message.get("refusal"):
        return Completion(_string(refusal), "refusal", counts)
    written, notes = _called(message, request) if request.mode == "tools" else (message.get("content"), ())
    inside, text = apart(_string(written or ""))
    beside = message.get("reasoning_content") or message.get("reasoning")  # vLLM and llama.cpp; OpenRouter and Ollama
    thoughts = "\n".join(part for part in (beside, inside) if part and isinstance(part, str))
    finish = _FINISH.get(reason, "other") if isinstance(reason, str) else "other"
    tokens = _tokens(choice.get("logprobs")) if request.alternatives else ()
    return Completion(text, finish, counts, thoughts, notes, tokens)


def _tokens(found: Any) -> tuple[Token, ...]:
    """The tokens of an answer, as far as they are as the API says."""
    tokens = []
    for entry in _list(_object(found).get("content")):
        if not isinstance(entry, dict) or not isinstance(text := entry.get("token"), str):
            return ()
        told = [one for one in (entry, *_list(entry.get("top_logprobs"))) if isinstance(one, dict)]
        weights = {one["token"]: weight_of(one.get("logprob")) for one in told if isinstance(one.get("token"), str)}
        tokens.append(Token(text, {token: weight for token, weight in weights.items() if weight is not None}))
    return tuple(tokens)


def weight_of(told: object) -> float | None:
    """The logarithm of a probability, as one that can be reckoned with: -1.5 → -1.5; 3 → 0.0; 'x' → None.

    Rounding makes some servers tell a little more than 0; of what cannot be some tell -inf, and OpenAI -9999.
    """
    if isinstance(told, bool) or not isinstance(told, int | float) or not -math.inf <= told <= math.inf:  # NaN is not
        return None
    return float(min(0.0, max(_FAINTEST, told)))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def is_empty(answer: Any) -> bool:
    """Whether an answer has a list of choices and none in it: some filters, and some routers, send that."""
    return isinstance(answer, dict) and answer.get("choices") == []


def _called(message: Mapping[str, Any], request: Request) -> tuple[Any, tuple[str, ...]]:
    """The arguments of the calls of our tool, one JSON value after the other, and notes; else the plain content."""
    functions = [call["function"] for call in message.get("tool_calls") or ()]
    if (old := message.get("function_call")) and not functions:  # before there were tools
        functions = [old]
    if request.functions:
        return _chosen(functions, message.get("content"), request)
    ours = [function["arguments"] for function in functions if function.get("name") == request.name]
    notes = [
        f"the model called {function.get('name')!r}, which is no tool here"
        for function in functions
        if function.get("name") != request.name
    ]
    if not ours:
        text = message.get("content")
        return text, (*notes, IN_TEXT) if text else (*notes,)
    if len(ours) > 1:
        notes.append(f"the model called the tool {len(ours)} times")
    # Some servers send an object where the API says text.
    texts = [given if isinstance(given, str) else json.dumps(given, ensure_ascii=False) for given in ours]
    return "\n".join(texts), (*notes,)


def _chosen(functions: list[Any], content: Any, request: Request) -> tuple[Any, tuple[str, ...]]:
    """Calls as the JSON that a model would have written without them; what it says where it calls nothing."""
    if functions:
        calls = [{"tool": one["name"], "arguments": _read_arguments(one.get("arguments"))} for one in functions]
        if request.many or len(calls) == 1:
            return json.dumps(calls if request.many else calls[0], ensure_ascii=False), ()
        return json.dumps(calls[0], ensure_ascii=False), (f"the model called {len(calls)} functions, the first counts",)
    if request.may_pass and content and "{" not in (text := _string(content)):
        nothing = {"tool": None, "reason": apart(text)[1]}
        return json.dumps([nothing] if request.many else nothing, ensure_ascii=False), ()
    return content, (IN_TEXT,) if content else ()


def _read_arguments(given: Any) -> Any:
    """Arguments, which are JSON in a text; what is none stays a text, for validation to complain about.

    Of functions without arguments some servers write nothing at all: '' → {}.
    """
    if given is None or given == "":
        return {}
    try:
        return json.loads(given) if isinstance(given, str) else given
    except (ValueError, RecursionError):
        return given


def _string(value: object) -> str:
    """Text, or the texts of a list of parts, as Mistral sends them."""
    if isinstance(value, list):
        return "".join(_string(part["text"]) for part in value if part.get("type") == "text")
    if not isinstance(value, str):
        raise TypeError
    return value


def usage_of(found: Any) -> Usage:
    """Counts that a server left out, or invented, are 0."""
    found = found if isinstance(found, dict) else {}
    details = found.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    return Usage(_count(found.get("prompt_tokens")), _count(cached), _count(found.get("completion_tokens")))


def usage_of_text(answer: Any) -> Usage:
    """The usage of an answer on llama.cpp's own path of completions, which has other names for the counts."""
    found = answer if isinstance(answer, dict) else {}
    timings = found.get("timings")
    cached = timings.get("cache_n") if isinstance(timings, dict) else 0
    return Usage(_count(found.get("tokens_evaluated")), _count(cached), _count(found.get("tokens_predicted")))


def _count(value: object) -> int:
    """What is a number of tokens; prices and records have no larger ones."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_TOKENS else 0


class Written:
    """A streamed answer as it grows; at the end the answer as if it had come whole. `text` is what there is so far."""

    def __init__(self) -> None:
        self.text = ""
        self._content = ""
        self._thoughts = ""
        self._calls: dict[int, dict[str, str]] = {}
        self._tokens: list[Any] = []
        self._reason: Any = None
        self._usage: Any = None
        self._refusal = ""
        self._events = 0

    @property
    def is_ended(self) -> bool:
        """Whether the server said why the model stopped."""
        return self._reason is not None

    def add(self, event: Any) -> bool:
        """Take an event; whether the text has grown by it."""
        event = _object(event)
        self._usage = event.get("usage") or self._usage
        choices = event.get("choices")
        choice = _object(choices[0]) if isinstance(choices, list) and choices else {}
        self._reason = choice.get("finish_reason") or self._reason
        delta = _object(choice.get("delta"))
        self._refusal += _piece(delta.get("refusal"))
        self._thoughts += _piece(delta.get("reasoning_content")) or _piece(delta.get("reasoning"))
        self._tokens += _list(_object(choice.get("logprobs")).get("content"))
        content = _piece(delta.get("content")) or _piece(choice.get("text"))
        self._content += content
        calls = delta.get("tool_calls")
        grown = content + "".join(map(self._call, calls if isinstance(calls, list) else ()))
        self.text += grown
        self._events += bool(grown)
        return bool(grown)

    def stop(self, prompt_tokens: int) -> None:
        """End it here, as it goes round in circles; how much was used is reckoned."""
        self._reason = "repetition"
        self._usage = {"prompt_tokens": prompt_tokens, "completion_tokens": self._events}

    def _call(self, call: Any) -> str:
        function, at = _object(_object(call).get("function")), _object(call).get("index")
        known = self._calls.setdefault(at if isinstance(at, int) else 0, {"name": "", "arguments": ""})
        known["name"] += _piece(function.get("name"))
        known["arguments"] += _piece(function.get("arguments"))
        return _piece(function.get("arguments"))

    def whole(self) -> Any:
        """The answer in the form that it has when it is not streamed."""
        message = {
            "content": self._content,
            "refusal": self._refusal,
            "reasoning_content": self._thoughts,
            "tool_calls": [{"function": function} for function in self._calls.values()],
        }
        told = {"logprobs": {"content": self._tokens}} if self._tokens else {}
        return {"choices": [{"message": message, "finish_reason": self._reason, **told}], "usage": self._usage}


def as_whole(reply: str) -> str:
    """A streamed reply in the form that it has when it is not streamed, for people to read; any other as it is."""
    written = Written()
    try:
        for line in reply.splitlines() if reply.startswith("data:") else ():
            if (event := line.removeprefix("data:").strip()) not in ("", "[DONE]"):
                written.add(json.loads(event))
        return json.dumps(written.whole(), ensure_ascii=False) if written.is_ended else reply
    except (ValueError, RecursionError):
        return reply


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _piece(value: object) -> str:
    return value if isinstance(value, str) else ""
