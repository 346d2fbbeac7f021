"""Long documents: parts, what is joined of them, what the model is asked at the end."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from extractor.errors import EngineUnavailable, PromptTooLong, UsageError
from extractor.long import extract, outlook
from extractor.long.asking import Work
from extractor.merge import merge
from extractor.options import Options
from extractor.partial import partial
from extractor.pooled import added_up
from extractor.schema import load
from extractor.text import weigh_tokens
from extractor.types import Completion, Document, Extraction, Mode, Request, Usage

FILLER = "The tide came and went, and nobody wrote it down. "
PARTS = Options(strategy="map-reduce", chunk_tokens=200, context_tokens=0)


@dataclass
class Reader:
    """Answers by what the request shows; keeps the requests."""

    answer: Callable[[str], Any]
    id: str = "scripted:reader"
    modes: tuple[Mode, ...] = ("grammar",)
    slots: int = 1
    shown: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    async def generate(self, request: Request) -> Completion:
        self.requests.append(request)
        self.shown.append(request.messages[-1].content if len(request.messages) < 3 else request.messages[1].content)
        found = self.answer(self.shown[-1])
        if isinstance(found, Exception):
            raise found
        if request.json_schema and isinstance(found, dict):
            found = {name: value for name, value in found.items() if name in request.json_schema["properties"]}
        return Completion(json.dumps(found, ensure_ascii=False), "stop", Usage(10, 0, 5))


def long_text(*facts: str) -> str:
    return "# The log\n\n" + "\n\n".join(f"## Day {at}\n\n{FILLER * 8}{fact}" for at, fact in enumerate(facts, 1))


def run(text: str, spec: Any, engine: Reader, options: Options = PARTS) -> Extraction:
    return asyncio.run(extract(Document("log.txt", text), load(spec), engine, options))


TEXT = long_text("Ann Bell is master.", "The ferry has 120 seats.", "Bo Hale came.", "Ann Bell left in May.")


def people(shown: str) -> Any:
    names = [name for name in ("Ann Bell", "Bo Hale") if name in shown]
    return {"ferry_seats": 120 if "120" in shown else None, "people": [{"name": name} for name in names]}


def test_parts_are_asked_one_by_one_and_joined() -> None:
    engine = Reader(people)
    record = run(TEXT, "ferry_seats int, people[]{name}", engine)
    assert record.ok
    assert record.data == {"ferry_seats": 120, "people": [{"name": "Ann Bell"}, {"name": "Bo Hale"}]}
    assert len(engine.shown) > 2
    assert record.usage.input_tokens == 10 * len(engine.shown)
    assert record.attempts == len(engine.shown)
    span = record.spans["/people/1/name"]  # of the whole document
    assert TEXT[span.start : span.end] == "Bo Hale"
    assert record.notes[""] == f"asked about in {len(engine.shown)} parts"


def test_the_record_says_in_which_mode_its_parts_were_asked() -> None:
    class Learning(Reader):
        async def honoured(self) -> tuple[Mode, ...]:
            return ("prompt",)

    engine = Learning(people, modes=("grammar", "prompt"))
    record = run(TEXT, "ferry_seats int?, people[]{name}", engine)
    assert record.mode == "prompt"
    assert record.ok


def test_a_part_shows_what_it_stands_under() -> None:
    engine = Reader(people)
    options = replace(PARTS, context_tokens=20)
    run(f"---\ntitle: Log of 1932\n---\n\n{TEXT}", "ferry_seats int, people[]{name}", engine, options)
    assert all("title: Log of 1932" in shown for shown in engine.shown)
    assert "The log" in engine.shown[-1]


def test_every_word_of_the_document_is_shown() -> None:
    engine = Reader(people)
    run(TEXT, "ferry_seats int?, people[]{name}", engine)
    assert all(any(f"## Day {day}" in shown for shown in engine.shown) for day in range(1, 5))


def test_what_no_part_has_is_asked_for_once_more_with_passages_about_it() -> None:
    engine = Reader(
        lambda shown: {"/ferry_seats": 120} if len(engine.shown) > 4 else people(shown) | {"ferry_seats": None}
    )
    record = run(TEXT, "ferry_seats int, people[]{name}", engine)
    assert record.notes[""] == "asked about in 4 parts"
    assert "The ferry has 120 seats." in engine.shown[4]
    assert record.ok
    assert record.data["ferry_seats"] == 120
    assert TEXT[record.spans["/ferry_seats"].start :].startswith("120")


def test_a_text_that_is_not_long_is_asked_as_a_whole() -> None:
    for options in (Options(), Options(strategy="whole", chunk_tokens=50), Options(strategy="map-reduce")):
        engine = Reader(people)
        record = run(TEXT, "ferry_seats int, people[]{name}", engine, options)
        assert len(engine.shown) == 1
        assert "" not in record.notes


def test_auto_asks_in_parts_where_the_whole_is_too_long() -> None:
    def answer(shown: str) -> Any:
        return PromptTooLong("prompt too long") if len(shown) > 900 else people(shown)

    engine = Reader(answer)
    record = run(TEXT, "ferry_seats int, people[]{name}", engine, Options(chunk_tokens=300, context_tokens=0))
    assert record.ok
    assert record.data == {"ferry_seats": 120, "people": [{"name": "Ann Bell"}, {"name": "Bo Hale"}]}
    whole = run(TEXT, "ferry_seats int, people[]{name}", Reader(answer), Options(strategy="whole"))
    assert [problem.kind for problem in whole.errors] == ["PromptTooLong"]


def test_parts_that_differ_are_told() -> None:
    engine = Reader(lambda shown: {"port": "Hull" if "Day 1" in shown else "Leith"})
    record = run(TEXT, "port str", engine)
    assert record.data == {"port": "Leith"}
    hull, leith = record.conflicts["/port"]
    assert (hull.value, hull.parts, leith.value) == ("Hull", 1, "Leith")
    assert leith.parts > 1


def test_a_part_that_fails_is_told_and_the_others_are_kept() -> None:
    def answer(shown: str) -> Any:
        return EngineUnavailable("no answer in time") if "Day 3" in shown else people(shown)

    record = run(TEXT, "ferry_seats int?, people[]{name}", Reader(answer))
    assert {"name": "Ann Bell"} in record.data["people"]
    assert not record.ok
    assert str(record.errors[0]).endswith("no answer in time")
    assert "the part from " in str(record.errors[0])
    nothing = run(TEXT, "ferry_seats int?", Reader(lambda _: EngineUnavailable("no answer in time")))
    assert nothing.data is None
    assert len(nothing.errors) > 2


def test_texts_that_the_model_worded_become_one() -> None:
    first = "The log tells of a ferry with many seats, and of the tide that came and went."
    second = "Ann Bell, the master of the ferry, left the town in May, as the log says."

    def answer(shown: str) -> Any:
        if first in shown and second in shown:
            return {"summary": "A log of a ferry and its master, who left in May."}
        return {"summary": first if "Day 1" in shown else second}

    record = run(TEXT, "summary str", Reader(answer))
    assert record.data == {"summary": "A log of a ferry and its master, who left in May."}
    assert record.support["/summary"]


@pytest.mark.parametrize("is_unanswered", [True, False])
def test_where_no_text_is_made_of_several_that_is_an_error_and_all_of_them_are_kept(is_unanswered: bool) -> None:
    first = "The log tells of a ferry with many seats, and of the tide that came and went."
    second = "Ann Bell, the master of the ferry, left the town in May, as the log says."

    def answer(shown: str) -> Any:
        if first in shown and second in shown:
            return EngineUnavailable("no answer in time") if is_unanswered else {"summary": ""}
        return {"summary": first if "Day 1" in shown else second}

    record = run(TEXT, "summary str", Reader(answer))
    assert record.data == {"summary": first}
    assert {one.value for one in record.conflicts["/summary"]} == {first, second}
    (problem,) = record.errors
    why = "no answer in time" if is_unanswered else "the answer is empty"
    assert (problem.pointer, problem.message) == ("/summary", f"no text was made of those of the parts: {why}")


def test_a_model_for_which_all_is_too_long_is_asked_a_few_times() -> None:
    engine = Reader(lambda _: PromptTooLong("prompt too long"))
    text = long_text(*(f"The port is {at}." for at in range(60)))
    record = run(text, "port str, seats int", engine, Options(chunk_tokens=500))
    assert [problem.kind for problem in record.errors] == ["PromptTooLong"]
    assert len(engine.shown) < 12


def test_passages_that_are_too_long_for_the_model_become_fewer() -> None:
    def answer(shown: str) -> Any:
        return PromptTooLong("prompt too long") if len(shown) > 2_500 else {"port": "Hull"}

    engine = Reader(answer)
    text = long_text(*(f"The port is {at}." for at in range(60)))
    record = run(text, "port str", engine, Options(chunk_tokens=2_000))
    assert (record.ok, record.data) == (True, {"port": "Hull"})
    assert len(engine.shown) > 1


@pytest.mark.parametrize(("way", "count"), [("all", 24), ("union", 2)])
def test_equal_rows_of_other_places_are_kept_where_it_is_asked_for(way: str, count: int) -> None:
    text = "\n\n".join(f"## Day {day}\n\n{FILLER}\n\n- Coffee 3.50\n- Cake 2.25" for day in range(1, 13))
    row = {"type": "object", "properties": {"item": {"type": "string"}, "price": {"type": "number"}}}
    rows = {"type": "array", "items": {**row, "required": ["item", "price"]}, "x-merge": way}

    def answer(shown: str) -> Any:
        found = re.findall(r"(?m)^- (\w+) ([\d.]+)$", shown)
        return {"lines": [{"item": item, "price": float(price)} for item, price in found]}

    options = Options(strategy="map-reduce", chunk_tokens=120, context_tokens=30)
    engine = Reader(answer)
    record = run(text, {"type": "object", "properties": {"lines": rows}, "required": ["lines"]}, engine, options)
    assert record.ok
    assert len(engine.requests) > 2
    assert sum(shown.count("Cake") for shown in engine.shown) > 12  # some rows are shown twice
    assert len(record.data["lines"]) == count
    assert [row["item"] for row in record.data["lines"][:2]] == ["Coffee", "Cake"]


@pytest.mark.parametrize(
    ("heading", "spec", "is_once"),
    [
        ("## Abstract", {"text": {"type": "string", "description": "The summary or abstract."}}, True),
        ("ABSTRACT.", {"abstract": {"type": "string", "description": "An overview."}}, True),
        ("**Summary:** The ferry sails.", {"summary": {"type": "string"}}, True),
        ("1. 摘　要", {"摘要": {"type": "string"}}, True),
        ("Abstract art hangs there", {"abstract": {"type": "string", "description": "An overview."}}, False),
        ("## Abstract", {"summary": {"type": "string"}}, False),  # it may be asked for in a form of its own
        ("## Summary\n\nOne.\n\n## Summary", {"summary": {"type": "string"}}, False),  # of chapters
        ("## Stages", {"stages": {"type": "array", "items": {"type": "string"}}}, False),
        ("## Stages", {"keywords": {"type": "array", "items": {"type": "string"}}}, True),  # of all of it, once
    ],
)
def test_a_summary_that_the_document_has_is_not_made_of_parts(heading: str, spec: Any, is_once: bool) -> None:
    text = "# The log\n\n" + heading + "\n\nThe ferry sails.\n\n" + long_text(*["It is late."] * 50)
    engine = Reader(lambda _: {name: "It sails." if one["type"] == "string" else [] for name, one in spec.items()})
    record = run(text, {"type": "object", "properties": spec}, engine, Options(chunk_tokens=1_000))
    assert record.ok
    assert (len(engine.requests) == 1) is is_once
    assert "The ferry sails." in engine.shown[0]


class Crew(BaseModel):
    """A crew."""

    names: Annotated[list[str], Field(min_length=2)]
    master: str


def test_only_the_whole_is_held_to_the_schema_and_its_class() -> None:
    def answer(shown: str) -> Any:
        names = [name for name in ("Ann Bell", "Bo Hale") if name in shown]
        return {"names": names[:1], "master": "Ann Bell" if "is master" in shown else None}

    record = run(TEXT, Crew, Reader(answer))
    assert record.value == Crew(names=["Ann Bell", "Bo Hale"], master="Ann Bell")


def test_what_no_part_has_and_may_be_left_out_is_left_out() -> None:
    item = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    }
    spec = {
        "type": "object",
        "required": ["people"],
        "properties": {"people": {"type": "array", "items": item}, "port": {"type": "string"}},
    }
    names = ("Ann Bell", "Bo Hale")
    engine = Reader(
        lambda shown: {"people": [{"name": name, "age": None} for name in names if name in shown], "port": None}
    )
    record = run(TEXT, spec, engine)
    assert record.ok
    assert record.data == {"people": [{"name": "Ann Bell"}, {"name": "Bo Hale"}]}
    assert len(engine.shown) == 4


def test_the_schema_of_a_part() -> None:
    loose = partial(load(Crew)).json_schema["properties"]
    assert "minItems" not in loose["names"]
    assert {"type": "null"} in loose["master"]["anyOf"]
    people_of = partial(load("people[]{name, age int}")).json_schema["properties"]["people"]["items"]["properties"]
    assert people_of["name"] == {"type": "string"}
    assert {"type": "null"} in people_of["age"]["anyOf"]
    assert partial(load("a str?")).json_schema == load("a str?").json_schema


def test_retrieve_shows_what_is_about_the_schema() -> None:
    engine = Reader(lambda shown: {"ferry_seats": 120 if "120" in shown else None})
    record = run(TEXT, "ferry_seats int?", engine, Options(strategy="retrieve", chunk_tokens=100))
    assert record.data == {"ferry_seats": 120}
    assert len(engine.shown) == 1
    assert TEXT[record.spans["/ferry_seats"].start :].startswith("120")


def test_options_that_are_none() -> None:
    with pytest.raises(UsageError, match="strategy 'all' is none"):
        Options(strategy="all")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="chunk_tokens"):
        Options(chunk_tokens=10)


# --- fields, portions, passes, what is known already ---


def test_auto_asks_for_lists_by_parts_and_for_the_rest_by_passages() -> None:
    engine = Reader(people)
    long = long_text(*["Ann Bell is master."] + [f"It rained on day {day}." for day in range(80)], "It has 120 seats.")
    record = run(long, "ferry_seats int, people[]{name}", engine, Options(chunk_tokens=2_000))
    assert record.ok
    assert record.data == {"ferry_seats": 120, "people": [{"name": "Ann Bell"}]}
    parts = len(engine.shown) - 1
    assert record.notes[""] == f"asked about in {parts} parts, and 1 more question on fields that say one thing"
    assert parts > 3


BIG = ", ".join(f"f{at} str" for at in range(500))


class Clerk(Reader):
    """Says the same of each field; keeps the first messages, which have the document where it comes first."""

    def __init__(self) -> None:
        super().__init__(people)

    async def generate(self, request: Request) -> Completion:
        assert request.json_schema is not None
        self.shown.append(request.messages[0].content)
        return Completion(json.dumps(dict.fromkeys(request.json_schema["properties"], "it")), "stop", Usage(10, 0, 5))


def test_a_schema_that_is_too_much_is_asked_in_portions_with_the_document_first() -> None:
    engine = Clerk()
    record = run("It is it.", BIG, engine, Options())
    assert record.ok
    assert [*record.data] == [f"f{at}" for at in range(500)]
    assert set(record.data.values()) == {"it"}
    assert len(engine.shown) == 3
    assert all("It is it." in shown[:40] for shown in engine.shown)
    assert record.notes[""] == "asked in 3 questions about some of its fields each"
    assert len(record.spans) == 500


@pytest.mark.parametrize(("chunk_tokens", "most"), [(200, 600), (4_000, 8_000)])
def test_portions_are_asked_for_of_the_same_passages(chunk_tokens: int, most: int) -> None:
    """Three groups of fields see three times as much as one, up to a bound: it is read once."""
    text = long_text(*(f"The f{at} is number {at}." for at in range(500)))
    engine = Clerk()
    record = run(text, BIG, engine, Options(strategy="retrieve", chunk_tokens=chunk_tokens))
    assert record.ok
    assert len(engine.shown) == 3
    (shown,) = {content.partition("</text>")[0] for content in engine.shown}
    assert 0.8 * most < weigh_tokens(shown) < 1.2 * most
    assert outlook(load(BIG), Options(strategy="retrieve", chunk_tokens=chunk_tokens), text * 9) == (3, most, 1)


@pytest.mark.parametrize(("lists", "parted"), [(40, 40), (150, 150), (260, 1)])
def test_the_lists_of_a_form_with_very_many_are_asked_for_with_passages(lists: int, parted: int) -> None:
    """A part is asked about four times at most; a summary is made of all parts then too."""
    text = long_text(*(f"The l{at} is number {at}." for at in range(500)), *(["The sea is grey."] * 900))
    spec = f"summary, {', '.join(f'l{at}[]' for at in range(1, lists))}"
    work = asyncio.run(Work.of(Document("a", text), load(spec), Clerk(), Options(chunk_tokens=1_000), None))
    questions = [*work.questions(work.strategy)]
    assert work.strategy == "mixed"
    sought = {name for one in questions if one.is_partial for name in one.schema.json_schema["properties"]}
    assert len(sought) == parted
    assert len(questions) == outlook(load(spec), Options(chunk_tokens=1_000), text)[0]
    assert {field.path[0] for one in questions for field in one.sought} == (
        {f"l{at}" for at in range(1, lists)} if parted == 1 else set()
    )


RECORDS = ", ".join(f"list{at}[]{{a, b, c, d}}" for at in range(8))


@pytest.mark.parametrize(
    ("count", "strategy", "questions"),
    [(20, "auto", 1), (200, "auto", 3), (600, "auto", 8), (600, "whole", 1)],
)
def test_many_lists_of_a_longer_text_are_asked_for_apart(count: int, strategy: Any, questions: int) -> None:
    """Models end lists early that are many; of a short text they are short. `whole` has one question."""
    text = "It rained on that day. " * count
    options, engine = Options(strategy=strategy), Clerk()
    work = asyncio.run(Work.of(Document("a", text), load(RECORDS), engine, options, None))
    asked = [[*one.schema.json_schema["properties"]] for one in work.questions(work.strategy)]
    assert [name for some in asked for name in some] == [f"list{at}" for at in range(8)]
    assert len(asked) == questions == outlook(load(RECORDS), options, text)[0]


@pytest.mark.parametrize(
    ("spec", "groups"),
    [
        # one thing alone is not asked for between two lists
        (
            "title, rows[]{a, b, c, d, e, f}, day, others[]{a, b, c, d, e, f}, place",
            [["title", "day", "place"], ["rows"], ["others"]],
        ),
        # names of different kinds are told apart when all of them are there
        (
            "people[]{name, role?}, rows[]{a, b, c, d, e}, places[]{name, country?}, organisations[]{name, kind?}",
            [["people", "places", "organisations"], ["rows"]],
        ),
        ("people[]{id, name, role, town}, ties[]{one, other, kind, since}", [["people", "ties"]]),  # by their ids
        ("people[]{idea, name, role, town}, ties[]{one, other, kind, since}", [["people"], ["ties"]]),
    ],
)
def test_what_belongs_together_is_asked_for_together(spec: str, groups: list[list[str]]) -> None:
    work = asyncio.run(Work.of(Document("a", "It rained on that day. " * 600), load(spec), Clerk(), Options(), None))
    assert work.strategy == "whole"
    assert [[*one.schema.json_schema["properties"]] for one in work.questions("whole")] == groups
    assert outlook(load(spec), Options(), work.document.text)[0] == len(groups)


def test_keys_stand_in_the_order_of_the_schema_however_they_were_asked_for() -> None:
    class Scribe(Reader):
        async def generate(self, request: Request) -> Completion:
            assert request.json_schema is not None
            self.shown.append("")
            asked = request.json_schema["properties"]
            said = {name: [dict.fromkeys("abcdef", "it")] if "s" in name else "it" for name in asked}
            return Completion(json.dumps(said), "stop", Usage(10, 0, 5))

    spec = "title, rows[]{a, b, c, d, e, f}, day, others[]{a, b, c, d, e, f}, place"
    engine = Scribe(people)
    record = run("It rained on that day. " * 600, spec, engine, Options())
    assert len(engine.shown) == 3
    assert record.ok
    assert [*record.data] == ["title", "rows", "day", "others", "place"]


def test_without_retries_nothing_is_asked_again_of_several_questions_either() -> None:
    class Once(Reader):
        async def generate(self, request: Request) -> Completion:
            found = await Reader.generate(self, request)
            return replace(found, text="nonsense") if len(self.requests) == 2 else found

    spec = "rows[]{a, b, c, d, e, f}, others[]{a, b, c, d, e, f}"
    engine = Once(lambda _: {"rows": [], "others": []})
    record = run("It rained on that day. " * 600, spec, engine, Options(retries=0))
    assert len(engine.shown) == 2
    assert not record.ok
    assert any("the answer is not JSON" in one.message for one in record.errors)


def test_who_wants_nothing_taken_out_has_it_of_parts_too() -> None:
    text = "It rained on that day. " * 600
    spec = "site?, rows[]{a, b, c, d, e, f}, others[]{a, b, c, d, e, f}"

    class Maker(Reader):
        async def generate(self, request: Request) -> Completion:
            assert request.json_schema is not None
            names = request.json_schema["properties"]
            said = {name: "https://made.up.example" if name == "site" else [] for name in names}
            return Completion(json.dumps(said), "stop", Usage(10, 0, 5))

    for ground, site in (("off", "https://made.up.example"), ("report", None)):
        record = run(text, spec, Maker(people), Options(ground=ground))  # type: ignore[arg-type]
        assert record.data == {"site": site, "rows": [], "others": []}
        assert ("/site" in record.notes) is (site is None)


@pytest.mark.parametrize(("lists", "times"), [(2, 2), (8, 4), (20, 4), (40, 5)])
def test_a_part_is_asked_about_four_times_at_most_for_long_lists(lists: int, times: int) -> None:
    """Two are asked for one by one; of many each is taken to be shorter."""
    spec = ", ".join(f"list{at}[]{{a, b, c, d, e, f}}" for at in range(lists))
    options = Options(strategy="map-reduce")
    work = asyncio.run(Work.of(Document("a", "It rained on that day. " * 600), load(spec), Clerk(), options, None))
    questions = [*work.questions("map-reduce")]
    assert len({one.own for one in questions}) * times == len(questions)
    assert len(questions) == outlook(load(spec), options, work.document.text)[0]


@pytest.mark.parametrize(
    ("mode", "called"),
    [("grammar", "/people/-"), ("prompt", "people")],  # as asked, and as models without a grammar answer
)
def test_passes_ask_for_what_lists_lack_until_nothing_comes(mode: Mode, called: str) -> None:
    rounds = [["Ann Bell"], ["Bo Hale", "ANN BELL"], []]

    def answer(_: str) -> Any:
        names = rounds[len(engine.shown) - 1]
        return {"people": names} if len(engine.shown) == 1 else {called: names}

    engine = Reader(answer, modes=(mode,))
    record = run("Ann Bell met Bo Hale.", "people[]", engine, Options(passes=9))
    assert record.data == {"people": ["Ann Bell", "Bo Hale"]}
    assert len(engine.shown) == 3
    assert record.notes == {"/people": "1 more item came when asked for"}
    engine = Reader(answer)
    assert run("Ann Bell met Bo Hale.", "people[]", engine).data == {"people": ["Ann Bell"]}


def test_how_many_items_came_is_told_of_all_parts_together() -> None:
    text = long_text(*(f"Ann{day} met Bo{day} and Cy{day}. {FILLER * 2}" for day in range(4)))

    def answer(shown: str) -> Any:
        names = re.findall(r"(?:Ann|Bo|Cy)\d", shown)
        return {"people": names[:1], "/people/-": names[1:]}

    record = run(text, "people[]", Reader(answer), replace(PARTS, passes=2))
    assert len(record.data["people"]) == 12
    assert record.notes["/people"] == "8 more items came when asked for"


@pytest.mark.parametrize(
    ("notes", "told"),
    [
        (["3 more items came when asked for"] * 4, "12 more items came when asked for"),
        (["1 repeated item dropped", "2 repeated items dropped; x"], "3 repeated items dropped; x"),
        (["went round in circles: 4 items dropped"] * 2, "went round in circles: 8 items dropped"),
        (["1 repeated item dropped", "1 more item came"], "1 repeated item dropped; 1 more item came"),
        (["stopped at 64 items, our own bound"] * 2, "stopped at 64 items, our own bound"),
        (["'5' is written '05' in the text"] * 2, "'5' is written '05' in the text"),
    ],
)
def test_notes_of_parts_are_told_once_and_their_items_added_up(notes: list[str], told: str) -> None:
    assert added_up(notes) == told


def test_conflicts_have_the_places_of_every_value() -> None:
    text = long_text("The port is Hull.", "It rained.", "The port is Leith.")
    engine = Reader(lambda shown: {"port": next((port for port in ("Hull", "Leith") if port in shown), None)})
    record = run(text, "port str", engine)
    told = [(one.value, [text[span.start : span.end] for span in one.spans]) for one in record.conflicts["/port"]]
    assert told == [("Hull", ["Hull"]), ("Leith", ["Leith"])]
    assert record.to_dict()["conflicts"]["/port"][1]["spans"][0].keys() == {"start", "end", "match"}


@pytest.mark.parametrize("ground", ["report", "off"])
def test_what_every_part_shows_of_the_beginning_counts_once(ground: Any) -> None:
    """The beginning of a text stands in each part, and the end of one part in the next."""
    text = f"The cost is 100. The port is Hull.\n\n{long_text('The port is Leith.', 'The cost is 7.', 'It rained.')}"

    def answer(shown: str) -> Any:
        costs = [cost for cost in (7, 100) if f"cost is {cost}." in shown]
        port = next((port for port in ("Leith", "Hull") if port in shown), None)
        return {"total": costs[0] if costs else None, "port": port, "now": port}

    total = {"type": "integer", "x-merge": "sum"}
    now = {"type": "string", "x-merge": "last"}
    spec = {"type": "object", "properties": {"total": total, "port": {"type": "string"}, "now": now}}
    options = replace(PARTS, context_tokens=40, ground=ground)
    record = run(text, spec, Reader(answer), options)
    assert record.data == {"total": 107, "port": "Hull", "now": "Leith"}
    hull, leith = record.conflicts["/port"]
    assert (hull.parts, leith.parts) == (1, 1)
    assert bool(record.spans) == bool(hull.spans) == (ground == "report")


def sold(shown: str) -> Any:
    """What the last of some lines says: "They sold 3 ropes."""
    return {"sold": next((int(one) for one in re.findall(r"sold (\d)", shown)[::-1]), None)}


