"""Finding what a batch reads: folders, patterns, lists of paths, and what is passed over."""

from __future__ import annotations

import functools
import glob
import io
import os
import random
import re
import shutil
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import SourceError, UsageError
from extractor.sources import Source, Wanted, count, find, load
from extractor.sources.ignoring import Rules, given_rules, parse
from extractor.sources.sorting import in_order
from extractor.sources.walking import Bounds, parts_of, walk
from tests.unit.scripted import quick


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(f"text of {name}")


def wanted(*arguments: str, **fields: object) -> Wanted:
    return Wanted(arguments, **fields)  # type: ignore[arg-type]


def names(*arguments: str, **fields: object) -> list[str]:
    found = list(find(wanted(*arguments, **fields)))
    assert [str(source.fault) for source in found if source.fault] == []
    return [source.name for source in found]


def fault(*arguments: str, **fields: object) -> SourceError:
    [source] = find(wanted(*arguments, **fields))
    assert source.fault is not None
    assert source.fault.hint
    return source.fault


def piped(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# --- folders and patterns ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.html", ["d/a.html", "d/e/b.html", "d/e/f/c.html"]),
        ("e/*.html", ["d/e/b.html"]),
        ("e/**/*.html", ["d/e/b.html", "d/e/f/c.html"]),
        ("**/f/*", ["d/e/f/c.html"]),
        ("e/**", ["d/e/b.html", "d/e/f/c.html"]),
        ("[ab].*", ["d/a.html", "d/e/b.html"]),
        (".h/*.html", ["d/.h/z.html"]),
    ],
)
def test_glob_says_which_files_of_a_folder_are_taken(pattern: str, found: list[str]) -> None:
    put("d/a.html", "d/e/b.html", "d/e/f/c.html", "d/.h/z.html", "d/g/x.txt")
    assert names("d", glob=(pattern,)) == found


def test_several_globs_give_a_file_once() -> None:
    put("d/a.html", "d/b.md", "d/c.txt")
    assert names("d", glob=("*.html", "*.md", "a*", "**/a.*")) == ["d/a.html", "d/b.md"]


def test_a_glob_is_no_limit_for_files_that_are_named() -> None:
    put("a.txt", "d/b.txt", "d/c.md")
    assert names("a.txt", "d/*.txt", "d", glob=("*.md",)) == ["a.txt", "d/b.txt", "d/c.md"]


def test_nothing_that_matches_is_a_fault() -> None:
    put("d/a.txt")
    assert str(fault("d", glob=("*.html",))) == "d: no file matches --glob *.html in this folder"


def test_a_link_to_a_folder_is_followed_by_name_only() -> None:
    put("real/a.txt", "d/b.txt")
    Path("d/link").symlink_to(Path("real").absolute(), target_is_directory=True)
    Path("d/loop").symlink_to(Path("d").absolute(), target_is_directory=True)
    assert names("d/*/*.txt") == ["d/link/a.txt", "d/loop/b.txt"]
    assert names("d/**/*.txt") == ["d/b.txt"]


def test_a_folder_as_deep_as_the_system_allows() -> None:
    here, depth = Path.cwd(), 0
    try:
        while depth < 1500:
            Path("d").mkdir()
            os.chdir("d")
            depth += 1
        Path("a.txt").write_text("deep")
        os.chdir(here)
        assert names("d") == [f"{'d/' * 1500}a.txt"]
    finally:  # no library removes what is so deep
        os.chdir(here)
        for _ in range(depth):
            os.chdir("d")
        Path("a.txt").unlink(missing_ok=True)
        for _ in range(depth):
            os.chdir("..")
            Path("d").rmdir()


NAME = st.sampled_from(
    ["a", "b", "a.txt", "b.txt", "a.md", "x.html", ".h", "A.TXT", "é.txt", "a b.txt", "[1].txt", "\n"]
)
PART = st.sampled_from(["**", "*", "a*", "?", "*.txt", ".h", "a", "[!a]*"])
TREE = st.lists(st.lists(NAME, min_size=1, max_size=4).map(tuple), max_size=25)


def grown(tree: list[tuple[str, ...]], root: Path) -> None:
    for path in tree:
        try:
            (root.joinpath(*path[:-1])).mkdir(parents=True, exist_ok=True)
            with root.joinpath(*path).open("x") as file:
                file.write("text")
        except (FileExistsError, NotADirectoryError):
            continue


