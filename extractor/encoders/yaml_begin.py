"""Where YAML begins in an answer: behind a sentence, a `---`, or at once."""

from __future__ import annotations

import re

from extractor.encoders.decoded import SHOWN, nothing
from extractor.encoders.scalars import plain
from extractor.encoders.shapes import Shape, Shapes
from extractor.encoders.yaml_reader import BULLETS, YamlReader, strict_key

_ITEM = re.compile(r"-(?:\s|\Z)")
_TABS = re.compile(r"^\t+", re.MULTILINE)


def begin(text: str, shape: Shape, shapes: Shapes) -> tuple[list[str], str]:
    """The lines of the first document and of what comes after it, and what was left out before them."""
    text = _TABS.sub(lambda found: "  " * len(found[0]), text)
    lines = text.split("\n")
    reader = YamlReader("", shapes)
    places = [
        at for at, line in enumerate(lines) if line.strip(" \t") and not line.startswith(("#", "%", "---", "..."))
    ]
    if not places:
        raise nothing(text, "YAML")
    at = _first(lines, places, shape, reader)
    if at is None:
        raise nothing(text, "YAML")
    before = "\n".join(lines[place] for place in places if place < at)
    return lines[at:], before[:SHOWN]


def _first(lines: list[str], places: list[int], shape: Shape, reader: YamlReader) -> int | None:
    """The line at which a value of this shape begins."""
    first = places[0]
    if "string" in shape.kinds or not shape.kinds & {"object", "array"}:
        return first
    if len(places) == 1 and not isinstance(plain(lines[first].strip(" \t"), shape), str):
        return first
    known = [at for at in places if _is_known(lines[at], shape, reader)]
    items = [at for at in places if _is_item(lines[at].lstrip(" \t"), shape)]
    if "object" in shape.kinds and shape.properties:
        outer = [at for at in known if not lines[at][0].isspace()] or known
        if outer and not (strict_key(lines[first]) and lines[outer[0]][0].isspace()):
            return outer[0]
    if items and (_is_item(lines[items[0]], shape) or "object" not in shape.kinds):
        return items[0]
    if "object" in shape.kinds and strict_key(lines[first].lstrip(" \t")):
        return first
    return items[0] if items else None


def _is_item(line: str, shape: Shape) -> bool:
    """Whether a list begins with a line, or JSON."""
    is_bullet = line.startswith(BULLETS) and "array" in shape.kinds
    return is_bullet or line[0] in "[{" or bool(_ITEM.match(line))


def _is_known(line: str, shape: Shape, reader: YamlReader) -> bool:
    found = reader.key(line.lstrip(" \t"), shape)
    return found is not None and found[0] in shape.properties
