"""JSON Schema → llguidance grammar, and a report of what the grammar cannot hold.

llguidance refuses what it does not implement, and llama.cpp then generates without any grammar and says
nothing. So every schema is lowered here to what the embedded version implements, each step is reported, and
the result is compiled once in this process before any token is spent.

Reading order: `compile_schema`, `_Lowering.node` and its helpers, `clip`.
Grammar format: https://github.com/guidance-ai/llguidance, docs/syntax.md and docs/json_schema.md (1.0.1).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from jsonschema.exceptions import ValidationError as BoundError
from jsonschema.validators import extend

from extractor.errors import SchemaError
from extractor.schema import Validator, pointer, resolve
from extractor.text import clip as clip_text
from extractor.types import Problem, Schema

# One layout, so that a small model cannot loop on white space; with the blanks that json.dumps and nearly all JSON
# in the world have: without them a model's own next token (` "`) is masked, and the one that it takes instead
# begins the value with debris (`":`, `># `).
LAYOUT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}

# Our own size bounds, so that a small model that loops ends its value instead of filling the token limit.
# The user's bounds replace them. Characters, items (of dictionaries too), characters of a key, magnitude.
TEXT_BOUND = 1_000
LIST_BOUND = 64
KEY_BOUND = 80
NUMBER_BOUND = 10**15

# Where a bound bites, the model squeezes in whatever token still fits, in mid-word. So the grammar leaves this
# many characters of slack beyond the bound, and `clip` cuts back to the last sentence or word.
SLACK = 32
# A user's bound below this many characters is a code (ISO country, plate number), not prose: it is kept hard.
SHORTEST_PROSE = 40

MAX_NODES = 20_000
MAX_DEPTH = 48
_SHORT = 60  # characters of a keyword's value in a message

# Keywords that say nothing about validity, keywords that llguidance implements as they are, and formats.
_ANNOTATIONS = frozenset(
    """title description default examples $comment deprecated readOnly writeOnly $schema $id discriminator
    contentMediaType contentEncoding""".split()  # noqa: SIM905
)
_KEPT = frozenset(
    """type enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength
    minItems maxItems minProperties maxProperties required $ref""".split()  # noqa: SIM905
)
# The formats that llguidance implements, with the longest text that makes sense in each: P1234… could go on for ever.
_FORMATS = {
    "date-time": 35,
    "time": 20,
    "date": 10,
    "duration": 30,
    "email": 254,
    "hostname": 253,
    "ipv4": 15,
    "ipv6": 45,
    "uuid": 36,
}
_MAPS = frozenset(("properties", "patternProperties", "$defs", "definitions"))
_LISTS = frozenset(("anyOf", "oneOf", "allOf", "prefixItems"))
_NODES = frozenset(("items", "additionalProperties"))


@dataclass(frozen=True, slots=True)
class Grammar:
    """A grammar that has been compiled once by the embedded version of llguidance.

    `checked_after` lists, by pointer into the schema, what the decoder does not hold and validation checks.
    """

    text: str
    lowered: Mapping[str, Any]
    checked_after: tuple[Problem, ...]


@lru_cache(maxsize=32)
def compile_schema(schema: Schema) -> Grammar:
    """Lower a schema and compile it; raises `SchemaError` with pointer and keyword where that is impossible."""
    lowering = _Lowering(schema.json_schema)
    lowered = lowering.node(dict(schema.json_schema), ())
    guided = {**lowered, "x-guidance": LAYOUT}
    text = f"%llguidance {{}}\nstart: %json {json.dumps(guided, ensure_ascii=False)}\n"
    if fault := check(text):
        raise SchemaError(
            f"{schema.name}: the decoder cannot hold this schema: {fault}",
            hint="remove the keyword from the schema, or check it in a Pydantic validator",
        )
    return Grammar(text, lowered, tuple(lowering.checked_after))


def check(grammar: str) -> str | None:
    """Compile a grammar with the embedded version of llguidance: None, or what it has against it (one line)."""
    from llguidance import LLMatcher  # a compiled library, needed by few commands

    fault: str = LLMatcher.validate_grammar(grammar)
    return fault.strip().partition("\n")[0] or None


def clip(data: Any, grammar: Grammar) -> tuple[Any, dict[str, str]]:
    """Cut every string that went into its slack back to a sentence or word, in place; says where it did.

    `data` is a decoded answer of this grammar. Returns the data and notes by pointer.
    """
    notes: dict[str, str] = {}
    for error in list(_innermost(_Bounds(grammar.lowered).iter_errors(data))):
        if error.validator not in _OWN:
            continue
        path = list(error.absolute_path)
        if error.validator == "x-clip":
            least = cast(dict[str, Any], error.schema).get("minLength", 0)
            data = _put(data, path, clip_text(str(error.instance), cast(int, error.validator_value), least))
        notes[pointer(path)] = error.message
    return data, notes


Path = tuple[str | int, ...]


@dataclass(slots=True)
class _Lowering:
    """One walk over a schema. `path` is the place in the schema, as a pointer's parts."""

    root: Mapping[str, Any]
    checked_after: list[Problem] = field(default_factory=list)
    nodes: int = 0

    def node(self, node: Any, path: Path, *, whole: bool = True) -> Any:
        """Lower one node; not `whole` is one that describes a part of an object, and leaves room for others."""
        self._guard(path)
        if not isinstance(node, dict):
            return node
        whole = whole and not ("allOf" in node or ("properties" in node and node.keys() & {"anyOf", "oneOf"}))
        lowered = dict(self._keywords(node, path, whole=whole))
        if lowered.get("type") == "object" or "properties" in lowered:
            self._ask_for_empty(lowered)
            if whole and lowered.get("properties"):
                lowered.setdefault("additionalProperties", False)
        return _bound(lowered, shaped="pattern" in node or "format" in node)

    def _guard(self, path: Path) -> None:
        self.nodes += 1
        if len(path) > MAX_DEPTH * 2 or self.nodes > MAX_NODES:
            what = f"deeper than {MAX_DEPTH} levels" if len(path) > MAX_DEPTH * 2 else f"larger than {MAX_NODES} nodes"
            raise SchemaError(f"the schema is {what}", hint=f"it starts at {pointer(path[:6])}…; split the schema")

    def _keywords(self, node: dict[str, Any], path: Path, *, whole: bool) -> Iterator[tuple[str, Any]]:
        for key, value in node.items():
            here = (*path, key)
            if key in ("enum", "const") and any(map(_is_endangered, value if key == "enum" else [value])):
                self._after(here, "a long text with quotes or line breaks in it is not held by the decoder")
                yield "anyOf", _loosened(value if key == "enum" else [value])
            elif key == "type" and ("enum" in node or "const" in node):
                continue  # the values say it
            elif key in _KEPT or (key == "format" and value in _FORMATS) or (key == "pattern" and _is_held(value)):
                yield key, value
            elif key in _MAPS:
                yield key, {name: self.node(child, (*here, name)) for name, child in value.items()}
            elif key in _LISTS:
                part = key != "prefixItems" and not whole
                branches = [self.node(child, (*here, at), whole=not part) for at, child in enumerate(value)]
                yield "anyOf" if key == "oneOf" else key, branches
                if key == "oneOf" and "discriminator" not in node:
                    self._after(here, "oneOf is decoded as anyOf")
            elif key in _NODES:
                yield key, self.node(value, here)
            elif key not in _ANNOTATIONS:
                self._after(here, f"{key} {_short(value)} is not held by the decoder")

    def _after(self, path: Path, why: str) -> None:
        self.checked_after.append(Problem(pointer(path), why))

    def _ask_for_empty(self, node: dict[str, Any]) -> None:
        """Require each property that can be left empty: the model then says "null" instead of silently skipping it."""
        properties, required = node.get("properties", {}), node.get("required", [])
        asked = [name for name, child in properties.items() if name in required or self._may_be_empty(child, ())]
        if asked:
            node["required"] = asked + [name for name in required if name not in properties]

    def _may_be_empty(self, node: Any, seen: tuple[str, ...]) -> bool:
        """Whether null or an empty list is a value of a lowered node."""
        if not isinstance(node, dict):
            return False
        if "$ref" in node and node["$ref"] not in seen:
            target = resolve(self.root, node["$ref"])
            return self._may_be_empty(target, (*seen, node["$ref"]))
        if "const" in node or "enum" in node:
            return None in (node["enum"] if "enum" in node else [node["const"]])
        kinds = node.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        empty = "null" in kinds or ("array" in kinds and not node.get("minItems"))
        return empty or any(self._may_be_empty(branch, seen) for branch in node.get("anyOf") or node.get("oneOf") or ())


