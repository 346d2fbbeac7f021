"""Every subschema of a document, and where each reference leads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote, urldefrag, urljoin

from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

from extractor.dialect import aliases
from extractor.dialect.keywords import (
    BESIDE,
    CLASSES,
    EXCLUSIVE,
    IDENTIFIERS,
    LONELY,
    NAMED,
    OLD_ID,
    REFERENCES,
    SUBSCHEMAS,
    UNDECLARED,
    Path,
    draft_of,
)
from extractor.dialect.metaschema import complaint, known, rules_of, short
from extractor.errors import SchemaError
from extractor.pointers import pointer, unescaped


class Place(NamedTuple):
    """A subschema; `base` is the URI that its references begin at, `root` the path of what that URI names."""

    path: Path
    node: dict[str, Any]
    base: str
    root: Path
    draft: str

    @property
    def is_lonely(self) -> bool:
        """Whether a reference is all that counts in it."""
        return self.draft in LONELY and isinstance(self.node.get("$ref"), str)

    def children(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The subschemas that are objects, with their paths."""
        is_lonely = self.is_lonely
        for keyword, value in self.node.items():
            if keyword not in SUBSCHEMAS or (is_lonely and keyword not in BESIDE):
                continue
            here = (*self.path, keyword)
            if isinstance(value, list):
                yield from (((*here, at), child) for at, child in enumerate(value) if isinstance(child, dict))
            elif isinstance(value, dict) and keyword in NAMED:
                yield from (((*here, name), child) for name, child in value.items() if isinstance(child, dict))
            elif isinstance(value, dict):
                yield here, value


