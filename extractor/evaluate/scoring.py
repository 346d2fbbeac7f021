"""The scores of predictions: of each field, all together, and what else counts (valid, grounded, time, tokens)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from statistics import mean
from typing import Any

from extractor.choices import name_of
from extractor.evaluate.answers import Answer, Paired
from extractor.evaluate.calibration import Told, calibration
from extractor.evaluate.marks import Mark, marks_of
from extractor.evaluate.rules import TOTALS, Rules, refuse_nonsense, shown_name
from extractor.evaluate.scores import ABSENCE, Compared, FieldScore, Scores
from extractor.evaluate.tally import Difference, Tally, corrected
from extractor.ground import ground
from extractor.pointers import value_at
from extractor.scopes import scopes_of
from extractor.types import Document, Extraction, Schema, Usage
from extractor.validation import Valid, validate

_PARTS = re.compile(r"[.\[]")  # of the name of a field
_NUMBER = re.compile(r"/\d+(?=/|\Z)")  # of an item, in a pointer


def score(paired: Paired, schema: Schema, given: Mapping[str, str], texts: Mapping[str, str]) -> Scores:
    """The scores of predictions.

    `given` says by field how it is compared, where the user says so; `texts` has those of documents by their names in
    the gold, as far as they are there. Raises what `refuse_nonsense` does.
    """
    refuse_nonsense(given, schema)
    rules = Rules(given)
    unmeasured = _unmeasured(paired, schema)
    documents = [
        Compared(gold, found, _measured(gold, found, schema, rules, unmeasured)) for gold, found in paired.pairs
    ]
    tally = Tally([one.marks for one in documents])
    names = [name for name in tally.fields("value") if not tally.measure("value", [name]).is_empty]
    answers = [one for _, one in paired.pairs if one is not None]
    waited = [one.record.seconds for one in answers if one.record is not None]
    measure = tally.measure("value", names)
    known = [f1 for name in names if (f1 := tally.measure("value", [name]).f1) is not None]
    return Scores(
        documents,
        [*_fields(tally, rules)],
        measure,
        tally.interval("value", names) if names else None,
        mean(known) if known else None,
        tally.macro_interval(names) if names else None,
        tally.by_document("value", names),
        exact=mean(one.is_exact for one in documents),
        valid=sum(is_valid(one, schema) for one in answers) / len(documents),
        grounded=_grounded(paired, schema, texts),
        usage=sum((one.record.usage for one in answers if one.record is not None), Usage()),
        latency=mean(waited) if waited else None,
        calibration=calibration([told for one in documents for told in _likelihoods(one)]),
        missing=paired.missing,
        unknown=paired.unknown,
        unmeasured=unmeasured,
        unforeseen=_unforeseen(documents, tally),
        doubtful_gold=[told for gold, _ in paired.pairs if (told := fault_of(gold, schema))],
        strange_gold=[told for gold, _ in paired.pairs if (told := strange_in(gold, schema))],
        tally=tally,
    )


def _measured(
    gold: Answer, found: Answer | None, schema: Schema, rules: Rules, left_out: Iterable[str]
) -> Sequence[Mark]:
    ends = ("", ".", "[")
    marks = marks_of(gold.data, None if found is None else found.data, schema, rules)
    skipped = tuple(left_out)
    return [
        mark
        for mark in marks
        if not any(mark.field.startswith(name) and mark.field[len(name) : len(name) + 1] in ends for name in skipped)
    ]


def _unmeasured(paired: Paired, schema: Schema) -> list[str]:
    """The fields of the schema that no gold record has: nobody knows what would be right."""
    there = {name for gold, _ in paired.pairs if isinstance(gold.data, Mapping) for name in gold.data}
    fields = scopes_of(schema).root.properties
    return [shown_name(name, fields) for name in fields if name not in there] if there else []


def _unforeseen(documents: Sequence[Compared], tally: Tally) -> list[str]:
    """The names of what was found that the schema does not name, and no gold record has anything of that kind."""
    extra = {
        name for name in tally.fields("value") if "*" in _PARTS.split(name) and not tally.measure("value", [name]).gold
    }
    places = (mark.found for one in documents for mark in one.marks if mark.kind == "value" and mark.field in extra)
    return [*dict.fromkeys(_NUMBER.sub("[]", at).lstrip("/").replace("/", ".") for at in places if at)]


def _fields(tally: Tally, rules: Rules) -> Iterable[FieldScore]:
    """A line for each field; where items of a list are records, one for them as a whole goes before."""
    records = tally.fields("record")
    for name in dict.fromkeys(one for _, one in tally.keys):
        if name in records:
            yield _field(tally, "record", name, "all equal")
        elif any((kind, name) in tally.keys for kind in ("value", "absence")):
            yield _field(tally, "value", name, rules.named.get(name, ABSENCE))


def _field(tally: Tally, kind: Any, name: str, by: str) -> FieldScore:
    absence = tally.measure("absence", [name])
    return FieldScore(
        name,
        by,
        tally.measure(kind, [name]),
        tally.interval(kind, [name]),
        None if absence.is_empty else absence,
        tally.by_document(kind, [name]),
        are_records=kind == "record",
    )


def sureness(answer: Answer) -> float | None:
    """How likely the least likely label of a record was held; None where it does not say."""
    record = answer.record
    known = {} if record is None else record.probabilities
    told = [known[at].get(name_of(value_at(answer.data, at))) for at in known]
    return min((likely for likely in told if likely is not None), default=None)


def _likelihoods(one: Compared) -> Iterable[Told]:
    """How likely the labels of a document were held, and whether they are right."""
    record = None if one.found is None else one.found.record
    known = {} if record is None else record.probabilities
    for mark in one.marks:
        if record is None or mark.found is None:
            continue  # a place that is empty has a label too, null, and a comparison of its own
        likely = known.get(mark.found, {}).get(name_of(value_at(record.data, mark.found)))
        if likely is not None:
            yield likely, float(mark.score == 1)


def fault_of(gold: Answer, schema: Schema) -> str:
    """What is wrong with a gold answer, but that it says nothing of some fields; '' for nothing."""
    found = validate(schema, gold.data)
    problems = [] if isinstance(found, Valid) else found
    faults = [problem for problem in problems if value_at(gold.data, problem.pointer, ...) is not ...]
    return f"{gold.place}: {faults[0]}" if faults else ""


def strange_in(gold: Answer, schema: Schema) -> str:
    """Which fields a gold answer has that the schema does not name: 'gold.jsonl:3 has people[].nmae'; '' for none."""
    scopes = scopes_of(schema)
    found, todo = dict.fromkeys(gold.misspelt), deque([("", gold.data, scopes.nodes)])
    while todo:
        where, value, nodes = todo.popleft()
        scope = scopes.of(nodes)
        if isinstance(value, list):
            todo += [(f"{where}[]", one, scope.child(at)) for at, one in enumerate(value)]
        elif isinstance(value, Mapping):
            for name, one in value.items():
                inner = f"{where}.{name}".lstrip(".")
                if scope.foresees(name):
                    todo.append((inner, one, scope.child(name)))
                else:
                    found[inner] = None
    return f"{gold.place} has {', '.join(found)}" if found else ""


def is_valid(answer: Answer, schema: Schema) -> bool:
    """Whether an answer has data, and those are valid."""
    failed = answer.record is not None and not answer.record.ok
    return not failed and isinstance(validate(schema, answer.data), Valid)


def _grounded(paired: Paired, schema: Schema, texts: Mapping[str, str]) -> float | None:
    """The share of values that stand in their document, as a record says, or else as is looked up here."""
    stands = lacks = 0
    for gold, found in paired.pairs:
        known = None if found is None else _known(gold, found, schema, texts)
        if known is not None:
            stands += known[0]
            lacks += known[1]
    return stands / (stands + lacks) if stands + lacks else None


def _known(gold: Answer, found: Answer, schema: Schema, texts: Mapping[str, str]) -> tuple[int, int] | None:
    record: Extraction | None = found.record
    if gold.source in texts and found.data is not None:
        told = ground(found.data, Document(gold.source, texts[gold.source]), schema)
        return len(told.spans), len(told.ungrounded)
    return None if record is None else (len(record.spans), len(record.ungrounded))


# --- two of them ---------------------------------------------------------------------------------------------


def compare(first: Scores, second: Scores) -> dict[str, Difference | None]:
    """How the second predictions differ from the first, on the same gold: by field, then by each of the totals.

    The probabilities of fields are corrected for their number; None where there is nothing to compare.
    """
    names = [*dict.fromkeys((*first.tally.fields("value"), *second.tally.fields("value")))]
    found = dict(zip((*names, *TOTALS), first.tally.differences(second.tally, names), strict=True))
    return {**found, **corrected({name: found[name] for name in names})}
