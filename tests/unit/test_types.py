"""The nouns: records, problems and errors."""

from __future__ import annotations

import dataclasses

import pytest
from scripted import schema_of

from extractor import errors
from extractor.errors import EngineUnavailable, ExtractError, InvalidOutput, SourceError
from extractor.types import Extraction, Problem, Schema, Span, Usage

RECORD = Extraction("a.txt", {"a": 1}, "T@0", "e", "grammar")


def test_the_value_of_a_good_record_is_the_instance_or_else_the_data() -> None:
    assert RECORD.ok
    assert RECORD.value == {"a": 1}
    instance = object()
    assert dataclasses.replace(RECORD, instance=instance).value is instance


def test_an_instance_that_counts_as_false_is_the_value() -> None:
    class Empty(list[int]): ...

    assert isinstance(dataclasses.replace(RECORD, instance=Empty()).value, Empty)


@pytest.mark.parametrize("data", [None, 0, [], ""])
def test_empty_data_is_a_value(data: object) -> None:
    assert Extraction("s", data, "T@0", "e", "grammar").value == data


def test_the_value_of_a_failed_record_raises_every_problem() -> None:
    problems = (Problem("/a", "is too short", "x", hint="longer"), Problem("", "slow", kind="EngineUnavailable"))
    failed = dataclasses.replace(RECORD, data=None, errors=problems)
    assert not failed.ok
    with pytest.raises(InvalidOutput) as caught:
        _ = failed.value
    assert str(caught.value) == "/a: is too short; slow"
    assert caught.value.hint == "longer"


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("/a/0", "is too short"), "/a/0: is too short"),
        (Problem("", "'a' is a required property"), "/: 'a' is a required property"),
        (Problem.of(SourceError("a.txt: empty")), "a.txt: empty"),
    ],
)
def test_a_problem_as_text(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_an_error_as_a_problem() -> None:
    problem = Problem.of(EngineUnavailable("slow", hint="later"))
    assert problem == Problem("", "slow", None, "EngineUnavailable", "later")


def test_a_record_as_written_is_a_copy_without_the_instance() -> None:
    full = dataclasses.replace(RECORD, instance=object(), spans={"/a": Span(0, 1, "exact")}, errors=(Problem("", "m"),))
    written = full.to_dict()
    assert "instance" not in written
    assert written["spans"] == {"/a": {"start": 0, "end": 1, "match": "exact"}}
    written["data"]["a"] = 2
    assert RECORD.data == {"a": 1}


def test_records_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        RECORD.data = None  # type: ignore[misc]


def test_usage_adds_up() -> None:
    assert Usage(1, 2, 3) + Usage(10, 20, 30) == Usage(11, 22, 33)
    assert sum([Usage(1, 1, 1)] * 3, Usage()) == Usage(3, 3, 3)


def test_schemas_are_keys_by_what_they_say() -> None:
    one, same, other = schema_of({"a": 1}), schema_of({"a": 1}), schema_of({"a": 2})
    assert len({one, same, other}) == 2
    assert Schema("Paper", {}, "0123456789abcdef").id == "Paper@01234567"


TREE = {
    "UsageError": (ExtractError, 2, False),
    "SchemaError": (ExtractError, 2, False),
    "SourceError": (ExtractError, 1, False),
    "StorageError": (ExtractError, 1, False),
    "TooManyFailed": (ExtractError, 1, False),
    "EngineError": (ExtractError, 3, False),
    "EngineUnavailable": (errors.EngineError, 3, True),
    "EngineDenied": (errors.EngineError, 3, False),
    "RequestRejected": (errors.EngineError, 1, False),
    "PromptTooLong": (errors.RequestRejected, 1, False),
    "ModeRejected": (errors.RequestRejected, 1, False),
    "BudgetSpent": (errors.EngineError, 3, False),
    "OutputError": (ExtractError, 1, False),
    "Truncated": (errors.OutputError, 1, False),
    "Refused": (errors.OutputError, 1, False),
    "ParseError": (errors.OutputError, 1, False),
    "InvalidOutput": (errors.OutputError, 1, False),
    "Ungrounded": (errors.OutputError, 1, False),
}


@pytest.mark.parametrize("name", TREE)
def test_the_tree_of_errors(name: str) -> None:
    parent, code, retryable = TREE[name]
    error = getattr(errors, name)("what", hint="next")
    assert isinstance(error, parent)
    assert (error.exit_code, error.retryable, error.kind) == (code, retryable, name)
    assert (str(error), error.hint) == ("what", "next")


def test_every_error_is_in_the_tree() -> None:
    classes = {name for name, value in vars(errors).items() if isinstance(value, type)} - {"ExtractError"}
    assert classes == set(TREE)
