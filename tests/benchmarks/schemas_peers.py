"""The engines that schemas.py compares, each in a child process of its own: some hang, eat memory or crash.

All see one vocabulary, that of smollm2 (49,152 tokens of byte-level BPE, from its GGUF file) with the 21 single bytes
that it lacks added, and every text is fed as single bytes, so what is accepted does not depend on a tokenizer.

- ours: `load_json`, `compile_schema` and `LLMatcher` on an `LLTokenizer` over the list of token bytes;
- llguidance: the schema as it is in its JSON grammar, on the same `LLTokenizer`; `llguidance-lenient` lets it ignore
  the keywords that it does not implement;
- outlines-core: `build_regex_from_schema`, then an `Index` over a `Vocabulary` of the same bytes, special tokens apart;
  usually within a second for a schema, as every tenth would take more than twenty;
- xgrammar: `compile_json_schema` on a `TokenizerInfo` of raw bytes, without its cache, with its own number of threads,
  and in the layout of `json.dumps`: where it is asked for the compact one, it wants blanks within values without a
  schema all the same (0.2.8); by default it closes every object ("strict mode"), `xgrammar-open` does not.
"""

from __future__ import annotations

import gc
import importlib.util
import itertools
import json
import math
import multiprocessing
import os
import signal
import statistics
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

Take = Callable[[bytes], tuple[int, bool]]  # a text → how many of its bytes the grammar takes, and may it end there

MEMORY = 4 << 30  # bytes that a child may hold
_IDLE_MEMORY = 1 << 30  # what a child may keep between two schemas
_START = 120.0  # seconds in which a child has to be ready
_POLL = 0.1
_REPEATS = 3
_SLOW = 0.2  # a compilation that takes longer, in seconds, is not repeated
_LONGEST_REASON = 300  # characters
_GUIDANCE = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}


class Refused(Exception):
    """What an engine itself has against a schema."""


@dataclass(frozen=True)
class Compiled:
    """A grammar in use; `after` counts the keywords that it leaves out, None where the engine does not say."""

    take: Take
    after: Callable[[], int] | None = None
    exact: Callable[[], Take] | None = None  # the same without our own size bounds
    check: Callable[[Any], list[str]] = lambda _: []  # the final validation
    phases: tuple[float, ...] = ()  # seconds; of ours alone, see PHASES


class Seen(NamedTuple):
    """What became of one instance: the bytes taken in its best order of keys, and what the validation says."""

    text: bytes = b""
    taken: int = 0
    accepted: bool = False
    exact: bool = False
    problems: Sequence[str] = ()
    fault: str = ""


@dataclass(frozen=True)
class Result:
    """What became of one schema: held, after, compiled (the engine does not say), refused or failed."""

    status: str
    why: str = ""
    seconds: float = 0.0
    phases: tuple[float, ...] = ()
    seen: Sequence[Seen] = ()


# --- the vocabulary ------------------------------------------------------------------------------------------


class Vocabulary(NamedTuple):
    """The bytes of each token, the special ones among them, the end of text, and the token of each single byte."""

    tokens: list[bytes]
    special: frozenset[int]
    end: int
    single: list[int]


@cache
def vocabulary() -> Vocabulary:
    """The tokens of smollm2 as bytes, and behind them each single byte that is not among them."""
    pairs = _gguf_pairs(_weights())
    alphabet = _byte_alphabet()
    special = frozenset(at for at, kind in enumerate(pairs["tokenizer.ggml.token_type"]) if kind != 1)
    tokens = [
        text if at in special else bytes(alphabet[sign] for sign in text.decode())
        for at, text in enumerate(pairs["tokenizer.ggml.tokens"])
    ]
    known = {token for at, token in enumerate(tokens) if at not in special}
    tokens += [bytes([byte]) for byte in range(256) if bytes([byte]) not in known]
    place = {token: at for at, token in enumerate(tokens) if at not in special}
    end = pairs["tokenizer.ggml.eos_token_id"]
    return Vocabulary(tokens, special, end, [place[bytes([byte])] for byte in range(256)])


def _weights() -> Path:
    if named := os.environ.get("SMOLLM2_GGUF"):
        return Path(named)
    from extractor import models

    return Path(models.fetch(models.resolve("smollm2-135m")))


def _gguf_pairs(path: Path) -> dict[str, Any]:
    """All key-value pairs of a GGUF file that is trusted; extractor.gguf stops where the tokenizer begins."""
    with path.open("rb") as file:
        _magic, _version, _tensors, count = struct.unpack("<4sIQQ", file.read(24))
        return {_gguf_value(file, 8).decode(): _gguf_value(file, _number(file, "I")) for _ in range(count)}


