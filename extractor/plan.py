"""What a record depends on beside its text: two runs with one plan would ask the same of each document.

Not in it: the name of a source, how many documents are under way at once, timeouts and budgets.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from pydantic import TypeAdapter

from extractor.options import Options
from extractor.pipeline import VERSION
from extractor.types import Schema


@dataclass(frozen=True)
class Plan:
    """How documents are asked about; `facts` are short enough to be shown, long ones are there as a digest.

    `schema` and `engine` are what people call them.
    """

    facts: Mapping[str, Any]
    schema: str
    engine: str

    @cached_property
    def digest(self) -> str:
        """sha256 (hex) of all of it."""
        return _sha256(json.dumps(self.facts, sort_keys=True, ensure_ascii=False))


def plan_of(schema: Schema, options: Options, model: str, engine: str) -> Plan:
    """The plan of a run; `model` is the hash of the weights or what a server calls its model, `engine` its id."""
    style = asdict(options.style)
    told = schema.instruction if style["instruction"] is None else style["instruction"]
    examples = [[one.text, one.value] for one in schema.examples]
    return Plan(
        {
            "pipeline": VERSION,
            "schema": f"{schema.name}@{schema.digest}",
            "code": _code(schema.model) if schema.model is not None else "",
            "model": model,
            "mode": options.mode or "auto",
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "seed": options.seed,
            "retries": options.retries,
            "think": options.think,
            "ground": options.ground,
            "strategy": options.strategy,
            "chunk_tokens": options.chunk_tokens,
            "context_tokens": options.context_tokens,
            "passes": options.passes,
            **({"probs": True} if options.probs else {}),  # a ledger from before it was there stays good
            **({} if options.prior is None else {"prior": options.prior}),
            "style": style | {"instruction": _sha256(told) if told else ""},
            "examples": _sha256(json.dumps(examples, ensure_ascii=False)) if examples else "",
        },
        schema.id,
        engine,
    )


def text_digest(text: str) -> bytes:
    """sha256 of a document's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _code(model: Any) -> str:
    """A digest of the modules that a user's classes and validators are written in, whatever their comments.

    The JSON Schema of a class does not show what its validators do. Installed packages are left out.
    """
    try:
        found = TypeAdapter(model).core_schema
    except Exception:  # noqa: BLE001  # it was loaded, so its digest is all there is to know
        return ""
    modules = [sys.modules[name] for name in {*_modules(found)} if _is_own(sys.modules.get(name))]
    return _sha256("\n".join(sorted(map(_written, modules))))


def _modules(node: Any) -> Iterator[str]:
    """The names of the modules of all classes and functions in a core schema."""
    seen: set[int] = set()
    stack = [node]
    while stack:
        inner = stack.pop()
        if isinstance(inner, type | FunctionType):
            yield inner.__module__
        elif isinstance(inner, dict | list | tuple) and id(inner) not in seen:
            seen.add(id(inner))
            stack += inner.values() if isinstance(inner, dict) else inner


def _is_own(module: ModuleType | None) -> bool:
    """Whether a module is the user's: with a file outside of what is installed."""
    file = getattr(module, "__file__", None)
    if not file:
        return False
    path = Path(file).resolve()
    return not any(path.is_relative_to(Path(folder).resolve()) for folder in _installed())


def _installed() -> Iterator[str]:
    paths = sysconfig.get_paths()
    yield from (paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def _written(module: ModuleType) -> str:
    """The code of a module without comments and layout."""
    try:
        return ast.dump(ast.parse(inspect.getsource(module)))
    except (OSError, TypeError, SyntaxError, ValueError, RecursionError):
        return module.__name__
