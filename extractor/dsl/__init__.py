r"""The inline schema language: one line of text → JSON Schema (draft 2020-12).

    title, year int, keywords[]!, category: nlp|vision|rl, doi?, authors[]{name!, email?}

The grammar; blanks may stand between any two parts, and ，、：？！｛｝［］｜＃ are marks as , : ? ! { } [ ] | # are:

    schema      = { headline } ( fields | "{" { headline } fields "}" )
    headline    = "#" text up to the end of the line           describes the record; before the first field only
    fields      = field { separator field }                    empty lines and a last comma are fine
    separator   = newline | "," [ "#" description newline ]    that description is of the field before the comma
    field       = name marks ( record | plain ) [ "#" description ]
    marks       = { "[]" | "?" | "!" }                         at most one "?" in a field: it may be null;
                                                               one "!": verbatim, a run of words of the document
    record      = "{" fields "}" [ "?" ]                       its fields, not the record, have descriptions inside
    plain       = [ type marks ] [ ":" value { "|" value } ]   "[]" behind the name or behind the type
    type        = "str" | "int" | "float" | "bool" | "date"    str where there is none
    name        = identifier | quoted
    value       = quoted | text up to one of | , # { } or the end of the line
    description = quoted | text up to one of , } or the end of the line
    quoted      = a JSON string

Reading order: `parse`, the `_Parser` from the whole to the parts, `scanner` below it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from extractor.dsl.scanner import HALVES, LONGEST_WORD, Scanner, cells, short
from extractor.marks import VERBATIM

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "TYPES", "cells", "looks_like_dsl", "optional", "parse", "record"]

MAX_DEPTH = 32  # records and lists inside of each other
MAX_LENGTH = 100_000

TYPES: Mapping[str, Mapping[str, str]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
}
_OTHER_NAMES = {"string": "str", "text": "str", "integer": "int", "number": "float", "double": "float",
                "boolean": "bool", "datetime": "date"}  # fmt: skip

_FULL_WIDTH = str.maketrans("，、：？！｛｝［］｜＃", ",,:?!{}[]|#")

_WORD = re.compile(r'[^\s,:?!\[\]{}|#"]*')
_VALUE = re.compile(r"[^|,#{}\n]*")
_DESCRIPTION = re.compile(r"[^,}\n]*")
_LINE = re.compile(r"[^\n]*")
_NUMBERS = {
    "int": re.compile(r"[+-]?[0-9]{1,18}"),  # more digits are no number that a program counts with
    "float": re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"),
}

_SPEC_OF_A_FILE = re.compile(r"\.(?:py|json|ya?ml)$|\.py:", re.IGNORECASE)
_SIGN_OF_A_FIELD = re.compile(rf"[,{{}}\[\]?!#\n]|:\s|:[^:]*\||\s(?:{'|'.join(TYPES)})\b")


def parse(text: str) -> dict[str, Any]:
    """The JSON Schema of a text in the schema language; `SchemaError` names the column that is wrong."""
    parser = _Parser(text, text.translate(_FULL_WIDTH))
    if len(text) > MAX_LENGTH:
        raise parser.fault(f"the schema is longer than {MAX_LENGTH:,} characters", MAX_LENGTH, "write a schema file")
    if half := HALVES.search(text):
        raise parser.fault("half of a character", half.start(), "the text has been damaged on its way")
    return parser.schema()


def looks_like_dsl(spec: str) -> bool:
    """Whether a text can only be meant in the schema language, not as a file, a module or a built-in name."""
    plain = spec.translate(_FULL_WIDTH)
    return not _SPEC_OF_A_FILE.search(plain.strip()) and bool(_SIGN_OF_A_FIELD.search(plain) or "：" in spec)


def record(fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The schema of an object with exactly these fields; those with a default may be left out."""
    needed = [name for name, field in fields.items() if "default" not in field]
    return {"type": "object", "properties": dict(fields), "required": needed, "additionalProperties": False}


