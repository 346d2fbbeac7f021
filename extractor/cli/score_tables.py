"""What people see of scores: tables on standard output, and what is odd about what was scored on standard error."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.cli.terminal import Screen, plain
from extractor.comparisons import WHOLE
from extractor.evaluate import Difference, Scores, compare
from extractor.evaluate.rules import MICRO
from extractor.evaluate.scores import shown_interval, shown_share
from extractor.lines import to_json

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

MOST_NAMED = 3
_PIPED = 140  # columns, where no terminal says how many there are


def print_scores(scores: Scores, *, as_json: bool) -> None:
    """Print all of them."""
    if as_json:
        print(to_json(scores.to_dict(), indent=2))
        return
    _print(_table(scores))
    for line in _summary(scores):
        print(plain(line))


def tell_odd(scores: Scores, unreviewed: int, screen: Screen) -> None:
    """Say what is odd about what was scored; `unreviewed` documents of the gold were not."""
    if unreviewed:
        screen.warn(f"{unreviewed} documents are not reviewed yet, and not counted")
    for what, names in (
        ("no prediction, so all of it is missing", scores.missing),
        ("no gold, so not measured", scores.unknown),
        ("in no gold record, so not measured", scores.unmeasured),
        ("in no gold record and not in the schema, so too much", scores.unforeseen),
        ("in the gold and not in the schema", scores.strange_gold),
        (f"not valid in {len(scores.doubtful_gold)} gold records", scores.doubtful_gold),
    ):
        if names:
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            screen.warn(f"{what}: {', '.join(names[:MOST_NAMED])}{more}")


def _table(scores: Scores) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("field")
    table.add_column("compared")
    for name in ("precision", "recall", "F1", "95 %", "gold", "found", "absent P", "absent R"):
        table.add_column(name, justify="right")
    for one in scores.fields:
        measure, absence = one.measure, one.absence
        absent = ("", "") if absence is None else (shown_share(absence.precision), shown_share(absence.recall))
        shares = map(shown_share, (measure.precision, measure.recall, measure.f1))
        counts = (f"{measure.gold:.0f}", f"{measure.found:.0f}")
        table.add_row(_named(one.field), one.by, *shares, shown_interval(one.interval), *counts, *absent)
    table.add_section()
    micro = scores.micro
    shares = map(shown_share, (micro.precision, micro.recall, micro.f1))
    counts = (f"{micro.gold:.0f}", f"{micro.found:.0f}")
    table.add_row(MICRO, "", *shares, shown_interval(scores.micro_interval), *counts)
    table.add_row("mean of fields", "", "", "", shown_share(scores.macro), shown_interval(scores.macro_interval))
    if scores.by_document is not None:
        mean, interval = scores.by_document
        table.add_row("mean of documents", "", "", "", shown_share(mean), shown_interval(interval))
    return table


def _named(field: str) -> Text:
    """The name of a field as it is: brackets in it are no markup."""
    from rich.text import Text

    return Text(plain(field or WHOLE))


def _summary(scores: Scores) -> Iterable[str]:
    count = len(scores.documents)
    grounded = "" if scores.grounded is None else f"; {scores.grounded:.1%} of the values grounded"
    yield f"{count:,} documents: {scores.exact:.1%} without a fault, {scores.valid:.1%} valid{grounded}"
    if scores.calibration is not None:
        known = scores.calibration
        told = f"expected calibration error {known.error:.3f}, Brier score {known.brier:.3f}"
        yield f"{known.count:,} labels with probabilities: {told}"
    usage = scores.usage
    if usage.input_tokens or scores.seconds:
        cost = f"; all: {usage.cost:.4g} US dollars" if usage.cost else ""
        tokens = f"{usage.input_tokens / count:,.0f} tokens read and {usage.output_tokens / count:,.0f} written"
        yield f"each: {tokens}, {scores.seconds / count:,.1f} s{cost}"


def _print(table: Table) -> None:
    """A table on standard output, as wide as it has to be where that is no terminal."""
    from rich.console import Console

    if sys.stdout.isatty():
        Console(highlight=False).print(table)
        return
    console = Console(file=io.StringIO(), width=_PIPED, highlight=False)
    with console.capture() as shown:
        console.print(table)
    print("\n".join(line.rstrip() for line in shown.get().splitlines()))


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
                **({} if found_ is None else {**asdict(found_), "significant": found_.is_significant}),
            }
            for name, found_ in found.items()
        }
        print(to_json({"first": str(named[0]), "second": str(named[1]), "differences": told}, indent=2))
        return
    _print(_difference_table(one, other, found))
    told_of = f"A is {named[0]}, B is {named[1]}; * is a difference that chance makes in fewer than 1 of 20 comparisons"
    print(plain(told_of))


def _by_field(scores: Scores) -> dict[str, float | None]:
    """F1 of each field, and of all values."""
    return {MICRO: scores.micro.f1, **{one.field: one.measure.f1 for one in scores.fields if not one.are_records}}


def _difference_table(one: Scores, other: Scores, found: Mapping[str, Difference | None]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("field")
    for name in ("F1 of A", "F1 of B", "B − A", "95 %", "p", ""):
        table.add_column(name, justify="right")
    values = [_by_field(scores) for scores in (one, other)]
    for name, difference in sorted(found.items(), key=lambda pair: pair[0] == MICRO):
        first, second = (known.get(name) for known in values)
        told = ("", "", "", "")
        if difference is not None:
            interval = f"{difference.low:+.3f} to {difference.high:+.3f}"
            star = "*" if difference.is_significant else ""
            told = (f"{difference.by:+.3f}", interval, f"{difference.p:.3f}", star)
        table.add_row(_named(name), shown_share(first), shown_share(second), *told)
    return table
