"""The command as people use it: a real process in a folder of its own, with real weights where a model is needed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import extractor
from extractor import models
from extractor.cli import app

ROOT = Path(__file__).parents[1]
COMMAND = (sys.executable, "-P", "-m", "extractor")

SMOL = ("-m", "smollm2-135m")

# Of the surroundings, these would change what a test sees.
OURS = ("PYTHONUNBUFFERED", "FORCE_COLOR", "NO_COLOR", "COLUMNS")

RECORD = ["source", "data", "spans", "support", "ungrounded", "absent", "errors", "notes", "schema", "engine", "mode"]
RECORD += ["conflicts", "probabilities", "attempts", "usage", "seconds", "thoughts"]

BRIDGE = "The Harbour Bridge opened on 19 March 1932 in Sydney. It was designed by John Bradfield.\n"
ROAD = "The Nullarbor road leads to Perth. It is one of the longest roads of Australia.\n"

# A paragraph each, because a detector needs some text to go by.
CHINESE = "悉尼海港大桥于一九三二年三月十九日通车，由约翰·布拉德菲尔德设计，连接市中心与北岸。"
FRENCH = (
    "La tour Eiffel est une tour de fer puddlé de 330 mètres de hauteur située à Paris, à l'extrémité nord-ouest du "
    "parc du Champ-de-Mars en bordure de la Seine. Construite en deux ans par Gustave Eiffel et ses collaborateurs "
    "pour l'Exposition universelle de Paris de 1889, célébrant le centenaire de la Révolution française, elle est "
    "devenue le symbole de la capitale française et un site touristique de premier plan."
)

PORTUGUESE = "A ponte não é nova, mas é uma construção de grande importância para a região e as populações.\n" * 3

TINY = '''
from typing import Literal

from pydantic import BaseModel, Field


class Tiny(BaseModel):
    """A thing that was built."""

    city: str = Field(description="where it is", max_length=40)
    kind: Literal["bridge", "road"]
'''

# Answers in a few tokens, whatever the text.
KIND = """
from typing import Literal

from pydantic import BaseModel


class Kind(BaseModel):
    kind: Literal["bridge", "road"]
"""


@dataclass(frozen=True)
class Finished:
    """What is left of a process."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def surroundings(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of this process, without what changes the behaviour under test."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS and not name.startswith("EXTRACT_")}
    kept |= {name: os.environ[name] for name in ("EXTRACT_HOME", "EXTRACT_SERVED") if name in os.environ}
    # Beside other work, the threads of llama.cpp would wait for each other by spinning, and take ten times as long.
    return kept | {"OMP_WAIT_POLICY": "passive", "EXTRACT_NO_CONFIG": "1"} | dict(changes or {})


def extract(
    *arguments: str | Path, cwd: Path, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None
) -> Finished:
    """Run `extract` to its end; without `stdin` it reads an empty one."""
    data = stdin.encode() if isinstance(stdin, str) else stdin or b""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        input=data,
        env=surroundings(env),
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


def on_terminal(*arguments: str, cwd: Path, stdout: bool = False) -> Finished:
    """Run `extract` with standard input and error (and output, if asked for) on a terminal; its text is `err`."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=surroundings({"TERM": "xterm", "COLUMNS": "200"}),
        stdin=theirs,
        stdout=theirs if stdout else subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b"".join(read_terminal(ours))
    out = process.stdout.read() if process.stdout else b""
    if process.stdout:
        process.stdout.close()
    return Finished(process.wait(60), out.decode(), shown.decode())


def read_terminal(descriptor: int) -> Iterator[bytes]:
    """What is written to a terminal, until its last writer is gone (Linux then says EIO)."""
    try:
        while piece := os.read(descriptor, 65_536):
            yield piece
    except OSError:
        pass
    finally:
        os.close(descriptor)


def visible(raw: str) -> list[str]:
    r"""The lines that a terminal shows in the end, as far as \r, \n, "up" and "erase line" go."""
    lines, row, column = [""], 0, 0
    for piece in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", raw):
        if piece == "\r":
            column = 0
        elif piece == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif piece == "\x1b[2K":
            lines[row] = ""
        elif piece.endswith("A") and piece.startswith("\x1b"):
            row -= int(piece[2:-1] or 1)
        elif not piece.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + piece + lines[row][column + len(piece) :]
            column += len(piece)
    return [line.rstrip() for line in lines if line.strip()]


def at(data: Any, pointer: str) -> Any:
    """The value at a JSON Pointer."""
    for part in pointer.split("/")[1:]:
        data = data[int(part)] if isinstance(data, list) else data[part.replace("~1", "/").replace("~0", "~")]
    return data


def is_tiny(data: Any) -> bool:
    """Whether data is a `Tiny`."""
    return set(data) == {"city", "kind"} and 0 < len(data["city"]) <= 40 and data["kind"] in ("bridge", "road")


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write small files; returns the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with two texts and two schemas."""
    return write_files(tmp_path, {"bridge.txt": BRIDGE, "road.md": ROAD, "tiny.py": TINY, "kind.py": KIND})