def test_equal_numbers_of_several_parts_are_several_statements() -> None:
    days = [
        f"## Day {name}\n\n{FILLER * 170}They sold {number} ropes."
        for name, number in zip("abcd", (2, 3, 2, 3), strict=True)
    ]
    text = "\n\n".join(("# The log of 2 ferries, May 3", *days))
    spec = {"properties": {"sold": {"type": "integer", "x-merge": "sum"}}, "required": ["sold"]}
    assert run(text, spec, Reader(sold), Options()).data == {"sold": 10}


def test_what_most_parts_say_counts_though_the_title_has_it_too() -> None:
    text = "# Log 5\n\n" + long_text(*(f"sold {number}." for number in (5, 5, 5, 4, 4)))
    record = run(text, "sold int", Reader(sold), replace(PARTS, context_tokens=5))
    assert record.data == {"sold": 5}
    assert [(one.value, one.parts, len(one.spans)) for one in record.conflicts["/sold"]] == [(5, 3, 3), (4, 2, 2)]


def test_a_record_that_is_shown_by_two_parts_stays_one_though_a_word_of_it_is_said_again() -> None:
    row = {"type": "object", "properties": {"who": {"type": "string"}, "paid": {"type": "integer"}}}
    spec = {"properties": {"rows": {"type": "array", "items": row, "x-merge": "all"}}, "required": ["rows"]}

    def rows(shown: str) -> Any:
        return {"rows": [{"who": who, "paid": int(paid)} for who, paid in re.findall(r"(Ann|Bo) paid (\d)", shown)]}

    text = long_text("Ann paid 3.", "Berth 3 is free.", "Bo paid 3.", "Nobody came.")
    engine = Reader(rows)
    record = run(text, spec, engine)
    assert sum("Ann paid 3" in shown for shown in engine.shown) > 1  # at the end of its part, and before the next
    assert record.data == {"rows": [{"who": "Ann", "paid": 3}, {"who": "Bo", "paid": 3}]}


