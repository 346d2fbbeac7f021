"""States and shapes → the JSON Schema that llguidance reads: no references but to whole states, no `allOf`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from extractor.grammar.bounds import Bounds, bound_dictionary, bound_list, bound_number, bound_text
from extractor.grammar.holding import Holding, text_node
from extractor.grammar.shapes import (
    ANY,
    ANYTHING,
    KINDS,
    RANGE,
    Shape,
    State,
    has_room,
    is_beyond,
    is_cut,
    steps_of,
    verbatim,
)
from extractor.marks import VERBATIM
from extractor.patterns import literal

MOST_SIZED = 200  # states; in a larger schema our own sizes cost more time than the rest
_DEEPEST_INLINE = 12  # levels; serde_json reads 128 of text
_MOST_CHOICES = 40  # properties of which at least one is required: the grammar grows with their square


@dataclass(slots=True)
class Writer:
    """Writes the states that an answer can get to; those that are used more than once become definitions."""

    holding: Holding
    bounds: Bounds | None
    sizes: Bounds | None = field(init=False)
    uses: Counter[int] = field(default_factory=Counter)
    names: dict[int, str] = field(default_factory=dict)
    waiting: list[State] = field(default_factory=list)
    definitions: dict[str, Any] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)  # names of definitions by what they say
    verbatim: set[int] = field(default_factory=set)  # ids of states that lead to a verbatim text

    def __post_init__(self) -> None:
        self.sizes = self.bounds if self.bounds and self.bounds.is_sized else None

    def write(self, start: State) -> dict[str, Any]:
        """The whole grammar's schema."""
        self._count(start)
        if len(self.uses) > MOST_SIZED:
            self.sizes = None
        self.verbatim = verbatim(start)
        lowered = self.node(start, 0)
        while self.waiting:
            state = self.waiting.pop()
            self.definitions[self.names[id(state)]] = self._union(state, 1)
        return {**lowered, **({"$defs": self.definitions} if self.definitions else {})}

    def _count(self, start: State) -> None:
        todo = [start]
        while todo:
            state = todo.pop()
            self.uses[id(state)] += 1
            if self.uses[id(state)] == 1:
                todo += [child for shape in state.shapes for child in shape.children()]

    def node(self, state: State | None, depth: int) -> Any:
        """A state in its place: written out, or a reference."""
        if state is None or not state.shapes:
            return False
        if state is ANY or state is ANYTHING:
            return self._anything()
        if depth and (depth > _DEEPEST_INLINE or self.uses[id(state)] > 1) and not _is_brief(state):
            return self._reference(state)
        return self._union(state, depth)

    def _reference(self, state: State) -> dict[str, Any]:
        if id(state) not in self.names:
            self.names[id(state)] = f"s{len(self.names)}"
            self.waiting.append(state)
        return {"$ref": f"#/$defs/{self.names[id(state)]}"}

    def _anything(self, levels: int = 3) -> Any:
        """Any value; in real use of a limited depth and size."""
        if self.sizes is None:
            return {}
        scalars = [{"type": ["null", "boolean"]}, self._number({"type": "number"}), self._text(Shape())]
        name = f"any{levels}"
        if not levels or name in self.definitions:
            return {"$ref": f"#/$defs/{name}"} if levels else {"anyOf": scalars}
        inner = self._anything(levels - 1)
        nested = [
            self._once("list", bound_list({"type": "array", "items": inner}, self.sizes)),
            self._once("map", bound_dictionary({"type": "object", "additionalProperties": inner}, self.sizes)),
        ]
        self.definitions[name] = {"anyOf": [*scalars, *nested]}
        return {"$ref": f"#/$defs/{name}"}

    def _union(self, state: State, depth: int) -> dict[str, Any]:
        self._loosen(state)
        nodes = [node for shape in state.shapes for node in self._shape(shape, depth)]
        distinct = list({json.dumps(node): node for node in nodes}.values()) if len(nodes) > 1 else nodes
        return distinct[0] if len(distinct) == 1 else {"anyOf": distinct}

    def _loosen(self, state: State) -> None:
        """Where a text can be a run or of another kind, the decoder could write only one of them."""
        texts = [shape for shape in state.shapes if _is_open_text(shape)]
        if not all(shape.verbatim for shape in texts):
            for shape in texts:
                if shape.verbatim:
                    self.holding.widen(shape, VERBATIM, "beside another kind of text")
                    shape.verbatim = False

    def _shape(self, shape: Shape, depth: int) -> Iterator[dict[str, Any]]:
        if shape.values is not None:
            yield from _listed(shape.values)
            return
        kinds = self._likely(shape)
        if kinds & {"null", "boolean"}:
            yield {"type": [kind for kind in ("null", "boolean") if kind in kinds]}
        if kinds & {"integer", "fraction"}:
            yield from self._numbers(shape, "number" if "fraction" in kinds else "integer")
        if "string" in kinds:
            yield self._text(shape)
        if "array" in kinds:
            yield self._array(shape, depth)
        if "object" in kinds:
            yield self._object(shape, depth)

    def _likely(self, shape: Shape) -> set[str]:
        """Where no type was given: in real use, the one that the keywords speak of."""
        if self.bounds is None or shape.kinds != set(KINDS):
            return shape.kinds
        spoken = {kind for kind, keywords in _SPOKEN.items() for place in shape.facts if place.node.keys() & keywords}
        return {"integer", "fraction"} if spoken == {"number"} else spoken if len(spoken) == 1 else shape.kinds

    # --- kinds of value ---

    def _once(self, name: str, node: dict[str, Any]) -> dict[str, Any]:
        """A node as a definition, so that llguidance compiles it once."""
        text = json.dumps(node)
        if text not in self.known:
            self.known[text] = name if name not in self.definitions else f"{name}-{len(self.known)}"
            self.definitions[self.known[text]] = node
        return {"$ref": f"#/$defs/{self.known[text]}"}

    def _number(self, node: dict[str, Any], loose: Collection[str] = ()) -> dict[str, Any]:
        if self.sizes is None or any(keyword in loose for keyword in RANGE):
            return node
        bounded = bound_number(node, self.sizes)
        return bounded if node.keys() - {"type"} else self._once(node["type"], bounded)

    def _numbers(self, shape: Shape, kind: str) -> Iterator[dict[str, Any]]:
        """`multipleOf` of llguidance knows no negative numbers: they stand apart, without it."""
        limits = {key: shape.limits[key] for key in RANGE if key in shape.limits}
        steps = steps_of(shape.limits["multipleOf"], kind) if "multipleOf" in shape.limits else ()
        least: dict[str, Any] = {key: limits[key] for key in ("minimum", "exclusiveMinimum") if key in limits}
        most: dict[str, Any] = {key: limits[key] for key in ("maximum", "exclusiveMaximum") if key in limits}
        nodes = [limits]
        if steps and max(least.values(), default=-1) >= 0:
            nodes = [{**limits, "multipleOf": step} for step in steps]
        elif steps:
            below = {key: limit for key, limit in most.items() if limit < 0} or {"exclusiveMaximum": 0}
            nodes = [*({"minimum": 0, **most, "multipleOf": step} for step in steps), {**least, **below}]
        for node in nodes:
            if not steps or has_room("integer", node) or (kind == "number" and has_room("fraction", node)):
                yield self._number({"type": kind, **node}, shape.loose)

    def _text(self, shape: Shape) -> dict[str, Any]:
        node = text_node(shape)
        if self.sizes is not None and "minLength" not in shape.loose:
            bounded = bound_text(node, self.sizes, shape)
            several = len(shape.patterns) + bool(shape.format) > 1  # who knows what they ask for together
            node = node if "pattern" in node and self.holding.fault(bounded, doubts=several) else bounded
        if shape.verbatim:
            self._report_verbatim(shape)
            return node
        is_common = not shape.patterns and shape.limits.keys().isdisjoint(("minLength", "maxLength"))
        return self._once(shape.format or "text", node) if is_common and node.keys() != {"type"} else node

    def _report_verbatim(self, shape: Shape) -> None:
        """Of the keywords of a run, rules can hold its length."""
        for keyword in ("pattern", "format"):
            self.holding.widen(shape, keyword, "not held beside x-verbatim")

    def _array(self, shape: Shape, depth: int) -> dict[str, Any]:
        node: dict[str, Any] = {"type": "array"}
        node |= {key: shape.limits[key] for key in ("minItems", "maxItems") if key in shape.limits}
        if shape.prefix:
            node["prefixItems"] = [self.node(state, depth + 1) for state in shape.prefix]
        if shape.items is not ANYTHING or self.sizes:
            node["items"] = self.node(shape.items, depth + 1)
        if shape.unique:
            node["x-unique"] = True
        if self.sizes is None or "minItems" in shape.loose:
            return node
        return self._once("list", bound_list(node, self.sizes))

    def _object(self, shape: Shape, depth: int) -> dict[str, Any]:
        node: dict[str, Any] = {"type": "object"}
        free, required = shape.free, dict(shape.required)
        named = sum(bool(child.shapes) for child in shape.properties.values())
        if self.bounds and shape.properties and shape.limits.get("minProperties", 0) <= named:
            free = None if free is ANYTHING and not shape.keyed else free
            if "maxProperties" not in shape.limits:
                required = {n: None for n, child in shape.properties.items() if n in required or _is_emptiable(child)}
        is_closed = free is None and not shape.keyed  # then what cannot be there need not be named
        children = {name: child for name, child in shape.properties.items() if child.shapes or not is_closed}
        if shape.properties:
            node["properties"] = {name: self.node(child, depth + 1) for name, child in children.items()}
        if required:
            node["required"] = list(required)
        if shape.keyed and (shape.properties or free) and any(id(child) in self.verbatim for child in shape.children()):
            self.holding.widen(shape, "patternProperties", "beside verbatim texts a name can come twice")
        if shape.keyed:
            node["patternProperties"] = {pattern: self.node(child, depth + 1) for pattern, child in shape.keyed.items()}
        if free is not ANYTHING or (self.sizes and not shape.properties and not shape.keyed):
            node["additionalProperties"] = self.node(free, depth + 1)
        node |= self._counted(shape, node)
        return self._once("map", bound_dictionary(node, self.sizes)) if self.sizes and not shape.properties else node

    def _counted(self, shape: Shape, node: dict[str, Any]) -> dict[str, Any]:
        """The decoder counts properties where none is optional, or where one of a few is asked for."""
        limits: dict[str, Any] = {
            key: shape.limits[key] for key in ("minProperties", "maxProperties") if key in shape.limits
        }
        required = node.get("required", ())
        named = node.get("properties", {}).items()
        optional = [name for name, child in named if child is not False and name not in required]
        least = max(0, limits.get("minProperties", 0) - len(required))
        most = limits["maxProperties"] - len(required) if "maxProperties" in limits else None
        is_alone = node.get("additionalProperties") is False and "patternProperties" not in node
        is_choice = is_alone and least <= 1 and most in (None, 1) and len(optional) <= _MOST_CHOICES
        if optional and not is_choice and (least or most is not None):
            for keyword in limits:
                self.holding.widen(shape, keyword, "the decoder does not count optional properties")
            return {}
        if least > 1 and not is_alone:
            self.holding.widen(shape, "minProperties", "the decoder can write a free name twice")
        return limits


