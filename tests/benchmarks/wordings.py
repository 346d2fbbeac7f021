"""Race the wordings of the instruction on gold records, in grammar mode and in prompt mode, with paired intervals.

    python tests/benchmarks/wordings.py race GOLD PREDICTIONS.jsonl [--model SPEC] [--blocks N] [--modes grammar,prompt]
    python tests/benchmarks/wordings.py score GOLD PREDICTIONS.jsonl

`race` goes on where it stopped: what is in PREDICTIONS is not asked again. It takes the records in blocks, each block
in all wordings and modes, so that it can be ended at any time, and what is there is paired. GOLD is a folder with
csl_zh_dev, keywords_en_dev, ner_zh_dev, news_category_en_dev and news_category_zh_dev (.jsonl); its texts do not get
into PREDICTIONS. Needs `snowballstemmer` (Porter's stemmer, for the usual metric of key phrases).

Scores: category, 1 where it is right; keywords, F1 of stemmed exact matches; of csl_zh the mean of both; entities, F1
of their kinds and texts. An answer that is not valid has 0. The intervals (95 %, 4,000 bootstrap samples of the
records) are of the mean difference to the first wording of the language. The records are taken from each source in
turn; where a source has several, samples are stratified by it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from racing import f1, interval, read, records_of, stemmed, text_of

from extractor.answer import decode
from extractor.coercion import align
from extractor.engines import Access, Settings, open_engine
from extractor.errors import ExtractError
from extractor.options import Options
from extractor.prompt import messages, voice_for
from extractor.prompt.wording import CHINESE, ENGLISH, Wording
from extractor.requests import structured
from extractor.schema import load
from extractor.types import Document, Schema
from extractor.validation import validate

EN_RULES = "Copy names, numbers and dates from the text. Write null where the text does not state a value. {language}"
ZH_RULES = "人名、数字和日期照抄原文。原文没有说明的值写 null。{language}"


def worded(base: Wording, system: str, one: str, after: str = "") -> Wording:
    """One entry of the race."""
    return replace(base, system=system, one_json=one, after=after)


# The first of each is what others are compared with: the one that was the default before the race.
EN = {
    "record": worded(
        ENGLISH, "{task}\n\n{type}\n\n" + EN_RULES, "Extract this record from the text and answer with JSON only:"
    ),
    "sentences": worded(
        ENGLISH,
        "{task}\n\n{type}\n\n" + EN_RULES,
        "Extract this record from the text. Answer with JSON only.",
    ),
    "plain": worded(ENGLISH, "{task}\n\n{type}", "Extract from the text, as JSON:"),
    "fields": worded(
        ENGLISH,
        "{task}\n\n{type}\n\n{language}",
        "Read the text and fill in each field with what it says. Answer with JSON only.",
    ),
    "match": worded(
        ENGLISH,
        "{task}\n\n{type}\n\nAnswer with JSON only. {language}",
        "Your task is to take structured information out of the text that the user sends. It has to match this type "
        "exactly, and nothing may be added that is not in the type:",
    ),
    "expert": worded(
        ENGLISH,
        "{task}\n\n{type}\n\nAnswer with JSON only. " + EN_RULES,
        "You are an experienced librarian who catalogues articles. Read the article and write its entry:",
    ),
    "verbatim": worded(
        ENGLISH,
        "{task}\n\n{type}\n\nAnswer with JSON only.",
        "Extract this record. Use the words of the text itself, exactly as they stand; leave nothing important out:",
    ),
    "reminder": worded(
        ENGLISH,
        "{task}\n\n{type}\n\n" + EN_RULES,
        "Extract this record from the text and answer with JSON only:",
        "Now extract the record from the text above. JSON only.",
    ),
}
ZH = {
    "record-en": EN["record"],
    "sentences": worded(CHINESE, "{task}\n\n{type}\n\n" + ZH_RULES, "从文本中提取这条记录。只输出 JSON。"),
    "plain": worded(CHINESE, "{task}\n\n{type}", "从文本中提取信息，写成 JSON："),
    "plain-null": worded(
        CHINESE, "{task}\n\n{type}\n\n原文没有说明的值写 null。{language}", "从文本中提取信息，写成 JSON："
    ),
    "fields": worded(CHINESE, "{task}\n\n{type}\n\n{language}", "阅读文本，按文本内容填写每个字段。只输出 JSON。"),
    "match": worded(
        CHINESE,
        "{task}\n\n{type}\n\n只输出 JSON。{language}",
        "你的任务是从用户给出的文本中抽取结构化信息，必须与下面的类型完全一致，不得添加类型中没有的内容：",
    ),
    "expert": worded(
        CHINESE,
        "{task}\n\n{type}\n\n只输出 JSON。" + ZH_RULES,
        "你是一位经验丰富的图书馆编目员。阅读文章，写出它的著录信息：",
    ),
    "verbatim": worded(
        CHINESE, "{task}\n\n{type}\n\n只输出 JSON。", "提取这条记录。使用原文中的词语，一字不改，不要遗漏重要内容："
    ),
    "reminder": worded(
        CHINESE,
        "{task}\n\n{type}\n\n" + ZH_RULES,
        "从文本中提取这条记录。只输出 JSON。",
        "现在从上面的文本中提取这条记录，只输出 JSON。",
    ),
}
SETS = {"keywords_en": EN, "news_category_en": EN, "csl_zh": ZH, "news_category_zh": ZH, "ner_zh": ZH}
QUOTA = {"keywords_en": 6, "news_category_en": 6, "csl_zh": 6, "news_category_zh": 10, "ner_zh": 10}  # of a block
MOST_KEYWORDS = 6  # decoding takes most of the time
LONGEST = 500  # characters of a text: a race is long enough


def schema_of(dataset: str, record: dict[str, Any]) -> Schema:
    """What is asked of a record."""
    keywords = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MOST_KEYWORDS}
    labels = record.get("labels") or LABELS
    entities = {"type": "array", "items": {"type": "string"}, "maxItems": MOST_KEYWORDS}
    properties: dict[str, Any] = {
        "keywords_en": {"keywords": {**keywords, "description": "key phrases of the text"}},
        "csl_zh": {"keywords": {**keywords, "description": "关键词"}, "category": {"enum": labels}},
        "ner_zh": {name: {**entities, "description": told} for name, (told, _) in ENTITIES.items()},
    }.get(dataset, {"category": {"enum": labels}})
    return load({"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False})


ENTITIES = {
    "people": ("人名", ("name", "person")),
    "places": ("地名", ("address", "scene", "location")),
    "organisations": ("机构名", ("organization", "company", "government")),
}
LABELS = [
    "军事学",
    "农学",
    "医学",
    "历史学",
    "哲学",
    "工学",
    "教育学",
    "文学",
    "法学",
    "理学",
    "管理学",
    "经济学",
    "艺术学",
]


async def race(given: argparse.Namespace) -> None:
    """Ask for all that is not there yet."""
    out, modes, blocks = given.predictions, given.modes.split(","), given.blocks
    done = {key(row) for row in read(out)}
    engine = open_engine(given.model, Settings(slots=4, threads=given.threads), Access())
    engine.prepare()
    records = {dataset: records_of(given.gold, dataset) for dataset in SETS}
    with out.open("a", encoding="utf-8") as file:
        for at in range(blocks):
            for dataset, mode, (name, wording) in turns(given.sets.split(","), modes, given.only):
                quota = QUOTA[dataset]
                block = records[dataset][at * quota : (at + 1) * quota]
                asked = [one for one in block if (dataset, str(one["id"]), mode, name) not in done]
                answers = (answer(engine, dataset, one, mode, wording) for one in asked)
                for one, value in zip(asked, await asyncio.gather(*answers), strict=True):
                    row = {"set": dataset, "id": one["id"], "mode": mode, "wording": name, "value": value}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()
            print(f"{at + 1} of {blocks} blocks", file=sys.stderr)
    await engine.aclose()


def turns(sets: list[str], modes: list[str], only: str | None) -> Iterator[tuple[str, str, tuple[str, Wording]]]:
    """The order within a block: one prefix after the other, so that each is computed once."""
    names = only.split(",") if only else None
    for dataset in sets:
        for mode in modes:
            entries = SETS[dataset].items()
            yield from ((dataset, mode, entry) for entry in entries if names is None or entry[0] in names)


async def answer(engine: Any, dataset: str, record: dict[str, Any], mode: str, wording: Wording) -> Any:
    """What the model says of one record, where it is valid: read by the schema, with the first of too many keywords."""
    schema = schema_of(dataset, record)
    text = text_of(record)[:LONGEST]
    voice = replace(voice_for(text), said=wording)
    chat = messages(Document("text", text), schema, voice)
    completion = await engine.generate(structured(schema, chat, Options(max_tokens=256, timeout=3600), mode))
    try:
        found = decode(completion)
        value = align(schema, found.several or (found.value,), completion.text).value
    except ExtractError:
        return None
    if isinstance(value, dict) and isinstance(value.get("keywords"), list):
        value["keywords"] = value["keywords"][:MOST_KEYWORDS]
    return None if isinstance(validate(schema, value), list) else value


# --- scores --------------------------------------------------------------------------------------------------


def score(gold: Path, rows: list[dict[str, Any]]) -> None:
    """Print the mean of each wording, and its difference to the first."""
    records = {(dataset, str(record["id"])): record for dataset in SETS for record in records_of(gold, dataset)}
    points: dict[tuple[str, str], dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        record = records[row["set"], str(row["id"])]
        points[row["set"], row["mode"]][row["wording"]][str(row["id"])] = points_of(row["set"], record, row["value"])
    for (dataset, mode), wordings in points.items():
        names = [name for name in SETS[dataset] if wordings[name]]
        both = set.intersection(*(set(wordings[name]) for name in names))
        if not both:
            continue
        print(f"{dataset}, {mode}: {len(both)} records")
        for name in names:
            mean = statistics.fmean(wordings[name][one] for one in both)
            differences = {one: wordings[name][one] - wordings[names[0]][one] for one in both}
            low, high = interval(differences)
            print(f"  {name:12} {mean:.3f}  {statistics.fmean(differences.values()):+.3f} ({low:+.3f} to {high:+.3f})")
    for mode in sorted({mode for _, mode in points}):
        for language in (EN, ZH):
            print_all({dataset: points[dataset, mode] for dataset in SETS if SETS[dataset] is language}, language, mode)


def print_all(sets: dict[str, dict[str, dict[str, float]]], language: dict[str, Wording], mode: str) -> None:
    """The differences over the sets of a language together, each record weighing the same."""
    first = next(iter(language))
    print(f"{' and '.join(sets)}, {mode}")
    for name in language:
        differences = {
            f"{dataset}/{one}": wordings[name][one] - wordings[first][one]
            for dataset, wordings in sets.items()
            for one in wordings[name].keys() & wordings[first].keys()
        }
        if differences:
            low, high = interval(differences)
            mean = statistics.fmean(differences.values())
            print(f"  {name:12} {mean:+.3f} ({low:+.3f} to {high:+.3f}), {len(differences)} records")


def points_of(dataset: str, record: dict[str, Any], value: Any) -> float:
    """0 to 1."""
    if value is None:
        return 0.0
    parts = []
    if dataset == "ner_zh":
        kinds = {kind: name for name, (_, some) in ENTITIES.items() for kind in some}
        right = {(kinds[one["type"]], one["text"]) for one in record["entities"] if one["type"] in kinds}
        return f1({(name, one) for name in ENTITIES for one in value[name]}, right)
    if "category" in value:
        parts.append(float(value["category"] == record["category"]))
    if "keywords" in value:
        parts.append(f1({*map(stemmed, value["keywords"])}, {*map(stemmed, record["keywords"])}))
    return statistics.fmean(parts)


def key(row: dict[str, Any]) -> tuple[str, str, str, str]:
    """What was asked."""
    return row["set"], str(row["id"]), row["mode"], row["wording"]


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["race", "score"])
    parser.add_argument("gold", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--blocks", type=int, default=7)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--only", help="names of wordings, as in record-en,sentences")
    parser.add_argument("--modes", default="grammar,prompt")
    given = parser.parse_args()
    if not (given.gold / "csl_zh_dev.jsonl").exists():
        sys.exit(f"{given.gold}: no gold records there, nothing to race on")
    if given.what == "race":
        asyncio.run(race(given))
    else:
        score(given.gold, read(given.predictions))


if __name__ == "__main__":
    main()
