"""What a file says of itself before its text, also where it is made to be without end."""

from __future__ import annotations

import json
import time

import pytest

from extractor.front_matter import body_start, fault_of, metadata_of
from extractor.loaders import read
from extractor.outline import sections


def front(yaml: str) -> str:
    return f"---\n{yaml}\n---\n\n# Yes\n"


TOML = {"extra": {"at": "12:30:00", "seen": "2025-06-15T12:30:00+00:00"}}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("---\ntitle: Sea\nday: 2025-06-15\n---\n\nIt rose.", {"title": "Sea", "day": "2025-06-15"}),
        ("---\r\ntitle: 海\r\n---\r\nIt rose.", {"title": "海"}),
        ("---\ntitle: Sea\n...\n", {"title": "Sea"}),
        ('---\n# made by hand\n\n"the title": Sea\n---\n', {"the title": "Sea"}),
        ("---\n{title: Sea}\n---\n", {"title": "Sea"}),
        ("It rose.\n---\ntitle: Sea\n---\n", {}),
        ("---\njust a line\n---\n", {}),
        ("---\n\n# A heading\n\nIt rose.\n\n---\n", {}),
        ("---\n" + "- [" * 9000 + "\n---\n", {}),
        ("", {}),
        ('+++\ntitle = "Sea"\nday = 2025-06-15\n+++\nIt rose.', {"title": "Sea", "day": "2025-06-15"}),
        ('+++\r\n# made by hand\r\n\r\ntitle = "海"\r\n+++\r\nIt rose.', {"title": "海"}),
        ("+++\n[extra]\nat = 12:30:00\nseen = 2025-06-15T12:30:00Z\n+++\n", TOML),
        ("+++\njust a line\n+++\n", {}),
    ],
)
def test_front_matter_is_metadata(text: str, found: dict[str, object]) -> None:
    assert metadata_of(text) == found
    assert (body_start(text) > 0) == bool(found)


@pytest.mark.parametrize("yaml", ["a: [1", "a: !!bool x", 'a: !!int ""', "a: b: c", "a: {[1, 2]: 3}", "a: !mine 1"])
def test_what_cannot_be_read_is_no_part_of_the_text_either(yaml: str) -> None:
    assert metadata_of(front(yaml)) == {}
    assert [section.title for section in sections(front(f"{yaml}\n# no"))] == ["Yes"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("---\ntitle: [broken\n---\n# X\n", "expected ',' or ']', but got '<stream end>' in line"),
        ("---\na: &b 1\nc: *b\n---\n", "an alias"),
        ("---\nhe said: it: rose\n---\n", "mapping values are not allowed here in line 2"),
        ("---\na: {b: &c 1, <<: {d: 1}}\n---\n", "a merge"),
        ("---\n" + "a: " + "[" * 5_000 + "\n---\n", "nested too deep"),
        ("+++\ntitle = broken\n+++\n", "Invalid value (at line 2, column 9)"),
        ("+++\na = " + "[" * 5_000 + "\n+++\n", "nested too deep"),
        ("+++\nx = 1\n" + "a." * 5_000 + "b = 1\n+++\n", "a name of more than 100 parts"),
    ],
)
def test_front_matter_that_cannot_be_read_says_why(text: str, fault: str) -> None:
    assert metadata_of(text) == {}
    assert fault in str(fault_of(text))
    (note,) = read("a.md", text.encode()).notes
    assert note.startswith("its front matter cannot be read: ")
    assert "\n" not in note


@pytest.mark.parametrize("text", ["", "It rose.", "---\na: 1\n---\n", "---\njust a line\n---\n", "+++\na = 1\n+++\n"])
def test_front_matter_that_can_be_read_or_is_none_has_no_fault(text: str) -> None:
    assert fault_of(text) is None


@pytest.mark.parametrize(
    ("toml", "found"),
    [
        ("[7, 0x1F, -1.5, 1e3, true]", [7, 31, -1.5, 1000.0, True]),
        ("[nan, -inf, 1.0e+999]", ["nan", "-inf", "1.0e+999"]),
        ("0x" + "1" * 19_000, "0x" + "1" * 19_000),
        ("9" * 4_000, "9" * 4_000),
    ],
)
def test_metadata_of_toml_are_plain_json(toml: str, found: object) -> None:
    said = metadata_of(f"+++\na = {toml}\n+++\n")
    assert said == {"a": found}
    assert json.loads(json.dumps(said, allow_nan=False).encode()) == said


@pytest.mark.parametrize(
    ("yaml", "found"),
    [
        ("a: {2025-06-15: 3, 1: x, null: y}", {"2025-06-15": 3, "1": "x", "None": "y"}),
        ("a: [2025-06-15 12:30:00, 12:30, !!timestamp x]", ["2025-06-15 12:30:00", "12:30", "x"]),
        ("a: [7, 0x1F, -1.5, 1e3, true, ~]", [7, 31, -1.5, "1e3", True, None]),
        ("a: [.nan, -.inf, 1.0e+999]", [".nan", "-.inf", "1.0e+999"]),
        ("a: [!!set {x, b, c, a}, !!binary aGVsbG8=, !!pairs [b: 1]]", [["a", "b", "c", "x"], "aGVsbG8=", [["b", 1]]]),
        ('a: "\\uD800b"', "\ufffdb"),
        *((f"a: {digits}", digits) for digits in ("0x" + "1" * 19_000, "1" * 19_000, "1" * 5_000)),
    ],
)
def test_metadata_are_plain_json(yaml: str, found: object) -> None:
    said = metadata_of(front(yaml))
    assert said == {"a": found}
    assert json.loads(json.dumps(said, allow_nan=False).encode()) == said


ALIASES = "a: &a [x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{b}: &{b}\n  <<: [{','.join([f'*{a}'] * 10)}]\n  k{b}: 1\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("yaml", [ALIASES, MERGES, "a: &a [*a]", "a: 1\n<<: {b: 2}", "a: 1\n!!merge x: {b: 2}"])
def test_what_stands_for_many_times_its_size_is_not_read(yaml: str) -> None:
    started = time.process_time()
    assert metadata_of(front(yaml)) == {}
    assert [section.title for section in sections(front(yaml))] == ["Yes"]
    assert time.process_time() - started < 1


def test_to_see_that_there_is_none_takes_no_time() -> None:
    for text in (
        "---\n" + "\n" * 19_000 + "\n---\n",
        "---\n" + "# a\n" * 4_900 + "---\n",
        "---\n" + " " * 19_000 + "\n---\n",
    ):
        started = time.process_time()
        assert body_start(text) == 0
        assert time.process_time() - started < 0.5
