"""What models get wrong in YAML, XML and CSV: read where one thing can be meant, and told; else an error."""

from __future__ import annotations

import time
from contextlib import suppress
from textwrap import indent
from typing import Any

import pytest
from pydantic import BaseModel
from scripted import record, schema_of

from extractor.encoders import encode, read
from extractor.errors import ParseError
from extractor.schema import load
from extractor.types import Encoding


class Part(BaseModel):
    sku: str
    qty: int | None = None


class Order(BaseModel):
    buyer: str
    note: str | None = None
    parts: list[Part] = []


class Tagged(BaseModel):
    buyer: str
    tags: list[str] = []


ORDER, TAGGED = load(Order), load(Tagged)
ANN = {"buyer": "Ann", "note": "ok"}
TWO = [{"sku": "x", "qty": 2}, {"sku": "y", "qty": 3}]


def both(form: Encoding, text: str, schema: Any, value: Any) -> str:
    """The notes of what is read as a value."""
    found = read(text, schema, form)
    assert found.values == (value,)
    return "; ".join(found.notes)


@pytest.mark.parametrize(
    ("text", "told"),
    [("<order><buyer>Ann<buyer><note>ok<note></order>", "<buyer> without its slash"),
     ("<order>\n<buyer>Ann<buyer>\n<note>ok<note>\n<order>", "<order> without its slash"),
     ("<order><buyer>Ann</byer><note>ok</note></order>", "</byer> is read as the end of <buyer>"),
     ("<order><buyer>Ann</note><note>ok</note></order>", "</note> is read as the end of <buyer>"),
     ("<order><buyer>Ann</><note>ok</></order>", "</> is read as the end of <note>"),
     ("<order><buyer>Ann</buyer><note>ok</ note></order>", "</ note> is read as the end of <note>"),
     ("<order><Buyer>Ann</Buyer><note>ok</note></order>", "<Buyer> is read as <buyer>")],
)  # fmt: skip
def test_tags_that_are_written_wrongly(text: str, told: str) -> None:
    assert told in both("xml", text, ORDER, ANN)


@pytest.mark.parametrize(
    "text",
    ["<order><buyer>Ann <buyer> Lee</buyer></order>", "<order><buyer>Ann<buyer>Bo<buyer></order>",
     "<order><buyer>the <note> tag</buyer><note>ok</note></order>",
     "<order><parts><item><sku>x</sku><qty>2</qty><sku>y</sku></item></parts></order>",
     "<order><parts><sku>x</sku><sku>y</sku><qty>3</qty></parts></order>",
     "<order><parts><sku>x</sku><qty>2</qty><qty>3</qty></parts></order>"],
)  # fmt: skip
def test_elements_that_can_be_meant_in_several_ways(text: str) -> None:
    with pytest.raises(ParseError, match=r"not sure|stands within"):
        read(text, ORDER, "xml")


@pytest.mark.parametrize(
    ("inner", "told"),
    [("<parts><sku>x</sku><qty>2</qty><sku>y</sku><qty>3</qty></parts>", "read as 2 records"),
     ("<item><sku>x</sku><qty>2</qty></item><item><sku>y</sku><qty>3</qty></item>", "read as one of <parts>"),
     ("<parts><item><sku>x</sku><qty>2</qty><item><sku>y</sku><qty>3</qty><item></parts>", "<item> without its slash")],
)  # fmt: skip
def test_records_whose_tags_are_missing(inner: str, told: str) -> None:
    assert told in both("xml", f"<order><buyer>Ann</buyer>{inner}</order>", ORDER, {"buyer": "Ann", "parts": TWO})


@pytest.mark.parametrize("inner", ["<tags>a<tags>b", "<tags>a<tags>b<tags>", "<tags>a</tags><tags>b<tags>"])
def test_items_whose_ends_are_missing(inner: str) -> None:
    assert both("xml", f"<tagged><buyer>Ann</buyer>{inner}</tagged>", TAGGED, {"buyer": "Ann", "tags": ["a", "b"]})


def test_entities_of_html_are_read_and_told() -> None:
    text = "<tagged><buyer>Ren&eacute;e &amp;nbsp; AT&T;</buyer></tagged>"
    assert "HTML" in both("xml", text, TAGGED, {"buyer": "Renée &nbsp; AT&T;"})


class Person(BaseModel):
    name: str
    city: str | None = None
    age: int | None = None


PEOPLE = load(list[Person])
ANN_AND_BO = [{"name": "Ann", "city": "Rome", "age": 4}, {"name": "Bo", "city": "Oslo", "age": 5}]


