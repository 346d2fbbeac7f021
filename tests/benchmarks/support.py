"""How well the support of worded sentences tells what a document says from what it does not.

    python tests/benchmarks/support.py GOLD_FOLDER [--show]

GOLD_FOLDER holds news_category_en_dev.jsonl (rows with `summary_extractive`, whose sentences stand in their text) and
csl_zh_dev.jsonl (titles and abstracts). Printed are the scores with the own and with another document, where the
passages are, what is flagged in sentences as they are and after one number or name was exchanged, and the time that
a document of 1 MB takes; `--show` prints misses.
"""

from __future__ import annotations

import json
import random
import re
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from extractor.sentences import sentences
from extractor.support import Passages
from extractor.text import normalise
from extractor.types import Support

Row = dict[str, Any]

NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?!\w)")  # a capitalised word within a sentence
FIRST = re.compile(r"[A-Z][a-z]{2,}(?!\w)")
NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\d])")
CHINESE_NUMBER = re.compile(r"(?<![A-Za-z\d.])\d+(?:\.\d+)?")


def read(path: Path) -> list[Row]:
    """The rows of a file, none where it is absent."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []


def auc(own: Sequence[float], other: Sequence[float]) -> float:
    """How often a score of the own document is above one of another."""
    wins = sum((a > b) + (a == b) / 2 for a in own for b in other)
    return wins / (len(own) * len(other))


def spread(scores: Sequence[float]) -> str:
    """Mean, and the 5th, 50th and 95th percentile."""
    cuts = statistics.quantiles(scores, n=20)
    return f"mean {statistics.fmean(scores):.2f}  5% {cuts[0]:.2f}  50% {cuts[9]:.2f}  95% {cuts[18]:.2f}"


def compare(name: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Print the scores of values with their own documents and with the next ones."""
    own = [one.score for value, text in pairs for one in Passages(text).support(value)]
    turned = [(pairs[at][0], pairs[(at + 1) % len(pairs)][1]) for at in range(len(pairs))]
    other = [one.score for value, text in turned for one in Passages(text).support(value)]
    print(f"{name}: {len(own)} sentences, AUC {auc(own, other):.4f}")
    print(f"  own document    {spread(own)}\n  another one     {spread(other)}")


def place(rows: Sequence[Row]) -> None:
    """Print how often the passage of a sentence of the document is that sentence."""
    total = hits = full = 0
    for row in rows:
        text, view = row["text"], normalise(row["text"])
        value = row["summary_extractive"]
        for one in Passages(text).support(value):
            sentence = normalise(value[one.start : one.end]).text
            at = view.text.find(sentence)
            if at < 0:
                continue
            start, end = view.span(at, at + len(sentence))
            total += 1
            full += one.score == 1
            hit = one.passage is not None and one.passage[0] <= start + 2 and one.passage[1] >= end - 2
            hits += hit
            if "--show" in sys.argv and not hit:
                print(f"  {sentence!r}\n    at {start, end}, found {one}")
    print(f"sentences that stand in the text: {total}; passage there {hits / total:.3f}, score 1 {full / total:.3f}")


def flagged(passages: Passages, sentence: str) -> tuple[Support, ...]:
    """The support of sentences in which something is missing."""
    return tuple(one for one in passages.support(sentence) if one.missing)


