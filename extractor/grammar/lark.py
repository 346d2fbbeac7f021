"""The grammar's schema → Lark rules, where a text in it has to be a run of the document: no JSON Schema can say that.

There are rules along the ways that lead to such a text; all beside them stays a schema of its own, `%json`. They write
what llguidance writes: named properties in their order, then free ones, with nothing but the layout between.
Syntax: https://github.com/guidance-ai/llguidance, docs/syntax.md (1.0.1).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

from extractor.grammar.layout import Layout, guided
from extractor.marks import VERBATIM

_DEFINITION = "#/$defs/"
# A JSON string as llguidance writes it.
_STRING = r'/"([^"\\\x00-\x1f\x7f]|\\["\\bfnrt]|\\u00[01][0-9a-f])*"/'


class Leaf(NamedTuple):
    """The rule of a run of the document, and how many characters it can have."""

    rule: str
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a schema, and how many they are; what they leave open is the rule of each leaf."""

    text: str
    size: int
    leaves: tuple[Leaf, ...]


def rules_of(lowered: Mapping[str, Any], layout: Layout) -> Rules | None:
    """The rules of a lowered schema; None where no text in it is verbatim."""
    writer = _Writer(lowered, layout)
    return writer.write() if writer.leads(lowered) else None


@dataclass(slots=True)
class _Writer:
    """Writes expressions, and the rules that these name."""

    lowered: Mapping[str, Any]
    layout: Layout
    definitions: Mapping[str, Any] = field(init=False)
    leading: set[str] = field(default_factory=set)  # names of the definitions that lead to a verbatim text
    rules: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of rules, by what they are of
    waiting: list[str] = field(default_factory=list)  # definitions
    leaves: dict[tuple[int, int | None], Leaf] = field(default_factory=dict)
    terminals: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.definitions = self.lowered.get("$defs", {})
        size = -1
        while size < len(self.leading):
            size = len(self.leading)
            self.leading |= {name for name, node in self.definitions.items() if self.leads(node)}

    def leads(self, node: Any) -> bool:
        """Whether there is a verbatim text in a node, or where it refers to."""
        if not isinstance(node, dict):
            return False
        if "$ref" in node:
            return node["$ref"].removeprefix(_DEFINITION) in self.leading
        return VERBATIM in node or any(map(self.leads, _children(node)))

    def write(self) -> Rules:
        """All rules, and the leaves in them."""
        self.rules["root"] = self._expression(self.lowered)
        while self.waiting:
            name = self.waiting.pop()
            self.rules[self.names[name]] = self._expression(self.definitions[name.removeprefix(_DEFINITION)])
        rules = [f"{name}: {body}" for name, body in self.rules.items()]
        text = "\n".join(("%llguidance {}", "start: root", *rules, *self.terminals))
        return Rules(f"{text}\n", len(rules), tuple(self.leaves.values()))

    def _expression(self, node: Any) -> str:
        """What writes a node."""
        if not self.leads(node):
            return self._schema(node)
        if "$ref" in node:
            return self._reference(node["$ref"])
        if "anyOf" in node:
            return self._union(node["anyOf"])
        if node["type"] == "string":
            return self._leaf(node)
        return self._list(node) if node["type"] == "array" else self._object(node)

    def _rule(self, body: str) -> str:
        """The name of a rule; the same for the same body."""
        if body not in self.names:
            self.names[body] = f"r{next(self.numbers)}"
            self.rules[self.names[body]] = body
        return self.names[body]

    def _reference(self, reference: str) -> str:
        if reference not in self.names:
            self.names[reference] = f"d{next(self.numbers)}"
            self.waiting.append(reference)
        return self.names[reference]

    def _schema(self, node: Any) -> str:
        """A schema of its own, with the definitions that it needs."""
        node = {} if node is True else {keyword: value for keyword, value in node.items() if keyword != "$defs"}
        needed = self._needed(node)
        whole = guided({**node, **({"$defs": needed} if needed else {})}, self.layout)
        return self._rule(f"%json {json.dumps(whole, ensure_ascii=False)}")

    def _needed(self, node: Any) -> dict[str, Any]:
        """The definitions that a node refers to, and these in turn."""
        found: dict[str, Any] = {}
        todo = [node]
        while todo:
            part = todo.pop()
            if isinstance(part, dict) and "$ref" in part:
                name = part["$ref"].removeprefix(_DEFINITION)
                if name not in found:
                    found[name] = self.definitions[name]
                    todo.append(found[name])
            elif isinstance(part, dict):
                todo += _children(part)
        return found

    def _union(self, branches: Sequence[Any]) -> str:
        """Alternatives; those without rules are one schema, in which llguidance sees where they are alike.

        But for listed texts: where one begins as a run does, the lexer goes on with the longer lexeme alone, and as a
        lexeme that has its quotes in it they would be that.
        """
        ways = [self._expression(branch) for branch in branches if self.leads(branch)]
        plain, texts = _without_texts(branch for branch in branches if not self.leads(branch))
        if texts:
            words = " | ".join(_literal(json.dumps(text, ensure_ascii=False)[1:-1]) for text in texts)
            ways.append(self._rule(rf'"\"" ({words}) "\""'))
        if plain:
            ways.append(self._schema({"anyOf": plain}))
        return self._rule(" | ".join(ways))

    def _leaf(self, node: Mapping[str, Any]) -> str:
        length = (node.get("minLength", 0), node.get("maxLength"))
        return self.leaves.setdefault(length, Leaf(f"v{len(self.leaves)}", *length)).rule

    # --- lists and objects ---

    def _list(self, node: Mapping[str, Any]) -> str:
        """Its prefix item by item, from the last one, then the others."""
        least, most = node.get("minItems", 0), node.get("maxItems")
        prefix = node.get("prefixItems", ())
        items = node.get("items", True)
        item = None if items is False else self._expression(items)
        rest = self._several(item, max(0, least - len(prefix)), _less(most, len(prefix)), is_first=not prefix)
        for at in reversed(range(len(prefix))):
            ways = ['""'] if at >= least else []
            if rest is not None and prefix[at] is not False and (most is None or at < most):
                ways.append(f"{self._separator(is_first=not at)}{self._expression(prefix[at])} {rest}")
            rest = self._choice(ways)
        return self._rule(f'"[" {rest} "]"')

    def _object(self, node: Mapping[str, Any]) -> str:
        """Its named properties, from the last one, then free ones."""
        members, free = _Members(node), self._free(node)
        rest = {
            stage: self._several(free, *members.room(stage), is_first=stage.is_first)
            for stage in members.stages(len(members.named))
        }
        for at, (name, child) in reversed([*enumerate(members.named.items())]):
            pair = f"{self._key(name)} {self._expression(child)}"
            rest = {stage: self._from_property(name, pair, stage, members, rest) for stage in members.stages(at)}
        return self._rule(f'"{{" {rest[_START]} "}}"')

    def _from_property(
        self, name: str, pair: str, stage: _Stage, members: _Members, after: Mapping[_Stage, str | None]
    ) -> str | None:
        """What follows at a stage from a property on."""
        following = members.following(stage, name)
        tail = None if following is None else after[following]
        written = f"{self._separator(is_first=stage.is_first)}{pair}"
        if name in members.required:
            return None if tail is None else f"{written} {tail}"
        if following == stage and tail is not None:
            # In a row where nothing else leads here, not one within the other: llguidance recurses.
            row = f"({written})? {tail}"
            return self._rule(row) if stage._replace(is_first=True) in after else row
        return self._choice([*([] if tail is None else [f"{written} {tail}"]), *filter(None, [after[stage]])])

    def _choice(self, ways: list[str]) -> str | None:
        """One of some ways; None where there is none."""
        return self._rule(" | ".join(ways)) if ways else None

    def _several(self, item: str | None, least: int, most: int | None, *, is_first: bool) -> str | None:
        """Between so many items, with what separates them; None where that cannot be."""
        if item is None or most == 0:
            return None if least or (most or 0) < 0 else '""'
        if most is not None and most < 0:
            return None
        more = f"{self._separator(is_first=False)}{item}"
        if not is_first:
            return _times(more, least, most)
        some = f"{item} {_times(more, max(0, least - 1), _less(most, 1))}"
        return some if least else f"({some})?"

    def _separator(self, *, is_first: bool) -> str:
        return "" if is_first else f"{_literal(self.layout.item_separator)} "

    def _key(self, name: str) -> str:
        return f"{_literal(json.dumps(name, ensure_ascii=False))} {_literal(self.layout.key_separator)}"

    def _free(self, node: Mapping[str, Any]) -> str | None:
        """A property without a name of its own."""
        patterns = node.get("patternProperties", {})
        keys = [(self._schema({"type": "string", "pattern": pattern}), child) for pattern, child in patterns.items()]
        others = node.get("additionalProperties", True)
        if others is not False:
            keys.append((self._other_name(node.get("properties", {})), others))
        pairs = [f"{key} {_literal(self.layout.key_separator)} {self._expression(child)}" for key, child in keys]
        return self._rule(" | ".join(pairs)) if pairs else None

    def _other_name(self, names: Collection[str]) -> str:
        """The terminal of a name that is none of these."""
        taken = " | ".join(_literal(json.dumps(name, ensure_ascii=False)) for name in names)
        terminal = f"NAME{len(self.terminals)}"
        self.terminals.append(f"{terminal}: {_STRING}" + (f" & ~({taken})" if taken else ""))
        return terminal


