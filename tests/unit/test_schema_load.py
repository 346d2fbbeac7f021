"""load(): every form of a spec, the choice of the root model, and faults told by file and line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from extractor.errors import SchemaError
from extractor.schema import builtins, digest, from_type, load
from extractor.types import Schema

HEADER = """\
from typing import *
from pydantic import *
"""
PAPER = """\
from pydantic import BaseModel

class Author(BaseModel):
    name: str

class Paper(BaseModel):
    title: str
    authors: list[Author]
"""


@pytest.fixture(autouse=True)
def _clean_imports() -> Iterator[None]:
    """What a test imports is not there for the next one."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("_extract_", "unit_")):
            del sys.modules[name]


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    file = tmp_path / "paper.py"
    file.write_text(PAPER)
    return file


def put(folder: Path, source: str, name: str = "paper.py") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(source)
    return file


def fault_of(spec: object) -> SchemaError:
    with pytest.raises(SchemaError) as caught:
        load(spec)  # type: ignore[arg-type]
    return caught.value


# --- forms of a spec -----------------------------------------------------------------------------------------


class Here(BaseModel):
    b: int
    a: str


def test_load_a_class() -> None:
    schema = load(Here)
    assert (schema.name, schema.model) == ("Here", Here)
    assert list(schema.json_schema["properties"]) == ["b", "a"]
    assert schema.digest == digest(Here.model_json_schema())
    assert schema.id == f"Here@{schema.digest[:8]}"


def test_load_a_schema_is_that_schema() -> None:
    schema = Schema("Any", {}, "0" * 64)
    assert load(schema) is schema


def test_load_a_file_by_text_and_by_path(paper: Path) -> None:
    assert load(str(paper)).name == load(paper).name == "Paper"


def test_load_a_relative_file(paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(paper.parent)
    assert load("paper.py").name == load("./paper.py").name == load("paper.py:Paper").name == "Paper"


def test_load_a_file_below_home(paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(paper.parent))
    assert load("~/paper.py").name == "Paper"


def test_load_a_named_class_of_a_file(paper: Path) -> None:
    assert load(f"{paper}:Author").name == "Author"


def test_load_a_class_of_a_module_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "unit_package", PAPER, "models.py")
    put(tmp_path / "unit_package", "", "__init__.py")
    monkeypatch.chdir(tmp_path)
    assert load("unit_package.models:Paper").name == "Paper"
    assert load("unit_package.models:Author").name == "Author"


def test_two_files_of_the_same_name_are_two_modules(tmp_path: Path) -> None:
    one = put(tmp_path / "one", HEADER + "class A(BaseModel):\n    x: int\n")
    two = put(tmp_path / "two", HEADER + "class B(BaseModel):\n    y: str\n")
    assert (load(one).name, load(two).name, load(one).name) == ("A", "B", "A")


def test_a_file_with_odd_characters_in_its_name(tmp_path: Path) -> None:
    assert load(put(tmp_path / "论文 1", PAPER, "my paper-v1.2 论文.py")).name == "Paper"


@pytest.mark.parametrize("name", sorted(builtins()))
def test_every_built_in_loads(name: str) -> None:
    schema = load(name)
    assert schema.model is not None
    assert schema.json_schema["properties"]


def test_built_ins_are_there() -> None:
    assert {"article", "paper", "news", "event", "product"} <= builtins().keys()


def test_the_same_class_has_the_same_digest_from_a_file_twice(paper: Path) -> None:
    assert load(paper).digest == load(paper).digest


def test_the_order_of_properties_counts_for_the_digest() -> None:
    one, two = {"properties": {"a": {}, "b": {}}}, {"properties": {"b": {}, "a": {}}}
    assert digest(one) != digest(two)
    assert digest(one) == digest({"properties": {"a": {}, "b": {}}})


def test_aliases_are_what_the_model_has_to_write(tmp_path: Path) -> None:
    source = HEADER + "class A(BaseModel):\n    class_: str = Field(alias='class')\n"
    assert list(load(put(tmp_path, source)).json_schema["properties"]) == ["class"]


# --- what cannot be loaded -----------------------------------------------------------------------------------


def test_an_unknown_name_lists_the_built_ins() -> None:
    fault = fault_of("artcle")
    assert str(fault) == "unknown schema 'artcle'"
    assert "article" in (fault.hint or "")