def test_a_part_whose_answer_is_cut_off_is_asked_about_in_halves() -> None:
    class Short(Reader):
        async def generate(self, request: Request) -> Completion:
            found = await Reader.generate(self, request)
            is_much = sum(name in self.shown[-1] for name in names) > 2
            return replace(found, text=found.text[:25], finish_reason="length") if is_much else found

    names = ["Ann Bell", "Bo Hale", "Cy Moss", "Di Kay"]
    text = long_text("Nobody.", " ".join(f"{name} was here. {FILLER * 3}" for name in names), "Nobody.")
    engine = Short(lambda shown: {"people": [{"name": name} for name in names if name in shown]})
    record = run(text, "people[]{name}", engine)
    assert record.ok
    assert {one["name"] for one in record.data["people"]} == {*names}


def test_what_a_failed_question_was_about_is_no_error_where_it_is_there_in_the_end() -> None:
    class Once(Reader):
        async def generate(self, request: Request) -> Completion:
            found = await Reader.generate(self, request)
            return replace(found, text="nonsense") if len(self.requests) == 2 else found

    line = {"type": "object", "properties": {f"f{at}": {"type": "string"} for at in range(6)}, "required": ["f0"]}
    names = {f"l{at}": {"type": "array", "items": line} for at in range(30)}
    spec = {"type": "object", "properties": names, "required": [*names]}
    again = {f"/l{at}": [{"f0": "Ann Bell"}] for at in range(30)}
    engine = Once(lambda _: {name: [{"f0": "Ann Bell"}] for name in names} | again)
    record = run(TEXT, spec, engine, Options(retries=1))
    assert record.data.keys() == names.keys()
    assert record.ok

    engine = Once(lambda _: {name: [{"f0": "Ann Bell"}] for name in names})
    *_, problem = run(TEXT, spec, engine, Options(retries=0)).errors
    assert problem.message.startswith("l5, l6, l7, l8 …: the answer is not JSON")


