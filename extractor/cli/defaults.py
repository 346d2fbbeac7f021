"""Defaults of options that are not built in: those of `extract.toml` and of EXTRACT_… variables, handed to typer.

The command line wins over the environment, that over the nearest file, that over the user's own. What a value has to be
is asked of the option itself, and only where the value counts.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import typer
from typer.core import TyperCommand

from extractor import config
from extractor.cli.flags.groups import spread
from extractor.cli.terminal import Screen, explain, one_line
from extractor.config import File, Key, Kind
from extractor.errors import ExtractError, UsageError
from extractor.models import CATALOGUE

F = TypeVar("F", bound=Callable[..., Any])

_SPELLINGS = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off", ""), False)
_KINDS: dict[Any, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
}
_TEXT = ((str,), "a text")
_TOLD = ("model", "base-url")  # they decide where documents go
_SPECS = ("model", "schema", "tools", "loader")  # they may name code
_TEXTS = ("instruction",)  # they may be '@FILE'
_PREFIX = "EXTRACT_"  # of variables
_OTHER_VARIABLES = {"EXTRACT_API_KEY", "EXTRACT_HOME", "EXTRACT_NO_CONFIG", "EXTRACT_SERVED"}  # of no option


class App(typer.Typer):
    """An application whose commands have such defaults."""

    def command(
        self, name: str | None = None, *, cls: type[TyperCommand] | None = None, **settings: Any
    ) -> Callable[[F], F]:
        """As that of typer, with our class of command, flags in groups, and a help as wide as the terminal."""
        register = super().command

        def add(function: F) -> F:
            paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
            told = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
            register(name, cls=cls or Command, help=told, **settings)(spread(function))
            return function

        return add


class Command(TyperCommand):
    """A command whose options have such defaults."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Look the defaults up, then read the words of the command line."""
        try:
            found = _find(ctx, _path(ctx), _read_files(ctx))
            for default in found:  # for --help
                default.option.show_default, default.option.required = True, False
            rest = super().parse_args(ctx, args)
        except ExtractError as error:
            raise typer.Exit(explain(error, Screen())) from None
        finally:  # a wrong command line may be one that lacks what a variable was to give
            _tell_unknown_variables(ctx)
        _tell_where_documents_go(ctx, found)
        return rest


@dataclass(frozen=True, slots=True)
class Default:
    """What a variable gives, or a file below a key. Typer calls it for the value, and prints it in the help."""

    option: Any
    ctx: Any
    given: Any
    file: File | None = None
    key: Key = ()

    def __call__(self) -> Any:
        """The value as a command gets it; raises `UsageError` where the option refuses it."""
        given = _read_variable(self) if self.file is None else _read_setting(self, self.file)
        try:
            return self.option.process_value(self.ctx, given)
        except typer.BadParameter as error:
            hint = f"`{self.ctx.command_path} --help` tells what it takes"
            what = error.message.removeprefix("Value error, ").removesuffix(".")
            raise self.fault(f"{what} (it was {self.shown})", hint) from error

    def __str__(self) -> str:
        """'smollm2-135m, from extract.toml'."""
        return f"{self.shown}, from {one_line(self.file.shown if self.file else self.place)}"

    @property
    def name(self) -> str:
        """'max-tokens'."""
        return _name(self.option)

    @property
    def place(self) -> str:
        """'extract.toml:3', 'EXTRACT_MODEL'."""
        return self.file.place(self.key) if self.file else _variable(self.name)

    @property
    def is_secret(self) -> bool:
        """Whether what was given is a secret, or may have one in it."""
        return config.is_secret(self.name) or config.has_secret(self.given, is_url=self.name == "base-url")

    @property
    def shown(self) -> str:
        """What was given, on one line; nothing of a secret."""
        if self.is_secret:
            return "(hidden)"
        parts = self.given if isinstance(self.given, list) else [self.given]
        return one_line(", ".join(str(part).lower() if isinstance(part, bool) else str(part) for part in parts))

    def fault(self, what: str, hint: str) -> UsageError:
        """An error that names the place and the option."""
        return UsageError(f"{self.place}: {self.name}: {what}", hint=hint)