def test_a_name_of_a_file_without_its_suffix(paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(paper.parent)
    put(paper.parent, PAPER, "thesis.py")
    assert fault_of("thesis").hint == "did you mean ./thesis.py?"


def test_a_file_that_is_no_schema_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "Oslo", "city.txt")
    put(tmp_path, "{}", "city.txt.json")
    fault = fault_of("city.txt")
    assert (str(fault), fault.hint) == ("city.txt: no schema file", "a schema file ends in .py, .json or .yaml")


def test_one_field_of_an_unknown_type() -> None:
    for spec in ("title strr", "title strr, year int"):
        fault = fault_of(spec)
        assert str(fault) == "column 7: unknown type 'strr'"
        assert (fault.hint or "").startswith("did you mean 'str'?")


def test_a_folder_without_a_slash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    assert str(fault_of("folder")) == "folder: is a folder, not a schema file"


@pytest.mark.parametrize("spec", ["nowhere.py", "no/where", "nowhere.py:Paper"])
def test_a_missing_file(spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(fault_of(spec)) == f"{spec.removesuffix(':Paper')}: no such file"


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    assert "is a folder" in str(fault_of(tmp_path / "folder.py"))


def test_a_file_that_is_no_python(tmp_path: Path) -> None:
    fault = fault_of(put(tmp_path, "title: str", "schema.txt"))
    assert "not a Python file" in str(fault)
    assert fault.hint == "a schema file ends in .py"


def test_a_module_that_is_not_there() -> None:
    assert "unit_nowhere" in str(fault_of("unit_nowhere:Paper"))


def test_a_class_that_is_not_there(paper: Path) -> None:
    fault = fault_of(f"{paper}:Journal")
    assert "Journal is not defined there" in str(fault)
    assert fault.hint == f"it has {paper}:Author, {paper}:Paper"


def test_a_name_that_is_no_model(tmp_path: Path) -> None:
    file = put(tmp_path, PAPER + "\nNUMBER = 1\nclass Plain: ...\n")
    assert "NUMBER is not a type" in str(fault_of(f"{file}:NUMBER"))
    assert "Plain has no JSON Schema" in str(fault_of(f"{file}:Plain"))


@pytest.mark.parametrize("source", ["", "x = 1\n", "class Paper: ...\n", "from pydantic import BaseModel\n"])
def test_a_file_without_a_model(source: str, tmp_path: Path) -> None:
    assert "no Pydantic model in it" in str(fault_of(put(tmp_path, source)))


class Plain: ...


@pytest.mark.parametrize("kind", [Plain, list[Plain], 42, print])
def test_what_is_no_type_of_data(kind: object) -> None:
    fault = fault_of(kind)
    assert "has no JSON Schema" in str(fault)
    assert "\n" not in str(fault)


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("f: Callable[[int], int]", "Callable"),
        ("f: 'Nowhere'", "Nowhere"),
    ],
)
def test_a_model_without_a_json_schema(field: str, why: str, tmp_path: Path) -> None:
    fault = fault_of(put(tmp_path, f"{HEADER}class A(BaseModel):\n    {field}\n"))
    assert str(fault).startswith("A")
    assert why in str(fault)
    assert "\n" not in str(fault)


# --- which of several models is meant ------------------------------------------------------------------------

_AUTHOR = "class Author(BaseModel):\n    name: str\n"


