"""What would never end: a reference that comes back to itself without going down into the value, and too many ways."""

from __future__ import annotations

from extractor.dialect.keywords import IN_PLACE, REFERENCES, Path
from extractor.dialect.metaschema import short
from extractor.dialect.reading import Reader
from extractor.errors import SchemaError

_UNEVALUATED = frozenset(("unevaluatedProperties", "unevaluatedItems"))
_MOST_WAYS = 10_000


def refuse_loops(reader: Reader) -> None:
    """Refuse a reference that comes back to itself without going down into the value.

    Refused as well is `unevaluatedProperties` or `unevaluatedItems` beside so many ways through references and branches
    that following each, as validation then does, would not end.
    """
    ways: dict[Path, int] = {}
    open_ended = [path for path, place in reader.places.items() if not _UNEVALUATED.isdisjoint(place.node)]
    for start in dict.fromkeys([*(path for path, _ in reader.references), *open_ended]):
        below = {start: _in_place(reader, start)}
        walk = {start: iter(below[start])}
        while walk:
            path = next(reversed(walk))
            inner = next(walk[path], None)
            if inner is None:
                ways[path] = min(1 + sum(ways[child] for child in below[path]), _MOST_WAYS + 1)
                del walk[path]
            elif inner in walk:
                raise _loop(reader, [*walk], inner)
            elif inner not in ways:
                below[inner] = _in_place(reader, inner)
                walk[inner] = iter(below[inner])
    for path in (path for path in open_ended if ways[path] > _MOST_WAYS):
        keyword = next(iter(_UNEVALUATED & reader.places[path].node.keys()))
        what = f"more than {_MOST_WAYS:,} ways through references and branches beside it"
        raise reader.fault((*path, keyword), what, "use additionalProperties, or fewer branches")


def _loop(reader: Reader, walk: list[Path], inner: Path) -> SchemaError:
    """The fault of a walk that came back to one of its paths: it is told of the first reference after that."""
    paths = walk[walk.index(inner) :]
    path, keyword = next(
        (path, keyword) for path in paths for keyword in REFERENCES if (path, keyword) in reader.references
    )
    return reader.fault((*path, keyword), f"{short(reader.places[path].node[keyword])} refers to itself")


def _in_place(reader: Reader, path: Path) -> list[Path]:
    """The subschemas that say something about the same value."""
    place = reader.places.get(path)  # None of `true`
    if place is None or place.node.keys().isdisjoint(IN_PLACE):
        return []
    targets = [reader.references[path, keyword] for keyword in REFERENCES if (path, keyword) in reader.references]
    return targets + [child for child, _ in place.children() if child[len(path)] in IN_PLACE]
