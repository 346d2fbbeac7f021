"""Reads XML as models write it: a stack over a tokenizer, led by the schema; no DTD, and of entities those of HTML.

A tag that is not expected in a text belongs to the text. A closing tag that is missing is taken from where the next
sibling begins or the parent ends, and told; one that is written wrongly is told, too (`xml_ends`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from extractor.depth import DEEPEST
from extractor.encoders.decoded import SHOWN, Path, nothing, too_deep
from extractor.encoders.xml_ends import Meant, ahead, text_again, unbalanced
from extractor.encoders.xml_text import ENTRY, ITEM, has_entities, unescaped
from extractor.encoders.xml_values import Element, ElementReader
from extractor.scopes import KINDS, Scope, Scopes

_TOKEN = re.compile(
    r"<(/?)([^\W\d][\w.:-]*+)([^<>]*+)>|<!--|<!\[CDATA\[|<[?!][^<>]*+>|<\s*+/\s*+([^\W\d][\w.:-]*+)?+\s*+>"
)
_ATTRIBUTE = re.compile(r"""\s++([\w:.-]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_ATTRIBUTES = re.compile(rf"(?:{_ATTRIBUTE.pattern})*+\s*+/?")
_ENDS = {"<!--": "-->", "<![CDATA[": "]]>"}


class XmlReader(ElementReader):
    """Reads the elements of a text from a place on; `values` are those of the outermost."""

    def __init__(self, text: str, scopes: Scopes, root: str) -> None:
        super().__init__(scopes)
        self.values: list[Any] = []
        self.stack: list[Element] = []
        self._text = text
        self._root = root
        self._without_end: set[str] = set()
        self._unbalanced = unbalanced(text)

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
                self._push(self._root, {}, self.scopes.root)
                return found.start()
            after = tags[at + 1][2] if at + 1 < len(tags) else ""
            if known(after) or (known("") and (after or not self.scopes.root.kinds & {"array", "object"})):
                self.note(f"the outermost element is <{found[2]}>, not <{self._root}>")
                self._root = found[2].casefold()
                return found.start()
        raise nothing(self._text, f"XML (<{self._root}>)")

    def _known(self) -> Callable[[str], bool]:
        """Whether a tag may stand at the top: any, where the schema has no names."""
        scope = self.scopes.root
        inner = self.scopes.of(scope.items)
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
            elif "/" in found[0][:-1] and not found[1] and not found[2]:
                if not self._close_loosely(found):
                    self._add(found[0])
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
            if has_entities(text):
                self.note("entities of HTML are read")
            self.stack[-1].text.append(unescaped(text))
        elif text.strip():
            self.note("the text around the XML is left out")

    def _take(self, found: re.Match[str]) -> bool:
        """Open or close an element; False where the tag is none of ours, but text."""
        tag = found[2]
        if found[1]:
            return self._close(tag) or self._close_other(found)
        attributes = {one[1]: unescaped(one[2] or one[3] or "") for one in _ATTRIBUTE.finditer(found[3])}
        meant = self._again(found) if tag.casefold() in self._unbalanced and not attributes and self.stack else "child"
        if meant == "end":
            self._end_wrongly(f"<{tag}> without its slash is read as the end of the element")
            return True
        if meant == "next":
            self._end_wrongly(f"the closing tag of <{self.stack[-1].tag}> is missing")
        if not self._open(tag, attributes):
            return False
        if found[3].endswith("/"):
            self._pop()
        return True

    def _again(self, found: re.Match[str]) -> Meant:
        """What a tag means that the element at hand is called, too, where more of them begin than end."""
        tag, top, then = found[2], self.stack[-1], ahead(self._text, found.end())
        if tag.casefold() != top.tag.casefold() or found[3].endswith("/") or top.scope.name(tag) is not None:
            return "child"
        above = self.stack[-2] if len(self.stack) > 1 else None
        is_item = above is not None and "array" in above.scope.kinds and tag != above.tag
        if top.says and not top.children and (top.is_text or "array" in top.scope.kinds):
            is_list = is_item or "array" in top.scope.kinds
            return text_again(tag, then, is_list=is_list, is_inner=above is not None and tag == above.tag)
        if not top.children or (tag == ITEM and "object" not in top.scope.kinds) or not (then.is_tag or then.is_end):
            return "child"
        if not then.is_closing and top.scope.name(then.name) is not None:
            return "next" if is_item else "child"
        return "end" if not then.is_closing or then.name != tag.casefold() else "child"

    # --- open ----------------------------------------------------------------------------------------------------

    def _open(self, tag: str, attributes: Mapping[str, str]) -> bool:
        if not self.stack:
            if tag.casefold() != self._root:
                return False
            self._push(tag, attributes, self.scopes.root)
            return True
        if self.stack[-1].is_text:
            if not self._is_next(tag):
                return False
            self._end_wrongly(f"the closing tag of <{self.stack[-1].tag}> is missing")
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
        self.stack.append(Element(tag, scope, attributes, given=self._given(tag, attributes, scope)))

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
            found[name] = self.value(Element(name, self.scopes.of(scope.child(name)), {}, text=[text]))
        return found

    def _scope_in(self, parent: Element, tag: str, key: str | None) -> Scope:
        """That of a child: of a property, an item, or a property of the only item, whose own tags are left out."""
        scope = parent.scope
        stated = parent.attributes.get("type")
        if tag == ENTRY and key is not None:
            return self.scopes.of(scope.child(key))
        as_list = "array" in scope.kinds and (stated == "array" or "object" not in scope.kinds or tag == ITEM)
        if as_list and stated != "object" and not (tag == ITEM and ITEM in scope.properties and stated != "array"):
            inner = self.scopes.of(scope.child(len(parent.children)))
            name = inner.name(tag) if tag != ITEM and "object" in inner.kinds else None
            return self.scopes.of(inner.child(name)) if name is not None else inner
        name = scope.name(tag)
        if name is None and tag == ITEM and (of_items := self.only_list(scope)):
            return self.scopes.of(self.scopes.of(scope.child(of_items)).items)
        return self.scopes.of(scope.child(name or tag))

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

    def _end_wrongly(self, note: str) -> None:
        """End the element at hand by what is no end of it as it is written."""
        self.note(note)
        self.is_mended = True
        self._pop()

    def _close_loosely(self, found: re.Match[str]) -> bool:
        """An end with blanks in it, or without a name; False where it is text."""
        name = found[4]
        if not self.stack or (name and self.stack[-1].tag.casefold() != name.casefold()):
            return False
        self._end_wrongly(f"{found[0]} is read as the end of <{self.stack[-1].tag}>")
        return True

    def _close_other(self, found: re.Match[str]) -> bool:
        """The end of a text by a name that nothing open has, before the next sibling or the end of the parent."""
        if len(self.stack) < 2 or not self.stack[-1].is_text or not self.stack[-1].says:  # noqa: PLR2004
            return False
        then, top, above = ahead(self._text, found.end()), self.stack[-1], self.stack[-2]
        is_parent = then.is_closing and then.name == above.tag.casefold()
        is_sibling = (
            then.is_tag and not then.is_closing and (self._is_next(then.name) or then.name == top.tag.casefold())
        )
        if not (is_parent or is_sibling or then.is_end) or any(f"<{found[2]}" in part for part in top.text):
            return False
        self._end_wrongly(f"{found[0]} is read as the end of <{top.tag}>")
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
        value = self.value(element)
        if self.stack:
            self.stack[-1].children.append((element.tag, element.attributes.get("key"), value))
        else:
            self.values.append(value)


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