def test_what_was_reckoned_stands_nowhere_and_the_last_value_in_its_place() -> None:
    text = long_text("sold 3 (open)", "sold 3 (shut)", "sold 7 (open)", "It rained.")
    spec = {
        "sold": {"type": "integer", "x-merge": "sum"},
        "state": {"type": "string", "x-merge": "last"},
    }

    def answer(shown: str) -> Any:
        found = re.findall(r"sold (\d) \((\w+)\)", shown)
        return {"sold": int(found[-1][0]), "state": found[-1][1]} if found else {"sold": None, "state": None}

    record = run(text, {"type": "object", "properties": spec, "required": [*spec]}, Reader(answer))
    assert record.data == {"sold": 13, "state": "open"}
    assert record.spans.keys() == {"/state"}
    assert record.spans["/state"].start == text.rindex("open")
    assert record.ungrounded == {}


def test_nested_texts_that_the_model_worded_become_one_too() -> None:
    first = "The log tells of a ferry with many seats, and of the tide that came and went."
    second = "Ann Bell, the master of the ferry, left the town in May, as the log says."

    def answer(shown: str) -> Any:
        if first in shown and second in shown:
            return {"account": "A log of a ferry and its master, who left in May."}
        return {"people": [{"name": "Ann", "account": first if "Day 1" in shown else second}]}

    record = run(TEXT, "people[]{name, account}", Reader(answer))
    assert record.data == {"people": [{"name": "Ann", "account": "A log of a ferry and its master, who left in May."}]}
    assert record.support["/people/0/account"]


