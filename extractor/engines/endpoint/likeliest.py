"""The likeliest texts that may come next, of all that are admitted: a search along the tokens, the likeliest first.

A decoder that takes the likeliest token each time ends where that leads ("XML", where "XML schema" is as a whole the
likelier one), and cannot say what else there was. Here what is begun waits in a queue by its probability, and the
likeliest is gone on with; as nothing gets likelier by being longer, whole texts come out of it in the order of theirs
(uniform-cost search: Dijkstra 1959; of what a language model writes, Meister et al. 2020, "Best-First Beam Search").
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from extractor.engines.endpoint.likelihood import Scorer
from extractor.types import Admitted, Likely, Message

_MOST_NODES = 60  # of the tree of tokens, each of which costs a request
_LONGEST = 200  # bytes of a text
_LIKELIEST = 300  # tokens that are told at a node
_MOST_COST = 20.0  # the logarithm of one in how many; nobody goes on with what is less likely


@dataclass(order=True, slots=True)
class _Begun:
    """A text up to some token, or whole: how unlikely it is, and where it stands in the tree."""

    cost: float
    made: int  # of those that are as likely the one that came first
    text: bytes = field(compare=False)
    tokens: tuple[int, ...] = field(compare=False)
    state: Any = field(compare=False)
    is_whole: bool = field(compare=False, default=False)


async def likeliest(
    scorer: Scorer, messages: Sequence[Message], admitted: Admitted, ends: str, count: int
) -> list[Likely]:
    """At most so many texts with the logarithms of their probabilities, the likeliest first.

    The last message may be begun; each text has to be followed by one of the characters of `ends`. Texts that are
    tokenised in several ways count by the likeliest of these.
    """
    prompt = await scorer.cut(await scorer.prompt(messages))
    drawn = await scorer.drawn()
    queue = [_Begun(0.0, 0, b"", prompt, admitted.start)]
    found: dict[bytes, float] = {}
    asked = made = 0
    while queue and len(found) < count and asked < _MOST_NODES:
        one = heapq.heappop(queue)
        if one.is_whole:
            found.setdefault(one.text, -one.cost)
            continue
        node = await scorer.node(one.tokens, _LIKELIEST, drawn)
        asked += 1
        for token, more, weight in node.told:
            if one.cost - weight > _MOST_COST or not more or len(one.text) + len(more) > _LONGEST:
                continue
            if (state := admitted.after(one.state, more)) is not None:
                made += 1
                heapq.heappush(queue, _Begun(one.cost - weight, made, one.text + more, (*one.tokens, token), state))
        if one.text and admitted.is_whole(one.state) and (end := node.ending(ends)) > -_MOST_COST:
            made += 1
            heapq.heappush(queue, _Begun(one.cost - end, made, one.text, one.tokens, one.state, is_whole=True))
    return [Likely(text.decode(), weight) for text, weight in found.items()]