@pytest.mark.parametrize(
    ("source", "root"),
    [
        pytest.param("class Only(BaseModel):\n    x: int\n", "Only", id="only one"),
        pytest.param(_AUTHOR + "class Paper(BaseModel):\n    by: Author\n", "Paper", id="a field"),
        pytest.param(_AUTHOR + "class Paper(BaseModel):\n    by: Author | None = None\n", "Paper", id="or None"),
        pytest.param(_AUTHOR + "class Paper(BaseModel):\n    by: Optional[Author]\n", "Paper", id="Optional"),
        pytest.param(_AUTHOR + "class Paper(BaseModel):\n    by: Union[int, Author]\n", "Paper", id="Union"),
        pytest.param(
            _AUTHOR + "class Paper(BaseModel):\n    by: dict[str, list[tuple[int, Author | None]]]\n",
            "Paper",
            id="nested generics",
        ),
        pytest.param(
            _AUTHOR
            + "class Paper(BaseModel):\n    by: list[Annotated[Author, Field(title='t'), ['un', 'hashable']]]\n",
            "Paper",
            id="Annotated with unhashable metadata",
        ),
        pytest.param("class Node(BaseModel):\n    kids: list['Node']\n", "Node", id="self reference"),
        pytest.param(
            "class Base(BaseModel):\n    x: int\nclass Paper(Base):\n    y: int\n", "Paper", id="base and derived"
        ),
        pytest.param(
            "class Base(BaseModel):\n    x: int\n"
            "class Cat(Base):\n    kind: Literal['cat']\n"
            "class Dog(Base):\n    kind: Literal['dog']\n"
            "class Zoo(BaseModel):\n    pets: list[Annotated[Cat | Dog, Field(discriminator='kind')]]\n",
            "Zoo",
            id="discriminated union",
        ),
        pytest.param(_AUTHOR + "Writer = Author\n", "Author", id="a second name"),
        pytest.param(
            _AUTHOR + "class Authors(RootModel[list[Author]]): ...\n", "Authors", id="a root model in Pydantic's sense"
        ),
        pytest.param(
            "from enum import Enum\nclass Kind(Enum):\n    A = 'a'\nclass Paper(BaseModel):\n    kind: Kind\n",
            "Paper",
            id="an enum is no model",
        ),
        pytest.param(
            _AUTHOR + "class Term(str): ...\nclass Paper(BaseModel):\n    x: ClassVar[int] = 1\n    by: Author\n",
            "Paper",
            id="class variables",
        ),
    ],
)
def test_the_root_is_the_model_that_no_other_refers_to(source: str, root: str, tmp_path: Path) -> None:
    assert load(put(tmp_path, HEADER + source)).name == root


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            "T = TypeVar('T')\n"
            + _AUTHOR
            + "class Box(BaseModel, Generic[T]):\n    value: T\nclass Paper(BaseModel):\n    by: Box[Author]\n",
            id="generic model",
        ),
        pytest.param(
            "from typing_extensions import TypeAliasType\n"
            + _AUTHOR
            + "Authors = TypeAliasType('Authors', list[Author])\nclass Paper(BaseModel):\n    by: Authors\n",
            id="type alias",
        ),
        pytest.param(
            "from dataclasses import dataclass\n"
            + _AUTHOR
            + "@dataclass\nclass Line:\n    by: Author\nclass Paper(BaseModel):\n    line: Line\n",
            id="dataclass in between",
        ),
        pytest.param(
            "from typing_extensions import TypedDict\n"
            + _AUTHOR
            + "class Line(TypedDict):\n    by: Author\nclass Paper(BaseModel):\n    line: Line\n",
            id="TypedDict in between",
        ),
    ],
)
def test_the_root_behind_types_that_hold_other_types(source: str, tmp_path: Path) -> None:
    assert load(put(tmp_path, HEADER + source)).name == "Paper"


_FORWARD = "class A(BaseModel):\n    b: 'B | None'\nclass B(BaseModel):\n    a: A | None\n"


@pytest.mark.parametrize(
    ("source", "root"),
    [
        pytest.param("class Paper(BaseModel):\n    by: 'Author'\n" + _AUTHOR, "Paper", id="one"),
        pytest.param("class Paper(BaseModel):\n    by: list['Author']\n" + _AUTHOR, "Paper", id="in a list"),
        pytest.param(_FORWARD + "class Root(BaseModel):\n    a: A\n", "Root", id="mutual recursion below a root"),
    ],
)
def test_the_root_with_forward_references(source: str, root: str, tmp_path: Path) -> None:
    assert load(put(tmp_path, HEADER + source)).name == root


