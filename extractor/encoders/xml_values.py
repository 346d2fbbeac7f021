"""What the elements of XML are as values, when all that is in them is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from extractor.encoders.decoded import SHOWN, may_be_list
from extractor.encoders.xml_text import BLANK, ENTRY, ITEM, kind_of_element, scalar
from extractor.errors import ParseError
from extractor.scopes import Scope, Scopes


@dataclass(slots=True)
class Element:
    """An element, whose children are values already."""

    tag: str
    scope: Scope
    attributes: Mapping[str, str]
    children: list[tuple[str, str | None, Any]] = field(default_factory=list)  # tag, key, value
    text: list[str] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)  # properties that are written as attributes

    @property
    def is_text(self) -> bool:
        """Whether no elements are expected in it."""
        stated = self.attributes.get("type")
        return stated not in {"array", "object"} and not self.scope.kinds & {"array", "object"}

    @property
    def says(self) -> bool:
        """Whether a text stands in it."""
        return any(part.strip() for part in self.text)


class ElementReader:
    """Makes values of elements by the schema; `notes` tell what was changed or left out."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self.notes: dict[str, None] = {}
        self.is_mended = False  # whether tags were taken to be others than they are

    def value(self, element: Element) -> Any:
        """That of an element: of its children, or of its text."""
        scope = element.scope
        text = "".join(element.text)
        if element.attributes.get("xml:space") != "preserve":
            text = text.strip(BLANK)
        tags = [*element.given, *(tag for tag, _, _ in element.children)]
        kind = kind_of_element(scope, tags, text, element.attributes)
        if kind in {"object", "array"} and text:
            self.note(f"left out, since it stands between elements: {text[:SHOWN]!r}")
        if kind == "object":
            return self._object(element)
        if kind == "array":
            return self._list(element)
        if kind not in scope.kinds and "array" in scope.kinds and "type" not in element.attributes and text:
            if may_be_list(text):
                return text
            self.note(f"<{element.tag}> without <{ITEM}> is read as a list of one")
            item = self.scopes.of(scope.child(0))
            return [scalar(kind_of_element(item, (), text, {}), text)]
        return scalar(kind, text)

    def _list(self, element: Element) -> list[Any]:
        """The items; or the only one, where its properties stand without a tag of their own."""
        inner = self.scopes.of(element.scope.child(0))
        names = {tag for tag, key, _ in element.children if key is None and tag != ITEM}
        if "object" in inner.kinds and any(inner.name(tag) for tag in names):
            records = self._records(element, inner)
            told = "a list of one" if len(records) == 1 else f"{len(records)} records"
            self.note(f"<{element.tag}> without <{ITEM}> is read as {told}")
            return [self._object(Element(ITEM, inner, {}, record)) for record in records]
        return [value for _, _, value in element.children]

    def _records(self, element: Element, inner: Scope) -> list[list[tuple[str, str | None, Any]]]:
        """The children of a list without `<item>`s, each record from where the first of its elements stands again."""
        names = [inner.name(tag) or tag for tag, _, _ in element.children]
        if "array" in self.scopes.of(inner.child(names[0])).kinds:
            return [element.children]
        starts = [at for at, name in enumerate(names) if name == names[0]]
        lengths = [end - start for start, end in pairwise([*starts, len(names)])]
        if 1 in lengths and set(lengths) != {1} and lengths[-1:] != [1]:
            what = f"which elements of <{element.tag}> belong together is not sure: <{names[0]}> follows itself"
            raise ParseError(what, hint=f"each record is an <{ITEM}>")
        return [element.children[start : start + length] for start, length in zip(starts, lengths, strict=True)]

    def _object(self, element: Element) -> dict[str, Any]:
        found: dict[str, list[Any]] = {}
        for tag, key, value in element.children:
            name = key if tag == ENTRY and key is not None else element.scope.name(tag) or tag
            if tag not in {name, ENTRY}:
                self.note(f"<{tag}> is read as <{name}>")
            found.setdefault(name, []).append(value)
        own = self.only_list(element.scope) if ITEM in found else None
        if own and own not in found:
            self.note(f"<{ITEM}> in <{element.tag}> is read as one of <{own}>")
            found[own] = [found.pop(ITEM)]
        for name in element.given.keys() & found.keys():
            self.note(f"left out, an attribute of <{element.tag}> beside an element of that name: {name!r}")
        is_sure = not self.is_mended and element.tag != ITEM
        return element.given | {name: self._one(name, values, element.scope, is_sure=is_sure)
                                for name, values in found.items()}  # fmt: skip

    def _one(self, name: str, values: list[Any], scope: Scope, *, is_sure: bool) -> Any:
        """The value of a property whose element may stand there several times, as a list does without `<item>`."""
        if len(values) == 1:
            return values[0]
        if "array" not in self.scopes.of(scope.child(name)).kinds:
            if not is_sure and any(value != values[0] for value in values):
                raise ParseError(f"<{name}> stands there {len(values)} times, and which counts is not sure")
            self.note(f"elements that the answer repeats, the last of each counts: <{name}>")
            return values[-1]
        self._once(name)
        return [item for value in values for item in (value if isinstance(value, list) else [value])]

    def _once(self, tag: str) -> None:
        """Of a list whose tag stands there for each item, nothing has to be told."""
        self.notes.pop(f"<{tag}> without <{ITEM}> is read as a list of one", None)

    def only_list(self, scope: Scope) -> str | None:
        """The only property of an object that is a list, whose items can be meant by `<item>`s."""
        is_open = scope.extra or any(part.get("additionalProperties") is True for part in scope.parts)
        if "object" not in scope.kinds or is_open or scope.name(ITEM):
            return None
        kinds = {name: self.scopes.of(scope.child(name)).kinds - {"null"} for name in scope.properties}
        lists = [name for name, inner in kinds.items() if inner == {"array"}]
        return lists[0] if len(lists) == 1 else None

    def note(self, text: str) -> None:
        """Tell once."""
        self.notes[text] = None