def _gguf_value(file: BinaryIO, kind: int) -> Any:
    if kind == 8:
        return file.read(_number(file, "Q"))
    if kind == 9:
        inner, count = _number(file, "I"), _number(file, "Q")
        return [_gguf_value(file, inner) for _ in range(count)]
    return _number(file, "BbHhIif?__Qqd"[kind])


def _number(file: BinaryIO, form: str) -> Any:
    return struct.unpack(f"<{form}", file.read(struct.calcsize(form)))[0]


def _byte_alphabet() -> dict[str, int]:
    """The characters that byte-level BPE writes for the 256 bytes: the printable ones stand for themselves."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + at): byte for at, byte in enumerate(others)}


# --- the engines: a function from a JSON document to a grammar in use, made once per child --------------------

Engine = Callable[[Any], Compiled]


def _tokenizer() -> Any:
    from llguidance import LLTokenizer, TokenizerWrapper

    words = vocabulary()

    class Bytes:
        eos_token_id, bos_token_id = words.end, None
        tokens, special_token_ids = words.tokens, sorted(words.special)

        def __call__(self, text: bytes) -> list[int]:
            return [words.single[byte] for byte in text]

    return LLTokenizer(TokenizerWrapper(Bytes()))


def _matcher(tokenizer: Any, grammar: str) -> Any:
    from llguidance import LLMatcher

    matcher = LLMatcher(tokenizer, grammar, log_level=0)
    if matcher.is_error():
        raise Refused(matcher.get_error())
    return matcher


def _take_guided(matcher: Any, text: bytes) -> tuple[int, bool]:
    matcher.reset()
    single = vocabulary().single
    taken = matcher.try_consume_tokens([single[byte] for byte in text])
    if matcher.is_error():
        raise RuntimeError(matcher.get_error())
    return taken, taken == len(text) and matcher.is_accepting()


def llguidance(*, lenient: bool) -> Engine:
    """llguidance alone."""
    from llguidance import LLMatcher

    tokenizer, options = _tokenizer(), {**_GUIDANCE, "lenient": lenient}

    def compile_(document: Any) -> Compiled:
        if not isinstance(document, dict):
            raise Refused("options need an object")
        matcher = _matcher(tokenizer, LLMatcher.grammar_from_json_schema(document, defaults=options))
        return Compiled(partial(_take_guided, matcher), after=lambda: len(matcher.get_grammar_warnings()))

    return compile_


PHASES = (
    "load the document",
    "compile_schema",
    "of it the checks by llguidance",
    "of it the rest",
    "llguidance on the vocabulary",
)


def ours() -> Engine:
    """This package, as a user's run goes through it."""
    from extractor.errors import SchemaError
    from extractor.grammar import BOUNDED, COMPACT, EXACT, compile_schema
    from extractor.schema import load_json

    tokenizer = _tokenizer()
    checking = _timed_checks()

    def compile_(document: Any) -> Compiled:
        _forget()
        checking.clear()
        clock = [time.perf_counter()]
        try:
            schema = load_json(document, "benchmark")
            clock.append(time.perf_counter())
            grammar = compile_schema(schema, BOUNDED, COMPACT)
            clock.append(time.perf_counter())
        except SchemaError as error:
            raise Refused(f"{error} ({error.hint})") from None
        matcher = _matcher(tokenizer, grammar.text)
        clock.append(time.perf_counter())
        return Compiled(
            partial(_take_guided, matcher),
            after=lambda: sum(row.status != "enforced" for row in grammar.report),
            exact=lambda: partial(_take_guided, _matcher(tokenizer, compile_schema(schema, EXACT, COMPACT).text)),
            check=partial(_problems, schema),
            phases=_phases(clock, sum(checking)),
        )

    return compile_


def _timed_checks() -> list[float]:
    """A list to which each question to llguidance adds its seconds."""
    from extractor.grammar import check

    seconds: list[float] = []

    def timed(grammar: str) -> str | None:
        started = time.perf_counter()
        fault = check(grammar)
        seconds.append(time.perf_counter() - started)
        return fault

    for room in ("extractor.grammar", "extractor.grammar.holding"):
        setattr(sys.modules[room], "check", timed)  # noqa: B010  # a name that other modules have imported
    return seconds


