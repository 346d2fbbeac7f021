"""What the README shows is true: its commands run, its flags exist, and no command is left out.

A block ```` ```console ```` directly below `<!-- run -->` is executed, and has to succeed; below
`<!-- run: exact -->` it also has to print what the block shows.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from test_cli import surroundings, walk

from extractor.cli import app

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"

SHELL_LANGUAGES = ("console", "sh", "bash", "shell")
# Words that stand before a command: EXTRACT_MODEL=… extract run
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def read(path: Path) -> str:
    """The text of a page; empty where there is none, so that the other tests can be collected."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


# The README, and the pages of examples, which have commands; the others are articles.
PAGES = (README, *(page for page in sorted((ROOT / "examples").glob("*.md")) if "```console" in read(page)))


@dataclass(frozen=True)
class Step:
    """One command of a block and what the block shows below it."""

    command: str
    output: str


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text and the comment directly above it."""

    line: int
    language: str
    text: str
    mark: str

    @property
    def steps(self) -> list[Step]:
        """The commands after `$ `; a backslash at the end of a line continues it."""
        joined = re.sub(r"\\\n(> ?)?\s*", "", self.text)
        parts = re.split(r"^\$ (.*)\n?", joined, flags=re.MULTILINE)[1:]
        return [Step(command.strip(), output) for command, output in zip(parts[::2], parts[1::2], strict=True)]

    @property
    def commands(self) -> list[str]:
        """The commands of a block, with or without a prompt."""
        if self.language == "console":
            return [step.command for step in self.steps]
        lines = re.sub(r"\\\n\s*", "", self.text).splitlines()
        return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a Markdown page."""
    lines = page.splitlines()
    opened: int | None = None
    for number, line in enumerate(lines):
        if not line.lstrip().startswith("```"):
            continue
        if opened is None:
            opened = number
            continue
        text = "".join(f"{inner}\n" for inner in lines[opened + 1 : number])
        above = re.fullmatch(r"<!-- (run|run: exact) -->", lines[opened - 1].strip()) if opened else None
        yield Block(opened + 1, lines[opened].strip("` \t"), text, above[1] if above else "")
        opened = None
    assert opened is None, f"the block of line {(opened or 0) + 1} is not closed"


def calls(page: str) -> Iterator[list[str]]:
    """The words of every call of `extract` on a page, from its shell blocks and its `code`."""
    lines = [line for block in blocks(page) if block.language in SHELL_LANGUAGES for line in block.commands]
    prose = re.sub(r"^ *```.*?^ *```", "", page, flags=re.MULTILINE | re.DOTALL)
    lines += [code for code in re.findall(r"`([^`\n]+)`", prose) if re.match(r"extract\b", code)]
    for line in lines:
        yield from split_calls(line)


def split_calls(line: str) -> Iterator[list[str]]:
    """'cat a.txt | .venv/bin/extract run -s x - | jq .' → ['run', '-s', 'x', '-']."""
    lexer = shlex.shlex(line.replace("…", " "), posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= set("|&;()"):
            while words and ASSIGNMENT.match(words[0]):
                words.pop(0)
            if words and Path(words[0]).name == "extract":
                yield words[1:]
            words = []
        else:
            words.append(word)


def find_command(words: list[str]) -> tuple[Any, list[str]]:
    """The command that a call names, and the words after its name; fails where there is none."""
    command, rest = typer.main.get_command(app), list(words)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        assert rest[0] in command.commands, f"there is no `extract {' '.join(words)}`"
        command = command.commands[rest.pop(0)]
    return command, rest


def flags_of(command: Any) -> set[str]:
    """Every spelling of the options of a command."""
    return {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)} | {"-h", "--help"}


# --- the commands are real -----------------------------------------------------------------------------------


def test_readme_shows_commands_and_some_are_run() -> None:
    assert README.exists(), "README.md is missing"
    shown = list(blocks(read(README)))
    assert any(call[:1] == ["run"] for call in calls(read(README)))
    marked = [block for block in shown if block.mark]
    assert marked, "no block is marked with <!-- run -->"
    assert all(block.language == "console" and block.steps for block in marked)


