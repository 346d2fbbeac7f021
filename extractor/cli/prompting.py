"""The work of `extract prompt`: what a model would get, without asking it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from extractor.cli.terminal import plain
from extractor.engines import RemoteEngine, Session
from extractor.errors import SchemaError
from extractor.lines import to_json
from extractor.long import question_of
from extractor.options import Options
from extractor.prompt import as_text
from extractor.requests import build_request, estimate_request, of_engine
from extractor.strict import to_strict
from extractor.types import Document, Engine, Mode, Request, Schema


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request about a document, with the grammar or the JSON Schema that is sent beside its messages.

    Of a long document it is one of several `questions`. `modes` are several where only the answers of an endpoint show
    which of them it honours; then the request is that of mode `prompt`, of which all have the messages. `tokens` is
    None where nobody here counts them.
    """

    request: Request
    modes: tuple[Mode, ...]
    tokens: int | None
    questions: int = 1

    @property
    def mode(self) -> Mode | None:
        """The mode that a run would take, where that is known without asking."""
        return self.modes[0] if len(self.modes) == 1 else None


async def prepare(session: Session, document: Document, schema: Schema, options: Options, question: int = 1) -> Prompt:
    """What a run would ask first, or as another question about a long text; an endpoint is asked for nothing."""
    wanted = options.mode or ("prompt" if options.fitting == ("prompt",) else None)
    try:
        document, schema, options, questions = await question_of(document, schema, session, options, question)
        modes = (of_engine(session, wanted),) if wanted else _possible(session.engine, schema, options.fitting)
        request = build_request(document, schema, options, modes[0] if len(modes) == 1 else "prompt")
        is_chat = request.form == "chat"  # nobody counts the tokens of a text
        tokens = await session.count_tokens(request.messages) if is_chat else None
        return Prompt(_as_sent(request, session), modes, tokens, questions)
    finally:
        await session.aclose()


def _possible(engine: Engine, schema: Schema, fitting: tuple[Mode, ...]) -> tuple[Mode, ...]:
    """The modes that a run may take, strongest first: several where which is honoured is found by asking."""
    offered = getattr(engine, "candidates", engine.modes)
    modes = [mode for mode in offered if mode in fitting and _can_say(mode, schema)]
    return (*modes,) if modes and hasattr(engine, "honoured") else (modes[0] if modes else "prompt",)


def _can_say(mode: Mode, schema: Schema) -> bool:
    """Whether a schema can be put in the form of a mode."""
    try:
        return mode not in ("json_schema", "tools") or bool(to_strict(schema))
    except SchemaError:
        return False


def _as_sent(request: Request, session: Session) -> Request:
    """A request with either the grammar or the schema in it: vLLM gets the schema, from which it makes its own."""
    is_by_schema = isinstance(session.engine, RemoteEngine) and session.engine.chat.server == "vllm"
    if request.grammar is None:
        return request
    return replace(request, grammar=None) if is_by_schema else replace(request, json_schema=None)


def print_prompt(prompt: Prompt, *, as_json: bool) -> None:
    """Print what goes to the model, for people or as JSON."""
    request = prompt.request
    turns = [asdict(message) for message in request.messages]
    if as_json:
        held: dict[str, Any] = {"grammar": request.grammar, "json_schema": request.json_schema}
        held |= {"functions": [asdict(one) for one in request.functions]} if request.functions else {}
        said = {"messages": turns} if request.form == "chat" else {"prompt": as_text(request.messages)}
        told = {**said, "mode": prompt.mode, "modes": prompt.modes, **held, "input_tokens": prompt.tokens}
        print(to_json({**told, "questions": prompt.questions}, indent=2))
        return
    if request.form == "completion":
        print(f"--- text\n{plain(as_text(request.messages))}\n")
    for turn in turns if request.form == "chat" else ():
        print(f"--- {turn['role']}\n{plain(turn['content'])}\n")
    print(f"--- mode\n{prompt.mode or _spell_choice(prompt.modes)}\n")
    if request.grammar is not None:
        print(f"--- grammar\n{plain(request.grammar)}")
    elif request.functions:
        print(f"--- functions\n{plain(to_json([asdict(one) for one in request.functions], indent=2))}\n")
    elif request.json_schema is not None:
        print(f"--- schema\n{plain(to_json(request.json_schema, indent=2))}\n")
    about = estimate_request(request)
    print(f"--- tokens\n{f'about {about}, by estimate' if prompt.tokens is None else prompt.tokens}")


def _spell_choice(modes: tuple[Mode, ...]) -> str:
    return f"the first of {', '.join(modes)} that the endpoint honours; --mode shows what goes with one of them"