def _phases(clock: list[float], checking: float) -> tuple[float, ...]:
    load, compile_, vocabulary_ = (end - start for start, end in itertools.pairwise(clock))
    return load, compile_, checking, compile_ - checking, vocabulary_


def _problems(schema: Any, data: Any) -> list[str]:
    from extractor.validation import Valid, validate

    found = validate(schema, data)
    return [] if isinstance(found, Valid) else [str(problem) for problem in found]


def _forget() -> None:
    """Empty what we keep of one schema; the metaschemas of the drafts are read once in a process."""
    rooms = ("extractor.grammar", "extractor.patterns", "extractor.validation")
    modules = [module for name, module in sys.modules.items() if name.startswith(rooms)]
    for value in itertools.chain.from_iterable(vars(module).values() for module in modules):
        if hasattr(value, "cache_clear"):
            value.cache_clear()


def outlines() -> Engine:
    """A regular expression of the schema, and an automaton over the whole vocabulary."""
    from outlines_core import Index
    from outlines_core import Vocabulary as Words
    from outlines_core.json_schema import build_regex_from_schema

    tokens, special, end, single = vocabulary()
    words = Words(end, {token: [at] for at, token in enumerate(tokens) if at not in special})

    def compile_(document: Any) -> Compiled:
        index = Index(build_regex_from_schema(json.dumps(document), whitespace_pattern=""), words)

        def take(text: bytes) -> tuple[int, bool]:
            state = index.get_initial_state()
            for at, byte in enumerate(text):
                following = index.get_next_state(state, single[byte])
                if following is None:
                    return at, False
                state = following
            return len(text), index.is_final_state(state)

        return Compiled(take)

    return compile_


def xgrammar(*, strict: bool) -> Engine:
    """A pushdown automaton; what it does not implement it leaves out without a word."""
    from xgrammar import GrammarCompiler, GrammarMatcher, TokenizerInfo, VocabType

    tokens, special, end, single = vocabulary()
    plain = [b"" if at in special else token for at, token in enumerate(tokens)]
    compiler = GrammarCompiler(TokenizerInfo(plain, VocabType.RAW, stop_token_ids=[end]), cache_enabled=False)

    def compile_(document: Any) -> Compiled:
        grammar = compiler.compile_json_schema(json.dumps(document), any_whitespace=False, strict_mode=strict)

        def take(text: bytes) -> tuple[int, bool]:
            matcher = GrammarMatcher(grammar)
            spaced = json.dumps(json.loads(text), ensure_ascii=False).encode()
            taken = sum(1 for _ in itertools.takewhile(lambda byte: matcher.accept_token(single[byte]), spaced))
            return taken, taken == len(spaced) and matcher.is_completed()

        return Compiled(take)

    return compile_


class Peer(NamedTuple):
    """A row of the comparison: the distribution to install, its module, how to start it, its usual limit."""

    package: str
    module: str
    start: Callable[[], Engine]
    seconds: float = 20.0


PEERS = {
    "ours": Peer("llguidance", "llguidance", ours),
    "llguidance": Peer("llguidance", "llguidance", partial(llguidance, lenient=False)),
    "llguidance-lenient": Peer("llguidance", "llguidance", partial(llguidance, lenient=True)),
    "outlines-core": Peer("outlines-core", "outlines_core", outlines, 1.0),
    "xgrammar": Peer("xgrammar", "xgrammar", partial(xgrammar, strict=True), 10.0),
    "xgrammar-open": Peer("xgrammar", "xgrammar", partial(xgrammar, strict=False)),
}


def is_installed(name: str) -> bool:
    """Whether the peer can be imported."""
    return importlib.util.find_spec(PEERS[name].module) is not None


# --- the child process ---------------------------------------------------------------------------------------

Case = tuple[Any, Sequence[bytes]]  # an instance, and its texts: one for each order of keys


def serve(pipe: Connection, name: str, seconds: float) -> None:
    """Answer schema after schema: a `Result` once it is compiled, and a second one that has all."""
    engine = PEERS[name].start()
    engine({"type": "string"})  # what is imported late is imported now
    gc.collect()
    gc.freeze()  # the vocabulary is the benchmark's, no engine has to wait while its objects are walked
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # panics are counted, not read
    pipe.send("ready")
    while job := pipe.recv():
        signal.alarm(math.ceil(3 * seconds))  # the end of a child whose parent is gone
        for result in _work(engine, isours=name == "ours", document=job[0], cases=job[1]):
            pipe.send(result)
        signal.alarm(0)


