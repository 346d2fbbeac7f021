"""Where the calls of a record are, and what is known of places in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from extractor.pointers import Path, pointer
from extractor.tagged_union import Choice
from extractor.types import Extraction


def calls(record: Extraction, choice: Choice) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each call with the path to it."""
    yield from (((at,), call) for at, call in enumerate(record.data)) if choice.is_many else (((), record.data),)


def others(found: Mapping[str, Any], places: re.Pattern[str]) -> dict[str, Any]:
    """What is known of all places but some."""
    return {at: known for at, known in found.items() if not places.fullmatch(at)}


def without(record: Extraction, places: re.Pattern[str]) -> Extraction:
    """A record in which nothing is known of some places, as they are not there (any more)."""
    return replace(
        record,
        spans=others(record.spans, places),
        support=others(record.support, places),
        ungrounded=others(record.ungrounded, places),
        absent=others(record.absent, places),
    )


def below(paths: Iterable[Path]) -> re.Pattern[str]:
    """The pointers to some places and to what is inside of them."""
    return re.compile("|".join(f"{re.escape(pointer(path))}(/.*)?" for path in paths), re.DOTALL)


def is_there(found: Mapping[str, Any], place: str) -> bool:
    """Whether something is known of a place, or inside of it."""
    return any(f"{at}/".startswith(f"{place}/") for at in found)
