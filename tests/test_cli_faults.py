"""Everything that goes wrong: an exit code, `error:` and `hint:` on standard error, and never a traceback."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from test_cli import BRIDGE, COMMAND, KIND, ROAD, SMOL, TINY, Finished, extract, on_terminal, surroundings, write_files

# What a terminal obeys instead of showing it; line feeds are looked at line by line.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

REFUSING = """
from pydantic import BaseModel, field_validator


class Refusing(BaseModel):
    city: str

    @field_validator("city")
    @classmethod
    def refuse(cls, city: str) -> str:
        raise ValueError("no city is good enough")
"""

TWO_ROOTS = """
from pydantic import BaseModel


class Author(BaseModel):
    name: str


class Book(BaseModel):
    author: Author


class Film(BaseModel):
    title: str
"""

# Minutes of reading for one thread: what interrupts it comes in time.
LONG = "The bridge is old and long, and many people walk over it each day. " * 380


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with two texts and two schemas."""
    return write_files(tmp_path, {"bridge.txt": BRIDGE, "road.md": ROAD, "tiny.py": TINY, "kind.py": KIND})


@pytest.fixture
def nothing_here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose store has no weights: what fails, fails before they are needed."""
    return {"EXTRACT_HOME": str(tmp_path_factory.mktemp("home"))}


def assert_fault(done: Finished, code: int, error: str, hint: str = "") -> None:
    """Nothing but one error, and the hint where one is due."""
    assert (done.code, done.out) == (code, "")
    first, *rest = done.err.splitlines()
    assert first.startswith("error: ")
    assert error in first
    assert [line[: len("hint: ")] for line in rest] == ["hint: "] * len(rest)
    assert hint in "".join(rest)
    assert bool(hint) <= len(rest)


# --- schemas -------------------------------------------------------------------------------------------------

SCHEMA_FILES = {
    "syntax.py": "from pydantic import BaseModel\n\nclass Paper(BaseModel:\n    title: str\n",
    "boom.py": "import os\n\ndef fail():\n    raise RuntimeError('boom')\n\nfail()\n",
    "nomodel.py": "x = 1\n",
    "two.py": TWO_ROOTS,
    "exits.py": "import sys\nsys.exit(0)\n",
    "needs.py": "import surely_not_installed_anywhere\n",
    "folder.py/x.txt": "",
    "latin.py": b"x = 1\nplace = 'caf\xe9'\n",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "error", "hint"),
    [
        ("syntax.py", "syntax.py:3: ", "not valid Python"),
        ("boom.py", "boom.py:4: RuntimeError: boom", "while the file was imported"),
        ("nomodel.py", "nomodel.py: no Pydantic model in it", "pydantic.BaseModel"),
        ("two.py", "two.py: several models could be meant", "two.py:Book, two.py:Film"),
        ("exits.py", "exits.py:2: SystemExit: 0", "while the file was imported"),
        ("needs.py", "needs.py:1: No module named 'surely_not_installed_anywhere'", "install it"),
        ("latin.py", "latin.py:", "not valid Python"),
        ("absent.py", "absent.py: no such file", "name a .py file that is there"),
        ("folder.py", "folder.py: is a folder", "name a .py file that is there"),
        ("folder.py/", "folder.py: is a folder", "name a .py file that is there"),
        ("tiny.py:Wrong", "tiny.py: Wrong is not defined there", "tiny.py:Tiny"),
        ("tiny.py:Literal", "tiny.py: Literal is not", "tiny.py:Tiny"),
        ("surely_not.there:Paper", "No module named 'surely_not'", "install it"),
        ("articel", "unknown schema 'articel'", "article, event, news"),
        ("标题", "unknown schema '标题'", "'标题 str' is one field"),
        ("tiny", "unknown schema 'tiny'", "./tiny.py"),
        ("x" * 300 + ".py", "x.py: ", "name a .py file that is there"),
    ],
)
def test_a_schema_that_cannot_be_loaded(
    here: Path, nothing_here: dict[str, str], spec: str, error: str, hint: str
) -> None:
    write_files(here, SCHEMA_FILES)
    done = extract("run", "bridge.txt", "-s", spec, *SMOL, cwd=here, env=nothing_here)
    assert_fault(done, 2, error, hint)


@pytest.mark.parametrize("flag", ["--max-tokens", "--seed", "--slots", "--threads", "--context", "--gpu-layers"])
def test_a_number_that_no_engine_takes(here: Path, flag: str) -> None:
    write_files(here, {"answers.jsonl": '{"text": {"title": "Oslo"}}\n'})
    command = ("run", "bridge.txt", "-s", "title str", "-m", "replay:answers.jsonl", flag)
    done = extract(*command, str(2**31), cwd=here, env={"COLUMNS": "200"})
    assert (done.code, done.out) == (2, "")
    assert re.search(r"(less than or equal to|more than) (2147483647|512|64)\b", done.err)


def test_only_roots_are_offered(here: Path) -> None:
    write_files(here, SCHEMA_FILES)
    done = extract("schema", "show", "two.py", cwd=here)
    assert_fault(done, 2, "several models", "two.py:Book, two.py:Film")
    assert "Author" not in done.err
    assert json.loads(extract("schema", "show", "two.py:Author", cwd=here).out)["title"] == "Author"


# --- models --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "error", "hint"),
    [
        ("smollm-135m", "unknown model 'smollm-135m'", "did you mean smollm2-135m?"),
        ("folder", "'folder': that path is not a file", "the path of a .gguf file"),
        ("absent.gguf", "'absent.gguf': that path does not exist", "the path of a .gguf file"),
        ("text.gguf", "text.gguf is not a usable GGUF file", "give a .gguf file"),
        ("cut.gguf", "cut.gguf is not a usable GGUF file", "give a .gguf file"),
        ("bridge.txt", "bridge.txt is not a usable GGUF file", "give a .gguf file"),
        ("hf:owner/../x.gguf", "cannot read 'hf:owner/../x.gguf'", "hf:OWNER/REPO/FILE.gguf"),
    ],
)
def test_a_model_that_is_none(here: Path, nothing_here: dict[str, str], spec: str, error: str, hint: str) -> None:
    write_files(here, {"folder/x": "", "text.gguf": "hello\n", "cut.gguf": b"GGUF\x03\x00\x00\x00\xff\xff"})
    assert_fault(extract("run", "bridge.txt", "-s", "tiny.py", "-m", spec, cwd=here, env=nothing_here), 2, error, hint)


@pytest.mark.slow
@pytest.mark.parametrize(("flags", "variables"), [(("--offline",), {}), ((), {"EXTRACT_OFFLINE": "1"})])
def test_offline_without_weights(
    here: Path, nothing_here: dict[str, str], flags: tuple[str, ...], variables: Mapping[str, str]
) -> None:
    done = extract("run", "bridge.txt", "-s", "tiny.py", *SMOL, *flags, cwd=here, env=nothing_here | dict(variables))
    assert_fault(done, 2, "smollm2-135m is not in the store", "extract models pull smollm2-135m")


# --- sources -------------------------------------------------------------------------------------------------

SOURCE_FILES = {
    "empty.txt": "",
    "blank.txt": " \n\t\n\u3000",
    "binary.txt": bytes(range(256)) * 20,
    "wide.txt": "no mark at the beginning".encode("utf-32-le"),
    "paper.pdf": b"%PDF-1.7\n",
    "renamed.txt": b"%PDF-1.7\n",
    "page.html": "<script>text</script>",
    "folder/x.txt": BRIDGE,
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "error", "hint"),
    [
        ("absent.txt", "absent.txt: no such file", ""),
        ("empty.txt", "empty.txt: empty", "nothing to extract"),
        ("blank.txt", "blank.txt: empty", "nothing to extract"),
        ("binary.txt", "binary.txt: binary, not text", "convert it"),
        ("wide.txt", "wide.txt: binary, not text", "convert it"),
        ("paper.pdf", "paper.pdf: is damaged, or no PDF", "qpdf"),
        ("renamed.txt", "renamed.txt: is damaged, or no PDF", "qpdf"),
        ("page.html", "page.html: no text in this page", "save it from a browser"),
        ("huge.txt", "huge.txt: larger than 64 MiB", "split it"),
        ("folder", "folder: is a folder", ""),
        ("x" * 300, f"{'x' * 300}: File name too long", ""),
        ("-", "stdin: empty", "nothing to extract"),
    ],
)
def test_a_source_that_cannot_be_read(
    here: Path, nothing_here: dict[str, str], source: str, error: str, hint: str
) -> None:
    write_files(here, SOURCE_FILES)
    if source == "huge.txt":
        write_files(here, {source: b"word " * (65 * 2**20 // 5)})
    done = extract("prompt", source, "-s", "tiny.py", *SMOL, cwd=here, env=nothing_here)
    assert_fault(done, 1, error, hint)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_source_without_permission(here: Path, nothing_here: dict[str, str]) -> None:
    (here / "bridge.txt").chmod(0)
    done = extract("prompt", "bridge.txt", "-s", "tiny.py", *SMOL, cwd=here, env=nothing_here)
    assert_fault(done, 1, "bridge.txt: Permission denied")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that fails to be read")
def test_a_source_that_fails_while_it_is_read(here: Path, nothing_here: dict[str, str]) -> None:
    done = extract("prompt", "/proc/self/mem", "-s", "tiny.py", *SMOL, cwd=here, env=nothing_here)
    assert_fault(done, 1, "/proc/self/mem: Input/output error")


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_good_sources_are_printed_and_bad_ones_told(here: Path) -> None:
    write_files(here, SOURCE_FILES)
    sources = ("absent.txt", "bridge.txt", "empty.txt", "road.md", "none-*.txt")
    done = extract("run", *sources, "-s", "kind.py", *SMOL, cwd=here)
    assert done.code == 1
    assert [set(data) for data in done.lines] == [{"kind"}, {"kind"}]
    told = [line.split(": ", 2)[1:] for line in done.err.splitlines() if line.startswith("error: ")]
    pattern = ["none-*.txt", "no file matches this pattern"]
    assert told == [["absent.txt", "no such file"], ["empty.txt", "empty"], pattern]


@pytest.mark.usefixtures("smollm2")
def test_where_all_sources_are_bad_an_older_file_stays(here: Path) -> None:
    write_files(here, SOURCE_FILES | {"out.jsonl": "older\n"})
    before = set(here.iterdir())
    done = extract("run", "absent.txt", "binary.txt", "-s", "kind.py", *SMOL, "-o", "out.jsonl", cwd=here)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("error: ") == 2
    assert (here / "out.jsonl").read_text() == "older\n"
    assert {path for path in here.iterdir() if path.name != "__pycache__"} == before


@pytest.mark.usefixtures("smollm2")
def test_failed_sources_have_a_full_record_too(here: Path) -> None:
    write_files(here, SOURCE_FILES)
    done = extract("run", "absent.txt", "binary.txt", "-s", "kind.py", *SMOL, "--full", "-q", cwd=here)
    assert done.code == 1
    assert [(record["source"], record["data"]) for record in done.lines] == [("absent.txt", None), ("binary.txt", None)]
    assert [record["errors"][0]["kind"] for record in done.lines] == ["SourceError"] * 2
    assert done.err.count("error: ") == 2, "errors are told even where quiet is asked for"


def test_no_source_on_a_terminal(here: Path) -> None:
    done = on_terminal("run", "-s", "tiny.py", *SMOL, cwd=here)
    assert (done.code, done.out) == (2, "")
    assert "error:\x1b[0m no source" in done.err
    assert "hint:\x1b[0m name files, folders or patterns, or - to read standard input" in done.err


@pytest.mark.parametrize("command", [("run",), ("prompt", "-")])
def test_standard_input_may_be_closed(here: Path, nothing_here: dict[str, str], command: tuple[str, ...]) -> None:
    line = subprocess.list2cmdline([*COMMAND, *command, "-s", "tiny.py", *SMOL, "--offline"])
    script = ["sh", "-c", f"{line} <&-"]
    done = subprocess.run(
        script, cwd=here, env=surroundings(nothing_here), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


# --- flags ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("run", "bridge.txt"), "--schema"),
        (("run", "bridge.txt", "-s", "tiny.py", "--ful"), "--ful"),
        (("run", "bridge.txt", "-s", "tiny.py", "-f", "xml"), "--format"),
        (("run", "bridge.txt", "-s", "tiny.py", "--max-tokens", "0"), "--max-tokens"),
        (("run", "bridge.txt", "-s", "tiny.py", "--temperature", "hot"), "--temperature"),
        (("runn",), "runn"),
        (("schema", "shwo", "article"), "shwo"),
    ],
)
def test_a_wrong_flag_or_command(
    here: Path, nothing_here: dict[str, str], arguments: tuple[str, ...], named: str
) -> None:
    done = extract(*arguments, cwd=here, env=nothing_here)
    assert (done.code, done.out) == (2, "")
    assert named in done.err
    assert "Traceback" not in done.err


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
@pytest.mark.parametrize(
    ("out", "error", "hint"),
    [
        ("x.docx", "--out x.docx: .docx is no form that can be written", "suffixes are .jsonl, "),
        ("nowhere/x.json", "--out nowhere/x.json: No such file or directory", "the folder must exist"),
        ("x" * 300, "File name too long", ""),
    ],
)
def test_an_output_that_cannot_be_written(here: Path, out: str, error: str, hint: str) -> None:
    write_files(here, SOURCE_FILES)
    done = extract("run", "bridge.txt", "-s", "tiny.py", *SMOL, "-o", out, cwd=here)
    assert_fault(done, 2, error, hint)


def test_standard_output_is_utf_8_whatever_the_locale_says(here: Path) -> None:
    write_files(here, {"书.py": TINY.replace("A thing that was built", "书")})
    done = extract("schema", "show", "书.py", cwd=here, env={"PYTHONIOENCODING": "ascii"})
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["description"] == "书."


# --- the engine's answers ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_a_text_longer_than_the_context_says_by_how_much(here: Path) -> None:
    write_files(here, {"long.txt": LONG[:8000]})
    done = extract("run", "long.txt", "-s", "kind.py", *SMOL, "--context", "512", "--strategy", "whole", cwd=here)
    assert_fault(done, 1, "long.txt: prompt too long: ", "--context, up to ")
    asked, over, room = (int(number.replace(",", "")) for number in re.findall(r"\b\d[\d,]*\b", done.err)[:3])
    assert (room, over) == (512, asked - 512)
    assert 1000 < asked < 8000


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_an_answer_that_breaks_a_rule_is_told_by_pointer_value_and_rule(here: Path) -> None:
    write_files(here, {"refusing.py": REFUSING})
    done = extract("run", "bridge.txt", "-s", "refusing.py", *SMOL, "--max-tokens", "200", cwd=here)
    assert_fault(done, 1, "bridge.txt: /city: ")
    assert "no city is good enough" in done.err
    assert re.search(r"\(it was '[^']+'\)", done.err)


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_an_answer_that_is_cut_off(here: Path) -> None:
    done = extract("run", "bridge.txt", "-s", "tiny.py", *SMOL, "--max-tokens", "5", cwd=here)
    assert_fault(done, 1, "bridge.txt: the answer was cut off after 5 tokens", "raise --max-tokens")


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_an_answer_that_takes_too_long(here: Path) -> None:
    write_files(here, {"long.txt": LONG[:8000]})
    done = extract("run", "long.txt", "-s", "kind.py", *SMOL, "--timeout", "0.1", cwd=here)
    assert_fault(done, 3, "no answer within 0.1 s", "raise --timeout")


# --- hostile content -----------------------------------------------------------------------------------------

EVIL = "\x1b[2J\x9b31m\u202eParis\u2028\x7f"
EVIL_NAME = f"ev{EVIL}il.txt"
EVIL_SCHEMA = f"""
from typing import Literal