@quick()
@given(tree=TREE, run=st.sampled_from([1, 2, 3, 1000]))
def test_a_folder_gives_what_a_plain_reference_gives(tree: list[tuple[str, ...]], run: int) -> None:
    with TemporaryDirectory() as folder:
        grown(tree, Path(folder))
        everything = (path.relative_to(folder).parts for path in Path(folder).rglob("*") if path.is_file())
        expected = sorted(parts for parts in everything if not any(part.startswith(".") for part in parts))
        found = walk(folder, [parts_of("**")], Rules(), Bounds(run=run))
        assert [Path(source.name).relative_to(folder).parts for source in found] == expected


@quick()
@given(
    tree=TREE,
    parts=st.lists(PART, min_size=1, max_size=4),
)
def test_a_pattern_gives_what_the_standard_library_finds(tree: list[tuple[str, ...]], parts: list[str]) -> None:
    with TemporaryDirectory() as folder:
        grown(tree, Path(folder))
        pattern = f"{folder}/{'/'.join(parts)}"
        globbed = glob.glob(pattern, recursive=True)  # noqa: PTH207
        expected = sorted({Path(name).parts for name in globbed if os.path.isfile(name)})
        found = [source.name for source in find(wanted(pattern)) if source.fault is None]
        if glob.has_magic(pattern):
            assert [Path(name).parts for name in found] == expected


# --- memory --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [1, 2, 7, 100, 1000])
def test_names_are_sorted_however_many_runs_there_are(run: int) -> None:
    given_names = [f"{random.Random(at).random()}\n\udcff{at}" for at in range(700)] * 2
    assert list(in_order(iter(given_names), run)) == sorted(given_names)


def test_names_beyond_a_run_are_not_in_memory() -> None:
    def peak(run: int) -> int:
        names = (f"{(at * 7919) % 60_000:06}-{'n' * 40}" for at in range(60_000))
        tracemalloc.start()
        assert sum(1 for _ in in_order(names, run)) == 60_000
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(4_000) * 4 < peak(1_000_000)


def test_a_folder_of_many_names_is_not_in_memory() -> None:
    Path("d").mkdir()
    for at in range(4_000):
        Path(f"d/{at:04}-{'n' * 100}.txt").touch()
    tracemalloc.start()
    found = walk("d", [parts_of("*.txt")], Rules(), Bounds(run=100))
    assert next(found).name.startswith("d/0000")
    assert sum(1 for _ in found) == 3_999
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


# --- ignore rules --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        (["*.md"], ["d/a.txt", "d/drafts/b.txt", "d/e/drafts/c.txt"]),
        (["drafts/"], ["d/a.md", "d/a.txt"]),
        (["/drafts"], ["d/a.md", "d/a.txt", "d/e/drafts/c.txt"]),
        (["*", "!*/", "!c.txt"], ["d/e/drafts/c.txt"]),
        (["drafts/**", "!drafts/b.txt"], ["d/a.md", "d/a.txt", "d/drafts/b.txt", "d/e/drafts/c.txt"]),
        (["drafts", "!drafts/b.txt"], ["d/a.md", "d/a.txt"]),
        (["# a.txt", "", r"\#x"], ["d/a.md", "d/a.txt", "d/drafts/b.txt", "d/e/drafts/c.txt"]),
    ],
)
@pytest.mark.parametrize("where", ["flag", "file"])
def test_ignore(rules: list[str], left: list[str], where: str) -> None:
    put("d/a.txt", "d/a.md", "d/drafts/b.txt", "d/e/drafts/c.txt")
    if where == "flag":
        assert names("d", ignore=tuple(rules)) == left
        assert names("d/**", ignore=tuple(rules)) == left
    else:
        Path("d/.extractignore").write_text("\n".join(rules))
        assert names("d") == left
        assert names("d/**") == left


def test_the_rules_of_an_inner_folder_and_of_the_flag_come_first() -> None:
    put("d/a.txt", "d/e/a.txt", "d/e/b.txt")
    Path("d/.extractignore").write_text("a.txt\n")
    Path("d/e/.extractignore").write_text("!a.txt\n")
    assert names("d") == ["d/e/a.txt", "d/e/b.txt"]
    assert names("d", ignore=("a.txt",)) == ["d/e/b.txt"]