def test_mutual_recursion_has_no_root(tmp_path: Path) -> None:
    assert "several models could be meant" in str(fault_of(put(tmp_path, HEADER + _FORWARD)))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        pytest.param("class A(BaseModel): ...\nclass B(BaseModel): ...\n", ["A", "B"], id="unrelated"),
        pytest.param(
            "class Base(BaseModel): ...\nclass X(Base): ...\nclass Y(Base): ...\n", ["X", "Y"], id="two derived"
        ),
    ],
)
def test_several_roots_are_offered_in_the_order_of_the_file(source: str, names: list[str], tmp_path: Path) -> None:
    file = put(tmp_path, HEADER + source)
    fault = fault_of(file)
    assert "several models could be meant" in str(fault)
    assert fault.hint == "choose one of " + ", ".join(f"{file}:{name}" for name in names)
    assert load(f"{file}:{names[0]}").name == names[0]


def test_imported_models_do_not_count(tmp_path: Path) -> None:
    put(tmp_path, PAPER, "unit_common.py")
    file = put(tmp_path, "from unit_common import *\nclass Review(BaseModel):\n    stars: int\n")
    assert load(file).name == "Review"


def test_only_imported_models_are_no_model(tmp_path: Path) -> None:
    put(tmp_path, PAPER, "unit_common.py")
    assert "no Pydantic model" in str(fault_of(put(tmp_path, "from unit_common import Paper\n")))


def test_an_imported_model_can_be_named(tmp_path: Path) -> None:
    put(tmp_path, PAPER, "unit_common.py")
    assert load(f"{put(tmp_path, 'from unit_common import Paper')}:Paper").name == "Paper"


# --- running the file ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("x = 1\n\n1 / 0\n", 3, "ZeroDivisionError: division by zero"),
        ("x = 1\ny = nope\n", 2, "NameError: name 'nope' is not defined"),
        ("import unit_not_there\n", 1, "No module named 'unit_not_there'"),
        ("import json\n\nfrom json import nope\n", 3, "ImportError"),
        ("raise SystemExit(3)\n", 1, "SystemExit: 3"),
        ("def f():\n    raise ValueError('inner')\n\nf()\n", 2, "ValueError: inner"),
        ("import json\njson.loads('{')\n", 2, "JSONDecodeError"),
        ("x = 1\n\ndef (\n", 3, "invalid syntax"),
        ("if 1:\nx = 1\n", 2, "expected an indented block"),
        (HEADER + "class X: ...\nclass A(BaseModel):\n    x: X\n", 4, "PydanticSchemaGenerationError"),
        ("from .sibling import x\n", 1, "ImportError"),
    ],
)
def test_a_fault_is_told_by_file_and_line(source: str, line: int, what: str, tmp_path: Path) -> None:
    file = put(tmp_path, source)
    fault = fault_of(file)
    assert str(fault).startswith(f"{file}:{line}: ")
    assert what in str(fault)
    assert fault.hint


def test_a_fault_in_a_sibling_names_the_line_that_imports_it(tmp_path: Path) -> None:
    put(tmp_path, "\n\n1 / 0\n", "unit_broken.py")
    file = put(tmp_path, "x = 1\nimport unit_broken\n")
    assert str(fault_of(file)).startswith(f"{file}:2: ZeroDivisionError")


def test_a_syntax_error_in_a_sibling_names_the_sibling(tmp_path: Path) -> None:
    sibling = put(tmp_path, "\n)\n", "unit_broken.py")
    assert str(fault_of(put(tmp_path, "import unit_broken\n"))).startswith(f"{sibling}:2: ")


def test_a_fault_in_a_module_is_told_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "1 / 0\n", "unit_broken.py")
    monkeypatch.chdir(tmp_path)
    assert str(fault_of("unit_broken:Paper")) == "unit_broken: ZeroDivisionError: division by zero"


def test_a_file_that_the_schema_file_misses_is_told_by_line(tmp_path: Path) -> None:
    file = put(tmp_path, "x = 1\n\nopen('/nowhere/at/all.json')\n")
    assert str(fault_of(file)).startswith(f"{file}:3: ")


def test_null_bytes_are_told_without_a_line(tmp_path: Path) -> None:
    assert ":None" not in str(fault_of(put(tmp_path, "x = 1\n\0\n")))


@pytest.mark.parametrize("source", [PAPER, "1 / 0\n", "x = (\n"])
def test_sys_path_is_as_before(source: str, tmp_path: Path) -> None:
    file = put(tmp_path, source)
    before = list(sys.path)
    try:
        load(file)
    except SchemaError:
        assert source != PAPER
    assert sys.path == before