def print_defaults(ctx: Any, *, as_json: bool) -> int:
    """Print the defaults of all commands that are not built in; returns the exit code."""
    root, files, code = ctx.find_root(), _read_files(ctx), 0
    rows: list[tuple[Default, Any]] = []
    for path, command in _walk(root.command):
        for default in _find(typer.Context(command, parent=root, info_name=" ".join(path)), path, files):
            try:
                rows.append((default, _to_print(default, default())))
            except ExtractError as error:  # the others are told all the same
                code = explain(error, Screen())
    (_print_json if as_json else _print_table)(rows)
    return code


def _to_print(default: Default, value: Any) -> Any:
    """A value as JSON has it: paths as texts, and nothing of a secret."""
    if default.is_secret:
        return default.shown
    if isinstance(value, list):
        return [_to_print(default, part) for part in value]
    return value if isinstance(value, bool | int | float) else str(value)


def _print_json(rows: list[tuple[Default, Any]]) -> None:
    from extractor.lines import to_json

    for default, value in rows:
        origin = str(default.file.path) if default.file else default.place
        line = default.file.lines.get(default.key) if default.file else None
        row = {"command": default.ctx.info_name, "option": default.name, "value": value, "from": origin, "line": line}
        print(to_json(row))


def _print_table(rows: list[tuple[Default, Any]]) -> None:
    cells = [(default.ctx.info_name, f"--{default.name}", _show(value), default.place) for default, value in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for *firsts, place in cells:
        columns = (cell.ljust(width) for cell, width in zip(firsts, widths, strict=False))
        print(f"{'  '.join(columns)}  from {one_line(place)}")


def _show(value: Any) -> str:
    """True → 'true', ['a', 'b'] → 'a, b'; on one line."""
    if isinstance(value, list):
        return ", ".join(map(_show, value))
    return one_line(str(value).lower() if isinstance(value, bool) else str(value))


# --- from a file ---------------------------------------------------------------------------------------------


def _read_files(ctx: Any) -> tuple[File, ...]:
    root = ctx.find_root()
    if root.params["no_config"]:
        return ()
    commands = _walk(root.command)
    return config.read_all({path: {_name(one): _kind(one) for one in _options(command)} for path, command in commands})


def _read_setting(default: Default, file: File) -> Any:
    """A value of a file; what is relative in it is seen from its folder."""
    given = default.given
    if default.name in _SPECS:
        return _read_spec(default, file)
    if default.name in _TEXTS and given.startswith("@") and len(given) > 1:
        return f"@{_read_path(default, file, given[1:])}"
    values = given if isinstance(given, list) else [given]
    if _element(default.option) is Path:
        values = [_read_path(default, file, text) for text in values]
    return values if _is_list(default.option) else values[0]


def _read_spec(default: Default, file: File) -> str:
    """A spec; Python is run on the word of a file in the current folder and of the user's own, of no other."""
    from extractor import schema_spec
    from extractor.engines import model_spec

    spec: str = default.given
    if default.name == "loader":
        is_code, anchor = True, schema_spec.anchor
    elif default.name == "schema":
        is_code, anchor = schema_spec.is_code(spec), schema_spec.anchor
    else:
        is_code, anchor = model_spec.is_code(spec, has_base_url=_has_base_url(default.ctx)), model_spec.anchor
    if is_code and (why := file.distrust()):
        hint = f"where you trust it, name it with --{default.name}, or as {default.name} in {config.locate_own()}"
        raise default.fault(f"{default.shown} is Python code, and this file {why}", hint)
    return spec if file.reach == "here" else anchor(spec, file.path.parent)


def _has_base_url(ctx: Any) -> bool:
    """Whether --base-url is given, or has a default: those of the command line are read before all defaults."""
    return ctx.params.get("base_url") is not None or "base_url" in (ctx.default_map or ())


def _read_path(default: Default, file: File, text: str) -> Path:
    """A path; one in somebody else's file has no business outside of its folder."""
    if text == "-":
        return Path(text)
    start = Path() if file.reach == "here" else file.path.parent
    path, folder = start / Path(text).expanduser(), os.path.realpath(file.path.parent)
    if file.reach != "own" and not Path(os.path.realpath(path)).is_relative_to(folder):
        hint = f"give it on the command line, or in {config.locate_own()}"
        raise default.fault(f"{one_line(text)} is outside of the folder of this file", hint)
    return path


# --- from the environment ------------------------------------------------------------------------------------


def _variable(name: str) -> str:
    """'max-tokens' → 'EXTRACT_MAX_TOKENS'."""
    return f"{_PREFIX}{name.upper().replace('-', '_')}"


def _read_variable(default: Default) -> Any:
    """The text of a variable, as a command line would give it."""
    kind, text = _kind(default.option), default.given
    if kind.is_flag:
        if (flag := _SPELLINGS.get(text.strip().lower())) is None:
            raise default.fault(f"{default.shown} is neither true nor false", "1, true, yes, on; 0, false, no, off")
        return flag
    return text.split(default.option.type_descriptor.envvar_list_splitter) if kind.many else text


def _tell_unknown_variables(ctx: Any) -> None:
    """A note on each variable that begins as ours do and means nothing."""
    commands = [command for _, command in _walk(ctx.find_root().command)]
    known = _OTHER_VARIABLES | {_variable(_name(option)) for command in commands for option in _options(command)}
    screen = Screen(quiet=bool(ctx.params.get("quiet")))
    for name in sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in known):
        ends = sorted(one.removeprefix(_PREFIX) for one in known)
        near = get_close_matches(name.removeprefix(_PREFIX), ends, n=1)
        screen.warn(
            f"{name} in the environment means nothing" + (f"; did you mean {_PREFIX}{near[0]}?" if near else "")
        )


