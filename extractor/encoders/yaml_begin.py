"""Where YAML begins in an answer: behind a sentence, a `---`, or at once."""

from __future__ import annotations

import re

from extractor.encoders.decoded import SHOWN, nothing
from extractor.encoders.scalars import plain
from extractor.encoders.yaml_reader import BULLETS, YamlReader, strict_key
from extractor.errors import ParseError
from extractor.scopes import Scope, Scopes

_ITEM = re.compile(r"-(?:\s|\Z)")
_TABS = re.compile(r"^\t+", re.MULTILINE)


def begin_any(text: str, scopes: Scopes) -> tuple[Scope, list[str], str]:
    """As `begin`, with the scope of what begins: that of the whole, or of a record of the list that it has to be."""
    root, reader = scopes.root, YamlReader("", scopes)
    item = scopes.of(root.items)
    if root.kinds & {"array", "object", "string"} != {"array"} or not item.properties:
        return root, *begin(text, root, scopes)
    fault = None
    try:
        lines, before = begin(text, root, scopes)
    except ParseError as error:
        fault = error
    else:
        if not before or begins_record(lines[0], reader):
            return root, lines, before
    # A list that begins below a key of a record is that of the key.
    of_record, before_record = begin(text, item, scopes)
    is_record = _is_known(of_record[0], item, reader)
    if fault and not is_record:
        raise fault
    return (item, of_record, before_record) if is_record else (root, lines, before)


def begin(text: str, scope: Scope, scopes: Scopes) -> tuple[list[str], str]:
    """The lines of the first document and of what comes after it, and what was left out before them."""
    text = _TABS.sub(lambda found: "  " * len(found[0]), text)
    lines = text.split("\n")
    reader = YamlReader("", scopes)
    places = [
        at for at, line in enumerate(lines) if line.strip(" \t") and not line.startswith(("#", "%", "---", "..."))
    ]
    if not places:
        raise nothing(text, "YAML")
    at = _first(lines, places, scope, reader)
    if at is None:
        raise nothing(text, "YAML")
    before = "\n".join(lines[place] for place in places if place < at)
    return lines[at:], before[:SHOWN]


def begins_record(line: str, reader: YamlReader) -> bool:
    """Whether a line begins with a property of the schema, one of an item, or a bracket: 'a: 1', '- a: 1', '{a: 1'."""
    scope = reader.scopes.root
    if "array" in scope.kinds and _ITEM.match(line):
        line, scope = line[1:].lstrip(" \t"), reader.scopes.of(scope.items)
    return bool(line) and (line[0] in "{[" or _is_known(line, scope, reader))


def _first(lines: list[str], places: list[int], scope: Scope, reader: YamlReader) -> int | None:
    """The line at which a value of this scope begins."""
    first = places[0]
    if "string" in scope.kinds or not scope.kinds & {"object", "array"}:
        return first
    if len(places) == 1 and not isinstance(plain(lines[first].strip(" \t"), scope), str):
        return first
    known = [at for at in places if _is_known(lines[at], scope, reader)]
    items = [at for at in places if _is_item(lines[at].lstrip(" \t"), scope)]
    if "object" in scope.kinds and scope.properties:
        outer = [at for at in known if not lines[at][0].isspace()] or known
        is_begun = lines[first][0] == "{" or strict_key(lines[first])
        if outer and not (is_begun and lines[outer[0]][0].isspace()):
            return outer[0]
    if items and (_is_item(lines[items[0]], scope) or "object" not in scope.kinds):
        return items[0]
    if "object" in scope.kinds and strict_key(lines[first].lstrip(" \t")):
        return first
    return items[0] if items else None


def _is_item(line: str, scope: Scope) -> bool:
    """Whether a list begins with a line, or JSON."""
    is_bullet = line.startswith(BULLETS) and "array" in scope.kinds
    return is_bullet or line[0] in "[{" or bool(_ITEM.match(line))


def _is_known(line: str, scope: Scope, reader: YamlReader) -> bool:
    found = reader.key(line.lstrip(" \t"), scope)
    return found is not None and found[0] in scope.properties
