"""Keyword by keyword: what the decoder holds, what validation checks after it, and what nobody heeds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from extractor.grammar.negation import MADE
from extractor.grammar.shapes import Place

Status = Literal["enforced", "after", "ignored"]

_SHORT = 60  # characters of a keyword's value in a message

# Keywords that say nothing about what is valid, and those whose subschemas speak for themselves.
SILENT = frozenset(
    """title description default examples $comment deprecated readOnly writeOnly discriminator contentMediaType
    contentEncoding contentSchema $defs definitions then else minContains maxContains""".split()  # noqa: SIM905
)


class Row(NamedTuple):
    """One keyword: the pointer of its subschema, its value (shortened JSON), and how it is held."""

    pointer: str
    keyword: str
    value: str
    status: Status
    why: str = ""


@dataclass(slots=True)
class Report:
    """Collected while a schema is lowered. What is visited and not widened is enforced."""

    root: Mapping[str, Any] = field(default_factory=dict)
    visited: dict[str, Any] = field(default_factory=dict)
    widened: dict[str, tuple[Status, str]] = field(default_factory=dict)

    def visit(self, place: Place) -> None:
        """A subschema that the answer can get to."""
        if MADE not in place.path:
            self.visited.setdefault(place.path, place.node)

    def widen(self, place: Place, keyword: str, why: str, *, ignored: bool = False) -> None:
        """A keyword of a subschema is not held, or not wholly."""
        self.widen_at(f"{place.path}/{keyword}", why, ignored=ignored)

    def widen_at(self, path: str, why: str, *, ignored: bool = False) -> None:
        """As `widen`, by the pointer of the keyword; for one that we made, the keyword that it came from."""
        self.widened.setdefault(path.partition(MADE)[0], ("ignored" if ignored else "after", why))

    def is_widened(self, path: str) -> bool:
        """Whether the keyword at this pointer was widened already."""
        return path.partition(MADE)[0] in self.widened

    def rows(self) -> Iterator[Row]:
        """Every keyword with a say in what is valid, parents before children."""
        for pointer, node in sorted(self.visited.items(), key=lambda found: _place_in_text(found[0], self.root)):
            for keyword, value in node.items():
                if keyword not in SILENT:
                    status, why = self._found(f"{pointer}/{keyword}", keyword)
                    yield Row(pointer, keyword, short(value), status, why)

    def _found(self, path: str, keyword: str) -> tuple[Status, str]:
        if path in self.widened or not keyword.startswith("dependent"):
            return self.widened.get(path, ("enforced", ""))
        inner = (found for at, found in self.widened.items() if at.startswith(f"{path}/"))
        return next(inner, ("enforced", ""))


def _place_in_text(pointer: str, root: Any) -> tuple[int, ...]:
    """The position of each part among its siblings: '/properties/b' of {'properties': {'a': …, 'b': …}} → (0, 1)."""
    places, node = [], root
    for part in pointer.split("/")[1:]:
        if isinstance(node, list):
            places.append(int(part))
            node = node[int(part)]
        else:
            name = part.replace("~1", "/").replace("~0", "~")
            places.append(list(node).index(name))
            node = node[name]
    return tuple(places)


def short(value: Any) -> str:
    """A keyword's value in a message: JSON, cut where it is long."""
    if isinstance(value, dict | list) and len(value) > _SHORT:
        return f"{len(value)} entries"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"
