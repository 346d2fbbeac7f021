"""Choosing between schemas: a tagged union, `{"tool": NAME, "arguments": …}`, that is a schema like any other.

So a choice works in every mode and with every engine. The tag comes first: what follows is held to the arguments of
the one that is chosen. `x-one-of` at the union says that it is a choice, and how it is to be treated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, Literal, Union

from pydantic import Field, PlainSerializer, TypeAdapter, WrapValidator, create_model

from extractor.errors import SchemaError
from extractor.loosening import NULL, Place, loosened
from extractor.marks import ONE_OF
from extractor.pointers import behind, reference, resolve
from extractor.schema import SchemaSpec, digest, load, relocated
from extractor.scopes import Scopes, scopes_of
from extractor.types import SHOWN_TOKENS, Extraction, Schema

TAG, INPUT, REASON, MISSING = "tool", "arguments", "reason", "missing"

TAGS = ["name", "function", "function_name", "tool_name"]  # that models write for it
_INPUTS = ["parameters", "args", "input", "params"]
_LONGEST_REASON = 300  # characters
_MOST_CALLS = 20  # that one text asks for


@dataclass(frozen=True, slots=True)
class Alternative:
    """One that can be chosen: a name, what it is for, and the JSON Schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a schema lets choose between, as it says itself."""

    alternatives: Sequence[Alternative]
    is_many: bool
    allows_none: bool
    asks: Mapping[str, Sequence[str]]  # by name, the arguments that may be asked for
    for_query: bool  # the text is what a user asks for
    shown_tokens: int

    @property
    def names(self) -> Sequence[str]:
        """Those that can be chosen."""
        return [one.name for one in self.alternatives]


def one_of(
    schemas: Iterable[SchemaSpec] | Mapping[str, SchemaSpec],
    *,
    many: bool = False,
    allow_none: bool = False,
    ask: bool = False,
    for_query: bool = False,
    shown_tokens: int = SHOWN_TOKENS,
) -> Schema:
    """The schema of a choice between schemas: {"tool": the name of one, "arguments": a record of it}.

    Names are those of a mapping, else of the schemas. With `many` it is a list of such choices, in order. With
    `allow_none` a choice may be {"tool": null, "reason": …}. With `ask` an argument that is not stated is null, of
    which `settled` makes {"tool": …, "arguments": …, "missing": {argument: its description}}. With `for_query` the text
    is what a user asks for, and the schemas are those of tools. Where the descriptions take more than `shown_tokens`, a
    model is shown those that are nearest to the text. Raises `SchemaError` for none, and for two of one name.
    """
    if not isinstance(schemas, Iterable) or isinstance(schemas, str | type):
        raise SchemaError(f"one_of() takes a list of schemas, not {schemas!r:.60}", hint="one_of([Event, Product])")
    names = schemas if isinstance(schemas, Mapping) else ()
    if stranger := next((name for name in names if not isinstance(name, str)), None):
        raise SchemaError(f"one_of(): {stranger!r:.60} is no name", hint="the keys are names: {'event': Event}")
    given = schemas.items() if isinstance(schemas, Mapping) else ((None, spec) for spec in schemas)
    pairs = [(name or schema.name, schema) for name, schema in ((name, load(spec)) for name, spec in given)]
    if not pairs:
        raise SchemaError("nothing to choose from", hint="name at least one")
    loaded = dict(pairs)
    if double := next((name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at])), None):
        raise SchemaError(f"two of them are called {double!r}", hint="each needs a name of its own")
    asked = {name: _unstated(schema) if ask else () for name, schema in loaded.items()}
    open_ = {name: [*arguments] for name, arguments in asked.items() if arguments}
    union = {
        "oneOf": [*(_branch(name, schema) for name, schema in loaded.items()), *([_NONE] if allow_none else [])],
        ONE_OF: {"within": shown_tokens, "asks": open_, "query": for_query},
    }
    root = {"type": "array", "items": union, "minItems": 1, "maxItems": _MOST_CALLS} if many else union
    definitions = {name: _inputs(name, _lenient(schema) if ask else schema) for name, schema in loaded.items()}
    inner = {**root, "$defs": definitions}
    model = _model(loaded, asked, allow_none=allow_none)
    return Schema("Calls" if many else "Call", inner, digest(inner), list[model] if many and model else model)  # type: ignore[valid-type]


_NONE: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        TAG: {"type": "null", "description": "where none of the others does what is asked for"},
        REASON: {"type": "string", "maxLength": _LONGEST_REASON},
    },
    "required": [TAG, REASON],
    "additionalProperties": False,
}


def _branch(name: str, schema: Schema) -> dict[str, Any]:
    """One alternative: its name, then its arguments."""
    about = _root(schema).get("description")
    return {
        "type": "object",
        **({"description": about} if about else {}),
        "properties": {
            TAG: {"const": name, "x-alias": TAGS},
            INPUT: {"$ref": reference("$defs", name), "x-alias": _INPUTS},
        },
        "required": [TAG, INPUT],
        "additionalProperties": False,
    }


def _inputs(name: str, schema: Schema) -> dict[str, Any]:
    """The schema of the arguments where it stands in the whole; its description is that of the alternative."""
    inner = relocated(schema.json_schema, reference("$defs", name))
    inner.pop("description", None)
    return inner


def _root(schema: Schema) -> Mapping[str, Any]:
    """The node that describes a record, behind references."""
    return behind(schema.json_schema, schema.json_schema)


def _unstated(schema: Schema) -> Sequence[str]:
    """The arguments that a call needs, and that a text may leave open: those that are required and cannot be null."""
    root, scopes = _root(schema), scopes_of(schema)
    fields, required = root.get("properties", {}), root.get("required", ())
    return [name for name in fields if name in required and "null" not in scopes.of((fields[name],)).kinds]


def _lenient(schema: Schema) -> Schema:
    """The schema with arguments that may be null, as they may not be stated."""
    names, root = _unstated(schema), _root(schema)
    definitions = {"$defs": schema.json_schema["$defs"]} if "$defs" in schema.json_schema else {}
    flat = {**root, **definitions}  # what is inside of such a record, as of a tree, stays as it is

    def lenient(scopes: Scopes, node: Mapping[str, Any], _: Place) -> Mapping[str, Sequence[Any]]:
        return dict.fromkeys(names, (NULL,)) if node is scopes.nodes[0] else {}

    return loosened(replace(schema, json_schema=flat, digest=digest(flat)), lenient)


# --- the types of the arguments ------------------------------------------------------------------------------


def _model(schemas: Mapping[str, Schema], asked: Mapping[str, Collection[str]], *, allow_none: bool) -> Any:
    """The Python type of a choice, where a schema has a type: the arguments are instances of it."""
    if all(schema.model is None for schema in schemas.values()):
        return None
    models = [_call_type(Literal[name], INPUT, _argument_type(schema, asked[name])) for name, schema in schemas.items()]
    union: Any = Union[(*models, *([_call_type(Literal[None], REASON, str)] if allow_none else []))]  # noqa: PYI061  # a tag is one
    return Annotated[union, Field(discriminator=TAG)] if len(models) + allow_none > 1 else union


def _call_type(tag: Any, field: str, type_: Any) -> Any:
    made: Any = create_model  # whose fields have names that are known only now
    return made("Call", **{TAG: (tag, ...), field: (type_, ...)})


def _argument_type(schema: Schema, asked: Collection[str]) -> Any:
    """The user's type, whose defaults are not written; of arguments that lack something none is made."""
    if schema.model is None:
        return Any
    adapter = TypeAdapter(schema.model)

    def is_open(value: Any) -> bool:
        return isinstance(value, Mapping) and any(name in value and value[name] is None for name in asked)

    def make(value: Any, handler: Any) -> Any:
        return value if is_open(value) else handler(value)

    def write(value: Any, info: Any) -> Any:
        return (
            value if is_open(value) else adapter.dump_python(value, mode=info.mode, by_alias=True, exclude_unset=True)
        )

    return Annotated[schema.model, WrapValidator(make), PlainSerializer(write)]