def test_sys_path_is_as_before_where_the_folder_was_on_it(paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(paper.parent.resolve()), *sys.path])
    before = list(sys.path)
    load(paper)
    assert sys.path == before


def test_a_file_that_failed_leaves_no_module(tmp_path: Path) -> None:
    fault_of(put(tmp_path, "1 / 0\n", "unit_fails.py"))
    assert not [name for name in sys.modules if name.startswith("_extract_unit_fails")]


def test_a_file_that_was_mended_loads(tmp_path: Path) -> None:
    file = put(tmp_path, "1 / 0\n")
    fault_of(file)
    assert load(put(tmp_path, PAPER)).name == "Paper"
    assert file.exists()


def test_a_sibling_can_be_imported(tmp_path: Path) -> None:
    put(tmp_path / "sub", PAPER, "unit_common.py")
    source = "from unit_common import Author\nfrom pydantic import BaseModel\nclass Book(BaseModel):\n    by: Author\n"
    file = put(tmp_path / "sub", source, "book.py")
    assert "Author" in load(file).json_schema["$defs"]


def test_a_sibling_does_not_take_the_place_of_an_installed_module(tmp_path: Path) -> None:
    sys.modules.pop("colorsys", None)
    put(tmp_path, "raise RuntimeError('the wrong one')\n", "colorsys.py")
    assert load(put(tmp_path, "import colorsys\n" + PAPER)).name == "Paper"


def test_siblings_of_the_same_name_in_two_folders(tmp_path: Path) -> None:
    source = "from unit_common import Part\nfrom pydantic import BaseModel\nclass Whole(BaseModel):\n    part: Part\n"
    for folder, field in (("one", "a"), ("two", "b")):
        part = f"from pydantic import BaseModel\nclass Part(BaseModel):\n    {field}: int\n"
        put(tmp_path / folder, part, "unit_common.py")
        put(tmp_path / folder, source, "whole.py")
    fields = [
        list(load(tmp_path / name / "whole.py").json_schema["$defs"]["Part"]["properties"]) for name in ("one", "two")
    ]
    assert fields == [["a"], ["b"]]


def test_an_installed_package_below_the_folder_stays_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / ".venv" / "lib" / "site-packages"
    put(installed, "", "unit_installed.py")
    monkeypatch.setattr(sys, "path", [*sys.path, str(installed)])
    load(put(tmp_path, "import unit_installed\n" + PAPER))
    assert "unit_installed" in sys.modules


_LATER = (
    "from __future__ import annotations\n"
    + PAPER.replace("class Author(BaseModel):\n    name: str\n", "")
    + ("\nclass Author(BaseModel):\n    name: str\n")
)


def test_forward_references_in_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, _LATER, "unit_later.py")
    monkeypatch.chdir(tmp_path)
    assert "Author" in load("unit_later:Paper").json_schema["$defs"]


@pytest.mark.xfail(strict=True, reason="Pydantic cannot finish a class that derives from an unfinished one")
def test_forward_references_in_a_sibling(tmp_path: Path) -> None:
    put(tmp_path, _LATER, "unit_later.py")
    file = put(tmp_path, "from unit_later import Paper\nclass Book(Paper):\n    pages: int\n", "book.py")
    assert "Author" in load(file).json_schema["$defs"]


def test_forward_references_in_a_file(tmp_path: Path) -> None:
    file = put(tmp_path, _LATER)
    assert "Author" in load(file).json_schema["$defs"]
    assert "Author" in load(f"{file}:Paper").json_schema["$defs"]


def test_from_model_of_a_loaded_class_is_the_same_schema(paper: Path) -> None:
    schema = load(paper)
    assert schema.model is not None
    assert from_type(schema.model) == schema


# --- names that stand twice ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("a.json", '{"type": "object",\n"properties": {"a": {}, "b": {}, "a": {"type": "string"}}}', "a.json: "),
        ("a.yaml", "type: object\nproperties:\n  a: {}\n  b: {}\n  a: {type: string}\n", "a.yaml:5:3: "),
    ],
)
def test_a_name_that_stands_twice_is_refused(name: str, text: str, place: str, tmp_path: Path) -> None:
    fault = fault_of(put(tmp_path, text, name))
    assert f"{place}the name 'a' stands twice in one object" in str(fault)