from pydantic import BaseModel, field_validator


class Evil(BaseModel):
    city: Literal[{EVIL!a}]


class Refused(BaseModel):
    city: Literal[{EVIL!a}]

    @field_validator("city")
    @classmethod
    def refuse(cls, city: str) -> str:
        raise ValueError(f"not {{city}}")
"""


def assert_harmless(text: str) -> None:
    """No terminal obeys this."""
    assert OBEYED.findall(text.replace("\r\n", "\n")) == []


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_an_evil_answer_and_name_are_shown_and_not_obeyed(here: Path) -> None:
    write_files(here, {"evil.py": EVIL_SCHEMA, EVIL_NAME: BRIDGE + EVIL})
    done = extract("run", EVIL_NAME, "-s", "evil.py:Refused", *SMOL, cwd=here)
    assert (done.code, done.out) == (1, "")
    assert_harmless(done.err)
    escaped = r"\x1b[2J\x9b31m\u202eParis\u2028\x7f"
    assert f"ev{escaped}il.txt: /city: " in done.err
    assert f"not {escaped}" in done.err


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
@pytest.mark.parametrize(("form", "parse"), [("json", json.loads), ("yaml", None)])
def test_evil_data_is_escaped_and_comes_back_as_it_was(
    here: Path, form: str, parse: Callable[[str], object] | None
) -> None:
    import yaml

    write_files(here, {"evil.py": EVIL_SCHEMA, EVIL_NAME: BRIDGE})
    done = extract("run", EVIL_NAME, "-s", "evil.py:Evil", *SMOL, "--full", "-f", form, cwd=here)
    assert (done.code, done.err) == (0, "")
    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", done.out) == []
    record = (parse or yaml.safe_load)(done.out)
    assert (record["source"], record["data"]) == (EVIL_NAME, {"city": EVIL})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["no\nerror: all is well.txt", "no\rerror: all is well.txt", f"no{EVIL}.txt"])
def test_a_name_cannot_forge_a_line(here: Path, nothing_here: dict[str, str], name: str) -> None:
    done = extract("prompt", name, "-s", "tiny.py", *SMOL, cwd=here, env=nothing_here)
    assert (done.code, done.out) == (1, "")
    assert_harmless(done.err)
    [line] = [line for line in done.err.splitlines() if not line.startswith("hint: ")]
    assert line.startswith("error: no")
    assert line.endswith(".txt: no such file")


def test_an_evil_name_on_a_terminal(here: Path) -> None:
    done = on_terminal("run", EVIL_NAME, "-s", f"{EVIL}.py", *SMOL, "--offline", cwd=here)
    assert (done.code, done.out) == (2, "")
    ours = re.compile(r"\x1b\[(\d+m|2K|\?25[lh]|1A)|\r(?=\x1b)")
    assert "\x1b[31merror:\x1b[0m " in done.err
    assert_harmless(ours.sub("", done.err))
    assert r"\x1b[2J\x9b31m\u202eParis" in done.err


@pytest.mark.slow
def test_prompt_shows_an_evil_text_escaped_and_as_json_whole(here: Path, nothing_here: dict[str, str]) -> None:
    write_files(here, {"evil.txt": BRIDGE + EVIL})
    for_people = extract("prompt", "evil.txt", "-s", "tiny.py", *SMOL, cwd=here, env=nothing_here)
    assert for_people.code == 0
    assert_harmless(for_people.out)
    assert r"\x1b[2J\x9b31m\u202eParis" in for_people.out
    as_json = extract("prompt", "--json", "evil.txt", "-s", "tiny.py", *SMOL, cwd=here, env=nothing_here)
    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f]", as_json.out) == []
    assert EVIL.rstrip() in json.loads(as_json.out)["messages"][1]["content"]


# --- pipes and signals ---------------------------------------------------------------------------------------


def close_early(*arguments: str, cwd: Path, read: int, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Read some bytes and go, as `head -c` does; returns exit code and standard error."""
    process = start(*arguments, cwd=cwd, env=env)
    assert process.stdout is not None
    assert process.stderr is not None
    assert len(process.stdout.read(read)) == read
    process.stdout.close()
    with process.stderr:
        err = process.stderr.read().decode()
    return process.wait(60), err


