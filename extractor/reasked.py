"""What a record says that is not from its document is asked for once more, and the better of both answers stays.

Small models copy a text of the examples, and put into a summary what they know beside the document: a country, a war,
a year. A record with a copied text is asked for anew without the examples. The names and numbers of texts that the
model worded are looked up in the document (`support`); those texts are asked for anew, of a record without them: shown
its own words again, a model repeats them. What is left of doubts stands in `ungrounded` and `notes`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from extractor import repair
from extractor.draft import Draft
from extractor.errors import EngineUnavailable, Refused, RequestRejected, SchemaError
from extractor.grammar import compile_schema
from extractor.leaks import IN_TEXTS, IN_VALUES, leaks
from extractor.pointers import changed, joined, value_at
from extractor.prompt import again
from extractor.scopes import leaves_of
from extractor.talk import Question, Talk
from extractor.text import main_script
from extractor.types import Example, Message

_AFRESH = "asked again without the examples: {} was that of one"
_MOST = 8  # texts of a record that are asked for again
_SHORTEST = 7  # characters of a text that may be worded: four words of one


async def without_copies(draft: Draft, shown: Sequence[Example], afresh: Callable[[], Awaitable[Draft]]) -> Draft:
    """A valid draft; where it has texts of the examples `shown`, one that was asked for without, if it has fewer."""
    copied = _copied(draft, shown)
    if not copied:
        return draft
    other = await afresh()
    if other.valid is None or len(_copied(other, shown)) >= len(copied):
        return draft
    return replace(other, notes=joined(other.notes, {"": _AFRESH.format(copied[0])}))


async def without_inventions(draft: Draft, chat: tuple[Message, ...], talk: Talk) -> Draft:
    """A valid draft whose texts name less that the document does not have, where the model knows how to say it so."""
    names = _invented(draft)
    if not names:
        return draft
    places = [*names][:_MOST]
    try:
        other = await _answered(draft, {place: names[place] for place in places}, chat, talk)
    except (SchemaError, RequestRejected, EngineUnavailable, Refused):
        return draft  # which is valid, and `ungrounded` says what it names
    left = _invented(other)
    better = [
        place
        for place in places
        if len(left.get(place, ())) < len(names[place]) and _is_worded(value_at(other.data, place))
    ]
    data = changed(draft.data, {repair.path_of(draft.data, place): value_at(other.data, place) for place in better})
    told = {place: f"asked again: {_why(names[place])}" for place in better}
    taken = replace(draft, data=data, notes=joined(draft.notes, told)).checked()
    return taken if better and taken.valid is not None else draft


async def _answered(draft: Draft, names: dict[str, tuple[str, ...]], chat: tuple[Message, ...], talk: Talk) -> Draft:
    """The draft with other texts in some places, of which the model is shown nothing but what they are not to name."""
    paths = {place: repair.path_of(draft.data, place) for place in names}
    pieces = tuple(
        repair.Piece(path, repair.subschema(draft.schema, path, draft.data), _why(names[place]))
        for place, path in paths.items()
    )
    asked = repair.asked(draft.schema, pieces)
    compile_schema(asked)
    said = Message("assistant", json.dumps(repair.without(draft.data, pieces), ensure_ascii=False))
    faults = [f"{place}: {draft.voice.said.without.format(names=', '.join(some))}" for place, some in names.items()]
    question = Question(asked, (*chat, said, again(faults, asked, draft.voice, is_whole=False)), pieces)
    return await replace(draft, valid=None, pieces=pieces, growth=draft.growth.ended).answered(question, talk)


def _copied(draft: Draft, shown: Sequence[Example]) -> list[str]:
    """The worded texts that stand in the examples and not in the document."""
    found = leaks(draft.data, shown, draft.evidence.document, draft.schema)
    return [
        place
        for place, why in found.items()
        if why in (IN_VALUES, IN_TEXTS) and _is_worded(value_at(draft.data, place))
    ]


def _invented(draft: Draft) -> dict[str, tuple[str, ...]]:
    """By pointer, the names and numbers of worded texts that the document does not have."""
    text = draft.evidence.document.text
    found = {
        place: _not_in(text, value)
        for place, value, scope in leaves_of(draft.schema, draft.data)
        if scope.choices is None
    }
    return {place: names for place, names in found.items() if names}


def _not_in(text: str, value: Any) -> tuple[str, ...]:
    """The names and numbers of a worded value that a text does not have; in another script they look otherwise."""
    if not _is_worded(value) or value in text or main_script(value) != main_script(text):
        return ()
    from extractor.support import passages_of

    return tuple(dict.fromkeys(name for one in passages_of(text).support(value) for name in one.missing))


def _why(names: Sequence[str]) -> str:
    return f"the text has no {', no '.join(names)}"


def _is_worded(value: Any) -> bool:
    if not isinstance(value, str) or len(value) < _SHORTEST:
        return False
    from extractor.support import is_worded  # with readers of numbers and names; most records need none

    return is_worded(value)
