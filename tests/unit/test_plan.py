"""The plan of a run: what changes it, and what does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from extractor import load_schema
from extractor.examples import with_examples
from extractor.options import Options
from extractor.plan import plan_of, text_digest
from extractor.prompt import PromptStyle

OPTIONS = Options()
CODE = """
from pydantic import BaseModel, field_validator
from helper import BOUND

class Paper(BaseModel):
    title: str

    @field_validator("title")
    @classmethod
    def short(cls, title):
        assert len(title) < BOUND
        return title
"""


def digest(schema: object, options: Options = OPTIONS, model: str = "m") -> str:
    return plan_of(load_schema(schema), options, model, "e").digest  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        Options(max_tokens=10),
        Options(temperature=0.5),
        Options(seed=1),
        Options(mode="prompt"),
        Options(retries=0),
        Options(think=True),
        Options(style=PromptStyle(encoding="yaml")),
        Options(style=PromptStyle(instruction="Names without 'the'.")),
        Options(style=PromptStyle(answer_language="zh")),
        Options(style=PromptStyle(shots=1)),
    ],
)
def test_what_is_asked_otherwise_is_another_plan(options: Options) -> None:
    assert digest("title str", options) != digest("title str")


def test_what_changes_no_record_changes_no_plan() -> None:
    assert digest("title str", Options(timeout=3, on_partial=print)) == digest("title str")
    assert digest("title str") == digest("title str")
    assert digest("title str", model="n") != digest("title str")
    assert digest("title, year int") != digest("title str")


def test_examples_and_the_instruction_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("from pydantic import BaseModel\nclass A(BaseModel):\n    a: str\n")
    plain = load_schema(path)
    plans = [
        plan_of(schema, OPTIONS, "m", "e").digest
        for schema in (plain, replace(plain, instruction="Be brief."), with_examples(plain, [("x", {"a": "x"})]))
    ]
    assert len({*plans}) == 3


def test_the_code_of_validators_counts_its_comments_do_not(tmp_path: Path) -> None:
    def after(name: str, bound: int, code: str = CODE) -> str:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "helper.py").write_text(f"BOUND = {bound}\n")
        (folder / "paper.py").write_text(code)
        return digest(folder / "paper.py")

    first = after("a", 9)
    assert after("b", 9, "# what it is\n" + CODE.replace("    title: str", "    title: str  # of the paper")) == first
    assert after("c", 9, CODE.replace("< BOUND", "<= BOUND")) != first


def test_texts_of_any_characters_have_a_digest() -> None:
    assert len({text_digest(text) for text in ("a", "b", "", "海", "\ud800", "\udfff")}) == 6