@pytest.mark.parametrize("is_alone", [True, False])
def test_texts_without_a_name_that_the_model_worded_become_one_too(is_alone: bool) -> None:
    """A text may be the whole record, or stand in a list each of whose places means something."""
    first = "The log tells of a ferry with many seats, and of the tide that came and went."
    second = "Ann Bell, the master of the ferry, left the town in May, as the log says."
    one = "A log of a ferry and its master, who left in May."

    def answer(shown: str) -> Any:
        if first in shown and second in shown:
            return {"text": one}
        worded = first if "Day 1" in shown else second
        return worded if is_alone else [worded, "log"]

    text = {"type": "string"}
    listed = {"type": "array", "prefixItems": [text, text], "items": False, "minItems": 2}
    record = run(TEXT, text if is_alone else listed, Reader(answer))
    assert record.ok
    assert record.data == (one if is_alone else [one, "log"])
    assert record.support["" if is_alone else "/0"]


def test_a_long_text_is_shown_as_its_parts_are_answered() -> None:
    steps, grown = [], []
    options = replace(PARTS, on_partial=grown.append, on_part=lambda *step: steps.append(step))
    engine = Reader(people)
    record = run(TEXT, "ferry_seats int, people[]{name}", engine, options)
    assert steps == [("log.txt", at, 4) for at in range(1, 5)]
    assert grown[0] == {"ferry_seats": None, "people": [{"name": "Ann Bell"}]}
    assert grown[-1].keys() == record.data.keys()
    whole = run(TEXT, "ferry_seats int, people[]{name}", Reader(people), replace(options, strategy="whole"))
    assert whole.data == record.data
    assert len(steps) == 4