@pytest.fixture
def nothing_here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose store has no weights."""
    return {"EXTRACT_HOME": str(tmp_path_factory.mktemp("home"))}


# --- run: one source -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("smollm2")
def test_one_file_gives_one_json_object(here: Path) -> None:
    done = extract("run", "bridge.txt", "-s", "tiny.py", *SMOL, cwd=here)
    assert (done.code, done.err) == (0, "")
    assert is_tiny(json.loads(done.out))
    assert done.out.startswith('{\n  "city": '), "for people, indented"
    assert done.out.endswith("}\n")


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_a_dash_reads_standard_input_and_the_suffix_of_out_chooses_the_format(here: Path) -> None:
    done = extract("run", "-", "-s", "tiny.py:Tiny", *SMOL, "--full", "-o", "one.jsonl", cwd=here, stdin=BRIDGE)
    assert (done.code, done.out, done.err) == (0, "", "")
    [line] = (here / "one.jsonl").read_text().splitlines()
    record = json.loads(line)
    assert record["source"] == "stdin"
    assert is_tiny(record["data"])


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_a_pipe_needs_no_argument_and_the_environment_names_the_model(here: Path) -> None:
    command = ("run", "-s", "kind.py", "-f", "yaml", "--full")
    done = extract(*command, cwd=here, stdin=BRIDGE, env={"EXTRACT_MODEL": "smollm2-135m"})
    assert (done.code, done.err) == (0, "")
    record = yaml.safe_load(done.out)
    assert record["engine"] == "llama:smollm2-135m"
    assert record["data"]["kind"] in ("bridge", "road")
    assert not done.out.startswith("---"), "one document needs no separator"


@pytest.mark.usefixtures("smollm2")
@pytest.mark.skipif(shutil.which("jq") is None, reason="no jq")
def test_it_lives_in_pipes(here: Path) -> None:
    line = f"cat bridge.txt | {subprocess.list2cmdline([*COMMAND])} run -s kind.py - | jq -r .kind"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=here,
        env=surroundings({"EXTRACT_MODEL": "smollm2-135m"}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout in ("bridge\n", "road\n")


# --- run: several sources ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def several(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Two files, a folder and a pattern, as whole records."""
    folder = tmp_path_factory.mktemp("several")
    inside = {"folder/b.md": ROAD, "folder/a.txt": BRIDGE, "folder/deep/c.text": ROAD, "folder/x.py": "no = 1"}
    hidden = {"folder/.hidden.txt": ROAD, "more-2.txt": BRIDGE, "more-1.txt": ROAD}
    write_files(folder, {"bridge.txt": BRIDGE, "road.md": ROAD, "tiny.py": TINY} | inside | hidden)
    sources = ("road.md", "bridge.txt", "folder", "more-*.txt")
    return extract("run", *sources, "-s", "tiny.py", *SMOL, "--slots", "2", "--full", cwd=folder)


@pytest.mark.slow
def test_several_sources_give_json_lines_in_the_order_given(several: Finished) -> None:
    assert (several.code, several.err) == (0, "")
    found = [record["source"] for record in several.lines]
    inside = ["folder/a.txt", "folder/b.md", "folder/deep/c.text"]
    assert found == ["road.md", "bridge.txt", *inside, "more-1.txt", "more-2.txt"]


