"""Flags in groups: what typer sees of them, and what a command gets."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from extractor.cli import app as ours
from extractor.cli.flags.groups import Group, spread

Loud = Annotated[bool, typer.Option("--loud", rich_help_panel="Sounds")]


@dataclass(frozen=True)
class Colours(Group):
    panel = "Colours"

    red: Annotated[int, typer.Option(min=0, help="How red.")] = 1
    loud: Loud = False


@dataclass(frozen=True)
class Sizes(Group):
    panel = "Sizes"

    wide: Annotated[str | None, typer.Option()] = None


@dataclass(frozen=True)
class Both(Colours, Sizes):
    """All of them, redder."""

    red: Annotated[int, typer.Option(min=0, help="How red.", rich_help_panel="Colours")] = 5


def paint(ctx: typer.Context, name: str, *, flags: Both, is_last: bool = False) -> None:
    """Tell what came."""
    print(ctx.params["red"], name, flags, is_last)


def run(*words: str) -> str:
    app = typer.Typer()
    app.command()(spread(paint))
    return CliRunner().invoke(app, words).output.strip()


def test_each_flag_of_a_group_is_a_parameter_in_its_panel() -> None:
    flags = inspect.signature(spread(paint)).parameters
    assert [*flags] == ["ctx", "name", "red", "loud", "wide", "is_last"]
    panels = {name: flags[name].annotation.__metadata__[0].rich_help_panel for name in ("red", "loud", "wide")}
    assert panels == {"red": "Colours", "loud": "Sounds", "wide": "Sizes"}


def test_a_command_gets_its_groups_with_what_was_given() -> None:
    assert run("oak", "--wide", "3") == "5 oak Both(wide='3', red=5, loud=False) False"
    assert run("oak", "--red", "0", "--loud", "--is-last") == "0 oak Both(wide=None, red=0, loud=True) True"


def test_bounds_of_a_flag_in_a_group_hold() -> None:
    assert "Invalid value for '--red'" in run("oak", "--red", "-1")


def test_the_options_of_a_group_are_not_changed_for_other_groups() -> None:
    spread(paint)
    assert Loud.__metadata__[0].rich_help_panel == "Sounds"
    (option,) = inspect.get_annotations(Sizes, eval_str=True)["wide"].__metadata__
    assert option.rich_help_panel is None


def test_a_command_without_groups_stays_as_it_is() -> None:
    def bare(name: str) -> None:
        """Nothing."""

    assert spread(bare) is bare


def test_commands_share_what_they_say_of_a_flag() -> None:
    commands = typer.main.get_command(ours).commands  # type: ignore[attr-defined]
    told = {
        name: {option.name: option for option in command.params}
        for name, command in commands.items()
        if name in ("run", "batch", "call", "eval")
    }
    for flag in ("timeout", "retries", "encoding", "key_file", "trace", "context", "offline"):
        assert len({told[name][flag].help for name in told}) == 1
    assert told["call"]["max_tokens"].default == 1024
    assert {told[name]["max_tokens"].default for name in ("run", "batch", "eval")} == {4096}
