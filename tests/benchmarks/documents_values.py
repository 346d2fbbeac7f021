"""Which values of a gold record a predicted one has: the same path, wherever in its lists, each value used once.

Gold says `null`, "NOT_FOUND" and "NA" where a document states nothing; such values count on neither side. Where one
side has a text and the other an object (citations, say), the object counts by its texts put together.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rapidfuzz import fuzz, utils

from extractor.coercion import dates
from extractor.coercion.found import Found

Path = tuple[str, ...]

KINDS = ("text short", "text long", "number", "date", "boolean", "choice")
NOTHING = {"", "not_found", "na"}
LONG = 60  # characters of a long text
FUZZY = 30  # characters from which a text may differ a little
NEAR = 0.9
TOGETHER = 80  # token-set ratio of a text and an object
LEAST = 1 / 3  # of the longer one in characters: a lone year is no citation, though its tokens are all there
_TEXT_AND_OBJECT = (({str}, {dict}), ({dict}, {str}))  # types at a path, on the two sides
_DATE = re.compile(r"\d{4}-\d\d-\d\d|[12]\d{3}")
_DATED = re.compile(r"year|date", re.IGNORECASE)  # in the name of a field, whose whole numbers are years then
_YEARS = range(1000, 2101)


@dataclass(frozen=True)
class Item:
    """What is compared as one: a value, or the texts of an object together; `kinds` are of the values in it."""

    path: Path
    value: Any
    kinds: tuple[str, ...]
    is_joined: bool = False


@dataclass
class Tally:
    """Values by kind: of gold, of them found, predicted, of them right."""

    gold: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(mine + its for mine, its in zip(self.counters, other.counters, strict=True)))

    @property
    def counters(self) -> tuple[Counter[str], ...]:
        return self.gold, self.found, self.predicted, self.right

    def recall(self, kind: str | None = None) -> float | None:
        """Of one kind or of all, None where gold has no such value."""
        return share(self.found, self.gold, kind)

    def precision(self, kind: str | None = None) -> float | None:
        """The same; None where nothing was predicted."""
        return share(self.right, self.predicted, kind)


def share(some: Counter[str], of: Counter[str], kind: str | None) -> float | None:
    """({'date': 1}, {'date': 2}, 'date') → 0.5."""
    part, whole = (some[kind], of[kind]) if kind else (some.total(), of.total())
    return part / whole if whole else None


def tally(gold: Any, predicted: Any, schema: dict[str, Any]) -> Tally:
    """Compare two records."""
    joined = mismatched(gold, predicted)
    reader = Reader(schema, joined)
    sides = [list(reader.items(value)) for value in (gold, predicted)]
    counted = Tally()
    for counter, side in zip((counted.gold, counted.predicted), sides, strict=True):
        counter.update(kind for item in side for kind in item.kinds)
    for one, other in pairs(*sides):
        counted.found.update(one.kinds)
        counted.right.update(other.kinds)
    return counted


def pairs(gold: list[Item], predicted: list[Item]) -> Iterator[tuple[Item, Item]]:
    """What belongs together, at each path the most alike first, so that nothing takes what another one equals."""
    there: dict[Path, list[Item]] = defaultdict(list)
    for item in predicted:
        there[item.path].append(item)
    wanted: dict[Path, list[Item]] = defaultdict(list)
    for item in gold:
        wanted[item.path].append(item)
    for path, some in wanted.items():
        alike = [(likeness(one, other), at, to) for at, one in enumerate(some) for to, other in enumerate(there[path])]
        used: tuple[set[int], set[int]] = set(), set()
        for degree, at, to in sorted(alike, key=lambda one: -one[0]):
            if degree and at not in used[0] and to not in used[1]:
                used[0].add(at)
                used[1].add(to)
                yield some[at], there[path][to]


def likeness(gold: Item, predicted: Item) -> float:
    """1 where equal, less where nearly, 0 where not."""
    if gold.is_joined or predicted.is_joined:
        return together(str(gold.value), str(predicted.value))
    one, other = gold.value, predicted.value
    if isinstance(one, bool) or isinstance(other, bool):
        return float(one is other)
    if "date" in gold.kinds:
        return float(iso(one) == iso(other))
    if isinstance(one, int | float):
        number = as_number(other)
        return float(number is not None and math.isclose(one, number, rel_tol=1e-9))
    return alike(str(one), str(other))


def alike(gold: str, predicted: str) -> float:
    """('U.S. Postal Service', 'us postal service') → 1."""
    one, other = fold(gold), fold(predicted)
    if one == other:
        return 1.0
    ratio = fuzz.ratio(one, other) / 100 if len(gold) >= FUZZY else 0.0
    return ratio if ratio >= NEAR else 0.0


def together(one: str, other: str) -> float:
    """How much a text says what an object does, in any order of the words."""
    short, long = sorted((len(fold(one)), len(fold(other))))
    ratio = fuzz.token_set_ratio(one, other, processor=utils.default_process)
    return ratio / 100 if ratio >= TOGETHER and short >= long * LEAST else 0.0


@cache
def fold(text: str) -> str:
    """Without case, width, punctuation and white space: 'Ｕ.S. 5%' → 'us5'; a text of signs alone stays."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if unicodedata.category(sign)[0] not in "PZC") or plain.strip()


