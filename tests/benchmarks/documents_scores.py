"""What predicted records of long documents are worth: points of each, and tables of the ways to ask."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from documents_names import Names, has, times
from documents_values import KINDS, Tally, fold, tally
from racing import interval, stemmed

Row = dict[str, Any]
Points = dict[str, float | None]  # by measure; None where a document has nothing to measure it by

MAIN = {"extractbench": "recall", "keywords_long": "F1", "blog_zh": "tags F1", "names": "recall"}
FEW = 4  # records, of which no interval is told
CUTS = (5, 10, 15)  # key phrases
BANDS = {"1-2": range(1, 3), "3-9": range(3, 10), "10+": range(10, 1_000_000)}  # times that a name stands in the text
_CHINESE = re.compile("[一-鿿]")


@dataclass
class Way:
    """A way to ask, over the records that all ways have: points and rows of each by id, and the values together."""

    points: dict[str, Points]
    rows: dict[str, Row]
    tally: Tally | None = None

    def mean(self, measure: str) -> float | None:
        """Over the documents, each weighing the same."""
        known = [value for one in self.points.values() if (value := one[measure]) is not None]
        return statistics.fmean(known) if known else None

    def main(self, dataset: str) -> float:
        """What ways are compared by."""
        return (self.tally.recall() if self.tally else self.mean(MAIN[dataset])) or 0.0

    @property
    def tokens(self) -> int:
        """What was read anew and written."""
        return sum(map(tokens, self.rows.values()))


def tokens(row: Row) -> int:
    """{'input_tokens': 900, 'cached_tokens': 500, 'output_tokens': 50} → 450."""
    return int(row["input_tokens"] - row["cached_tokens"] + row["output_tokens"])


# --- points of one record ------------------------------------------------------------------------------------


def values(record: Row, data: Any) -> tuple[Points, Tally]:
    """A record of extractbench."""
    counted = tally(record["gold"], data, record["schema"].get("schema_definition", record["schema"]))
    return {"recall": counted.recall(), "precision": counted.precision() or 0.0}, counted


def keywords(record: Row, data: Any) -> Points:
    """Stemmed exact matches of all, and of the first 5, 10 and 15; what is given twice counts once."""
    right = {*map(stemmed, record["keywords"])}
    given = [*dict.fromkeys(map(stemmed, listed(data, "keywords")))]
    points: Points = {}
    for cut, after in [(len(given), ""), *((cut, f"@{cut}") for cut in CUTS)]:
        hits, taken = len(right & {*given[:cut]}), len(given[:cut])
        points |= {f"P{after}": hits / taken if taken else 0.0, f"R{after}": hits / len(right)}
        points[f"F1{after}"] = 2 * hits / (taken + len(right))
    return points


def blog(record: Row, data: Any) -> Points:
    """The title, and tags of which any form is given."""
    title = data.get("title") if isinstance(data, dict) else None
    given = {*map(fold, listed(data, "tags"))}
    groups = forms(record["tags"])
    recall = statistics.fmean(not group.isdisjoint(given) for group in groups)
    precision = len(given & set.union(*groups)) / len(given) if given else 0.0
    f1 = 2 * recall * precision / (recall + precision) if recall else 0.0
    right = float(fold(title or "") == fold(record["title"]))
    return {"title": right, "tags recall": recall, "tags precision": precision, "tags F1": f1}


def forms(tags: Iterable[str]) -> list[set[str]]:
    """Tags with what follows in another language: 物联网, IoT, 番茄 → {物联网, iot}, {番茄}.

    Of two that follow, the second belongs to it where one of both is the other's initials: 图网络, Graph Network, GN.
    """
    groups: list[set[str]] = []
    chinese, before = False, ""
    for tag in tags:
        follows = (
            not _CHINESE.search(tag) and chinese and (not before or is_short(before, tag) or is_short(tag, before))
        )
        if follows:
            groups[-1].add(fold(tag))
            before = tag
        else:
            groups.append({fold(tag)})
            chinese, before = bool(_CHINESE.search(tag)), ""
    return groups


def is_short(short: str, long: str) -> bool:
    """('LLMs', 'Large Language Models') → True."""
    initials = "".join(word[0] for word in re.findall(r"\w+", long)).casefold()
    return short.casefold() in {initials, f"{initials}s"}


def names(text: str, people: Names, data: Any) -> Points:
    """Who of the people in a text is given, by how often they stand there, and what of that given stands there.

    Whom the text introduces by parts (姓林，名海) stands there too.
    """
    given = [*dict.fromkeys(one.strip() for one in listed(data, "characters") if one.strip())]
    counts = {name: count for name, some in people.items() if (count := times(text, some))}
    found = {name: any(has(one, people[name]) for one in given) for name in counts}
    points: Points = {"recall": mean(found.values())}
    for band, counted in BANDS.items():
        points[f"recall {band}"] = mean(hit for name, hit in found.items() if counts[name] in counted)
    plain = folded(text)
    points["precision"] = mean(one in counts or folded(one) in plain for one in given) or 0.0
    return points


def folded(text: str) -> str:
    """In small letters, and with single spaces."""
    return " ".join(text.casefold().split())


def mean(some: Iterable[float]) -> float | None:
    """None of nothing."""
    known = [*some]
    return statistics.fmean(known) if known else None


def listed(data: Any, name: str) -> list[str]:
    """The texts of a list of a record, none where there is no record."""
    some = data.get(name) if isinstance(data, dict) else None
    return [one for one in some if isinstance(one, str)] if isinstance(some, list) else []


# --- tables ---------------------------------------------------------------------------------------------------


def report(dataset: str, rows: list[Row], pointed: Callable[[Row], tuple[Points, Tally | None]]) -> None:
    """Print what each way gave on the records that all ways have, for each model."""
    for model in sorted({row["model"] for row in rows}):
        asked: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in rows:
            if row["model"] == model:
                asked[row["way"]][row["id"]] = row
        both = set.intersection(*map(set, asked.values()))
        print(f"\n{dataset}, {model}: {len(both)} records that all ways have, of {len(set().union(*asked.values()))}")
        if both:
            kept = {name: {one: some[one] for one in sorted(both)} for name, some in asked.items()}
            show(dataset, {name: gathered(some, pointed) for name, some in kept.items()})


def gathered(rows: dict[str, Row], pointed: Callable[[Row], tuple[Points, Tally | None]]) -> Way:
    """The points of a way."""
    way = Way({}, rows)
    for one, row in rows.items():
        way.points[one], counted = pointed(row)
        if counted:
            way.tally = (way.tally or Tally()) + counted
    return way


def show(dataset: str, ways: dict[str, Way]) -> None:
    """The tables of a set."""
    measures = measures_of(ways)
    scores = [[name, *line(way, measures)] for name, way in ways.items()]
    table(["macro", "valid", *measures, "tokens", "seconds"], scores)
    if any(way.tally for way in ways.values()):
        by_kind = [[name, *kinds(way.tally)] for name, way in ways.items() if way.tally]
        table(["micro", "recall", "precision", *KINDS], by_kind)
    for name, way in ways.items():
        known = {one: value for one, some in way.points.items() if (value := some[MAIN[dataset]]) is not None}
        if len(known) > FEW:
            low, high = interval(known)
            print(f"  {name}: {MAIN[dataset]} {way.mean(MAIN[dataset]):.3f} (95 %: {low:.3f} to {high:.3f})")
    spent = {name: (way.tokens, way.main(dataset)) for name, way in ways.items()}
    for name, ratio, against in at_equal_tokens(spent):
        of = f"{ratio:.2f} times that" if ratio is not None else "beside nothing"
        print(f"  {name}: {MAIN[dataset]} at equal tokens is {of} of {against}")


def measures_of(ways: dict[str, Way]) -> list[str]:
    """The names of the measures, the same of all records."""
    return [*next(iter(next(iter(ways.values())).points.values()))]


def line(way: Way, measures: list[str]) -> list[str]:
    """What the first table says of a way."""
    rows = way.rows.values()
    scores = [told(way.mean(measure)) for measure in measures]
    seconds = sum(row["seconds"] for row in rows)
    return [told(mean(row["ok"] for row in rows)), *scores, f"{way.tokens}", f"{seconds:.0f}"]


def kinds(counted: Tally) -> list[str]:
    """Recall and precision of all values, and recall of each kind with the number of its values."""
    each = [f"{told(counted.recall(kind))} /{counted.gold[kind]}" for kind in KINDS]
    return [told(counted.recall()), told(counted.precision()), *each]


def at_equal_tokens(ways: dict[str, tuple[int, float]]) -> list[tuple[str, float | None, str]]:
    """Each way beside the truncated text that used least of those with as many tokens or more.

    {'truncate:900': (1000, 0.2), 'map-reduce:500': (900, 0.3)} → [('map-reduce:500', 1.5, 'truncate:900')]; None where
    that one found nothing. Where no truncated text used as many, there is nothing to compare with.
    """
    cut = {name: one for name, one in ways.items() if name.startswith("truncate")}
    compared = []
    for name, (used, score) in ways.items():
        enough = [other for other in cut if cut[other][0] >= used]
        if name in cut or not enough:
            continue
        against = min(enough, key=lambda other: cut[other][0])
        compared.append((name, score / cut[against][1] if cut[against][1] else None, against))
    return compared


def told(value: float | None) -> str:
    """'0.123', '-' of nothing."""
    return "-" if value is None else f"{value:.3f}"


def table(head: list[str], body: list[list[str]]) -> None:
    """Print columns as wide as they need."""
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    for first, *rest in (head, *body):
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        print(f"  {first.ljust(widths[0])}  {'  '.join(cells)}")