@dataclass(slots=True)
class Reader:
    """Every subschema of a document by its path, and by its path and keyword where each reference leads."""

    name: str
    document: dict[str, Any]
    places: dict[Path, Place] = field(default_factory=dict)
    resources: dict[str, Path] = field(default_factory=lambda: {"": ()})
    anchors: dict[tuple[str, str], Path] = field(default_factory=dict)
    dynamic: dict[tuple[str, str], Path] = field(default_factory=dict)  # URI and name of a dynamic anchor
    references: dict[tuple[Path, str], Path] = field(default_factory=dict)
    waiting: list[Place] = field(default_factory=list)

    def read(self) -> None:
        """All of it; what only a reference leads to counts as a subschema too."""
        draft = draft_of(self.document)
        if draft not in (*CLASSES, UNDECLARED):
            raise self.fault(("$schema",), f"{draft} is not read", "write it in draft-07 or later")
        self._visit((), self.document, Place((), self.document, "", (), draft))
        dynamic = []
        while self.waiting:
            place = self.waiting.pop()
            for keyword in REFERENCES:
                if isinstance(reference := place.node.get(keyword), str):
                    self.references[place.path, keyword] = self._target(place, keyword, reference)
                    dynamic += [(place, keyword)] if keyword != "$ref" else []
        for place, keyword in dynamic:
            self.references[place.path, keyword] = self._dynamic_target(place, keyword)

    def fault(self, path: Path, what: str, hint: str | None = None) -> SchemaError:
        """What is wrong, with its pointer."""
        return SchemaError(f"{self.name}: {pointer(path)}: {what}", hint=hint)

    def _visit(self, path: Path, node: dict[str, Any], above: Place) -> None:
        """A subschema and those in it; `above` is what it is a part of."""
        todo = [(path, node, above)]
        while todo:
            path, node, above = todo.pop()
            if path in self.places:
                continue
            place = Place(path, node, above.base, above.root, above.draft)
            if not IDENTIFIERS.isdisjoint(node):
                place = self._identified(place)
            self.places[path] = place
            self._check(place)
            if not place.node.keys().isdisjoint(REFERENCES):
                self.waiting.append(place)
            todo += [(inner, child, place) for inner, child in place.children()]

    # Identifiers.

    def _identified(self, place: Place) -> Place:
        """The place with the URI that it gives itself, its anchors noted."""
        node, base, root, draft = place.node, place.base, place.root, place.draft
        if "$schema" in node and (own := draft_of(node)) in CLASSES and node.keys() & {"$id", "id"}:
            draft = own
        identifier = node.get("$id", node.get("id") if draft in OLD_ID else None)
        if isinstance(identifier, str) and not (draft in LONELY and "$ref" in node):
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
        return Place(place.path, node, base, root, draft)

    # The metaschema.

    def _check(self, place: Place) -> None:
        rules = rules_of(place.draft)
        for keyword, value in place.node.items():
            is_wrong = (rule := rules.get(keyword)) and not rule(value)
            if is_wrong and (found := complaint(keyword, value, place.draft)):
                raise self.fault((*place.path, *found[0]), found[1])
        if ours := aliases.complaint(place.node):
            raise self.fault((*place.path, *ours[0]), *ours[1:])
        for limit, exclusive in EXCLUSIVE.items():
            if place.node.get(exclusive) is True and limit not in place.node:
                raise self.fault((*place.path, exclusive), f"`true` needs {limit} beside it")

    # References.

    def _target(self, place: Place, keyword: str, reference: str) -> Path:
        """The path that a reference leads to, which is a subschema from now on."""
        here = (*place.path, keyword)
        uri, fragment = _joined(place.base, reference)
        if uri not in self.resources and not self._embed(uri):
            hint = "bring it into $defs; nothing is fetched"
            raise self.fault(here, f"{short(reference)} is outside of the schema", hint)
        if fragment and not fragment.startswith("/"):
            path = self.anchors.get((uri, fragment))
        else:
            path = self._pointed(self.resources[uri], fragment)
            # By the book, a pointer begins at the nearest `$id`; many write it from the root.
            path = self._pointed((), fragment) if path is None else path
        if path is None or not self._is_subschema(path):
            raise self.fault(here, f"{short(reference)} leads to no schema", "a reference is like '#/$defs/Name'")
        if isinstance(node := self._at(path), dict):
            self._visit(path, node, self._above(path))
        return path

    def _is_subschema(self, path: Path) -> bool:
        """Whether a path is one of a subschema, or of something that no keyword says what it is."""
        above = self._above(path).path
        below = path[len(above) :]
        if not isinstance(self._at(path), dict | bool):
            return False
        if below and below[0] in SUBSCHEMAS and isinstance(self._at(path), bool):
            return below[0] not in NAMED or len(below) > 1
        return not below or below[0] not in known()

    def _pointed(self, start: Path, fragment: str) -> Path | None:
        node, path = self._at(start), start
        for part in fragment.split("/")[1:]:
            name = unescaped(part)
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

    def _above(self, path: Path) -> Place:
        """The nearest subschema on the way to a path."""
        return next(self.places[path[:size]] for size in range(len(path), -1, -1) if path[:size] in self.places)

    def _embed(self, uri: str) -> bool:
        """Bring a metaschema in, if that is what a URI names; what it says of its extensions holds for itself."""
        own = uri if uri in REGISTRY else uri.replace("https:", "http:", 1)
        definitions = self.document.setdefault("$defs", {})
        if own not in REGISTRY or "draft-03" in own or not isinstance(definitions, dict):
            return False
        whole = f"https://json-schema.org/draft/{'2019-09' if '2019-09' in uri else '2020-12'}/schema"
        text = json.dumps(REGISTRY.contents(own))
        node = json.loads(re.sub(r'"\$(?:dynamicRef": "#meta|recursiveRef": "#)"', f'"$ref": "{whole}"', text))
        for keyword in ("$dynamicAnchor", "$recursiveAnchor"):
            node.pop(keyword, None)
        key = own.partition("://")[2].replace("/", "-")
        while key in definitions:
            key += "_"
        definitions[key] = node
        self._visit(("$defs", key), node, self.places[()])
        self.resources[uri] = ("$defs", key)
        return True

    def _dynamic_target(self, place: Place, keyword: str) -> Path:
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


def _joined(base: str, reference: str) -> tuple[str, str]:
    """A reference from a base, as URI and fragment: ('http://x/a', 'b#c') → ('http://x/b', 'c')."""
    if reference.startswith("#"):
        return base, unquote(reference[1:])  # `urljoin` does not know how to do that to a URN
    try:
        uri, fragment = urldefrag(urljoin(base, reference))
    except ValueError:  # an unclosed bracket, say: it names nothing
        return reference, ""
    return uri, unquote(fragment)