def test_what_is_shown_of_a_long_text_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    from extractor.long import joining

    def slow(*given: Any) -> Any:
        time.sleep(0.1)
        return merge(*given)

    grown: list[Any] = []
    monkeypatch.setattr(joining, "merge", slow)
    run(TEXT, "ferry_seats int, people[]{name}", Reader(people), replace(PARTS, on_partial=grown.append))
    assert len(grown) == 1


@dataclass
class Notes:
    """What is known of parts."""

    kept: dict[str, Extraction] = field(default_factory=dict)

    def get(self, key: str) -> Extraction | None:
        return self.kept.get(key)

    def put(self, key: str, record: Extraction) -> None:
        self.kept[key] = record


def test_parts_that_are_known_are_not_asked_again() -> None:
    def failing(shown: str) -> Any:
        if "Day 3" in shown:
            raise asyncio.CancelledError
        return people(shown)

    memo, spec = Notes(), load("ferry_seats int?, people[]{name}")
    document = Document("log.txt", TEXT)
    first, second = Reader(failing), Reader(people)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(extract(document, spec, first, PARTS, memo))
    record = asyncio.run(extract(document, spec, second, PARTS, memo))
    assert record.ok
    assert len(memo.kept) == 4
    assert 0 < len(first.shown) - 1 == 4 - len(second.shown)
    third = Reader(people)
    assert asyncio.run(extract(document, spec, third, PARTS, memo)).data == record.data
    assert third.shown == []


