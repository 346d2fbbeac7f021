"""The work of `extract schema check`: keyword by keyword how a schema is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from extractor.cli.terminal import plain
from extractor.dialect.metaschema import short
from extractor.field_examples import faults
from extractor.grammar import Row, compile_schema
from extractor.grammar.report import Status
from extractor.habits import habits
from extractor.lines import to_json
from extractor.types import Schema

_STATUSES: dict[Status, str] = {
    "enforced": "enforced while decoding",
    "after": "checked after",
    "aside": "no rule, but used",
    "unasked": "done unasked",
    "ignored": "ignored",
    "void": "never fulfilled",
}
_NESTED = frozenset(("properties", "patternProperties", "items", "prefixItems", "anyOf", "oneOf", "allOf"))
_WIDEST = 48  # column of pointers


def print_report(schema: Schema, *, as_json: bool) -> None:
    """Print keyword by keyword how a schema is held, and a summary."""
    rows = [*compile_schema(schema).report]
    for pointer, fault in faults(schema):
        rows.append(Row(pointer, "examples", short(fault.value), "ignored", f"{fault}; no model sees it"))
    rows += [
        Row(one.pointer, "", "", "unasked", f"{one.what}, unless {one.unless}") for one in dict.fromkeys(habits(schema))
    ]
    if schema.model is not None:
        rows.append(Row("", "class", schema.name, "after", "its types and validators"))
    if as_json:
        for row in rows:
            print(to_json(row._asdict()))
        return
    wide = min(max((len(row.pointer) for row in rows), default=0), _WIDEST)
    for pointer, status, told in _grouped(rows):
        print(plain(f"{_STATUSES[status]:24}  {pointer or '/':{wide}}  {told}"))
    counts = Counter(row.status for row in rows)
    told = ", ".join(f"{counts[status]} {text}" for status, text in _STATUSES.items() if counts[status])
    print(f"{schema.id}: {told or 'no keyword that restricts anything'}; none refused")


def _grouped(rows: Iterable[Row]) -> Iterator[tuple[str, Status, str]]:
    """Enforced keywords of one subschema in one line, each of the others with its reason."""
    for pointer, found in groupby(rows, key=lambda row: row.pointer):
        told = [(row, row.keyword if row.keyword in _NESTED else f"{row.keyword} {row.value}") for row in found]
        if enforced := ", ".join(keyword for row, keyword in told if row.status == "enforced"):
            yield pointer, "enforced", enforced
        others = ((row, keyword) for row, keyword in told if row.status != "enforced")
        yield from (
            (pointer, row.status, f"{keyword}: {row.why}" if row.keyword else row.why) for row, keyword in others
        )
