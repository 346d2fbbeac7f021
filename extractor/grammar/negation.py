"""`not`, where it can be said without it, and the keywords that hide one: if/then/else, dependentRequired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extractor.dialect.keywords import ANNOTATIONS
from extractor.grammar.shapes import KINDS, Place, kinds_of

# In the path of a subschema that stands nowhere in the schema: what comes before is the keyword that it stands for.
# Half of a character, which no JSON text can hold.
MADE = "\ud800"

# Ours: the kinds of value, as `type`, but with `number` in its halves.
ONLY = f"{MADE}kinds"


def negate(node: Any) -> list[Any] | None:
    """What a value satisfies that does not satisfy a schema: one of these; None where that cannot be said.

    {'required': ['a']} → [{'type': 'object', 'properties': {'a': False}}]
    """
    if isinstance(node, bool):
        return [] if node else [True]
    said = {keyword: value for keyword, value in node.items() if keyword not in ANNOTATIONS}
    if not said:
        return []
    if len(said) == 1:
        keyword, value = next(iter(said.items()))
        if keyword == "not":
            return [value]
        if keyword == "anyOf":
            return [{"allOf": [{"not": branch} for branch in value]}]
        if keyword == "allOf":
            return [{"not": branch} for branch in value]
    return _negate_object(said) if said.keys() <= {"type", "properties", "required"} else None


def _negate_object(said: Mapping[str, Any]) -> list[Any]:
    """Another type, or a property that is missing or is something else."""
    others = [kind for kind in KINDS if "type" in said and kind not in kinds_of(said["type"])]
    missing = [{"type": "object", "properties": {name: False}} for name in said.get("required", ())]
    wrong = [
        {"type": "object", "properties": {name: {"not": child}}, "required": [name]}
        for name, child in said.get("properties", {}).items()
        if child is not True
    ]
    return [*([{ONLY: others}] if others else []), *missing, *wrong]


def cases_of_if(place: Place) -> list[tuple[Place, ...]]:
    """`if`/`then`/`else` as alternatives: it holds, with `then`; or it does not, with `else`."""
    outcome = {key: place.child(key) for key in ("if", "then", "else") if key in place.node}
    condition = outcome["if"]
    fails = Place(f"{condition.path}{MADE}not", {"not": condition.node})
    return [
        (condition, *(outcome[key] for key in ("then",) if key in outcome)),
        (fails, *(outcome[key] for key in ("else",) if key in outcome)),
    ]


def cases_of_dependence(place: Place, keyword: str, name: str) -> list[tuple[Place, ...]]:
    """A property is missing, or something follows: `dependentRequired` and `dependentSchemas`."""
    then = place.child(keyword, name)
    required = {"required": [name, *(then.node if isinstance(then.node, list) else ())]}
    follows = () if isinstance(then.node, list) else (then,)
    return [
        (Place(f"{then.path}{MADE}without", {"properties": {name: False}}),),
        (Place(f"{then.path}{MADE}with", required), *follows),
    ]