def test_a_file_that_is_named_is_only_passed_over_by_the_flag() -> None:
    put("d/a.txt", "d/b.txt")
    Path("d/.extractignore").write_text("*\n")
    assert names("d/a.txt", "d/b.txt") == ["d/a.txt", "d/b.txt"]
    assert names("d/a.txt", str(Path("d/b.txt").absolute()), ignore=("d/b.txt",)) == ["d/a.txt"]


def test_a_folder_of_which_all_is_ignored_is_a_fault() -> None:
    put("d/a.txt")
    found = fault("d", ignore=("*.txt",))
    assert "--ignore" in str(found.hint)


@pytest.mark.parametrize("rule", ["!", "a\\", "[z-a]", "a[", "[[:alpha:]]x", "/"])
def test_a_rule_that_is_none_is_told(rule: str) -> None:
    put("d/a.txt")
    with pytest.raises(UsageError, match=r"^--ignore: .*rule"):
        find(wanted("d", ignore=("*.tmp", rule)))
    Path("d/.extractignore").write_text(f"*.tmp\n\n{rule}\n")
    put("b/b.txt", "d/e/a.txt")
    assert names("b") == ["b/b.txt"]
    found = fault("d")  # what is to be passed over is not asked about by mistake
    assert re.match(r"d/\.extractignore:3: .*rule.*; the folder d is passed over", str(found))
    assert found.hint


