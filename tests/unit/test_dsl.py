"""The inline schema language: what each form means, where an error is seen, and what is a schema at all."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from scripted import quick

from extractor.dsl import MAX_DEPTH, MAX_LENGTH, cells, looks_like_dsl, optional, parse, record
from extractor.errors import SchemaError

STR: dict[str, Any] = {"type": "string"}
INT: dict[str, Any] = {"type": "integer"}
FLOAT: dict[str, Any] = {"type": "number"}
BOOL: dict[str, Any] = {"type": "boolean"}
DATE: dict[str, Any] = {"type": "string", "format": "date"}


def listed(node: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": node}


def chosen(*values: Any, kind: str = "string") -> dict[str, Any]:
    return {"type": kind, "enum": list(values)}


def fault_of(text: str) -> SchemaError:
    with pytest.raises(SchemaError) as caught:
        parse(text)
    return caught.value


# --- what each form means ------------------------------------------------------------------------------------


def test_the_example_of_the_documentation() -> None:
    text = "title, year int, keywords[], category: nlp|vision|rl, doi?, authors[]{name, email?}"
    assert parse(text) == {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "year": {"type": "integer"},
            "keywords": {"type": "array", "items": {"type": "string"}},
            "category": {"type": "string", "enum": ["nlp", "vision", "rl"]},
            "doi": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            "authors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "email": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
                    },
                    "required": ["name"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["title", "year", "keywords", "category", "authors"],
        "additionalProperties": False,
    }
    assert list(parse(text)["properties"]) == ["title", "year", "keywords", "category", "doi", "authors"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", STR),
        ("a str", STR),
        ("a int", INT),
        ("a float", FLOAT),
        ("a bool", BOOL),
        ("a date", DATE),
        ("a  \t int ", INT),
        ("a[]", listed(STR)),
        ("a[] int", listed(INT)),
        ("a int[]", listed(INT)),
        ("a [ ] int", listed(INT)),
        ("a[][]", listed(listed(STR))),
        ("a date[][]", listed(listed(DATE))),
        ("a{b}", record({"b": STR})),
        ("a {b int}", record({"b": INT})),
        ("a[]{b}", listed(record({"b": STR}))),
        ("a[][]{b}", listed(listed(record({"b": STR})))),
        ("a{b{c}}", record({"b": record({"c": STR})})),
        ("a?", optional(STR)),
        ("a ?", optional(STR)),
        ("a? int", optional(INT)),
        ("a int?", optional(INT)),
        ("a?[]", optional(listed(STR))),
        ("a[]?", optional(listed(STR))),
        ("a[]? int", optional(listed(INT))),
        ("a int[]?", optional(listed(INT))),
        ("a[] int?", optional(listed(INT))),
        ("a int?[]", optional(listed(INT))),
        ("a?{b}", optional(record({"b": STR}))),
        ("a{b}?", optional(record({"b": STR}))),
        ("a?[]{b}", optional(listed(record({"b": STR})))),
        ("a[]{b?}?", optional(listed(record({"b": optional(STR)})))),
    ],
)
def test_types_lists_records_and_null(text: str, expected: dict[str, Any]) -> None:
    assert parse(text) == record({"a": expected})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: x|y", chosen("x", "y")),
        ("a:x | y ", chosen("x", "y")),
        ('a: "x"', chosen("x")),
        ("a str: x|y", chosen("x", "y")),
        ("a: two words|it's 5:30 [sic]", chosen("two words", "it's 5:30 [sic]")),
        ('a: "x|y"|"{,#}"|"\\"\\u4e2d\\n"', chosen("x|y", "{,#}", '"中\n')),
        ('a: 5" pipe|x', chosen('5" pipe', "x")),
        ('a: "yes?"|"int"', chosen("yes?", "int")),
        ('a: "int"', chosen("int")),
        ("a: int|float", chosen("int", "float")),
        ("a: x|null", chosen("x", "null")),
        ("a int: 1|-2|+3", chosen(1, -2, 3, kind="integer")),
        ("a float: 1|2.5|.5|1e3", chosen(1.0, 2.5, 0.5, 1000.0, kind="number")),
        ("a[]: x|y", listed(chosen("x", "y"))),
        ("a int[]: 1|2", listed(chosen(1, 2, kind="integer"))),
        ("a?: x|y", optional(chosen("x", "y"))),
        ("a[]?: x|y", optional(listed(chosen("x", "y")))),
        ("a int?: 1|2", optional(chosen(1, 2, kind="integer"))),
    ],
)
def test_choices(text: str, expected: dict[str, Any]) -> None:
    found = parse(text)
    assert found == record({"a": expected})
    assert json.dumps(found) == json.dumps(record({"a": expected}))  # 1 is not 1.0 and not True


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b", ["a", "b"]),
        ("a\nb", ["a", "b"]),
        ("a,\nb", ["a", "b"]),
        ("a\n,b", ["a", "b"]),
        ("\n\n a , \n\n b ,\n\n", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("{a, b}", ["a", "b"]),
        ("{\n  a\n  b,\n}\n", ["a", "b"]),
        ("int, str int, date date", ["int", "str", "date"]),
        ("标题，Überschrift、naïve_1", ["标题", "Überschrift", "naïve_1"]),
        ("हिन्दी, _x", ["हिन्दी", "_x"]),
        ('"first-name" int, "a ""'.replace('""', '\\""'), ["first-name", 'a "']),
        ('"，", "\\u4e2d\\/"', ["，", "中/"]),
    ],
)
def test_names_and_separators(text: str, names: list[str]) -> None:
    assert list(parse(text)["properties"]) == names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a # what it is", {"a": "what it is"}),
        ("a# what, b", {"a": "what", "b": None}),
        ('a # "this, } and # that", b', {"a": "this, } and # that", "b": None}),
        ("a int # how many\nb: x|y # which", {"a": "how many", "b": "which"}),
        ("a? # maybe: a|b? [] { it's #1", {"a": "maybe: a|b? [] { it's #1"}),
        ("a[]{c # inner} # outer, b", {"a": "outer", "b": None}),
        ("a,   # at the end of the line\nb, # also here", {"a": "at the end of the line", "b": "also here"}),
        ("标题 ＃ “全名”（如印）；不缩写，b", {"标题": "“全名”（如印）；不缩写", "b": None}),
        ('a # say "x" so', {"a": 'say "x" so'}),
    ],
)
def test_descriptions_of_fields(text: str, expected: dict[str, str | None]) -> None:
    found = parse(text)
    assert {name: node.get("description") for name, node in found["properties"].items()} == expected
    assert "description" not in found


def test_descriptions_stand_beside_the_type() -> None:
    nodes = parse("a? # one\nb[]{c # two} # three\nd? { e }")["properties"]
    assert nodes["a"] == {**optional(STR), "description": "one"}
    assert nodes["b"] == {**listed(record({"c": {**STR, "description": "two"}})), "description": "three"}
    assert "description" not in nodes["d"]


@pytest.mark.parametrize(
    "text",
    [
        "# A paper, as {printed}\na",
        "\n\n  # A paper, as {printed}\n\na",
        "# A paper,\n#   as {printed}\n{a}",
        "{\n# A paper, as {printed}\n a\n}",
        "{ # A paper, as {printed}\n a }",
        '＃ "A paper, as {printed}" \na',
    ],
)
def test_the_lines_before_the_first_field_describe_the_record(text: str) -> None:
    assert parse(text) == {"description": "A paper, as {printed}", **record({"a": STR})}


def test_full_width_marks_are_marks_outside_of_quotes() -> None:
    chinese = '＃ 论文\n｛标题，关键词［］、类别：“甲”｜乙，作者［］｛姓名 ＃ 全名，邮箱？｝，"备注，一"　str｝'
    ascii_ = '# 论文\n{标题,关键词[],类别:“甲”|乙,作者[]{姓名 # 全名,邮箱?},"备注，一" str}'
    assert parse(chinese) == parse(ascii_)
    assert list(parse(chinese)["properties"]) == ["标题", "关键词", "类别", "作者", "备注，一"]
    assert parse("类别：甲？乙｜丙：丁")["properties"]["类别"] == chosen("甲？乙", "丙：丁")


def test_the_deepest_nesting() -> None:
    half = MAX_DEPTH // 2
    deepest = parse("a[]{" * half + "b" + "}" * half)
    for _ in range(half):
        deepest = deepest["properties"]["a"]["items"]
    assert deepest == record({"b": STR})


# --- errors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column 1: a record without fields"),
        (" \n ", "column 1: a record without fields"),
        ("# only this", "column 11: a record without fields"),
        ("{}", "column 1: a record without fields"),
        ("a, b{ }", "column 5: a record without fields"),
        ("category: a|b, year strng", "column 21: unknown type 'strng'"),
        ("title: the title of the work, year int", "column 8: 'the title of the work' would be the only choice"),
        ("标题?: 文章的标题", "column 6: '文章的标题' would be the only choice"),
        ("title\nyear strng", "line 2, column 6: unknown type 'strng'"),
        ("title\r\n\r\nyear strng\r\n", "line 3, column 6: unknown type 'strng'"),
        ("year strng\n", "column 6: unknown type 'strng'"),
        ("a Int", "column 3: unknown type 'Int'"),
        ("a int int", "column 7: unexpected 'i'"),
        ("first name str", "column 7: unknown type 'name'"),
        ("a " + "x" * 99, f"column 3: unknown type '{'x' * 40}…'"),
        ("first-name", "column 6: '-' cannot stand here in a name"),
        ("1st", "column 1: '1' cannot stand here in a name"),
        ("a.b int", "column 2: '.' cannot stand here in a name"),
        ("“标题”", "column 1: '“' cannot stand here in a name"),
        ("a,,b", "column 3: unexpected ','"),
        ("a,\n,b", "line 2, column 1: unexpected ','"),
        (",a", "column 1: unexpected ','"),
        ("a b，，c", "column 3: unknown type 'b'"),
        ("a，，c", "column 3: unexpected '，'"),
        ("a, b, a", "column 7: there is a field 'a' already"),
        ('a, "a"', "column 4: there is a field 'a' already"),
        ("b{a, a}", "column 6: there is a field 'a' already"),
        ("a??", "column 3: a second ?"),
        ("a? int?", "column 7: a second ?"),
        ("a?{b}?", "column 6: a second ?"),
        ("a{b}??", "column 6: a second ?"),
        ("a[", "column 2: [ without ]"),
        ("a[1]", "column 2: [ without ]"),
        ("a]", "column 2: unexpected ']'"),
        ("a[] int[]", "column 9: [] stands behind the name already"),
        ("a{b}[]", "column 5: unexpected '['"),
        ("a{b} int", "column 6: unexpected 'i'"),
        ("a int{b}", "column 6: unexpected '{'"),
        ("a{b}: x", "column 5: unexpected ':'"),
        ("a{b", "column 2: this { is not closed"),
        ("{a\nb\n", "line 1, column 1: this { is not closed"),
        ("a}", "column 2: unexpected '}'"),
        ("{a} b", "column 5: nothing can follow the closing brace"),
        ("{a}}", "column 4: nothing can follow the closing brace"),
        ("a[]\n{b}", "line 2, column 1: unexpected '{'"),
        ("a|b", "column 2: unexpected '|'"),
        ("a:", "column 2: an empty choice"),
        ("a: x|", "column 5: an empty choice"),
        ("a: x||y", "column 6: an empty choice"),
        ("a: |y", "column 4: an empty choice"),
        ("a: \nb", "line 1, column 2: an empty choice"),
        ('a: ""', "column 4: an empty choice"),
        ("a: x|y|x", "column 8: the choice 'x' is there already"),
        ("a int: 1|01", "column 10: the choice 1 is there already"),
        ("a float: 1|1.0", "column 12: the choice 1.0 is there already"),
        ("level int: 1|two", "column 14: the choice 'two' is not of type int"),
        ("level int: 1.0", "column 12: the choice '1.0' is not of type int"),
        ("level int: 1" + "0" * 18, f"column 12: the choice '1{'0' * 18}' is not of type int"),
        ("level int: 1_000", "column 12: the choice '1_000' is not of type int"),
        ("level int: １", "column 12: the choice '１' is not of type int"),
        ("level int: " + "9" * 5000, f"column 12: the choice '{'9' * 40}…' is not of type int"),
        ("x float: nan", "column 10: the choice 'nan' is not of type float"),
        ("x float: 1|1e999", "column 12: the choice '1e999' is not of type float"),
        ("x bool: yes", "column 7: a bool has no choices"),
        ("x date: 2025-01-01", "column 7: a date has no choices"),
        ("year: int", "column 5: 'int' is a type, not a choice"),
        ("title: String, b", "column 6: 'String' is a type, not a choice"),
        ("year: int | None", "column 5: 'int' is a type, not a choice"),
        ("year: int?", "column 7: the choice 'int?' ends in a mark"),
        ("a: x|y？", "column 6: the choice 'y？' ends in a mark"),
        ("标签：甲［］", "column 4: the choice '甲［］' ends in a mark"),
        ("a: str[]", "column 4: the choice 'str[]' ends in a mark"),
        ('a: "x" y', "column 8: unexpected 'y'"),
        ('a: "x"?', "column 7: unexpected '?'"),
        ("a: x|y{", "column 7: unexpected '{'"),
        ('"a', "column 1: this quotation mark is not closed on its line"),
        ('"a\n"', "line 1, column 1: this quotation mark is not closed on its line"),
        ('a: x|"y\\"', "column 6: this quotation mark is not closed on its line"),
        ('""', "column 1: an empty name"),
        ('a, "C:\\x"', "column 7: no such escape"),
        ('a "b"', "column 3: unexpected '\"'"),
        ('b, "\\ud800"', "column 4: half of a character"),
        ("b, \udc80", "column 4: half of a character"),
        ("a #", "column 3: an empty description"),
        ("a # , b", "column 3: an empty description"),
        ('a # " "', "column 3: an empty description"),
        ("#\na", "line 1, column 1: an empty description"),
        ('# "A" paper\na', "line 1, column 7: unexpected 'p'"),
        ('a # "x" y', "column 9: unexpected 'y'"),
        ("a\n# b\nc", "line 2, column 1: there is no field for this description"),
        ("a{ # b\nc}", "line 1, column 4: there is no field for this description"),
        ("a, # of b, b", "column 4: a description stands before the comma"),
        ("a # x, # y\nb", "line 1, column 8: a description stands before the comma"),
        ("a # x } y", "column 7: unexpected '}'"),
        ("a{" * MAX_DEPTH + "b{", f"column {MAX_DEPTH * 2 + 2}: nested deeper than {MAX_DEPTH} levels"),
        ("a" + "[]" * (MAX_DEPTH + 1), f"column {MAX_DEPTH * 2 + 2}: nested deeper than {MAX_DEPTH} levels"),
        ("a{" * 40_000, f"column {MAX_DEPTH * 2 + 2}: nested deeper than {MAX_DEPTH} levels"),
        ("a" * (MAX_LENGTH + 1), f"column {MAX_LENGTH + 1}: the schema is longer than 100,000 characters"),
    ],
)
def test_errors_name_the_column(text: str, message: str) -> None:
    assert str(fault_of(text)) == message


def test_the_longest_text() -> None:
    assert list(parse("a" * MAX_LENGTH)["properties"]) == ["a" * MAX_LENGTH]
    assert len(parse("a: " + "|".join(map(str, range(15_000))))["properties"]["a"]["enum"]) == 15_000
    assert str(fault_of("a" * (MAX_LENGTH - 1) + "-")).startswith(f"column {MAX_LENGTH}: ")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("title, year strng", "did you mean 'str'?\n  title, year strng\n              ^"),
        ("a\nyear integer, b", "did you mean 'int'?\n  year integer, b\n       ^"),
        ("a Number", "did you mean 'float'?\n  a Number\n    ^"),
        ("标题，ａ 整数", "types are str, int, float, bool, date; commas stand between fields, and a name"),
        ("nai\u0308ve-x", 'quote it: "nai\u0308ve-x"\n  nai\u0308ve-x\n       ^'),
        ("year: Integer", "a type stands without a colon, `name int`; a choice of this word is quoted\n  year: I"),
        ("“标题”", 'quote it: "标题"\n  “标题”\n  ^'),
        ("x" * 50 + "-" + "y" * 50, f'quote it: "{"x" * 40}"\n  …{"x" * 40}-{"y" * 35}…\n   {" " * 40}^'),
    ],
)  # fmt: skip
def test_hints_show_the_place(text: str, hint: str) -> None:
    found = fault_of(text).hint
    assert found is not None
    assert found.startswith(hint)


@pytest.mark.parametrize(
    ("text", "picture"),
    [
        ("标题，ａ 整数", ["  标题，ａ 整数", "           ^"]),
        ("a b\tc-d", ["  a b c-d", "    ^"]),
        ("a\tb\u3000-", ["  a b -", "    ^"]),
        ("{\n  title strng\n}", ["    title strng", "          ^"]),
    ],
)
def test_the_caret_stands_below_the_place(text: str, picture: list[str]) -> None:
    assert str(fault_of(text).hint).splitlines()[1:] == picture


def test_the_picture_obeys_no_control_character() -> None:
    hint = fault_of("\x1b[2J, \u202eb-c").hint
    assert hint is not None
    assert all(char.isprintable() for char in hint.replace("\n", ""))


@pytest.mark.parametrize(("text", "width"), [("", 0), ("ab", 2), ("标题", 4), ("ａ，", 4), ("e\u0301", 1), ("ก็", 1)])
def test_cells(text: str, width: int) -> None:
    assert cells(text) == width


# --- what is a schema in this language -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec",
    [
        "title, year",
        "title，year",
        "标题、年份",
        "doi?",
        "标题？",
        "tags[]",
        "tags［］",
        "author{name}",
        "{title}",
        "title # as printed",
        "title\nyear",
        "title str",
        "年份 int",
        "year\tint",
        "category: nlp|vision",
        "category:nlp|vision",
        "类别：新闻｜评论",
        "类别：新闻",
        "category: nlp",
        'title, "x.y" str',
        "a:b:c|d",
    ],
)
def test_is_a_schema_in_this_language(spec: str) -> None:
    assert looks_like_dsl(spec)


@pytest.mark.parametrize(
    "spec",
    [
        "title",
        "article",
        "标题",
        "paper.py",
        "paper.py:Paper",
        "my,odd dir/paper.py",
        "my,odd{dir}/paper.py:Paper",
        "dir/论文：一.py",
        "dir/schema.json",
        "schema.YAML",
        "a b/schema.yml",
        "package.module:Paper",
        "C:\\x\\paper.py",
        "C:\\x\\paper.py:Paper",
        "./schema",
        "title strng",
        "internal printed",
        "a|b",
        ":" * MAX_LENGTH,
        "",
    ],
)
def test_is_a_file_a_module_or_a_name(spec: str) -> None:
    assert not looks_like_dsl(spec)


# --- properties ----------------------------------------------------------------------------------------------

PIECES = [*'#,?[{}:|"\\-，、？［｛｝：｜', "[]", '"x y"', "\n", "\r\n", " ", "\u3000", "\x00", "\ud800",
          "a", "b", "标题", "int", "date", "1", "2.5", "null"]  # fmt: skip
texts = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
WHERE = re.compile(r"(?:line ([0-9]+), )?column ([0-9]+): .")


def result_of(text: str) -> dict[str, Any] | SchemaError:
    try:
        return parse(text)
    except SchemaError as error:
        return error


@pytest.mark.slow
@quick(1500)
@given(texts)
def test_any_text_parses_or_is_told_a_place_inside_of_it(text: str) -> None:
    result = result_of(text)
    if isinstance(result, dict):
        Draft202012Validator.check_schema(result)
        return
    place = WHERE.match(str(result))
    assert place, str(result)
    line = text.split("\n")[int(place[1] or 1) - 1]
    assert 1 <= int(place[2]) <= max(1, len(line))
    assert str(result.hint).splitlines()[-1].strip() == "^"


odd = st.sampled_from(["title", "年份", "int", "_x", "first-name", 'a "b"', "，", "\\"])
names = st.one_of(odd, st.text(min_size=1))
words = st.sampled_from(["nlp", "vision", "两个 词", "it's", "a|b", "#1", "int", "yes?", '"', "a, b"])
kinds = st.sampled_from([("str", STR), ("int", INT), ("float", FLOAT), ("bool", BOOL), ("date", DATE)])


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@st.composite
def plain_fields(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """What may follow a name, and the schema that it stands for."""
    word, node = draw(kinds)
    dims = draw(st.integers(0, 2))
    values = draw(st.lists(words, unique=True, max_size=3))
    null = draw(st.sampled_from(["", "?"]))
    if values:
        text = f"{null}{'[]' * dims}: " + " | ".join(map(quoted, values))
        node = chosen(*values)
    else:
        text = draw(st.sampled_from([f"{'[]' * dims} {word}{null}", f"{null} {word} {'[] ' * dims}"]))
    for _ in range(dims):
        node = listed(node)
    return text, optional(node) if null else node


def records(fields: st.SearchStrategy[tuple[str, dict[str, Any]]]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Several fields, written in one of the ways to write them."""

    @st.composite
    def build(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
        parts, nodes = [], {}
        for name, (text, node) in draw(st.dictionaries(names, fields, min_size=1, max_size=4)).items():
            about = draw(st.sampled_from([None, "what it is", "a, b} # c", "说明"]))
            bare = name.isidentifier() and draw(st.booleans())
            parts.append((name if bare else quoted(name)) + text + (f" # {quoted(about)}" if about else ""))
            nodes[name] = {**node, "description": about} if about else node
        separator = draw(st.sampled_from([",", ", ", "，", "\n", "\n\n", ",\n", "\n、"]))
        return separator.join(parts) + draw(st.sampled_from(["", ",", "\n"])), record(nodes)

    return build()


def nested(fields: st.SearchStrategy[tuple[str, dict[str, Any]]]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    inner = records(fields)
    return st.one_of(
        inner.map(lambda one: (f"{{{one[0]}}}", one[1])),
        inner.map(lambda one: (f"[] {{\n{one[0]}}}?", optional(listed(one[1])))),
    )


@pytest.mark.slow
@quick(150)
@given(records(st.recursive(plain_fields(), nested, max_leaves=6)), st.booleans())
def test_every_way_to_write_a_schema_means_that_schema(schema: tuple[str, dict[str, Any]], braces: bool) -> None:
    text, expected = schema
    assert parse(f" {{{text}}} " if braces else text) == expected
