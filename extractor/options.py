"""How a model is asked: what a user may choose, and what does not go together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, get_args

from extractor.errors import UsageError
from extractor.prompt import PromptStyle
from extractor.types import MOST_INT, Ground, Mode, Strategy

_LEAST_CHUNK = 50
_PLAIN = PromptStyle()

OnPartial = Callable[[Any], None]
OnPart = Callable[[str, int, int], None]  # the source, answered, of all


@dataclass(frozen=True, slots=True)
class Options:
    """How to ask. `timeout` is in seconds and grows with prompt and answer by default.

    `mode` None takes the strongest that the engine honours. `retries` is how often what is invalid, unreadable or cut
    off is asked for again. With `think` the model writes freely first. `on_partial` gets the first answer as far as it
    is written, each time that it has grown; of a long text what its parts gave so far, and `on_part` gets its source,
    how many of the questions about it are answered, and how many there are. `ground` says whether values are looked up
    in the document (`report`), or have to stand there (`require`), or are as they are written, be it with their places
    (`find`); verbatim fields always have to stand there. `strategy` says what
    of a long text is asked about at once, `chunk_tokens` how much of it, and `context_tokens` how much of its beginning
    every part shows. With `passes` above 1 a model is asked so many times less one what its lists lack, as long as
    something comes. With `probs` the record says how likely each label of a choice is, where the engine can tell. With
    `prior` the label is taken that is likeliest beside what the model leans to, and the record says where that cannot
    be told; None does so where the engine can tell and the labels of a schema are few, but not with `think`, since
    thoughts led to the label then; False does not.
    """

    max_tokens: int = 4096
    temperature: float = 0.0
    seed: int | None = None
    timeout: float | None = None
    mode: Mode | None = None
    retries: int = 2
    think: bool = False
    style: PromptStyle = _PLAIN
    ground: Ground = "report"
    strategy: Strategy = "auto"
    chunk_tokens: int = 2_000
    context_tokens: int = 100
    passes: int = 1
    probs: bool = False
    prior: bool | None = None
    on_partial: OnPartial | None = field(default=None, compare=False)
    on_part: OnPart | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Raise `UsageError` for what no request can be made of."""
        _refuse("max_tokens", self.max_tokens, int, least=1, most=MOST_INT)
        _refuse("retries", self.retries, int, least=0)
        _refuse("temperature", self.temperature, int | float, least=0)
        _refuse("timeout", self.timeout or 1, int | float, least=0)
        _refuse("chunk_tokens", self.chunk_tokens, int, least=_LEAST_CHUNK)
        _refuse("context_tokens", self.context_tokens, int, least=0)
        _refuse("passes", self.passes, int, least=1)
        _refuse("seed", self.seed or 0, int, least=-MOST_INT, most=MOST_INT)
        if self.mode not in (None, *get_args(Mode)):
            hint = f"one of {', '.join(get_args(Mode))}, or None for the strongest"
            raise UsageError(f"options: mode {self.mode!r} is none", hint=hint)
        if self.ground not in get_args(Ground):
            raise UsageError(f"options: ground {self.ground!r} is none", hint=f"one of {', '.join(get_args(Ground))}")
        if self.strategy not in get_args(Strategy):
            hint = f"one of {', '.join(get_args(Strategy))}"
            raise UsageError(f"options: strategy {self.strategy!r} is none", hint=hint)
        if not isinstance(self.style, PromptStyle):
            raise UsageError(
                f"options: style is a {type(self.style).__name__}", hint="PromptStyle(encoding='yaml'), say"
            )
        if self.mode not in (None, *self.fitting):
            style = self.style
            is_form = style.encoding == "json"
            what = "form completion" if is_form else f"answers in {style.encoding.upper()}"
            hint = f"--mode {self.fitting[-1]} does, as auto; or take {'--form chat' if is_form else '--encoding json'}"
            raise UsageError(f"mode {self.mode} does not go with {what}", hint=hint)

    @property
    def fitting(self) -> tuple[Mode, ...]:
        """The modes that go with the style: what a decoder writes is JSON, and only chats have tools."""
        if self.style.encoding != "json":
            return ("prompt",)
        return ("grammar", "prompt") if self.style.form == "completion" else get_args(Mode)


def _refuse(name: str, value: Any, kind: Any, least: float, most: float = math.inf) -> None:
    if isinstance(value, bool) or not isinstance(value, kind):
        raise UsageError(f"options: {name} {value!r} is no number")
    if not value >= least:  # NaN is not either
        raise UsageError(f"options: {name} {value!r} is less than {least}")
    if value > most:
        raise UsageError(f"options: {name} {value!r:.40} is more than {most}", hint="no engine counts so far")