def test_a_full_record_has_exactly_the_keys_of_the_design(several: Finished) -> None:
    for record in several.lines:
        assert sorted(record) == sorted(RECORD)
        assert is_tiny(record["data"])
        assert re.fullmatch(r"Tiny@[0-9a-f]{8}", record["schema"])
        assert (record["engine"], record["mode"]) == ("llama:smollm2-135m", "grammar")
        assert (record["errors"], record["attempts"]) == ([], 1)
        assert set(record["usage"]) == {"input_tokens", "cached_tokens", "output_tokens", "cost"}
        assert record["usage"]["input_tokens"] > 50
        assert 0 < record["usage"]["output_tokens"] < 100
        assert record["seconds"] > 0


def test_spans_lead_to_the_value_in_the_source(several: Finished) -> None:
    exact = 0
    for record in several.lines:
        text = ROAD if record["source"].endswith(("road.md", "b.md", "c.text", "1.txt")) else BRIDGE
        assert set(record["spans"]) | set(record["absent"]) <= {"/city", "/kind"}
        for pointer, span in record["spans"].items():
            value, found = at(record["data"], pointer), text[span["start"] : span["end"]]
            assert span["match"] in ("exact", "normalised")
            assert found.casefold().split() == value.casefold().split()
            assert span["match"] == "normalised" or found == value
            exact += span["match"] == "exact"
    assert exact, "no span was exact in seven records"


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_json_of_several_is_an_array_and_quiet_wins_over_verbose(here: Path) -> None:
    write_files(here, {"odd.txt": FRENCH.encode("latin-1")})
    command = ("run", "bridge.txt", "odd.txt", "-s", "kind.py", *SMOL, "-f", "json", "-q", "-v")
    done = extract(*command, cwd=here)
    assert (done.code, done.err) == (0, "")
    assert [set(data) for data in json.loads(done.out)] == [{"kind"}, {"kind"}]


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_out_replaces_a_file_at_once_and_leaves_nothing_else(here: Path) -> None:
    write_files(here, {"all.yaml": "older: true\n"})
    before = set(here.iterdir())
    done = extract("run", "bridge.txt", "road.md", "-s", "tiny.py", *SMOL, "-o", "all.yaml", cwd=here)
    assert (done.code, done.out, done.err) == (0, "", "")
    records = list(yaml.safe_load_all((here / "all.yaml").read_text()))
    assert len(records) == 2
    assert all(map(is_tiny, records))
    assert {path for path in here.iterdir() if path.name != "__pycache__"} == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "encoding"),
    [(CHINESE, "gb18030"), (CHINESE, "utf-16"), (CHINESE, "utf-8-sig"), (FRENCH, "latin-1"), (PORTUGUESE, "cp1252")],
)
def test_other_encodings_are_read_as_written(
    here: Path, nothing_here: dict[str, str], text: str, encoding: str
) -> None:
    write_files(here, {"odd.txt": text.encode(encoding)})
    done = extract("prompt", "--json", "odd.txt", "-s", "kind.py", *SMOL, cwd=here, env=nothing_here)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["messages"][-1]["content"] == f"<text>\n{text.strip()}\n</text>"


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_a_guessed_encoding_and_an_unknown_language_are_noted(here: Path) -> None:
    odd = {
        "gb.txt": CHINESE.encode("gb18030"),
        "u16.txt": CHINESE.encode("utf-16"),
        "fr.txt": FRENCH.encode("latin-1"),
    }
    write_files(here, odd | {"bom.txt": BRIDGE.encode("utf-8-sig")})
    done = extract("run", *odd, "bom.txt", "-s", "kind.py", *SMOL, "-v", "--full", cwd=here)
    assert done.code == 0
    notes = {record["source"]: record["notes"].get("", "") for record in done.lines}
    assert notes["gb.txt"].startswith("not UTF-8, decoded as gb18030; ")
    assert "mostly Chinese" in notes["gb.txt"], "smollm2 only knows English"
    assert notes["u16.txt"].startswith("not UTF-8, decoded as utf_16; ")
    assert re.fullmatch("not UTF-8, decoded as (cp1252|latin_1)", notes["fr.txt"])
    assert notes["bom.txt"] == ""
    *told, total = done.err.splitlines()
    assert told == [f"note: {name}: {notes[name]}" for name in odd]
    assert re.fullmatch(r"note: 4 requests: \d+ tokens read( \(\d+ cached\))?, \d+ written", total)


