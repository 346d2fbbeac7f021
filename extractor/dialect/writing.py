"""What a reader has found, in the keywords of draft 2020-12."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from extractor.dialect.keywords import (
    BESIDE,
    DROPPED,
    EXCLUSIVE,
    IDENTIFIERS,
    REFERENCES,
    UNDECLARED,
    Path,
    draft_of,
)
from extractor.dialect.metaschema import known, rules_of, touched
from extractor.dialect.reading import Place, Reader
from extractor.pointers import pointer


@dataclass(frozen=True, slots=True)
class Writer:
    """Rewrites what a reader has found, in its own document."""

    reader: Reader

    def written(self) -> dict[str, Any]:
        """The document: pointers first, while all keywords are the old ones; then subschemas, the innermost first."""
        pointers = {source: self._pointer(target, source) for source, target in self.reader.references.items()}
        for path in sorted(self.reader.places, key=len, reverse=True):
            place = self.reader.places[path]
            if not touched(place.draft).isdisjoint(place.node) or isinstance(place.node.get("items"), list):
                new = self._node(place, {key: pointers[path, key] for key in REFERENCES if (path, key) in pointers})
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

    def _renamed(self, place: Place, keyword: str, below: Path) -> str | None:
        """A keyword's new name, None where it is dropped; `below` is what comes after it in a path."""
        if self._dropped(place, keyword) is not None:
            return None
        if keyword == "items" and isinstance(place.node["items"], list):
            return "prefixItems"
        if keyword == "dependencies":
            is_list = below and isinstance(place.node[keyword].get(below[0]), list)
            return "dependentRequired" if is_list else "dependentSchemas"
        return "items" if keyword == "additionalItems" else keyword

    def _dropped(self, place: Place, keyword: str) -> str | None:
        """Why a keyword says nothing here; None where it does, '' of identifiers, which have been followed."""
        if keyword == DROPPED and not _is_of_ours(place.node[keyword]):
            return "a name of ours"
        if keyword in IDENTIFIERS:
            is_unknown = keyword == "$schema" and draft_of(place.node) == UNDECLARED
            found = "no draft that is known here: read as 2020-12" if is_unknown else ""
            return found if keyword != "id" or isinstance(place.node["id"], str) else None
        if place.is_lonely and keyword != "$ref" and keyword in known() and keyword not in BESIDE:
            return f"beside $ref nothing counts in {place.draft}; put both into an allOf"
        if keyword == "additionalItems":
            return None if isinstance(place.node.get("items"), list) else "says nothing where `items` is no list"
        if keyword not in known() or keyword in rules_of(place.draft):
            return None
        is_readable = rules_of("2020-12").get(keyword, bool)(place.node[keyword])
        return None if is_readable else f"no keyword of {place.draft}"

    def _node(self, place: Place, pointers: dict[str, str]) -> dict[str, Any]:
        new: dict[str, Any] = {}
        dropped: dict[str, list[Any]] = {}
        for keyword, value in place.node.items():
            if keyword in pointers and "$ref" in new:
                new["allOf"] = [*new.get("allOf", place.node.get("allOf", [])), {"$ref": pointers[keyword]}]
            elif keyword in pointers:
                new["$ref"] = pointers[keyword]
            elif (why := self._dropped(place, keyword)) is not None:
                dropped |= {keyword: [value, why]} if why else {}
            elif keyword == "dependencies":
                new |= _dependents(place.node)
            elif keyword in EXCLUSIVE and place.node.get(EXCLUSIVE[keyword]) is True:
                new[EXCLUSIVE[keyword]] = value
            elif not (keyword in EXCLUSIVE.values() and isinstance(value, bool)):
                renamed = str(self._renamed(place, keyword, ()))
                if renamed in new and "dependencies" not in place.node:  # those have been put together
                    dropped[keyword] = [value, "another keyword before it says the same"]
                new.setdefault(renamed, value)
        return {**new, DROPPED: {**new.get(DROPPED, {}), **dropped}} if dropped else new


def _is_of_ours(dropped: Any) -> bool:
    """Whether it is what we write: {'maxLength': [3, 'beside $ref …']}."""
    entries = dropped.values() if isinstance(dropped, dict) else [None]
    return all(isinstance(entry, list) and [*map(type, entry[1:])] == [str] for entry in entries)


def _dependents(node: dict[str, Any]) -> dict[str, Any]:
    """`dependencies` in two keywords: {'a': ['b'], 'c': {…}} → dependentRequired and dependentSchemas."""
    lists = {name: value for name, value in node["dependencies"].items() if isinstance(value, list)}
    schemas = {name: value for name, value in node["dependencies"].items() if not isinstance(value, list)}
    both = {"dependentRequired": lists, "dependentSchemas": schemas}
    return {keyword: found | node.get(keyword, {}) for keyword, found in both.items() if found}