# Keywords that are about one kind of value only.
_SPOKEN = {
    "object": frozenset(("properties", "required", "patternProperties", "additionalProperties", "minProperties",
                         "maxProperties", "propertyNames", "dependentRequired", "dependentSchemas")),
    "array": frozenset(("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains")),
    "string": frozenset(("minLength", "maxLength", "pattern", "format", VERBATIM)),
    "number": frozenset((*RANGE, "multipleOf")),
}  # fmt: skip


def _is_brief(state: State) -> bool:
    """Whether a state is written as fast as a reference to it."""
    return len(state.shapes) == 1 and all(
        len(shape.values) == 1 if shape.values is not None
        else shape.kinds.isdisjoint(("array", "object")) and not (shape.patterns or shape.limits)
        for shape in state.shapes
    )  # fmt: skip


def _is_open_text(shape: Shape) -> bool:
    """Whether texts are values that are not listed, or not as they are."""
    if shape.values is None:
        return "string" in shape.kinds
    return any(isinstance(value, str) and _is_endangered(value) for value in shape.values)


def _is_emptiable(state: State) -> bool:
    """Whether null or an empty list is a value."""
    return any(
        None in shape.values if shape.values is not None
        else "null" in shape.kinds or ("array" in shape.kinds and not shape.limits.get("minItems"))
        for shape in state.shapes
    )  # fmt: skip


def _listed(values: list[Any]) -> Iterator[dict[str, Any]]:
    """The values of an enum, the endangered ones piece by piece."""
    plain = [value for value in values if not _is_endangered(value)]
    if plain:
        yield {"enum": plain} if len(plain) > 1 else {"const": plain[0]}
    yield from (_spelled(value) for value in values if _is_endangered(value))


def _is_endangered(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_is_endangered, [*value, *value.values()] if isinstance(value, dict) else value))
    return is_beyond(value) or is_cut(value)


def _spelled(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        properties = {key: _spelled(child) for key, child in value.items()}
        return {"type": "object", "properties": properties, "required": list(value), "additionalProperties": False}
    if isinstance(value, list):
        sizes = {"minItems": len(value), "maxItems": len(value)}
        return {"type": "array", "prefixItems": list(map(_spelled, value)), "items": False, **sizes}
    if is_beyond(value):
        return {"type": "integer"}
    return {"type": "string", "pattern": literal(value)} if _is_endangered(value) else {"const": value}
