"""The nouns of the house: frozen values that pass between the rooms, and the one protocol, `Engine`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Protocol

from extractor.errors import ExtractError, InvalidOutput

FinishReason = Literal["stop", "length", "repetition", "refusal", "content_filter", "other"]
UNENDED: Collection[FinishReason] = ("length", "repetition")  # of an answer that has no end
Mode = Literal["grammar", "json_schema", "tools", "prompt"]
Dialect = Literal["ecma", "rust"]
Descriptor = Literal["typescript", "bullet", "json-schema"]
Encoding = Literal["json", "yaml", "xml", "csv"]
Language = Literal["en", "zh"]  # of instructions
Form = Literal["chat", "completion"]
Order = Literal["document-last", "document-first"]  # of a prompt
Ground = Literal["off", "find", "report", "require"]
Strategy = Literal["auto", "whole", "map-reduce", "retrieve"]
Merge = Literal["first", "last", "longest", "majority", "union", "all", "sum", "min", "max", "reduce"]

SHOWN_TOKENS = 3_000  # of descriptions of tools, that a model is shown at once

MOST_INT = 2**31 - 1  # of a whole number that an engine is given: servers refuse more, or wrap it

GIVEN_UP = "left out: "  # how the note begins on a value that a record has to do without


@dataclass(frozen=True, slots=True)
class Document:
    """A text with the name of its source; `notes` say what loading had to do (a guessed encoding, say)."""

    source: str
    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A text, and the record that is right for it: JSON data that is valid by the schema that it belongs to."""

    text: str
    value: Any

    def __hash__(self) -> int:
        return hash(self.text)


@dataclass(frozen=True, slots=True)
class Schema:
    """What to extract: JSON Schema (2020-12, self-contained) is the only inner form.

    `model` is the user's type (a Pydantic class, a dataclass, `list[Paper]`), which does the final validation.
    `examples` and `instruction` (`EXAMPLES` and `PROMPT` of a schema file, say) are for the prompt.
    """

    name: str
    json_schema: Mapping[str, Any]
    digest: str
    model: Any = None
    examples: tuple[Example, ...] = ()
    instruction: str | None = None

    @property
    def id(self) -> str:
        """Name and digest, as records carry them: `Article@1f3c9a20`."""
        return f"{self.name}@{self.digest[:8]}"

    @property
    def dialect(self) -> Dialect:
        """Whose regular expressions are in it: those of Pydantic, or those that JSON Schema asks for (ECMA-262)."""
        return "ecma" if self.model is None else "rust"

    def __hash__(self) -> int:
        return hash(self.digest)


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Function:
    """What a model may call in mode `tools`: its name, what it does, and the strict JSON Schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a model, and how its answer is held to a schema; `timeout` is in seconds, of one try.

    In mode `grammar` the schema is there twice: as llguidance text, and as the JSON Schema that is in it. In the modes
    `json_schema` and `tools` it is in the strict subset of OpenAI, in mode `prompt` in the messages alone. `name` is
    that of the schema or tool, made of letters, digits, `_` and `-`. With `functions` the model chooses one of them
    instead, with `many` several, and none where it `may_pass`; the answer is {"tool": name, "arguments": …}, or a list
    of such. `alternatives` asks for the probabilities of so many tokens at each place of the answer. In form
    `completion` the messages go out as one text to continue (`extractor.prompt.as_text`).
    """

    messages: tuple[Message, ...]
    mode: Mode = "prompt"
    grammar: str | None = None
    json_schema: Mapping[str, Any] | None = None
    name: str = "record"
    max_tokens: int = 4096
    temperature: float = 0.0
    seed: int | None = None
    timeout: float = 600.0
    form: Form = "chat"
    functions: tuple[Function, ...] = ()
    many: bool = False
    may_pass: bool = False
    alternatives: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call or the sum of several; cached tokens are a part of the input tokens.

    `cost` is in US dollars, None where no price is known.
    """

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
            None if self.cost is None and other.cost is None else (self.cost or 0.0) + (other.cost or 0.0),
        )


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an answer, and the likeliest tokens at its place with the logarithms of their probabilities."""

    text: str
    likeliest: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Continuation:
    """A text that may come next; with `ends` something has to follow that begins with one of these characters."""

    text: str
    ends: str = ""


class Admitted(Protocol):
    """Which texts may be written, known along their bytes (UTF-8): a deterministic automaton."""

    @property
    def start(self) -> Any:
        """The state before the first byte."""
        ...

    def after(self, state: Any, more: bytes) -> Any:
        """The state behind more bytes; None where no text goes on so."""
        ...

    def is_whole(self, state: Any) -> bool:
        """Whether what led to a state is a text that is admitted."""
        ...


@dataclass(frozen=True, slots=True)
class Likely:
    """A text that may come next, and the logarithm of its probability."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered: JSON text, or free text in mode `prompt`.

    `thoughts` is what a reasoning model wrote before; `notes` say what the answer had beside the text (calls of other
    tools, say) that is not used. `tokens` are there where a request asks for them and the engine has them.
    """

    text: str
    finish_reason: FinishReason
    usage: Usage
    thoughts: str = ""
    notes: tuple[str, ...] = ()
    tokens: tuple[Token, ...] = ()


OnText = Callable[[str], None]  # gets the text of an answer so far


