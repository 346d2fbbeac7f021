"""A schema as an indented list in words, for models that know no TypeScript: the form of Kor's bullet points.

`- title (text): the headline`; what a type contains is indented below it. Several records of one type have names:
`- pet (either Cat or Dog)`, and below `Cat:` with its own list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from extractor.choices import choices
from extractor.descriptors.definitions import DEEPEST, ENTRY, Definitions, kinds
from extractor.descriptors.remarks import about, description, joined, key, listed, meanings, remarks
from extractor.types import Schema

_RECORD = "\0"  # in words, the record that is listed below; no literal has it
_WORDS = {"string": "text", "integer": "whole number", "boolean": "true/false", "any": "anything", "object": _RECORD}
_RESERVED = ("anything", "date", "list", "nothing", "null", "number", "record", "records", "text", "time")
_TIMES = {"date": "date", "time": "time", "date-time": "date and time"}


def describe(schema: Schema) -> str:
    """The list of a record's fields; definitions that are used more than once are named, below."""
    writer = _Writer(schema)
    known, root = writer.known, schema.json_schema
    phrase = writer.phrase_of({"$ref": "#"} if known.uses["#"] else root)
    blocks = []
    told, is_named = about(known), bool(known.wanted) and phrase.words == known.wanted[0][0]
    if not is_named:
        head = [told, "" if phrase.words == _RECORD else phrase.head(meanings(known, root))]
        blocks.append("\n".join([*filter(None, head), *phrase.lines]))
    while known.wanted:
        blocks.append(writer.definition(*known.wanted.popleft(), "" if is_named else told))
    return "\n\n".join(blocks)


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A type in words, with the lines of the one record in it that has no name, and of those that have."""

    words: str
    fields: tuple[str, ...] | None = None
    named: tuple[str, ...] = ()
    title: str = "Record"  # a name for the record, where it needs one
    about: str = ""  # what it is

    @property
    def text(self) -> str:
        """The words: 'list of records'."""
        return self.words.replace(f"list of {_RECORD}", "list of records").replace(_RECORD, "record")

    @property
    def lines(self) -> tuple[str, ...]:
        """All that stands below the words."""
        return (*(self.fields or ()), *self.named)

    @property
    def is_compound(self) -> bool:
        """Whether the words need brackets within others."""
        return any(sign in self.words for sign in (" or ", ", ", " and also ", ": "))

    def within(self, words: str) -> _Phrase:
        """In other words: 'text' within 'list of {}' → 'list of text'."""
        inner = f"({self.words})" if self.is_compound else self.words
        return replace(self, words=words.replace("{}", inner))

    def head(self, told: Iterable[str]) -> str:
        """The words as a line of their own, before what stands below."""
        notes = joined(told)
        return f"{self.text}: {notes}" if notes else f"{self.text}:" if self.lines else self.text


class _Writer:
    """Writes phrases; `level` is how many types the one that is being written stands in."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.known = Definitions(schema.json_schema, _RESERVED)
        self.level = 0

    def definition(self, name: str, reference: str, told: str) -> str:
        """A named definition: 'Author: Somebody who signs.' and its fields, 'Colour (one of "red", "blue")'.

        `told` is what has been said already.
        """
        node = self.known.resolve(reference)
        phrase = self.phrase_of(node)
        words = "" if phrase.words == _RECORD else f" ({phrase.text})"
        remarked = (remark for remark in remarks(self.schema, self.known, node) if remark != told)
        notes = joined((*remarked, *meanings(self.known, node)))
        return "\n".join([f"{name}{words}: {notes}" if notes else f"{name}{words}:", *phrase.lines])

    def phrase_of(self, node: Any) -> _Phrase:
        """One node in words."""
        if not isinstance(node, Mapping) or not node:
            return _Phrase("nothing" if node is False else "anything")
        if found := choices(node):
            return _Phrase(_choice([one.value for one in found]))
        if self.level >= DEEPEST:
            return _Phrase("anything")
        self.level += 1
        parts = [part for part in self._parts(node) if part.words != "anything"]
        self.level -= 1
        return self._all_of(parts)

    def _parts(self, node: Mapping[str, Any]) -> Iterator[_Phrase]:
        """What has to hold at once: a reference, the node's own type, one of its branches, all of `allOf`."""
        if "$ref" in node:
            yield self._definition(node["$ref"])
        others = node.keys() & {"$ref", "anyOf", "oneOf", "allOf"}
        if not others or node.keys() & {"properties", "items", "prefixItems"}:
            yield self._either([self._plain(kind, node) for kind in kinds(node)])
        for keyword in ("anyOf", "oneOf"):
            if keyword in node:
                yield self._either([self.phrase_of(branch) for branch in node[keyword]])
        yield from (self.phrase_of(branch) for branch in node.get("allOf", ()))

    def _definition(self, reference: str) -> _Phrase:
        if not self.known.is_in_place(reference, self.level):
            return _Phrase(self.known.name(reference))
        node = self.known.resolve(reference)
        return replace(self.phrase_of(node), title=self.known.title(reference), about=description(node))

    def _plain(self, kind: str, node: Mapping[str, Any]) -> _Phrase:
        if kind == "array":
            return self._array(node)
        if kind == "object":
            return self._object(node)
        if kind == "string":
            return _Phrase(_TIMES.get(str(node.get("format")).removesuffix("-local"), "text"))
        return _Phrase(_WORDS.get(kind, kind))

    def _array(self, node: Mapping[str, Any]) -> _Phrase:
        if "prefixItems" in node:
            items = self._apart([self.phrase_of(item) for item in node["prefixItems"]])
            return _combined(items, "list: " + ", then ".join(item.within("{}").words for item in items))
        is_entry = node is self.known.root and self.known.uses[ENTRY]
        return self.phrase_of({"$ref": ENTRY} if is_entry else node.get("items")).within("list of {}")

    def _object(self, node: Mapping[str, Any]) -> _Phrase:
        others = node.get("additionalProperties")
        if "properties" not in node:
            return self.phrase_of(others).within("free keys, each {}")
        lines = [line for name, child in node["properties"].items() for line in self._field(key(name), child)]
        if isinstance(others, Mapping) and others:
            lines += self._field("any other key", others)
        title = node.get("title")
        is_name = isinstance(title, str) and title.isidentifier()
        return _Phrase(_RECORD, tuple(lines), title=str(title) if is_name else "Record")

    def _field(self, name: str, node: Any) -> Iterator[str]:
        phrase = self.phrase_of(node)
        notes = joined((*remarks(self.schema, self.known, node), *meanings(self.known, node)))
        yield f"- {name} ({phrase.text})" + (f": {notes}" if notes else "")
        yield from (f"  {line}" for line in phrase.lines)

    def _either(self, branches: Sequence[_Phrase]) -> _Phrase:
        """One of several types, null last: 'text or null', 'either Cat or Dog'."""
        found = self._apart([branch for branch in branches if branch.words != "anything"])
        words = dict.fromkeys(one.words for one in found)
        if len(words) == 1:
            return found[0]
        stated = [one for one in found if one.words != "null"]
        choice = list(dict.fromkeys(one.within("{}").words for one in stated))
        if len(choice) == 1 and " or " not in stated[0].words:
            choice = [stated[0].words]  # 'one of "a", "b" or null' needs no brackets
        text = f"either {' or '.join(choice)}" if len(choice) > 1 else "".join(choice)
        return _combined(found, f"{text} or null" if "null" in words else text or "anything")

    def _all_of(self, parts: Sequence[_Phrase]) -> _Phrase:
        """All at once; records without a name are one record with the fields of all."""
        plain = [part for part in parts if part.words == _RECORD]
        rest = [part for part in parts if part.words != _RECORD]
        found = self._apart([*rest, _one_record(plain)] if plain else rest)
        if len(found) == 1:
            return found[0]
        return _combined(found, " and also ".join(dict.fromkeys(one.within("{}").words for one in found)) or "anything")

    def _apart(self, phrases: Sequence[_Phrase]) -> list[_Phrase]:
        """The phrases with a name for each record, where there are several."""
        if sum(phrase.fields is not None for phrase in phrases) <= 1:
            return list(phrases)
        return [phrase if phrase.fields is None else self._with_name(phrase) for phrase in phrases]

    def _with_name(self, phrase: _Phrase) -> _Phrase:
        name = self.known.reserve(phrase.title)
        head = f"{name}: {phrase.about}" if phrase.about else f"{name}:"
        return _Phrase(phrase.words.replace(_RECORD, name), None, (head, *phrase.lines))


def _one_record(records: Sequence[_Phrase]) -> _Phrase:
    """Records that hold at once as one, with the fields of all."""
    fields = tuple(field for record in records for field in record.fields or ())
    if len(records) == 1:
        return records[0]
    return _Phrase(_RECORD, fields, tuple(line for record in records for line in record.named), records[0].title)


def _combined(phrases: Sequence[_Phrase], words: str) -> _Phrase:
    """Several phrases, of which one at most has a record without a name, in these words."""
    own = next((phrase for phrase in phrases if phrase.fields is not None), _Phrase(""))
    return _Phrase(words, own.fields, tuple(line for phrase in phrases for line in phrase.named), own.title)


def _choice(values: list[Any]) -> str:
    """'always "a"', 'one of "a", "b"'; of a long list the first ones."""
    shown, more = listed(values, ", ")
    if len(values) == 1:
        return f"always {shown}"
    return f"one of {shown}, … ({more} more)" if more else f"one of {shown}"
