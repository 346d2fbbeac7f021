"""Records as text in pieces, and the lock of a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import UsageError
from extractor.lines import Line, to_json
from extractor.locks import claimed
from extractor.types import Extraction, Problem

RECORD = Extraction("b/ü.txt", {"a": "\x9b1"}, "A@1", "e", "grammar")
FAILED = Extraction("c", None, "A@1", "e", "grammar", errors=(Problem("/a", "is missing"),))
CLAIM = """
import os, pathlib, sys
from extractor.locks import claimed
with claimed(pathlib.Path(sys.argv[1]), "--out"):
    os._exit(9)
"""
PARTLY = Extraction("d", [{"a": 1}], "A@1", "e", "grammar", errors=(Problem("/1/a", "is missing"),))


@pytest.mark.parametrize("record", [RECORD, FAILED, PARTLY])
def test_the_pieces_are_the_record(record: Extraction) -> None:
    line = Line.of(record)
    assert line.text == to_json(record.to_dict())
    assert line.ok == record.ok
    moved = line.of_source("x\n")
    assert json.loads(moved.text) == json.loads(line.text) | {"source": "x\n"}
    assert moved.fields == {
        name: value for name, value in json.loads(line.text).items() if name not in ("source", "data")
    }


@pytest.mark.parametrize(
    ("record", "is_list", "data", "entries"),
    [
        (RECORD, False, ['{"a": "\\u009b1"}'], ['{"a": "\\u009b1"}']),
        (FAILED, False, [], []),
        (FAILED, True, [], []),
        (PARTLY, True, ['{"a": 1}'], ['{"source": "d", "record": 0, "data": {"a": 1}}']),
        (Extraction("n", None, "A@1", "e", "prompt"), False, ["null"], ["null"]),
        (Extraction("n", [], "A@1", "e", "prompt"), True, [], []),
    ],
)
def test_what_of_a_record_is_shown(record: Extraction, is_list: bool, data: list[str], entries: list[Any]) -> None:
    line = Line.of(record)
    assert [*line.texts("data", is_list=is_list)] == data
    assert [*line.texts("entries", is_list=is_list)] == entries
    assert [*line.texts("record", is_list=is_list)] == [line.text]


def test_a_file_is_claimed_once(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with claimed(path, "--out"):
        other = subprocess.run([sys.executable, "-c", CLAIM, path], capture_output=True, text=True, check=False)
        assert f"--out {path}: another run writes it (pid {os.getpid()})" in other.stderr
        with claimed(tmp_path / "other.jsonl", "--out"):
            pass
    assert not [*tmp_path.iterdir()]
    with claimed(path, "--out"):
        pass


def test_the_lock_of_a_dead_run_is_free(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    subprocess.run([sys.executable, "-c", CLAIM, path], check=False)
    assert [*tmp_path.iterdir()]
    with claimed(path, "--out"):
        pass


def test_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory"), claimed(tmp_path / "no" / "out.jsonl", "--out"):
        pass
