"""The page: records and documents as JSON in a template, beside the style and the script that draw it.

Nothing in the data can end the element that it is in, or become markup: `<`, `>` and `&` are escapes there, the script
makes text nodes of it, and the page's own policy lets no other script, style or address in.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from extractor.brevity import shorten
from extractor.lines import to_json
from extractor.text import UNSAFE
from extractor.types import Extraction, Problem, Support
from extractor.view.entries import Entry
from extractor.view.rows import Row, Saying, is_weak, rows_of
from extractor.view.units import units_of

_SCRIPTS = ("nodes.js", "text.js", "record.js", "choice.js", "search.js", "list.js", "charts.js", "keys.js")
_LONGEST_SAYING = 200  # characters of what a part of a document says
_LONGEST_VALUE = 2_000  # characters of what an error was about


def render(title: str, entries: Iterable[Entry]) -> str:
    """The HTML of a page."""
    fields: dict[str, int] = {}
    documents = [_packed(entry, rows_of(entry.record), fields) for entry in entries]
    data = to_json({"title": title, "fields": [*fields], "documents": documents})
    for sign in "<>&":
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    style, script = _asset("page.css"), "\n".join(map(_asset, _SCRIPTS))
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )
    parts = {"title": html.escape(_plain(title)), "policy": policy, "style": style, "script": script, "data": data}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _asset("page.html"))


@cache
def _asset(name: str) -> str:
    return (files("extractor.view") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As a policy names what it allows: "'sha256-…'"."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _plain(text: str) -> str:
    return UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


# --- a record as data of the page ------------------------------------------------------------------------------


def _packed(entry: Entry, rows: Sequence[Row], fields: dict[str, int]) -> dict[str, Any]:
    record, document = entry.record, entry.document
    text = None if document is None else document.text
    told = [f"{entry.why}; only its record is shown"] if document is None else document.notes
    places = {row.at for row in rows}
    return {
        "source": record.source,
        "ok": record.ok,
        "mood": _mood(record, rows),
        "text": text,
        "told": told,
        "errors": [_error(error) for error in record.errors],
        "remarks": [{"at": at, "text": note} for at, note in record.notes.items() if at not in places],
        "facts": [*_facts(record)],
        "rows": [*_rows(rows, text, fields)],
    }


def _mood(record: Extraction, rows: Sequence[Row]) -> str:
    if not record.ok:
        return "failed"
    if any(row.is_unfounded or row.is_low for row in rows):
        return "doubtful"
    return "unchecked" if any(row.state == "unchecked" for row in rows) else "fine"


def _rows(rows: Iterable[Row], text: str | None, fields: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Rows with the offsets of JavaScript, and the number of their field."""
    units = None if text is None else units_of(text)
    for row in rows:
        packed: dict[str, Any] = {
            "at": row.at,
            "depth": row.depth,
            "name": row.name,
            "kind": row.kind,
            "text": row.text,
        }
        if row.state is not None:
            packed |= {"state": row.state, "field": fields.setdefault(row.field, len(fields))}
        if row.span is not None and units is not None:
            packed["span"] = [units(row.span.start), units(row.span.end)]
        if row.sayings:
            packed["sayings"] = [_saying(one, units) for one in row.sayings]
        if row.support:
            packed["support"] = [_sentence(one, row.text, text) for one in row.support]
        optional = {
            "item": row.is_item,
            "low": row.is_low,
            "unfounded": row.is_unfounded,
            "score": row.score,
            "why": row.why,
            "note": row.note,
        }
        yield packed | {name: value for name, value in optional.items() if value or (name, value) == ("score", 0.0)}


def _sentence(support: Support, value: str, text: str | None) -> dict[str, Any]:
    own, passage = units_of(value), support.passage
    return {
        "at": [own(min(support.start, len(value))), own(min(support.end, len(value)))],
        "passage": None if passage is None or text is None else [*map(units_of(text), passage)],
        "score": support.score,
        "missing": support.missing,
        "low": is_weak(support),
    }


def _saying(one: Saying, units: Callable[[int], int] | None) -> dict[str, Any]:
    """With the places of what is not marked already as the value."""
    value = one.said.value
    text = shorten(value if isinstance(value, str) else to_json(value), _LONGEST_SAYING)
    places = () if one.is_taken or units is None else [[units(span.start), units(span.end)] for span in one.said.spans]
    return {"text": text, "parts": one.said.parts, "spans": [*places], "taken": one.is_taken}


def _error(error: Problem) -> dict[str, Any]:
    value = "" if error.value is None else to_json(error.value)
    shown = value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}…"
    return {"at": error.pointer, "message": error.message, "value": shown, "hint": error.hint}


def _facts(record: Extraction) -> Iterator[tuple[str, str]]:
    usage = record.usage
    yield "source", record.source
    yield "schema", record.schema
    yield "engine", record.engine
    yield "mode", record.mode
    yield "attempts", str(record.attempts)
    yield (
        "tokens",
        f"{usage.input_tokens:,} read, {usage.cached_tokens:,} of them cached; {usage.output_tokens:,} written",
    )
    if usage.cost is not None:
        yield "cost", f"{usage.cost:g} US dollars"
    yield "seconds", f"{record.seconds:g}"