def test_the_size_of_parts_is_in_tokens_of_the_engine() -> None:
    class Counting(Reader):
        async def count_tokens(self, messages: Any) -> int:
            return sum(len(message.content) for message in messages)  # four times what is estimated

    engine, coarse = Reader(people), Counting(people)
    options = replace(PARTS, chunk_tokens=400)
    run(TEXT, "ferry_seats int?, people[]{name}", engine, options)
    run(TEXT, "ferry_seats int?, people[]{name}", coarse, options)
    assert len(coarse.shown) > 2 * len(engine.shown)


# --- lists that our own bound stops ---


def batches(*sizes: int) -> Callable[[str], Any]:
    """An engine's answers: so many names each time, none of them twice."""
    left = [*sizes]
    given = iter(f"Name {number}" for number in range(10_000))

    def answer(_: str) -> Any:
        names = [next(given) for _ in range(left.pop(0))]
        return {"people": names, "/people/-": names}

    return answer


def test_a_list_that_is_stopped_by_our_own_bound_goes_on() -> None:
    engine = Reader(batches(64, 64, 10))
    record = run("Many came.", "people[]", engine)
    assert record.ok
    assert record.data == {"people": [f"Name {number}" for number in range(138)]}
    assert len(engine.shown) == 3
    assert record.notes == {"/people": "74 more items came when asked for"}