def iso(value: Any) -> str:
    """'March 4, 2022' → '2022-03-04', 2019 → '2019'; what is no date, folded."""
    read = dates.read(str(value), "date")
    return read.value if isinstance(read, Found) else fold(str(value))


def as_number(value: Any) -> float | None:
    """'1,234' → 1234.0."""
    try:
        return float(value.replace(",", "") if isinstance(value, str) else value)
    except (TypeError, ValueError):
        return None


def is_stated(value: Any) -> bool:
    """Whether a leaf says anything."""
    return value is not None and not (isinstance(value, str) and value.strip().casefold() in NOTHING)


def mismatched(gold: Any, predicted: Any) -> frozenset[Path]:
    """The paths where one side has but texts and the other but objects."""
    one, other = shapes(gold), shapes(predicted)
    return frozenset(at for at in one.keys() & other.keys() if (one[at], other[at]) in _TEXT_AND_OBJECT)


def shapes(value: Any, path: Path = ()) -> dict[Path, set[type]]:
    """The types at each path: {'a': ['x']} → {(): {dict}, ('a',): {str}}."""
    found: dict[Path, set[type]] = defaultdict(set)
    for at, one in nodes(value, path):
        if isinstance(one, dict) or is_stated(one):
            found[at].add(type(one))
    return found


def nodes(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All objects and leaves; lists give what is in them."""
    if isinstance(value, list):
        for one in value:
            yield from nodes(one, path)
        return
    yield path, value
    if isinstance(value, dict):
        for key, one in value.items():
            if key != "array_index":  # of the makers of the gold, no text has it
                yield from nodes(one, (*path, key))


class Reader:
    """Reads what is to be compared out of a record; the schema says which texts are choices."""

    def __init__(self, schema: dict[str, Any], joined: frozenset[Path] = frozenset()) -> None:
        self.schema, self.joined = schema, joined
        self._choices: dict[Path, bool] = {}

    def items(self, value: Any, path: Path = ()) -> Iterator[Item]:
        """{'a': [{'b': 1}]} → the item 1 at ('a', 'b')."""
        if isinstance(value, list):
            for one in value:
                yield from self.items(one, path)
        elif isinstance(value, dict) and path in self.joined:
            leaves = [(at, one) for at, one in nodes(value, path) if not isinstance(one, dict) and is_stated(one)]
            if leaves:
                text = " ".join(str(one) for _, one in leaves)
                yield Item(path, text, tuple(self.kind(at, one) for at, one in leaves), is_joined=True)
        elif isinstance(value, dict):
            for key, one in value.items():
                if key != "array_index":
                    yield from self.items(one, (*path, key))
        elif is_stated(value):
            yield Item(path, value, (self.kind(path, value),))

    def kind(self, path: Path, value: Any) -> str:
        """One of `KINDS`."""
        if isinstance(value, bool):
            return "boolean"
        if self.is_choice(path):
            return "choice"
        if isinstance(value, int | float):
            is_year = isinstance(value, int) and value in _YEARS and path and _DATED.search(path[-1])
            return "date" if is_year else "number"
        if _DATE.fullmatch(value.strip()):
            return "date"
        return "text short" if len(value) < LONG else "text long"

    def is_choice(self, path: Path) -> bool:
        """Whether the schema lists the texts that may stand at a path."""
        if path not in self._choices:
            some = spread(self.schema, self.schema)
            for key in path:
                some = [one for node in some for child in named(node, key) for one in spread(child, self.schema)]
            self._choices[path] = any("enum" in node for node in some)
        return self._choices[path]


def spread(node: Any, root: dict[str, Any], seen: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    """A schema, what it refers to, its branches, and those of its elements."""
    if not isinstance(node, dict) or id(node) in seen:
        return []
    inner = [branch for word in ("anyOf", "oneOf", "allOf") for branch in node.get(word, ())] + [node.get("items")]
    target: Any = root if str(node.get("$ref", "")).startswith("#") else None
    for key in str(node.get("$ref", "")).split("/")[1:]:
        target = target.get(key) if isinstance(target, dict) else None
    return [node, *(one for some in (*inner, target) for one in spread(some, root, (*seen, id(node))))]


def named(node: dict[str, Any], key: str) -> list[Any]:
    """The schema of a property."""
    known = node.get("properties", {})
    return [known[key] if key in known else node.get("additionalProperties")]
