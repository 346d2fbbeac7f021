"""What the words of a type cannot say: descriptions, formats, bounds, examples, and what the values of an enum mean."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from extractor.choices import choices
from extractor.descriptors.definitions import Definitions
from extractor.field_examples import hints
from extractor.marks import VERBATIM
from extractor.types import Schema

MOST_CHOICES = 200  # of a longer list the first ones; the decoder knows them all

_MOST_EXAMPLES = 3
_LONGEST_EXAMPLE = 60  # characters
_MOST_LOOKED_AT = 20  # examples, until enough are found that can be shown
_MOST_PARTS = 500  # of one type

_TIMES = {
    ("date",): "YYYY-MM-DD",
    ("time",): "HH:MM:SS with offset",
    ("time-local",): "HH:MM:SS",
    ("time-local", "time"): "HH:MM:SS, with offset if stated",
    ("date-time",): "ISO 8601 with offset",
    ("date-time-local",): "ISO 8601",
    ("date-time-local", "date-time"): "ISO 8601, with offset if stated",
}
_LIMITS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}
_BREAKS = re.compile("[\x7f-\x9f\u2028\u2029]")


def remarks(schema: Schema, definitions: Definitions, node: Any) -> Iterator[str]:
    """Of a node or its branch that is not null: 'the headline', '0 to 100', 'e.g. "Porto"'."""
    if not isinstance(node, Mapping):
        return
    branches = [branch for branch in node.get("anyOf", []) if isinstance(branch, Mapping)]
    stated = [branch for branch in branches if branch.get("type") != "null"]
    own = [node, *(stated if len(stated) == 1 else ()), node.get("items")]
    if told := next((told for part in own if (told := _told(definitions, part))), ""):
        yield told
    if any(part.get(VERBATIM) is True for part in (*own[:-1], *branches, *_items(node)) if isinstance(part, Mapping)):
        yield "copied word for word from the text"
    formats = tuple(part["format"] for part in (node, *branches) if "format" in part)
    if formats in _TIMES:
        yield _TIMES[formats]
    for part in (node, *branches):
        yield from _bounds(part)
    shown = (_examples(schema, part) for part in (node, *branches, node.get("items")))
    yield from islice(filter(None, shown), 1)


def _items(node: Mapping[str, Any]) -> Iterator[Any]:
    """What is said of the items of a list, whatever lists are inside of it: {'items': {'items': {}}} → {…}, {}."""
    while isinstance(node, Mapping) and "items" in node:
        node = node["items"]
        yield node


def _told(definitions: Definitions, node: Any) -> str:
    """The description of a node, or of the definition that is written in its place."""
    if not isinstance(node, Mapping):
        return ""
    reference = node.get("$ref")
    inner = definitions.resolve(reference) if reference and definitions.is_in_place(reference) else {}
    return description(node) or description(inner)


def _bounds(node: Mapping[str, Any]) -> Iterator[str]:
    least, most = node.get("minimum"), node.get("maximum")
    if least is not None and most is not None:
        yield f"{least} to {most}"
    else:
        yield from (f"{words} {node[word]}" for word, words in _LIMITS.items() if word in node)
    if "maxLength" in node:
        yield f"at most {node['maxLength']} characters"
    if "maxItems" in node and "prefixItems" not in node:  # a tuple shows its own length
        least = f"{node['minItems']} to " if node.get("minItems") else "at most "
        yield f"{least}{node['maxItems']} items"


def _examples(schema: Schema, node: Any) -> str:
    shown = examples_of(schema, node)
    return f"e.g. {', '.join(map(literal, shown))}" if shown else ""


def examples_of(schema: Schema, node: Any) -> list[Any]:
    """The first short examples that are values of a field: [['about salt', 'salt'], 'sea', 'sea'] → ['sea']."""
    texts = ((literal(value), value) for value in islice(hints(schema, node), _MOST_LOOKED_AT))
    short = {text: value for text, value in texts if value is not None and len(text) <= _LONGEST_EXAMPLE}
    return [*short.values()][:_MOST_EXAMPLES]


def meanings(definitions: Definitions, node: Any) -> Iterator[str]:
    """What the values of an enum stand for, in a type and in what is written in its place: '"ny": New York'."""
    todo = [node]
    for _ in range(_MOST_PARTS):
        if not todo:
            return
        part = todo.pop()
        if not isinstance(part, Mapping):
            continue
        if found := choices(part):
            yield from (f"{literal(one.value)}: {one_line(one.about)}" for one in found[:MOST_CHOICES] if one.about)
            continue
        inside = [part.get("items"), *part.get("prefixItems", ())]
        if "$ref" in part and definitions.is_in_place(part["$ref"]):
            inside.append(definitions.resolve(part["$ref"]))
        inside += [branch for keyword in ("anyOf", "oneOf", "allOf") for branch in part.get(keyword, ())]
        todo += reversed(inside)


def joined(told: Iterable[str]) -> str:
    """Several remarks as one: ['The headline.', 'at most 9 items'] → 'The headline; at most 9 items'."""
    *first, last = [*told] or [""]
    return "; ".join([*(remark.removesuffix(".") for remark in first), last])


def about(definitions: Definitions) -> str:
    """What the record itself is, or each of a list, in one line; '' where that is not told."""
    root = definitions.root
    return _described(definitions, root) or _described(definitions, root.get("items"))


def description(node: Any) -> str:
    """The description of a node, in one line; '' where it has none."""
    return one_line(str(node.get("description") or "")) if isinstance(node, Mapping) else ""


def _described(definitions: Definitions, node: Any) -> str:
    """The description of a node, or else of what it refers to."""
    for _ in range(2):
        if not isinstance(node, Mapping):
            break
        if told := description(node):
            return told
        node = definitions.resolve(node["$ref"]) if "$ref" in node else None
    return ""


def listed(values: Sequence[Any], sign: str) -> tuple[str, int]:
    """The first values of an enum as text, and how many are left: ['a', 1], ' | ' → '"a" | 1', 0."""
    return sign.join(map(literal, values[:MOST_CHOICES])), max(0, len(values) - MOST_CHOICES)


def key(name: str) -> str:
    """A property's name, in quotes where it is no plain one: 'year', '"two words"'."""
    return name if name.isidentifier() else literal(name)


def literal(value: Any) -> str:
    """A value as JSON on one line, also for those that know more line breaks than JSON."""
    text = json.dumps(value, ensure_ascii=False)
    return _BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: str) -> str:
    r"""A text without line breaks: 'on\n  two lines' → 'on two lines'."""
    return " ".join(text.split())
