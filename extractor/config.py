"""Defaults of options from `extract.toml`: the nearest one from a folder upwards, then the user's own.

Knows nothing of a command line but the names of its options and what TOML has to hold for them. The nearest file may
have come with somebody else's checkout, so a `File` says how far it can be trusted.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, NamedTuple

from extractor.errors import UsageError

NAME = "extract.toml"

Key = tuple[str, ...]  # ('models', 'pull', 'offline'), ('max-tokens',)
Reach = Literal["here", "above", "own"]  # in the current folder, in one above it, the user's own

_SECRET = re.compile(r"(.+-)?(api-?key|secret|secret-key|password|(access|auth|bearer)-token)|key|token")
# A URL, or what was meant as one, with a password or a query in it; behind a # stands a model.
_NO_SCHEME = r"(?!outlines:|replay:)[^/:@\s]+:[^/@\s]*@|[^?#\s]+\?[^=\s]+="
_IN_URL = re.compile(rf"(.*//|https?:)(.*\?|[^#]*@|[^/]*@)|{_NO_SCHEME}", re.IGNORECASE | re.DOTALL)
_HEADER = re.compile(r"\s*\[+([^\[\]]+)\]")
_ENTRY = re.compile(r"\s*([^=#\s\[][^=#]*?)\s*=")
_TOML_PLACE = re.compile(r"(.*) \(at line (\d+), column (\d+)\)")
_BITS = 64
_TO_GO_ON = "mend it, or go on without it: extract --no-config …"


class Kind(NamedTuple):
    """What TOML has to hold for an option; also a list of such where `many`."""

    types: tuple[type, ...]
    told: str  # 'a whole number'
    many: bool = False

    @property
    def is_flag(self) -> bool:
        """Whether it is on or off."""
        return self.types == (bool,)

    def takes(self, value: Any) -> bool:
        """Whether a value is of this kind."""
        return all(map(self._takes, value)) if self.many and isinstance(value, list) else self._takes(value)

    def _takes(self, value: Any) -> bool:
        """No operating system takes a text with a NUL, and a number of TOML has 64 bits."""
        is_sane = "\0" not in value if isinstance(value, str) else type(value) is not int or value.bit_length() < _BITS
        return type(value) in self.types and is_sane


Tree = Mapping[Key, Mapping[str, Kind]]  # of each command, its options by name


@dataclass(frozen=True, slots=True)
class File:
    """A file that was read: what it sets, and on which line where that is known."""

    path: Path
    reach: Reach
    settings: Mapping[Key, Any]
    lines: Mapping[Key, int]

    @property
    def shown(self) -> str:
        """Its name where it is in the current folder, else its path."""
        return _show(self.path, self.reach)

    def find(self, command: Key, option: str) -> Key | None:
        """The key that holds for an option: in the table of the command, before those that it is part of."""
        keys = ((*command[:depth], option) for depth in range(len(command), -1, -1))
        return next((key for key in keys if key in self.settings), None)

    def place(self, key: Key) -> str:
        """'extract.toml:3'."""
        return _place(self.shown, self.lines.get(key))

    def distrust(self) -> str | None:
        """Why no code may be run on its word: it has not been chosen with the current folder."""
        return "is in a folder above the current one" if self.reach == "above" else None


def has_secret(value: object, *, is_url: bool = False) -> bool:
    """Whether a value has what may be the secret of a URL: 'http://me:secret@host', 'host/v1?key=secret' → True.

    Of what was to be one (`is_url`) any @ or ? may be that.
    """
    if isinstance(value, list):
        return any(has_secret(part, is_url=is_url) for part in value)
    if not isinstance(value, str):
        return False
    return bool(_IN_URL.match(value)) or (is_url and ("@" in value or "?" in value))


def is_secret(name: str) -> bool:
    """'api-key' → True, 'max-tokens' → False."""
    return bool(_SECRET.fullmatch(_plain(name).lower()))


def read_all(tree: Tree) -> tuple[File, ...]:
    """The files that count in the current folder, nearest first; raises `UsageError` for what is wrong in them."""
    return tuple(read(path, reach, tree) for path, reach in find())


def find() -> Iterator[tuple[Path, Reach]]:
    """The nearest file from the current folder upwards, and the user's own."""
    own = locate_own()
    near = _find_near()
    if near and os.path.realpath(near[0]) != os.path.realpath(own):
        yield near
    if os.path.lexists(own):
        yield own, "own"


def locate_own() -> Path:
    """Where the user's own file is, or would be."""
    from platformdirs import user_config_path

    return user_config_path("extract") / NAME


def _find_near() -> tuple[Path, Reach] | None:
    try:
        here = Path.cwd()
    except OSError:  # it has been deleted
        return None
    path = next((folder / NAME for folder in (here, *here.parents) if os.path.lexists(folder / NAME)), None)
    return (path, "here" if path.parent == here else "above") if path else None


def read(path: Path, reach: Reach, tree: Tree) -> File:
    """Read a file and check its keys and the types of their values; `UsageError` also for one that was planted."""
    shown = _show(path, reach)
    _refuse_planted(path, shown, reach)
    text = _read_text(path, shown)
    lines = _find_lines(text)
    settings = _Check(shown, lines, tree).flatten(_parse(text, shown, lines, tree))
    return File(path, reach, dict(settings), lines)


