"""Gold and predictions as files have them: whole records, data with a name, or the fields of the schema beside a text.

A review file (`reviewing`) is gold too, as far as it is marked as reviewed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from unicodedata import normalize

from extractor.errors import SchemaError, UsageError
from extractor.files import read_document, read_json
from extractor.recorded import as_record, is_whole
from extractor.scopes import scopes_of
from extractor.types import Extraction, Schema

NAME, REVIEWED, TEXT, DATA = "source", "reviewed", "text", "data"
_NAMES = (NAME, "id")
_BY_LINE = (".jsonl", ".ndjson")
_SUFFIXES = (*_BY_LINE, ".json", ".yaml", ".yml")
_NEARLY = 0.75  # of a name, that another one has in common: 'ttile' is 'title'
_HINT = 'each line is {"source": …, "data": {…}}, or has the fields of the schema beside "id" and "text"'


@dataclass(frozen=True, slots=True)
class Answer:
    """What a file says of one document. `place` is where it says so: 'gold.jsonl:3'.

    `text` is that of the document where the file has it, `record` the whole record where it is one, `misspelt` what
    stands beside the fields of the schema and is nearly called as one that is not there.
    """

    source: str
    data: Any
    place: str
    text: str | None = None
    record: Extraction | None = None
    misspelt: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read: which of its fields is the text, and which one the name (by default `source` or `id`).

    Of `predictions` those two are the name too, where the field is not there: they may be of another program.
    """

    schema: Schema
    text_field: str = TEXT
    id_field: str | None = None
    predictions: bool = False


@dataclass(slots=True)
class Answers:
    """The answers of a file, in its order; `unreviewed` are the names of those that nobody has corrected yet."""

    file: str
    every: list[Answer] = field(default_factory=list)
    unreviewed: list[str] = field(default_factory=list)


def read_answers(path: Path, reading: Reading) -> Answers:
    """What a .jsonl, .json or .yaml file says.

    Raises `UsageError` for one that says nothing, or twice of one document.
    """
    found, names = Answers(str(path)), set[str]()
    for place, line in _lines(path):
        if not isinstance(line, dict):
            raise UsageError(f"{place}: not an object", hint=_HINT)
        if not isinstance(is_reviewed := line.get(REVIEWED, True), bool):
            raise UsageError(
                f"{place}: {REVIEWED}: {is_reviewed!r:.40} is neither true nor false", hint="true, where it is right"
            )
        if not is_reviewed:
            found.unreviewed.append(str(line.get(NAME, place)))
            continue
        answer = _answer(line, place, reading)
        if answer.source in names:
            raise UsageError(f"{place}: {answer.source!r} is there twice", hint="--id-field names another field")
        names.add(answer.source)
        found.every.append(answer)
    if not found.every:
        unread = f"none of its {len(found.unreviewed)} records is reviewed" if found.unreviewed else "no records in it"
        hint = f"set `{REVIEWED}: true` where one is right" if found.unreviewed else _HINT
        raise UsageError(f"{path}: {unread}", hint=hint)
    return found


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    """Each record, with its place."""
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{path}: no answers are read from such files", hint=f"those are {', '.join(_SUFFIXES)}")
    try:
        if path.suffix.lower() in _BY_LINE:
            with path.open(encoding="utf-8-sig") as file:
                for number, line in enumerate(file, 1):
                    if not line.isspace():
                        yield f"{path}:{number}", read_json(line, path, number)
            return
        whole = read_document(path, _HINT, largest=None)  # the user's own, with the texts of its documents
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error.strerror if isinstance(error, OSError) else 'not UTF-8'}") from error
    except SchemaError as error:  # of a file, not of a schema
        raise UsageError(str(error), hint=error.hint) from error
    for number, one in enumerate(whole if isinstance(whole, list) else [whole], 1):
        yield f"{path}:{number}", one


