"""How the two libraries under outlines turn tokens into tokens, held to a grammar by the processor of outlines.

outlines itself returns the text alone, without how it ended and what it cost; so its models are unwrapped here.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Protocol

from extractor.errors import EngineError, UsageError
from extractor.grammar import check
from extractor.prompt import as_text
from extractor.types import Form, Message, Request

Turns = list[dict[str, str]]
Halted = Callable[[], bool]


class Runner(Protocol):
    """A loaded model: chats to tokens, tokens to more tokens, tokens to text."""

    context: int | None

    @property
    def backend(self) -> Any:
        """The llguidance backend of outlines."""
        ...

    @property
    def has_chats(self) -> bool:
        """Whether the weights have a chat template."""
        ...

    def encode(self, messages: Sequence[Message], form: Form = "chat") -> list[int]:
        """The tokens of a chat, or of one text to continue, up to where the answer begins."""
        ...

    def write(self, prompt: list[int], request: Request, mask: Any, halted: Halted) -> tuple[list[int], bool]:
        """Up to `max_tokens` of an answer, without the token that ends it, and whether there was one."""
        ...

    def decode(self, tokens: list[int]) -> str:
        """The text of an answer."""
        ...


def runner_of(model: Any) -> Runner:
    """The runner of an outlines model; raises `UsageError` for the models that nothing here runs."""
    from outlines.models import LlamaCpp, Transformers

    if isinstance(model, Transformers):
        return TransformersRunner(model)
    if isinstance(model, LlamaCpp):
        return LlamaCppRunner(model)
    raise UsageError(
        f"a {type(model).__name__} model of outlines cannot be held to a grammar here",
        hint="wrap it in an engine of your own: anything with id, modes and async generate(request)",
    )


class _Outlines:
    """What an outlines model needs to hold tokens to a grammar, whichever library runs it."""

    def __init__(self, model: Any) -> None:
        self._wrapped = model

    @cached_property
    def backend(self) -> Any:
        """The llguidance backend of outlines; reading the vocabulary takes about a second."""
        from outlines.backends import LLGuidanceBackend

        try:
            return LLGuidanceBackend(self._wrapped)
        except ValueError as error:
            raise EngineError(f"llguidance cannot read the tokenizer: {error}") from error


class TransformersRunner(_Outlines):
    """A causal language model of transformers."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self._model = model.model
        self._tokenizer = model.hf_tokenizer
        self.context = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)

    @property
    def has_chats(self) -> bool:
        """By the tokenizer."""
        return bool(self._tokenizer.chat_template)

    def encode(self, messages: Sequence[Message], form: Form = "chat") -> list[int]:
        """With the chat template of the tokenizer, where there is one and a chat is wanted."""
        if form == "completion" or not self.has_chats:
            plain: list[int] = self._tokenizer(as_text(messages))["input_ids"]
            return plain
        return fill_template(self._fill, messages)

    def _fill(self, turns: Turns) -> list[int]:
        tokens: list[int] = self._tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, tokenize=True, return_dict=True
        )["input_ids"]
        return tokens

    def write(self, prompt: list[int], request: Request, mask: Any, halted: Halted) -> tuple[list[int], bool]:
        """Stops between two tokens where it is halted."""
        import torch

        def stop(tokens: Any, _scores: Any, **_: Any) -> Any:
            return torch.full((tokens.shape[0],), halted(), dtype=torch.bool, device=tokens.device)

        given = torch.tensor([prompt], device=self._model.device)
        with _seeded(request.seed, given.device):
            written = self._model.generate(
                input_ids=given,
                attention_mask=torch.ones_like(given),
                generation_config=self._settings(request),
                logits_processor=[] if mask is None else [_uncompiled(mask)],
                stopping_criteria=[stop],
            )
        tokens: list[int] = written[0, len(prompt) :].tolist()
        ended = bool(tokens) and tokens[-1] in self._ends
        return (tokens[:-1] if ended else tokens), ended

    def decode(self, tokens: list[int]) -> str:
        """As it was written: no blanks are tidied away."""
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    @cached_property
    def _ends(self) -> list[int]:
        """The tokens that end an answer: those of the model, and the one that llguidance knows."""
        own = self._model.generation_config.eos_token_id
        named = [*own] if isinstance(own, list) else [own]
        return sorted({end for end in (*named, self._tokenizer.eos_token_id) if end is not None})

    def _settings(self, request: Request) -> Any:
        """Plain sampling: the penalties and beams that publishers set keep a model from copying the text."""
        from transformers import GenerationConfig

        sampled = request.temperature > 0
        return GenerationConfig(
            max_new_tokens=request.max_tokens,
            do_sample=sampled,
            temperature=request.temperature if sampled else 1.0,
            num_beams=1,
            repetition_penalty=1.0,
            no_repeat_ngram_size=0,
            eos_token_id=self._ends or None,
            pad_token_id=self._tokenizer.pad_token_id,
        )


