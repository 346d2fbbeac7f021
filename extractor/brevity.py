"""What is told of an answer, short enough for a record and for a prompt, whatever the answer is.

An answer of a model can be megabytes of noise, with a fault at every place. What is left out is counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from extractor.types import Alternative, Problem

_MOST_PROBLEMS = 200
_MOST_NOTES = 500
_LONGEST_VALUE = 10_000  # characters, of an object or list as JSON
_LONGEST_TEXT = 2_000  # of a message
_LONGEST_SAID = 100  # of a value that others contradict
_MOST_SAID = 8


def few_problems(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The first of many problems, and how many more there are; each with a value that is not too long."""
    first = tuple(_brief(problem) for problem in problems[:_MOST_PROBLEMS])
    more = len(problems) - len(first)
    return (*first, Problem("", f"and at least {more} more problems")) if more > 0 else first


def few_notes(notes: Mapping[str, str]) -> dict[str, str]:
    """The first of many notes, and how many more there are; none of them too long."""
    first = {at: shorten(notes[at]) for at in islice(notes, _MOST_NOTES)}
    more = len(notes.keys() - first.keys() - {""})
    if not more:
        return first
    return first | {"": "; ".join(filter(None, (shorten(notes.get("", "")), f"and {more} more notes")))}


def few_lines(lines: Sequence[str], most: int) -> list[str]:
    """The first of many lines, and how many more there are: (['a', 'b', 'c'], 1) → ['a', 'and 2 more']."""
    more = len(lines) - most
    return [*map(shorten, lines[:most]), *([f"and {more} more"] if more > 0 else [])]


def few(texts: Sequence[str], most: int) -> str:
    """The first of some texts, and how many there are beside them: (['a', 'b', 'c'], 2) → 'a, b and 1 more'."""
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def counted(number: int, noun: str) -> str:
    """(1, 'document') → '1 document', (1200, 'document') → '1,200 documents'."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def shorten(text: str, longest: int = _LONGEST_TEXT) -> str:
    """A text that goes on too long without its end: ('abcdef', 2) → 'ab… (6 characters)'."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"


def differing(some: Sequence[Alternative]) -> str:
    """What parts of a text say of one place: 'parts of the text differ: "1932" in 3, "1933" in 1'."""
    named = [f"{shorten(json.dumps(one.value, ensure_ascii=False), _LONGEST_SAID)} in {one.parts}" for one in some]
    return f"parts of the text differ: {', '.join(few_lines(named, _MOST_SAID))}"


def _brief(problem: Problem) -> Problem:
    value: Any = problem.value
    if isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False)
        value = value if len(text) <= _LONGEST_VALUE else shorten(text, _LONGEST_VALUE)
    elif isinstance(value, str):
        value = shorten(value, _LONGEST_VALUE)
    return replace(problem, message=shorten(problem.message), value=value)
