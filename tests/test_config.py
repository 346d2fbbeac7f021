"""`extract.toml` and EXTRACT_… variables as people use them: a real process in a real folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from test_cli import BRIDGE, KIND, Finished, write_files
from test_cli import extract as extract_with

TOML = 'model = "smollm2-135m"\n\n[run]\nmax-tokens = 900\n'
ENGINE = """
class Mine:
    id, modes = "mine", ("prompt",)

    async def generate(self, request): ...
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The current folder; the user's own file is beside it, in xdg/extract."""
    return write_files(tmp_path / "项目", {"bridge.txt": BRIDGE, "kind.py": KIND, "深/a.txt": BRIDGE})


def extract(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Finished:
    """Run `extract` so that it reads the files of the test, and no others."""
    top = next(folder for folder in (cwd, *cwd.parents) if folder.name == "项目").parent
    ours = {"EXTRACT_NO_CONFIG": "", "XDG_CONFIG_HOME": str(top / "xdg"), "COLUMNS": "400"}
    return extract_with(*words, cwd=cwd, env=ours | dict(env or {}))


@pytest.mark.slow
def test_config_prints_what_is_not_built_in_and_from_where(here: Path) -> None:
    write_files(here, {"extract.toml": TOML})
    write_files(here.parent, {"xdg/extract/extract.toml": 'model = "not this one"\n[models.pull]\noffline = true\n'})
    done = extract("config", cwd=here, env={"EXTRACT_SEED": "7"})
    assert (done.code, done.err) == (0, "")
    own = here.parent / "xdg" / "extract" / "extract.toml"
    assert [" ".join(line.split()) for line in done.out.splitlines()] == [
        "run --model smollm2-135m from extract.toml:1",
        "run --max-tokens 900 from extract.toml:4",
        "run --seed 7 from EXTRACT_SEED",
        "batch --model smollm2-135m from extract.toml:1",
        "batch --seed 7 from EXTRACT_SEED",
        "call --model smollm2-135m from extract.toml:1",
        "call --seed 7 from EXTRACT_SEED",
        "eval --model smollm2-135m from extract.toml:1",
        "eval --seed 7 from EXTRACT_SEED",
        "prompt --model smollm2-135m from extract.toml:1",
        "serve --model smollm2-135m from extract.toml:1",
        f"models pull --offline true from {own}:3",
    ]
    rows = extract("config", "--json", cwd=here, env={"EXTRACT_SEED": "7"}).lines
    assert rows[2] == {"command": "run", "option": "seed", "value": 7, "from": "EXTRACT_SEED", "line": None}
    assert rows[-1] == {"command": "models pull", "option": "offline", "value": True, "from": str(own), "line": 3}


def test_nothing_is_printed_where_all_is_built_in(here: Path) -> None:
    assert extract("config", cwd=here) == Finished(0, "", "")
    assert extract("config", "--json", cwd=here) == Finished(0, "", "")


@pytest.mark.parametrize("switch", [("--no-config",), ()])
def test_no_config_ignores_the_files_but_not_the_environment(here: Path, switch: tuple[str, ...]) -> None:
    write_files(here, {"extract.toml": "this is not TOML"})
    variables = {"EXTRACT_SEED": "7"} | ({} if switch else {"EXTRACT_NO_CONFIG": "1"})
    done = extract(*switch, "config", cwd=here, env=variables)
    told = [(command, "--seed", "7", "from", "EXTRACT_SEED") for command in ("run", "batch", "call", "eval")]
    assert (done.code, done.out.split()) == (0, [word for line in told for word in line])


def test_help_says_where_a_default_comes_from(here: Path) -> None:
    write_files(here, {"extract.toml": TOML + 'schema = "书.py"\n'})
    told = extract("run", "--help", cwd=here, env={"EXTRACT_SEED": "7", "EXTRACT_QUIET": "no"}).out
    assert "[default: smollm2-135m, from extract.toml]" in told
    assert "[default: 900, from extract.toml]" in told
    assert "[default: 书.py, from extract.toml]" in told
    assert "[default: 7, from EXTRACT_SEED]" in told
    assert "[default: no, from EXTRACT_QUIET]" in told
    assert "[required]" not in told
    assert f"[default: smollm2-135m, from {here / 'extract.toml'}]" in extract("run", "--help", cwd=here / "深").out
    assert "[default: qwen2.5-coder-1.5b]" in extract("--no-config", "run", "--help", cwd=here).out


FAULTS = {
    "unknown": ("\nmodle = 'x'", "extract.toml:2: unknown key 'modle'\nhint: did you mean mode or model"),
    "type": ("max-tokens = 'x'", "extract.toml:1: 'max-tokens' has to be a whole number, not 'x'\nhint: "),
    "range": ("max_tokens = 0", "extract.toml:1: max-tokens: Input should be greater than or equal to 1 (it was 0)\n"),
    "choice": ("format = 'xml'", "extract.toml:1: format: "),
    "secret": ("api-key = 'x'", "extract.toml:1: 'api-key': secrets are not read from a file\nhint: set EXTRACT_API_K"),
    "broken": ("[run\nx", "extract.toml:1:5: not TOML: "),
    "GBK": ("model = '书'".encode("gbk"), "extract.toml:1: not UTF-8\nhint: write the file as UTF-8"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS)
def test_faults_are_usage_errors(here: Path, text: str | bytes, message: str) -> None:
    write_files(here, {"extract.toml": text})
    done = extract("config", cwd=here)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")
    assert extract("--no-config", "config", cwd=here).code == 0


def test_a_fault_of_a_file_does_not_stand_in_the_way_of_help_and_version(here: Path) -> None:
    write_files(here, {"extract.toml": "x"})
    assert extract("schema", "list", cwd=here).code == 2
    for words in (("--help",), ("--version",), ("schema", "--help")):
        assert extract(*words, cwd=here).code == 0


def test_a_folder_of_that_name_is_told(here: Path) -> None:
    (here / "extract.toml").mkdir()
    done = extract("schema", "show", "title?", cwd=here / "深")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {here / 'extract.toml'}: is a folder, not a file\nhint: ")


@pytest.mark.slow
def test_flags_of_schema_commands_have_defaults_too(here: Path) -> None:
    assert json.loads(extract("schema", "show", "title?", cwd=here).out)["type"] == "object"
    write_files(here, {"extract.toml": "[schema.show]\nmany = true\n"})
    assert json.loads(extract("schema", "show", "title?", cwd=here).out)["type"] == "array"
    off = extract("schema", "show", "title?", cwd=here, env={"EXTRACT_MANY": "off"})
    assert json.loads(off.out)["type"] == "object"
    assert (
        extract("schema", "check", "title?", cwd=here).out
        == extract("--no-config", "schema", "check", "title?", cwd=here).out
    )


@pytest.mark.slow
def test_a_prompt_is_written_with_the_schema_of_the_file(here: Path) -> None:
    (here / "书").mkdir()
    schema = {"properties": {"书名": {"type": "string"}}, "required": ["书名"]}
    write_files(
        here, {"书/书.json": json.dumps(schema), "extract.toml": '[prompt]\nschema = "书/书.json"\njson = true\n'}
    )
    env = {"EXTRACT_HOME": str(here / "home"), "EXTRACT_MODEL": "smollm2-135m"}
    for source, folder in (("bridge.txt", here), ("a.txt", here / "深")):
        done = extract("prompt", source, cwd=folder, env=env)
        assert (done.code, done.err) == (0, "")
        assert "书名" in json.loads(done.out)["grammar"]
    other = extract("prompt", "bridge.txt", "-s", "title?", cwd=here, env=env)
    assert "书名" not in json.loads(other.out)["grammar"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["schema", "model"])
def test_code_is_not_run_on_the_word_of_a_file_above(here: Path, name: str) -> None:
    proof = 'from pathlib import Path\n\nPath("was run").touch()\n'
    spec, other = ("evil.py:Kind", "smollm2-135m") if name == "schema" else ("evil.py:Mine", "title?")
    rest = f'{"model" if name == "schema" else "schema"} = "{other}"'
    write_files(here, {"evil.py": proof + KIND + ENGINE, "extract.toml": f'{name} = "{spec}"\n{rest}\n'})
    env = {"EXTRACT_HOME": str(here / "home")}
    done = extract("prompt", "a.txt", cwd=here / "深", env=env)
    assert (done.code, done.out) == (2, "")
    told = f"{name}: {spec} is Python code, and this file is in a folder above the current one\nhint: "
    assert told in done.err
    assert not (here / "深" / "was run").exists()
    assert extract("prompt", "bridge.txt", cwd=here, env=env).code == 0
    assert (here / "was run").exists()


def test_a_loader_is_code_too(here: Path) -> None:
    proof = 'from pathlib import Path\n\nPath("was run").touch()\n\ndef read(data, name):\n    return "SEA"\n'
    write_files(here, {"evil.py": proof, "extract.toml": '[text]\nloader = "evil.py:read"\n'})
    env = {"EXTRACT_HOME": str(here / "home")}
    done = extract("text", "a.txt", cwd=here / "深", env=env)
    assert (done.code, done.out) == (2, "")
    assert "loader: evil.py:read is Python code, and this file is in a folder above the current one" in done.err
    assert not (here / "深" / "was run").exists()
    assert extract("text", "bridge.txt", cwd=here, env=env).out == "SEA\n"


@pytest.mark.slow
def test_a_model_from_a_file_above_is_told(here: Path) -> None:
    write_files(here, {"extract.toml": TOML + "quiet = true\n"})
    env = {"EXTRACT_HOME": str(here / "home")}
    assert extract("prompt", "bridge.txt", "-s", "kind.py", cwd=here, env=env).err == ""
    done = extract("prompt", "a.txt", "-s", "title?", cwd=here / "深", env=env)
    assert (done.code, done.err) == (0, f"note: --model smollm2-135m is from {here / 'extract.toml'}:1\n")
    assert extract("prompt", "a.txt", "-qs", "title?", cwd=here / "深", env=env).err == ""


@pytest.mark.usefixtures("smollm2")
def test_a_run_takes_everything_from_the_file(here: Path) -> None:
    text = 'model = "smollm2-135m"\n[run]\nschema = "kind.py"\nout = "出.jsonl"\nfull = true\nmax-tokens = 40\n'
    write_files(here, {"extract.toml": text})
    done = extract("run", "bridge.txt", cwd=here)
    assert (done.code, done.out) == (0, "")
    record = json.loads((here / "出.jsonl").read_text(encoding="utf-8"))
    assert record["engine"] == "llama:smollm2-135m"
    assert record["data"]["kind"] in ("bridge", "road")
    short = extract("run", "bridge.txt", "--out", "-", cwd=here, env={"EXTRACT_FULL": "", "EXTRACT_MAX_TOKENS": "1"})
    assert (short.code, short.out) == (1, "")
    assert "token" in short.err
