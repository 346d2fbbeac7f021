"""JSON Schema of any draft → one inner form: draft 2020-12, self-contained, each reference a pointer from the root.

What an older draft says with other keywords is rewritten; identifiers and anchors are followed and removed. Nothing is
fetched, and nothing recurses: a document is not trusted.

Reading order: `to_inner`, `_Reader` (finds every subschema, then where each reference leads), `_Writer`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from typing import Any, NamedTuple
from urllib.parse import unquote, urldefrag, urljoin

import jsonschema
from jsonschema.exceptions import SchemaError as MetaschemaError
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

from extractor import patterns
from extractor.errors import SchemaError
from extractor.pointers import pointer
from extractor.types import Dialect

MAX_DEPTH = 200  # containers in containers
MAX_VALUES = 100_000
MAX_STRING = 300_000  # characters
_SHORT = 60  # characters of a value in a message
_LONGEST_RULE = 200
_PREFIX = 6  # parts of a pointer to what is too deep or too large
_MANY = 1_000  # items; jsonschema would compare each with all others

_CLASSES = {
    "draft-04": jsonschema.Draft4Validator,
    "draft-06": jsonschema.Draft6Validator,
    "draft-07": jsonschema.Draft7Validator,
    "2019-09": jsonschema.Draft201909Validator,
    "2020-12": jsonschema.Draft202012Validator,
}
_URI = re.compile(r"https?://json-schema\.org/(?:(draft-0[3467])|draft/(2019-09|2020-12))/schema#?")
# A document that does not name its draft is of 2020-12, and what only an older one could mean is read as it was meant.
_UNDECLARED = "undeclared"
_LONELY = ("draft-04", "draft-06", "draft-07")  # in these nothing counts beside `$ref`
_DIALECTS: tuple[Dialect, ...] = ("ecma", "rust")
_OLD_ID = ("draft-04", _UNDECLARED)  # in these `id` is an identifier

_CONTAINERS = (dict, list)

Path = tuple[str | int, ...]
Rule = Callable[[Any], bool]


def to_inner(document: Any, name: str) -> dict[str, Any]:
    """An equivalent schema of draft 2020-12 without identifiers, whose references all begin with '#'.

    {'definitions': {'A': {'$id': '#a'}}, '$ref': '#a'} → {'definitions': {'A': {}}, '$ref': '#/definitions/A'}. The
    document stays as it is. Raises `SchemaError` with the pointer of what is not valid by the draft's metaschema, of
    what lies outside of the document, and of what has no equivalent.
    """
    if document is True:
        return {}
    if document is False:
        raise SchemaError(f"{name}: the schema `false` admits nothing")
    if not isinstance(document, Mapping):
        kind = type(document).__name__
        raise SchemaError(f"{name}: a JSON Schema is an object, this is a {kind}", hint="it begins with '{'")
    reader = _Reader(name, _copied(document, name))
    reader.read()
    return _Writer(reader).written()


def declared_draft(document: Any) -> str:
    """The draft by its name: {'$schema': 'http://json-schema.org/draft-07/schema#'} → 'draft-07'.

    '2020-12' where the document names none, or one of its own.
    """
    draft = _draft(document)
    return "2020-12" if draft == _UNDECLARED else draft


def _draft(node: Any) -> str:
    uri = node.get("$schema") if isinstance(node, Mapping) else None
    found = _URI.fullmatch(uri) if isinstance(uri, str) else None
    return (found[1] or found[2]) if found else _UNDECLARED


# --- limits --------------------------------------------------------------------------------------------------


def _copied(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A copy of what is JSON and of bearable size."""
    root = dict(document)
    todo: list[tuple[Any, int, Path]] = [(root, 1, ())]
    count = 0
    while todo:
        container, depth, path = todo.pop()
        count += len(container)
        if depth > MAX_DEPTH or count > MAX_VALUES:
            what = f"nested deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else f"more than {MAX_VALUES} values"
            raise SchemaError(f"{name}: {pointer(path)}…: {what}", hint="split the schema")
        for key, value in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(value, _CONTAINERS):
                container[key] = value.copy()
                todo.append((container[key], depth + 1, (*path, key) if len(path) < _PREFIX else path))
            elif (value.__class__ is not str or len(value) > MAX_STRING) and (fault := _scalar_fault(value)):
                raise SchemaError(f"{name}: {pointer((*path, key))}: {fault}")
        if isinstance(container, dict) and (fault := _names_fault(container)):
            raise SchemaError(f"{name}: {pointer(path)}: {fault}")
    return root


