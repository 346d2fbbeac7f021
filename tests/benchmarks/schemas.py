"""JSON Schemas of the real world and of the official test suite: what is compiled, how fast, what it lets through.

    python tests/benchmarks/schemas.py GOLD_FOLDER [--peers ours,llguidance,…] [--limit N] [--seconds S] [--json OUT]
    python tests/benchmarks/schemas.py GOLD_FOLDER --list rejected|bounds|validation|accepted|refused|failed [--only ID]

GOLD_FOLDER holds jsonschemabench_dev.jsonl and json_schema_test_suite_dev.jsonl. All engines (schemas_peers.py says
what each is given) meet in one run, schema by schema in turn, so that all see the same noise. SMOLLM2_GGUF names the
file of the vocabulary; without it the weights of smollm2-135m are fetched as `extract` does.

A compile time is the median of three, of a slow one the first, from the JSON document to the grammar on the
vocabulary. An instance is written compactly, whole numbers as integers, with its keys in the order in which the schema
lists them; as alternatives can list them differently, it counts as accepted in either of two such orders or its own.
The last tables are over the schemas that all engines compile (the others' times are of those that they can do), and of
the three phases of ours.

The columns: `all held` and `after`, schemas of which the engine says that its grammar holds every keyword, or leaves
some to a validation after it (- where it never says); `failed`, crash, timeout or too much memory; `flawless`, schemas
of which no instance went wrong; of valid instances `right` (accepted), `rejected` and `bounds` (rejected alone by what
we add in use: sizes, objects of the named properties only, null rather than a gap); of invalid ones `grammar` (stopped
by it), `validation` (stopped by our final validation) and `accepted`; `errors`, instances on which the engine broke
off; `format`, cases that are labelled valid because a format is an annotation there: here it is asserted. Instances of
a schema that was refused or failed are in `valid` and `invalid` alone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import re
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from jsonschema_specifications import REGISTRY
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from schemas_peers import PEERS, PHASES, Child, Result, Seen, is_installed

FILES = ("jsonschemabench_dev.jsonl", "json_schema_test_suite_dev.jsonl")
KINDS = ("rejected", "bounds", "validation", "accepted", "refused", "failed")
USUAL = [name for name in PEERS if name != "xgrammar-open"]  # it alone takes as long as all the others together
_GOOD = ("right", "grammar", "validation", "format")
_SHOWN = 200  # characters of an instance in a list
_NEXT = 40  # bytes after the place where the grammar stopped
_EXACT_FLOAT = 2**53


class Case(NamedTuple):
    """An instance with its label; `annotated` where only a format that is not asserted makes it valid."""

    data: Any
    valid: bool
    note: str
    texts: tuple[bytes, ...]
    annotated: bool = False


@dataclass(frozen=True)
class Group:
    """A schema with its instances."""

    id: str
    subset: str
    document: Any
    cases: list[Case] = field(default_factory=list)


# --- reading -------------------------------------------------------------------------------------------------


def read(folder: Path, only: str | None, limit: int | None) -> Iterator[Group]:
    """The groups of both files, or one of them, or the first of each subset."""
    counts: Counter[str] = Counter()
    for name in FILES:
        for record in (folder / name).read_bytes().splitlines():  # of text, it would split at U+2028 too
            row = json.loads(record)
            subset = row.get("subset") or _part_of_suite(row)
            counts[subset] += 1
            if row["id"] == only or (only is None and (limit is None or counts[subset] <= limit)):
                yield Group(row["id"], subset, row["schema"], list(_cases(row)))


def _part_of_suite(row: dict[str, Any]) -> str:
    optional = "test-suite optional" if row["optional"] or row["format"] else "test-suite"
    return "remote" if row["needs_remote"] else optional


def _cases(row: dict[str, Any]) -> Iterator[Case]:
    schema = row["schema"]
    for data in row.get("valid", ()):
        yield Case(data, valid=True, note="", texts=texts(schema, data))
    for wrong in row.get("invalid", ()):
        yield Case(wrong["data"], valid=False, note=str(wrong["why"]), texts=texts(schema, wrong["data"]))
    for test in row.get("tests", ()):
        annotated = row["keyword"] == "format" and "annotation" in test["description"]
        yield Case(test["data"], test["valid"], test["description"], texts(schema, test["data"]), annotated)


def texts(schema: Any, data: Any) -> tuple[bytes, ...]:
    """The instance as a model could write it, in each order of keys that is to be tried."""
    data = _whole(data)
    orders = (in_schema_order(schema, data), in_schema_order(schema, data, own_first=True), data)
    written = (json.dumps(order, ensure_ascii=False, separators=(",", ":")) for order in orders)
    return tuple(dict.fromkeys(text.encode() for text in written))


def _whole(data: Any) -> Any:
    """Integral floats as integers: 1.0 → 1."""
    if isinstance(data, dict):
        return {key: _whole(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_whole(value) for value in data]
    if isinstance(data, float) and data.is_integer() and abs(data) < _EXACT_FLOAT:
        return int(data)
    return data


# --- the order of keys ---------------------------------------------------------------------------------------

Place = tuple[Any, Any]  # a node of the schema, and the resolver of its references
_DEPENDENT = ("dependentRequired", "dependentSchemas", "dependencies")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


class _Piece(NamedTuple):
    """One keyword that has a say about a value."""

    keyword: str
    value: Any
    resolver: Any


def in_schema_order(schema: Any, data: Any, *, own_first: bool = False) -> Any:
    """The same data with its keys in the order in which the schema lists them, the others behind.

    A schema lists names in `properties`, in `required`, in `dependentRequired`, and through references and the branches
    that fit; in the order of its own keywords, or a node's own names before those of its branches (`own_first`).
    """
    registry: Registry[Any] = REGISTRY
    resolver = registry.resolver_with_root(Resource.from_contents(schema, default_specification=DRAFT202012))
    checker = validator_for(schema, Draft202012Validator)(schema, registry=registry)
    ranks = {"properties": 0, "required": 1} if own_first else dict.fromkeys(("required", *_DEPENDENT), 3)
    return _Order(checker, ranks).put([(schema, resolver)], data)


@dataclass(frozen=True)
class _Order:
    """The walk over a schema and its data; `ranks` of keywords decide first, then their own order."""

    checker: Any
    ranks: dict[str, int]

    def put(self, places: Iterable[Place], data: Any) -> Any:
        """Order one value that all these nodes describe."""
        if not isinstance(data, dict | list):
            return data
        seen: set[int] = set()
        pieces = [piece for place in places for piece in self._pieces(place, data, seen)]
        if isinstance(data, list):
            return [self.put(_of_item(pieces, at), item) for at, item in enumerate(data)]
        listed = [name for piece in pieces for name in _listed(piece)]
        keys = [name for name in dict.fromkeys([*listed, *data]) if name in data]
        return {key: self.put(_of_key(pieces, key), data[key]) for key in keys}

    def _pieces(self, place: Place, data: Any, seen: set[int]) -> Iterator[_Piece]:
        """Every keyword that applies to the value itself, each node once."""
        node, resolver = place
        if not isinstance(node, dict) or id(node) in seen:
            return
        seen.add(id(node))
        if "$id" in node:
            resolver = resolver.in_subresource(DRAFT202012.create_resource(node))
        for keyword in sorted(node, key=lambda keyword: self.ranks.get(keyword, 2)):
            yield _Piece(keyword, node[keyword], resolver)
            for inner in self._branches(_Piece(keyword, node[keyword], resolver), node, data):
                yield from self._pieces(inner, data, seen)

    def _branches(self, piece: _Piece, node: dict[str, Any], data: Any) -> list[Place]:
        """The nodes that a keyword applies to the same value; of alternatives those that fit, or all."""
        keyword, value, resolver = piece
        if keyword in _REFERENCES:
            with contextlib.suppress(Exception):  # it leads nowhere, or through what is no schema
                found = resolver.lookup(value)
                return [(found.contents, found.resolver)]
        branches: list[Any] = []
        if keyword in ("anyOf", "oneOf"):
            branches = [branch for branch in value if self._fits(branch, data)] or value
        elif keyword == "allOf":
            branches = value
        elif keyword == "if":
            branches = [value, node.get("then")] if self._fits(value, data) else [node.get("else")]
        elif keyword in _DEPENDENT:
            branches = [branch for name, branch in value.items() if name in data]
        return [(branch, resolver) for branch in branches]

    def _fits(self, branch: Any, data: Any) -> bool:
        try:
            return bool(self.checker.evolve(schema=branch).is_valid(data))
        except Exception:  # noqa: BLE001  # a reference that leads nowhere, a pattern that `re` does not know
            return True


def _listed(piece: _Piece) -> list[str]:
    """The names that a keyword lists, if it does."""
    keyword, value, _ = piece
    if keyword in _DEPENDENT:
        return [name for key, others in value.items() for name in [key, *(others if isinstance(others, list) else ())]]
    listing = keyword in ("properties", "required") and isinstance(value, dict | list)
    return list(value) if listing else []


def _of_key(pieces: Iterable[_Piece], key: str) -> list[Place]:
    """The nodes for one member of an object; those for all others where there is no other."""
    own: list[Place] = []
    others: list[Place] = []
    for keyword, value, resolver in pieces:
        if keyword == "properties" and key in value:
            own.append((value[key], resolver))
        elif keyword == "patternProperties":
            own += [(inner, resolver) for pattern, inner in value.items() if _matches(pattern, key)]
        elif keyword in ("additionalProperties", "unevaluatedProperties"):
            others.append((value, resolver))
    return own or others


def _matches(pattern: str, key: str) -> bool:
    with contextlib.suppress(re.error):
        return bool(re.search(pattern, key))
    return False


def _of_item(pieces: Iterable[_Piece], at: int) -> list[Place]:
    """The nodes for one item of an array; a list under `items` is the older drafts' `prefixItems`."""
    own: list[Place] = []
    others: list[Place] = []
    for keyword, value, resolver in pieces:
        if keyword in ("items", "prefixItems") and isinstance(value, list):
            own += [(value[at], resolver)] if at < len(value) else []
        elif keyword in ("items", "additionalItems", "unevaluatedItems", "contains"):
            others.append((value, resolver))
    return own or others


