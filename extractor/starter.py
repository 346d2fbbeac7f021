"""`extract schema init`: a JSON Schema → a Python file to start from.

It keeps to the subset of JSON Schema that the inline schema language (`extractor.dsl`) and samples (`extractor.sample`)
give. What is written is code that will be run, with text in it that is not ours. So every name in it is made here of
characters that Python takes in names, and every other text is an escaped string literal: see `_attributes`,
`_class_name`, `_literal`, `_docstring`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from keyword import iskeyword
from typing import Any
from unicodedata import normalize

from pydantic import BaseModel

from extractor.dsl import MAX_DEPTH, TYPES, cells
from extractor.errors import SchemaError
from extractor.marks import VERBATIM
from extractor.pointers import pointer

Path = tuple[str | int, ...]

_LONGEST_POINTER = 200  # in a message

_HEAD = '"""A schema to start from. Change it, and try it: extract run FILE --schema THIS.py"""\n\n'
_NOTES = """
# The model reads the names and the descriptions. Say what belongs in a field, and how:
#     title: str = Field(description="as printed, without the subtitle")
# Bounds hold while it writes: Field(max_length=200) for a text, Field(max_length=10)
# for a list, Field(ge=0, le=100) for a number.{missing}
# `| None = None` means: null where the text does not say. Others always get a value."""
_MISSING = "\n# Field has to be imported for these: from pydantic import BaseModel, Field"
_WIDTH = 88  # of a line, as ruff and black have it where nobody says otherwise
_LONGEST_CHOICES = 48  # that stand in the line of their field

_TYPE_NAMES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_IMPORTS = {
    "date": "from datetime import date",
    "datetime.date": "import datetime",
}
_IN_USE = frozenset(
    ("str", "int", "float", "bool", "list", "dict", "Annotated", "Field", "Literal", "BaseModel", "Verbatim", "None",
     "True", "False")
)  # fmt: skip


def write(json_schema: Mapping[str, Any], name: str = "Record") -> str:
    """The source of a commented Python file with a Pydantic class for the record, and one for each record in it.

    Loaded, it gives the fields, types and choices of `json_schema`, which has to be of the subset that
    `extractor.dsl.parse` and `extractor.sample.from_sample` give; raises `SchemaError` with the pointer of what is not.
    """
    name = _class_name(name) or "Record"
    writer = _Writer("date")
    writer.record(json_schema, (), name)
    if "date" in writer.keys:  # `date: date | None = None` would hide the type from the fields below it
        writer = _Writer("datetime.date")
        writer.record(json_schema, (), name)
    return _HEAD + "\n\n\n".join([writer.opening(), *writer.parts]) + "\n"


