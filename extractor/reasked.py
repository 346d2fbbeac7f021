"""What a record says that is not from its document is asked for once more, and the better of both answers stays.

Small models copy a text of the examples, and put into a summary what they know beside the document: a country, a war,
a year. A record with a copied text is asked for anew without the examples. The names and numbers of texts that the
model worded are looked up in the document (`support`); those texts are asked for anew, of a record without them: shown
its own words again, a model repeats them. What is left of doubts stands in `ungrounded` and `notes`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from extractor import repair
from extractor.draft import Draft
from extractor.errors import EngineUnavailable, Refused, RequestRejected, SchemaError
from extractor.leaks import IN_TEXTS, IN_VALUES, leaks
from extractor.pointers import changed, joined, value_at
from extractor.scopes import leaves_of
from extractor.support import is_worded, missing_of, passages_of, without_names
from extractor.talk import Talk
from extractor.text import main_script
from extractor.types import Example, Message

_AFRESH = "asked again without the examples: {} was that of one"
_MOST = 8  # texts of a record that are asked for again


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
    names = dict([*_invented(draft).items()][:_MOST])
    pieces = tuple(_piece(draft, place, some) for place, some in names.items())
    wishes = [f"{place}: {draft.voice.said.without.format(names=', '.join(some))}" for place, some in names.items()]
    question = draft.about(pieces, wishes, repair.without(draft.data, pieces), chat) if pieces else None
    if question is None:
        return draft
    asking = replace(draft, valid=None, pieces=pieces, growth=draft.growth.ended)
    try:
        other = await asking.answered(question, talk)
    except (SchemaError, RequestRejected, EngineUnavailable, Refused):
        return draft  # which is valid, and `ungrounded` says what it names
    left = _invented(other)
    better = {
        piece.path: value
        for piece in pieces
        if _is_worded(value := value_at(other.data, piece.pointer))
        and len(left.get(piece.pointer, ())) < len(names[piece.pointer])
    }
    told = {piece.pointer: f"asked again: {piece.why}" for piece in pieces if piece.path in better}
    taken = replace(draft, data=changed(draft.data, better), notes=joined(draft.notes, told)).checked()
    return taken if better and taken.valid is not None else draft


def _piece(draft: Draft, place: str, names: Sequence[str]) -> repair.Piece:
    path = repair.path_of(draft.data, place)
    return repair.Piece(path, repair.subschema(draft.schema, path, draft.data), without_names(names))


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
    return missing_of(passages_of(text).support(value))


def _is_worded(value: Any) -> bool:
    return isinstance(value, str) and is_worded(value)
