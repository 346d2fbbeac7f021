"""Where in the document the values of a record stand, and which of them it does not bear out.

Reading order: this file; `sought`, the leaves of a record; `places`, where the text has one: `whole` (words and
numbers), `folding` (but for how it is written), `codes` (long rows of digits), `typed` with `amounts`, `days` and
`clocks` (numbers, dates and times in any form), `fuzzy` with `words`, `meaning` and `alignment` (nearly); `order`,
which of several places each takes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from extractor.ground.order import arrange
from extractor.ground.places import Places
from extractor.ground.sought import Leaf, record_of
from extractor.outline import page_at, pages
from extractor.pointers import leaves
from extractor.scopes import scopes_of
from extractor.types import Document, Schema, Span, Support

NOT_THERE = "not in the text"
_NOT_LOOKED_FOR = "too much to look for: {} of the values were not looked for, or not in every way"

_MANY = re.compile(r"[ \n-]?(?:(?i:hundred|thousand|[mbt]r?illion|mn|bn|tn)(?![a-z])|[百万亿]|千(?![克米瓦卡]))")
_OF_MANY = re.compile(r"(?i)hundred|thousand|million|billion|trillion|(?:_|\b)(?:k|mn?|bn?)\Z|[百千万亿]")


@dataclass(frozen=True, slots=True)
class Grounded:
    """What the document says of a record's leaves, by pointer.

    `spans` are their places, `support` what backs the sentences of worded ones, `ungrounded` why others, or some of
    these, are not borne out.
    """

    spans: Mapping[str, Span]
    support: Mapping[str, Sequence[Support]] = field(default_factory=dict)
    ungrounded: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


def ground(data: Any, document: Document, schema: Schema) -> Grounded:
    """Find each leaf: as written, then in other case, width, marks or number, as a number or date, then nearly.

    Truth values are not looked for. What the schema lists itself (`enum`, `const`, `default`) is found as written, or
    needs no place.
    """
    root = record_of(data, scopes_of(schema))
    sought = {leaf.pointer: leaf for leaf in root.all_leaves()}
    known = Places(document.text, Counter(leaf.key for leaf in sought.values()))
    found = arrange(root, known.of, len(document.text))
    spans = _with_pages({where: found[where] for where, _ in leaves(data) if where in found}, document.text)
    others = [sought[where] for where, _ in leaves(data) if where in sought and where not in found]
    open_ones = [leaf for leaf in others if not leaf.is_label and str(leaf.value).strip()]
    support = _support([leaf for leaf in open_ones if isinstance(leaf.value, str)], document.text)
    ungrounded = {leaf.pointer: why for leaf in open_ones if (why := _why(support.get(leaf.pointer)))}
    notes = {"": _NOT_LOOKED_FOR.format(known.missed)} if known.missed else {}
    notes |= _multiples([sought[where] for where in spans if where in sought], spans, document.text)
    return Grounded(spans, support, ungrounded, notes)


def _multiples(found: Sequence[Leaf], spans: Mapping[str, Span], text: str) -> dict[str, str]:
    """Notes on numbers of which the text says thousands or millions, and their fields do not."""
    told = {}
    for leaf in found:
        span = spans[leaf.pointer]
        is_bare = isinstance(leaf.value, int | float) and span.match == "exact" and not _OF_MANY.search(leaf.pointer)
        if is_bare and (many := _MANY.match(text, span.end)):
            told[leaf.pointer] = f"the text says {text[span.start : many.end()]!r}"
    return told


def _with_pages(spans: Mapping[str, Span], text: str) -> Mapping[str, Span]:
    """The spans with the pages that they are on, where the text has some."""
    if not (starts := pages(text)):
        return spans
    return {where: replace(span, page=page_at(starts, span.start)) for where, span in spans.items()}


def places_of(value: str, text: str) -> Sequence[tuple[int, int]]:
    """Where a text has a value, but for how it is written: ('THE Sea', 'By the sea.') → [(3, 10)]."""
    found = Places(text, {}).of(Leaf("", value))
    return [(span.start, span.end) for span in found if span.match in ("exact", "normalised")]


def nearly_in(text: str) -> Callable[[str], bool]:
    """Whether a text has values in any spelling, with slips of letters too."""
    known = Places(text, {})
    return lambda value: bool(known.of(Leaf("", value)))


def _support(others: Sequence[Leaf], text: str) -> dict[str, Sequence[Support]]:
    """What backs texts that stand nowhere and are so long that the model may have worded them, by pointer."""
    if not others:
        return {}
    from extractor.support import is_worded, passages_of  # with readers of numbers and names; most records need none

    passages = passages_of(text)
    worded = {leaf.pointer: str(leaf.value) for leaf in others if is_worded(str(leaf.value))}
    return {where: passages.support(value) for where, value in worded.items()}


def _why(support: Sequence[Support] | None) -> str:
    """Why a value without a place is not borne out; '' where all of its sentences are backed."""
    return NOT_THERE if support is None else "; ".join(dict.fromkeys(_faults(support)))


def _faults(support: Sequence[Support]) -> Iterator[str]:
    from extractor.support import missing_of, without_names

    if missing := missing_of(support):
        yield without_names(missing)
    if any(sentence.is_weak for sentence in support):
        yield f"no passage says more than {min(sentence.score for sentence in support):.0%} of it"