def test_no_mark_is_overlooked() -> None:
    for page in PAGES:
        text = read(page)
        assert len(re.findall(r"<!--\s*run", text)) == sum(bool(block.mark) for block in blocks(text)), page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_and_flags_on_the_page_exist(page: Path) -> None:
    for words in calls(read(page)):
        command, rest = find_command(words)
        named = {word.partition("=")[0] for word in rest if re.match(r"--?[A-Za-z]", word)}
        assert named <= flags_of(command), f"`extract {' '.join(words)}` has no {named - flags_of(command)}"


def test_flags_in_prose_exist() -> None:
    known = set().union(*(flags_of(command) for _, command in walk(typer.main.get_command(app))))
    for page in PAGES:
        prose = re.sub(r"^ *```.*?^ *```", "", read(page), flags=re.MULTILINE | re.DOTALL)
        named = set(re.findall(r"`(--[a-z][a-z-]+)", prose))
        assert named <= known, f"{page.name} names {sorted(named - known)}"


def test_every_command_is_mentioned() -> None:
    pages = "".join(map(read, PAGES))
    leaves = [path for path, command in walk(typer.main.get_command(app)) if not hasattr(command, "commands")]
    assert len(leaves) >= 8
    forgotten = [path for path in leaves if not re.search(r"extract " + r"\s+".join(path) + r"\b", pages)]
    assert forgotten == []


# --- and they run --------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the commands of the README name, and an `extract` that is this one."""
    work = tmp_path / "checkout"
    work.mkdir()
    for folder in ("examples", "schemas"):
        shutil.copytree(ROOT / folder, work / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(README, work)
    shim = tmp_path / "bin" / "extract"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m extractor "$@"\n')
    shim.chmod(0o755)
    return work


MARKED = [
    pytest.param(block, id=f"{page.parent.name}/{page.stem}:{block.line}")
    for page in PAGES
    for block in blocks(read(page))
    if block.mark
]


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
@pytest.mark.parametrize("block", MARKED)
def test_marked_blocks_run(block: Block, checkout: Path) -> None:
    changes = {"PATH": f"{checkout.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    if not re.search(r" (-m|--model)\b|EXTRACT_MODEL", block.text):
        changes["EXTRACT_MODEL"] = "smollm2-135m"
    for step in block.steps:
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", step.command],
            cwd=checkout,
            env=surroundings(changes),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, f"$ {step.command}\n{done.stderr.decode()}"
        if block.mark == "run: exact":
            assert done.stdout.decode().rstrip() == step.output.rstrip(), f"$ {step.command}"


# --- the reading of the page itself --------------------------------------------------------------------------

PAGE = """
Use `extract models rm` and `extract schema show` with `--full`.

```sh
pip install --upgrade x
```

<!-- run: exact -->
```console
$ cat a.txt | EXTRACT_MODEL=x .venv/bin/extract run -s paper \\
>     --full - | jq .
{
  "a": 1
}
$ echo 2
2
```
"""


def test_a_page_is_read_as_it_is_meant() -> None:
    shell, console = blocks(PAGE)
    assert (shell.language, shell.mark, shell.commands) == ("sh", "", ["pip install --upgrade x"])
    assert (console.language, console.mark, console.line) == ("console", "run: exact", 9)
    first, second = console.steps
    assert first == Step(
        "cat a.txt | EXTRACT_MODEL=x .venv/bin/extract run -s paper --full - | jq .", '{\n  "a": 1\n}\n'
    )
    assert second == Step("echo 2", "2\n")
    assert list(calls(PAGE)) == [["run", "-s", "paper", "--full", "-"], ["models", "rm"], ["schema", "show"]]
    command, rest = find_command(["run", "-s", "paper", "--full", "-"])
    assert rest == ["-s", "paper", "--full", "-"]
    assert {"-s", "--full"} <= flags_of(command)
    with pytest.raises(AssertionError, match="no `extract rum"):
        find_command(["rum"])
