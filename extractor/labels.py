"""How likely each label of a choice is: the model's own probability of writing it where it stands in the record.

For a field with listed values, and for yes or no, each value is scored as what the model writes next, behind its prompt
and the record as it is up to there; the probabilities are those of the legal values among each other. The idea of
scoring all labels rather than writing one: Brown et al. 2020, "Language Models are Few-Shot Learners", section 2.4.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extractor.choices import name_of
from extractor.errors import EngineUnavailable, RequestRejected
from extractor.pointers import Path, pointer
from extractor.scopes import Nodes, Scope, Scopes, scopes_of
from extractor.types import Continuation, Engine, Message, Schema

Chat = Callable[[str], tuple[Message, ...]]  # what a model is asked of a text

SILENT = "this engine does not tell how likely labels are; weights on this machine and servers of llama.cpp do"

_MOST_PLACES = 50  # of one record that are scored
_MOST_LABELS = 1_000
_FAINTEST = -1_000.0  # beside the likeliest: no share is left of it, and what is reckoned with it stays finite
_AFTER_TEXT, _AFTER_OTHERS = '"', ",} ]\n\r\t"  # what follows a value in JSON, behind its own characters


@dataclass(slots=True)
class Labels:
    """By pointer, how likely each label is; and why that is not known of places, '' for all."""

    probabilities: dict[str, Mapping[str, float]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


async def label_probabilities(
    schema: Schema, data: Any, messages: Sequence[Message], engine: Engine, known: Mapping[str, Any] | None = None
) -> Labels:
    """The probabilities of the labels of a record's choices; `messages` are what the model was asked with.

    Those that are `known` by pointer are not asked about.

    Labels are named as `name_of` names them: {'/category': {'sport': 0.9, 'business': 0.1}, '/paid': {'true': 1.0, …}}.
    """
    found = Labels()
    places = [one for one in _places(scopes_of(schema), data) if pointer(one[0]) not in (known or ())]
    for path, values in places[:_MOST_PLACES]:
        names = {name_of(value): value for value in values}
        try:
            weights = await likelihoods_of(data, path, [*names.values()], messages, engine)
        except (EngineUnavailable, RequestRejected) as error:
            found.notes[pointer(path)] = f"its labels are not scored: {error}"
            return found
        if weights is None:
            return Labels(notes={"": SILENT})
        found.probabilities[pointer(path)] = dict(zip(names, shares(weights), strict=True))
    if len(places) > _MOST_PLACES:
        found.notes[""] = f"the labels of {len(places) - _MOST_PLACES:,} more places are not scored"
    return found


async def likelihoods_of(
    data: Any, path: Path, values: Sequence[Any], messages: Sequence[Message], engine: Engine
) -> list[float] | None:
    """The logarithms of the probabilities of values at a place of a record; None where the engine does not tell.

    Beside the likeliest, which has 0; of the record only what stands before the place counts. What an engine holds for
    impossible (-inf) is very unlikely here; where that is each of the values, they are not told apart, and
    `RequestRejected` says so.
    """
    ask = getattr(engine, "likelihoods", None)
    if ask is None:
        return None
    text = before(data, path)
    lead = " " if text.endswith((":", ",")) else ""
    begun = (*messages, Message("assistant", text))
    texts = [_written(value, lead) for value in values]
    found: list[float] | None = await ask(begun, [_told_apart(one, texts) for one in texts])
    if not found:
        return found
    if (most := max(found)) == -math.inf:
        raise RequestRejected(f"{engine.id} holds none of them for possible")
    return [max(weight - most, _FAINTEST) for weight in found]


def before(data: Any, path: Path) -> str:
    """The JSON of a record up to a place: ({'a': 1, 'b': 'x', 'c': 2}, ('b',)) → '{"a": 1, "b":'."""
    text = ""
    for step in path:
        text += _opened(data, step)
        data = data[step]
    return text.rstrip()


def _opened(data: Any, step: str | int) -> str:
    """The JSON of an object or a list up to a value in it: ({'a': 1, 'b': 2}, 'b') → '{"a": 1, "b": '."""
    if isinstance(step, int):
        return "[" + "".join(f"{_json(value)}, " for value in data[:step])
    names = [*data]
    earlier = "".join(f"{_json(name)}: {_json(data[name])}, " for name in names[: names.index(step)])
    return f"{{{earlier}{_json(step)}: "


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _written(value: Any, lead: str) -> Continuation:
    """A value as it stands in JSON behind something, with what has to follow it."""
    text = _json(value)
    if isinstance(value, str):
        return Continuation(f"{lead}{text[:-1]}", _AFTER_TEXT)
    return Continuation(f"{lead}{text}", _AFTER_OTHERS)


def _told_apart(one: Continuation, texts: Sequence[Continuation]) -> Continuation:
    """Without what has to follow it, where no other text begins so: then nothing else may, and it costs a question."""
    is_begun = any(other.text.startswith(one.text) for other in texts if other is not one)
    return one if is_begun else Continuation(one.text)


def logarithms(weights: Sequence[float]) -> list[float]:
    """Logarithms up to a constant as those of shares: [-1.0, -1.0] → [-0.693…, -0.693…]."""
    most = max(weights)
    total = most + math.log(sum(math.exp(weight - most) for weight in weights))
    return [weight - total for weight in weights]


def shares(weights: Sequence[float]) -> list[float]:
    """Logarithms up to a constant as shares of their sum: [-1.2, -0.4] → [0.31, 0.69]."""
    return [round(math.exp(weight), 4) for weight in logarithms(weights)]


def _places(scopes: Scopes, data: Any) -> Iterator[tuple[Path, Sequence[Any]]]:
    """The places of a record where one of some values stands, with all that may."""
    todo: list[tuple[Path, Nodes, Any]] = [((), scopes.nodes, data)]
    while todo:
        path, nodes, value = todo.pop()
        scope = scopes.of(nodes)
        if isinstance(value, Mapping):
            todo += [((*path, name), scope.child(name), inner) for name, inner in [*value.items()][::-1]]
        elif isinstance(value, list):
            todo += [((*path, at), scope.child(at), value[at]) for at in reversed(range(len(value)))]
        elif 1 < len(values := _values(scope)) <= _MOST_LABELS and value in values:
            yield path, values


def _values(scope: Scope) -> Sequence[Any]:
    """The values that a place admits one by one: [] of what is open."""
    if scope.choices is not None:
        return scope.choices
    if scope.kinds in ({"boolean"}, {"boolean", "null"}):
        return [True, False, *([None] if "null" in scope.kinds else [])]
    return []
