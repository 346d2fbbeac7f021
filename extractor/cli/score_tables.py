"""What people see of scores: tables on standard output, and what is odd about what was scored on standard error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from extractor.brevity import counted, few
from extractor.cli.columns import Column, print_table
from extractor.cli.terminal import Screen, plain
from extractor.comparisons import WHOLE
from extractor.evaluate import Difference, Scores, compare
from extractor.evaluate.rules import BY_DOCUMENT, MACRO, MICRO, TOTALS
from extractor.evaluate.scores import shown_interval, shown_share
from extractor.evaluate.tally import Interval, Measure
from extractor.lines import to_json

MOST_NAMED = 3
_Numbers = Sequence[tuple[str, int]]  # what columns are called, and which go first where it is narrow
_NUMBERS: _Numbers = (
    *(("precision", 0), ("recall", 0), ("F1", 0)),
    *(("95 %", 2), ("gold", 3), ("found", 3), ("absent P", 4), ("absent R", 4)),
)
_DIFFERENCES: _Numbers = (("F1 of A", 0), ("F1 of B", 0), ("B − A", 0), ("95 %", 2), ("p", 1), ("", 0))


def print_scores(scores: Scores, *, as_json: bool) -> None:
    """Print all of them."""
    if as_json:
        print(to_json(scores.to_dict(), indent=2))
        return
    print_table(_columns(scores), len(TOTALS))
    for line in _summary(scores):
        print(plain(line))


def tell_odd(scores: Scores, unreviewed: int, screen: Screen) -> None:
    """Say what is odd about what was scored; `unreviewed` documents of the gold were not."""
    if unreviewed:
        screen.warn(f"{counted(unreviewed, 'document')} not reviewed yet, and not counted")
    for what, names in (
        ("no prediction, so all of it is missing", scores.missing),
        ("no gold, so not measured", scores.unknown),
        ("in no gold record, so not measured", scores.unmeasured),
        ("in no gold record and not in the schema, so too much", scores.unforeseen),
        ("in the gold and not in the schema", scores.strange_gold),
        (f"not valid in {counted(len(scores.doubtful_gold), 'gold record')}", scores.doubtful_gold),
    ):
        if names:
            screen.warn(f"{what}: {few(names, MOST_NAMED)}")


def _columns(scores: Scores) -> list[Column]:
    """A row for each field, and below them one for each total."""
    names, by, rows = [], [], []
    for one in scores.fields:
        names.append(one.field or WHOLE)
        by.append(one.by)
        values = _of(one.measure, one.interval) if one.has_values else ("",) * 6
        rows.append((*values, *_absence(one.absence)))
    names += TOTALS
    by += [""] * len(TOTALS)
    mean, interval = scores.by_document or (None, None)
    rows += [
        (*_of(scores.micro, scores.micro_interval), "", ""),
        ("", "", shown_share(scores.macro), shown_interval(scores.macro_interval), "", "", "", ""),
        ("", "", shown_share(mean), shown_interval(interval), "", "", "", ""),
    ]
    cells = zip(*rows, strict=True)
    numbers = [Column(name, some, rank) for (name, rank), some in zip(_NUMBERS, cells, strict=True)]
    return [Column("field", names, is_text=True), Column("compared", by, 1, is_text=True), *numbers]


def _of(measure: Measure, interval: Interval | None) -> tuple[str, ...]:
    shares = (measure.precision, measure.recall, measure.f1)
    return (*map(shown_share, shares), shown_interval(interval), f"{measure.gold:.0f}", f"{measure.found:.0f}")


def _absence(absence: Measure | None) -> tuple[str, str]:
    return ("", "") if absence is None else (shown_share(absence.precision), shown_share(absence.recall))


def _summary(scores: Scores) -> Iterable[str]:
    count = len(scores.documents)
    grounded = "" if scores.grounded is None else f"; {scores.grounded:.1%} of the values grounded"
    yield f"{counted(count, 'document')}: {scores.exact:.1%} without a fault, {scores.valid:.1%} valid{grounded}"
    if scores.calibration is not None:
        known = scores.calibration
        told = f"expected calibration error {known.error:.3f}, Brier score {known.brier:.3f}"
        yield f"{counted(known.count, 'label')} with probabilities: {told}"
    usage = scores.usage
    if usage.input_tokens or scores.latency:
        cost = f"; all: {usage.cost:.4g} US dollars" if usage.cost else ""
        tokens = f"{usage.input_tokens / count:,.0f} tokens read and {usage.output_tokens / count:,.0f} written"
        waited = "" if scores.latency is None else f", latency {scores.latency:,.1f} s"
        yield f"each: {tokens}{waited}{cost}"


# --- two of them ---------------------------------------------------------------------------------------------


def print_difference(named: tuple[Path, Path], one: Scores, other: Scores, *, as_json: bool) -> None:
    """Print how the second predictions differ from the first, field by field."""
    found = compare(one, other)
    if as_json:
        first, second = _by_field(one), _by_field(other)
        told: dict[str, Any] = {
            name: {
                "first": first.get(name),
                "second": second.get(name),
                **({} if difference is None else {**asdict(difference), "significant": difference.is_significant}),
            }
            for name, difference in found.items()
        }
        print(to_json({"first": str(named[0]), "second": str(named[1]), "differences": told}, indent=2))
        return
    print_table(_difference(one, other, found), len(TOTALS))
    told_of = f"A is {named[0]}, B is {named[1]}; * is a difference that chance makes in fewer than 1 of 20 comparisons"
    print(plain(told_of))


def _by_field(scores: Scores) -> dict[str, float | None]:
    """F1 of each field, and the totals."""
    mean, _ = scores.by_document or (None, None)
    totals = {MICRO: scores.micro.f1, MACRO: scores.macro, BY_DOCUMENT: mean}
    return {**{one.field: one.measure.f1 for one in scores.fields if not one.are_records}, **totals}


def _difference(one: Scores, other: Scores, found: Mapping[str, Difference | None]) -> list[Column]:
    values, rows = [_by_field(scores) for scores in (one, other)], []
    for name, difference in found.items():
        shares = [shown_share(known.get(name)) for known in values]
        told = ("", "", "", "")
        if difference is not None:
            interval = f"{difference.low:+.3f} to {difference.high:+.3f}"
            star = "*" if difference.is_significant else ""
            told = (f"{difference.by:+.3f}", interval, f"{difference.p:.3f}", star)
        rows.append((*shares, *told))
    cells = zip(*rows, strict=True)
    numbers = [Column(name, some, rank) for (name, rank), some in zip(_DIFFERENCES, cells, strict=True)]
    return [Column("field", [name or WHOLE for name in found], is_text=True), *numbers]