def test_a_full_list_to_which_nothing_comes_is_done() -> None:
    engine = Reader(batches(64, 0))
    record = run("Many came.", "people[]", engine)
    assert len(record.data["people"]) == 64
    assert len(engine.shown) == 2
    assert record.notes == {"/people": "stopped at 64 items, our own bound (max_length in the schema replaces it)"}


def test_a_list_of_the_same_does_not_go_on() -> None:
    engine = Reader(lambda _: {"people": ["Ann Bell", "Bo Hale"] * 32})
    record = run("Many came.", "people[]", engine)
    assert len(engine.shown) == 1
    assert record.data == {"people": ["Ann Bell", "Bo Hale"]}
    assert record.notes["/people"] == "went round in circles: 62 items dropped"


def test_a_list_that_goes_on_for_ever_ends() -> None:
    engine = Reader(batches(*[64] * 100))
    record = run("Many came.", "people[]", engine)
    assert len(engine.shown) == 33
    assert len(record.data["people"]) == 33 * 64
    assert record.ok


def test_a_record_is_of_the_users_schema_whatever_was_asked() -> None:
    spec = {"type": "object", "properties": {"ship": {"type": "object", "properties": {"port": {"type": "string"}}}}}
    engine = Reader(lambda _: {"ship": {"port": "Hull"}})
    record = run("The ship is in Hull.", spec, engine)
    assert record.schema == load(spec).id
    assert record.data == {"ship": {"port": "Hull"}}
    assert engine.requests[0].json_schema["required"] == ["ship"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("strategy", "questions", "shown", "records"),
    [
        ("auto", 41, 2_000 + 49_658 + 40 * 200, (1 + 40 * 4) / 5),  # a list is thought to have four
        ("whole", 1, 49_658, 1),
        ("retrieve", 1, 2_000, 1),
        ("map-reduce", 40, 49_658 + 40 * 200, 40),
    ],
)
def test_the_outlook_on_a_long_text(strategy: Any, questions: int, shown: int, records: float) -> None:
    """Each chapter is a part, as two are more than one may have; 200 tokens are shown again with each."""
    text = "".join(f"# Chapter {at}\n\n{'The ferry left the quay at nine. ' * 150}\n\n" for at in range(40))
    schema, options = load("port, people[]"), Options(strategy=strategy)
    found = outlook(schema, options, text)
    work = asyncio.run(Work.of(Document("a", text), schema, Clerk(), options, None))
    assert found[0] == questions == len([*work.questions(work.strategy)])
    assert found == (questions, shown, records)


def test_the_outlook_on_a_short_text() -> None:
    assert outlook(load("port, people[]"), Options(), "The sea. " * 50)[0] == 1
    assert outlook(load(BIG), Options(), "The sea. " * 50)[0] == 3