@dataclass(slots=True)
class _Writer:
    """Writes classes, inner records first, and notes what they need. `calendar` is the type of a date.

    `names` are those of the module; an attribute of a class must not hide one from the fields below it.
    """

    calendar: str
    parts: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=lambda: set(_IN_USE))
    keys: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def opening(self) -> str:
        """The imports, only of what is used, and what to know before changing anything."""
        standard = [line for name, line in _IMPORTS.items() if name in self.used]
        if typing := sorted(self.used & {"Annotated", "Literal"}):
            standard.append(f"from typing import {', '.join(typing)}")
        others = ["from pydantic import BaseModel" + (", Field" if "Field" in self.used else "")]
        others += ["", "from extractor import Verbatim"] if "Verbatim" in self.used else []
        notes = _NOTES.format(missing="" if "Field" in self.used else _MISSING)
        return "\n".join([*standard, *([""] if standard else []), *others, notes])

    def record(self, node: Any, path: Path, wanted: str, taken: Collection[str] = ()) -> str:
        """Write the class of a record; returns its name, which is none of those taken."""
        _expect(node, path, "description", "properties", "required", "additionalProperties")
        fields = node.get("properties")
        if node.get("type") != "object" or not isinstance(fields, Mapping) or not fields:
            raise _foreign(path, "a record without fields")
        self.keys |= fields.keys()
        name = self._free_name(wanted, taken)
        attributes = _attributes(fields, _IN_USE | {self.calendar.partition(".")[0]})
        lines = [f"class {name}(BaseModel):"]
        if about := " ".join(_about(node, path).split()):
            lines += [f'    """{_docstring(about)}"""', ""]
        required = node.get("required", ())
        for key, child in fields.items():
            lines.append(self._field(child, (*path, "properties", key), attributes, needed=key in required))
        self.parts.append("\n".join(lines))
        return name

    def _field(self, node: Any, path: Path, attributes: Mapping[str, str], *, needed: bool) -> str:
        """The line of one field."""
        key = str(path[-1])
        inner, may_be_null = _without_null(node, path)
        if not needed and not may_be_null:
            raise _foreign(path, "a field that may be left out and not be null")
        type_ = self._type(inner, path, key, attributes.values()) + (" | None" if may_be_null else "")
        arguments = [] if needed else ["None"]
        if attributes[key] != key:
            arguments.append(f"alias={_literal(key)}")
        if about := _about(node, path):
            arguments.append(f"description={_literal(about)}")
        if arguments not in ([], ["None"]):
            self.used.add("Field")
        return _line(f"    {attributes[key]}: {type_}", arguments)

    def _type(self, node: Any, path: Path, wanted: str, taken: Collection[str]) -> str:
        """A type as it is written; what has to be defined for it gets a name like `wanted`."""
        if not isinstance(node, Mapping) or len(path) > 2 * (MAX_DEPTH + 1):  # a record adds two parts
            raise _foreign(path, "this")
        kind = node.get("type")
        if kind == "object" and node.get("additionalProperties") == TYPES["str"]:
            _expect(node, path, "additionalProperties")
            return "dict[str, str]"
        if kind == "object":
            return self.record(node, path, _class_name(wanted) or "Item", taken)
        if kind == "array":
            _expect(node, path, "items")
            return f"list[{self._type(node.get('items'), (*path, 'items'), _singular(wanted), taken)}]"
        if "enum" in node:
            return self._choices(node, path, wanted, taken)
        return self._scalar(node, path)

    def _scalar(self, node: Mapping[str, Any], path: Path) -> str:
        kind = node.get("type")
        _expect(node, path, "format", VERBATIM)
        if node.get(VERBATIM) is True and kind == "string" and "format" not in node:
            self.used |= {"Annotated", "Verbatim"}
            return "Annotated[str, Verbatim]"
        if node.get("format") == "date" and kind == "string":
            self.used.add(self.calendar)
            return self.calendar
        if not isinstance(kind, str) or kind not in _TYPE_NAMES or "format" in node or VERBATIM in node:
            raise _foreign(path, "this type")
        return _TYPE_NAMES[kind]

    def _choices(self, node: Mapping[str, Any], path: Path, wanted: str, taken: Collection[str]) -> str:
        _expect(node, path, "enum")
        values = node["enum"]
        if not isinstance(values, list) or not values or not all(map(_is_choice, values)):
            raise _foreign((*path, "enum"), "a choice that is neither text nor number")
        self.used.add("Literal")
        choices = list(map(_literal, values))
        if cells(", ".join(choices)) <= _LONGEST_CHOICES:
            return f"Literal[{', '.join(choices)}]"
        name = self._free_name(_class_name(wanted) or "Choice", taken)
        self.parts.append(f"{name} = Literal[\n" + "".join(f"    {choice},\n" for choice in choices) + "]")
        return name

    def _free_name(self, wanted: str, taken: Collection[str]) -> str:
        numbered = (f"{wanted}{number}" for number in count(2))
        name = next(name for name in chain([wanted], numbered) if name not in self.names and name not in taken)
        self.names.add(name)
        return name


def _without_null(node: Any, path: Path) -> tuple[Any, bool]:
    """What a field holds where it is not null, and whether it may be null. The description belongs to the field."""
    if not isinstance(node, Mapping):
        raise _foreign(path, "this")
    if "anyOf" not in node:
        return {key: node[key] for key in node if key != "description"}, False
    _expect(node, path, "anyOf", "default", "description")
    match node["anyOf"]:
        case [inner, {"type": "null"}] if node.get("default") is None:
            return inner, True
    raise _foreign((*path, "anyOf"), "anyOf of anything but a type and null")


def _about(node: Mapping[str, Any], path: Path) -> str:
    about = node.get("description", "")
    if not isinstance(about, str):
        raise _foreign((*path, "description"), "a description that is not a text")
    return about


