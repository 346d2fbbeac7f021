"""What a record says that is not from its document is asked for once more, and the better of both answers stays.

Small models put into a summary what they know beside the text (a country, a war, a year), and copy a summary of the
examples. So the names and numbers of texts that the model worded are looked up in the document (`support`), and values
are compared with those of the examples (`leaks`). What is doubtful is asked for anew, of a record without it: shown
its own words again, a model repeats them (measured: of summaries with a name that was not in the text). What it copied
from an example is asked for without the examples. What is left of doubts stands in `ungrounded` and `notes`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from extractor import repair
from extractor.draft import Draft
from extractor.errors import EngineUnavailable, Refused, RequestRejected, SchemaError
from extractor.grammar import compile_schema
from extractor.leaks import IN_TEXTS, IN_VALUES, leaks
from extractor.pointers import changed, joined, pointer, value_at
from extractor.prompt import again, messages
from extractor.scopes import leaves_of
from extractor.talk import Question, Talk
from extractor.text import main_script
from extractor.types import Document, Example, Message, Schema

_MOST = 8  # places of a record
_SHORTEST = 7  # characters of a text that may be worded: four words of one


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a value seems not to be from the document: names and numbers that this lacks, or it is that of an example."""

    names: tuple[str, ...] = ()
    is_copied: bool = False

    @property
    def weight(self) -> int:
        """The less, the better."""
        return 1_000 if self.is_copied else len(self.names)

    @property
    def why(self) -> str:
        """For a note."""
        return "it was that of an example" if self.is_copied else f"the text has no {', no '.join(self.names)}"


async def reasked(draft: Draft, shown: Sequence[Example], talk: Talk) -> Draft:
    """A valid draft with fewer doubtful values, where the model has better ones; `shown` are the examples it saw."""
    options, document = talk.options, draft.evidence.document
    if not options.retries or options.ground == "off" or options.style.answer_language:
        return draft
    doubts = dict([*_doubts(draft.data, document, draft.schema, shown).items()][:_MOST])
    if not doubts:
        return draft
    is_copied = any(doubt.is_copied for doubt in doubts.values())
    chat = messages(document, draft.schema, draft.voice, () if is_copied else tuple(shown))
    try:
        other = await _answered(draft, doubts, chat, talk)
    except (SchemaError, RequestRejected, EngineUnavailable, Refused):
        return draft  # which is valid, and its doubts are told
    left = _doubts(other.data, document, draft.schema, shown)
    better = {
        repair.path_of(draft.data, place): value_at(other.data, place)
        for place, doubt in doubts.items()
        if left.get(place, Doubt()).weight < doubt.weight
        and (doubt.is_copied or _is_worded(value_at(other.data, place)))
    }
    told = {pointer(path): f"asked again: {doubts[pointer(path)].why}" for path in better}
    taken = replace(draft, data=changed(draft.data, better), notes=joined(draft.notes, told)).checked()
    return taken if better and taken.valid is not None else draft


async def _answered(draft: Draft, doubts: Mapping[str, Doubt], chat: tuple[Message, ...], talk: Talk) -> Draft:
    """The draft with other values in the doubtful places, of which the model is shown nothing but that they lack."""
    paths = {place: repair.path_of(draft.data, place) for place in doubts}
    pieces = tuple(
        repair.Piece(path, repair.subschema(draft.schema, path, draft.data), doubts[place].why)
        for place, path in paths.items()
    )
    asked = repair.asked(draft.schema, pieces)
    compile_schema(asked)
    without = repair.without(draft.data, pieces)
    faults = [f"{place}: {_wish(doubt, draft)}" for place, doubt in doubts.items()]
    said = Message("assistant", json.dumps(without, ensure_ascii=False))
    question = Question(asked, (*chat, said, again(faults, asked, draft.voice, is_whole=False)), pieces)
    return await replace(draft, valid=None, pieces=pieces, growth=draft.growth.ended).answered(question, talk)


def _wish(doubt: Doubt, draft: Draft) -> str:
    said = draft.voice.said
    return said.own_words if doubt.is_copied else said.without.format(names=", ".join(doubt.names))


def _doubts(data: Any, document: Document, schema: Schema, shown: Sequence[Example]) -> dict[str, Doubt]:
    """The doubtful values of a record, by pointer; in lists the worded ones alone."""
    copied = {place for place, why in leaks(data, shown, document, schema).items() if why in (IN_VALUES, IN_TEXTS)}
    found: dict[str, Doubt] = {}
    for place, value, scope in leaves_of(schema, data):
        if place in copied and not any(isinstance(step, int) for step in repair.path_of(data, place)):
            found[place] = Doubt(is_copied=True)
        elif scope.choices is None and (names := _invented(value, document.text)):
            found[place] = Doubt(names)
    return found


def _invented(value: Any, text: str) -> tuple[str, ...]:
    """The names and numbers of a worded text that another text does not have; in another script they look otherwise."""
    if not _is_worded(value) or value in text or main_script(value) != main_script(text):
        return ()
    from extractor.support import passages_of

    return tuple(dict.fromkeys(name for one in passages_of(text).support(value) for name in one.missing))


def _is_worded(value: Any) -> bool:
    if not isinstance(value, str) or len(value) < _SHORTEST:
        return False
    from extractor.support import is_worded  # with readers of numbers and names; most records need none

    return is_worded(value)
