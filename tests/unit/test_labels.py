"""How likely labels are: which places have some, what a model is asked, and what becomes of its answers."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.engines.own import kept
from extractor.errors import EngineUnavailable, UsageError
from extractor.evaluate.calibration import Bin, calibration
from extractor.labels import SILENT, Labels, before, label_probabilities
from extractor.long import extract
from extractor.options import Options
from extractor.schema import load
from extractor.types import Completion, Continuation, Document, Message, Mode, Request, Schema, Usage

KINDS = {"enum": ["sport", "art", "sport fan", None]}
NEWS = load(
    {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "kind": KINDS,
            "paid": {"type": "boolean"},
            "rows": load("rows[]{mood: good|bad, n int}").json_schema["properties"]["rows"],
        },
        "required": ["title", "kind", "paid", "rows"],
    }
)
RECORD = {"title": 'A "b"\n', "kind": "art", "paid": True, "rows": [{"mood": "bad", "n": 1}, {"mood": "good", "n": 2}]}
CHAT = (Message("system", "do"), Message("user", "text"))


class Scorer:
    """Answers a record, and says that the first text is e times as likely as the second, and so on."""

    id = "scorer"
    modes: tuple[Mode, ...] = ("grammar",)

    def __init__(self, fault: Exception | None = None) -> None:
        self.asked: list[tuple[str, list[Continuation]]] = []
        self._fault = fault

    async def generate(self, request: Request) -> Completion:
        return Completion(json.dumps(RECORD), "stop", Usage())

    async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float]:
        if self._fault:
            raise self._fault
        assert tuple(messages[:-1]) == CHAT or len(messages) > 1
        assert messages[-1].role == "assistant"
        self.asked.append((messages[-1].content, [*texts]))
        return [-1.0 - at for at in range(len(texts))]


def labelled(schema: Schema, data: Any, engine: Any) -> Labels:
    return asyncio.run(label_probabilities(schema, data, CHAT, engine))


def test_each_choice_is_scored_where_it_stands() -> None:
    scorer = Scorer()
    found = labelled(NEWS, RECORD, scorer)
    assert [*found.probabilities] == ["/kind", "/paid", "/rows/0/mood", "/rows/1/mood"]
    assert found.probabilities["/paid"] == {"true": 0.7311, "false": 0.2689}
    assert [*found.probabilities["/kind"]] == ["sport", "art", "sport fan", "null"]
    assert [begun for begun, _ in scorer.asked][:2] == [
        '{"title": "A \\"b\\"\\n", "kind":',
        '{"title": "A \\"b\\"\\n", "kind": "art", "paid":',
    ]
    assert scorer.asked[2][0].endswith('"rows": [{"mood":')
    assert scorer.asked[1][1] == [Continuation(" true"), Continuation(" false")]
    assert scorer.asked[0][1][:2] == [Continuation(' "sport', '"'), Continuation(' "art')]


@pytest.mark.parametrize(
    ("data", "path", "text"),
    [
        ({"a": 1, "b": "x", "c": 2}, ("b",), '{"a": 1, "b":'),
        ([{"a": "x"}, {"a": "y"}], (1, "a"), '[{"a": "x"}, {"a":'),
        ("x", (), ""),
        ({"海": {"b": "x"}}, ("海", "b"), '{"海": {"b":'),
        (["x", ["y"], {}, {"a": 1}], (3, "a"), '["x", ["y"], {}, {"a":'),
        (["x"], (0,), "["),
        (["x", "y"], (1,), '["x",'),
        ({"\ufdd0hole\ufdd0": "\ufdd0hole\ufdd0", "b": "x"}, ("b",), '{"\ufdd0hole\ufdd0": "\ufdd0hole\ufdd0", "b":'),
    ],
)
def test_the_record_up_to_a_place(data: Any, path: tuple[Any, ...], text: str) -> None:
    assert before(data, path) == text


@given(st.lists(st.tuples(st.text(max_size=3), st.integers() | st.text(max_size=3)), min_size=1, max_size=4), st.data())
def test_the_record_up_to_a_place_and_the_rest_are_the_record(items: list[tuple[str, Any]], drawn: Any) -> None:
    record = dict(items)
    name = drawn.draw(st.sampled_from([*record]))
    begun = before([1, record], (1, name))
    assert begun.endswith(f"{json.dumps(name, ensure_ascii=False)}:")
    assert json.dumps([1, record], ensure_ascii=False).startswith(begun)


def test_what_cannot_be_told_is_said() -> None:
    class Plain:
        id, modes = "plain", ("grammar",)

    assert labelled(NEWS, RECORD, Plain()) == Labels(notes={"": SILENT})
    assert labelled(load("title str"), {"title": "x"}, Plain()) == Labels()
    failed = labelled(NEWS, RECORD, Scorer(EngineUnavailable("no")))
    assert failed == Labels(notes={"/kind": "its labels are not scored: no"})


def test_a_choice_that_may_be_missing_has_null_among_its_labels() -> None:
    found = labelled(load("kind?: x|y, paid bool?"), {"kind": None, "paid": True}, Scorer())
    assert {at: [*likely] for at, likely in found.probabilities.items()} == {
        "/kind": ["x", "y", "null"],
        "/paid": ["true", "false", "null"],
    }


def test_long_lists_are_scored_in_part() -> None:
    rows = [{"mood": "good", "n": at} for at in range(60)]
    found = labelled(load("rows[]{mood: good|bad, n int}"), {"rows": rows}, Scorer())
    assert len(found.probabilities) == 50
    assert found.notes == {"": "the labels of 10 more places are not scored"}


def test_records_carry_them_where_that_is_asked_for() -> None:
    def run(options: Options) -> Any:
        return asyncio.run(extract(Document("x", "text"), NEWS, Scorer(), options))

    assert run(Options()).probabilities == {}
    record = run(Options(probs=True, prior=False))
    assert record.probabilities["/kind"]["sport"] == 0.6439
    assert record.to_dict()["probabilities"]["/paid"] == {"true": 0.7311, "false": 0.2689}


def test_shares_of_what_is_very_unlikely() -> None:
    class Faint(Scorer):
        async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float]:
            return [-2_000.0, -2_000.0 - math.log(3)]

    assert labelled(load("a: x|y"), {"a": "x"}, Faint()).probabilities == {"/a": {"x": 0.75, "y": 0.25}}


class Sure(Scorer):
    """Gives weights as they are, and writes the second label."""

    def __init__(self, *weights: float) -> None:
        super().__init__()
        self._weights = weights

    async def generate(self, request: Request) -> Completion:
        return Completion('{"a": "y"}' if request.mode == "grammar" else "A headline", "stop", Usage())

    async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float]:
        return [*self._weights]


@pytest.mark.parametrize(
    ("weights", "likely"),
    [
        ((-1.0, -math.inf, -1.0), {"x": 0.5, "y": 0.0, "z": 0.5}),
        ((0, -math.inf, -math.inf), {"x": 1.0, "y": 0.0, "z": 0.0}),
        ((-1e308, -1e308, -math.inf), {"x": 0.5, "y": 0.5, "z": 0.0}),
    ],
)
def test_what_cannot_be_is_very_unlikely(weights: tuple[float, ...], likely: dict[str, float]) -> None:
    engine, schema = kept(Sure(*weights)), load("a: x|y|z")
    assert labelled(schema, {"a": "y"}, engine).probabilities == {"/a": likely}
    record = asyncio.run(extract(Document("x", "text"), schema, engine, Options(probs=True)))
    assert math.isfinite(sum(record.probabilities["/a"].values()))
    assert record.data["a"] in ("x", "y")


def test_where_no_label_can_be_none_is_likelier_than_another() -> None:
    engine, schema = kept(Sure(*[-math.inf] * 3)), load("a: x|y|z")
    told = "scorer holds none of them for possible"
    assert labelled(schema, {"a": "y"}, engine) == Labels(notes={"/a": f"its labels are not scored: {told}"})
    record = asyncio.run(extract(Document("x", "text"), schema, engine, Options(prior=True)))
    assert record.data == {"a": "y"}
    assert record.notes == {"/a": f"the label is as the model wrote it: {told}"}


def test_weights_that_are_none_are_a_fault_of_the_engine() -> None:
    for weight in (-(10**400), math.nan, 1.0, True, "-1"):
        found = labelled(load("a: x|y|z"), {"a": "y"}, kept(Sure(weight, -1.0, -1.0)))
        assert "not a logarithm for each text" in found.notes["/a"]


# --- calibration: by hand ------------------------------------------------------------------------------------


def test_calibration_by_hand() -> None:
    found = calibration([(0.9, 1), (1.0, 1), (0.95, 0), (0.5, 1), (0.55, 0)])
    assert found is not None
    low, high = found.bins
    assert low == Bin(2, pytest.approx(0.525), 0.5)
    assert high == Bin(3, pytest.approx(0.95), pytest.approx(2 / 3))
    assert found.error == pytest.approx((2 * 0.025 + 3 * (0.95 - 2 / 3)) / 5)
    assert found.brier == pytest.approx((0.01 + 0 + 0.9025 + 0.25 + 0.3025) / 5)
    assert calibration([]) is None


def test_options_refuse_nothing_else() -> None:
    with pytest.raises(UsageError):
        Options(passes=0, probs=True)


def test_long_texts_have_those_of_the_parts_that_gave_a_value() -> None:
    class Parts(Scorer):
        async def generate(self, request: Request) -> Completion:
            return Completion(json.dumps({"kind": "x"}), "stop", Usage())

    asked = Options(probs=True, strategy="map-reduce", chunk_tokens=50)
    text = "\n\n".join(f"Paragraph {at} says a number of things about the harbour." for at in range(20))
    record = asyncio.run(extract(Document("x", text), load("kind: x|y"), Parts(), asked))
    assert record.attempts > 1
    assert record.probabilities == {"/kind": {"x": 0.6652, "y": 0.2447, "null": 0.09}}  # a part need not say it
