"""Which fields are asked for at once, and of what: all of a text, its parts, or passages of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from extractor.chunks import Chunk, split
from extractor.disjoint import disjoint_lists
from extractor.options import Options
from extractor.portions import Field, Path, fields, grouped, lists_with_ids
from extractor.text import weigh_tokens
from extractor.types import Schema, Strategy

Way = Strategy | Literal["mixed"]

WHOLE = 4_000  # tokens of a text that `auto` asks about as a whole

_MOST_VALUES = 200  # that one answer is asked for: of many lists that it has to write, models end each early
_SHORT = 300  # tokens of which lists are as long as `portions` thinks
_MOST_LONGER = 10.0  # times as long as that in what has more
_LESS = 0.8  # times that, where there would be too many questions
_MOST_QUESTIONS = 12  # for which lists are taken to be longer
_MOST_TIMES = 4  # that `auto` asks about a part of a text
_MOST_SHARED = 8_000  # tokens that are shown for several groups of fields, each of which is asked for
_OVERLAP = 0.05  # of a chunk
_BEGINNING = 50_000  # characters in which a document has its own summary


def strategy_for(tokens: float, options: Options) -> Way:
    """How a text of so many tokens is asked about; `mixed` is what `auto` does with long ones."""
    most = max(WHOLE, options.chunk_tokens) if options.strategy == "auto" else options.chunk_tokens
    if tokens <= most:
        return "whole"
    return "mixed" if options.strategy == "auto" else options.strategy


def shared_out(schema: Schema, strategy: Way, text: str) -> tuple[Sequence[Field], Sequence[Field]]:
    """The fields that are asked for part by part, and the others.

    A summary that the document has itself, under a heading, is a thing that it says once. Of a form with so many lists
    that each part would be asked about time and again, each list stands in some place: it is a table of a report.
    """
    every = fields(schema)
    parted: Sequence[Field] = every if strategy == "map-reduce" else ()
    if strategy == "mixed":
        parted = [one for one in every if one.extent != "one" and not _has_section(text, one.sections)]
        if len(grouped(parted, _MOST_VALUES)) > _MOST_TIMES:
            parted = [one for one in parted if one.extent == "all"]
    return parted, [one for one in every if one not in parted]


def groups_of(
    schema: Schema, some: Sequence[Field], strategy: Way, tokens: float, options: Options
) -> list[list[Field]]:
    """The fields that are asked for at once of a text of so many tokens, of a part or of passages of it.

    The longer what is shown, the longer lists are taken to be, so that long ones are asked for apart; not so long that
    there would be too many questions. Who says `whole` wants few.
    """
    shown = tokens if strategy == "whole" else min(tokens, options.chunk_tokens)
    times = 1.0 if options.strategy == "whole" else min(max(shown / _SHORT, 1.0), _MOST_LONGER)
    bound = _bound(schema)
    most = _MOST_TIMES if strategy == "map-reduce" else _MOST_QUESTIONS
    while len(found := grouped(some, _MOST_VALUES, times, bound)) > most and times > 1:
        times = max(_LESS * times, 1.0)
    return found


def _bound(schema: Schema) -> list[Collection[Path]]:
    """The lists that are asked for at once: names that are told apart by their kinds, and what may refer to others."""
    return [*({one.path for one in lists.every} for lists in disjoint_lists(schema)), lists_with_ids(schema)]


def _has_section(text: str, names: Collection[str]) -> bool:
    """Whether one line near the beginning is the heading of such a section, or begins with it: '## 摘 要', 'Abstract.'.

    Of several, each is about a part of the text.
    """
    spelled = "|".join(r"[ \u3000]*".join(map(re.escape, name)) for name in sorted(names))
    heading = rf"(?im)^[^\w\n]{{0,8}}(?:\d+\.?[ \t]+)?(?:{spelled})[^\w\n]{{0,4}}(?:$|[:：.—–-])"
    return bool(names) and len(re.findall(heading, text[:_BEGINNING])) == 1


def times_of(groups: int, options: Options) -> float:
    """How many times as much as of one is shown for so many groups of fields."""
    return min(groups, max(_MOST_SHARED / options.chunk_tokens, 1))


class Outlook(NamedTuple):
    """What a text takes by estimate: questions, tokens of it that are read for them, and how many records are written.

    Of a text in parts each may give a record of its own, of the fields that are asked for part by part.
    """

    questions: int
    read: int
    records: float


def outlook(schema: Schema, options: Options, text: str) -> Outlook:
    """What is asked about a text, before anything is."""
    tokens = weigh_tokens(text)
    strategy = strategy_for(tokens, options)
    parted, others = shared_out(schema, strategy, text)
    alone = len(groups_of(schema, others, strategy, tokens, options))
    asked = len(groups_of(schema, parted, "map-reduce", tokens, options))
    shown = tokens if strategy == "whole" else min(options.chunk_tokens * times_of(alone, options), tokens)
    read = round(shown) * (alone if schema.examples else min(alone, 1))
    parts = len(chunks_of(text, options.chunk_tokens)) if asked else 0
    again = parts * (options.context_tokens + round(_OVERLAP * options.chunk_tokens))  # is shown with each part
    shares = [sum(one.weight for one in some) for some in (others, parted)]
    records = (shares[0] + parts * shares[1]) / max(sum(shares), 1)
    return Outlook(alone + parts * asked, read + asked * (round(tokens) + again), records)


def chunks_of(text: str, size: float) -> list[Chunk]:
    """The parts of a text, each of at most so many tokens, as estimated, and some of the one before."""
    return split(text, max(round(size), 1), round(_OVERLAP * size))
