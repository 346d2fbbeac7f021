"""What a model leans to: at which places it is found out, how often, and what becomes of a record."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, pstdev
from typing import Any, Literal

import pytest
from pydantic import BaseModel, model_validator

from extractor import extract as extract_now
from extractor.engines import Session
from extractor.engines.kept import Kept
from extractor.errors import BudgetSpent, EngineUnavailable
from extractor.labels import SILENT
from extractor.long import extract
from extractor.options import Options
from extractor.plan import plan_of
from extractor.prior import LabelField, Leaning, beside, label_fields
from extractor.prompt import PromptStyle
from extractor.schema import load
from extractor.types import Completion, Continuation, Document, Example, Extraction, Message, Mode, Request, Usage

TOPICS = ["tech", "sport", "art"]
NEWS = load({"title": "News", "properties": {"topic": {"enum": TOPICS}}, "required": ["topic"]})
PRIOR = Options(prior=True)


class Leaner:
    """Says "tech" of everything, and holds it for e³ times as likely as it should."""

    id = "leaner"
    modes: tuple[Mode, ...] = ("grammar",)

    def __init__(self, record: Any = None, *, fault: Exception | None = None, memory: Kept | None = None) -> None:
        self.memory = memory or Kept()
        self.made: list[str] = []
        self.scored: list[tuple[str, list[str]]] = []
        self._record = record or {"topic": "tech"}
        self._fault = fault

    async def generate(self, request: Request) -> Completion:
        await asyncio.sleep(0)
        if request.mode == "prompt":
            self.made.append(request.messages[-1].content)
            label = request.messages[-1].content.partition(" is ")[2].partition(".")[0]
            return Completion(f"A text of {label or 'tech'}.", "stop", Usage())
        return Completion(json.dumps(self._record), "stop", Usage())

    async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float] | None:
        await asyncio.sleep(0)
        if self._fault:
            raise self._fault
        self.scored.append((messages[-1].content, [one.text for one in texts]))
        return [3.0 * ("tech" in one.text) + 2.0 * (one.text.strip(' "') in messages[-2].content) for one in texts]


def read(engine: Any, text: str = "They won in sport.", options: Options = PRIOR, schema: Any = NEWS) -> Extraction:
    return asyncio.run(extract(Document("a.txt", text), load(schema), engine, options))


def test_a_label_is_chosen_beside_what_the_model_leans_to() -> None:
    engine = Leaner()
    assert read(engine, options=Options(prior=False)).data == {"topic": "tech"}
    assert not engine.scored
    assert read(engine, options=Options()).data == {"topic": "sport"}
    record = read(engine)
    assert record.data == {"topic": "sport"}
    assert record.notes == {"/topic": "the model wrote 'tech', to which it leans; beside that 'sport' is likelier"}
    assert not record.probabilities
    assert engine.scored[0] == ('{"topic":', [' "tech', ' "sport', ' "art'])
    assert len(engine.made) == len(TOPICS)
    assert read(engine, "A phone of tech.").notes == {}


def test_with_probs_the_shares_are_those_that_decide() -> None:
    record = read(Leaner(), options=Options(prior=True, probs=True))
    likely = record.probabilities["/topic"]
    assert sum(likely.values()) == pytest.approx(1, abs=0.001)
    assert max(likely, key=likely.__getitem__) == "sport"


def test_a_leaning_is_the_mean_over_headlines_of_each_label() -> None:
    engine = Leaner()
    read(engine)
    assert [text.partition(" is ")[2].partition(".")[0] for text in engine.made] == TOPICS
    told = "Write a headline, and only that. The topic (one of tech, sport, art) of its article is tech."
    assert engine.made[0] == told
    ((tech, sport, art, spread),) = engine.memory._known.values()
    assert tech - sport == pytest.approx(3, abs=0.001)
    assert sport == pytest.approx(art, abs=0.001)
    assert spread == pytest.approx(mean(pstdev(row) for row in ([5, 0, 0], [3, 2, 0], [3, 0, 2])), abs=0.001)


def test_of_what_the_model_is_less_sure_of_less_is_taken_off() -> None:
    leaning = Leaning([-1.0, -3.0], 2.0)
    assert beside([0.0, 0.0], leaning) == [math.log(0.5)] * 2
    sure, unsure = beside([4.0, 0.0], leaning), beside([1.0, 0.0], leaning)
    assert sure[0] - sure[1] == pytest.approx(4 - 2 * 0.5)
    assert unsure[0] - unsure[1] == pytest.approx(1 - 2 * 0.25)
    assert beside([1.0, 0.0], Leaning([0.0, 0.0], 0.0)) == pytest.approx([-0.3133, -1.3133], abs=1e-4)


def test_it_is_found_out_once_for_all_documents_and_kept_for_the_next_run(tmp_path: Path) -> None:
    engine = Session(Leaner(memory=Kept(tmp_path)))

    async def several() -> list[Extraction]:
        asked = (extract(Document(f"{at}", "They won in sport."), NEWS, engine, PRIOR) for at in range(4))
        return await asyncio.gather(*asked)

    assert [record.data for record in asyncio.run(several())] == [{"topic": "sport"}] * 4
    assert len(engine.engine.made) == len(TOPICS)
    later = Leaner(memory=Kept(tmp_path))
    assert read(later).data == {"topic": "sport"}
    assert not later.made
    (file,) = tmp_path.iterdir()
    file.write_text("[0]")
    again = Leaner(memory=Kept(tmp_path))
    assert read(again).data == {"topic": "sport"}
    assert len(again.made) == len(TOPICS)


def test_examples_of_a_document_do_not_make_another_leaning() -> None:
    shown = tuple(Example(text, {"topic": topic}) for text, topic in (("A phone.", "tech"), ("A cup is won.", "sport")))
    engine = Leaner()
    for text in ("They won the cup in sport.", "The phone rings."):
        read(engine, text, Options(prior=True, style=PromptStyle(shots=1)), replace(NEWS, examples=shown))
    assert len(engine.made) == len(TOPICS)


def test_where_nothing_can_be_kept_it_is_found_out_again(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kept = Kept(tmp_path / "file" / "folder")
    kept.keep("a", [1.0])
    assert kept.get("a") == [1.0]
    assert Kept(tmp_path / "file" / "folder").get("a") is None


def test_each_language_has_its_own() -> None:
    engine = Leaner()
    read(engine)
    read(engine, "他们赢得了比赛，全城都在庆祝。")
    assert len(engine.made) == 2 * len(TOPICS)
    assert engine.made[-1] == "写一个标题，只写标题。文章的topic（tech, sport, art之一）是“art”。"


def test_an_engine_that_does_not_tell_is_asked_nothing_more() -> None:
    class Silent(Leaner):
        async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float] | None:
            return None

    engine = Silent()
    record = read(engine)
    assert record.data == {"topic": "tech"}
    assert record.notes == {"": SILENT}
    assert read(engine, options=Options()).notes == {}
    assert not engine.made


@pytest.mark.parametrize(("labels", "is_quick"), [((20, 10), True), ((20, 11), False), ((20, 10, 2), True)])
def test_many_labels_are_measured_where_somebody_asks_for_it(labels: Sequence[int], is_quick: bool) -> None:
    nodes = {f"f{at}": {"enum": [f"{at}-{one}" for one in range(count)]} for at, count in enumerate(labels)}
    schema = load({"title": "News", "properties": nodes, "required": [*nodes]})
    data = {name: node["enum"][0] for name, node in nodes.items()}
    for options, is_measured in ((Options(), is_quick), (PRIOR, True), (Options(prior=False), False)):
        engine = Leaner(data)
        read(engine, options=options, schema=schema)
        assert bool(engine.made) is is_measured


def test_the_user_is_told_what_takes_a_while_and_once() -> None:
    told: list[str] = []
    engine = Session(Leaner(), tell=told.append)
    for _ in range(2):
        read(engine)
    assert told == ["/topic: finding out, once for this schema, to which of its 3 labels the model leans"]


def test_what_the_text_has_word_for_word_stays() -> None:
    engine = Leaner()
    assert read(engine, "A Tech fair for sport.").data == {"topic": "tech"}
    assert not engine.scored
    assert read(engine, "A TECHNICAL fair for sport.").data == {"topic": "sport"}


def test_thoughts_are_not_overruled_unasked() -> None:
    assert read(Leaner(), options=Options(think=True)).data == {"topic": "tech"}
    assert read(Leaner(), options=Options(think=True, prior=True)).data == {"topic": "sport"}


@pytest.mark.parametrize("written", ["", " \n", "<think>Hm, what would"])
def test_without_a_headline_for_each_label_the_label_stays_and_nobody_asks_again(written: str) -> None:
    class Mute(Leaner):
        async def generate(self, request: Request) -> Completion:
            is_sport = request.mode == "prompt" and "is sport" in request.messages[-1].content
            return Completion(written, "length", Usage()) if is_sport else await super().generate(request)

    engine = Mute()
    for _ in range(2):
        record = read(engine)
        assert record.data == {"topic": "tech"}
        assert record.notes["/topic"].endswith("leaner: the model wrote no headline for each label")
    assert len(engine.made) == len(TOPICS) - 1


def test_where_one_headline_fails_the_others_are_not_waited_for() -> None:
    class Slow(Leaner):
        ended = 0

        async def generate(self, request: Request) -> Completion:
            if request.mode == "prompt" and "is sport" in request.messages[-1].content:
                raise EngineUnavailable("gone")
            try:
                await asyncio.sleep(60 if request.mode == "prompt" else 0)
            except asyncio.CancelledError:
                self.ended += 1
                raise
            return await super().generate(request)

    engine = Slow()

    async def ended() -> int:
        record = await extract(Document("a.txt", "They won."), NEWS, engine, PRIOR)
        assert record.data == {"topic": "tech"}
        await asyncio.sleep(0)
        return engine.ended

    assert asyncio.run(ended()) == len(TOPICS) - 1


def test_what_ends_a_run_ends_it() -> None:
    with pytest.raises(BudgetSpent):
        read(Leaner(fault=BudgetSpent("spent")))


def test_an_engine_of_a_user_is_asked_once_in_its_life() -> None:
    class Own:
        id, modes = "own", ("grammar",)

        def __init__(self) -> None:
            self._leaner = Leaner()
            self.generate, self.made = self._leaner.generate, self._leaner.made

        async def likelihoods(self, messages: Sequence[Message], texts: Sequence[Continuation]) -> list[float]:
            return [weight - 9 for weight in await self._leaner.likelihoods(messages, texts) or ()]

    engine = Own()
    for _ in range(2):
        assert extract_now("They won in sport.", NEWS, engine=engine).data == {"topic": "sport"}
    assert len(engine.made) == len(TOPICS)


def test_other_examples_make_another_leaning_in_their_language_only() -> None:
    engine = Leaner()

    def ask(english: str, chinese: str) -> int:
        shown = (Example(english, {"topic": "art"}), Example(chinese, {"topic": "art"}))
        for text in ("They won in sport.", "他们赢得了比赛，全城都在庆祝。"):
            read(engine, text, schema=replace(NEWS, examples=shown))
        return len(engine.made)

    first, second, third = ask("A vase.", "一只花瓶。"), ask("A vase.", "一幅画。"), ask("A bowl.", "一幅画。")
    assert [first, second, third] == [2 * len(TOPICS), 3 * len(TOPICS), 4 * len(TOPICS)]


def test_where_it_cannot_be_found_out_the_label_stays_and_a_note_says_why() -> None:
    record = read(Leaner(fault=EngineUnavailable("gone")))
    assert record.data == {"topic": "tech"}
    assert record.notes == {"/topic": "the label is as the model wrote it: gone"}


def test_nothing_is_scored_of_an_answer_that_is_no_json() -> None:
    engine = Leaner()
    plain = PromptStyle(form="completion")
    record = read(engine, options=Options(prior=True, mode="grammar", style=plain))
    assert record.data == {"topic": "tech"}
    assert "in JSON to a chat only" in record.notes[""]
    assert read(engine, options=Options(mode="grammar", style=plain)).notes == {}
    assert not engine.scored


class Report(BaseModel):
    topic: Literal["tech", "sport", "art"]
    gadget: str | None = None

    @model_validator(mode="after")
    def only_tech_has_gadgets(self) -> Report:
        if self.gadget and self.topic != "tech":
            raise ValueError("only tech has gadgets")
        return self


def test_a_label_that_breaks_a_rule_is_not_taken() -> None:
    record = read(Leaner({"topic": "tech", "gadget": "phone"}), "They won in sport, with a phone.", schema=Report)
    assert record.data == {"topic": "tech", "gadget": "phone"}
    assert not record.errors
    assert record.notes["/topic"].endswith("'sport' is likelier, but the record would not be valid with it")
    assert read(Leaner({"topic": "tech", "gadget": None}), schema=Report).data == {"topic": "sport", "gadget": None}


def test_of_several_labels_those_that_break_no_rule_are_taken() -> None:
    class Both(Report):
        other: Literal["tech", "sport", "art"]

    record = read(Leaner({"topic": "tech", "gadget": "phone", "other": "tech"}), schema=Both)
    assert record.data == {"topic": "tech", "gadget": "phone", "other": "sport"}
    assert record.notes["/other"].endswith("'sport' is likelier")
    assert record.notes["/topic"].endswith("but the record would not be valid with it")


def test_null_stays_null() -> None:
    schema = {"title": "News", "properties": {"topic": {"enum": [*TOPICS, None]}}, "required": ["topic"]}
    engine = Leaner({"topic": None})
    assert read(engine, schema=schema).data == {"topic": None}
    assert not engine.made


@pytest.mark.parametrize(
    ("node", "found"),
    [
        ({"enum": TOPICS}, [["a"]]),
        ({"enum": [*TOPICS, None], "description": "what it is about"}, [["a"]]),
        ({"properties": {"b": {"enum": TOPICS}, "c": {"enum": TOPICS}}}, [["a", "b"], ["a", "c"]]),
        ({"oneOf": [{"const": one, "description": one.upper()} for one in TOPICS]}, [["a"]]),
        ({"enum": TOPICS[:2]}, []),
        ({"enum": [str(at) for at in range(21)]}, []),
        ({"enum": [1, 2, 3]}, []),
        ({"enum": ["a", "b", "c", 1]}, []),
        ({"type": "boolean"}, []),
        ({"type": "array", "items": {"enum": TOPICS}}, []),
        ({"$ref": "#"}, []),
    ],
)
def test_places(node: Any, found: list[list[str]]) -> None:
    fields = label_fields(load({"title": "T", "type": "object", "properties": {"a": node}}))
    assert [[*one.path] for one in fields] == found


def test_a_field_says_what_it_is_and_what_its_labels_are() -> None:
    told = [{"const": one, "description": f"of {one}"} for one in TOPICS]
    node = {"oneOf": told, "description": "what it is about"}
    (field,) = label_fields(load({"title": "T", "properties": {"a": {"properties": {"b/c": node}}}}))
    assert field == LabelField(("a", "b/c"), TOPICS, "what it is about", {one: f"of {one}" for one in TOPICS})
    assert field.pointer == "/a/b~1c"
    assert field.alone == {"a": {"b/c": "tech"}}


def test_a_plan_with_it_is_another_plan() -> None:
    plans = {plan_of(NEWS, options, "m", "e").digest for options in (Options(), PRIOR, Options(prior=False))}
    assert len(plans) == 3