# llguidance 1.0.1 cuts string literals of more than 31 bytes short at an escaped character (its issues 218 and
# 326), in patterns too. A value that it cannot write must not be the only one that it may write.
_LONGEST_LITERAL = 31


def _is_endangered(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_is_endangered, [*value, *value.values()] if isinstance(value, dict) else value))
    literal = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else ""
    return len(literal.encode()) > _LONGEST_LITERAL and "\\" in literal


def _loosened(values: list[Any]) -> list[dict[str, Any]]:
    """Any text or structure in the place of the endangered ones, and the others as they are."""
    others = [value for value in values if not _is_endangered(value)]
    kinds = {"string" if isinstance(value, str) else "object" if isinstance(value, dict) else "array"
             for value in values if _is_endangered(value)}  # fmt: skip
    loose = [_bound({"type": kind}, shaped=True) for kind in sorted(kinds)]
    return [*loose, *([{"enum": others}] if others else [])]


def _is_held(pattern: str) -> bool:
    """Whether llguidance takes a regular expression; it refuses look-around, say."""
    return not check("%llguidance {}\nstart: %json " + json.dumps({"type": "string", "pattern": pattern}))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


def _bound(node: dict[str, Any], *, shaped: bool) -> dict[str, Any]:
    """Put our own size bounds where the user has none; `shaped` text follows a pattern or format of the user."""
    if "enum" in node or "const" in node:
        return node
    kind = node.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "string" in kinds:
        node = _bound_string(node, shaped=shaped)
    if "array" in kinds and "maxItems" not in node:
        limit = max(LIST_BOUND, node.get("minItems", 0))
        node = {**node, "maxItems": limit, "x-stop": limit}
    if "integer" in kinds or "number" in kinds:
        node = _bound_number(node)
    if "object" in kinds and "properties" not in node:
        node = _bound_dictionary(node)
    return node


