"""Tools of a user's: functions, classes and definitions, and what is wrong with them."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from extractor.errors import SchemaError
from extractor.forgiving import spoken
from extractor.grammar import compile_schema
from extractor.tools import Tool, load_tools, schema_of
from extractor.types import Extraction
from extractor.validation import Valid, validate


def book(origin: str, day: date, seats: int = 1, cabin: Literal["economy", "first"] = "economy") -> str:
    """Book a flight.

    From anywhere.

    Args:
        origin: Where it
            starts.
        day (date): The day of departure.
        seats: For how many people.

    Returns:
        A number.
    """
    return f"{origin} {day} {seats} {cabin}"


class Search(BaseModel):
    """Search the news."""

    topic: str = Field(description="What about.")


def only(spec: Any) -> Tool:
    (tool,) = load_tools(spec)
    return tool


def fields(tool: Tool) -> dict[str, Any]:
    found: dict[str, Any] = tool.schema.json_schema["properties"]
    return found


def fault(spec: Any) -> str:
    with pytest.raises(SchemaError) as caught:
        load_tools(spec)
    return f"{caught.value} | {caught.value.hint}"


class TestFunctions:
    def test_signature_and_docstring(self) -> None:
        tool = only(book)
        assert tool.name == "book"
        assert tool.target is book
        assert tool.schema.json_schema["description"] == "Book a flight.\nFrom anywhere."
        assert tool.schema.json_schema["required"] == ["origin", "day"]
        assert fields(tool)["origin"]["description"] == "Where it starts."
        assert fields(tool)["day"]["format"] == "date"
        assert fields(tool)["cabin"]["enum"] == ["economy", "first"]

    @pytest.mark.parametrize(
        "docstring",
        [
            "Do.\n\n:param city: The city.\n:type city: str",
            "Do.\n\nParameters\n----------\ncity : str\n    The city.",
            "Do.\n\nArgs:\n    city: The city.",
            "Do.\n\nKeyword Args:\n    city (str) : The city.\n\nReturns:\n    Nothing.",
            "做。\n\n参数\uff1a\n    city\uff1aThe city.\n\n返回\uff1a\n    无",
        ],
    )
    def test_styles_of_docstrings(self, docstring: str) -> None:
        def do(city: str) -> None: ...

        do.__doc__ = docstring
        assert fields(only(do))["city"]["description"] == "The city."

    def test_numpy_describes_several_at_once(self) -> None:
        def do(a: int, b: int) -> None:
            """Do.

            Parameters
            ----------
            a, b : int
                Both.
            """

        assert [one["description"] for one in fields(only(do)).values()] == ["Both.", "Both."]

    def test_annotated_says_more_than_the_docstring(self) -> None:
        def do(a: Annotated[str, "first"], b: Annotated[int, Field(ge=1, description="second")]) -> None:
            """Do.

            Args:
                a: other
                b: other
            """

        assert fields(only(do))["a"]["description"] == "first"
        assert fields(only(do))["b"]["description"] == "second"
        assert fields(only(do))["b"]["minimum"] == 1

    def test_methods_and_partials(self) -> None:
        class Shop:
            def buy(self, item: str) -> None:
                """Buy."""

        assert [*fields(only(Shop().buy))] == ["item"]
        assert only(functools.partial(book, seats=2)).name == "book"

    def test_a_partial_is_told_as_what_it_calls(self) -> None:
        tool = only(functools.partial(functools.partial(book, seats=2), cabin="first"))
        assert tool.schema.json_schema["description"].startswith("Book a flight.")
        assert fields(tool)["origin"]["description"] == "Where it starts."

    def test_names_and_defaults_that_models_do_not_like(self) -> None:
        def fill(schema: str, copy: int = 1, end: str = object()) -> None:  # type: ignore[assignment]
            """Fill in."""

        assert {*fields(only(fill))} == {"schema", "copy", "end"}

    @pytest.mark.parametrize("found", [list[int], int, Path, Literal["a", "b"], tuple[int, str]])
    def test_what_has_no_arguments_with_names(self, found: Any) -> None:
        assert "is no tool: arguments have names" in fault([found])

    def test_without_arguments(self) -> None:
        def ping() -> None:
            """Say that you are there."""

        assert fields(only(ping)) == {}

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ("def do(city): ...", "do: city has no type | write its type: city: str"),
            ("def do(*cities: str): ...", "takes '*cities: str'"),
            ("def do(**more: str): ...", "takes '**more: str'"),
            (
                'def do(city: str):\n    """Do.\n\n    Args:\n        town: The town.\n    """',
                "describes 'town', which is no",
            ),
            ('def do(n: int):\n    """Do.\n\n    Args:\n        n (str): How many.\n    """', "says that n is str"),
            ("def do(city: str, /): ...", "takes 'city' by its place alone"),
            ("def do(model_config: str): ...", "model_config is no name for a parameter"),
            ("class Handle: ...\ndef do(handle: Handle): ...", "takes what JSON can say"),
            ("def do(city: 'Nowhere'): ...", "every type that it names has to be defined there"),
        ],
    )
    def test_what_a_model_could_not_be_told(self, source: str, said: str, tmp_path: Path) -> None:
        path = tmp_path / "some.py"
        path.write_text(source)
        told = fault(f"{path}:do")
        assert said in told
        assert f"{path}:" in told  # with the line


class TestFiles:
    SOURCE = """
