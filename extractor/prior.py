"""What a model would rather say, whatever it reads: its leaning among the labels of a choice, and the choice beside it.

Small models have favourites: one calls a third of all news "tech". So it is asked to write a headline for each label,
and then how likely it holds each label of each of these. As every label is right for as many of them as any other, the
mean (of the logarithms) is its leaning; half of that is taken off what it says of a document, and less where that is
less than half as spread as what it says of headlines, as of long documents, which it is less sure of. (Headlines say
little beside the label: texts of two sentences take twice as long, and tell no more.) A label that the document has
word for word is no leaning, but was read there, and stays.

To measure such a leaning by texts without content is Zhao et al. 2021, "Calibrate Before Use"; by texts of the model
itself, Jiang et al. 2023, "Generative Calibration for In-context Learning". That they are balanced over the labels
matters: measured by any articles, "neutral" was taken off where articles are neutral indeed.
tests/benchmarks/labels.py compares them.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import mean, pstdev
from typing import Any
from weakref import WeakKeyDictionary

from extractor.answer import apart
from extractor.errors import EngineUnavailable, RequestRejected
from extractor.ground.whole import find_whole
from extractor.labels import SILENT, Chat, Labels, likelihoods_of, logarithms, shares
from extractor.pointers import Path, around, pointer, value_at
from extractor.prompt import Voice
from extractor.scopes import standing
from extractor.together import all_of
from extractor.types import Engine, Language, Memory, Message, Request, Schema

_VERSION = 2  # raised where the same model would be found to lean otherwise than before
_TRUST = 0.5  # of the leaning that is taken off at most: a headline for each label is a small sample
_LABELS = range(3, 21)  # with two, one is mostly the rule; of many more, a headline for each takes minutes
_MOST_PLACES = 10
_MOST_LABELS = 30  # of all choices of a schema, which are measured though nobody asked for it: each takes a second
_MOST_TOKENS = 25  # of a headline
_SECONDS = 120.0
_NO_TEXT: Mapping[Language, str] = {"en": "text", "zh": "文本"}  # to see what is said beside a document

_MEASURING = "{}: finding out, once for this schema, to which of its {} labels the model leans"

_LOCKS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class LabelField:
    """A choice of a record that stands at one place: its labels, and what is said of it and of them."""

    path: Path
    labels: Sequence[str]
    about: str = ""
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def pointer(self) -> str:
        """Where it stands."""
        return pointer(self.path)

    @property
    def alone(self) -> Any:
        """A record of nothing else: {'label': 'a'}."""
        return around(self.path, self.labels[0])


@dataclass(frozen=True, slots=True)
class Leaning:
    """What a model says of headlines for each label: of each label the mean (logarithms), of a headline the spread."""

    means: Sequence[float]
    spread: float

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]]) -> Leaning:
        """Of what was said of each headline: the logarithms of the shares of all labels."""
        return cls([round(mean(column), 4) for column in zip(*rows, strict=True)], round(mean(map(pstdev, rows)), 4))


async def impartial(schema: Schema, data: Any, text: str, chat: Chat, voice: Voice, engine: Engine) -> Labels:
    """The shares of the labels at each place of a record that has a choice, beside what the model leans to.

    Each is scored as the first thing that the model would write, so that it does not hang on the rest of its answer.
    `chat` makes of a text what the model is asked about it. What cannot be scored is told in `notes`, '' for all.
    Raises what ends a run.
    """
    found, said = Labels(), text.casefold()
    for one in [one for one in label_fields(schema) if _is_open(value_at(data, one.pointer), one, said)][:_MOST_PLACES]:
        try:
            weights = await likelihoods_of(one.alone, one.path, one.labels, chat(text), engine)
            if weights is None:
                return Labels(notes={"": SILENT})
            leaning = await leaning_of(one, chat, voice, engine)
        except (EngineUnavailable, RequestRejected) as error:
            found.notes[one.pointer] = f"the label is as the model wrote it: {error}"
            break
        found.probabilities[one.pointer] = dict(zip(one.labels, shares(beside(weights, leaning)), strict=True))
    return found


def _is_open(label: Any, one: LabelField, said: str) -> bool:
    """Whether a label may be another one: it is none that the text (in small letters) has word for word."""
    return label in one.labels and next(find_whole(label.casefold(), said), None) is None


def is_quick(schema: Schema) -> bool:
    """Whether a schema has so few labels that what the model leans to among them is soon found out."""
    return 0 < sum(len(one.labels) for one in label_fields(schema)) <= _MOST_LABELS


def beside(weights: Sequence[float], leaning: Leaning) -> list[float]:
    """What a model says of some labels (logarithms) beside what it leans to."""
    told = logarithms(weights)
    share = min(_TRUST, pstdev(told) / leaning.spread) if leaning.spread else 0.0
    return [weight - share * off for weight, off in zip(told, leaning.means, strict=True)]


def relabelled(schema: Schema, data: Any, found: Labels) -> Iterator[tuple[Path, str, str]]:
    """The labels that are likelier than those that a model wrote, each with a note on that."""
    for one in label_fields(schema):
        if likely := found.probabilities.get(one.pointer):
            label, written = max(likely, key=likely.__getitem__), value_at(data, one.pointer)
            if likely[label] > likely[written]:
                note = f"the model wrote {written!r}, to which it leans; beside that {label!r} is likelier"
                yield one.path, label, note


@lru_cache(maxsize=64)
def label_fields(schema: Schema) -> tuple[LabelField, ...]:
    """The choices between names that stand in a record once; what is in lists may be there any number of times."""
    found = []
    for path, scope in standing(schema):
        if path and len(scope.labels) in _LABELS:
            found.append(LabelField(path, scope.labels, scope.about, scope.told))
    return tuple(found)


# --- the leaning ---------------------------------------------------------------------------------------------


async def leaning_of(one: LabelField, chat: Chat, voice: Voice, engine: Engine) -> Leaning:
    """What a model leans to among the labels of a field; measured where that is not known yet.

    The engine has to tell `likelihoods`. Raises `EngineUnavailable` for a model that writes no headline for each label.
    """
    memory: Memory | None = getattr(engine, "memory", None)
    key = _key(one, chat, voice)
    async with _lock():  # documents that are under way at once wait for one measurement
        known = memory.get(key) if memory else None
        if not isinstance(known, list) or len(known) not in (0, len(one.labels) + 1):
            if tell := getattr(engine, "tell", None):
                tell(_MEASURING.format(one.pointer, len(one.labels)))
            leaning = await _measured(one, chat, voice, engine)
            known = [*leaning.means, leaning.spread] if leaning else []
            if memory:
                memory.keep(key, known)
    if not known:
        raise EngineUnavailable(f"{engine.id}: the model wrote no headline for each label")
    return Leaning(known[:-1], known[-1])


def _key(one: LabelField, chat: Chat, voice: Voice) -> str:
    """What a leaning depends on beside the weights: all that the model is told."""
    told = [
        [message.role, message.content]
        for message in (*chat(_NO_TEXT[voice.language]), _request(one, one.labels[0], voice))
    ]
    facts = [_VERSION, one.pointer, [*one.labels], told]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


async def _measured(one: LabelField, chat: Chat, voice: Voice, engine: Engine) -> Leaning | None:
    """None where a label has no headline: it would seem to be one that the model never takes."""
    asked = [Request((_request(one, label, voice),), max_tokens=_MOST_TOKENS, timeout=_SECONDS) for label in one.labels]
    made = [apart(answer.text)[1].strip() for answer in await all_of([engine.generate(one) for one in asked])]
    if not all(made):
        return None
    scored = []
    for text in made:  # one by one: what all have before them is in one slot only
        weights = await likelihoods_of(one.alone, one.path, one.labels, chat(text), engine)
        if weights is None:
            raise EngineUnavailable(SILENT)
        scored.append(logarithms(weights))
    return Leaning.of(scored)


def _request(one: LabelField, label: str, voice: Voice) -> Message:
    """What is said to have a text for a label made."""
    said = voice.said
    about = "; ".join(filter(None, (one.about, said.one_label.format(labels=", ".join(one.labels)))))
    named = f"{label} ({one.told[label]})" if label in one.told else label
    return Message("user", said.made.format(name=one.path[-1], about=about, label=named))


def _lock() -> asyncio.Lock:
    """One for all measurements of an event loop."""
    return _LOCKS.setdefault(asyncio.get_running_loop(), asyncio.Lock())
