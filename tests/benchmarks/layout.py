"""What the blanks in the JSON layout are worth: the same records with and without them, in turn.

    python tests/benchmarks/layout.py GOLD_FOLDER [RECORDS] [MODEL]

GOLD_FOLDER holds keywords_en_dev, csl_zh_dev, news_category_en_dev and news_category_zh_dev as JSON Lines (id, title?,
text, keywords or category and labels). Printed per file and layout: mean exact keyword F1 or category accuracy, and
how many keyword lists came out empty.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, create_model

from extractor import Document, extract, grammar, load_schema

LAYOUTS = {"compact": {"whitespace_flexible": False}, "blanks": dict(grammar.LAYOUT)}
FILES = ("keywords_en_dev", "csl_zh_dev", "news_category_en_dev", "news_category_zh_dev")


class Keywords(BaseModel):
    """Keywords of a text."""

    keywords: list[str]


def ask(row: dict[str, Any], layout: str, model: str) -> Any:
    """The predicted keywords or category of one gold record; None where the answer was not usable."""
    grammar.LAYOUT.clear()
    grammar.LAYOUT.update(LAYOUTS[layout])
    grammar.compile_schema.cache_clear()
    labels = Literal[tuple(row["labels"])] if "labels" in row else None
    schema = create_model("Topic", category=(labels, ...)) if labels else Keywords
    text = "\n\n".join(filter(None, (row.get("title"), row["text"])))
    record = extract(Document(row["id"], text), load_schema(schema), model=model)
    return next(iter(record.data.values())) if record.ok else None


def score(row: dict[str, Any], found: Any) -> float:
    """Exact F1 of keywords (case folded), or 1 for the right category."""
    if "labels" in row:
        return float(found == row["category"])
    gold, found = {word.casefold() for word in row["keywords"]}, {word.casefold() for word in found or []}
    return 2 * len(gold & found) / (len(gold) + len(found))


def main() -> None:
    """Print one line for each file and layout."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20
    model = sys.argv[3] if len(sys.argv) > 3 else "qwen2.5-coder-1.5b"
    if not folder.is_dir():
        sys.exit(f"{folder} is not there: nothing to measure")
    for name in FILES:
        scores: dict[str, list[float]] = defaultdict(list)
        empty: dict[str, int] = defaultdict(int)
        for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()[:count]:
            row = json.loads(line)
            for layout in LAYOUTS:
                found = ask(row, layout, model)
                scores[layout].append(score(row, found))
                empty[layout] += found == []
        for layout, values in scores.items():
            print(
                f"{name:24} {layout:8} {statistics.mean(values):.3f}  of {len(values)}, {empty[layout]} empty",
                flush=True,
            )


if __name__ == "__main__":
    main()