def optional(node: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a field that may be null or left out, in the form that Pydantic gives `X | None = None`."""
    return {"anyOf": [dict(node), {"type": "null"}], "default": None}


@dataclass(slots=True)
class _Marks:
    """What the marks of one field have said so far."""

    optional: bool = False
    verbatim: bool = False
    lists: int = 0


class _Parser(Scanner):
    """Recursive descent, a method for each rule of the grammar. `depth` counts the records and lists around."""

    def schema(self) -> dict[str, Any]:
        """The whole text."""
        about = self._headlines()
        opening = self.at - 1 if self.take("{") else None
        about += self._headlines()
        node = self._fields(0, opening)
        if opening is not None:
            self.newlines()
            if self.peek():
                raise self.fault("nothing can follow the closing brace", self.at)
        return {**({"description": " ".join(about)} if about else {}), **node}

    def _headlines(self) -> list[str]:
        lines: list[str] = []
        while self.newlines() or self.peek() == "#":
            if self.take("#"):
                lines.append(self._description(_LINE))
                if self.peek() not in ("\n", ""):
                    raise self.unexpected()  # behind a quoted description
        return lines

    def _fields(self, depth: int, opening: int | None) -> dict[str, Any]:
        """Fields up to the brace that closes the one at `opening`, or up to the end."""
        fields: dict[str, dict[str, Any]] = {}
        self.newlines()
        closing = "" if opening is None else "}"
        while self.peek() != closing:
            if not self.peek():
                raise self.fault("this { is not closed", opening or 0)
            at = self.at
            name = self._name()
            if name in fields:
                raise self.fault(f"there is a field {short(name)} already", at, "a record has each field once")
            fields[name] = self._field(depth)
            self._end_of_field(fields[name])
        self.at += len(closing)
        if not fields:
            raise self.fault("a record without fields", self.at if opening is None else opening)
        return record(fields)

    def _name(self) -> str:
        start = self.at
        if self.peek() == "#":
            raise self.fault("there is no field for this description", start, "it stands behind its field: `name # …`")
        name = self.quoted() if self.peek() == '"' else self._identifier()
        if not name:
            raise self.fault("an empty name", start)
        return name

    def _identifier(self) -> str:
        start = self.at
        name = self.bare(_WORD)
        if not name:
            raise self.unexpected()
        if not name.isidentifier():
            wrong = next(at for at, char in enumerate(name) if not ("_" * bool(at) + char).isidentifier())
            quoted = json.dumps(name.strip("“”")[:LONGEST_WORD], ensure_ascii=False)
            raise self.fault(f"{name[wrong]!r} cannot stand here in a name", start + wrong, f"quote it: {quoted}")
        return name

    def _field(self, depth: int) -> dict[str, Any]:
        """What follows the name, up to the description."""
        marks = _Marks()
        self._marks(marks, depth)
        node = self._record(marks, depth) if self.peek() == "{" else self._plain(marks, depth)
        if marks.verbatim:
            self._refuse_verbatim(node)
            node = {**node, VERBATIM: True}
        for _ in range(marks.lists):
            node = {"type": "array", "items": node}
        return optional(node) if marks.optional else node

    def _marks(self, marks: _Marks, depth: int) -> None:
        while (mark := self.peek()) in ("?", "!", "["):
            at = self.at
            if mark == "?":
                self._question(marks)
                continue
            if self.take("!"):
                if marks.verbatim:
                    raise self.fault("a second !", at, "one ! says that the field is verbatim")
                marks.verbatim = True
                continue
            self.take("[")
            if not self.take("]"):
                raise self.fault("[ without ]", at)
            marks.lists += 1
            self._guard(depth + marks.lists, at)

    def _refuse_verbatim(self, node: Mapping[str, Any]) -> None:
        """Only a text of its own words can be one of the document's."""
        if node != TYPES["str"]:
            what = "choice" if "enum" in node else "record" if node["type"] == "object" else node["type"]
            raise self.fault(f"a {what} cannot be verbatim", self.at - 1, "! is for str, and lists of str")

    def _question(self, marks: _Marks) -> None:
        if self.take("?") and marks.optional:
            raise self.fault("a second ?", self.at - 1, "one ? says that the field may be null")
        marks.optional = True

    def _guard(self, depth: int, at: int) -> None:
        if depth > MAX_DEPTH:
            raise self.fault(f"nested deeper than {MAX_DEPTH} levels", at, "a flat record is easier for a model too")

    def _record(self, marks: _Marks, depth: int) -> dict[str, Any]:
        opening = self.at
        inside = depth + marks.lists + 1
        self._guard(inside, opening)
        self.take("{")
        node = self._fields(inside, opening)
        while self.peek() == "?":
            self._question(marks)
        return node

    def _plain(self, marks: _Marks, depth: int) -> dict[str, Any]:
        """A type, choices, both or neither."""
        kind = self._type()
        if kind:
            before = marks.lists
            self._marks(marks, depth)
            if 0 < before < marks.lists:
                raise self.fault("[] stands behind the name already", self.at - 1, "a list of lists is `name[][]`")
        return self._choice(kind or "str") if self.take(":") else dict(TYPES[kind or "str"])

    def _type(self) -> str:
        """A type word, or `""` where none stands."""
        self.peek()
        at = self.at
        word = self.bare(_WORD)
        if word and word not in TYPES:
            raise self.fault(f"unknown type {short(word)}", at, _advice_on_type(word.lower()))
        return word

    def _choice(self, kind: str) -> dict[str, Any]:
        start = self.at
        if kind in ("bool", "date"):
            raise self.fault(f"a {kind} has no choices", start - 1, "choices are of str, int or float")
        values: dict[Any, None] = {}
        while not values or self.take("|"):
            self.peek()
            at = self.at
            value = self._value(kind)
            if value in values:
                raise self.fault(f"the choice {short(value)} is there already", at, "each choice stands once")
            values[value] = None
        self._refuse_a_type(start)
        if len(values) == 1 and kind == "str" and self.plain[start : self.at].strip()[:1] != '"':
            advice = "a description stands after #, `name # …`; one choice alone is quoted"
            raise self.fault(f"{short(value)} would be the only choice", start + 1, advice)
        return {"type": TYPES[kind]["type"], "enum": list(values)}

    def _value(self, kind: str) -> str | int | float:
        at = self.at
        bare = self.peek() != '"'
        word = self.bare(_VALUE) if bare else self.quoted()
        if not word:
            raise self.fault("an empty choice", at, "choices are `name: a|b`")
        if bare and word.endswith(("?", "？", "!", "！", "[]", "［］")):
            advice = "marks stand before the colon, `name?: a|b`; a choice that ends in one is quoted"
            raise self.fault(f"the choice {short(word)} ends in a mark", at, advice)
        return word if kind == "str" else self._number(kind, word, at)

    def _number(self, kind: str, word: str, at: int) -> int | float:
        value = float(word) if _NUMBERS["float"].fullmatch(word) else math.inf
        if not _NUMBERS[kind].fullmatch(word) or not math.isfinite(value):
            raise self.fault(f"the choice {short(word)} is not of type {kind}", at, f"for any words leave out {kind}")
        return int(word) if kind == "int" else value

    def _refuse_a_type(self, start: int) -> None:
        """`year: int` is how Python and TypeScript say it; here it would be the choice of one word."""
        words = [word.strip() for word in self.plain[start : self.at].split("|")]
        types = [word for word in words if word not in ("null", "None")]
        if len(types) == 1 and types[0].lower() in (*TYPES, *_OTHER_NAMES):
            word = _OTHER_NAMES.get(types[0].lower(), types[0].lower())
            advice = f"a type stands without a colon, `name {word}`; a choice of this word is quoted"
            raise self.fault(f"{types[0]!r} is a type, not a choice", start, advice)

    def _end_of_field(self, field: dict[str, Any]) -> None:
        """A description, and then a comma, the end of the line or what closes the record."""
        if self.take("#"):
            field["description"] = self._description(_DESCRIPTION)
        broken = self.newlines()
        if self.take(","):
            self._late_description(field)
            self.newlines()
        elif not broken and self.peek() not in ("}", ""):
            raise self.unexpected()

    def _late_description(self, field: dict[str, Any]) -> None:
        """`title,  # as printed` at the end of a line, where comments stand in most languages."""
        if not self.take("#"):
            return
        at = self.at - 1
        text = self._description(_DESCRIPTION)
        if "description" in field or self.peek() not in ("\n", ""):
            raise self.fault("a description stands before the comma", at, "write `name # …, name # …`")
        field["description"] = text

    def _description(self, pattern: re.Pattern[str]) -> str:
        at = self.at - 1
        text = self.quoted() if self.peek() == '"' else self.bare(pattern)
        if not text.strip():
            raise self.fault("an empty description", at)
        return text


def _advice_on_type(word: str) -> str:
    close = [_OTHER_NAMES[word]] if word in _OTHER_NAMES else get_close_matches(word, TYPES, 1)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"types are {', '.join(TYPES)}; commas stand between fields, and a name with blanks in it is quoted"