@pytest.mark.parametrize(
    ("text", "told"),
    [("name,city,age\n---,---,---\nAnn,Rome,4\nBo,Oslo,5", "a line of dashes"),
     ("name;city;age\nAnn;Rome;4\nBo;Oslo;5", "delimiter is ';'"),
     ("name\tcity\tage\nAnn\tRome\t4\nBo\tOslo\t5", "delimiter is '\\t'"),
     ("| name | city | age |\n|---|---|---|\n| Ann | Rome | 4 |\n| Bo | Oslo | 5 |", "delimiter is '|'"),
     ("name,city,age\nAnn，Rome，4\nBo,Oslo,5", "delimiter of a line is '，'"),
     ("name,city,age\n“Ann”,“Rome”,4\n“Bo”,Oslo,5", "typographic quotes"),
     ("name,city,age\nAnn,Rome,4\nname,city,age\nBo,Oslo,5", "stands there again"),
     ("Name,CITY,age\nAnn,Rome,4\nBo,Oslo,5", "'Name' is read as 'name'"),
     ("name,city,age\nAnn,Rome,4\nBo,Oslo,5\nNote: Bo moved", "'Note: Bo moved'"),
     ("name,city,age\nAnn,Rome,4\nBo,Oslo,5\nNote: Bo moved, later", "'Note: Bo moved,later'"),
     ("name,city,age\nAnn,Rome,4\nBo,Oslo,5\n...\n", "'...'"),
     ("name,city,age\nAnn,Rome,4\nBo,Oslo,5\n(2 rows)", "'(2 rows)'"),
     ("name,city,age\nAnn,Rome,4\nBo,Oslo,5\n\nI hope this helps", "'I hope this helps'"),
     ("```\nname,city,age\nAnn,Rome,4\nBo,Oslo,5\n```\nNow, it is, done", "'Now,it is,done'")],
)  # fmt: skip
def test_what_stands_in_and_around_tables(text: str, told: str) -> None:
    assert told in both("csv", text, PEOPLE, ANN_AND_BO)


def test_a_comma_in_typographic_quotes_is_none_between_cells() -> None:
    both("csv", "name,city\n“Ann”,“Rome, Italy”", PEOPLE, [{"name": "Ann", "city": "Rome, Italy"}])


def test_typographic_quotes_within_a_cell_in_quotes_are_text() -> None:
    both("csv", 'name,city\n“Ann”,"a,“Rome”,b"', PEOPLE, [{"name": "Ann", "city": "a,“Rome”,b"}])


@pytest.mark.parametrize(
    ("cell", "city"), [(r"A \| B", "A | B"), (r"\|", "|"), (r"C:\x\\", "C:\\x\\\\"), (r"a\b\|", r"a\b|")]
)
def test_an_escaped_bar_is_none_between_cells(cell: str, city: str) -> None:
    both("csv", f"| name | city |\n|---|---|\n| Ann | {cell} |", PEOPLE, [{"name": "Ann", "city": city}])


# What is left as a text is read as a list, or taken as one item, with a note (`coercion`).
@pytest.mark.parametrize(
    ("cell", "tags"),
    [('"[""x"", ""y""]"', '["x", "y"]'), ('"[""x; y"", ""z""]"', '["x; y", "z"]'), ("[]", "[]"), ("[sic] x", "[sic] x"),
     ('"x, y, z"', "x, y, z"), ("x|y", "x|y"), ("x、y", "x、y"), ('"1. x\n2. y"', "1. x\n2. y"), ("x; y", ["x", "y"]),
     ('"x, y; z"', ["x, y", "z"]), ('"""x, y"""', ["x, y"]), ("x", ["x"]), ('"""[x]"""', ["[x]"])],
)  # fmt: skip
def test_a_cell_that_can_be_several_items_stays_a_text(cell: str, tags: Any) -> None:
    assert both("csv", f"buyer,tags\nAnn,{cell}", TAGGED, {"buyer": "Ann", "tags": tags}) == ""


@pytest.mark.parametrize("text", ["x, y, z", '["x", "y"]', "1. x\n2. y"])
def test_an_element_that_can_be_several_items_stays_a_text(text: str) -> None:
    both("xml", f"<r><buyer>Ann</buyer><tags>{text}</tags></r>", TAGGED, {"buyer": "Ann", "tags": text})


SIZED = load("title, year int?, tags[]")