def untouched(name: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Print the share of sentences that are flagged as they are."""
    total, found = 0, []
    for value, text in pairs:
        passages = Passages(text)
        total += len(passages.support(value))
        found += [(value, one.missing) for one in flagged(passages, value)]
    print(f"{name}: {total} sentences as they are, flagged {len(found) / total:.3f}")
    if "--show" in sys.argv:
        for value, missing in found:
            print(f"  {missing} in {value[:150]!r}")


def exchanged(
    name: str, rows: Sequence[tuple[str, str]], pattern: re.Pattern[str], pool: Sequence[str], *, first: bool = False
) -> None:
    """Print the share of sentences that are flagged after one match of a pattern was exchanged."""
    chance, total, hits = random.Random(7), 0, 0
    for value, text in rows:
        passages, words = Passages(text), {*re.findall(r"\w+", text.casefold())}
        for start, end in sentences(value):
            sentence = value[start:end]
            found = [m for m in pattern.finditer(sentence) if not first or (m.start() == 0 and known(m[0], text))]
            if not found:
                continue
            old = chance.choice(found)
            new = chance.choice([one for one in pool if {*re.findall(r"\w+", one.casefold())}.isdisjoint(words)])
            changed = sentence[: old.start()] + new + sentence[old.end() :]
            hit = any(new in "".join(one.missing) for one in passages.support(changed))
            total, hits = total + 1, hits + hit
            if "--show" in sys.argv and not hit:
                print(f"  {old[0]} → {new} in {changed[:150]!r}")
    print(f"{name}: {total} sentences, flagged {hits / max(total, 1):.3f}")


def known(word: str, text: str) -> bool:
    """Whether a word is a name in a text: it is capitalised within sentences, never written small."""
    return any(one[0] == word for one in NAME.finditer(text)) and not re.search(rf"\b{word.lower()}\b", text)


def numbers(seed: int) -> list[str]:
    """Numbers that a text may have."""
    chance = random.Random(seed)
    return [f"{chance.randint(11, 99_999)}" for _ in range(300)] + [f"{chance.uniform(1, 99):.1f}" for _ in range(100)]


def names(rows: Sequence[Row]) -> list[str]:
    """Capitalised words within the sentences of all texts, that no text has in lower case."""
    found = sorted({one[0] for row in rows for one in NAME.finditer(row["text"])})
    small = {word for row in rows for word in re.findall(r"\b[a-z]+", row["text"])}
    return [one for one in found if one.casefold() not in small]


def timed() -> Iterator[str]:
    """The time of a value of five sentences with a document of 1 MB, in English and Chinese."""
    chance = random.Random(3)
    letters = "eeeeetttaaooiinnssrrhhldcumfpgwybvk"
    stock = ["".join(chance.choices(letters, k=chance.randint(4, 11))) for _ in range(20_000)]
    common = list(accumulate(1 / (at + 8) for at in range(len(stock))))  # Zipf's law
    english = [
        f"{' '.join(chance.choices(stock, cum_weights=common, k=15)).capitalize()} {at}.\n" for at in range(8_500)
    ]
    signs, common = [chr(at) for at in range(0x4E00, 0x4E00 + 3_000)], common[:3_000]
    chinese = ["".join(chance.choices(signs, cum_weights=common, k=34)) + "。" for _ in range(9_700)]
    for name, lines in (("English", english), ("Chinese", chinese)):
        text, value = "".join(lines), "".join(lines[at].replace("3", "4") for at in range(100, 600, 100))
        for what in ("", "Ann Kilroy paid 12345678 to Bank of Quux."):
            began = time.process_time()
            Passages(text).support(value + what)
            said = "with what is missing" if what else "all there"
            yield f"{name}, {said}: {len(text.encode()) / 1e6:.2f} MB, {time.process_time() - began:.3f} s of CPU"


def main() -> None:
    """Print the figures."""
    folder = Path(sys.argv[1])
    english, chinese = read(folder / "news_category_en_dev.jsonl"), read(folder / "csl_zh_dev.jsonl")
    if not english or not chinese:
        sys.exit(f"{folder} does not have the files: nothing to measure")
    bbc = [row for row in english if "summary_extractive" in row]
    summaries = [(row["summary_extractive"], row["text"]) for row in bbc]
    compare("summaries of BBC", summaries)
    place(bbc)
    untouched("summaries of BBC", summaries)
    exchanged("a number exchanged", summaries, NUMBER, numbers(1))
    exchanged("a name exchanged", summaries, NAME, names(bbc))
    exchanged("a name at the beginning exchanged", summaries, FIRST, names(bbc), first=True)
    titles = [(row["title"], row["text"]) for row in english if "summary_extractive" not in row]
    compare("titles of AG News", titles)
    untouched("titles of AG News", titles)
    of_bbc = [(row["title"], row["text"]) for row in bbc]
    compare("titles of BBC", of_bbc)
    untouched("titles of BBC", of_bbc)
    of_papers = [(row["title"], row["text"]) for row in chinese]
    compare("titles of CSL", of_papers)
    untouched("titles of CSL", of_papers)
    abstracts = [(row["text"], row["text"]) for row in chinese]
    untouched("abstracts of CSL", abstracts)
    exchanged("a number exchanged in CSL", abstracts, CHINESE_NUMBER, numbers(2))
    for line in timed():
        print(line)


if __name__ == "__main__":
    main()