class _Stage(NamedTuple):
    """How far an object is: whether nothing is in it yet, and an optional property (0 or 1, where that counts)."""

    is_first: bool
    optional: int


_START = _Stage(is_first=True, optional=0)


class _Members:
    """The named properties of an object, and how many beside the required ones there can be."""

    def __init__(self, node: Mapping[str, Any]) -> None:
        self.named = {name: child for name, child in node.get("properties", {}).items() if child is not False}
        self.required = frozenset(node.get("required", ()))
        self.least = max(0, node.get("minProperties", 0) - len(self.required))
        self.most = _less(node.get("maxProperties"), len(self.required))
        self.is_counted = bool(self.least) or self.most is not None
        self.opening = next((at for at, name in enumerate(self.named) if name in self.required), len(self.named))

    def stages(self, at: int) -> list[_Stage]:
        """Those that there can be before a property."""
        firsts = [*[True] * (at <= self.opening), *[False] * (at > 0)]
        return [_Stage(first, optional) for first in firsts for optional in range(1 + (self.is_counted and not first))]

    def following(self, stage: _Stage, name: str) -> _Stage | None:
        """The stage behind a property; None where there is no room for it."""
        if name in self.required:
            return _Stage(is_first=False, optional=stage.optional)
        if self.most is not None and stage.optional >= self.most:
            return None
        return _Stage(is_first=False, optional=int(self.is_counted))

    def room(self, stage: _Stage) -> tuple[int, int | None]:
        """At least and at most so many free ones."""
        return max(0, self.least - stage.optional), _less(self.most, stage.optional)


