"""How likely a model holds each of some texts as what it writes next, by the token probabilities of llama.cpp's server.

Texts are cut into tokens as the model's tokenizer cuts them where they stand (their canonical tokenisation), and walked
as one trie: what several begin with is asked about once. At each node one token is asked for, with the probabilities of
the likeliest; nothing is drawn at random and nothing is masked, so that they are those of the model itself.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.engines.endpoint.wire import turn, weight_of
from extractor.errors import EngineUnavailable
from extractor.types import Continuation, Message

_LIKELIEST = 1_000  # tokens that are told at a node
_ALL = 1_000_000  # tokens: more than any model has
# A token that is not told is at most so likely beside the likeliest of ours; else all tokens are asked for.
_FAR = math.log(1e-4)

# Where half of a character is drawn, or the end, the server tells no probabilities. So this is drawn; those that are
# told are of the model, before any bias.
_DRAWN, _SURELY = "a", 1_000

_Tokens = tuple[int, ...]
Post = Callable[[str, Mapping[str, Any], int], Awaitable[Any]]  # a path, a body, the tokens that a model reads for it


@dataclass(frozen=True, slots=True)
class Node:
    """The logarithms of the probabilities of tokens at a place: by id, and with the bytes that they are."""

    by_id: Mapping[int, float]
    least: float
    told: Sequence[tuple[int, bytes, float]]

    def of(self, token: int) -> float:
        """That of a token; of one that is not told, the most that it can be."""
        return self.by_id.get(token, self.least)

    def ending(self, ends: str) -> float:
        """That some token comes which begins with one of some characters."""
        signs = tuple(sign.encode() for sign in ends)
        total = sum(math.exp(weight) for _, text, weight in self.told if text.startswith(signs))
        return math.log(total) if total else self.least


@dataclass(frozen=True, slots=True)
class Scorer:
    """A model at a server of llama.cpp: how it is asked there, and what messages call it."""

    post: Post
    name: str

    async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float]:
        """The logarithm of the probability of each text after the messages, the last of which may be begun.

        What all of them begin with is the same for each, and left out: they tell the texts apart.
        Raises `EngineUnavailable` for a server that does not tell.
        """
        prompt = await self.prompt(messages)
        cut = [await self.cut(prompt + one.text) for one in texts]
        drawn = await self.drawn()
        known: dict[_Tokens, Node] = {}
        begun = _common(cut)
        wanted = _inner(cut, len(begun))
        wanted |= {tokens: wanted.get(tokens, []) for tokens, one in zip(cut, texts, strict=True) if one.ends}
        for node, children in wanted.items():
            known[node] = await self._node(node, children, drawn)
        return [_sum(known, tokens, len(begun), one.ends) for tokens, one in zip(cut, texts, strict=True)]

    async def prompt(self, messages: Sequence[Message]) -> str:
        """Messages as the model reads them, up to where it goes on."""
        body = {"messages": [turn(message) for message in messages]}
        return str(_field(await self.post("apply-template", body, 0), "prompt", str))

    async def cut(self, text: str) -> _Tokens:
        """The tokens of a text, of which there is one at least."""
        body = {"content": text, "add_special": True, "parse_special": True}
        found = _field(await self.post("tokenize", body, 0), "tokens", list)
        if not found or not all(isinstance(token, int) for token in found):
            raise EngineUnavailable("the server tells no tokens")
        return tuple(found)

    async def drawn(self) -> int:
        """The token that is drawn at each node."""
        return (await self.cut(_DRAWN))[-1]

    async def _node(self, begun: _Tokens, children: Sequence[int], drawn: int) -> Node:
        """What may come after some tokens; of all tokens, where ours are all far from the likeliest."""
        node = await self.node(begun, _LIKELIEST, drawn)
        missing = [child for child in children if child not in node.by_id]
        nearest = max((node.by_id[child] for child in children if child in node.by_id), default=-math.inf)
        return await self.node(begun, _ALL, drawn) if missing and node.least - nearest > _FAR else node

    async def node(self, begun: _Tokens, count: int, drawn: int) -> Node:
        """The likeliest tokens behind some others; `EngineUnavailable` for a server that does not tell."""
        body = {
            "prompt": [*begun],
            "n_predict": 1,
            "n_probs": count,
            "temperature": 0,
            "logit_bias": [[drawn, _SURELY]],
            "cache_prompt": True,
        }
        answer = _field(await self.post("completion", body, len(begun)), "completion_probabilities", list)
        told = answer[0].get("top_logprobs") if answer and isinstance(answer[0], dict) else None
        try:
            weights = [_read(one) for one in told or ()]
        except (LookupError, TypeError, ValueError) as error:
            raise _silent(self.name) from error
        if not weights:
            raise _silent(self.name)
        least = min(weight for _, __, weight in weights)
        return Node({id_: weight for id_, _, weight in weights}, least, weights)


def _silent(name: str) -> EngineUnavailable:
    return EngineUnavailable(f"{name}: the server does not tell how likely tokens are")


def _read(told: Any) -> tuple[int, bytes, float]:
    """A token with the bytes that it is, and the logarithm of its probability; raises where there is none."""
    token, written, weight = told["id"], told["bytes"], weight_of(told["logprob"])
    if weight is None or not isinstance(token, int) or not isinstance(written, list):
        raise TypeError
    return token, bytes(written), weight


def _field(answer: Any, name: str, kind: type) -> Any:
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, kind):
        raise EngineUnavailable(f"the server tells no {name}")
    return value


def _common(cut: Sequence[_Tokens]) -> _Tokens:
    """What all begin with; of a single text all but its last token."""
    shortest = min(map(len, cut))
    size = next((at for at in range(shortest) if len({tokens[at] for tokens in cut}) > 1), shortest - 1)
    return cut[0][:size]


def _inner(cut: Sequence[_Tokens], first: int) -> dict[_Tokens, list[int]]:
    """The nodes of the trie that something comes after, near ones first, with the tokens that do."""
    found: dict[_Tokens, list[int]] = defaultdict(list)
    for tokens in dict.fromkeys(cut):
        for at in range(first, len(tokens)):
            if tokens[at] not in found[tokens[:at]]:
                found[tokens[:at]].append(tokens[at])
    return found


def _sum(known: Mapping[_Tokens, Node], tokens: _Tokens, first: int, ends: str) -> float:
    whole = sum(known[tokens[:at]].of(tokens[at]) for at in range(first, len(tokens)))
    return whole + (known[tokens].ending(ends) if ends else 0.0)
