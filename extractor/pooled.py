"""What bears out a record that was joined of the records of parts: what bore those out, and an excerpt for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from extractor.absent import NOT_SAID, Reason, is_empty
from extractor.brevity import counted
from extractor.evidence import Evidence, Traced
from extractor.excerpts import Excerpt
from extractor.ground import Grounded
from extractor.merge import Conflict, Merged
from extractor.pointers import joined, leaves, value_at
from extractor.types import Alternative, Extraction, Span, Support

_MOST_LOOKED_THROUGH = 2_000_000  # characters
_OF_ITEMS = re.compile(r"(?P<before>.*?\b)(?P<count>\d[\d,]*) (?P<kind>(?:\w+ )?item)s?(?P<after> came .*| dropped)$")

_Finding = tuple[Span | None, Sequence[Support], str]
_NOTHING: _Finding = (None, (), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled(Evidence):
    """The records of parts, placed in the document, and what was made of them; `document` is what an excerpt shows.

    A value that is as the parts gave it stands where they found it; another one is looked for in the excerpt.
    """

    merged: Merged
    records: Sequence[Extraction]
    excerpt: Excerpt

    @property
    def lost(self) -> Mapping[str, Reason]:
        """Of each empty place, why a part gave its value up."""
        found: dict[str, Any] = {}
        for record in self.records:
            found |= {where: why for where, why in record.absent.items() if why != NOT_SAID}
        return {where: why for where, why in found.items() if is_empty(value_at(self.merged.data, where))}

    def trace(self, data: Any) -> Traced:
        """Hold against the excerpt what the parts did not give."""
        if data == self.merged.data:
            return Traced(data)
        traced = Evidence.trace(self, data)
        return replace(traced, problems=[one for one in traced.problems if not self._is_known(one.pointer, one.value)])

    def honest(self, data: Any) -> tuple[Any, dict[str, str]]:
        """Data as they are: the excerpt is not all that the parts saw."""
        return data, {}

    def found(self, data: Any) -> Grounded:
        """Where a record's values stand in the document."""
        if self.level == "off":
            return Grounded({})
        fresh = Grounded({}) if data == self.merged.data else self._looked_for(data)
        spans: dict[str, Span] = {}
        support: dict[str, Sequence[Support]] = {}
        ungrounded: dict[str, str] = {}
        for where, value in leaves(data):
            some: list[_Finding] = [_finding(fresh, where)]
            if self._is_known(where, value):
                some = [_finding(self.records[part], inner) for part, inner in self.merged.sources(where)]
            span, backed, why = max(some, key=lambda one: (one[0] is not None, bool(one[1])), default=_NOTHING)
            spans |= {where: span} if span else {}
            support |= {where: backed} if backed else {}
            ungrounded |= {where: why} if why and not span else {}
        return Grounded(spans, support, ungrounded, joined(fresh.notes, self._notes(data)))

    def _looked_for(self, data: Any) -> Grounded:
        """The same for data that validation or a repair changed."""
        if len(self.excerpt.document.text) <= _MOST_LOOKED_THROUGH:
            return Evidence(self.excerpt.document, self.schema, self.level).found(data)
        return self.excerpt.placed(Evidence.found(self, data))

    def _is_known(self, where: str, value: Any) -> bool:
        return value is not None and value_at(self.merged.data, where) == value

    def _notes(self, data: Any) -> dict[str, str]:
        """What was told of the values that were taken, of lists, of places that are empty, and of whole parts."""
        found: dict[str, list[str]] = {}
        for where, _ in leaves(data):
            for part, inner in self.merged.sources(where):
                if note := self.records[part].notes.get(inner):
                    found.setdefault(where, []).append(note)
        for record in self.records:
            for where, note in record.notes.items():
                value = value_at(data, where)
                is_told = isinstance(value, dict | list) or (where and is_empty(value))  # why it is: what was taken out
                if is_told and not any(map(str.isdigit, where.split("/"))):
                    found.setdefault(where, []).append(note)
        return {where: added_up(notes) for where, notes in found.items()}

    def alternatives(self, conflict: Conflict) -> list[Alternative]:
        """The values of a conflict, with the places that the parts found for them."""
        told = []
        for group in conflict.groups:
            places = {(one.span.start, one.span.end): one.span for one in group if one.span and self.level != "off"}
            told.append(Alternative(group[0].value, len({one.part for one in group}), [*places.values()]))
        return told


def added_up(notes: Iterable[str]) -> str:
    """Notes of parts as one, the same once, with the items of all: ['1 item dropped'] * 2 → '2 items dropped'."""
    counts: dict[tuple[str, ...], int] = {}
    for note in chain.from_iterable(note.split("; ") for note in notes):
        found = _OF_ITEMS.match(note)
        words = found.group("before", "kind", "after") if found else (note,)
        counts[words] = counts.get(words, 0) + (int(found["count"].replace(",", "")) if found else 1)
    told = [
        f"{words[0]}{counted(count, words[1])}{words[2]}" if len(words) > 1 else words[0]
        for words, count in counts.items()
    ]
    return "; ".join(told)


def _finding(found: Grounded | Extraction, where: str) -> _Finding:
    """What is known of a place."""
    return found.spans.get(where), found.support.get(where, ()), found.ungrounded.get(where, "")