from dataclasses import dataclass
from pydantic import BaseModel

class Place(BaseModel):
    name: str

class Ticket(BaseModel):
    "What a booking gives."
    number: int

class Search(BaseModel):
    "Search the news."
    topic: str

def book(place: Place) -> Ticket:
    "Book."

def _hidden(a: str): ...
"""

    def test_functions_and_classes_but_not_what_these_are_made_of(self, tmp_path: Path) -> None:
        path = tmp_path / "some.py"
        path.write_text(self.SOURCE)
        assert [tool.name for tool in load_tools(path)] == ["book", "Search"]
        assert only(f"{path}:Search").name == "Search"

    def test_a_list_of_its_own_counts(self, tmp_path: Path) -> None:
        path = tmp_path / "some.py"
        path.write_text(self.SOURCE + "\nTOOLS = [Search]\n")
        assert only(path).name == "Search"

    def test_an_empty_one(self, tmp_path: Path) -> None:
        path = tmp_path / "some.py"
        path.write_text("a = 1")
        assert "no tool in it" in fault(path)

    def test_what_is_no_file_of_tools(self, tmp_path: Path) -> None:
        (tmp_path / "some.txt").write_text("book")
        for spec in (tmp_path, tmp_path / "some.txt", "tools"):
            assert "no file of tools | tools.py, tools.json" in fault(spec)

    def test_a_choice_is_no_tool(self) -> None:
        assert "a choice is no tool" in fault([schema_of(load_tools(book))])

    def test_a_name_that_is_not_there(self, tmp_path: Path) -> None:
        path = tmp_path / "some.py"
        path.write_text(self.SOURCE)
        assert "fly is not defined there" in fault(f"{path}:fly")


PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class Booker:
    def __call__(self, day: str) -> None: ...


PLAIN = {"name": "weather", "description": "Tell it.", "parameters": PARAMETERS}


class TestDefinitions:
    @pytest.mark.parametrize(
        "form",
        [
            PLAIN,
            [PLAIN],
            {"tools": [PLAIN]},
            {"type": "function", "function": PLAIN},
            {"type": "function", **PLAIN},
            {"name": "weather", "description": "Tell it.", "input_schema": PARAMETERS},
            {"name": "weather", "description": "Tell it.", "inputSchema": PARAMETERS},
            {"title": "weather", "description": "Tell it.", **PARAMETERS},
        ],
    )
    def test_forms(self, form: Any, tmp_path: Path) -> None:
        path = tmp_path / "tools.json"
        path.write_text(json.dumps(form))
        for tool in (only(form), only(path), only(json.dumps(form))):
            assert tool.name == "weather"
            assert tool.target is None
            assert tool.schema.json_schema["description"] == "Tell it."
            assert [*fields(tool)] == ["city"]

    def test_one_by_its_name(self, tmp_path: Path) -> None:
        path = tmp_path / "tools.json"
        path.write_text(json.dumps([PLAIN, {**PLAIN, "name": "other"}]))
        assert only(f"{path}:other").name == "other"
        assert "it has weather, other" in fault(f"{path}:third")

    def test_arguments_are_those_that_are_named(self) -> None:
        schema = schema_of(load_tools(PLAIN))
        found = validate(schema, {"tool": "weather", "arguments": {"city": "Oslo", "zip": 1}})
        assert not isinstance(found, Valid)

    @pytest.mark.parametrize(
        ("form", "said"),
        [
            ([PLAIN, PLAIN], "two tools are called 'weather'"),
            ([], "no tool in it"),
            ([{"description": "x"}], "tool 1: has no name"),
            ([PLAIN, 3], "3 is no tool"),
            ([lambda day: day], "<lambda> has neither a name nor types | write it as a function"),
            ([Booker()], "an object of Booker is no tool | give its method"),
            ([{**PLAIN, "description": 3}], "its description is no text"),
            ([{**PLAIN, "parameters": ["city"]}], "its parameters are no object"),
            ([{**PLAIN, "parameters": {"anyOf": [{"type": "string"}]}}], "its parameters are no object"),
            ([{**PLAIN, "parameters": {"type": "array"}}], "its parameters are no object"),
            ([{**PLAIN, "parameters": {"type": "object", "properties": {"a": {"type": "dict"}}}}], "(weather)"),
        ],
    )
    def test_bad_ones_are_named(self, form: Any, said: str) -> None:
        assert said in fault(form)

    @pytest.mark.parametrize(
        "parameters",
        [
            {"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "properties": {"a": {"type": "string"}}}}},
            {"allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}]},
            {"anyOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"required": ["b"]}]},
            {"properties": {"a": False}, "additionalProperties": True},
        ],
    )
    @pytest.mark.parametrize("name", ["weather", "50% off/~now"])
    def test_parameters_that_are_made_of_others(self, parameters: Any, name: str) -> None:
        schema = schema_of(load_tools([{**PLAIN, "name": name, "parameters": parameters}]), ask=True)
        assert compile_schema(spoken(schema)).text
        data = {"tool": name, "arguments": {"b": 1} if "properties" in parameters else {"a": "x"}}
        assert isinstance(validate(schema, data), Valid)

    def test_a_schema_may_have_a_name_for_a_title(self) -> None:
        assert only({"name": "weather", "properties": {"a": {"type": "string"}}}).name == "weather"

    def test_not_json(self, tmp_path: Path) -> None:
        path = tmp_path / "tools.json"
        path.write_text("[{]")
        assert f"{path}:1:3: not JSON" in fault(path)


class TestMixed:
    def test_functions_classes_and_definitions_together(self) -> None:
        assert [tool.name for tool in load_tools([book, Search, PLAIN])] == ["book", "Search", "weather"]

    def test_loaded_ones_stay_as_they_are(self) -> None:
        tools = load_tools([book])
        assert load_tools(tools) == tools


class TestCalls:
    @staticmethod
    def call(tools: list[Any], data: Any, **more: Any) -> Any:
        from extractor.tools import calls_of

        loaded = load_tools(tools)
        found = validate(schema_of(loaded), data)
        assert isinstance(found, Valid)
        record = Extraction("q", found.data, "", "", "grammar", instance=found.instance, **more)
        return next(iter(calls_of(record, loaded)))

    def test_a_function_with_what_it_takes(self) -> None:
        call = self.call([book], {"tool": "book", "arguments": {"origin": "Oslo", "day": "2027-05-03"}})
        assert call.tool(**call.kwargs) == "Oslo 2027-05-03 1 economy"
        assert call.kwargs == {"origin": "Oslo", "day": date(2027, 5, 3)}
        assert call.is_complete

    def test_an_instance_of_a_class(self) -> None:
        call = self.call([Search, book], {"tool": "Search", "arguments": {"topic": "rain"}})
        assert call.arguments == Search(topic="rain")
        assert call.tool is Search

    def test_data_where_there_is_no_class(self) -> None:
        call = self.call(
            [PLAIN],
            {"tool": "weather", "arguments": {"city": "Oslo"}},
            probabilities={"/tool": {"weather": 0.9}},
            ungrounded={"/arguments/city": "not in the text"},
        )
        assert call.kwargs == {"city": "Oslo"}
        assert call.probability == 0.9
        assert call.ungrounded == {"city": "not in the text"}


def test_hints_in_quotes_are_read() -> None:
    scope: dict[str, Callable[..., Any]] = {}
    exec("def do(city: 'str', n: 'int | None' = None): 'Do.'", scope)  # noqa: S102
    assert fields(only(scope["do"]))["city"]["type"] == "string"


class TestOddTools:
    def test_chinese_docstrings_may_describe_chinese_parameters(self, tmp_path: Path) -> None:
        file = tmp_path / "tools.py"
        text = 'def 查天气(城市: str) -> None:\n    """查天气。\n\n    参数：\n        城市：城市名。\n    """\n'
        file.write_text(text, encoding="utf-8")
        assert only(str(file)).schema.json_schema["properties"]["城市"]["description"] == "城市名。"
        file.write_text(text.replace("城市：", "端口："), encoding="utf-8")
        with pytest.raises(SchemaError, match="describes '端口', which is no parameter"):
            load_tools(str(file))

    def test_a_partial_need_not_describe_what_it_fills_in(self) -> None:
        def go(start: str, end: str) -> None:
            """Go.

            Args:
                start: Where from.
                end: Where to.
            """

        assert [*only(functools.partial(go, "Oslo")).schema.json_schema["properties"]] == ["end"]

    def test_a_function_with_two_names_is_one_tool(self, tmp_path: Path) -> None:
        file = tmp_path / "tools.py"
        file.write_text("def go(to: str) -> None:\n    'Go.'\n\n\nwalk = go\n")
        assert only(str(file)).name == "go"

    def test_what_a_file_prints_is_no_data(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "tools.py"
        file.write_text("print('loading')\n\n\ndef go(to: str) -> None:\n    'Go.'\n")
        load_tools(str(file))
        assert capsys.readouterr() == ("", "loading\n")

    def test_a_tool_that_no_call_is_valid_for_is_refused(self) -> None:
        impossible = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]}
        parameters = {**impossible, "additionalProperties": False}
        with pytest.raises(SchemaError, match="tool 1: f: no value satisfies"):
            load_tools([{"name": "f", "parameters": parameters}])

    @pytest.mark.parametrize(
        ("told", "hint", "is_fit"),
        [
            ("string", "float", False),
            ("number", "bool", False),
            ("str", "list[str]", False),
            ("str, optional", "int | None", False),
            ("number", "int", True),
            ("list[str]", "list[str]", True),
            ("int", "int | None", True),
            ("str", "Literal['a']", True),
            ("date", "str", True),
        ],
    )
    def test_types_in_a_docstring_agree_with_the_signature(
        self, tmp_path: Path, told: str, hint: str, is_fit: bool
    ) -> None:
        file = tmp_path / "tools.py"
        head = "from typing import Literal\n\n\n"
        file.write_text(
            f'{head}def go(a: {hint}) -> None:\n    """Go.\n\n    Args:\n        a ({told}): To.\n    """\n'
        )
        if is_fit:
            assert only(str(file)).name == "go"
        else:
            with pytest.raises(SchemaError, match="its docstring says that a is"):
                load_tools(str(file))

    @pytest.mark.parametrize(
        ("definition", "message"),
        [
            ({"name": "f", "parameters": False}, "its parameters are no object"),
            ({"name": "f", "parameters": []}, "its parameters are no object"),
            ({"type": "web_search_20250305", "name": "web_search"}, "which a server runs"),
        ],
    )
    def test_definitions_that_are_none(self, definition: dict[str, Any], message: str) -> None:
        with pytest.raises(SchemaError, match=message):
            load_tools([definition])

    def test_a_title_may_be_the_name(self) -> None:
        parameters = {"type": "object", "properties": {"a": {"type": "string"}}}
        tool = only([{"title": "T", "parameters": parameters}])
        assert (tool.name, [*tool.schema.json_schema["properties"]]) == ("T", ["a"])