# --- judging -------------------------------------------------------------------------------------------------


def judge(case: Case, seen: Seen) -> str:
    """The column in which one instance counts."""
    if seen.fault or case.annotated:
        return "errors" if seen.fault else "format"
    if case.valid and seen.exact and not seen.problems:
        return "right" if seen.accepted else "bounds"
    if case.valid:
        return "rejected"
    stopped = "validation" if seen.problems else "accepted"
    return stopped if seen.exact else "grammar"


def outcomes(group: Group, result: Result) -> list[str]:
    """The columns of all instances; none where there was no grammar."""
    return [judge(case, seen) for case, seen in zip(group.cases, result.seen, strict=True)] if result.seen else []


Row = tuple[Group, Result]


def measure(groups: Iterable[Group], children: dict[str, Child], console: Console) -> dict[str, list[Row]]:
    """Every engine on every schema, in turn."""
    rows: dict[str, list[Row]] = {name: [] for name in children}
    try:
        with console.status("") as status:
            for group in groups:
                for name, child in children.items():
                    status.update(f"{group.id}: {name}")
                    job = [(case.data, case.texts) for case in group.cases]
                    rows[name].append((group, child.measure(group.document, job)))
    finally:
        for child in children.values():
            child.close()
    return rows


# --- printing ------------------------------------------------------------------------------------------------

