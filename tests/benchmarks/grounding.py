"""How many values are found where annotators saw them, also when written otherwise, and how many that are not there.

    python tests/benchmarks/grounding.py GOLD_FOLDER [--show]

GOLD_FOLDER holds ner_en_dev, ner_zh_dev (text, entities with type, text, start, end), doc_relations_en_dev (entities
with mentions) and receipts_en_dev (expected) as JSON Lines. Printed per source:

- values as annotated, in that order: found at the very place, of those that stand once in the text, and of all;
- values written otherwise, by a seeded generator, kind by kind: found at a place that overlaps the annotated one;
- values of other documents, of a type that the document has too, which it does not hold: found anyway (wrongly);
- mentions: found at one of the annotated ones of the entity; receipts: found at all;
- seconds for a text of a million characters and a record of 200 leaves.

`--show` prints the misses.
"""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unicodedata import normalize

from extractor.ground import Grounded, ground
from extractor.schema import load_json
from extractor.types import Document

LONG = {
    "en": ("keywords_en_long_dev", "doc_relations_en_dev", "keywords_en_dev", "news_category_en_dev"),
    "zh": ("blog_zh_dev", "csl_zh_dev"),
}
LOOSE = {"type": "string"}


def entity_schema(types: list[str]) -> Any:
    """Entities as they would be asked for: a closed type and a text."""
    item = {"type": "object", "properties": {"type": {"enum": types}, "text": LOOSE}, "required": ["type", "text"]}
    return load_json({"type": "object", "properties": {"entities": {"type": "array", "items": item}}})


ANY = load_json({"type": "object", "properties": {"values": {"type": "array", "items": LOOSE}}})


