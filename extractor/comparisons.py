"""What `x-compare` and `--as` may say: names of comparators, their bounds, and for which fields each means something.

What they do is in `extractor.evaluate.comparators`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from extractor.scopes import SCALARS, Scope, Scopes

IGNORE = "ignore"  # compares nothing
WHOLE = "(value)"  # what a record that is no object is called
LISTINGS = ("set", "ordered")  # how the order of a list counts, and what is repeated in it
_BOUNDS: Mapping[str, Callable[[float], bool]] = {
    "fuzzy": lambda least: 0 < least <= 1,
    "number": lambda most: 0 <= most < 1,
}
NAMES = frozenset(("exact", "normalised", "date", "time", "address", "stem", "rouge", IGNORE, *_BOUNDS))

_LEAVES = SCALARS - {"null"}
_KNOWN = f"one of {', '.join(sorted(NAMES))}, of lists also {' and '.join(LISTINGS)}"
_MAY_BE = f"{_KNOWN}; bounds are from 0 to 1: fuzzy:0.9, number:0.01"


class Fault(NamedTuple):
    """Why the values of a field cannot be compared so, and what may be said there."""

    what: str
    hint: str


def parsed(how: Any) -> tuple[str, float | None] | None:
    """A comparator, with a bound where it has one: 'fuzzy:0.8' → ('fuzzy', 0.8); None for what is none."""
    name, _, bound = how.partition(":") if isinstance(how, str) else ("", "", "")
    if not bound:
        return (name, None) if name in NAMES else None
    try:
        number = float(bound)
    except ValueError:
        return None
    return (name, number) if name in _BOUNDS and _BOUNDS[name](number) else None


def unknown(how: Any) -> Fault:
    """That a name means nothing."""
    return Fault(f"{how!r:.60} compares nothing", _MAY_BE)


def fault_of(how: Any, scopes: Scopes, scope: Scope, where: str = "") -> Fault | None:
    """What speaks against comparing a field so, which is called `where`; None for nothing."""
    named = repr(where) if where else "it"
    if how in LISTINGS:
        return None if "array" in scope.kinds else Fault(f"{named} is no list", _of_list(how, where))
    if parsed(how) is None:
        return unknown(how)
    if how == IGNORE or _has_leaves(scopes, scope):
        return None
    inner = f"{where}{_inside(scopes, scope)}".removeprefix(".")
    hint = f"say it of a field in it, as {inner}; all of it can be {IGNORE}, a list also set or ordered"
    return Fault(f"{named} has records, which are compared field by field", hint)


def _of_list(how: str, where: str) -> str:
    """Where a listing can be said: ('set', 'tags[]') → 'say it of the list: tags=set'."""
    return f"say it of the list: {where[:-2] or WHOLE}={how}" if where.endswith("[]") else _MAY_BE


def _has_leaves(scopes: Scopes, scope: Scope) -> bool:
    """Whether something can be compared at a place, or of a list at its items."""
    return bool(scope.kinds & _LEAVES) or ("array" in scope.kinds and bool(scopes.of(scope.items).kinds & _LEAVES))


def _inside(scopes: Scopes, scope: Scope) -> str:
    """The name of something in records: '.city' of an object, '[].name' of a list of them."""
    items = scopes.of(scope.items).properties if "array" in scope.kinds else ()
    return next(chain((f".{name}" for name in scope.properties), (f"[].{name}" for name in items)), ".name")
