"""What the bounds of a grammar did to an answer, each told in a note.

Texts are cut back to a sentence, repeated items dropped where they have to be unique, full lists and numbers with as
many digits as there may be are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as BoundError
from jsonschema.validators import extend

from extractor.comparable import comparable
from extractor.pointers import pointer, value_at
from extractor.text import clip as clip_text
from extractor.validators import VALIDATORS

STOPPED = "stopped at {} items, our own bound"
_DIGITS = "{} digits, our own bound: it may be the beginning of a longer number (a maximum in the schema replaces it)"


def clip(data: Any, lowered: Mapping[str, Any], *, is_held: bool = True) -> tuple[Any, dict[str, str]]:
    """Cut every text that went into its slack, and drop repeated items where they have to be unique, in place.

    `data` is a decoded answer, `lowered` the schema of its grammar; our own bounds count where that held the answer.
    Returns the data and notes by pointer.
    """
    notes: dict[str, str] = {}
    for error in list(_innermost((_Bounds if is_held else _UserBounds)(lowered).iter_errors(data))):
        mend = _MENDS.get(str(error.validator))
        if mend is None:
            continue
        path = list(error.absolute_path)
        data = _put(data, path, mend(error))
        notes[pointer(path)] = error.message
    return data, notes


def full_lists(data: Any, notes: Mapping[str, str]) -> list[str]:
    """The lists that our own bound stopped, by what `clip` told of them."""
    return [at for at, note in notes.items() if is_of_bound(note) and isinstance(value_at(data, at), list)]


def is_of_bound(note: str) -> bool:
    """Whether a note is on a list or dictionary that our own bound stopped."""
    return note.startswith(STOPPED.partition("{")[0])


def _x_clip(_: Any, limit: int, value: Any, __: Any) -> Iterator[BoundError]:
    if isinstance(value, str) and len(value) > limit:
        yield BoundError(f"cut at {limit} characters")


def _x_stop(validator: Any, limit: int, value: Any, schema: Any) -> Iterator[BoundError]:
    yield from _x_clip(validator, limit, value, schema)
    if isinstance(value, list | dict) and len(value) >= limit:
        yield BoundError(f"{STOPPED.format(limit)} (max_length in the schema replaces it)")
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= limit / 10:
        yield BoundError(_DIGITS.format(len(str(limit)) - 1))


def _x_unique(_: Any, __: bool, value: Any, ___: Any) -> Iterator[BoundError]:  # noqa: FBT001  # a keyword's signature
    repeated = len(value) - len(_distinct(value)) if isinstance(value, list) else 0
    if repeated:
        yield BoundError(f"{repeated} repeated items dropped" if repeated > 1 else "1 repeated item dropped")


def _unheeded(*_: Any) -> Iterator[BoundError]:
    """Patterns are in the decoder's dialect here; what they say has been decoded, and is validated elsewhere."""
    return iter(())


def _distinct(values: list[Any]) -> list[Any]:
    """['a', 'b', 'a'] → ['a', 'b'], the first of equals."""
    first: dict[str, Any] = {}
    for value in values:
        first.setdefault(comparable(value), value)
    return list(first.values())


def _shortened(error: BoundError) -> str:
    least = cast(dict[str, Any], error.schema).get("minLength", 0)
    return clip_text(str(error.instance), cast(int, error.validator_value), least)


# jsonschema walks unions and references for us: to find what reached a bound is to validate against the keywords
# that we leave in the lowered schema. What each does to the value:
_MENDS: Mapping[str, Callable[[BoundError], Any]] = {
    "x-clip": _shortened,
    "x-stop": lambda error: _shortened(error) if isinstance(error.instance, str) else error.instance,
    "x-unique": lambda error: _distinct(cast(list[Any], error.instance)),
}
_UserBounds: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]
    VALIDATORS["rust"], {"x-clip": _x_clip, "x-unique": _x_unique, "pattern": _unheeded, "multipleOf": _unheeded}
)
_Bounds: type[Draft202012Validator] = extend(_UserBounds, {"x-stop": _x_stop})  # type: ignore[no-untyped-call]


def _innermost(errors: Iterable[BoundError]) -> Iterator[BoundError]:
    """The reached bounds, of a union those of the branch that has nothing else against the value."""
    for error in errors:
        if not error.context:
            yield error
            continue
        branches: dict[object, list[BoundError]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).extend(_innermost([inner]))
        fitting = [found for found in branches.values() if all(one.validator in _MENDS for one in found)]
        yield from fitting[0] if fitting else [error]


def _put(data: Any, path: Sequence[str | int], value: Any) -> Any:
    """Replace the value at a path, in place: ({'a': [1]}, ['a', 0], 2) → {'a': [2]}."""
    if not path:
        return value
    parent = data
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = value
    return data