def _scalar_fault(value: Any) -> str | None:
    if isinstance(value, str):
        return f"a text of more than {MAX_STRING} characters" if len(value) > MAX_STRING else None
    is_json = value is None or isinstance(value, int) or (isinstance(value, float) and abs(value) < float("inf"))
    return None if is_json else f"{value!r:.60} is not JSON"


def _names_fault(container: dict[Any, Any]) -> str | None:
    try:
        together = len("".join(container))  # the fastest way to see that all are well
    except TypeError:
        return f"the name {next(name for name in container if not isinstance(name, str))!r:.60} is not a text"
    is_long = together > MAX_STRING and max(map(len, container)) > MAX_STRING
    return f"a name of more than {MAX_STRING} characters" if is_long else None


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


# --- what a metaschema says ----------------------------------------------------------------------------------
# jsonschema needs 1.5 s for the metaschema of a document of 300 kB, and recurses. So metaschemas are compiled to one
# predicate for each keyword; where one says no, jsonschema is asked about that keyword, and has the last word.

_KINDS: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "string": str,
}


@lru_cache(maxsize=8)
def _rules(draft: str) -> dict[str, Rule]:
    """Keyword → what its value has to be. A subschema has only to be one here: its keywords have their own turn."""
    if draft == _UNDECLARED:
        newest, old, oldest = _rules("2020-12"), _rules("2019-09"), _rules("draft-04")
        limits = {key: _any_of([newest[key], oldest[key]]) for key in ("exclusiveMinimum", "exclusiveMaximum")}
        return newest | limits | {key: old[key] for key in ("items", "additionalItems")}
    whole = _CLASSES[draft].META_SCHEMA
    rules: dict[str, Rule] = {}
    for part in [*(REGISTRY.contents(uri) for uri in REGISTRY if f"/{draft}/meta/" in uri), whole]:
        compiler = _Metaschema(part, _is_of(whole["type"]))
        rules |= {keyword: compiler.rule(value) for keyword, value in part.get("properties", {}).items()}
    return rules


@dataclass(frozen=True, slots=True)
class _Metaschema:
    """A compiler of the few keywords that metaschemas are made of."""

    document: Mapping[str, Any]
    is_schema: Rule

    def rule(self, part: Any) -> Rule:
        """Whether a value is what a part of the metaschema asks for; its type comes first."""
        keywords = sorted(part, key=lambda keyword: keyword != "type") if isinstance(part, Mapping) else []
        return _all_of([found for keyword in keywords if (found := self._keyword(keyword, part))])

    def _keyword(self, keyword: str, part: Mapping[str, Any]) -> Rule | None:
        argument = part[keyword]
        if keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
            return self._reference(argument)
        if keyword in ("anyOf", "allOf"):
            return (_any_of if keyword == "anyOf" else _all_of)(list(map(self.rule, argument)))
        if keyword in ("items", "propertyNames", "additionalProperties"):
            rule, is_map = self.rule(argument), keyword == "additionalProperties"
            return lambda value: all(map(rule, value.values() if is_map else value))
        return _CHECKS[keyword](argument, part) if keyword in _CHECKS else None

    def _reference(self, reference: str) -> Rule:
        if reference in ("#", "#meta"):
            return self.is_schema
        document, fragment = reference.split("#")
        part = REGISTRY.contents(urljoin(self.document["$id"], document)) if document else self.document
        inner = _Metaschema(part, self.is_schema)
        for name in fragment.split("/")[1:]:
            part = part[name]
        return inner.rule(part)


