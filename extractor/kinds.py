"""What kind of thing a name stands for: how likely the model holds each of some kinds, asked about the name alone.

Nothing is written; what counts is how likely each label is (`labels`), and that of none of them ("other"), as small
models write other things into lists of names too: "the delegates", "economic growth". The sentence around a name is
left out: with it "Brazil beat Chad" makes organisations of both. tests/benchmarks/names.py has what that is worth.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extractor.errors import EngineUnavailable, RequestRejected
from extractor.labels import likelihoods_of
from extractor.prompt import PromptStyle, messages, voice_for
from extractor.schema import load
from extractor.types import Document, Engine, Language, Schema

Weights = Mapping[str | None, float]  # by label, and None for none of them: logarithms, of the likeliest 0

_FAR = 1.0  # one kind is e times as likely as another one
_MOST = 50  # names of a record that are asked about
_REST = re.compile(r"(?i)others?|misc(?:ellaneous)?|none|unknown|其他|其它|杂项|无|未知")  # labels of what is left
_ITEMS, _TEXT, _KIND = "items", "text", "list"  # how it is asked


@dataclass(frozen=True, slots=True)
class Kinds:
    """Some kinds by their labels, each with what is said of it."""

    about: Mapping[str, str]

    @property
    def has_rest(self) -> bool:
        """Whether one of them is for what is none of the others."""
        return any(map(_REST.fullmatch, self.about))

    async def weights(self, name: str, language: Language, engine: Engine) -> Weights | None:
        """How likely a name is of each kind, and of none; None from an engine that does not tell.

        Of kinds that have a word for none of them themselves that is not asked. The question is put in a language,
        whatever the user says of prompts: it is about a name, not about the document.
        """
        voice = voice_for("", PromptStyle(language=language))
        labels = [*self.about, *([] if self.has_rest else [voice.said.none])]
        asked, path = {_ITEMS: [{_TEXT: name, _KIND: labels[0]}]}, (_ITEMS, 0, _KIND)
        chat = messages(Document("", name), self._question(labels), voice)
        found = await likelihoods_of(asked, path, labels, chat, engine)
        if found is None:
            return None
        return {label if label in self.about else None: weight for label, weight in zip(labels, found, strict=True)}

    def _question(self, labels: list[str]) -> Schema:
        """A name, and as its list one of these: of a record, so that it is asked as everything is."""
        abouts = [self.about.get(label) for label in labels]
        kinds = [
            {"const": label, **({"description": about} if about else {})}
            for label, about in zip(labels, abouts, strict=True)
        ]
        inner = {_TEXT: {"type": "string"}, _KIND: {"anyOf": kinds}}
        item = {"type": "object", "properties": inner, "required": [*inner], "additionalProperties": False}
        fields = {_ITEMS: {"type": "array", "items": item}}
        return load({"type": "object", "properties": fields, "required": [_ITEMS]})


def likeliest(weights: Weights) -> str | None:
    """The likeliest kind; None where none of them is far likelier."""
    best = max((label for label in weights if label is not None), key=weights.__getitem__)
    return None if weights.get(None, -math.inf) > weights[best] + _FAR else best


def is_unlikely(label: str, weights: Weights) -> bool:
    """Whether another kind is far likelier."""
    return weights[label] < max(weight for one, weight in weights.items() if one is not None) - _FAR


@dataclass(slots=True)
class Told:
    """What is known of names: their weights; and why that is not known of others, by their names."""

    weights: dict[str, Weights] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Inquiry:
    """Asks about the names of a record, as far as there are not too many; about none when the engine is gone."""

    language: Language
    engine: Engine
    left: int = _MOST

    async def about(self, names: Sequence[str], kinds: Kinds) -> Told:
        """How likely each name is of each kind; nothing where the engine does not tell."""
        told = Told()
        for at, name in enumerate(names):
            if not self.left:
                told.faults[name] = f"{len(names) - at:,} names from {name!r} on are as the model wrote them"
                break
            self.left -= 1
            try:
                weights = await kinds.weights(name, self.language, self.engine)
            except RequestRejected as error:
                told.faults[name] = f"{name!r} is as the model wrote it: {error}"
                continue
            except EngineUnavailable as error:
                self.left = 0
                told.faults[name] = f"names from {name!r} on are as the model wrote them: {error}"
                break
            if weights is None:
                break
            told.weights[name] = weights
        return told


def shown(item: Any) -> str:
    """An item of a list as notes have it: a name, or a record with one."""
    return repr(item) if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
