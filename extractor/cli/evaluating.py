"""The work of `extract eval`: gold and predictions are read and scored, the scores told; or gold is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from extractor.brevity import counted, few
from extractor.cli.score_tables import MOST_NAMED, print_difference, print_scores, tell_odd
from extractor.cli.terminal import Screen
from extractor.comparisons import WHOLE
from extractor.errors import SourceError, UsageError
from extractor.evaluate import Answers, Reading, Scores, paired, read_answers, score
from extractor.evaluate.answers import Answer
from extractor.evaluate.page import render
from extractor.evaluate.reviewing import refuse_review, sampled, write_review
from extractor.evaluate.rules import refuse_nonsense
from extractor.evaluate.scoring import fault_of, sureness
from extractor.loaders import Reading as OfFiles
from extractor.sources import Source, Wanted, find, load
from extractor.types import Document, Schema
from extractor.view import Places, find_documents


@dataclass(frozen=True, slots=True)
class Named:
    """What the user named: the gold file and its schema, which fields are text and name, the documents."""

    gold: Path
    schema: Schema
    text_field: str = "text"
    id_field: str | None = None
    docs: tuple[str, ...] = ()
    files: OfFiles = field(default_factory=OfFiles)

    @property
    def reading(self) -> Reading:
        """How files of answers are read."""
        return Reading(self.schema, self.text_field, self.id_field)

    def predictions(self, path: Path) -> Answers:
        """What a file of predictions says."""
        return read_answers(path, replace(self.reading, predictions=True))

    @property
    def places(self) -> Places:
        """Where documents are looked for, that the gold file only names."""
        folders = tuple(dict.fromkeys((Path(), self.gold.parent)))
        return Places(folders, self.docs, self.text_field, self.id_field, self.files, has_base=False)


@dataclass(frozen=True, slots=True)
class Measured:
    """Scores, and the texts that are known of the documents by their names."""

    title: str
    scores: Scores
    texts: Mapping[str, str]
    unreviewed: int


def read_given(given: Iterable[str], schema: Schema) -> dict[str, str]:
    """['title=fuzzy:0.8'] → {'title': 'fuzzy:0.8'}; raises `UsageError` for what cannot be compared so."""
    found = {}
    for one in given:
        name, sign, how = one.rpartition("=")
        if not sign or not name:
            raise UsageError(f"--as {one!r} names no field", hint="FIELD=COMPARATOR, as 'people[].name=fuzzy:0.9'")
        name = "" if name == WHOLE else name
        if name in found:
            raise UsageError(
                f"--as says twice how {name!r} is compared", hint="of a list one way counts: the last [] too"
            )
        found[name] = how
    refuse_nonsense(found, schema)
    return found


# --- documents -----------------------------------------------------------------------------------------------


def documents(named: Named) -> list[Source]:
    """The documents of the gold, to ask a model about; one that cannot be read is a fault of its own.

    Raises `UsageError` where none can be read: that would measure nothing.
    """
    gold = _gold(named)
    found = _found(named, gold)
    faults = [one for one in found.values() if isinstance(one, SourceError)]
    if len(faults) == len(found):
        hint = f"--docs FILE names them, or a field of the gold file has their texts (--text-field {named.text_field})"
        raise UsageError(f"{named.gold}: no document of it can be read: {faults[0]}", hint=hint)
    return [
        Source(name, one) if isinstance(one, SourceError) else Source(name, None, replace(one, source=name))
        for name, one in found.items()
    ]


def _gold(named: Named) -> Answers:
    """The gold; `UsageError` where the schema fits none of it, so that a score would be one of something else."""
    gold = read_answers(named.gold, named.reading)
    if all(fault_of(answer, named.schema) for answer in gold.every):
        first = gold.every[0]
        fields = f"the first has {', '.join(first.data)[:100]}: " if isinstance(first.data, dict) else ""
        hint = f"{fields}--schema names the schema that the gold was made by"
        raise UsageError(f"none of the gold records fits the schema: {fault_of(first, named.schema)}", hint=hint)
    return gold


def _found(named: Named, gold: Answers) -> dict[str, Document | SourceError]:
    """The document of each answer: its text stands beside it, or the name leads to it."""
    unknown = [answer.source for answer in gold.every if answer.text is None]
    elsewhere = dict(zip(unknown, find_documents(unknown, named.places), strict=True)) if unknown else {}
    return {
        answer.source: elsewhere[answer.source] if answer.text is None else Document(answer.source, answer.text)
        for answer in gold.every
    }


def sample(named: Named, count: int, pred: Path | None, threshold: float | None) -> list[Source]:
    """Some of the documents of --docs, by chance, of those in --pred where it is named.

    With a threshold those of which a label is less likely, the least sure first.
    """
    refuse_review(named.gold)
    known = {answer.source: answer for answer in named.predictions(pred).every} if pred else None
    every = _of_documents(named, known)
    if known is None or threshold is None:
        return sampled(every, count, lambda source: source.label)
    if not any(sureness(answer) is not None for answer in known.values()):
        raise UsageError(f"{pred}: no record says how likely its labels are", hint="make them with --probs")
    doubts = [(sure, source) for source in every if (sure := sureness(known[source.label])) is not None]
    found = sorted((pair for pair in doubts if pair[0] < threshold), key=lambda pair: pair[0])[:count]
    if not found:
        raise UsageError(f"{pred}: all labels are at least {threshold:g} likely", hint="a higher --threshold")
    return [source for _, source in found]


def _of_documents(named: Named, known: Mapping[str, Answer] | None) -> list[Source]:
    """The documents of --docs that there are predictions of; without --docs those that the predictions name."""
    if not named.docs and known is None:
        raise UsageError("--init has no documents", hint="--docs articles/")
    if named.docs:
        every = [*find(Wanted(named.docs, text_field=named.text_field, id_field=named.id_field))]
        found = [source for source in every if known is None or source.label in known]
    else:
        assert known is not None
        loaded = zip(known, find_documents([*known], named.places), strict=True)
        found = [Source(name, None, replace(one, source=name)) for name, one in loaded if isinstance(one, Document)]
    if not found:
        raise UsageError("none of the documents is found", hint="--docs names them as the run did")
    return found


def make_review(named: Named, sources: Sequence[Source], pred: Path, screen: Screen, wanted: int) -> bool:
    """Write the review file, where any document can be read; whether all can."""
    known = {answer.source: answer.data for answer in named.predictions(pred).every}
    drafts, faults = [], []
    for source in sources:
        try:
            drafts.append((source.label, load(source).text, known.get(source.label)))
        except SourceError as error:
            faults.append(error)
    if failed := [name for name, _, data in drafts if data is None]:
        screen.warn(f"the model has nothing for {len(failed)} of them, to fill in by hand: {few(failed, MOST_NAMED)}")
    if len(sources) < wanted:
        screen.warn(f"{counted(wanted, 'document')} asked for, {len(sources):,} there")
    if faults:
        told = few([str(fault) for fault in faults], MOST_NAMED)
        screen.error(f"{len(faults)} of {counted(len(sources), 'document')} cannot be read: {told}", faults[0].hint)
    if drafts:
        write_review(named.gold, named.schema, drafts)
        corrected = f"{counted(len(drafts), 'document')} to correct; set `reviewed: true` where one is right"
        screen.say(f"{named.gold}: {corrected}")
    return not faults


# --- scores --------------------------------------------------------------------------------------------------


def measure(named: Named, pred: Path, given: Mapping[str, str]) -> Measured:
    """The scores of predictions."""
    gold = _gold(named)
    return _measured(named, gold, pred, given)


def _measured(named: Named, gold: Answers, pred: Path, given: Mapping[str, str]) -> Measured:
    pairs = paired(gold, named.predictions(pred))
    found = {answer.source: answer.text for answer in gold.every if answer.text is not None}
    if unknown := [answer for answer in gold.every if answer.text is None]:
        loaded = _loaded(named, [answer.source for answer in unknown])
        found |= loaded
    return Measured(
        f"{pred} against {named.gold}", score(pairs, named.schema, given, found), found, len(gold.unreviewed)
    )


def _loaded(named: Named, names: Sequence[str]) -> dict[str, str]:
    """The texts of documents, as far as they are there: scores do not need them."""
    try:
        loaded = find_documents(names, named.places)
    except SourceError:
        if named.docs:
            raise
        return {}
    return {name: one.text for name, one in zip(names, loaded, strict=True) if isinstance(one, Document)}


def tell(measured: Measured, screen: Screen, *, as_json: bool) -> None:
    """Print the scores, and what is odd about what was scored."""
    tell_odd(measured.scores, measured.unreviewed, screen)
    print_scores(measured.scores, as_json=as_json)


def tell_difference(
    named: Named, two: tuple[Path, Path], given: Mapping[str, str], screen: Screen, *, as_json: bool
) -> None:
    """Print how the second predictions differ from the first, field by field."""
    gold = _gold(named)
    one, other = (_measured(named, gold, path, given) for path in two)
    tell_odd(one.scores, one.unreviewed, screen)
    if other.scores.missing:  # all else is of the gold
        screen.warn(f"{two[1]}: {len(other.scores.missing)} without a prediction")
    print_difference(two, one.scores, other.scores, as_json=as_json)


def write_page(measured: Measured, schema: Schema, path: Path, screen: Screen) -> None:
    """Write the page, whole or not at all."""
    from extractor.sinks.swap import write_whole

    write_whole(path, render(measured.title, measured.scores, schema, measured.texts).encode(), "--html")
    screen.say(f"{path}: the page of the scores")