RULE = st.sampled_from(
    ["a", "b/", "*.txt", "/a", "a/b", "!a.txt", "!a", "!*/", "*", "**/a", "a/**", "!/a/b", "?.md", "/*"]
)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the reference")
@quick(25)
@given(tree=TREE, above=st.lists(RULE, max_size=4), below=st.lists(RULE, max_size=4))
def test_ignore_files_mean_what_they_mean_to_git(
    tree: list[tuple[str, ...]], above: list[str], below: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        grown([*tree, ("a", "b", "a.txt"), ("b", "a.md")], Path(folder))
        Path(folder, ".extractignore").write_text("\n".join(above))
        if Path(folder, "a").is_dir():
            Path(folder, "a/.extractignore").write_text("\n".join(below))
        git = functools.partial(subprocess.run, cwd=folder, check=True, capture_output=True)
        git(["git", "init", "-q"])
        done = git(["git", "ls-files", "-o", "-z", "--exclude-per-directory=.extractignore"])
        listed = [Path(name).parts for name in done.stdout.decode().split("\0") if name]
        expected = sorted(parts for parts in listed if not any(part.startswith(".") for part in parts))
        found = walk(folder, [parts_of("**")], Rules(), Bounds())
        assert [Path(source.name).relative_to(folder).parts for source in found] == expected


def test_rules_are_relative_to_their_folder() -> None:
    rules = given_rules(parse(["/a.txt"], "--ignore"), "d")
    assert rules.ignore("d/a.txt", is_folder=False)
    assert not rules.ignore("d/e/a.txt", is_folder=False)


# --- the run's own files -------------------------------------------------------------------------------------


def test_outputs_are_no_input() -> None:
    put("d/a.txt", "d/out.txt", "d/results/a.txt", "b.txt")
    Path("d/link.txt").symlink_to(Path("d/out.txt").absolute())
    skip = frozenset((Path("d/out.txt").resolve(), Path("d/results").resolve()))
    assert names("d", skip=skip) == ["d/a.txt"]
    assert names("d/out.txt", "d/link.txt", "./d/../d/out.txt", "b.txt", skip=skip) == ["b.txt"]


def test_a_folder_that_is_the_output_is_told() -> None:
    put("d/a.txt")
    assert str(fault("d", skip=frozenset((Path("d").resolve(),)))) == "d: the output goes into this folder"


# --- lists ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"a.txt\nd\nb c.txt\n",
        b"a.txt\r\nd\r\n\r\nb c.txt",
        b"\n \na.txt\n\nd\nb c.txt\n\n",
        b"\xef\xbb\xbfa.txt\nd\nb c.txt",
        b"a.txt\0d\0b c.txt\0",
        b"a.txt\0d\0b c.txt",
        "\ufeffa.txt\r\nd\r\nb c.txt\r\n".encode("utf-16-le"),
    ],
)
@pytest.mark.parametrize("where", ["stdin", "file"])
def test_a_list_of_paths(data: bytes, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.txt", "d/x.md", "d/y.txt", "b c.txt")
    expected = ["a.txt", "d/x.md", "d/y.txt", "b c.txt"]
    if where == "stdin":
        piped(data, monkeypatch)
        assert names("-") == expected
        assert count(wanted("-")) is None
    else:
        Path("list").write_bytes(data)
        assert names(lists=("list",)) == expected
        assert count(wanted(lists=("list",))) == 4


def test_names_with_line_breaks_and_odd_bytes_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = [b"a\nb.txt", b"\xff.txt", b" .txt", b"*.txt"]
    for name in odd:
        Path(os.fsdecode(name)).write_text("text")
    piped(b"\0".join(odd), monkeypatch)
    assert names("-") == [os.fsdecode(name) for name in odd]


def test_a_line_is_a_path_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.txt", "-")
    piped(b"*.txt\n-\nThe bridge was opened in 1932.\na.txt\n", monkeypatch)
    found = list(find(wanted("-")))
    assert [source.name for source in found] == ["*.txt", "./-", "The bridge was opened in 1932.", "a.txt"]
    assert [str(source.fault) for source in found if source.fault] == [
        "*.txt: no such file",
        "The bridge was opened in 1932.: no such file",
    ]
    assert found[0].fault is not None
    assert found[0].fault.hint == "stdin is read as paths, one a line"
    assert load(found[1]).text == "text of -"


def test_a_path_without_an_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.txt")
    piped(b"x" * 3_000_000 + b"\na.txt\n", monkeypatch)
    tracemalloc.start()
    found = list(find(wanted("-")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [source.name for source in found] == ["stdin", "a.txt"]
    assert str(found[0].fault) == "stdin:1: a path of more than 65536 bytes"
    assert peak < 1_500_000


@pytest.mark.parametrize("data", [b"", b"\n\n"])
def test_a_list_without_a_path_is_a_fault(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(data, monkeypatch)
    assert str(fault("-")) == "stdin: no path in this list"


def test_a_list_that_is_not_there_is_a_fault_among_others() -> None:
    put("a.txt")
    found = list(find(wanted("a.txt", lists=("gone.lst",))))
    assert [str(source.fault) for source in found] == ["None", "gone.lst: no such file"]


def test_paths_are_taken_while_the_pipe_is_still_written(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.txt", "b.txt")
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin, os.fdopen(writing, "wb", buffering=0) as pipe:
        monkeypatch.setattr(sys, "stdin", stdin)
        found = find(wanted("-"))
        pipe.write(b"a.txt\nb.t")
        assert next(found).name == "a.txt"
        writer = threading.Timer(0.1, lambda: (pipe.write(b"xt\n"), pipe.close()))
        writer.start()
        assert [source.name for source in found] == ["b.txt"]
        writer.join()


# --- limit and count -----------------------------------------------------------------------------------------


def test_limit() -> None:
    put("d/a.txt", "d/b.txt", "d/c.txt", "e.txt")
    assert names("d", "e.txt", limit=2) == ["d/a.txt", "d/b.txt"]
    assert names("d", "e.txt", limit=9) == ["d/a.txt", "d/b.txt", "d/c.txt", "e.txt"]
    assert names("d", limit=0) == []
    assert [count(wanted("d", "e.txt", limit=limit)) for limit in (0, 2, 9, None)] == [0, 2, 4, 4]


def test_a_count_stops_when_told() -> None:
    put("d/a.txt", "d/b.txt", "d/c.txt")
    answers: Iterator[bool] = iter([False, True])
    assert count(wanted("d"), lambda: next(answers, True)) is None


@pytest.mark.parametrize("name", ["pipe", "pipe.jsonl"])
def test_what_can_be_read_only_once_is_not_counted(name: str) -> None:
    os.mkfifo(name)
    lists = (name,) if name == "pipe" else ()
    assert count(wanted(*[name] * (not lists), lists=lists)) is None


def test_nothing_is_a_record_where_it_is_not_asked_for() -> None:
    put("d/a.txt", "d/data.jsonl")
    assert list(find(wanted("d"))) == [Source("d/a.txt")]


@pytest.mark.parametrize("url", ["ftp://a/b.txt", "s3://bucket/key", "file:///a/b?c", "sftp://me:word@a/b"])
def test_a_url_of_another_scheme_is_told_as_that(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(f"{url}\n".encode(), monkeypatch)
    for argument in (url, "-"):
        [source] = find(wanted(argument))
        with pytest.raises(SourceError, match="only http and https are fetched") as caught:
            load(source)
        assert caught.value.hint
        assert "word" not in str(caught.value)
