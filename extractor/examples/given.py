"""Examples as they are given, by a module, a file or in code, and as JSON data; whether they are valid comes later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, is_dataclass, replace
from math import isfinite
from types import ModuleType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, TypeAdapter

from extractor.comparable import comparable
from extractor.depth import DEEPEST
from extractor.errors import SchemaError
from extractor.types import Example

NOTHING = None  # as a value: nothing to extract

_MOST_VALUES = 1_000_000
_SHOWN = 60  # characters of what is wrong
_PAIR_HINT = 'an example is a pair: ("a text", Paper(...)), ("a text", {"title": ...}), or ("a text", None) for nothing'

Pair: TypeAlias = Example | tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """A text and what it was given with: JSON data, or None for nothing; `where` is what messages call it."""

    where: str
    text: str
    value: Any
    is_of_module: bool = False  # in which other classes may have theirs


def from_module(module: ModuleType, where: str, model: Any) -> Iterator[Given]:
    """`EXAMPLES` of a module, as far as they are meant for a type.

    Instances of other classes are not, and where no others are there, nor is what says that there is nothing.
    """
    pairs = [*_pairs(getattr(module, "EXAMPLES", ()), f"{where}: EXAMPLES")]
    mine = [one for one in pairs if not _is_foreign(one.value, model)]
    if len(mine) < len(pairs) and all(one.value is NOTHING for one in mine):
        return iter(())
    return (replace(_as_data(one), is_of_module=True) for one in mine)


def from_pairs(pairs: Sequence[Pair], where: str) -> Iterator[Given]:
    """Examples in code: [('a text', Paper(…)), ('another', None)]."""
    return map(_as_data, _pairs(pairs, where))


def instruction_of(module: ModuleType, where: str) -> str | None:
    """`PROMPT` of a module, without the white space around it."""
    found = getattr(module, "PROMPT", None)
    if found is not None and not isinstance(found, str):
        raise SchemaError(f"{where}: PROMPT is no text: {_shown(found)}", hint='PROMPT = "What to look for …"')
    if found is not None and not found.strip():
        raise SchemaError(f"{where}: PROMPT is empty", hint="say what to look for, or remove it")
    refuse_odd(found, f"{where}: PROMPT")
    return None if found is None else found.strip()


def _pairs(pairs: Any, where: str) -> Iterator[Given]:
    if not isinstance(pairs, list | tuple):
        raise SchemaError(f"{where} is no list: {_shown(pairs)}", hint=f"{_PAIR_HINT}, and EXAMPLES a list of such")
    for at, pair in enumerate(pairs):
        place = f"{where}[{at}]"
        if isinstance(pair, Example):
            pair = (pair.text, pair.value)  # noqa: PLW2901
        if not isinstance(pair, list | tuple) or len(pair) != 2:  # noqa: PLR2004
            raise SchemaError(f"{place}: no pair of a text and a value: {_shown(pair)}", hint=_PAIR_HINT)
        yield Given(place, text_of(pair[0], place), pair[1])


def text_of(text: Any, where: str) -> str:
    """The text of an example, which is one, and says something."""
    if not isinstance(text, str):
        raise SchemaError(f"{where}: the text is none: {_shown(text)}", hint="the text comes first, then the value")
    if not text.strip():
        raise SchemaError(f"{where}: the text is empty", hint="give a text such as the documents are")
    refuse_odd(text, where)
    return text


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001  # a class of the user's
        text = f"{type(value).__name__} ({type(error).__name__})"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


# --- whose instance a value is -------------------------------------------------------------------------------


def _is_foreign(value: Any, model: Any) -> bool:
    """Whether a value is made of instances of classes alone, and of none that are the type's."""
    found = value if isinstance(value, list | tuple) else [value]
    own = tuple(_classes(model))
    return bool(found) and all(_is_instance(one) and not isinstance(one, own) for one in found)


def _is_instance(value: Any) -> bool:
    return isinstance(value, BaseModel) or (is_dataclass(value) and not isinstance(value, type))


def _classes(type_: Any) -> Iterator[type]:
    """The classes that an instance may be of: list[Paper | Book] → Paper, Book."""
    origin = get_origin(type_)
    if hasattr(type_, "__value__"):
        yield from _classes(type_.__value__)
    elif origin is Annotated:
        yield from _classes(get_args(type_)[0])
    elif origin in (Union, UnionType) or (isinstance(origin, type) and issubclass(origin, Sequence)):
        for part in get_args(type_):
            yield from _classes(part)
    elif isinstance(found := origin or type_, type):
        yield found
        if issubclass(found, RootModel):
            yield from _classes(found.model_fields["root"].annotation)


# --- as JSON data --------------------------------------------------------------------------------------------

_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


def _as_data(given: Given) -> Given:
    """What a class writes so that it could read it again: no computed fields, sets in a fixed order."""
    try:
        written = _ANYTHING.dump_python(given.value, mode="json", by_alias=True, round_trip=True)
        native = _ANYTHING.dump_python(given.value, by_alias=True, round_trip=True)
        data = _with_sets_in_order(written, native)
    except Exception as error:  # the user's own serialisers run here
        hint = "give the record as a dict of JSON data"
        raise SchemaError(f"{given.where}: no JSON can be made of the value: {error}", hint=hint) from error
    refuse_odd(data, given.where)
    return Given(given.where, given.text, data)


def _with_sets_in_order(written: Any, native: Any) -> Any:
    """JSON in which a set is a sorted list: the order of its own differs from run to run."""
    if isinstance(native, float):
        return native  # infinity would be written as null
    if isinstance(native, AbstractSet) and isinstance(written, list):
        return sorted(written, key=comparable)
    if isinstance(native, Mapping) and isinstance(written, Mapping) and len(native) == len(written):
        pairs = zip(written.items(), native.values(), strict=True)
        return {key: _with_sets_in_order(value, own) for (key, value), own in pairs}
    if isinstance(native, list | tuple) and isinstance(written, list) and len(native) == len(written):
        return [_with_sets_in_order(*both) for both in zip(written, native, strict=True)]
    return written


def refuse_odd(data: Any, where: str) -> None:
    """Refuse what is not JSON, nested too deep, or so large that only aliases in YAML can have made it."""
    level, size = [data], 0
    for _ in range(DEEPEST + 1):
        size += len(level)
        if size > _MOST_VALUES:
            raise SchemaError(f"{where}: more than {_MOST_VALUES:,} values", hint="show smaller records")
        for value in level:
            _refuse_scalar(value, where)
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in ([*value, *value.values()] if isinstance(value, dict) else value)
        ]
        if not level:
            return
    raise SchemaError(f"{where}: nested more than {DEEPEST} levels deep", hint="show a simpler record")


def _refuse_scalar(value: Any, where: str) -> None:
    is_json = value is None or isinstance(value, str | int | dict | list) or (
        isinstance(value, float) and isfinite(value)
    )  # fmt: skip
    if not is_json:
        hint = "JSON has texts, numbers, lists and objects" if isinstance(value, float) else "in YAML, quote a date"
        raise SchemaError(f"{where}: {str(value)[:_SHOWN]} is not JSON", hint=hint)
    if isinstance(value, dict) and not all(isinstance(name, str) for name in value):
        name = next(name for name in value if not isinstance(name, str))
        raise SchemaError(f"{where}: the name {name!r:.60} is not a text", hint="quote it")
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            hint = "surrogates come in pairs: one alone is no character"
            raise SchemaError(f"{where}: half of a character: {value[error.start]!r}", hint=hint) from error