def test_also_in_a_schema_on_the_command_line() -> None:
    assert "the name 'type' stands twice" in str(fault_of('{"type": "object", "type": "string"}'))


def test_what_a_yaml_merge_brings_in_can_be_named_again(tmp_path: Path) -> None:
    text = "$defs: {T: &t {type: string, maxLength: 5}}\nproperties:\n  a:\n    <<: *t\n    maxLength: 9\n"
    schema = load(put(tmp_path, text, "a.yaml"))
    assert schema.json_schema["properties"]["a"] == {"type": "string", "maxLength": 9}


def test_a_merge_that_is_merged_again_is_no_repetition(tmp_path: Path) -> None:
    text = """base: &base {type: string, maxLength: 5}
$defs: {group: {properties: {t: &t {<<: *base, maxLength: 9}}}}
properties: {a: {<<: *t}}
"""
    schema = load(put(tmp_path, text, "a.yaml"))
    assert schema.json_schema["properties"]["a"] == {"type": "string", "maxLength": 9}


def doubling(merge: str, levels: int = 24) -> str:
    """Mappings of which each merges the one before it, `merge` times."""
    lines = [f"x{at + 1}: &x{at + 1} {{<<: {merge.replace('@', f'*x{at}')}}}" for at in range(levels)]
    return "\n".join(["x0: &x0 {title: a}", *lines, "type: object"])


def test_merges_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    fault = fault_of(put(tmp_path, doubling("[@, @]"), "a.yaml"))
    assert "a.yaml:16:6: merges (<<) bring in more than 100,000 names" in str(fault)
    assert load(put(tmp_path, doubling("@"), "b.yaml")).json_schema["x24"] == {"title": "a"}


def test_wide_merges_that_are_many_are_refused(tmp_path: Path) -> None:
    wide = ", ".join(f"k{at}: {{}}" for at in range(3_000))
    lines = [f"y{at}: {{<<: *x}}" for at in range(40)]
    fault = fault_of(put(tmp_path, "\n".join([f"x: &x {{{wide}}}", *lines, "type: object"]), "a.yaml"))
    assert "a.yaml:35:6: merges (<<) bring in" in str(fault)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("!!bool x", "a.yaml:2:8: not YAML: 'x' is no bool"),
        ('!!int ""', "a.yaml:2:8: not YAML: '' is no int"),
        ('!!float ""', "a.yaml:2:8: not YAML: '' is no float"),
        ("!!timestamp [x]", "a.yaml:2:8: not YAML: expected a scalar node, but found sequence"),
    ],
)
def test_a_yaml_value_that_is_not_what_it_says_is_told(value: str, told: str, tmp_path: Path) -> None:
    assert told in str(fault_of(put(tmp_path, f"type: object\ntitle: {value}\n", "a.yaml")))
    assert load(put(tmp_path, "type: object\ntitle: !!timestamp x\n", "b.yaml")).json_schema["title"] == "x"


# --- types that Pydantic cannot build ------------------------------------------------------------------------


@dataclass
class Coded:
    code: Annotated[str, Field(pattern=r"^(?!PP)[A-Z]+$")]


class Hooked:
    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> Any:
        raise ValueError("no such hook")


@pytest.mark.parametrize(
    ("type_", "fault", "hint"),
    [
        (Coded, "Coded cannot be built: .*Field 'code': .*look-around", "regex_engine='python-re'"),
        (list[Annotated[str, Field(pattern="(")]], "cannot be built: .*unclosed group", "where it is declared"),
        (list[Hooked], "itself failed: ValueError: no such hook", "made of such"),
        (BaseModel, "BaseModel itself failed", "made of such"),
    ],
    ids=str,
)
def test_a_type_that_cannot_be_built_is_a_schema_error(type_: Any, fault: str, hint: str) -> None:
    with pytest.raises(SchemaError, match=fault) as caught:
        load(type_)
    assert hint in str(caught.value.hint)


def test_a_default_that_json_cannot_say_is_no_reason_to_refuse() -> None:
    class Sized(BaseModel):
        size: float = float("inf")
        name: str = "x"

    properties = load(Sized).json_schema["properties"]
    assert "default" not in properties["size"]
    assert properties["name"]["default"] == "x"