# --- run: on a terminal --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_a_terminal_shows_progress_and_notes_and_then_only_the_notes(here: Path) -> None:
    write_files(here, {"odd.txt": CHINESE.encode("gb18030")})
    done = on_terminal("run", "odd.txt", "-s", "kind.py", *SMOL, cwd=here)
    assert done.code == 0
    assert set(json.loads(done.out)) == {"kind"}
    assert "llama:smollm2-135m" in done.err, "progress"
    assert "\x1b[33mnote:\x1b[0m odd.txt: " in done.err
    line, total = visible(done.err)
    assert line.startswith("note: odd.txt: not UTF-8, decoded as gb18030"), "the progress is wiped away"
    assert total.startswith("note: 1 request: ")


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_quiet_says_nothing_on_a_terminal(here: Path) -> None:
    write_files(here, {"odd.txt": CHINESE.encode("gb18030")})
    done = on_terminal("run", "odd.txt", "-s", "kind.py", *SMOL, "-q", cwd=here)
    assert (done.code, done.err) == (0, "")
    assert set(json.loads(done.out)) == {"kind"}


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_data_and_progress_on_one_terminal_do_not_mix(here: Path) -> None:
    done = on_terminal("run", "bridge.txt", "road.md", "-s", "kind.py", *SMOL, cwd=here, stdout=True)
    assert done.code == 0
    *shown, total = visible(done.err)
    assert total.startswith("note: 2 requests: ")
    assert [set(json.loads(line)) for line in shown] == [{"kind"}, {"kind"}], shown


# --- the other commands --------------------------------------------------------------------------------------


def test_prompt_counts_without_weights_by_estimate(here: Path, nothing_here: dict[str, str]) -> None:
    done = extract("prompt", "bridge.txt", "-s", "tiny.py", *SMOL, cwd=here, env=nothing_here)
    assert (done.code, done.err) == (0, "")
    parts = re.split(r"^--- (\w+)\n", done.out, flags=re.MULTILINE)
    titles, texts = parts[1::2], parts[2::2]
    assert titles == ["system", "user", "mode", "grammar", "tokens"]
    assert "// A thing that was built." in texts[0]
    assert 'kind: "bridge" | "road"' in texts[0]
    assert BRIDGE.strip() in texts[1]
    assert texts[2].strip() == "grammar"
    assert texts[3].startswith("%llguidance {}\nstart: ")
    assert re.fullmatch(r"about \d+, by estimate\n", texts[4])


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_prompt_as_json_counts_the_tokens_that_a_run_uses(here: Path) -> None:
    shown = extract("prompt", "--json", "-", "-s", "kind.py", *SMOL, cwd=here, stdin=BRIDGE)
    assert (shown.code, shown.err) == (0, "")
    prompt = json.loads(shown.out)
    assert list(prompt) == ["messages", "mode", "modes", "grammar", "json_schema", "input_tokens", "questions"]
    assert (prompt["mode"], prompt["modes"], prompt["json_schema"]) == ("grammar", ["grammar"], None)
    assert [message["role"] for message in prompt["messages"]] == ["system", "user"]
    done = extract("run", "bridge.txt", "-s", "kind.py", *SMOL, "--full", cwd=here)
    assert json.loads(done.out)["usage"]["input_tokens"] == prompt["input_tokens"]


def test_schema_show_prints_json_schema_of_every_kind_of_spec(here: Path) -> None:
    write_files(here, {"pkg/__init__.py": "", "pkg/mod.py": TINY})
    by_file = extract("schema", "show", "tiny.py", cwd=here)
    assert (by_file.code, by_file.err) == (0, "")
    schema = json.loads(by_file.out)
    assert (schema["title"], schema["type"], list(schema["properties"])) == ("Tiny", "object", ["city", "kind"])
    assert schema["properties"]["city"]["maxLength"] == 40
    assert extract("schema", "show", "tiny.py:Tiny", cwd=here) == by_file
    assert extract("schema", "show", "pkg.mod:Tiny", cwd=here) == by_file


def test_every_built_in_schema_is_listed_and_can_be_shown(here: Path) -> None:
    done = extract("schema", "list", cwd=here)
    assert (done.code, done.err) == (0, "")
    rows = dict(line.split(maxsplit=1) for line in done.out.splitlines())
    assert {"article", "event", "news", "paper", "product"} <= set(rows)
    assert all(about.strip() for about in rows.values())
    shown = extract("schema", "show", "article", cwd=here)
    assert {"title", "summary", "keywords", "category"} <= set(json.loads(shown.out)["properties"])