# --- what a schema says of itself ----------------------------------------------------------------------------


@lru_cache(maxsize=64)
def choice_of(schema: Schema) -> Choice | None:
    """What a schema lets choose between; None where it is no choice."""
    root = schema.json_schema
    union = root if ONE_OF in root else root.get("items")
    if not isinstance(union, Mapping) or ONE_OF not in union:
        return None
    try:
        return _choice(root, union)
    except (KeyError, TypeError, AttributeError) as error:
        hint = "leave it out: it is what one_of() writes, about what stands beside it"
        raise SchemaError(f"{ONE_OF}: {schema.name} is no choice", hint=hint) from error


def _choice(root: Mapping[str, Any], union: Mapping[str, Any]) -> Choice:
    calls = [branch for branch in union["oneOf"] if "const" in branch["properties"][TAG]]
    known = union[ONE_OF]
    return Choice(
        [_alternative(root, branch) for branch in calls],
        is_many=union is not root,
        allows_none=len(calls) < len(union["oneOf"]),
        asks=known["asks"],
        for_query=known["query"],
        shown_tokens=known["within"],
    )


def _alternative(root: Mapping[str, Any], branch: Mapping[str, Any]) -> Alternative:
    parameters = resolve(root, branch["properties"][INPUT]["$ref"])
    if (record := behind(root, parameters)) is not parameters:  # of a class that has itself in it
        parameters = {"$defs": parameters.get("$defs", {}), **record}
    return Alternative(branch["properties"][TAG]["const"], branch.get("description", ""), parameters)


def alone(schema: Schema, name: str) -> Schema:
    """The arguments of one alternative as a schema of their own, without the definitions of the others."""
    inner = {"$ref": reference("$defs", name), "$defs": {name: schema.json_schema["$defs"][name]}}
    return Schema(name, inner, digest(inner))


def among(schema: Schema, names: Collection[str]) -> Schema:
    """The choice between some of the alternatives only."""
    root = dict(schema.json_schema)
    union = dict(root if ONE_OF in root else root["items"])
    kept = {*names, None}
    union["oneOf"] = [one for one in union["oneOf"] if one["properties"][TAG].get("const") in kept]
    definitions = {name: inner for name, inner in root["$defs"].items() if name in kept}
    inner = {**(union if ONE_OF in root else {**root, "items": union}), "$defs": definitions}
    return replace(schema, json_schema=inner, digest=digest(inner))


def settled(schema: Schema, record: Extraction) -> Extraction:
    """A record whose calls say what is `missing`, rather than that it is null."""
    choice = choice_of(schema)
    if choice is None or not choice.asks or record.data is None:
        return record
    data = [_settled(choice, call) for call in record.data] if choice.is_many else _settled(choice, record.data)
    return replace(record, data=data)


def _settled(choice: Choice, call: Mapping[str, Any]) -> Mapping[str, Any]:
    open_ = [name for name in choice.asks.get(call[TAG], ()) if call[INPUT].get(name) is None]
    if not open_:
        return call
    fields = next(one for one in choice.alternatives if one.name == call[TAG]).parameters["properties"]
    stated = {name: value for name, value in call[INPUT].items() if name not in open_}
    return {TAG: call[TAG], INPUT: stated, MISSING: {name: fields[name].get("description", "") for name in open_}}