def _expect(node: Any, path: Path, *keys: str) -> None:
    """Refuse what would be lost silently."""
    if not isinstance(node, Mapping):
        raise _foreign(path, "this")
    for key in node:
        if key not in (*keys, "type", "title"):
            raise _foreign((*path, key), key)


def _foreign(path: Path, what: str) -> SchemaError:
    hint = "starters are written of samples and of the inline schema language"
    return SchemaError(f"{pointer(path)[:_LONGEST_POINTER] or '/'}: {what} has no form in a starter", hint=hint)


def _line(head: str, arguments: Sequence[str]) -> str:
    """A field with the arguments of its `Field`, broken as ruff breaks it."""
    if not arguments:
        return head
    if arguments == ["None"]:
        return f"{head} = None"
    short = f"{head} = Field({', '.join(arguments)})"
    if cells(short) <= _WIDTH:
        return short
    if cells(", ".join(arguments)) <= _WIDTH - 8:
        return f"{head} = Field(\n        {', '.join(arguments)}\n    )"
    return f"{head} = Field(\n" + "".join(f"        {argument},\n" for argument in arguments) + "    )"


# --- names and literals --------------------------------------------------------------------------------------

_PROTECTED = ("model_dump", "model_validate")  # Pydantic warns of fields whose names begin so


def _attributes(keys: Collection[str], in_use: Collection[str]) -> dict[str, str]:
    """Key → attribute: the key itself where Python and Pydantic take it, and a name like it where they do not."""
    attributes: dict[str, str] = {}
    taken = set(keys)
    for key in keys:
        attributes[key] = key
        if not _is_usable(key, in_use):
            word = _word(key)
            likes = chain([word, f"{word}_"], (f"{word}_{number}" for number in count(2)))
            attributes[key] = next(like for like in likes if like not in taken and _is_usable(like, in_use))
            taken.add(attributes[key])
    return attributes


def _is_usable(name: str, in_use: Collection[str]) -> bool:
    is_identifier = name.isidentifier() and normalize("NFKC", name) == name  # Python normalises names, JSON does not
    is_free = not iskeyword(name) and name not in in_use and not hasattr(BaseModel, name)
    return is_identifier and is_free and not name.startswith(("_", *_PROTECTED))


def _word(key: str) -> str:
    """An identifier like the key: '2nd-name' → 'field_2nd_name'."""
    plain = "".join(char if f"_{char}".isidentifier() else "_" for char in normalize("NFKC", key)).strip("_")
    return plain if plain.isidentifier() and not plain.startswith(_PROTECTED) else f"field_{plain}".rstrip("_")


_SIMPLE = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,59}")


def _class_name(key: str) -> str:
    """'line_items' → 'LineItems', and nothing of a key that is not of ASCII letters, or long."""
    words = re.split("[_ -]+", key) if _SIMPLE.fullmatch(key) else []
    return "".join(word[:1].upper() + word[1:] for word in words)


_IRREGULAR = {"people": "person", "children": "child", "movies": "movie", "series": "series", "species": "species"}


def _singular(key: str) -> str:
    """'authors' → 'author', 'entities' → 'entity', 'addresses' → 'address'; what is not simple stays."""
    if key.lower() in _IRREGULAR:
        return _IRREGULAR[key.lower()]
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x")):
        if key.endswith(ending) and len(key) > len(ending) + 1:
            return key.removesuffix(ending) + instead
    return key if key.endswith(("ss", "us", "is")) or len(key) < 3 else key.removesuffix("s")  # noqa: PLR2004


def _is_choice(value: Any) -> bool:
    return isinstance(value, str) or (type(value) in (int, float) and math.isfinite(value))


def _literal(value: str | float) -> str:
    """A string literal as ruff quotes it, or a number."""
    if not isinstance(value, str):
        return repr(value)
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + _escaped(value, quote) + quote


def _docstring(text: str) -> str:
    """A text for between three quotation marks; single ones in it stay readable."""
    has_end = '"""' in text or text.startswith('"') or text.endswith('"')
    return _escaped(text, '"' if has_end else "")


def _escaped(text: str, quote: str) -> str:
    """Without what could end a string literal, begin an escape, or not be seen (controls, changes of direction)."""
    return "".join(char if char.isprintable() and char not in ("\\", quote) else _escape(char) for char in text)


def _escape(char: str) -> str:
    return f"\\{char}" if char in ("\\", "'", '"') else char.encode("unicode_escape").decode()