def start(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start `extract` in a group of processes of its own, as a shell does."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=surroundings(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # Where the tests run in the background, Ctrl-C is ignored, and that would be inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("schema", "list"),
        ("schema", "show", "article"),
        ("models", "list"),
        ("prompt", "bridge.txt", "-s", "tiny.py", *SMOL),
        ("prompt", "--json", "bridge.txt", "-s", "tiny.py", *SMOL),
    ],
)
def test_a_closed_pipe_is_no_fault(here: Path, nothing_here: dict[str, str], command: tuple[str, ...]) -> None:
    assert close_early(*command, cwd=here, read=0, env=nothing_here) == (0, "")


@pytest.mark.parametrize("command", [("--help",), ("run", "--help"), ("--version",), ("schema", "list"), ("schema",)])
def test_nobody_reads_what_is_printed(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert unread("stdout", *command, cwd=tmp_path) == (0, "")


@pytest.mark.parametrize("command", [("run", "--nonsense"), ("nonsense",), ("schema", "show", "nonsense")])
def test_a_fault_that_nobody_reads_is_one(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert unread("stderr", *command, cwd=tmp_path) == (2, "")


@pytest.mark.parametrize("flag", ["--show", "--verbose"])
def test_a_run_goes_on_where_nobody_reads_what_is_told(here: Path, flag: str) -> None:
    write_files(here, {"script.jsonl": "".join(f'{{"text": {text}}}\n' for text in ('"none"', '{"title": "Bridge"}'))})
    command = ("run", "bridge.txt", "road.md", "-s", "title str", "-m", "replay:script.jsonl", "--retries", "0", flag)
    code, out = unread("stderr", *command, cwd=here)
    assert code == 1
    assert json.loads(out)["title"] == "Bridge"


def unread(stream: str, *command: str, cwd: Path) -> tuple[int, str]:
    """The exit code of a command of which one stream is a pipe that has no reader, and what the other one got."""
    reader, writer = os.pipe()
    os.close(reader)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: writer}
    done = subprocess.run([*COMMAND, *command], cwd=cwd, env=surroundings(), check=False, **streams)
    os.close(writer)
    return done.returncode, (done.stdout or done.stderr or b"").decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", [("--help",), ("run", "--help"), ("--version",), ("schema", "list")])
def test_a_full_disk_is_told_of_whatever_is_printed(tmp_path: Path, command: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *command], cwd=tmp_path, env=surroundings(), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr.decode()) == (1, "error: No space left on device\n")


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
@pytest.mark.parametrize("read", [0, 1])
def test_a_closed_pipe_ends_a_run(here: Path, read: int) -> None:
    write_files(here, {"long.txt": LONG})
    sources = ("bridge.txt", "road.md", "long.txt")
    started = time.monotonic()
    done = close_early("run", *sources, "-s", "kind.py", *SMOL, "--slots", "1", cwd=here, read=read)
    assert done == (0, "")
    assert time.monotonic() - started < 20, "the third text is not read for nobody"