class LlamaCppRunner(_Outlines):
    """A model of llama-cpp-python, with the chat template that its file carries."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self._llama = model.model
        self.context: int | None = self._llama.n_ctx()

    @property
    def has_chats(self) -> bool:
        """By the file."""
        return self._template is not None

    def encode(self, messages: Sequence[Message], form: Form = "chat") -> list[int]:
        """Templates write the token that begins a text themselves."""
        if form == "completion" or not self.has_chats:
            return self._tokens(as_text(messages), begins=True)
        return fill_template(lambda turns: self._tokens(self._template(messages=turns).prompt, begins=False), messages)

    def write(self, prompt: list[int], request: Request, mask: Any, halted: Halted) -> tuple[list[int], bool]:
        """Stops between two tokens where it is halted."""
        import llama_cpp

        self._llama.set_seed(random.getrandbits(32) if request.seed is None else request.seed)
        if request.seed is not None:
            self._llama.reset()  # a prefix that is not computed again changes the last bits, and so what is drawn
        masks = None if mask is None else llama_cpp.LogitsProcessorList([mask])
        tokens: list[int] = []
        for token in self._llama.generate(prompt, temp=request.temperature, logits_processor=masks):
            if llama_cpp.llama_vocab_is_eog(self._vocabulary, token):
                return tokens, True
            tokens.append(token)
            if len(tokens) >= request.max_tokens or halted():
                break
        return tokens, False

    def decode(self, tokens: list[int]) -> str:
        """The bytes of the tokens, of which a cut can leave half a character."""
        text: str = self._llama.detokenize(tokens).decode("utf-8", "replace")
        return text

    def _tokens(self, text: str, *, begins: bool) -> list[int]:
        tokens: list[int] = self._llama.tokenize(text.encode(), add_bos=begins, special=True)
        return tokens

    @cached_property
    def _vocabulary(self) -> Any:
        from llama_cpp import llama_model_get_vocab

        return llama_model_get_vocab(self._llama.model)

    @cached_property
    def _template(self) -> Any:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        text = self._llama.metadata.get("tokenizer.chat_template")
        begin, end = self._special(self._llama.token_bos()), self._special(self._llama.token_eos())
        return Jinja2ChatFormatter(text, eos_token=end, bos_token=begin) if text else None

    def _special(self, token: int) -> str:
        from llama_cpp import llama_vocab_get_text

        return "" if token < 0 else str(llama_vocab_get_text(self._vocabulary, token).decode())


def mask_of(runner: Runner, grammar: str) -> Any:
    """The logits processor of outlines for a grammar in llguidance's own text; it serves one answer."""
    from outlines.backends.llguidance import LLGuidanceLogitsProcessor

    if fault := check(grammar):
        raise EngineError(f"llguidance cannot compile the grammar: {fault}", hint="nothing was generated without it")
    return LLGuidanceLogitsProcessor(grammar, runner.backend.llg_tokenizer, runner.backend.tensor_library_name)


def prove(runner: Runner, grammar: str, tokens: list[int], *, ended: bool) -> None:
    """Read an answer with its grammar once more: llama-cpp-python goes on without a processor that fails."""
    from llguidance import LLMatcher

    matcher = LLMatcher(runner.backend.llg_tokenizer, grammar)
    if (tokens and not matcher.consume_tokens(tokens)) or (ended and not matcher.is_accepting()):
        fault = matcher.get_error().strip().partition("\n")[0] or "it ends too early"
        raise EngineError(
            f"the answer is not in the grammar of the schema ({fault})",
            hint="the grammar was not applied, so nothing was printed; please report the schema and the model",
        )


def fill_template(fill: Callable[[Turns], list[int]], messages: Sequence[Message]) -> list[int]:
    """The tokens of a chat; the instruction goes into the first turn where a template knows no system messages."""
    from jinja2 import TemplateError

    turns = [{"role": message.role, "content": message.content} for message in messages]
    try:
        return fill(turns)
    except (TemplateError, ValueError):
        if len(turns) < 2 or turns[0]["role"] != "system":  # noqa: PLR2004
            raise
    first = {**turns[1], "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}
    return fill([first, *turns[2:]])


@contextlib.contextmanager
def _seeded(seed: int | None, device: Any) -> Iterator[None]:
    """Random numbers from a seed, and the caller's own ones afterwards."""
    import torch

    if seed is None:
        yield
        return
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _uncompiled(mask: Any) -> Callable[[Any, Any], Any]:
    """A mask that torch does not compile, as llguidance would have it: that takes 24 s before the first token."""
    import torch

    def masked(tokens: Any, scores: Any) -> Any:
        with torch.compiler.set_stance("force_eager"):
            return mask(tokens, scores)

    return masked
