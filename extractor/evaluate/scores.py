"""How good predictions are: what is measured of documents, fields and all together, as JSON and as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from extractor.evaluate.answers import Answer
from extractor.evaluate.calibration import Calibration
from extractor.evaluate.marks import Mark
from extractor.evaluate.tally import Interval, Measure, Tally
from extractor.pointers import value_at
from extractor.types import Usage

ABSENCE = "absence"  # how a record is compared that may be missing: its fields have lines of their own


@dataclass(frozen=True, slots=True)
class Compared:
    """A document: its gold answer, what was found of it, and all comparisons of the two."""

    gold: Answer
    found: Answer | None
    marks: Sequence[Mark]

    @property
    def is_exact(self) -> bool:
        """Whether there is an answer, and all of its values are as the gold has them."""
        has_answer = self.found is not None and self.found.data is not None
        return has_answer and all(mark.score == 1 for mark in self.marks if mark.kind == "value")

    @property
    def wrong(self) -> list[Mark]:
        """The values that are not as the gold has them, the worst first."""
        return sorted(
            (mark for mark in self.marks if mark.kind == "value" and mark.score < 1), key=lambda one: one.score
        )

    def values(self, mark: Mark) -> tuple[Any, Any]:
        """What the gold has at a mark, and what was found there."""
        found = None if self.found is None else self.found.data
        return (
            None if mark.gold is None else value_at(self.gold.data, mark.gold),
            None if mark.found is None else value_at(found, mark.found),
        )


@dataclass(frozen=True, slots=True)
class FieldScore:
    """The measure of one field: by which comparator, its interval, and that of its absences (None: it has none).

    `by_document` is the mean of its F1 in each document that has anything, with its interval.
    """

    field: str
    by: str
    measure: Measure
    interval: Interval | None
    absence: Measure | None = None
    by_document: tuple[float, Interval] | None = None
    are_records: bool = False  # items of a list, as a whole

    @property
    def has_values(self) -> bool:
        """Whether more can be told of it than its absences."""
        return self.by != ABSENCE


@dataclass(frozen=True, slots=True)
class Scores:
    """All that is measured. Shares are None where there is nothing that they are of.

    `micro` is over all values together, `macro` the mean of the F1 of fields, `by_document` that of documents. `exact`
    is the share of documents without a fault, `valid` of those whose data are valid by the schema, `grounded` of values
    that stand in their documents: looked up where their texts are there, else as records say. `latency` is the mean of
    the seconds from the first question about a document to its record, however many were asked about at once.
    """

    documents: Sequence[Compared]
    fields: Sequence[FieldScore]
    micro: Measure
    micro_interval: Interval | None
    macro: float | None
    macro_interval: Interval | None
    by_document: tuple[float, Interval] | None
    exact: float
    valid: float
    grounded: float | None
    usage: Usage
    latency: float | None
    calibration: Calibration | None = None  # of labels of which records say how likely they were
    missing: Sequence[str] = ()
    unknown: Sequence[str] = ()
    unmeasured: Sequence[str] = ()
    unforeseen: Sequence[str] = ()  # what was found that neither the schema nor a gold record has: it is too much
    doubtful_gold: Sequence[str] = ()  # what is not valid by the schema
    strange_gold: Sequence[str] = ()  # which lines have which fields that the schema does not have
    tally: Tally = field(repr=False, default=None)  # type: ignore[assignment]

    @property
    def bottom_line(self) -> float:
        """F1 of all values; where there are none, whether nothing is wrong: all empty, as the gold has it, is 1."""
        return float(self.exact == 1) if self.micro.f1 is None else self.micro.f1

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON, without the documents."""
        count = len(self.documents)
        return {
            "documents": count,
            "missing": [*self.missing],
            "unknown": [*self.unknown],
            "unmeasured": [*self.unmeasured],
            "unforeseen": [*self.unforeseen],
            "strange_gold": [*self.strange_gold],
            "micro": {**_told(self.micro), "interval": _ends(self.micro_interval)},
            "macro": {"f1": _rounded(self.macro), "interval": _ends(self.macro_interval)},
            "documents_mean": _mean(self.by_document),
            "exact": _rounded(self.exact),
            "valid": _rounded(self.valid),
            "grounded": _rounded(self.grounded),
            "calibration": None
            if self.calibration is None
            else {
                "error": _rounded(self.calibration.error),
                "brier": _rounded(self.calibration.brier),
                "bins": [asdict(one) for one in self.calibration.bins],
            },
            "tokens": {"input": self.usage.input_tokens, "output": self.usage.output_tokens},
            "cost": self.usage.cost,
            "latency": _rounded(self.latency),
            "fields": [
                {
                    "field": one.field,
                    "compare": one.by,
                    **_told(one.measure),
                    "interval": _ends(one.interval),
                    "documents_mean": _mean(one.by_document),
                    "absence": None if one.absence is None else _told(one.absence),
                }
                for one in self.fields
            ],
        }


def _told(measure: Measure) -> dict[str, Any]:
    names = ("precision", "recall", "f1")
    shares = {name: _rounded(getattr(measure, name)) for name in names}
    return {**shares, **{name: _rounded(value) for name, value in asdict(measure).items()}}


def _mean(found: tuple[float, Interval] | None) -> dict[str, Any] | None:
    return None if found is None else {"f1": _rounded(found[0]), "interval": _ends(found[1])}


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [round(end, 4) for end in interval]


def shown_share(value: float | None) -> str:
    """As people read it: 0.8333 → '0.833', nothing → '–'."""
    return "–" if value is None else f"{value:.3f}"


def shown_interval(interval: tuple[float, float] | None) -> str:
    """(0.5, 0.75) → '0.500–0.750', and nothing for none."""
    return "" if interval is None else f"{interval[0]:.3f}–{interval[1]:.3f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