# --- what typer knows of its commands ------------------------------------------------------------------------


def _find(ctx: Any, path: Key, files: tuple[File, ...]) -> list[Default]:
    """For each option of a command the default that counts, where one is not built in; typer gets them too."""
    found = list(_look_up(ctx, path, files))
    ctx.default_map = {default.option.name: default for default in found}
    return found


def _look_up(ctx: Any, path: Key, files: tuple[File, ...]) -> Iterator[Default]:
    for option in _options(ctx.command):
        name = _name(option)
        text = os.environ.get(_variable(name))
        if text or (text is not None and _kind(option).is_flag):  # an empty text says nothing, an empty flag says no
            yield Default(option, ctx, text)
            continue
        found = ((file, key) for file in files if (key := file.find(path, name)))
        if first := next(found, None):
            file, key = first
            yield Default(option, ctx, file.settings[key], file, key)


def _tell_where_documents_go(ctx: Any, found: list[Default]) -> None:
    """A note where that is decided by a file that is easily overlooked; that file cannot silence it.

    And one where a default keeps weights of the catalogue from running here.
    """
    taken = [default for default in found if ctx.get_parameter_source(default.option.name).name == "DEFAULT_MAP"]
    from_above = {default.name: default for default in taken if default.file and default.file.reach == "above"}
    screen = Screen(quiet=bool(ctx.params.get("quiet")) and "quiet" not in from_above, verbose=True)
    for name in _TOLD:
        if default := from_above.get(name):
            screen.note(f"--{name} {default.shown} is from {default.place}")
    url = next((default for default in taken if default.name == "base-url"), None)
    if url and (model := ctx.params.get("model")) in CATALOGUE:
        screen.note(f"{model} is asked for at {url.shown}, the --base-url of {url.place}: it does not run here")


def _path(ctx: Any) -> Key:
    """('models', 'pull')."""
    return () if ctx.parent is None else (*_path(ctx.parent), ctx.info_name)


def _walk(command: Any, path: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every command that does something, below a group."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, inner in command.commands.items():
        yield from _walk(inner, (*path, name))


def _options(command: Any) -> list[Any]:
    return [option for option in command.params if option.param_type_name == "option"]


def _name(option: Any) -> str:
    """'max-tokens', of its longest spelling."""
    return str(max(option.opts, key=len)).lstrip("-")


def _kind(option: Any) -> Kind:
    types, told = _KINDS.get(_element(option), _TEXT)
    return Kind(types, told, many=_is_list(option))


def _is_list(option: Any) -> bool:
    """Whether an option takes several values: any number, or two."""
    return get_origin(option.type_descriptor.annotation) in (list, tuple)


def _element(option: Any) -> Any:
    """The type of an option; of a list, that of its parts."""
    annotation = option.type_descriptor.annotation
    return get_args(annotation)[0] if _is_list(option) else annotation