def _any_of(rules: list[Rule]) -> Rule:
    return reduce(lambda one, other: lambda value: one(value) or other(value), rules)


def _all_of(rules: list[Rule]) -> Rule:
    return reduce(lambda one, other: lambda value: one(value) and other(value), rules) if rules else lambda _: True


def _is_of(kinds: str | list[str]) -> Rule:
    classes = tuple(_KINDS[kind] for kind in _listed(kinds))
    return lambda value: isinstance(value, classes) and (not isinstance(value, bool) or bool in classes)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _are_distinct(values: list[Any]) -> bool:
    return len({json.dumps(value, sort_keys=True) for value in values}) == len(values)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """The keywords of all drafts."""
    return frozenset(keyword for draft in _CLASSES for keyword in _rules(draft))


@lru_cache(maxsize=8)
def _touched(draft: str) -> frozenset[str]:
    """The keywords that are written in another way or perhaps left out, but for `items` where it is a list."""
    old = ("additionalItems", "dependencies", *_EXCLUSIVE.values())
    return frozenset((*_IDENTIFIERS, *_REFERENCES, *old)) | (_known() - _rules(draft).keys())


@lru_cache(maxsize=1024)
def _is_pattern(text: str) -> bool:
    """In any dialect: whose patterns these are is not known here."""
    for dialect in _DIALECTS:
        try:
            patterns.check(text, dialect)
        except patterns.UnreadError:
            return True
        except patterns.PatternError:
            continue
        return True
    return False


_CHECKS: dict[str, Callable[[Any, Mapping[str, Any]], Rule]] = {
    "type": lambda kinds, _: _is_of(kinds),
    "enum": lambda values, _: lambda value: value in values,
    "minItems": lambda least, _: lambda value: len(value) >= least,
    "uniqueItems": lambda _, __: _are_distinct,
    "minimum": lambda least, part: lambda value: value > least or (value == least and "exclusiveMinimum" not in part),
    "exclusiveMinimum": lambda least, _: lambda value: least is True or value > least,
    "pattern": lambda pattern, _: lambda value: re.search(pattern, value) is not None,
    "format": lambda name, _: lambda value: name != "regex" or _is_pattern(value),
}

# --- reading -------------------------------------------------------------------------------------------------

_NAMED = frozenset(("$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"))
_SUBSCHEMAS = _NAMED | frozenset(
    """additionalItems additionalProperties allOf anyOf contains contentSchema else if items not oneOf prefixItems
    propertyNames then unevaluatedItems unevaluatedProperties""".split()  # noqa: SIM905
)
_IDENTIFIERS = frozenset("$schema $id id $anchor $dynamicAnchor $recursiveAnchor $vocabulary".split())  # noqa: SIM905
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}
# What has subschemas about the same value, or leads to one.
_IN_PLACE = frozenset(
    ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies", *_REFERENCES)
)
# What stays where a reference is all that counts: the model reads it, or references lead into it.
_BESIDE = frozenset(
    """$comment $defs default definitions deprecated description examples readOnly title
    writeOnly""".split()  # noqa: SIM905
)


