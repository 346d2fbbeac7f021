"""The cases of tool choice in tests/benchmarks: each is well formed, and what it calls right is valid by its tools.

`acceptable` has the calls that are right, in order, each with the values that are right for its arguments, here and in
objects inside of them: `{"item": ["onion", "onions"], "amount": [{"value": [3], "unit": ["piece"]}]}`. Arguments that
are not named must not be there; "" says that one may be left out. `missing` names what has to be asked for.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

LINES = (Path(__file__).parents[1] / "benchmarks" / "tools_cases.jsonl").read_text(encoding="utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]
KEYS = ["id", "flags", "query", "tools", "acceptable", "missing"]
FLAGS = {"many", "allow_none", "ask"}


def plain(value: Any, turn: int) -> Any:
    """An acceptable value as a model gives it: an object has a list of acceptable values for each of its keys."""
    if isinstance(value, dict):
        return chosen(value, turn)
    return [plain(item, turn) for item in value] if isinstance(value, list) else value


def chosen(acceptable: dict[str, list[Any]], turn: int) -> dict[str, Any]:
    """Arguments that are right: of each the value of this turn, or its last: `{"a": [1, 2], "b": ["", 3]}`, 1: 2 and 3.

    "" says that an argument may be left out; one for which nothing else is right is left out.
    """
    values = {name: [value for value in listed if value != ""] for name, listed in acceptable.items()}
    return {name: plain(listed[min(turn, len(listed) - 1)], turn) for name, listed in values.items() if listed}


def turns(value: Any) -> int:
    """The longest list of acceptable values in a call, at any depth."""
    if isinstance(value, dict):
        return max((turns(item) for item in value.values()), default=0)
    return max(len(value), *map(turns, value)) if isinstance(value, list) and value else 0


def parameters_of(case: dict[str, Any], call: dict[str, Any]) -> dict[str, Any]:
    """The schema of the arguments of a call, without what the query does not state."""
    [schema] = [tool["parameters"] for tool in case["tools"] if tool["name"] == call["name"]]
    required = [name for name in schema.get("required", []) if name not in case["missing"]]
    return {**schema, "required": required, "additionalProperties": False}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
class TestCase:
    def test_has_the_keys_of_its_kind(self, case: dict[str, Any]) -> None:
        assert list(case) == KEYS
        assert case["flags"]
        assert set(case["flags"]) <= FLAGS
        assert "allow_none" in case["flags"] or case["acceptable"]
        assert "many" in case["flags"] or len(case["acceptable"]) <= 1

    def test_its_tools_are_distinct_and_their_schemas_valid(self, case: dict[str, Any]) -> None:
        names = [tool["name"] for tool in case["tools"]]
        assert 2 <= len(set(names)) == len(names) <= 6
        for tool in case["tools"]:
            assert list(tool) == ["name", "description", "parameters"]
            assert tool["parameters"]["type"] == "object"
            Draft202012Validator.check_schema(tool["parameters"])

    def test_all_that_is_right_is_valid(self, case: dict[str, Any]) -> None:
        for call in case["acceptable"]:
            checker = Draft202012Validator.FORMAT_CHECKER
            validator = Draft202012Validator(parameters_of(case, call), format_checker=checker)
            for turn in range(max(1, turns(call["acceptable"]))):
                validator.validate(chosen(call["acceptable"], turn))

    def test_only_what_is_not_required_may_be_left_out(self, case: dict[str, Any]) -> None:
        for call in case["acceptable"]:
            optional = {name for name, listed in call["acceptable"].items() if "" in listed}
            assert not optional & set(parameters_of(case, call)["required"])

    def test_what_is_missing_is_required_and_not_stated(self, case: dict[str, Any]) -> None:
        if case["missing"]:
            assert "ask" in case["flags"]
            [call] = case["acceptable"]
            [tool] = [tool for tool in case["tools"] if tool["name"] == call["name"]]
            assert set(case["missing"]) <= set(tool["parameters"]["required"])
            assert not set(case["missing"]) & set(call["acceptable"])


def test_there_are_enough_of_each_kind() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES) >= 30
    flags = Counter(flag for case in CASES for flag in case["flags"])
    assert min(flags[flag] for flag in FLAGS) >= 10
    chinese = sum(any("一" <= letter <= "鿿" for letter in case["query"]) for case in CASES)
    assert chinese >= 20
    assert len(CASES) - chinese >= 20
    # Each kind has both answers: too many calls, a call where none fits and a question too many are errors as well.
    assert {len(case["acceptable"]) > 1 for case in CASES if "many" in case["flags"]} == {True, False}
    assert {bool(case["acceptable"]) for case in CASES if "allow_none" in case["flags"]} == {True, False}
    assert {bool(case["missing"]) for case in CASES if "ask" in case["flags"]} == {True, False}