def _children(node: Mapping[str, Any]) -> Iterator[Any]:
    """The nodes below one."""
    for keyword in ("anyOf", "prefixItems"):
        yield from node.get(keyword, ())
    for keyword in ("properties", "patternProperties"):
        yield from node.get(keyword, {}).values()
    for keyword in ("items", "additionalProperties"):
        if keyword in node:
            yield node[keyword]


def _without_texts(branches: Iterable[Mapping[str, Any]]) -> tuple[list[Any], list[str]]:
    """Alternatives without the texts among listed values, and these: {'enum': ['a', 1]} → [{'enum': [1]}], ['a']."""
    plain: list[Any] = []
    texts: list[str] = []
    for branch in branches:
        values = branch.get("enum", [branch["const"]] if "const" in branch else [])
        texts += [value for value in values if isinstance(value, str)]
        others = [value for value in values if not isinstance(value, str)]
        plain += [{"enum": others}] if others else [] if values else [branch]
    return plain, texts


def _less(most: int | None, taken: int) -> int | None:
    return None if most is None else most - taken


def _times(what: str, least: int, most: int | None) -> str:
    """So many times, as Lark says it: ('a', 0, None) → '(a)*'."""
    if most == 0:
        return '""'
    return f"({what}){{{least},{'' if most is None else most}}}"


def _literal(text: str) -> str:
    return json.dumps(text)
