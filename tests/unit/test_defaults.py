"""Defaults handed to typer, with an application that has every kind of option."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer
from typer.testing import CliRunner

from extractor.cli import app as ours
from extractor.cli.defaults import App, Command, print_defaults

app = App()
_seen: dict[str, Any] = {}


@app.callback()
def main(no_config: Annotated[bool, typer.Option("--no-config")] = False) -> None:
    """Anything."""


@app.command()
def send(  # noqa: PLR0913  # flags
    texts: Annotated[list[str] | None, typer.Argument()] = None,
    base_url: Annotated[str | None, typer.Option()] = None,
    model: Annotated[str, typer.Option("--model", "-m")] = "built-in",
    schema: Annotated[str, typer.Option("--schema", "-s")] = "article",
    api_key: Annotated[str | None, typer.Option()] = None,
    examples: Annotated[list[Path] | None, typer.Option()] = None,
    tags: Annotated[list[str] | None, typer.Option()] = None,
    out: Annotated[Path | None, typer.Option()] = None,
    ratio: Annotated[float, typer.Option(min=0, max=1)] = 0.5,
    form: Annotated[Literal["json", "csv"], typer.Option("--format", "-f")] = "json",
    stream: Annotated[bool, typer.Option("--stream/--no-stream")] = True,
    quiet: Annotated[bool, typer.Option("--quiet", "-q")] = False,
) -> None:
    """Keep what came."""
    _seen.clear()
    _seen.update(locals())


@app.command()
def config(ctx: typer.Context) -> None:
    """As that of the real application."""
    raise typer.Exit(print_defaults(ctx, as_json=True))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, below one that may have a file; the user's own file is in `xdg/extract`."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    (tmp_path / "项目").mkdir()
    monkeypatch.chdir(tmp_path / "项目")
    return tmp_path / "项目"


def put(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "extract.toml"
    path.write_text(text, encoding="utf-8")
    return path


def call(*words: str, code: int = 0, env: dict[str, str] | None = None) -> str:
    """Run `send`, or another command; returns standard error."""
    done = CliRunner().invoke(app, list(words) or ["send"], env=env, prog_name="extract")
    assert done.exit_code == code, done.output
    return done.stderr


def test_every_command_of_ours_has_such_defaults() -> None:
    def leaves(command: Any) -> list[Any]:
        inner = getattr(command, "commands", None)
        return [command] if inner is None else [leaf for one in inner.values() for leaf in leaves(one)]

    commands = leaves(typer.main.get_command(ours))
    assert len(commands) >= 11
    assert [command.name for command in commands if not isinstance(command, Command)] == []


def test_every_kind_of_option_takes_the_value_of_a_file(here: Path) -> None:
    put(
        here,
        'base-url = "http://模型"\ntags = ["甲", "乙"]\nexamples = ["a.json", "子/b.json"]\nout = "出.jsonl"\n'
        'ratio = 1\nformat = "csv"\nstream = false\nquiet = true\n',
    )
    call()
    assert _seen["base_url"] == "http://模型"
    assert _seen["tags"] == ["甲", "乙"]
    assert _seen["examples"] == [Path("a.json"), Path("子/b.json")]
    assert _seen["out"] == Path("出.jsonl")
    assert (_seen["ratio"], _seen["form"], _seen["stream"], _seen["quiet"]) == (1.0, "csv", False, True)


def test_every_kind_of_option_takes_the_value_of_a_variable() -> None:
    env = {"BASE_URL": "http://x", "TAGS": "a b", "EXAMPLES": "a b:c", "RATIO": "0.25", "FORMAT": "csv"}
    call(env={f"EXTRACT_{name}": value for name, value in env.items()} | {"EXTRACT_STREAM": "off"})
    assert (_seen["base_url"], _seen["tags"], _seen["examples"]) == ("http://x", ["a", "b"], [Path("a b"), Path("c")])
    assert (_seen["ratio"], _seen["form"], _seen["stream"]) == (0.25, "csv", False)


def test_each_level_wins_over_the_next(here: Path, tmp_path: Path) -> None:
    levels = []
    call()
    levels.append(_seen["model"])
    put(tmp_path / "xdg" / "extract", 'model = "own"\n[send]\nmodel = "own, table"\n')
    call()
    levels.append(_seen["model"])
    near = put(here, 'model = "near"\n')
    call()
    levels.append(_seen["model"])
    put(here, near.read_text() + '[send]\nmodel = "near, table"\n')
    call()
    levels.append(_seen["model"])
    call(env={"EXTRACT_MODEL": "variable"})
    levels.append(_seen["model"])
    call("send", "-m", "flag", env={"EXTRACT_MODEL": "variable"})
    levels.append(_seen["model"])
    assert levels == ["built-in", "own, table", "near", "near, table", "variable", "flag"]


def test_two_files_complete_each_other(here: Path, tmp_path: Path) -> None:
    put(tmp_path / "xdg" / "extract", 'model = "own"\nratio = 0.75\n')
    put(here, 'model = "near"\n')
    call()
    assert (_seen["model"], _seen["ratio"]) == ("near", 0.75)
    call("--no-config", "send")
    assert (_seen["model"], _seen["ratio"]) == ("built-in", 0.5)


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        *((text, True) for text in ("1", "true", "YES", " on ")),
        *((text, False) for text in ("0", "False", "no", "OFF", "")),
    ],
)
def test_flags_in_the_environment(here: Path, spelled: str, value: bool) -> None:
    put(here, f"quiet = {str(not value).lower()}\n")
    call(env={"EXTRACT_QUIET": spelled})
    assert _seen["quiet"] is value


def test_an_empty_variable_says_nothing_where_it_is_no_flag(here: Path) -> None:
    put(here, 'model = "near"\nratio = 0.125\n')
    call(env={"EXTRACT_MODEL": "", "EXTRACT_RATIO": "", "EXTRACT_OUT": ""})
    assert (_seen["model"], _seen["ratio"], _seen["out"]) == ("near", 0.125, None)


REFUSED = [
    ("ratio = 1.5", {}, "extract.toml:1: ratio: Input should be less than or equal to 1 (it was 1.5)"),
    ('format = "xml"', {}, "extract.toml:1: format: 'xml' is not one of 'json', 'csv' (it was xml)\n"),
    ('ratio = "http://u:sk@h"', {}, "extract.toml:1: 'ratio' has to be a number, not (hidden)\n"),
    ("", {"EXTRACT_RATIO": "many"}, "EXTRACT_RATIO: ratio: Input should be a valid number"),
    ("", {"EXTRACT_QUIET": "perhaps"}, "EXTRACT_QUIET: quiet: perhaps is neither true nor false"),
    ('out = "../away"', {}, "extract.toml:1: out: ../away is outside of the folder of this file"),
    ('out = "~/.bashrc"', {}, "extract.toml:1: out: ~/.bashrc is outside of the folder of this file"),
    ('examples = ["/etc/passwd"]', {}, "extract.toml:1: examples: /etc/passwd is outside of the folder of this file"),
]


@pytest.mark.parametrize(("text", "env", "message"), REFUSED, ids=[message[:40] for *_, message in REFUSED])
def test_what_an_option_refuses_is_told_with_its_place(
    here: Path, text: str, env: dict[str, str], message: str
) -> None:
    put(here, text)
    err = call("send", code=2, env=env)
    assert err.startswith(f"error: {message}")
    assert "\nhint: " in err


def test_a_value_that_does_not_count_is_not_asked_for(here: Path) -> None:
    put(here, 'format = "xml"\n')
    call("send", "-f", "csv", env={"EXTRACT_RATIO": "many", "EXTRACT_FORMAT": ""}, code=2)
    call("send", "-f", "csv", "--ratio", "1", env={"EXTRACT_RATIO": "many"})
    assert (_seen["form"], _seen["ratio"]) == ("csv", 1.0)


def test_paths_are_seen_from_the_folder_of_the_file(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(here, 'out = "出.jsonl"\nexamples = ["a"]\nmodel = "replay:w/x.jsonl"\nschema = "子/书.json"\n')
    inner = here / "深"
    inner.mkdir()
    monkeypatch.chdir(inner)
    call()
    assert (_seen["out"], _seen["examples"]) == (here / "出.jsonl", [here / "a"])
    assert (_seen["model"], _seen["schema"]) == (f"replay:{here}/w/x.jsonl", str(here / "子/书.json"))
    (here / "extract.toml").unlink()
    own = tmp_path / "xdg" / "extract"
    put(own, 'out = "../../away"\nmodel = "hf:a/b/c.gguf"\nschema = "书.py:书"\n')
    call()
    assert _seen["out"] == own / "../../away"
    assert (_seen["model"], _seen["schema"]) == ("hf:a/b/c.gguf", f"{own}/书.py:书")
    put(own, 'out = "-"\nschema = "title, year int"\n')
    call()
    assert (_seen["out"], _seen["schema"]) == (Path("-"), "title, year int")


def test_a_link_out_of_the_folder_is_no_way_out(here: Path, tmp_path: Path) -> None:
    (here / "link").symlink_to(tmp_path)
    put(here, 'out = "link/away"\n')
    assert "out: link/away is outside" in call("send", code=2)


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        *(("schema", spec) for spec in ("书.py", "书.py:书", "package.module:书", "./子/书.py")),
        *(("model", spec) for spec in ("/x/书.py:书", "package.module:书", "./子/书.py:书", "llama3:latest")),
    ],
)
def test_code_is_refused_on_the_word_of_a_file_above(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str, spec: str
) -> None:
    path = put(here, f'{name} = "{spec}"\n')
    call()
    assert _seen[name] == spec
    (here / "深").mkdir()
    monkeypatch.chdir(here / "深")
    err = call("send", code=2)
    assert f"{path}:1: {name}: {spec} is Python code, and this file is in a folder above the current one" in err
    assert f"name it with --{name}" in err
    call("send", f"--{name}", "书.py")
    assert _seen[name] == "书.py"


def test_what_looks_like_code_is_the_name_of_a_model_at_an_endpoint(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(here, 'model = "llama3:latest"\n')
    (here / "深").mkdir()
    monkeypatch.chdir(here / "深")
    call("send", "--base-url", "http://x")
    call(env={"EXTRACT_BASE_URL": "http://x"})
    assert (_seen["model"], _seen["base_url"]) == ("llama3:latest", "http://x")
    assert "is Python code" in call("send", code=2, env={"EXTRACT_BASE_URL": ""})


def test_a_file_above_that_says_where_documents_go_is_told(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(here, 'base-url = "http://x"\nquiet = true\nmodel = "m"\n')
    assert call() == ""
    (here / "深").mkdir()
    monkeypatch.chdir(here / "深")
    notes = f"note: --model m is from {path}:3\nnote: --base-url http://x is from {path}:1\n"
    assert call() == notes
    assert call("send", "-q") == ""
    assert call(env={"EXTRACT_QUIET": "1"}) == ""
    assert call("send", "--base-url", "y") == notes.splitlines(keepends=True)[0]
    assert call("--no-config", "send") == ""


def test_weights_that_a_default_sends_elsewhere_are_told(here: Path) -> None:
    note = "note: smollm2-135m is asked for at http://x, the --base-url of {}: it does not run here\n"
    env = {"EXTRACT_BASE_URL": "http://x"}
    assert call("send", "-m", "smollm2-135m", env=env) == note.format("EXTRACT_BASE_URL")
    assert call("send", "-q", "-m", "smollm2-135m", env=env) == ""
    assert call("send", "-m", "m", env=env) == ""
    put(here, 'base-url = "http://x"\nmodel = "smollm2-135m"\n')
    assert call() == note.format("extract.toml:1")
    assert call("send", "--base-url", "http://y") == ""


def test_code_above_is_refused_beside_a_base_url(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(here, 'base-url = "http://x"\nmodel = "mine.py:X"\n')
    (here / "深").mkdir()
    monkeypatch.chdir(here / "深")
    assert "mine.py:X is Python code, and this file is in a folder above" in call("send", code=2)


def test_a_variable_that_means_nothing_is_told() -> None:
    note = "note: EXTRACT_MODLE in the environment means nothing; did you mean EXTRACT_MODEL?\n"
    env = {"EXTRACT_MODLE": "x", "EXTRACT_HOME": "/a", "EXTRACT_API_KEY": "k", "EXTRACT_TAGS": "t", "EXTRACTOR": "y"}
    assert call(env=env) == note
    assert call("send", "-q", env=env) == ""
    assert call(env={"EXTRACT_FEET": "2"}) == "note: EXTRACT_FEET in the environment means nothing\n"
    assert call("send", "--nothing", code=2, env=env).startswith(note)


def test_a_secret_in_the_environment_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRACT_API_KEY", "sk-1234")
    call()
    assert _seen["api_key"] == "sk-1234"
    for words in (["config"], ["send", "--help"]):
        done = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
        assert done.exit_code == 0
        assert "(hidden)" in done.output
        assert "sk-1234" not in done.output


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("base_url", url) for url in ("http://h/v1?key=sk-1234", "https://h/v1?api_key=sk-1234&x=1", "h?sk-1234")),
        *(("base_url", url) for url in ("u:sk-1234@h/v1", "sk-1234@h/v1", "http:/u:sk-1234@h", "http://u:/sk-1234@h")),
        *(("model", url) for url in ("http://h/v1?key=sk-1234#m", "HTTP:h/v1?key=sk-1234", "u:sk-1234@h/v1#m")),
        *(("model", url) for url in ("http://u:sk#1234@h/v1#m", "h/v1?key=sk-1234#m")),
        ("tags", "a http://u:sk-1234@h"),
    ],
)
def test_a_secret_in_a_url_is_not_shown(here: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    put(here, f"{name} = {json.dumps(value.split() if name == 'tags' else value)}\n")
    (here / "深").mkdir()
    for folder in (here, here / "深"):
        monkeypatch.chdir(folder)
        for words in (["config"], ["send", "--help"], ["send"]):
            done = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
            assert done.exit_code == 0
            assert ("(hidden)" in done.output) == (words != ["send"] or (folder != here and name != "tags"))
            assert "1234" not in done.output


@pytest.mark.parametrize(
    "spec", ["openai:x", "http://h:1/v1#org/m@main", "outlines:transformers:m@main", "replay:a@b", "hf:a/b/c.gguf@r"]
)
def test_a_model_without_a_secret_is_shown(here: Path, spec: str) -> None:
    put(here, f'model = "{spec}"\n')
    assert spec in CliRunner().invoke(app, ["config"]).stdout


def test_all_defaults_are_told_also_beside_one_that_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(here, 'tags = ["a", "b"]\nratio = 3\nout = "x"\nstream = false\n')
    monkeypatch.setenv("EXTRACT_MODEL", "m")
    done = CliRunner().invoke(app, ["config"])
    assert done.exit_code == 2
    assert "extract.toml:2: ratio" in done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["command"] for row in rows} == {"send"}
    assert [(row["option"], row["value"], row["from"], row["line"]) for row in rows] == [
        ("model", "m", "EXTRACT_MODEL", None),
        ("tags", ["a", "b"], str(path), 1),
        ("out", "x", str(path), 3),
        ("stream", False, str(path), 4),
    ]


def test_escapes_in_a_file_do_not_reach_the_terminal(here: Path) -> None:
    put(here, 'model = "\\u001b[2Jm"\n')
    done = CliRunner().invoke(app, ["send", "--help"], env={"COLUMNS": "200"})
    assert "\\x1b[2Jm, from extract.toml" in done.output
    assert "\x1b[2J" not in done.output
