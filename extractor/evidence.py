"""What of a record has to stand in its document: verbatim fields always, and with `require` every value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from extractor.absent import Reason
from extractor.brevity import counted
from extractor.descent import Descent
from extractor.dialect.keywords import subschemas
from extractor.errors import Ungrounded
from extractor.feigned import without_feigned
from extractor.ground import Grounded, ground, places_of
from extractor.invented import without_invented
from extractor.marks import VERBATIM
from extractor.pointers import joined, pointer, value_at
from extractor.types import Document, Ground, Problem, Schema
from extractor.verbatim import collapsed, runs

NO_RUN = "does not stand in the text word for word"

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Traced:
    """A record as far as its document bears it out.

    `data` are without what verbatim lists repeat, examples of the schema and references that are made up, and with
    verbatim values spelled as the document has them; `further` says by path how many items were repeated, `problems`
    what does not stand in the document.
    """

    data: Any
    notes: Mapping[str, str] = field(default_factory=dict)
    further: Mapping[Path, int] = field(default_factory=dict)
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document, as what records are held against."""

    document: Document
    schema: Schema
    level: Ground = "report"
    told: str = ""  # by the user beside the document

    @property
    def lost(self) -> Mapping[str, Reason]:
        """By pointer, why values are not there that are known to have been given up."""
        return {}

    def trace(self, data: Any) -> Traced:
        """Hold data against the document."""
        honest, told = (data, {}) if self.level in ("off", "find") else self.honest(data)
        traced = _verbatim(self, honest) if has_verbatim(self.schema) else Traced(honest)
        traced = replace(traced, notes=joined(told, traced.notes)) if told else traced
        if traced.problems or self.level != "require":
            return traced
        missing = ground(traced.data, self.document, self.schema).ungrounded
        problems = [Problem(at, why, value_at(data, at), kind=Ungrounded.__name__) for at, why in missing.items()]
        return Traced(traced.data, traced.notes, traced.further, problems)

    def honest(self, data: Any) -> tuple[Any, dict[str, str]]:
        """Data without what is an example of the schema, or made up, and what is said of that."""
        honest, told = without_feigned(self.schema, data, self.document)
        honest, others = without_invented(self.schema, honest, self.document, self.told)
        return honest, joined(told, others)

    def found(self, data: Any) -> Grounded:
        """Where a record's values stand; nothing where nobody asks."""
        return Grounded({}) if self.level == "off" else ground(data, self.document, self.schema)


@lru_cache(maxsize=64)
def has_verbatim(schema: Schema) -> bool:
    """Whether a schema has a field that is verbatim, in whatever place."""
    return any(node.get(VERBATIM) is True for node in subschemas(schema.json_schema))


def _verbatim(evidence: Evidence, data: Any) -> Traced:
    """Verbatim values as the document spells them, each once in a list."""
    reading = _Reading(evidence, Descent(evidence.schema))
    found = reading.changed(evidence.schema.json_schema, data, ())
    return Traced(found, reading.notes, reading.further, reading.problems)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Data on the way from top to bottom, and what is found on it."""

    evidence: Evidence
    walk: Descent
    notes: dict[str, str] = field(default_factory=dict)
    further: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def changed(self, node: Any, value: Any, path: Path) -> Any:
        """A value as it is to be."""
        if isinstance(value, str):
            return self._told(value, self._written(value), path) if value and self._is_verbatim(node, value) else value
        if isinstance(value, dict):
            return {
                key: self.changed(self.walk.child(node, key, value), inner, (*path, key))
                for key, inner in value.items()
            }
        return self._each_once(node, value, path) if isinstance(value, list) else value

    def _is_verbatim(self, node: Any, value: Any) -> bool:
        return any(part.get(VERBATIM) is True for part in self.walk.parts(node, value))

    def _written(self, value: str) -> str | None:
        return as_written(value, self.evidence.document.text)

    def _told(self, value: str, found: str | None, path: Path) -> str:
        """A value as it is written, if it is found; what differs or is not there is told."""
        if found is None:
            self.problems.append(Problem(pointer(path), NO_RUN, value, kind=Ungrounded.__name__))
        elif found != collapsed(value):
            self.notes[pointer(path)] = f"{value!r} is written {found!r} in the text"
        return value if found is None else found

    def _each_once(self, node: Any, value: list[Any], path: Path) -> list[Any]:
        """A list, without the verbatim texts that are in it already."""
        kept: list[Any] = []
        seen: set[str] = set()
        for at, inner in enumerate(value):
            child = self.walk.child(node, at, value)
            place = (*path, len(kept))
            if not (isinstance(inner, str) and self._is_verbatim(child, inner)):
                kept.append(self.changed(child, inner, place))
                continue
            written = self._written(inner) if inner else ""
            if (written or inner) not in seen:
                seen.add(written or inner)
                kept.append(self._told(inner, written, place))
        if repeated := len(value) - len(kept):
            self.notes[pointer(path)] = f"{counted(repeated, 'repeated item')} dropped"
            self.further[path] = repeated
        return kept


def as_written(value: str, text: str) -> str | None:
    """A value as a text spells it, white space apart: 'THE sea' → 'the sea'; None where it is no run of its words."""
    found = runs(text)
    plain = collapsed(value)
    if found.admits(plain):
        return plain
    spellings = (collapsed(text[start:end]) for start, end in places_of(value, text))
    return next((spelled for spelled in dict.fromkeys(spellings) if found.admits(spelled)), None)
