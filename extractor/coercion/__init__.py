"""What a model meant: its values as the schema would have them, with each change told and nothing made up.

Models without a grammar write '1,234' for 1234, 'Two' for the choice TWO, firstName for first_name, one value where a
list is asked for, a wrapper too many. The JSON Schema decides: what is valid is never touched, but for 'N/A' and its
like where null may stand, and of all that a value can mean the valid one with the fewest changes counts. Where several
are as near, or one cannot be told for sure, the value stays as it is, with a doubt, and whoever repairs asks for it.
The idea of schema-aligned parsing is BAML's.

Reading order: this file; `closed`; `found`; `numerals`, `mixed`, `number_words`, `units`, `numbers`, `said` (by names
and descriptions), `clock`, `durations`, `dates`, `prose`, `words`, `keys`, `splits`, `embedded` (texts); `nodes` (what
a schema asks); `spelling`, `scalars`; `fit`; `tags` and `branches` (of unions); `wrappers`, `reshaping`; `walk` (down a
schema); `begun` and `together` (what was cut off, several values as one list); `several` (which of them count).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from extractor.coercion.closed import closed
from extractor.coercion.fit import Fit, Notes
from extractor.coercion.reshaping import SENTENCES
from extractor.coercion.several import counting, left_out
from extractor.coercion.together import continued, in_parts, joined
from extractor.coercion.walk import TooMuchError, Walk
from extractor.coercion.words import is_nothing
from extractor.comparable import comparable
from extractor.depth import DEEPEST, is_deeper
from extractor.errors import ParseError
from extractor.pointers import by_pointer, pointer
from extractor.types import Schema
from extractor.unions import nearest

__all__ = ["Aligned", "align", "continued"]

_MOST_VALUES = 100  # of an answer that are fitted one by one


@dataclass(frozen=True, slots=True)
class Aligned:
    """A value as the schema would have it; `changes` and `doubts` by JSON Pointer of the value.

    A change says what was done, a doubt why something was left as it is although it could mean something.
    """

    value: Any
    changes: Mapping[str, str] = field(default_factory=dict)
    doubts: Mapping[str, str] = field(default_factory=dict)


def align(
    schema: Schema, candidates: Sequence[Any], text: str = "", before: Sequence[str] = (), *, written: str = ""
) -> Aligned:
    """The candidate that fits a schema with the fewest changes, the first of equals: ['1,234'] → 1234 for an integer.

    `candidates` are the values of an answer in their order, strings where it was bare text; `text` is the whole of it,
    `before` what is said before each; in `written` are the digits of numbers, where that is another text. Raises
    `ParseError` for values that are nested too deep, or alternatives.
    """
    values = [*candidates] or [text]
    if any(map(is_deeper, values)):
        raise ParseError(f"the answer is nested more than {DEEPEST} levels deep: {text[:200]!r}")
    try:
        given = _Given(values, text, before, written or text)
        tight = _fitted(closed(schema), given)
        if tight.is_valid or not (loose := _fitted(schema, given)).is_valid:
            return _told(tight)
        return _told(replace(loose, doubts=tuple(dict.fromkeys((*loose.doubts, *tight.doubts)))))
    except (RecursionError, TooMuchError):
        return Aligned(values[-1], {}, {"": "too large or too deep to be aligned with the schema"})


@dataclass(frozen=True, slots=True)
class _Given:
    values: list[Any]
    text: str
    before: Sequence[str]
    written: str


def _fitted(schema: Schema, given: _Given) -> Fit:
    values, text = given.values, given.text
    is_prose = not any(isinstance(value, dict | list) for value in values)  # texts beside JSON are no answers
    walk = Walk(schema, given.written, [one for one in (*values, text) if isinstance(one, str)] if is_prose else ())
    if is_prose or not 1 < len(values) <= _MOST_VALUES or _takes_text(walk):
        return _meant(walk, schema.json_schema, values, text)
    is_list = walk.nodes.shape(schema.json_schema).kinds == {"array"}
    kept, told = counting(walk, values, given.before, is_list=is_list)
    found = _meant(walk, schema.json_schema, kept, text)
    return found.with_change(told) if told else found


def _meant(walk: Walk, root: Mapping[str, Any], values: list[Any], text: str) -> Fit:
    if len(values) == 1 and isinstance(values[0], str) and is_nothing(text) and walk.is_valid(None):
        return Fit(None, (((), f"{text.strip()!r} → null"),))
    kinds = walk.nodes.shape(root).kinds
    if len(values) > 1 and "array" not in kinds and not any(isinstance(value, dict | list) for value in values):
        values = [text or values[-1]]  # '12,111' is one number
    takes_text = bool(text.strip()) and _takes_text(walk)
    if not takes_text and (found := _as_list(walk, values) if kinds == {"array"} else _as_parts(walk, values)):
        return found
    if not takes_text and any(isinstance(value, dict | list) for value in values):
        values = [*{comparable(value): value for value in reversed(values)}.values()][::-1]  # what is said twice is one
    if (unseen := len(values) - _MOST_VALUES) > 0:
        half = _MOST_VALUES // 2
        found = _meant(walk, root, [*values[:half], *values[-half:]], text)
        return found.with_change(f"of the answer's {len(values)} values the {unseen} in the middle are not looked at")
    fits = [walk.aligned(value) for value in values]
    if takes_text:
        return _as_text(walk, fits, values, text)
    found = _best(walk, root, fits)
    is_prose = not any(isinstance(value, dict | list) for value in values)
    if is_prose and not found.is_valid and text.strip() and text not in values:
        whole = walk.aligned(text)
        found = whole if whole.is_valid else found
    if len(values) == 1:
        return found
    return found.with_change(_several(values, f"{_which(fits, found)}; {left_out(values, _index(fits, found))}"))


def _as_list(walk: Walk, values: list[Any]) -> Fit | None:
    """The values as one list where that is asked for; an object that says nothing, alone, as the empty one."""
    if all(isinstance(value, dict) for value in values) and _says_nothing(values) and walk.is_valid([]):
        return Fit([], (((), "an object in which nothing is stated, taken as the empty list"),))
    if len(values) == 1:
        return None
    parts = joined(walk.nodes, values)
    if parts is None or (parts[1] < 2 and not any(isinstance(value, list) for value in values)):  # noqa: PLR2004
        return None
    items, taken = parts
    told = (
        f"{taken} are taken as one list" if taken != 1 else "1 is taken: the others are empty, the same, or no records"
    )
    return walk.aligned(items).with_change(_several(values, told))


def _as_parts(walk: Walk, values: list[Any]) -> Fit | None:
    """The values as parts of one record, where that is valid."""
    whole = in_parts(walk.nodes, values) if len(values) > 1 else None
    if whole is None or not (found := walk.aligned(whole)).is_valid:
        return None
    told = "parts of one record" if isinstance(whole, dict) else "taken as one list"
    return found.with_change(_several(values, told))


def _says_nothing(value: Any) -> bool:
    """Whether all that is in a value is null or empty: {'a': None, 'b': {'c': []}} → True."""
    if isinstance(value, dict | list):
        return all(map(_says_nothing, value.values() if isinstance(value, dict) else value))
    return value is None or value == ""


def _best(walk: Walk, root: Mapping[str, Any], fits: list[Fit]) -> Fit:
    """The valid fit that costs least; of equals one with something in it, then the first; without any, the nearest."""
    valid = [fit for fit in fits if fit.is_valid]
    if valid:
        known = walk.nodes.shape(root).properties.keys()
        return min(valid, key=lambda fit: (fit.cost, _is_strange(fit.value, known)))
    return fits[nearest({at: fit.faults for at, fit in enumerate(fits)})[0]]


def _is_strange(value: Any, known: Iterable[str]) -> bool:
    """Whether there is nothing in a value that the schema foresees."""
    return value in ({}, []) or (isinstance(value, dict) and bool(known) and value.keys().isdisjoint(known))


def _takes_text(walk: Walk) -> bool:
    return any(walk.is_valid(sentence) for sentence in SENTENCES)


def _as_text(walk: Walk, fits: list[Fit], values: list[Any], text: str) -> Fit:
    """An answer where any text is valid: what it has in it counts if that is valid as no text, else the whole."""
    others = [fit for fit in fits if fit.is_valid and not isinstance(fit.value, str)]
    if others:
        return _best(walk, {}, others)
    is_whole = len(values) == 1 and text.strip()[:1] == "{" and text.strip()[-1:] == "}"
    if len(values) == 1 and (isinstance(values[0], str) or (is_whole and fits[0].is_valid)):
        return fits[0]
    return replace(walk.fit({}, text), changes=(((), "the whole answer, taken as a text"),))


def _which(fits: list[Fit], found: Fit) -> str:
    which = f"number {_index(fits, found) + 1} counts, "
    return which + ("the first of the nearest" if found.is_valid else "though none fits")


def _index(fits: list[Fit], found: Fit) -> int:
    """Which of the fits it is; of a text as a whole the first."""
    return next((at for at, fit in enumerate(fits) if fit is found), 0)


def _several(values: Sequence[Any], what: str) -> str:
    return f"the answer has {len(values)} values, {what}"


def _told(fit: Fit) -> Aligned:
    return Aligned(fit.value, _noted(fit.changes), _noted(fit.doubts))


def _noted(notes: Notes) -> dict[str, str]:
    return by_pointer((pointer(path), text) for path, text in notes)