_COLUMNS = """schemas|all held|after|refused|failed|flawless|p50 ms|p99 ms|max ms|valid|right|rejected|bounds
invalid|grammar|validation|accepted|errors|format""".replace("\n", "|").split("|")


def table(name: str, rows: Sequence[Row]) -> Table:
    """One line for each subset, then sums."""
    printed = Table(title=name, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    printed.add_column("subset", no_wrap=True)
    for column in _COLUMNS:
        printed.add_column(column, justify="right", no_wrap=True)
    subsets = list(dict.fromkeys(group.subset for group, _ in rows))
    bench = [subset for subset in subsets if not subset.startswith(("test-suite", "remote"))]
    for subset in subsets:
        printed.add_row(subset, *line([row for row in rows if row[0].subset == subset]))
    printed.add_section()
    printed.add_row("jsonschemabench", *line([row for row in rows if row[0].subset in bench]))
    printed.add_row("all", *line(rows))
    return printed


def line(rows: Sequence[Row]) -> list[str]:
    """The cells of some schemas, in the order of the columns."""
    statuses = Counter(result.status for _, result in rows)
    says = statuses["held"] + statuses["after"]
    held = [statuses["held"] if says else "-", statuses["after"] if says else "-"]
    found = [(result, outcomes(group, result)) for group, result in rows]
    kinds = Counter(kind for _, each in found for kind in each)
    labels = Counter(case.valid for group, _ in rows for case in group.cases if not case.annotated)
    flawless = sum(is_compiled(result) and all(kind in _GOOD for kind in each) for result, each in found)
    counts = [len(rows), *held, statuses["refused"], statuses["failed"], flawless]
    valid = [labels[True], kinds["right"], kinds["rejected"], kinds["bounds"]]
    invalid = [labels[False], kinds["grammar"], kinds["validation"], kinds["accepted"]]
    times = milliseconds([result.seconds for result, _ in found if is_compiled(result)])
    return [*map(str, counts), *times, *map(str, [*valid, *invalid, kinds["errors"], kinds["format"]])]


def is_compiled(result: Result) -> bool:
    """Whether there was a grammar."""
    return result.status not in ("refused", "failed")


def milliseconds(seconds: Sequence[float]) -> list[str]:
    """Median, 99th percentile (nearest rank) and maximum."""
    ranked = sorted(seconds)
    places = (math.ceil(share * len(ranked)) - 1 for share in (0.5, 0.99, 1)) if ranked else ()
    return [f"{ranked[at] * 1000:.1f}" for at in places] or ["-"] * 3


def common(rows: dict[str, list[Row]]) -> Table:
    """Compile times over the schemas that all engines compile."""
    compiled = [{group.id for group, result in each if is_compiled(result)} for each in rows.values()]
    shared = set.intersection(*compiled) if compiled else set()
    title = f"the {len(shared)} schemas that all compile"
    printed = Table("engine", title=title, title_justify="left", box=SIMPLE_HEAD)
    for column in ("p50 ms", "p99 ms", "max ms"):
        printed.add_column(column, justify="right")
    for name, each in rows.items():
        printed.add_row(name, *milliseconds([result.seconds for group, result in each if group.id in shared]))
    return printed


def phases(each: Sequence[Row]) -> Table:
    """Where the time of ours goes."""
    found = [result.phases for _, result in each if result.phases]
    printed = Table("ours", title="where it goes", title_justify="left", box=SIMPLE_HEAD)
    for column in ("p50 ms", "p99 ms", "max ms"):
        printed.add_column(column, justify="right")
    for name, seconds in zip(PHASES, zip(*found, strict=True), strict=False):
        printed.add_row(name, *milliseconds(seconds))
    return printed


def show(kind: str, rows: Sequence[Row]) -> None:
    """Each case of one kind, for those who mend it."""
    for group, result in rows:
        if kind == result.status:
            print(f"{group.subset}  {group.id}  {result.why}\n")
        for case, seen, outcome in zip(group.cases, result.seen, outcomes(group, result), strict=False):
            if outcome == {"failed": "errors"}.get(kind, kind):
                print(f"{group.subset}  {group.id}  {case.note}")
                print(f"  {seen.text.decode()[:_SHOWN]}\n  {reason(seen)}\n")


def reason(seen: Seen) -> str:
    """Why an instance counts as it does: a fault, the problems, where the grammar stopped."""
    if seen.fault:
        return seen.fault
    if seen.accepted:
        return "; ".join(seen.problems) or "accepted"
    following = seen.text[seen.taken :][:_NEXT].decode(errors="replace")
    then = f", then {following!r}" if following else "; the value may not end there"
    return "; ".join([*seen.problems, f"the grammar took {seen.taken} of {len(seen.text)} bytes{then}"])


def write(path: Path, rows: dict[str, list[Row]]) -> None:
    """All results without the instances, which are not ours to copy."""
    found = [
        {"engine": name, "id": group.id, "subset": group.subset, "outcomes": outcomes(group, result)}
        | {key: value for key, value in asdict(result).items() if key != "seen"}
        for name, each in rows.items()
        for group, result in each
    ]
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers", default=",".join(USUAL), help=f"of {', '.join(PEERS)}")
    parser.add_argument("--limit", type=int, help="the first schemas of each subset alone")
    parser.add_argument("--seconds", type=float, help="for a compilation, and again for its instances; usually 20")
    parser.add_argument("--json", type=Path, help="write every result there")
    parser.add_argument("--list", choices=KINDS, help="print such cases of ours instead of tables")
    parser.add_argument("--only", help="one id")
    return parser.parse_args()


def main() -> None:
    """Print the tables, or the list that was asked for."""
    options = parse()
    if not all((options.folder / name).is_file() for name in FILES):
        sys.exit(f"{options.folder} has no {' and '.join(FILES)}: nothing to measure")
    names = ["ours"] if options.list else options.peers.split(",")
    if unknown := [name for name in names if name not in PEERS]:
        sys.exit(f"no such peer: {', '.join(unknown)}; there are {', '.join(PEERS)}")
    console = Console()
    missing = [name for name in names if not is_installed(name)]
    for name in missing:
        console.print(f"{name}: not installed: pip install {PEERS[name].package}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that the children end too
    children = {name: Child(name, options.seconds or PEERS[name].seconds) for name in names if name not in missing}
    rows = measure(read(options.folder, options.only, options.limit), children, Console(stderr=True))
    if options.list:
        show(options.list, rows["ours"])
        return
    wide = Console(width=max(console.width, 210))
    for name, each in rows.items():
        wide.print(table(name, each))
    wide.print(common(rows))
    if "ours" in rows:
        wide.print(phases(rows["ours"]))
    if options.json:
        write(options.json, rows)


if __name__ == "__main__":
    main()