class Engine(Protocol):
    """The one seam: whatever turns a request into a completion.

    `generate` raises `RequestRejected` for this request alone and `EngineUnavailable` where there was no answer: the
    document fails, nobody asks again, and the run goes on. Any other `EngineError` ends the run; what else is raised in
    an engine of a user's counts as `EngineUnavailable`. An engine may also have `stream(request, on_text) ->
    Completion`, which shows its text on the way; `honoured() -> modes` and `disown(mode, why)`, where it learns only by
    asking which modes work; `slots`, the requests that it takes at once; `count_tokens(messages) -> int`;
    `likelihoods(messages, continuations) -> list[float]`, the logarithms of the probabilities of texts that may come
    next but for what all of them begin with, where the last message is begun by the model itself (None for an endpoint
    that does not tell); `likeliest(messages, admitted, ends, count) -> list[Likely]`, the likeliest of all texts that
    are admitted, each followed by one of the characters of `ends` (None as before); `memory`, for what is found out
    about the model; and `aclose()`. The engine of a run also has `tell(text)`, which shows the user what takes long.
    """

    @property
    def id(self) -> str:
        """What records call it: `llama:qwen2.5-coder-1.5b`."""
        ...

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The ways to structure that it honours, the strongest first."""
        ...

    async def generate(self, request: Request) -> Completion:
        """Answer one request."""
        ...


class Memory(Protocol):
    """What was found out about a model, by key; it may outlast the process."""

    def get(self, key: str) -> Any:
        """The value; None where there is none."""
        ...

    def keep(self, key: str, value: Any) -> None:
        """Keep a value of JSON; keys have letters and digits only."""
        ...


Match = Literal["exact", "normalised", "typed", "fuzzy"]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value stands: `text[start:end]`, offsets of the document as loaded.

    `exact`: as written; `normalised`: but for case, width, punctuation, white space, plural; `typed`: the same number
    or date, written otherwise; `fuzzy`: nearly, and `score` (up to 1) says how nearly. `page`, from 1, is that of its
    start, where the document has pages.
    """

    start: int
    end: int
    match: Match
    score: float = 1.0
    page: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As written in a record: `score` only where there is a doubt, `page` only where there are some."""
        span: dict[str, Any] = {"start": self.start, "end": self.end, "match": self.match}
        if self.match == "fuzzy":
            span["score"] = self.score
        return span if self.page is None else {**span, "page": self.page}


_BACKED = 0.5


@dataclass(frozen=True, slots=True)
class Support:
    """How a sentence of a value that the model worded itself, `value[start:end]`, is backed by the document.

    `passage` is where the document says it best (None: nowhere), `score` the share of its words that stand there (0 to
    1, rare words count more), `missing` its numbers and names that are nowhere in the document.
    """

    start: int
    end: int
    passage: tuple[int, int] | None
    score: float
    missing: tuple[str, ...] = ()

    @property
    def is_weak(self) -> bool:
        """Whether no passage says even half of it."""
        return self.score < _BACKED


@dataclass(frozen=True, slots=True)
class Alternative:
    """A value that parts of a long document gave for one place, and where it stands there.

    `parts` is how many gave it, those that only show the same place of the document once.
    """

    value: Any
    parts: int
    spans: Sequence[Span] = ()

    def to_dict(self) -> dict[str, Any]:
        """As written in a record."""
        return {"value": self.value, "parts": self.parts, "spans": [span.to_dict() for span in self.spans]}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (JSON Pointer), what was there, and which rule it breaks."""

    pointer: str
    message: str
    value: Any = None
    kind: str = InvalidOutput.__name__
    hint: str | None = None

    @classmethod
    def of(cls, error: ExtractError) -> Problem:
        """An error about the whole document, as an entry of its record."""
        return cls("", str(error), kind=error.kind, hint=error.hint)

    def __str__(self) -> str:
        has_place = self.pointer or self.kind == InvalidOutput.__name__
        return f"{self.pointer or '/'}: {self.message}" if has_place else self.message


@dataclass(frozen=True, slots=True)
class Extraction:
    """One document's record, the same everywhere: sink line, ledger value, input of reports.

    `data` is None exactly where `errors` says why; of a list of records, `data` holds the valid ones, and the pointers
    of `errors` count in the list that the model gave. By pointer: `spans` and `support` say where values stand in the
    document, `ungrounded` why one does not, `absent` why one is empty, `conflicts` what parts of a long document say of
    it where they differ, `notes` what was changed, `probabilities` how likely a choice was, as far as the engine says.
    `value` is the validated instance of the user's class (or `data` itself where the schema has no class); it is not
    part of the written record.
    """

    source: str
    data: Any
    schema: str
    engine: str
    mode: Mode
    spans: Mapping[str, Span] = field(default_factory=dict)
    support: Mapping[str, Sequence[Support]] = field(default_factory=dict)
    ungrounded: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    conflicts: Mapping[str, Sequence[Alternative]] = field(default_factory=dict)
    probabilities: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    errors: Sequence[Problem] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 0
    usage: Usage = Usage()
    seconds: float = 0.0
    thoughts: str = ""
    instance: Any = None

    @property
    def ok(self) -> bool:
        """True where the data passed validation."""
        return not self.errors

    @property
    def value(self) -> Any:
        """The validated instance; raises `InvalidOutput` with every problem where there is none."""
        if self.errors:
            raise InvalidOutput("; ".join(map(str, self.errors)), hint=self.errors[0].hint)
        return self.data if self.instance is None else self.instance

    def to_dict(self) -> dict[str, Any]:
        """The record as written: plain JSON types, without `instance`."""
        record = asdict(replace(self, instance=None))
        del record["instance"]
        record["spans"] = {at: span.to_dict() for at, span in self.spans.items()}
        record["conflicts"] = {at: [one.to_dict() for one in some] for at, some in self.conflicts.items()}
        return record
