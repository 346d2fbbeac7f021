"""Scores as one HTML page without scripts: a table of the fields, and the worst documents beside their texts.

In a text, what was found and is wrong is marked, and what is right and was not found. All of it is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from itertools import groupby, pairwise
from typing import Any, Literal

from extractor.brevity import counted, shorten
from extractor.comparisons import WHOLE
from extractor.evaluate.calibration import Calibration
from extractor.evaluate.scores import Compared, FieldScore, Scores, shown_interval, shown_share
from extractor.ground import ground
from extractor.lines import to_json
from extractor.text import UNSAFE
from extractor.types import Document, Schema, Span

Way = Literal["right", "wrong", "lacking"]

_SHOWN: Sequence[Way] = ("wrong", "lacking", "right")  # what goes before where several cover a place

_WORST = 50  # documents that are shown
_AROUND = 240  # characters of a text around what is marked
_LONGEST = 400  # characters of a value


def render(title: str, scores: Scores, schema: Schema, texts: Mapping[str, str]) -> str:
    """The HTML of a page; `texts` has those of documents by name, as far as they are there."""
    style = (files("extractor.evaluate") / "assets" / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    worst = sorted((one for one in scores.documents if one.wrong), key=_quality)[:_WORST]
    body = "".join(
        (
            f"<h1>{_safe(title)}</h1>",
            *_tiles(scores),
            "<h2>Fields</h2>",
            *_table(scores),
            *_reliability(scores.calibration),
            f"<h2>The worst {len(worst)} of {counted(len(scores.documents), 'document')}</h2>" if worst else "",
            *(part for one in worst for part in _document(one, schema, texts.get(one.gold.source))),
        )
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="generator" content="extract eval">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><title>{_safe(title)}</title>'
        f"<style>{style}</style></head><body><main>{body}</main></body></html>\n"
    )


def _quality(one: Compared) -> float:
    """How much of a document is right; of documents as bad as each other, those with more to see come first."""
    values = [mark for mark in one.marks if mark.kind == "value"]
    return sum(mark.score for mark in values) / len(values) - len(one.wrong) / 1_000_000


def _safe(text: str) -> str:
    return escape(UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text))


# --- numbers -------------------------------------------------------------------------------------------------


def _tiles(scores: Scores) -> Iterator[str]:
    tiles = [
        ("F1 of all values", scores.micro.f1, shown_interval(scores.micro_interval)),
        ("precision", scores.micro.precision, ""),
        ("recall", scores.micro.recall, ""),
        ("mean F1 of fields", scores.macro, shown_interval(scores.macro_interval)),
        ("without a fault", scores.exact, "of documents"),
        ("valid", scores.valid, "of documents"),
        ("grounded", scores.grounded, "of values"),
    ]
    yield '<dl class="tiles">'
    for name, value, about in tiles:
        if value is not None:
            yield f"<div><dt>{name}</dt><dd>{shown_share(value)}</dd><dd class=about>{about}</dd></div>"
    yield "</dl>"


def _head(label: str, *names: str) -> str:
    """The beginning of a table, in a box that scrolls where the screen is narrow, by keys too."""
    cells = "".join(f"<th>{name}</th>" for name in names)
    box = f'<div class="wide" role="region" tabindex="0" aria-label="{label}">'
    return f"{box}<table><thead><tr>{cells}</tr></thead><tbody>"


_FOOT = "</tbody></table></div>"


def _table(scores: Scores) -> Iterator[str]:
    names = ("precision", "recall", "F1", "95 %", "", "gold", "found", "right", "absences right")
    yield _head("scores of fields", "field", "compared", *names)
    for one in scores.fields:
        measure = one.measure
        shares = (measure.precision, measure.recall, measure.f1)
        counts = (measure.gold, measure.found, measure.right)
        yield f'<tr class="{"whole" if one.are_records else ""}"><th>{_safe(one.field or WHOLE)}</th>'
        cells = [*map(shown_share, shares), shown_interval(one.interval), _bar(one), *map(_count, counts)]
        yield f"<td>{_safe(one.by)}</td>" + "".join(f"<td>{cell if one.has_values else ''}</td>" for cell in cells)
        yield f"<td>{_absence(one)}</td></tr>"
    yield _FOOT


def _count(number: float) -> str:
    """12345.0 → '12,345', 2.6667 → '2.67'."""
    return f"{number:,.2f}".removesuffix(".00")


def _bar(one: FieldScore) -> str:
    """F1 as a bar, with its interval as a line."""
    if one.measure.f1 is None or one.interval is None:
        return ""
    low, high = (100 * end for end in one.interval)
    told = shown_interval(one.interval)
    return (
        f'<svg viewBox="0 0 100 10" role="img" aria-label="{told}"><title>{told}'
        f'</title><rect class="all" width="100" height="10"/><rect class="f1" width="{100 * one.measure.f1:.1f}" '
        f'height="10"/><line x1="{low:.1f}" x2="{high:.1f}" y1="5" y2="5"/></svg>'
    )


def _absence(one: FieldScore) -> str:
    if one.absence is None:
        return ""
    return f"{one.absence.right:.0f} of {one.absence.gold:.0f}; {one.absence.found:.0f} said"


def _reliability(known: Calibration | None) -> Iterator[str]:
    """The reliability diagram: what share of labels is right, by how likely they were held."""
    if known is None:
        return
    yield f"<h2>Probabilities of {counted(known.count, 'label')}</h2><p>Expected calibration error {known.error:.3f}, "
    yield f"Brier score {known.brier:.3f}. A bar is the share of right labels, the number above it how many labels "
    yield "there are. Where labels are right as often as they are held likely, bars end at the line.</p>"
    yield '<svg class="reliability" viewBox="-18 -9 124 130" role="img" aria-label="reliability diagram">'
    yield '<rect class="all" width="100" height="100"/>'
    for tick in range(0, 101, 20):
        yield f'<text x="{tick}" y="107">{tick / 100:.1f}</text>'
        yield f'<text class="beside" x="-2" y="{101.5 - tick}">{tick / 100:.1f}</text>'
    yield '<text x="50" y="117">how likely labels were held</text>'
    yield '<text transform="rotate(-90)" x="-50" y="-13">share of them that is right</text>'
    for one in known.bins:
        left = 10 * min(int(10 * one.likely), 9)
        told = f"{counted(one.count, 'label')}, held {one.likely:.2f} likely: {one.right:.2f} right"
        height = 100 * one.right
        yield f'<g><title>{told}</title><rect class="f1" x="{left + 0.5}" width="9" y="{100 - height:.1f}" '
        yield f'height="{height:.1f}"/><text x="{left + 5}" y="{98 - height:.1f}">{one.count}</text></g>'
    yield '<line x1="0" x2="100" y1="100" y2="0"/></svg>'


# --- documents -----------------------------------------------------------------------------------------------


def _document(one: Compared, schema: Schema, text: str | None) -> Iterator[str]:
    yield f"<section><h3>{_safe(one.gold.source)}</h3>"
    if one.found is None:
        yield "<p>no prediction</p>"
    elif one.found.record is not None and one.found.record.errors:
        yield f"<p class=wrong>{_safe(shorten(str(one.found.record.errors[0]), _LONGEST))}</p>"
    yield _head("what is wrong", "field", "gold", "found", "score")
    for mark in one.wrong:
        gold, found = one.values(mark)
        yield f"<tr><th>{_safe(mark.field or WHOLE)}</th>{_cell(gold, 'lacking')}{_cell(found, 'wrong')}"
        yield f"<td>{mark.score:.2f}</td></tr>"
    yield _FOOT
    if text is not None:
        yield f"<blockquote>{''.join(_marked(text, [*_ranges(one, text, schema)]))}</blockquote>"
    yield "</section>"


def _cell(value: Any, way: Way) -> str:
    if value is None:
        return "<td class=none>–</td>"
    return f'<td class="{way}">{_safe(_shown(value))}</td>'


def _shown(value: Any) -> str:
    return shorten(value if isinstance(value, str) else to_json(value), _LONGEST)


def _ranges(one: Compared, text: str, schema: Schema) -> Iterator[tuple[int, int, Way]]:
    """Where the values of a document stand in its text, and what is to be said of them."""
    document = Document(one.gold.source, text)
    in_gold = ground(one.gold.data, document, schema).spans
    in_found = {} if one.found is None or one.found.data is None else ground(one.found.data, document, schema).spans
    for mark in one.marks:
        if mark.kind == "value" and mark.score < 1:
            yield from _placed(in_gold, mark.gold, "lacking")
            yield from _placed(in_found, mark.found, "wrong")
        elif mark.kind == "value":
            yield from _placed(in_found, mark.found, "right")


def _placed(spans: Mapping[str, Span], at: str | None, way: Way) -> Iterator[tuple[int, int, Way]]:
    if at is not None and at in spans:
        yield spans[at].start, spans[at].end, way


def _marked(text: str, ranges: Sequence[tuple[int, int, Way]]) -> Iterator[str]:
    """The text around what is marked; where several ranges cover a place, what is wrong is shown."""
    ends = sorted({0, len(text), *(end for start, stop, _ in ranges for end in (start, stop) if end <= len(text))})
    kept = [*_kept([(start, stop) for start, stop, _ in ranges], len(text))]
    ends = sorted({*ends, *(end for window in kept for end in window)})
    for way, pieces in groupby(pairwise(ends), key=lambda piece: _way(piece, ranges, kept)):
        every = [*pieces]
        shown = _safe(text[every[0][0] : every[-1][1]])
        yield " … " if way == "hidden" else shown if way is None else f'<mark class="{way}">{shown}</mark>'


def _way(
    piece: tuple[int, int], ranges: Sequence[tuple[int, int, Way]], kept: Sequence[tuple[int, int]]
) -> Way | Literal["hidden"] | None:
    """How a piece of the text is shown, that is cut wherever a range begins or ends."""
    start, stop = piece
    if not any(first <= start and stop <= last for first, last in kept):
        return "hidden"
    ways = {way for first, last, way in ranges if first <= start and stop <= last}
    return next((one for one in _SHOWN if one in ways), None)


def _kept(ranges: Iterable[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """What is shown of a text: the parts around what is marked, or its beginning."""
    windows: list[tuple[int, int]] = []
    for start, stop in sorted(ranges) or [(0, 0)]:
        window = (max(0, start - _AROUND), min(length, stop + _AROUND))
        if windows and window[0] <= windows[-1][1]:
            window = (windows[-1][0], max(windows.pop()[1], window[1]))
        windows.append(window)
    yield from windows
