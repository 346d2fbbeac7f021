"""The scores of long documents in tests/benchmarks, on small records that are made up."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick

import extractor
from extractor.text import weigh_tokens

BENCHMARKS = str(Path(__file__).parents[1] / "benchmarks")

sys.path.append(BENCHMARKS)  # and away again: its `schemas` is not ours
documents, names, scores, values = map(
    import_module, ("documents", "documents_names", "documents_scores", "documents_values")
)
sys.path.remove(BENCHMARKS)

SHIP = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "crew": {"type": "array", "items": {"$ref": "#/$defs/sailor"}},
        "flag": {"anyOf": [{"enum": ["red", "blue"]}, {"type": "null"}]},
    },
    "$defs": {"sailor": {"type": "object", "properties": {"name": {"type": "string"}, "rank": {"enum": ["mate"]}}}},
}


def recall(gold: Any, predicted: Any) -> float | None:
    found: float | None = values.tally(gold, predicted, SHIP).recall()
    return found


def test_a_value_is_found_anywhere_in_its_lists_and_used_once() -> None:
    gold = {"crew": [{"name": "Ann"}, {"name": "Bo"}, {"name": "Ann"}]}
    assert recall(gold, {"crew": [{"name": "Bo"}, {"name": "ANN."}]}) == pytest.approx(2 / 3)
    assert recall(gold, {"name": "Ann"}) == 0
    counted = values.tally(gold, {"crew": [{"name": "Bo"}, {"name": "Cy"}], "name": "Ann"}, SHIP)
    assert counted.precision() == pytest.approx(1 / 3)


def test_nothing_stated_counts_on_neither_side() -> None:
    gold = {"name": "Rosalind", "crew": [{"array_index": 0, "name": "NA"}], "flag": None, "port": "NOT_FOUND"}
    counted = values.tally(gold, {"name": "Rosalind", "flag": "", "crew": [{"array_index": 7, "name": None}]}, SHIP)
    assert (counted.gold.total(), counted.predicted.total(), counted.recall()) == (1, 1, 1)
    assert values.tally({"flag": None}, None, SHIP).recall() is None


@pytest.mark.parametrize(
    ("gold", "predicted", "is_equal"),
    [
        (12.5, "12.50", True),
        (1200, "1,200", True),
        (1200, 1201, False),
        (1, True, False),
        (True, True, True),
        (False, 0, False),
        (True, "true", False),
        ("U.S. Navy", "us  navy", True),
        ("Ｒｏｓａ", "rosa", True),
        ("Rosalind", "Rosalinde", False),  # short: no letter may differ
        ("The ferry Rosalind crosses the strait at noon", "The ferry Rosalind crosses the strait at noon.", True),
        ("The ferry Rosalind crosses the strait at noon", "The ferry Rosalind crossed the strait at noon", True),
        ("The ferry Rosalind crosses the strait at noon", "Nobody crosses the strait, be it noon or night", False),
        ("2024-03-05", "5 March 2024", True),
        ("2024-03-05", "2024-03-06", False),
        ("2019", 2019, True),
        (2019, "2019", True),
        ("...", "…", True),
        ("...", "-", False),
    ],
)
def test_equal(gold: Any, predicted: Any, is_equal: bool) -> None:
    assert recall({"a": gold}, {"a": predicted}) == is_equal


def test_what_is_equal_goes_before_what_is_nearly_so() -> None:
    one, other = "The ferry Rosalind crosses the strait 12", "The ferry Rosalind crosses the strait 13"
    assert recall({"a": [one, other]}, {"a": [other, one]}) == 1
    assert recall({"a": [one, other]}, {"a": [other]}) == 0.5


def test_kinds_of_fields() -> None:
    gold = {
        "name": "Rosalind",
        "story": "x" * 60,
        "length": 31.5,
        "built": "1987-05-01",
        "year": "1987",
        "birth_year": 1987,
        "miles": 1987,
        "sunk": False,
        "flag": "red",
        "crew": [{"rank": "mate"}],
    }
    kinds = values.tally(gold, {}, SHIP).gold
    assert kinds == {"text short": 1, "text long": 1, "number": 2, "date": 3, "boolean": 1, "choice": 2}


def test_a_schema_that_holds_itself() -> None:
    schema = {"properties": {"next": {"$ref": "#"}, "flag": {"enum": ["red"]}}}
    assert values.tally({"next": {"next": {"flag": "red"}}}, {}, schema).gold == {"choice": 1}


def test_a_text_and_an_object_are_compared_by_their_words() -> None:
    text = "Marrow, I. and Kilroy, A. (1987). Ferries of the northern strait. Harbour Press."
    book = {"title": "Ferries of the northern strait", "year": 1987, "authors": ["I. Marrow", "A. Kilroy"]}
    counted = values.tally({"cited": [text]}, {"cited": [{"year": 1987}, book]}, {})
    assert (counted.found, counted.predicted.total()) == ({"text long": 1}, 5)
    turned = values.tally({"cited": [book, {**book, "title": "Lighthouses"}]}, {"cited": [text]}, {})
    assert (turned.found.total(), turned.gold.total(), turned.recall()) == (4, 8, 0.5)
    assert recall({"cited": [text]}, {"cited": [{"year": 1987}]}) == 0  # all of its tokens are there, but it is little


def test_keywords() -> None:
    pytest.importorskip("snowballstemmer")
    record = {"keywords": ["ferry crossings", "northern strait", "tides", "ports"]}
    points = scores.keywords(record, {"keywords": ["Ferry crossing", "ferry crossings", "captain", "tide"]})
    assert points["P"] == pytest.approx(2 / 3)
    assert (points["R"], points["F1"]) == (0.5, pytest.approx(4 / 7))
    many = scores.keywords(record, {"keywords": ["a", "b", "c", "d", "e", "ports"]})
    assert (many["R@5"], many["P@5"], many["R@10"]) == (0, 0, 0.25)
    assert set(scores.keywords(record, None).values()) == {0}


def test_tags_count_in_any_language() -> None:
    tags = ["渡轮", "Ferry", "全球定位系统", "Global Positioning System", "GPS", "Docker", "潮汐"]
    assert scores.forms(tags) == [
        {"渡轮", "ferry"},
        {"全球定位系统", "globalpositioningsystem", "gps"},
        {"docker"},
        {"潮汐"},
    ]
    record = {"title": "渡轮与潮汐", "tags": tags}
    points = scores.blog(record, {"title": "《渡轮与潮汐》", "tags": ["FERRY", "gps", "船长"]})
    assert (points["title"], points["tags recall"], points["tags precision"]) == (1, 0.5, pytest.approx(2 / 3))
    assert set(scores.blog(record, None).values()) == {0}


PLAY = """PREFACE

  _Clown._ A line of another play.