class _Place(NamedTuple):
    """A subschema; `base` is the URI that its references begin at, `root` the path of what that URI names."""

    path: Path
    node: dict[str, Any]
    base: str
    root: Path
    draft: str

    @property
    def is_lonely(self) -> bool:
        """Whether a reference is all that counts in it."""
        return self.draft in _LONELY and isinstance(self.node.get("$ref"), str)

    def children(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The subschemas that are objects, with their paths."""
        is_lonely = self.is_lonely
        for keyword, value in self.node.items():
            if keyword not in _SUBSCHEMAS or (is_lonely and keyword not in _BESIDE):
                continue
            here = (*self.path, keyword)
            if isinstance(value, list):
                yield from (((*here, at), child) for at, child in enumerate(value) if isinstance(child, dict))
            elif isinstance(value, dict) and keyword in _NAMED:
                yield from (((*here, name), child) for name, child in value.items() if isinstance(child, dict))
            elif isinstance(value, dict):
                yield here, value


@dataclass(slots=True)
class _Reader:
    """Every subschema of a document by its path, and by its path and keyword where each reference leads."""

    name: str
    document: dict[str, Any]
    places: dict[Path, _Place] = field(default_factory=dict)
    resources: dict[str, Path] = field(default_factory=lambda: {"": ()})
    anchors: dict[tuple[str, str], Path] = field(default_factory=dict)
    dynamic: dict[tuple[str, str], Path] = field(default_factory=dict)  # URI and name of a dynamic anchor
    references: dict[tuple[Path, str], Path] = field(default_factory=dict)
    waiting: list[_Place] = field(default_factory=list)

    def read(self) -> None:
        """All of it; what only a reference leads to counts as a subschema too."""
        draft = _draft(self.document)
        if draft not in (*_CLASSES, _UNDECLARED):
            raise self.fault(("$schema",), f"{draft} is not read", "write it in draft-07 or later")
        self._visit((), self.document, _Place((), self.document, "", (), draft))
        dynamic = []
        while self.waiting:
            place = self.waiting.pop()
            for keyword in _REFERENCES:
                if isinstance(reference := place.node.get(keyword), str):
                    self.references[place.path, keyword] = self._target(place, keyword, reference)
                    dynamic += [(place, keyword)] if keyword != "$ref" else []
        for place, keyword in dynamic:
            self.references[place.path, keyword] = self._dynamic_target(place, keyword)
        self._refuse_loops()

    def fault(self, path: Path, what: str, hint: str | None = None) -> SchemaError:
        """What is wrong, with its pointer."""
        return SchemaError(f"{self.name}: {pointer(path)}: {what}", hint=hint)

    def _visit(self, path: Path, node: dict[str, Any], above: _Place) -> None:
        """A subschema and those in it; `above` is what it is a part of."""
        todo = [(path, node, above)]
        while todo:
            path, node, above = todo.pop()
            if path in self.places:
                continue
            place = _Place(path, node, above.base, above.root, above.draft)
            if not _IDENTIFIERS.isdisjoint(node):
                place = self._identified(place)
            self.places[path] = place
            self._check(place)
            if not place.node.keys().isdisjoint(_REFERENCES):
                self.waiting.append(place)
            todo += [(inner, child, place) for inner, child in place.children()]

    # Identifiers.

    def _identified(self, place: _Place) -> _Place:
        """The place with the URI that it gives itself, its anchors noted."""
        node, base, root, draft = place.node, place.base, place.root, place.draft
        if "$schema" in node and (own := _draft(node)) in _CLASSES and node.keys() & {"$id", "id"}:
            draft = own
        identifier = node.get("$id", node.get("id") if draft in _OLD_ID else None)
        if isinstance(identifier, str) and not (draft in _LONELY and "$ref" in node):
            uri, anchor = _joined(base, identifier)
            if uri != base or not anchor:
                base, root = uri, place.path
                self.resources.setdefault(base, root)
            self.anchors.setdefault((base, anchor), place.path)
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(name := node.get(keyword), str):
                self.anchors.setdefault((base, name), place.path)
        if isinstance(name := node.get("$dynamicAnchor"), str):
            self.dynamic[base, name] = place.path
        if node.get("$recursiveAnchor") is True and place.path == root:
            self.dynamic[base, ""] = root
        return _Place(place.path, node, base, root, draft)

    # The metaschema.

    def _check(self, place: _Place) -> None:
        rules = _rules(place.draft)
        for keyword, value in place.node.items():
            if (rule := rules.get(keyword)) and not rule(value):
                self._complain(place, keyword)
        for limit, exclusive in _EXCLUSIVE.items():
            if place.node.get(exclusive) is True and limit not in place.node:
                raise self.fault((*place.path, exclusive), f"`true` needs {limit} beside it")

    def _complain(self, place: _Place, keyword: str) -> None:
        """Raise what jsonschema has against a keyword; it knows better than the rules, so perhaps nothing."""
        value = place.node[keyword]
        what = f"{_short(value)} is not valid in {place.draft}"
        if isinstance(value, list | dict) and len(value) > _MANY:
            raise self.fault((*place.path, keyword), what)
        draft = place.draft
        if draft == _UNDECLARED:
            draft = "2019-09" if keyword in ("items", "additionalItems") else "2020-12"
        try:
            _CLASSES[draft].check_schema(
                {keyword: _hollow(keyword, value)}, format_checker=jsonschema.FormatChecker(())
            )
        except MetaschemaError as error:
            raise self.fault((*place.path, *error.absolute_path), _rule_of(error)) from None
        if keyword in ("pattern", "patternProperties"):
            what = next(text for text in _listed(value if keyword == "pattern" else [*value]) if not _is_pattern(text))
            raise self.fault((*place.path, keyword), f"{_short(what)} is not a regular expression")

    # References.

    def _target(self, place: _Place, keyword: str, reference: str) -> Path:
        """The path that a reference leads to, which is a subschema from now on."""
        here = (*place.path, keyword)
        uri, fragment = _joined(place.base, reference)
        if uri not in self.resources and not self._embed(uri):
            hint = "bring it into $defs; nothing is fetched"
            raise self.fault(here, f"{_short(reference)} is outside of the schema", hint)
        if fragment and not fragment.startswith("/"):
            path = self.anchors.get((uri, fragment))
        else:
            path = self._pointed(self.resources[uri], fragment)
            # By the book, a pointer begins at the nearest `$id`; many write it from the root.
            path = self._pointed((), fragment) if path is None else path
        if path is None or not self._is_subschema(path):
            raise self.fault(here, f"{_short(reference)} leads to no schema", "a reference is like '#/$defs/Name'")
        if isinstance(node := self._at(path), dict):
            self._visit(path, node, self._above(path))
        return path

    def _is_subschema(self, path: Path) -> bool:
        """Whether a path is one of a subschema, or of something that no keyword says what it is."""
        above = self._above(path).path
        below = path[len(above) :]
        if not isinstance(self._at(path), dict | bool):
            return False
        if below and below[0] in _SUBSCHEMAS and isinstance(self._at(path), bool):
            return below[0] not in _NAMED or len(below) > 1
        return not below or below[0] not in _known()

    def _pointed(self, start: Path, fragment: str) -> Path | None:
        node, path = self._at(start), start
        for part in fragment.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            key = int(name) if isinstance(node, list) and name.isdecimal() and name.isascii() else name
            is_there = key in node if isinstance(node, dict) else isinstance(node, list) and key in range(len(node))
            if not is_there:
                return None
            node, path = node[key], (*path, key)
        return path

    def _at(self, path: Path) -> Any:
        node: Any = self.document
        for part in path:
            node = node[part]
        return node

    def _above(self, path: Path) -> _Place:
        """The nearest subschema on the way to a path."""
        return next(self.places[path[:size]] for size in range(len(path), -1, -1) if path[:size] in self.places)

    def _embed(self, uri: str) -> bool:
        """Bring a metaschema in, if that is what a URI names; what it says of its extensions holds for itself."""
        known = uri if uri in REGISTRY else uri.replace("https:", "http:", 1)
        definitions = self.document.setdefault("$defs", {})
        if known not in REGISTRY or "draft-03" in known or not isinstance(definitions, dict):
            return False
        whole = f"https://json-schema.org/draft/{'2019-09' if '2019-09' in uri else '2020-12'}/schema"
        text = json.dumps(REGISTRY.contents(known))
        node = json.loads(re.sub(r'"\$(?:dynamicRef": "#meta|recursiveRef": "#)"', f'"$ref": "{whole}"', text))
        for keyword in ("$dynamicAnchor", "$recursiveAnchor"):
            node.pop(keyword, None)
        key = known.partition("://")[2].replace("/", "-")
        while key in definitions:
            key += "_"
        definitions[key] = node
        self._visit(("$defs", key), node, self.places[()])
        self.resources[uri] = ("$defs", key)
        return True

    def _dynamic_target(self, place: _Place, keyword: str) -> Path:
        """Where a dynamic reference leads from everywhere: an evaluation begins in the outermost resource."""
        first = self.references[place.path, keyword]
        name = urldefrag(place.node[keyword])[1]
        if first not in [path for (_, anchor), path in self.dynamic.items() if anchor == name]:
            return first
        found = {base: path for (base, anchor), path in self.dynamic.items() if anchor == name}
        outermost = self.places[()].base
        if outermost not in found and len(found) > 1:
            hint = "write $ref with the one that is meant"
            raise self.fault(
                (*place.path, keyword), f"{place.node[keyword]!r} leads to several places, by context", hint
            )
        return found.get(outermost, first)

    def _refuse_loops(self) -> None:
        """Refuse a reference that comes back to itself without going down into the value."""
        done: set[Path] = set()
        for start in dict.fromkeys(path for path, _ in self.references):
            walk = {start: self._in_place(start)}
            while walk:
                path = next(reversed(walk))
                inner = next(walk[path], None)
                if inner is None:
                    done.add(path)
                    del walk[path]
                elif inner in walk:
                    raise self._loop([*walk], inner)
                elif inner not in done:
                    walk[inner] = self._in_place(inner)

    def _loop(self, walk: list[Path], inner: Path) -> SchemaError:
        """The fault of a walk that came back to one of its paths: it is told of the first reference after that."""
        paths = walk[walk.index(inner) :]
        path, keyword = next(
            (path, keyword) for path in paths for keyword in _REFERENCES if (path, keyword) in self.references
        )
        return self.fault((*path, keyword), f"{_short(self._at(path)[keyword])} refers to itself")

    def _in_place(self, path: Path) -> Iterator[Path]:
        """The subschemas that say something about the same value."""
        place = self.places.get(path)  # None of `true`
        if place is None or place.node.keys().isdisjoint(_IN_PLACE):
            return iter(())
        targets = [self.references[path, keyword] for keyword in _REFERENCES if (path, keyword) in self.references]
        return iter(targets + [child for child, _ in place.children() if child[len(path)] in _IN_PLACE])


def _joined(base: str, reference: str) -> tuple[str, str]:
    """A reference from a base, as URI and fragment: ('http://x/a', 'b#c') → ('http://x/b', 'c')."""
    if reference.startswith("#"):
        return base, unquote(reference[1:])  # `urljoin` does not know how to do that to a URN
    try:
        uri, fragment = urldefrag(urljoin(base, reference))
    except ValueError:  # an unclosed bracket, say: it names nothing
        return reference, ""
    return uri, unquote(fragment)


def _hollow(keyword: str, value: Any) -> Any:
    """A keyword's value with nothing in its subschemas."""
    if keyword not in _SUBSCHEMAS:
        return value
    if isinstance(value, list):
        return [{} if isinstance(child, dict) else child for child in value]
    if isinstance(value, dict) and keyword in _NAMED:
        return {name: {} if isinstance(child, dict) else child for name, child in value.items()}
    return {} if isinstance(value, dict) else value


def _rule_of(error: MetaschemaError) -> str:
    """The words of jsonschema, with a long value cut."""
    message = error.message.replace(repr(error.instance), _short(error.instance), 1)
    return message if len(message) <= _LONGEST_RULE else f"{_short(error.instance)} breaks {error.validator}"


# --- writing -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Writer:
    """Rewrites what a reader has found, in its own document."""

    reader: _Reader

    def written(self) -> dict[str, Any]:
        """The document: pointers first, while all keywords are the old ones; then subschemas, the innermost first."""
        pointers = {source: self._pointer(target, source) for source, target in self.reader.references.items()}
        for path in sorted(self.reader.places, key=len, reverse=True):
            place = self.reader.places[path]
            if not _touched(place.draft).isdisjoint(place.node) or isinstance(place.node.get("items"), list):
                new = self._node(place, {key: pointers[path, key] for key in _REFERENCES if (path, key) in pointers})
                place.node.clear()
                place.node.update(new)
        return self.reader.document

    def _pointer(self, target: Path, source: tuple[Path, str]) -> str:
        """The reference to a path as it will be: ('items', 0) → '#/prefixItems/0'."""
        new = list(target)
        for at, part in enumerate(target):
            place = self.reader.places.get(target[:at])
            if place is not None and isinstance(part, str):
                renamed = self._renamed(place, part, target[at + 1 : at + 2])
                if renamed is None:
                    what = f"leads into {part}, which its draft ignores there"
                    raise self.reader.fault((*source[0], source[1]), what, "bring it into $defs")
                new[at] = renamed
        return "#" + pointer(new).replace("%", "%25")

    def _renamed(self, place: _Place, keyword: str, below: Path) -> str | None:
        """A keyword's new name, None where it is dropped; `below` is what comes after it in a path."""
        if self._is_dropped(place, keyword):
            return None
        if keyword == "items" and isinstance(place.node["items"], list):
            return "prefixItems"
        if keyword == "dependencies":
            is_list = below and isinstance(place.node[keyword].get(below[0]), list)
            return "dependentRequired" if is_list else "dependentSchemas"
        return "items" if keyword == "additionalItems" else keyword

    def _is_dropped(self, place: _Place, keyword: str) -> bool:
        if keyword in _IDENTIFIERS:
            return keyword != "id" or isinstance(place.node["id"], str)
        if place.is_lonely and keyword != "$ref" and keyword in _known() and keyword not in _BESIDE:
            return True
        if keyword == "additionalItems":
            return not isinstance(place.node.get("items"), list)
        is_newer = keyword in _known() and keyword not in _rules(place.draft)
        return is_newer and not _rules("2020-12").get(keyword, bool)(place.node[keyword])

    def _node(self, place: _Place, pointers: dict[str, str]) -> dict[str, Any]:
        new: dict[str, Any] = {}
        for keyword, value in place.node.items():
            if keyword in pointers and "$ref" in new:
                new["allOf"] = [*new.get("allOf", place.node.get("allOf", [])), {"$ref": pointers[keyword]}]
            elif keyword in pointers:
                new["$ref"] = pointers[keyword]
            elif keyword in _REFERENCES or self._is_dropped(place, keyword):
                continue
            elif keyword == "dependencies":
                new |= _dependents(place.node)
            elif keyword in _EXCLUSIVE and place.node.get(_EXCLUSIVE[keyword]) is True:
                new[_EXCLUSIVE[keyword]] = value
            elif not (keyword in _EXCLUSIVE.values() and isinstance(value, bool)):
                new.setdefault(str(self._renamed(place, keyword, ())), value)
        return new


def _dependents(node: dict[str, Any]) -> dict[str, Any]:
    """`dependencies` in two keywords: {'a': ['b'], 'c': {…}} → dependentRequired and dependentSchemas."""
    lists = {name: value for name, value in node["dependencies"].items() if isinstance(value, list)}
    schemas = {name: value for name, value in node["dependencies"].items() if not isinstance(value, list)}
    both = {"dependentRequired": lists, "dependentSchemas": schemas}
    return {keyword: found | node.get(keyword, {}) for keyword, found in both.items() if found}