def children(pid: int) -> set[int]:
    """The processes that a process has started."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            found |= {int(folder.name)} if int(parent) == pid else set()
    return found


def is_alive(pid: int) -> bool:
    """Whether a process is there (a zombie is not)."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_for(condition: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    """Wait until something holds of a running process."""
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def interrupt(process: subprocess.Popen[bytes], send: Callable[[int, int], None]) -> tuple[Finished, float]:
    """Ctrl-C; returns what is left and the seconds that it took. No child may be left over.

    One that had hardly begun ends of itself, as soon as it sees that nobody writes to it any more.
    """
    family = children(process.pid)
    assert family, "llama.cpp was not running"
    sent = time.monotonic()
    send(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    took = time.monotonic() - sent
    deadline = time.monotonic() + 10
    while (left := [pid for pid in family if is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []
    return Finished(process.returncode, out.decode(), err.decode()), took


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.usefixtures("smollm2")
# A terminal sends Ctrl-C to the whole group, `kill` to one process.
@pytest.mark.parametrize("send", [os.killpg, os.kill])
def test_ctrl_c_keeps_what_is_done(here: Path, send: Callable[[int, int], None]) -> None:
    write_files(here, {"long.txt": LONG, "out.jsonl": "older\n"})
    before = set(here.iterdir())
    process = start(
        "run", "bridge.txt", "long.txt", "road.md", "-s", "tiny.py", *SMOL, "--slots", "1", "-o", "out.jsonl", cwd=here
    )

    def one_is_written() -> bool:
        with contextlib.suppress(FileNotFoundError):
            return (here / ".out.jsonl.tmp").stat().st_size > 0
        return False

    wait_for(one_is_written, process)
    done, took = interrupt(process, send)
    assert done == Finished(130, "", "error: interrupted\n")
    assert took < 10
    assert (here / "out.jsonl").read_text() == "older\n"
    [line] = (here / "out.jsonl.partial").read_text().splitlines()
    assert json.loads(line)["kind"] in ("bridge", "road")
    left = {path for path in here.iterdir() if path.name != "__pycache__"} - before
    assert left == {here / "out.jsonl.partial"}


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.usefixtures("smollm2")
@pytest.mark.parametrize("send", [os.killpg, os.kill])
def test_ctrl_c_while_loading(here: Path, send: Callable[[int, int], None]) -> None:
    before = set(here.iterdir())
    process = start("run", "bridge.txt", "-s", "tiny.py", *SMOL, "-o", "out.json", cwd=here)
    wait_for(lambda: children(process.pid), process)
    done, took = interrupt(process, send)
    # CPython ends by the signal itself where it came inside of an `exec`, as dataclasses use it; a shell says 130.
    assert done.code in (130, -signal.SIGINT)
    assert (done.out, done.err) == ("", "error: interrupted\n")
    assert took < 10
    assert {path for path in here.iterdir() if path.name != "__pycache__"} == before