def _work(engine: Engine, *, isours: bool, document: Any, cases: Sequence[Case]) -> Iterator[Result]:
    started = time.perf_counter()
    try:
        compiled = engine(document)
    except Exception as error:  # noqa: BLE001  # all that an engine says of a schema; of ours, faults are told apart
        status = "failed" if isours and not isinstance(error, Refused) else "refused"
        yield Result(status, _reason(error))
        return
    times, phases = [time.perf_counter() - started], [compiled.phases]
    status = "compiled" if compiled.after is None else "after" if compiled.after() else "held"
    first = Result(status, seconds=times[0])
    yield first
    while len(times) < _REPEATS and times[0] < _SLOW:
        started = time.perf_counter()
        phases.append(engine(document).phases)
        times.append(time.perf_counter() - started)
    exact, why = _exact(compiled)
    seen = [_see(compiled, exact, *case) for case in cases]
    medians = tuple(map(statistics.median, zip(*phases, strict=True)))
    yield replace(first, why=why, seconds=statistics.median(times), phases=medians, seen=seen)


def _exact(compiled: Compiled) -> tuple[Take, str]:
    try:
        return (compiled.exact() if compiled.exact else compiled.take), ""
    except Exception as error:  # noqa: BLE001  # what holds with bounds can be too large without
        return compiled.take, f"without bounds: {_reason(error)}"


def _see(compiled: Compiled, exact: Take, data: Any, texts: Sequence[bytes]) -> Seen:
    try:
        tries = [(*compiled.take(text), text) for text in texts]
        taken, accepted, text = max(tries, key=lambda one: (one[1], one[0]))
        is_exact = accepted or (exact is not compiled.take and any(exact(text)[1] for text in texts))
        return Seen(text, taken, accepted, is_exact, compiled.check(data))
    except Exception as error:  # noqa: BLE001  # a limit of the engine, or a fault in the validation
        return Seen(texts[0], fault=_reason(error))


def _reason(error: BaseException) -> str:
    kind = "" if isinstance(error, Refused) else f"{type(error).__name__}: "
    return f"{kind}{error}"[:_LONGEST_REASON]


class Child:
    """One engine in its process, started again after a crash, a timeout or too much memory."""

    def __init__(self, name: str, seconds: float) -> None:
        self.name, self.seconds = name, seconds
        self.process: BaseProcess | None = None
        self.pipe: Connection | None = None

    def measure(self, document: Any, cases: Sequence[Case]) -> Result:
        """Compile one schema and judge its instances; what goes wrong on the way is a result too."""
        pipe = self._ready()
        pipe.send((document, cases))
        result = self._receive(pipe, Result("failed"))
        if result.status in ("refused", "failed"):
            return result
        return self._receive(pipe, replace(result, seen=[Seen(texts[0]) for _, texts in cases]))

    def close(self) -> None:
        """End the process."""
        if self.process:
            self.process.kill()
            self.process.join()
        self.process = None

    def _ready(self) -> Connection:
        if self.process and (not self.process.is_alive() or self._memory() > _IDLE_MEMORY):
            self.close()
        if not self.process:
            context = multiprocessing.get_context("spawn")
            self.pipe, theirs = context.Pipe()
            self.process = context.Process(target=serve, args=(theirs, self.name, self.seconds), daemon=True)
            self.process.start()
            theirs.close()
            try:
                ready = self.pipe.poll(_START) and self.pipe.recv()
            except EOFError:
                ready = False
            if not ready:
                sys.exit(f"{self.name} does not start")
        assert self.pipe
        return self.pipe

    def _receive(self, pipe: Connection, failed: Result) -> Result:
        """The next message, or the failed result with the reason."""
        until = time.monotonic() + self.seconds
        why = ""
        while not why and not pipe.poll(_POLL):
            if self._memory() > MEMORY:
                why = f"over {MEMORY >> 30} GB"
            elif time.monotonic() > until:
                why = f"over {self.seconds:g} s"
        try:
            if not why:
                result: Result = pipe.recv()
                return result
        except EOFError:
            assert self.process
            self.process.join(1)
            why = f"crash (exit status {self.process.exitcode})"
        self.close()
        return replace(failed, why=why, seen=[one._replace(fault=why) for one in failed.seen])

    def _memory(self) -> int:
        """Bytes of the child in memory; 0 on systems without /proc, where only the clock guards."""
        assert self.process
        try:
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1])
        except (OSError, IndexError):
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE")