@pytest.mark.parametrize("line", ["A,2,020,x", "A,2,020.50,x", "A,$2,020,x", "A,1999,x,1,234"])
def test_a_number_that_may_be_torn_is_no_value(line: str) -> None:
    with pytest.raises(ParseError, match="two may be one number"):
        read(f"title,year,tags\n{line}", SIZED, "csv")


@pytest.mark.parametrize("line", ["A,2020,x,y", "A,2020,x,1999", "A,2020,12,1234"])
def test_other_cells_too_many_are_those_of_the_last(line: str) -> None:
    found = read(f"title,year,tags\n{line}", SIZED, "csv")
    assert found.values[0]["tags"] == line.split(",")[2:]
    assert "the last are read as one" in found.notes[0]


BAD = "name,city,age\nAnn,Rome,4\nSmith, John,Rome,6\nBo,Oslo,5"


@pytest.mark.parametrize(("schema", "at"), [(PEOPLE, "/1"), (load("people[]{name, city?, age int?}"), "/people/1")])
def test_a_line_with_too_many_cells_costs_the_others_nothing(schema: Any, at: str) -> None:
    found = read(BAD, schema, "csv")
    rows = found.values[0] if at == "/1" else found.values[0]["people"]
    assert rows == [ANN_AND_BO[0], None, ANN_AND_BO[1]]
    told = "a line of the table has 4 cells, not 3: 'Smith,John,Rome,6'"
    assert (found.unread, found.notes) == ({at: told}, (told,))


@pytest.mark.parametrize(
    "text", ["name,city,age\nSmith, John,Rome,6", BAD.replace("Ann,", "Lee, Ann,").replace("Bo,", "B, o,")]
)
def test_a_table_without_any_good_line_is_none(text: str) -> None:
    with pytest.raises(ParseError, match="4 cells, not 3"):
        read(text, PEOPLE, "csv")


def test_a_bad_line_at_the_end_of_a_cut_table_is_not_told_of() -> None:
    found = read("name,city,age\nAnn,Rome,4\nSmith, John,Rome,6\n", PEOPLE, "csv", is_cut=True)
    assert (found.values, found.unread) == (([ANN_AND_BO[0]],), {})


def test_a_header_may_lack_what_may_be_absent() -> None:
    wide = schema_of({"type": "array", "items": record(a={}, **{name: {} for name in "bcdefg"}) | {"required": ["a"]}})
    strict = schema_of({"type": "array", "items": record(a={}, **{name: {} for name in "bcdefg"})})
    rows = {"type": "string"}
    for schema in (wide, strict):
        for node in schema.json_schema["items"]["properties"].values():
            node.update(rows)
    assert "no column 'g'" in both("csv", "A,b\n1,2", wide, [{"a": "1", "b": "2"}])
    with pytest.raises(ParseError, match="no CSV"):
        read("A,b\n1,2", strict, "csv")


@pytest.mark.parametrize("text", ["Full Name,City,Years\nAnn,Rome,4", "Person,Town,Years\nAnn,Rome,4"])
def test_a_header_with_other_names_is_no_record(text: str) -> None:
    with pytest.raises(ParseError, match="other columns") as error:
        read(text, PEOPLE, "csv")
    assert "name,city,age" in str(error.value.hint)


def test_a_second_table_with_other_columns_is_no_record() -> None:
    with pytest.raises(ParseError, match="second header"):
        read("name,city\nAnn,Rome\n\nname,age\nBo,4", PEOPLE, "csv")


def test_a_single_cell_may_be_a_value_of_the_first_column() -> None:
    both("csv", "name,city,age\nAnn\nBo", PEOPLE, [{"name": name, "city": None, "age": None} for name in ("Ann", "Bo")])


@pytest.mark.parametrize(
    ("text", "told"),
    [("Buyer: Ann\nnote: ok", "'Buyer' is read as 'buyer'"),
     ("**buyer**: Ann\nnote: ok", "'**buyer**' is read as 'buyer'"),
     ("buyer: “Ann”\nnote: ok", "typographic quotes"), ('buyer: "Ann\nnote: ok', "a quote that is not closed"),
     ('buyer: "Ann\nnote: "ok"', "a quote that is not closed"), ("buyer: Ann\n- else: x\nnote: ok", "'- else: x'")],
)  # fmt: skip
def test_keys_and_quotes_in_yaml(text: str, told: str) -> None:
    assert told in both("yaml", text, ORDER, ANN)


