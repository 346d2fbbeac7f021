"""What kind of thing a name stands for: how likely the model holds each of some kinds, asked about the name alone.

Nothing is written; what counts is how likely each label is (`labels`), and that of none of them ("other"), as small
models write other things into lists of names too: "the delegates", "economic growth". The sentence around a name is
left out: with it "Brazil beat Chad" makes organisations of both. tests/benchmarks/names.py has what that is worth.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from extractor.changes import shown
from extractor.errors import EngineUnavailable, RequestRejected
from extractor.field_words import spaced
from extractor.labels import likelihoods_of
from extractor.prompt import PromptStyle, messages, voice_for
from extractor.schema import load
from extractor.types import Document, Engine, Language, Schema

Weights = Mapping[str | None, float]  # by label, and None for none of them: logarithms, of the likeliest 0

_FAR = 1.0  # one kind is e times as likely as another one
_MOST = 50  # names of a record that are asked about
_LONGEST = 80  # characters of a name: what is longer is none
_LABELS = range(2, 21)
_REST = re.compile(  # labels of what is left
    r"(?i)\b(?:others?|misc|miscellaneous|none|unknown|else)\b|^(?:o|n/?a)$|其他|其它|杂项|^(?:无|未知)$"
)
_ITEMS, _TEXT, _LABEL = "items", "text", "list"  # how it is asked: as was measured, also where labels are no lists


@dataclass(frozen=True, slots=True)
class Kinds:
    """Some kinds by their labels, each with what is said of it."""

    about: Mapping[str, str]

    @property
    def has_rest(self) -> bool:
        """Whether one of them is for what is none of the others."""
        return any(_REST.search(spaced(label)) for label in self.about)

    @property
    def are_few(self) -> bool:
        """Whether they are so few that each name can be asked about, and more than one."""
        return len(self.about) in _LABELS

    async def weights(self, name: str, language: Language, engine: Engine) -> Weights | None:
        """How likely a name is of each kind, and of none; None from an engine that does not tell.

        Of kinds that have a word for none of them themselves that is not asked. The question is put in a language,
        whatever the user says of prompts: it is about a name, not about the document.
        """
        voice = voice_for("", PromptStyle(language=language))
        labels = [*self.about, *([] if self.has_rest else [voice.said.none])]
        asked, path = {_ITEMS: [{_TEXT: name, _LABEL: labels[0]}]}, (_ITEMS, 0, _LABEL)
        chat = messages(Document("", name), self._question(labels), voice)
        found = await likelihoods_of(asked, path, labels, chat, engine)
        if found is None:
            return None
        return {label if label in self.about else None: weight for label, weight in zip(labels, found, strict=True)}

    def _question(self, labels: list[str]) -> Schema:
        """A record of a name and its label, so that it is asked as everything is."""
        kinds = [
            {"const": label, **({"description": about} if (about := self.about.get(label)) else {})} for label in labels
        ]
        inner = {_TEXT: {"type": "string"}, _LABEL: {"anyOf": kinds}}
        item = {"type": "object", "properties": inner, "required": [*inner], "additionalProperties": False}
        fields = {_ITEMS: {"type": "array", "items": item}}
        return load({"type": "object", "properties": fields, "required": [_ITEMS]})


def is_name(text: str) -> bool:
    """Whether a text may be a name: it is not empty, and no longer than names are."""
    return bool(text.strip()) and len(text) <= _LONGEST


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
    why: str = f"{_MOST} of a record are asked about"  # the others are not

    async def about(self, names: Sequence[str], kinds: Kinds) -> Told:
        """How likely each name is of each kind; nothing where the engine does not tell."""
        told = Told()
        for name in names:
            if not self.left:
                told.faults[name] = self._untold(name)
                break
            self.left -= 1
            try:
                weights = await kinds.weights(name, self.language, self.engine)
            except RequestRejected as error:
                told.faults[name] = f"{shown(name)} is as the model wrote it: {error}"
                continue
            except EngineUnavailable as error:
                self.left, self.why = 0, str(error)
                told.faults[name] = self._untold(name)
                break
            if weights is None:
                break
            told.weights[name] = weights
        return told

    def _untold(self, name: str) -> str:
        return f"names from {shown(name)} on are as the model wrote them: {self.why}"