def _answer(line: dict[str, Any], place: str, reading: Reading) -> Answer:
    text = line.get(reading.text_field)
    text = text if isinstance(text, str) else None
    if is_whole(line):
        try:
            record = as_record(line)
        except ValueError as why:
            raise UsageError(f"{place}: {why}", hint=_HINT) from why
        if not (record.ok or reading.predictions):
            raise UsageError(
                f"{place}: a record that failed is no gold: {record.errors[0]}", hint="correct it, or take it out"
            )
        return Answer(record.source, _kept(record), place, text, record)
    fields = scopes_of(reading.schema).root.properties
    is_flat = DATA not in line or (DATA in fields and any(one in line for one in fields if one != DATA))
    own = (reading.id_field,) if reading.id_field else ()
    usual = sorted(_NAMES, key=lambda one: is_flat and one in fields)  # what is a value too is a name at last
    names = (*own, *usual) if reading.predictions or not own else own
    name = next((line[one] for one in names if isinstance(line.get(one), str | int)), None)
    if name is None and own:
        raise UsageError(f"{place}: no field {reading.id_field!r}", hint=f"its fields are {', '.join(line)[:100]}")
    data = _flat(line, place, reading) if is_flat else line[DATA]
    if fields and not isinstance(data, dict) and not (data is None and reading.predictions):
        raise UsageError(f"{place}: its data is no object: {data!r:.60}", hint=_HINT)
    others = [one for one in line if one not in {*fields, *names, REVIEWED, reading.text_field}]
    misspelt = _misspelt(others, [one for one in fields if one not in line]) if is_flat else ()
    return Answer(str(name) if name is not None else place, data, place, text, misspelt=misspelt)


def _kept(record: Extraction) -> Any:
    """The data of a record: nothing of one that failed, of a list what is valid."""
    return record.data if record.ok or isinstance(record.data, list) else None


def _flat(line: dict[str, Any], place: str, reading: Reading) -> dict[str, Any]:
    """The fields of the schema that stand beside others."""
    fields = scopes_of(reading.schema).root.properties
    found = {name: line[name] for name in fields if name in line}
    if not found:
        wanted = ", ".join(fields) if fields else "data"
        raise UsageError(f"{place}: none of {wanted[:100]} is in it", hint=_HINT)
    return found


def _misspelt(others: Iterable[str], lacking: Sequence[str]) -> list[str]:
    """What may be meant as a field that is lacking; all else beside the fields is of other programs, told nowhere."""
    return [name for name in others if get_close_matches(name, lacking, 1, _NEARLY)]


# --- which belong together -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paired:
    """Gold answers with what was found of them; None where nothing was. `unknown` are names that no gold has."""

    pairs: Sequence[tuple[Answer, Answer | None]]
    unknown: Sequence[str] = ()

    @property
    def missing(self) -> list[str]:
        """The names of gold answers of which nothing was found."""
        return [gold.source for gold, found in self.pairs if found is None]


def paired(gold: Answers, found: Answers) -> Paired:
    """Answers by their names, or by the lines of the gold file that predictions are named after.

    Raises `UsageError` where none belongs to any.
    """
    waiting = {answer.source: answer for answer in found.every}
    partners: dict[str, Answer] = {}
    for names in (_as_written, _composed_alike, _of_places):
        left = [one for one in gold.every if one.source not in partners]
        for one, name in names(left, [*waiting]):
            if name in waiting:
                partners[one.source] = waiting.pop(name)
    pairs = [(one, partners.get(one.source)) for one in gold.every]
    if all(other is None for _, other in pairs):
        shown = f"{gold.every[0].source!r} and {found.every[0].source!r}, say"
        hint = "--id-field names the field of the gold file that has the names of the predictions"
        raise UsageError(f"{found.file} has no document of {gold.file}: {shown}", hint=hint)
    return Paired(pairs, [*waiting])


_Named = Iterator[tuple[Answer, str]]  # gold answers, with the names of predictions that may be of them


def _as_written(gold: Sequence[Answer], _: Sequence[str]) -> _Named:
    yield from ((one, one.source) for one in gold)


def _composed_alike(gold: Sequence[Answer], names: Sequence[str]) -> _Named:
    """Names that differ in how their letters are composed, where that can be but one: 'café' in NFC and NFD."""
    ours, theirs = defaultdict[str, list[Answer]](list), defaultdict[str, list[str]](list)
    for one in gold:
        ours[normalize("NFC", one.source)].append(one)
    for name in names:
        theirs[normalize("NFC", name)].append(name)
    yield from ((some[0], theirs[plain][0]) for plain, some in ours.items() if len(some) == len(theirs[plain]) == 1)


def _of_places(gold: Sequence[Answer], names: Sequence[str]) -> _Named:
    """'gold.jsonl:3' is also what the same file is called from another folder: 'data/gold.jsonl:3'."""
    by_tail = defaultdict[str, list[str]](list)
    for name in names:
        by_tail[name.rpartition("/")[2]].append(name)
    for one in gold:
        tail = Path(one.place).name
        some = by_tail[tail]
        if some:
            yield one, next((name for name in (one.place, tail) if name in some), some[0])