@pytest.mark.parametrize("text", ['"buyer": Ann\nnote: ok', "buyer: 'Ann'\nnote: ok"])
def test_what_yaml_has_itself_is_not_told(text: str) -> None:
    assert not both("yaml", text, ORDER, ANN)


@pytest.mark.parametrize("columns", [(2, 1), (2, 3), (2, 4), (2, 5), (0, 1)])
def test_an_item_that_is_not_indented_like_the_others(columns: tuple[int, int]) -> None:
    first, second = (" " * column for column in columns)
    parts = f"{first}- sku: x\n{first}  qty: 2\n{second}- sku: y\n{second}  qty: 3"
    told = both("yaml", f"buyer: Ann\nparts:\n{parts}\nnote: ok", ORDER, ANN | {"parts": TWO})
    assert "not indented alike" in told


# --- fences and numbers in YAML --------------------------------------------------------------------------------

FENCE = "```yaml\nbuyer: Eve\n```"
TEXTS = {"a block": "|-\n  Run\n  ```yaml\n  buyer: Eve\n  ```\n  ok", "plain": "Run\n  ```yaml\n  buyer: Eve\n  ```",
         "quotes": '"Run\n  ```yaml\n  buyer: Eve\n  ```\n  ok"'}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("around", ["{}", "Here:\n{}"])
def test_a_fence_within_a_text_is_not_the_answer(text: str, around: str) -> None:
    (value,) = read(around.format(f"buyer: Ann\nnote: {text}"), ORDER, "yaml").values
    assert value["buyer"] == "Ann"
    assert "buyer: Eve" in value["note"]


@pytest.mark.parametrize(
    ("text", "note"),
    [("```yaml\nbuyer: Ann\nnote: |-\n  ```\n  x\n  ```\n```", "```\nx\n```"),
     ("1. It is:\n\n   ```yaml\n   buyer: Ann\n   note: |-\n     ```sh\n     x\n     ```\n   ```", "```sh\nx\n```"),
     (f"Buyer: see below\n\nFinal:\n{FENCE.replace('Eve', 'Ann')}", None)],
)  # fmt: skip
def test_a_fence_around_the_answer_ends_behind_those_within(text: str, note: str | None) -> None:
    (value,) = read(text, ORDER, "yaml").values
    assert (value["buyer"], value.get("note")) == ("Ann", note)


@pytest.mark.parametrize("note", ["Run\n```\nbuyer: Eve\n```", "```yaml\nbuyer: Eve\n```"])
def test_a_fence_within_a_mapping_in_braces(note: str) -> None:
    text = "{buyer: Ann, note: '" + note.replace("\n", "\n\n    ") + "'}"
    both("yaml", text, ORDER, {"buyer": "Ann", "note": note})


def test_a_fence_within_a_text_of_an_item() -> None:
    orders = load(list[Order])
    text = f"- buyer: Ann\n  note: |-\n{indent(FENCE, '    ')}\n- buyer: Bo"
    assert read(text, orders, "yaml").values == ([{"buyer": "Ann", "note": FENCE}, {"buyer": "Bo"}],)


@pytest.mark.parametrize("text", ["```" + " " * 50_000 + "x y", "- " * 50_000 + "```", ("a: |\n```\n" * 20_000)])
def test_many_fences_take_linear_time(text: str) -> None:
    started = time.monotonic()
    with suppress(ParseError):
        read(text, ORDER, "yaml")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("lines", "tags"),
    [("  1. x\n  2. y", ["x", "y"]), ("1. x\n2. y", ["x", "y"]), ("  1) x\n     z\n\n  2) y", ["x z", "y"]),
     ("  1. FC Ulm", "1. FC Ulm"), ("  1. x\n  3. y", "1. x 3. y"), ("  3. May\n  4. May", "3. May 4. May")],
)  # fmt: skip
def test_a_list_with_numbers_in_yaml(lines: str, tags: Any) -> None:
    told = both("yaml", f"buyer: Ann\ntags:\n{lines}", TAGGED, {"buyer": "Ann", "tags": tags})
    assert told == ("a number is read as the dash of a list" if isinstance(tags, list) else "")


def test_records_with_numbers_in_yaml() -> None:
    text = "buyer: Ann\nparts:\n  1. sku: x\n     qty: 2\n  2. sku: y\n     qty: 3"
    both("yaml", text, ORDER, {"buyer": "Ann", "parts": TWO})