def _refuse_planted(path: Path, shown: str, reach: Reach) -> None:
    """Settings say where documents and keys go: they count where the user, or whoever owns the machine, put them.

    A folder that others cannot write to is chosen with all that is in it.
    """
    if reach == "own" or not hasattr(os, "geteuid"):
        return
    try:
        owners = {path.lstat().st_uid, path.stat().st_uid}  # anybody may link to a file of the user's
        is_open = bool(path.absolute().parent.stat().st_mode & stat.S_IWOTH)
    except OSError as error:
        raise UsageError(f"{shown}: {error.strerror or error}", hint=_TO_GO_ON) from error
    if owners <= {0, os.geteuid()} or (reach == "here" and not is_open):
        return
    where = "a folder open to all" if is_open else "a folder above the current one"
    hint = f"go on without it: extract --no-config …; what you want of it: on the command line, or in {locate_own()}"
    raise UsageError(f"{shown}: belongs to another user, and is in {where}", hint=hint)


def _read_text(path: Path, shown: str) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            what = "is a folder, not a file" if path.is_dir() else "is not a file"
            raise UsageError(f"{shown}: {what}", hint=_TO_GO_ON)
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{shown}: {error.strerror or error}", hint=_TO_GO_ON) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{shown}:{line}: not UTF-8", hint="write the file as UTF-8") from error


def _parse(text: str, shown: str, lines: Mapping[Key, int], tree: Tree) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{shown}: nested too deep", hint=_TO_GO_ON) from None
    except ValueError as error:  # also a number of thousands of digits
        found = _TOML_PLACE.fullmatch(str(error))
        place, why = (f"{shown}:{found[2]}:{found[3]}", found[1]) if found else (shown, str(error))
        raise UsageError(f"{place}: not TOML: {why}", hint=_explain_clash(lines, tree) or _TO_GO_ON) from error


def _explain_clash(lines: Mapping[Key, int], tree: Tree) -> str | None:
    """TOML has no place for both `schema = …` and `[schema.check]`."""
    options = {option for known in tree.values() for option in known}
    clash = next((key[0] for key in lines if len(key) > 1 and key[:1] in lines and key[0] in options), None)
    return clash and f"{clash} is an option and a group of commands: put the option below [run], say"


def _find_lines(text: str) -> dict[Key, int]:
    """The lines of tables and keys, as far as the lines themselves show it; what seems to stand twice is left out."""
    found: dict[Key, list[int]] = {}
    table: Key = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = key = _names(header[1])
        elif entry := _ENTRY.match(line):
            key = (*table, *_names(entry[1]))
        else:
            continue
        found.setdefault(key, []).append(number)
    return {key: numbers[0] for key, numbers in found.items() if len(numbers) == 1}


def _names(dotted: str) -> Key:
    """'models."pull"' → ('models', 'pull')."""
    return tuple(_plain(part.strip().strip("\"'")) for part in dotted.split("."))


def _plain(name: str) -> str:
    return name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class _Check:
    """Compares the tables of a file with the options that there are."""

    shown: str
    lines: Mapping[Key, int]
    tree: Tree

    def flatten(self, table: Mapping[str, Any], at: Key = ()) -> Iterator[tuple[Key, Any]]:
        """{'run': {'max_tokens': 900}} → (('run', 'max-tokens'), 900)."""
        seen: set[str] = set()
        for written, value in table.items():
            key = (*at, _plain(written))
            if key[-1] in seen:
                raise self._fault(key, f"{key[-1]!r} stands twice, with - and with _", "remove one of the two")
            seen.add(key[-1])
            if isinstance(value, dict) and self._is_table(key):
                yield from self.flatten(value, key)
            else:
                self._check(key, value)
                yield key, value

    def _check(self, key: Key, value: Any) -> None:
        *at, name = key
        if is_secret(name):
            hint = "set EXTRACT_API_KEY in the environment, or give --key-file"
            raise self._fault(key, f"{name!r}: secrets are not read from a file", hint)
        kinds = [options[name] for options in self._below(tuple(at)).values() if name in options]
        if not kinds:
            raise self._unknown(key, value)
        if wrong := next((kind for kind in kinds if not kind.takes(value)), None):
            what = f"{wrong.told}, or a list of such" if wrong.many else wrong.told
            raise self._fault(key, f"{name!r} has to be {what}, not {_describe(value)}")

    def _unknown(self, key: Key, value: Any) -> UsageError:
        *at, name = key
        if self._is_table(key):
            return self._fault(
                key, f"{name!r} is a table", f"below [{'.'.join(key)}] stand the options of that command"
            )
        below = self._below(tuple(at))
        if isinstance(value, dict | list):
            known = sorted({path[len(at)] for path in below if len(path) > len(at)})
            what = f"unknown table [{'.'.join(key)}]"
        else:
            known = sorted({option for options in below.values() for option in options})
            what = f"unknown key {name!r}" + (f" in [{'.'.join(at)}]" if at else "")
        near = get_close_matches(name.lower(), known, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known) or 'none'}"
        return self._fault(key, what, hint)

    def _is_table(self, key: Key) -> bool:
        return bool(self._below(key))

    def _below(self, at: Key) -> dict[Key, Mapping[str, Kind]]:
        return {path: options for path, options in self.tree.items() if path[: len(at)] == at}

    def _fault(self, key: Key, what: str, hint: str = _TO_GO_ON) -> UsageError:
        return UsageError(f"{_place(self.shown, self.lines.get(key))}: {what}", hint=hint)


_LONGEST = 60  # characters of a value in a message


def _describe(value: Any) -> str:
    """{…} → 'a table', 'x' → "'x'", True → 'true'."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() >= _BITS:
        return f"one of {value.bit_length()} bits"
    if has_secret(value):
        return "(hidden)"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _show(path: Path, reach: Reach) -> str:
    return NAME if reach == "here" else str(path)


def _place(shown: str, line: int | None) -> str:
    return shown if line is None else f"{shown}:{line}"
