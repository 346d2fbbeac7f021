"""Reads XML as models write it: a stack over a tokenizer, led by the schema; no DTD and no entities but the five.

A tag that is not expected in a text belongs to the text. A closing tag that is missing is taken from where the next
sibling begins or the parent ends, and told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from extractor.depth import DEEPEST
from extractor.encoders.decoded import SHOWN, Path, nothing, too_deep
from extractor.encoders.xml_text import BLANK, ENTRY, ITEM, kind_of_element, scalar, unescaped
from extractor.scopes import KINDS, Scope, Scopes

_TOKEN = re.compile(r"<(/?)([^\W\d][\w.:-]*+)([^<>]*+)>|<!--|<!\[CDATA\[|<[?!][^<>]*+>")
_ATTRIBUTE = re.compile(r"""\s++([\w:.-]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_ATTRIBUTES = re.compile(rf"(?:{_ATTRIBUTE.pattern})*+\s*+/?")
_ENDS = {"<!--": "-->", "<![CDATA[": "]]>"}


@dataclass(slots=True)
class _Element:
    """An element that is being read."""

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


class XmlReader:
    """Reads the elements of a text from a place on; `values` are those of the outermost."""

    def __init__(self, text: str, scopes: Scopes, root: str) -> None:
        self.notes: dict[str, None] = {}
        self.values: list[Any] = []
        self.stack: list[_Element] = []
        self._text = text
        self._scopes = scopes
        self._root = root
        self._without_end: set[str] = set()

    def begin(self) -> int:
        """Where the outermost element begins; one without its own tag is opened here."""
        tags = [found for found in _TOKEN.finditer(self._text) if found[2] and not found[1]]
        for found in tags:
            if found[2].casefold() == self._root:
                return found.start()
        known = self._known()
        for at, found in enumerate(tags):
            if known(found[2]) and found[2] != ITEM:
                self.note(f"the outermost element <{self._root}> is missing")
                self._push(self._root, {}, self._scopes.root)
                return found.start()
            after = tags[at + 1][2] if at + 1 < len(tags) else ""
            if known(after) or (known("") and (after or not self._scopes.root.kinds & {"array", "object"})):
                self.note(f"the outermost element is <{found[2]}>, not <{self._root}>")
                self._root = found[2].casefold()
                return found.start()
        raise nothing(self._text, f"XML (<{self._root}>)")

    def _known(self) -> Callable[[str], bool]:
        """Whether a tag may stand at the top: any, where the schema has no names."""
        scope = self._scopes.root
        inner = self._scopes.of(scope.items)
        is_list = "array" in scope.kinds
        names = bool(scope.properties) or (is_list and bool(inner.properties))

        def known(tag: str) -> bool:
            if not tag:
                return not names
            return bool(scope.name(tag)) or (is_list and (tag == ITEM or bool(inner.name(tag))))

        return known

    def read(self, at: int) -> None:
        """Everything from a place on; what is open at the end stays on the stack."""
        while found := _TOKEN.search(self._text, at):
            self._add(self._text[at : found.start()])
            at = found.end()
            if found[0] in _ENDS:
                at = self._skip(found)
            elif not found[2]:
                continue
            elif not _ATTRIBUTES.fullmatch(found[3]) or not self._take(found):
                self._add(found[0])
        self._add(self._text[at:])

    def _skip(self, found: re.Match[str]) -> int:
        """Behind a comment or the text of a CDATA section; one without an end is text."""
        sign = _ENDS[found[0]]
        end = -1 if sign in self._without_end else self._text.find(sign, found.end())
        if end < 0:
            self._without_end.add(sign)
            self._add(found[0])
            return found.end()
        if sign == "]]>" and self.stack:
            self.stack[-1].text.append(self._text[found.end() : end])
        return end + len(sign)

    def _add(self, text: str) -> None:
        if self.stack:
            self.stack[-1].text.append(unescaped(text))
        elif text.strip():
            self.note("the text around the XML is left out")

    def _take(self, found: re.Match[str]) -> bool:
        """Open or close an element; False where the tag is none of ours, but text."""
        tag = found[2]
        if found[1]:
            return self._close(tag)
        attributes = {one[1]: unescaped(one[2] or one[3] or "") for one in _ATTRIBUTE.finditer(found[3])}
        if not self._open(tag, attributes):
            return False
        if found[3].endswith("/"):
            self._pop()
        return True

    # --- open ----------------------------------------------------------------------------------------------------

    def _open(self, tag: str, attributes: Mapping[str, str]) -> bool:
        if not self.stack:
            if tag.casefold() != self._root:
                return False
            self._push(tag, attributes, self._scopes.root)
            return True
        if self.stack[-1].is_text:
            if not self._is_next(tag):
                return False
            self.note(f"the closing tag of <{self.stack[-1].tag}> is missing")
            self._pop()
        if not self.stack:
            return False
        self._push(tag, attributes, self._scope_in(self.stack[-1], tag, attributes.get("key")))
        return True

    def _is_next(self, tag: str) -> bool:
        """Whether a tag in a text begins the next sibling, so that the text has ended."""
        if len(self.stack) == 1:
            return False
        above, top = self.stack[-2], self.stack[-1]
        is_list = "array" in above.scope.kinds and tag == top.tag
        return is_list or (above.scope.name(tag) is not None and "object" in above.scope.kinds)

    def _push(self, tag: str, attributes: Mapping[str, str], scope: Scope) -> None:
        if len(self.stack) > DEEPEST:
            raise too_deep()
        self.stack.append(_Element(tag, scope, attributes, given=self._given(tag, attributes, scope)))

    def _given(self, tag: str, attributes: Mapping[str, str], scope: Scope) -> dict[str, Any]:
        """The attributes that are properties of an object; others than the marks of a type are told."""
        found: dict[str, Any] = {}
        for attribute, text in attributes.items():
            if _is_mark(tag, attribute, text):
                continue
            name = scope.name(attribute) if "object" in scope.kinds else None
            if name is None:
                self.note(f"left out, an attribute of <{tag}>: {attribute}={text[:SHOWN]!r}")
                continue
            self.note(f"attributes of <{tag}> are read as its properties")
            found[name] = self._value(_Element(name, self._scopes.of(scope.child(name)), {}, text=[text]))
        return found

    def _scope_in(self, parent: _Element, tag: str, key: str | None) -> Scope:
        """That of a child: of a property, an item, or a property of the only item, whose own tags are left out."""
        scope = parent.scope
        stated = parent.attributes.get("type")
        if tag == ENTRY and key is not None:
            return self._scopes.of(scope.child(key))
        as_list = "array" in scope.kinds and (stated == "array" or "object" not in scope.kinds or tag == ITEM)
        if as_list and stated != "object" and not (tag == ITEM and ITEM in scope.properties and stated != "array"):
            inner = self._scopes.of(scope.child(len(parent.children)))
            name = inner.name(tag) if tag != ITEM and "object" in inner.kinds else None
            return self._scopes.of(inner.child(name)) if name is not None else inner
        return self._scopes.of(scope.child(scope.name(tag) or tag))

    # --- close ---------------------------------------------------------------------------------------------------

    def _close(self, tag: str) -> bool:
        folded = tag.casefold()
        at = next((at for at in range(len(self.stack) - 1, -1, -1) if self.stack[at].tag.casefold() == folded), -1)
        if at < 0:
            return False
        while len(self.stack) > at + 1:
            self.note(f"the closing tag of <{self.stack[-1].tag}> is missing")
            self._pop()
        self._pop()
        return True

    def finish(self) -> None:
        """Close what is open at the end of the text."""
        while self.stack:
            self.note(f"the closing tag of <{self.stack[-1].tag}> is missing")
            self._pop()

    def finish_cut(self) -> Path | None:
        """Close what is open in an answer that was cut off, without its last text; the path to what is not finished."""
        if not self.stack:
            return None
        while len(self.stack) > 1 and not self.stack[-1].children and not self.stack[-1].given:
            self.stack.pop()
        path: list[str | int] = []
        for parent, one in zip(self.stack, self.stack[1:], strict=False):
            name = one.attributes.get("key") if one.tag == ENTRY else None
            is_list = "array" in parent.scope.kinds and (one.tag == ITEM or "object" not in parent.scope.kinds)
            path.append(len(parent.children) if is_list else name or parent.scope.name(one.tag) or one.tag)
        self.stack[-1].text.clear()
        is_empty = len(self.stack) == 1 and not self.stack[0].children and not self.stack[0].given
        while self.stack:
            self._pop()
        if is_empty:
            self.values.pop()
            return ()
        return _walked(self.values[-1], path)

    def _pop(self) -> None:
        element = self.stack.pop()
        value = self._value(element)
        if self.stack:
            self.stack[-1].children.append((element.tag, element.attributes.get("key"), value))
        else:
            self.values.append(value)

    def _value(self, element: _Element) -> Any:
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
            self.note(f"<{element.tag}> without <{ITEM}> is read as a list of one")
            item = self._scopes.of(scope.child(0))
            return [scalar(kind_of_element(item, (), text, {}), text)]
        return scalar(kind, text)

    def _list(self, element: _Element) -> list[Any]:
        """The items; or the only one, where its properties stand without a tag of their own."""
        inner = self._scopes.of(element.scope.child(0))
        names = {tag for tag, key, _ in element.children if key is None and tag != ITEM}
        if "object" in inner.kinds and any(inner.name(tag) for tag in names):
            self.note(f"<{element.tag}> without <{ITEM}> is read as a list of one")
            return [self._object(_Element(element.tag, inner, {}, element.children))]
        return [value for _, _, value in element.children]

    def _object(self, element: _Element) -> dict[str, Any]:
        found: dict[str, list[Any]] = {}
        for tag, key, value in element.children:
            name = key if tag == ENTRY and key is not None else element.scope.name(tag) or tag
            found.setdefault(name, []).append(value)
        for name in element.given.keys() & found.keys():
            self.note(f"left out, an attribute of <{element.tag}> beside an element of that name: {name!r}")
        return element.given | {name: self._one(name, values, element.scope) for name, values in found.items()}

    def _one(self, name: str, values: list[Any], scope: Scope) -> Any:
        """The value of a property whose element may stand there several times, as a list does without `<item>`."""
        if len(values) == 1:
            return values[0]
        if "array" not in self._scopes.of(scope.child(name)).kinds:
            self.note(f"elements that the answer repeats, the last of each counts: <{name}>")
            return values[-1]
        self._once(name)
        return [item for value in values for item in (value if isinstance(value, list) else [value])]

    def _once(self, tag: str) -> None:
        """Of a list whose tag stands there for each item, nothing has to be told."""
        self.notes.pop(f"<{tag}> without <{ITEM}> is read as a list of one", None)

    def note(self, text: str) -> None:
        """Tell once."""
        self.notes[text] = None


def _is_mark(tag: str, attribute: str, text: str) -> bool:
    """Whether an attribute says what the element is, as the writer does."""
    marks = {"type": text in KINDS, "null": text == "true", "key": tag == ENTRY, "xml:space": True}
    return marks.get(attribute, False)


def _walked(value: Any, path: list[str | int]) -> Path:
    """As much of a path as leads to containers."""
    for at, key in enumerate(path):
        inner = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, list) and isinstance(key, int) and key < len(value):
            inner = value[key]
        if not isinstance(inner, dict | list):
            return (*path[:at],)
        value = inner
    return (*path,)