# --- escapes, and records without dashes, in YAML --------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "note", "told"),
    [(r"C:\data\x", r"C:\data\x", "escape nothing"), (r"\d+\w", r"\d+\w", "escape nothing"),
     (r"C:\new\data", r"C:\new\data", "escape nothing"), (r"A\_B", "A_B", "YAML lacks"),
     (r"it\'s", "it's", "YAML lacks"),
     (r"50\% \d\n", "50% \\d\n", "YAML lacks"), (r"\e[1m\0", "\x1b[1m\x00", ""), (r"a\tb\x41\u00e9", "a\tbAé", ""),
     (r"\Lx", "\u2028x", "before letters"), (r"\\d \"x\"", '\\d "x"', "")],
)  # fmt: skip
@pytest.mark.parametrize("form", ['buyer: "{}"', '{{buyer: "{}"}}'])
def test_backslashes_in_quotes_in_yaml(form: str, text: str, note: str, told: str) -> None:
    notes = both("yaml", form.format(text), TAGGED, {"buyer": note})
    assert told in notes if told else not notes


LISTED = load("orders[]{buyer, tags[]?}").json_schema["properties"]["orders"]
ORDERS = schema_of(LISTED)


@pytest.mark.parametrize(
    ("text", "values"),
    [("buyer: Ann\ntags: [x]", [{"buyer": "Ann", "tags": ["x"]}]),
     ("buyer: Ann\ntags:\n- x\n- y", [{"buyer": "Ann", "tags": ["x", "y"]}]),
     ("buyer: Ann\n---\nbuyer: Bo", [{"buyer": "Ann"}, {"buyer": "Bo"}]),
     ("```yaml\nbuyer: Ann\n```\n```yaml\nbuyer: Bo\n```", [{"buyer": "Ann"}, {"buyer": "Bo"}]),
     ("Here:\nBuyer: Ann", [{"buyer": "Ann"}])],
)  # fmt: skip
def test_records_of_a_list_without_dashes(text: str, values: list[Any]) -> None:
    found = read(text, ORDERS, "yaml")
    assert [*found.values] == values
    assert "records that are no items of a list" in found.notes


@pytest.mark.parametrize("text", ["buyer: Ann\nbuyer: Bo", "Note: there is none", "I see: nothing"])
def test_records_that_are_not_sure_are_none(text: str) -> None:
    with pytest.raises(ParseError):
        read(text, ORDERS, "yaml")


@pytest.mark.parametrize("text", ["Tags: two\n- buyer: Ann\n- buyer: Bo", "So:\n- buyer: Ann\n- buyer: Bo"])
def test_a_list_of_records_is_one_whatever_stands_before(text: str) -> None:
    assert read(text, ORDERS, "yaml").values == ([{"buyer": "Ann"}, {"buyer": "Bo"}],)


# --- cells, bullets and ellipses in tables ---------------------------------------------------------------------

FILMS = load("films[]{title, count int?, note?}")


@pytest.mark.parametrize(
    ("line", "note", "told"),
    [("A,3,n,", "n", "behind the last column"), ("A,3,n,,", "n", "behind the last column"),
     ('A,3,"say "hi" now"', 'say "hi" now', "not doubled"), ('A,3,""hi" he said"', '"hi" he said', "not doubled"),
     ('A,3,"x" or "y"', '"x" or "y"', "within a cell"), ('A,3,"x', '"x', "not closed"), ("- A,3,n", "n", "bullets"),
     ("A,3,n\n...", "n", "'...'"), ("A,3,n\n...,...,...\n", "n", "an ellipsis"), ("...\nA,3,n", "n", "an ellipsis")],
)  # fmt: skip
def test_what_is_wrong_in_lines_of_a_table(line: str, note: str, told: str) -> None:
    value = {"films": [{"title": "A", "count": 3, "note": note}]}
    assert told in both("csv", f"title,count,note\n{line}", FILMS, value)


def test_a_bullet_of_one_line_only_is_kept_and_told() -> None:
    found = read("title,count,note\n- A,3,n\nB,4,m\n\nThat is all.", FILMS, "csv")
    assert [film["title"] for film in found.values[0]["films"]] == ["- A", "B"]
    assert "a bullet that not all lines of the table have is kept" in found.notes


@pytest.mark.parametrize("title", ["- A", "* A", "...", "…", '"a" b', '"a "b" c"'])
def test_what_would_be_taken_for_a_mark_is_written_in_quotes(title: str) -> None:
    value = {"films": [{"title": title, "count": 3, "note": None}]}
    assert not both("csv", encode(value, FILMS, "csv"), FILMS, value)
