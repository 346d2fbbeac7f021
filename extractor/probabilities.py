"""How likely a choice was: read off the tokens of an answer, which come with the likeliest others at their places.

At each token of a name the probability counts among the tokens that could go on to some name that may be chosen, as a
grammar would let them. Those that a server does not tell, as they are not among the likeliest, count as none.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from extractor.tagged_union import TAG, Choice
from extractor.types import Token

LIKELIEST = 20  # tokens at each place; OpenAI tells no more
NONE = "null"  # in place of a name: that none is chosen

_NONE = (NONE, f'"{NONE}"')  # small models put it in quotes, and a grammar lets them

_PART = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{}\]]', re.DOTALL)  # a text, or a bracket
_SAYS = re.compile(r'\s*:\s*(?=["n])')


def of_choices(tokens: Sequence[Token], choice: Choice) -> dict[str, Mapping[str, float]]:
    """By pointer, the probability of what was chosen: {'/tool': {'weather': 0.97}}; of a list '/0/tool' and so on.

    Where none may be chosen that of none stands behind it, by the token that it would begin with.
    """
    names = {json.dumps(name, ensure_ascii=False): name for name in choice.names}
    legal = {**names, **(dict.fromkeys(_NONE, NONE) if choice.allows_none else {})}
    text = "".join(token.text for token in tokens)
    found: dict[str, Mapping[str, float]] = {}
    for at, (start, written) in enumerate(_chosen(text, legal, depth=1 + choice.is_many)):
        where = f"/{at}/{TAG}" if choice.is_many else f"/{TAG}"
        likely = {legal[written]: round(_probability(tokens, start, written, [*legal]), 4)}
        if choice.allows_none and legal[written] != NONE:
            likely[NONE] = round(_beginning(tokens, start, NONE, [*legal]), 4)
        found[where] = likely
    return found


def _chosen(text: str, legal: Mapping[str, str], depth: int) -> Iterator[tuple[int, str]]:
    """Where the values of the tag stand in an answer, and which they are; arguments may have one of that name too."""
    inside = 0
    for part in _PART.finditer(text):
        inside += (part[0] in "[{") - (part[0] in "]}")
        says = _SAYS.match(text, part.end()) if part[0] == f'"{TAG}"' and inside == depth else None
        written = max((one for one in legal if says and text.startswith(one, says.end())), key=len, default=None)
        if says and written is not None:
            yield says.end(), written


def _probability(tokens: Sequence[Token], start: int, value: str, legal: Sequence[str]) -> float:
    """That of a value at its place in the text of some tokens."""
    likelihood, first = 1.0, 0
    for token in tokens:
        last = first + len(token.text)
        if last > start and first < start + len(value):
            likelihood *= _share(token, start - first, value[: max(first - start, 0)], value, legal)
        first = last
    return likelihood


def _beginning(tokens: Sequence[Token], start: int, value: str, legal: Sequence[str]) -> float:
    """That of a value beginning at a place where another one stands."""
    first = 0
    for token in tokens:
        if first + len(token.text) > start:
            return _share(token, start - first, "", value, legal)
        first += len(token.text)
    return 0.0


def _share(token: Token, lead: int, done: str, value: str, legal: Sequence[str]) -> float:
    """That a value goes on at a token, of which `lead` characters stand before it, among all that may."""
    before = token.text[: max(lead, 0)]
    ways = {
        done + text[len(before) :]: math.exp(weight)
        for text, weight in token.likeliest.items()
        if text.startswith(before) and text != before and _goes_on(done + text[len(before) :], legal)
    }
    own = sum(weight for text, weight in ways.items() if _goes_on(text, [value]))
    return own / sum(ways.values()) if own else 0.0


def _goes_on(begun: str, legal: Sequence[str]) -> bool:
    """Whether what is written can become one of some values, or is one with what stands behind it."""
    return any(one.startswith(begun) or begun.startswith(one) for one in legal)