ACT I

  _Ada._ Where is the ferry?

  _2 Sailor._ It is late, Ada.

  _Ada._ So it is.

  _1 Sailor._ [_Aside_] It sank.

  _Ada._ It did!

  _1 Sailor._ Ay.

BRAM.
I come too late.

BRAM.
Is it gone?

BRAM.
O day!

ACT I

  _Note._ The notes begin.
"""
NOVEL = (
    "却说岸边一人，姓林，名海，字子舟。又一人，姓夏侯名江，勇力过人。太守陈河，字伯川，引张山、李石、夏侯水来。子舟笑。"
)


def test_people_of_a_play_are_its_speakers() -> None:
    text = names.body(PLAY)
    assert text.startswith("ACT I")
    assert "notes" not in text
    assert names.people(text) == {"Ada": ("Ada",), "Sailor": ("Sailor",), "Bram": ("Bram",)}
    assert names.times(text, ("Ada",)) == 4


def test_people_of_a_novel_are_those_introduced() -> None:
    found = names.people(NOVEL)
    assert found == {
        "林海": ("林海", "姓林，名海", "子舟"),
        "夏侯江": ("夏侯江", "姓夏侯名江"),
        "陈河": ("陈河", "伯川"),
        "张山": ("张山",),
        "李石": ("李石",),
        "夏侯水": ("夏侯水",),
    }
    points = scores.names(NOVEL, found, {"characters": ["林子舟", "夏侯江", "王五", "李石"]})
    assert points == {
        "recall": 0.5,  # 林子舟, 夏侯江 and 李石 of six
        "recall 1-2": 0.4,
        "recall 3-9": 1,  # 林海, as '姓林，名海' and twice as 子舟
        "recall 10+": None,
        "precision": 0.5,  # 夏侯江 as introduced, 李石
    }


def test_a_name_is_found_in_a_longer_one_but_not_in_a_word() -> None:
    assert names.has("the old Nurse", ("Nurse",))
    assert not names.has("Nurseryman", ("Nurse",))
    assert names.has("刘玄德", ("刘备", "玄德"))


@quick(100)
@given(st.text(max_size=300), st.integers(1, 9))
def test_parts_make_up_the_text(text: str, of: int) -> None:
    assert "".join(names.stretch(text, f"{at}/{of}") for at in range(1, of + 1)) == text


def test_at_equal_tokens() -> None:
    ways = {
        "truncate:1": (100, 0.1),
        "truncate:2": (200, 0.2),
        "truncate:9": (900, 0.9),
        "auto": (150, 0.3),
        "whole": (901, 1.0),
    }
    assert scores.at_equal_tokens(ways) == [("auto", pytest.approx(1.5), "truncate:2")]
    assert scores.at_equal_tokens({"truncate:1": (9, 0.0), "auto": (9, 0.1)}) == [("auto", None, "truncate:1")]


@quick(100)
@given(st.text(max_size=200), st.integers(0, 60))
def test_the_beginning_is_as_long_as_it_may_be(text: str, limit: int) -> None:
    begun = documents.beginning(text, limit)
    assert text.startswith(begun)
    assert weigh_tokens(begun) <= limit
    assert begun == text or weigh_tokens(text[: len(begun) + 1]) > limit


def test_a_race_goes_on_and_a_score_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = [
        {"id": f"ship-{at}", "text": "Rosalind " * at, "schema": SHIP, "gold": {"name": "Rosalind"}} for at in (2, 1)
    ]
    (tmp_path / "extractbench_dev.jsonl").write_text("".join(json.dumps(one) + "\n" for one in gold), "utf-8")
    out = tmp_path / "out.jsonl"
    asked = []

    def extract(document: Any, schema: Any, *, model: str, options: Any) -> Any:
        asked.append((document.source, len(document.text), options.strategy, options.chunk_tokens))
        if options.strategy == "map-reduce":
            raise ValueError("a fault of the library")
        return extractor.Extraction(document.source, {"name": "rosalind"}, "Ship", model, "grammar", seconds=1.0)

    monkeypatch.setattr(extractor, "extract", extract)

    def run(*more: str) -> None:
        monkeypatch.setattr(sys, "argv", ["documents.py", more[0], str(tmp_path), str(out), *more[1:]])
        documents.main()

    race = ("race", "--sets", "extractbench", "--ways", "truncate:1,map-reduce:70", "--model", "m")
    run(*race, "--seconds", "0")
    assert not asked
    run(*race, "--limit", "1")
    assert asked == [("ship-1", 4, "whole", 2_000), ("ship-1", 9, "map-reduce", 70)]
    out.write_text(out.read_text("utf-8") + '{"set": "extr', "utf-8")  # it was killed while it wrote
    run(*race)
    assert len(asked) == 4
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [(row["id"], row["way"], row["ok"], row["errors"]) for row in rows] == [
        ("ship-1", "truncate:1", True, []),
        ("ship-1", "map-reduce:70", False, ["ValueError"]),
        ("ship-2", "truncate:1", True, []),
        ("ship-2", "map-reduce:70", False, ["ValueError"]),
    ]
    run("score", "--sets", "extractbench")
    said = capsys.readouterr().out
    assert "2 records that all ways have, of 2" in said
    assert "map-reduce:70: recall at equal tokens is 0.00 times that of truncate:1" in said
    with pytest.raises(SystemExit):
        run("race", "--ways", "sideways:9")