class Tally:
    """Hits of all, by source and line of the table, with the misses."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self.misses: list[str] = []

    def add(self, source: str, line: str, is_hit: bool, miss: str) -> None:
        """Count one; `miss` says what it was."""
        counts = self.counts[source, line]
        counts[0] += is_hit
        counts[1] += 1
        if not is_hit:
            self.misses.append(f"{source}: {line}: {miss}")

    def print(self) -> None:
        """One line each."""
        for (source, line), (hits, all_) in self.counts.items():
            print(f"{source:14} {line:34} {hits:6} of {all_:6}  {hits / all_:7.2%}")


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    path = folder / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# --- values written otherwise --------------------------------------------------------------------------------

Change = Callable[[str, random.Random], str]
LONG_WORD = re.compile(r"[A-Za-z]{5,}")


def cased(value: str, dice: random.Random) -> str:
    return dice.choice([str.lower, str.upper, str.title, str.swapcase])(value)


def plural(value: str, dice: random.Random) -> str:
    head, last = value[:-1], value[-1]
    if not last.isalpha() or not last.isascii():
        return value
    if last.lower() == "s":
        return value if head[-1:].lower() in "sui" else head
    if last == "y" and head[-1:] not in "aeiou":
        return head + "ies"
    return value + ("es" if value.endswith(("x", "z", "ch", "sh")) else "s")


def possessive(value: str, dice: random.Random) -> str:
    return value + dice.choice(["'s", "’s"]) if value[-1].isalpha() and value[-1].isascii() else value


def spaced(value: str, dice: random.Random) -> str:
    if re.search(r"[\u4e00-\u9fff]{2}", value):
        at = dice.randrange(1, len(value))
        return value[:at] + dice.choice([" ", "\n", "\u3000"]) + value[at:]
    return value.replace(" ", dice.choice(["  ", "\n", "\u00a0", " \n "]))


def joined(value: str, dice: random.Random) -> str:
    return value.replace(" ", "", 1)


def split(value: str, dice: random.Random) -> str:
    found = LONG_WORD.search(value)
    if not found:
        return value
    at = dice.randrange(found.start() + 2, found.end() - 1)
    return value[:at] + dice.choice(["-\n", " ", "-"]) + value[at:]


def full_width(value: str, dice: random.Random) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in value)


def dressed(value: str, dice: random.Random) -> str:
    value = value.replace("'", "’").replace("-", dice.choice(["–", "‑", " - "]))
    return dice.choice(["“{}”", "{}.", "({})", "{},", "《{}》"]).format(value)


def bare(value: str, dice: random.Random) -> str:
    return value.replace(".", "")


def typo(kind: str) -> Change:
    def change(value: str, dice: random.Random) -> str:
        words = [word.span() for word in LONG_WORD.finditer(value)]
        if not words:
            return value
        start, end = dice.choice(words)
        at = dice.randrange(start, end - 1)
        letter = dice.choice("abcdefghijklmnopqrstuvwxyz")
        one, two, rest = value[at], value[at + 1], value[at + 2 :]
        new = {"swap": two + one, "missing": two, "doubled": one + one + two, "wrong": letter + two}[kind]
        return value[:at] + new + rest

    return change


def chinese_slip(kind: str) -> Change:
    def change(value: str, dice: random.Random) -> str:
        if not re.fullmatch(r"[\u4e00-\u9fff]{4,}", value):
            return value
        at = dice.randrange(len(value))
        return value[:at] + ("" if kind == "missing" else dice.choice("的来是了我到在有他这")) + value[at + 1 :]

    return change


CHANGES: dict[str, Change] = {
    "case": cased,
    "plural": plural,
    "possessive": possessive,
    "white space": spaced,
    "blank left out": joined,
    "word split": split,
    "full width": full_width,
    "marks": dressed,
    "points left out": bare,
    **{f"letters: {kind}": typo(kind) for kind in ("swap", "missing", "doubled", "wrong")},
    **{f"character: {kind}": chinese_slip(kind) for kind in ("missing", "wrong")},
}

# --- sources -------------------------------------------------------------------------------------------------


def of(found: Grounded, where: str) -> tuple[int, int] | None:
    span = found.spans.get(where)
    return None if span is None else (span.start, span.end)


def as_annotated(rows: list[dict[str, Any]], tally: Tally) -> None:
    """Gold values in gold order."""
    for row in rows:
        entities = row["entities"]
        schema = entity_schema(sorted({one["type"] for one in entities}))
        data = {"entities": [{"type": one["type"], "text": one["text"]} for one in entities]}
        found = ground(data, Document(row["id"], row["text"]), schema)
        for at, one in enumerate(entities):
            place = of(found, f"/entities/{at}/text")
            miss = f"{row['id']} {one['text']!r} at {one['start']}, not {place}"
            is_hit = place == (one["start"], one["end"])
            if row["text"].count(one["text"]) == 1:
                tally.add(row["source"], "stands once", is_hit, miss)
            tally.add(row["source"], "all", is_hit, miss)


def otherwise(rows: list[dict[str, Any]], tally: Tally) -> None:
    """Gold values, each changed in one way."""
    for name, change in CHANGES.items():
        dice = random.Random(7)
        for row in rows:
            old = [one["text"] for one in row["entities"]]
            new = [change(value, dice) for value in old]
            found = ground({"values": new}, Document(row["id"], row["text"]), ANY)
            for at, one in enumerate(row["entities"]):
                if new[at] == old[at]:
                    continue
                place = of(found, f"/values/{at}")
                is_hit = place is not None and place[0] < one["end"] and one["start"] < place[1]
                tally.add(row["source"], name, is_hit, f"{row['id']} {old[at]!r} as {new[at]!r}: {place}")


def plain(text: str) -> str:
    """A text as its words and Chinese characters, one blank between."""
    found = re.findall(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+", normalize("NFKC", text).casefold())
    return f" {' '.join(found)} "


def holds(text: str, value: str) -> bool:
    """Whether a text holds a value but for case, width, marks and white space; written for this benchmark alone."""
    return plain(value) in plain(text)


def not_there(rows: list[dict[str, Any]], tally: Tally) -> None:
    """Values of other documents."""
    for source in sorted({row["source"] for row in rows}):
        own = [row for row in rows if row["source"] == source]
        by_type: dict[str, Counter[str]] = defaultdict(Counter)
        for row in own:
            for one in row["entities"]:
                by_type[one["type"]][one["text"]] += 1
        for row in own:
            types = {one["type"] for one in row["entities"]}
            values = [value for kind in sorted(types) for value in by_type[kind] if not holds(row["text"], value)]
            found = ground({"values": values}, Document(row["id"], row["text"]), ANY)
            for at, value in enumerate(values):
                span = found.spans.get(f"/values/{at}")
                said = span and (row["text"][span.start : span.end], span.match, span.score)
                tally.add(source, "not there, not found", span is None, f"{row['id']} {value!r} as {said}")


def mentions(rows: list[dict[str, Any]], tally: Tally) -> None:
    """Names of entities, in the order of the annotation."""
    for row in rows:
        found = ground({"values": [one["name"] for one in row["entities"]]}, Document(row["id"], row["text"]), ANY)
        for at, one in enumerate(row["entities"]):
            place = of(found, f"/values/{at}")
            is_hit = place in [(mention["start"], mention["end"]) for mention in one["mentions"]]
            tally.add(row["source"], f"mention: {one['type']}", is_hit, f"{row['id']} {one['name']!r}: {place}")


def receipts(rows: list[dict[str, Any]], tally: Tally) -> None:
    """Fields of receipts: the total as text and as number."""
    fields = {"company": LOOSE, "date": LOOSE, "address": LOOSE, "total": LOOSE, "amount": {"type": "number"}}
    schema = load_json({"type": "object", "properties": fields})
    for row in rows:
        data = dict(row["expected"])
        if re.fullmatch(r"[\d,]+\.\d+", data.get("total", "")):
            data["amount"] = float(data["total"].replace(",", ""))
        found = ground(data, Document(row["id"], row["text"]), schema)
        for name, value in data.items():
            span = found.spans.get(f"/{name}")
            tally.add(row["source"], f"{name} found", span is not None, f"{row['id']} {value!r}")
            if span is not None and span.match == "fuzzy":
                print("fuzzy:", repr(value), "as", repr(row["text"][span.start : span.end]), span.score)


# --- time ----------------------------------------------------------------------------------------------------


def large(folder: Path, language: str, size: int = 1_000_000) -> Iterator[tuple[str, list[str]]]:
    """A long text, with 200 values of it as they are; then with a third of them misspelt and a third from nowhere."""
    dice = random.Random(3)
    rows = rows_of(folder, f"ner_{language}_dev")
    others = [row["text"] for name in LONG[language] for row in rows_of(folder, name)]
    text = "\n".join([*(row["text"] for row in rows), *others])
    text = (text * (size // len(text) + 1))[:size]
    values = [one["text"] for row in rows for one in row["entities"]]
    some = [dice.choice(values) for _ in range(200)]
    yield text, some
    slip = typo("wrong") if language == "en" else chinese_slip("wrong")
    changes = (str, lambda value: slip(value, dice), lambda value: value[::-1])
    yield text, [changes[at % 3](value) for at, value in enumerate(some)]


def main() -> None:
    """Print the tables."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("nowhere")
    if not folder.is_dir():
        sys.exit(f"{folder} is not there: nothing to measure")
    tally = Tally()
    english, chinese = rows_of(folder, "ner_en_dev"), rows_of(folder, "ner_zh_dev")
    for rows in (english, chinese):
        as_annotated(rows, tally)
        otherwise(rows, tally)
        not_there(rows, tally)
    mentions(rows_of(folder, "doc_relations_en_dev"), tally)
    receipts(rows_of(folder, "receipts_en_dev"), tally)
    tally.print()
    for language in LONG:
        for text, values in large(folder, language):
            started = time.process_time()
            found = ground({"values": values}, Document("large", text), ANY)
            spent = time.process_time() - started
            print(f"{language}: {len(text)} characters, {len(values)} leaves, {len(found.spans)} found: {spent:.2f} s")
    if "--show" in sys.argv:
        print(*tally.misses, sep="\n")


if __name__ == "__main__":
    main()