def _bound_string(node: dict[str, Any], *, shaped: bool) -> dict[str, Any]:
    """`x-clip` is the length that `clip` cuts back to; a shape (pattern, format) cannot be cut, so it has none."""
    limit = node.get("maxLength", max(_FORMATS.get(node.get("format", ""), TEXT_BOUND), node.get("minLength", 0)))
    if shaped:
        return {**node, "maxLength": limit}
    if "maxLength" in node and limit < SHORTEST_PROSE:
        return node
    return {**node, "maxLength": limit + SLACK, "x-clip": limit}


def _bound_dictionary(node: dict[str, Any]) -> dict[str, Any]:
    """An object with free keys: their number and their length."""
    if "maxProperties" not in node:
        limit = max(LIST_BOUND, node.get("minProperties", 0))
        node = {**node, "maxProperties": limit, "x-stop": limit}
    values = node.get("additionalProperties", {})
    if "patternProperties" not in node and values is not False:
        keys = f"^.{{0,{KEY_BOUND}}}$"
        node = {**node, "patternProperties": {keys: {} if values is True else values}, "additionalProperties": False}
    return node


def _bound_number(node: dict[str, Any]) -> dict[str, Any]:
    """Whole digits only: llguidance has no sound way to bound the fraction, there the token limit holds."""
    least = node.get("minimum", node.get("exclusiveMinimum"))
    most = node.get("maximum", node.get("exclusiveMaximum"))
    sides = {}
    if least is None and (most is None or most > -NUMBER_BOUND):
        sides["minimum"] = -NUMBER_BOUND
    if most is None and (least is None or least < NUMBER_BOUND):
        sides["maximum"] = NUMBER_BOUND
    return {**node, **sides}


def _x_clip(_: Any, limit: int, value: Any, __: Any) -> Iterator[BoundError]:
    if isinstance(value, str) and len(value) > limit:
        yield BoundError(f"cut at {limit} characters")


def _x_stop(_: Any, limit: int, value: Any, __: Any) -> Iterator[BoundError]:
    if isinstance(value, list | dict) and len(value) >= limit:
        yield BoundError(f"stopped at {limit} items, our own bound; max_length in the schema replaces it")


# jsonschema walks unions and references for us: to find the strings and lists that reached a bound is to
# validate against the two keywords that `_bound` leaves in the lowered schema.
_OWN = ("x-clip", "x-stop")
_Bounds = extend(  # type: ignore[no-untyped-call]
    Validator, {"x-clip": _x_clip, "x-stop": _x_stop}
)


def _innermost(errors: Iterable[BoundError]) -> Iterator[BoundError]:
    """The reached bounds, of a union those of the branch that has nothing else against the value."""
    for error in errors:
        if not error.context:
            yield error
            continue
        branches: dict[object, list[BoundError]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).extend(_innermost([inner]))
        fitting = [found for found in branches.values() if all(one.validator in _OWN for one in found)]
        yield from fitting[0] if fitting else [error]


def _put(data: Any, path: Sequence[str | int], value: Any) -> Any:
    """Replace the value at a path, in place: ({'a': [1]}, ['a', 0], 2) → {'a': [2]}."""
    if not path:
        return value
    parent = data
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = value
    return data
