r"""What a file says of itself before its text: YAML between two lines of `---`, or TOML between two of `+++`.

It is hostile as any of the text. What stands for many times its size (aliases, merges by `<<`) is not read, and what is
read is plain JSON: days and times, numbers without end and what JSON has no number for are texts, as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from functools import cache
from typing import Any

from extractor.text import without_halves
from extractor.yaml_scalars import TAG, add_scalars, scalar

_MOST_FRONT = 20_000  # characters
_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
# Two lines of `---` may part the text itself: what says something of it begins with a name.
_BEGINS = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*+(?:\{|[^\s#\-:][^\n:]{0,200}:(?:\s|\Z))")
_TOML = re.compile(r"\ufeff?\+\+\+[ \t]*\r?\n(.*?)\r?\n\+\+\+[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_TOML_BEGINS = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*+[ \t]*(?:\[|[\w\"'-][^\n=]{0,200}=)")
# Names within each other in one name, of which the reader takes much longer each.
_MANY_PARTS = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){100}")
_MOST_DIGITS = 300  # of a number
_MOST_BITS = 996  # those have
_MOST_BITS_WRITTEN = 14_000  # that Python writes in digits
_MOST_SHOWN = 150  # characters of a fault


def body_start(text: str) -> int:
    """Where a text begins behind its front matter: 0 where it has none."""
    found = _found(text)
    return found.end() if found else 0


def metadata_of(text: str) -> Mapping[str, Any]:
    r"""What stands before a text about it: '---\ntitle: Sea\n---\nIt rose.' → {'title': 'Sea'}."""
    try:
        return _said(text)
    except _UnreadError:
        return {}


def fault_of(text: str) -> str | None:
    """Why what stands before a text cannot be read, in a line; None where it can, or there is nothing."""
    try:
        _said(text)
    except _UnreadError as error:
        return str(error)
    return None


class _UnreadError(Exception):
    """Why front matter cannot be read."""


def _said(text: str) -> Mapping[str, Any]:
    found = _found(text)
    if found is None:
        return {}
    read = _read_toml if found.re is _TOML else _read_yaml
    try:
        said = _plain(read(f"\n{found[1]}"))  # so that faults name the lines of the file
    except (ValueError, LookupError, AttributeError, RecursionError) as error:
        told = "its parts are nested too deep" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise _UnreadError(told[:_MOST_SHOWN] or type(error).__name__) from error
    if said is None:  # only comments
        return {}
    if not isinstance(said, dict):
        raise _UnreadError("no names with values")
    return said


def _read_yaml(text: str) -> Any:
    import yaml  # few texts need it

    try:
        return yaml.load(text, _loader())  # noqa: S506  # a safe one
    except yaml.MarkedYAMLError as error:
        where = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ValueError(f"{error.problem}{where}") from error
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _read_toml(text: str) -> Any:
    import tomllib

    if _MANY_PARTS.search(text):
        raise ValueError("a name of more than 100 parts")
    return tomllib.loads(text.replace("\r\n", "\n"), parse_float=_float)


def _float(text: str) -> float | str:
    found = float(text)
    return found if abs(found) < float("inf") else text  # also of 'nan'


def _found(text: str) -> re.Match[str] | None:
    for front, begins in ((_FRONT, _BEGINS), (_TOML, _TOML_BEGINS)):
        if (found := front.match(text, 0, _MOST_FRONT)) and begins.match(found[1]):
            return found
    return None


@cache
def _loader() -> Any:
    """What reads YAML; made where it is needed, as its library is."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Makes no more of a text than it has."""

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("an alias, which may stand for many times its size")
            return super().compose_node(parent, index)

        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            if any(key.tag == f"{TAG}merge" for key, _ in node.value):
                raise yaml.YAMLError("a merge (<<), which may stand for many times its size")
            super().flatten_mapping(node)

    add_scalars(Loader)
    for kind in ("int", "float"):
        Loader.add_constructor(f"{TAG}{kind}", _number)
    Loader.add_constructor(f"{TAG}binary", _as_written)
    return Loader


def _as_written(loader: Any, node: Any) -> Any:
    return loader.construct_scalar(node)


def _number(loader: Any, node: Any) -> Any:
    """A number; as written what JSON has none for: '.nan', thousands of digits."""
    text = loader.construct_scalar(node)
    found = text if len(text) > _MOST_DIGITS else scalar(loader, node)
    return found if isinstance(found, str) or abs(found) < float("inf") else text


def _plain(value: Any) -> Any:
    """The JSON of what YAML and TOML have: keys are texts, sets and pairs are lists."""
    if isinstance(value, dict):
        return {_plain(str(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, set):
        return sorted((_plain(one) for one in value), key=str)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, date | time):  # of TOML
        return value.isoformat()
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return str(value) if value.bit_length() < _MOST_BITS_WRITTEN else hex(value)
    return without_halves(value) if isinstance(value, str) else value