@pytest.mark.slow
def test_models_are_listed_found_and_removed_in_a_store_of_its_own(here: Path, nothing_here: dict[str, str]) -> None:
    weights = models.CATALOGUE["smollm2-135m"]
    path = Path(nothing_here["EXTRACT_HOME"]) / "models" / weights.file
    absent = extract("models", "path", weights.name, cwd=here, env=nothing_here)
    assert (absent.code, absent.out) == (2, "")
    assert f"hint: extract models pull {weights.name}" in absent.err

    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(weights.size)  # a sparse file: the store goes by the size
    found = extract("models", "path", weights.name, cwd=here, env=nothing_here)
    assert found == Finished(0, f"{path}\n", "")
    assert extract("models", "pull", weights.name, "--offline", cwd=here, env=nothing_here) == found
    rows = {
        line[2:].split()[0]: line for line in extract("models", "list", cwd=here, env=nothing_here).out.splitlines()
    }
    assert set(rows) == set(models.CATALOGUE)
    assert " here " in rows[weights.name]
    assert rows[models.DEFAULT].startswith("* ")
    assert " here " not in rows[models.DEFAULT]

    removed = extract("models", "rm", weights.name, cwd=here, env=nothing_here)
    assert removed == Finished(0, "98 MB freed\n", "")
    assert not path.exists()
    again = extract("models", "rm", weights.name, cwd=here, env=nothing_here)
    assert (again.code, again.out) == (2, "")
    assert "error: smollm2-135m is not in the store\nhint: " in again.err


def test_version(here: Path) -> None:
    done = extract("--version", cwd=here)
    assert done == Finished(0, f"extract {extractor.__version__}\n", "")
    assert re.fullmatch(r"\d+\.\d+\.\d+", extractor.__version__)


@pytest.mark.slow
def test_the_console_script_is_the_module(here: Path) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    entry = metadata.EntryPoint("extract", scripts["extract"], "console_scripts")
    assert callable(entry.load())
    code = f"import sys; from {entry.module} import {entry.attr}; sys.argv[0] = 'extract'; {entry.attr}()"
    for arguments in (["schema", "show", "article"], ["schema", "show", "nope"], ["--nope"]):
        script = [sys.executable, "-P", "-c", code, *arguments]
        done = subprocess.run(script, cwd=here, env=surroundings(), capture_output=True, text=True, check=False)
        module = extract(*arguments, cwd=here)
        assert (done.returncode, done.stdout) == (module.code, module.out)
        assert done.stderr == module.err.replace("python -m extractor", "extract")


# --- help ----------------------------------------------------------------------------------------------------


def walk(command: Any, path: Sequence[str] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group below a command of typer: (("models", "list"), command)."""
    yield tuple(path), command
    for name, inner in getattr(command, "commands", {}).items():
        yield from walk(inner, (*path, name))


def test_every_command_argument_and_option_has_help() -> None:
    commands = dict(walk(typer.main.get_command(app)))
    assert {("run",), ("prompt",), ("schema", "show"), ("models", "pull")} <= set(commands)
    silent = [" ".join(path) for path, command in commands.items() if not command.help]
    for path, command in commands.items():
        silent += [f"{' '.join(path)} {parameter.name}" for parameter in command.params if not parameter.help]
    assert silent == []


def test_the_flags_of_run_are_those_of_the_issue() -> None:
    command = dict(walk(typer.main.get_command(app)))[("run",)]
    flags = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    long = {"--schema", "--model", "--format", "--out", "--full", "--max-tokens", "--temperature", "--seed"}
    assert long | {"--timeout", "--offline", "--gpu-layers", "--slots", "--threads"} <= flags
    assert {"-s", "-m", "-f", "-o", "-q", "-v"} <= flags


@pytest.mark.slow
@pytest.mark.parametrize("command", [(), ("run",), ("prompt",), ("schema", "show"), ("models", "pull")])
def test_help_goes_to_standard_output(here: Path, command: tuple[str, ...]) -> None:
    short = extract(*command, "-h", cwd=here)
    assert (short.code, short.err) == (0, "")
    assert " ".join(("Usage: python -m extractor", *command)) in short.out
    assert "--help" in short.out
    if command == ("run",):
        assert short == extract("run", "--help", cwd=here)
