r"""What a file says of itself before its text: YAML between two lines of `---`, as Markdown files have it.

It is hostile as any of the text. What stands for many times its size (aliases, merges by `<<`) is not read, and what is
read is plain JSON: days and times, numbers without end and what JSON has no number for are texts, as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from extractor.text import without_halves
from extractor.yaml_scalars import TAG, add_scalars, scalar

_MOST_FRONT = 20_000  # characters
_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
# Two lines of `---` may part the text itself: what says something of it begins with a name.
_BEGINS = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*+(?:\{|[^\s#\-:][^\n:]{0,200}:(?:\s|\Z))")
_MOST_DIGITS = 300  # of a number


def body_start(text: str) -> int:
    """Where a text begins behind its front matter: 0 where it has none."""
    found = _found(text)
    return found.end() if found else 0


def metadata_of(text: str) -> Mapping[str, Any]:
    r"""What stands before a text about it: '---\ntitle: Sea\n---\nIt rose.' → {'title': 'Sea'}."""
    found = _found(text)
    if found is None:
        return {}
    import yaml  # few texts need it

    try:
        said = _plain(yaml.load(found[1], _loader()))  # noqa: S506  # a safe one
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _found(text: str) -> re.Match[str] | None:
    found = _FRONT.match(text, 0, _MOST_FRONT)
    return found if found and _BEGINS.match(found[1]) else None


@cache
def _loader() -> Any:
    """What reads YAML; made where it is needed, as its library is."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Makes no more of a text than it has."""

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("an alias")
            return super().compose_node(parent, index)

        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            if any(key.tag == f"{TAG}merge" for key, _ in node.value):
                raise yaml.YAMLError("a merge")
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
    """The JSON of what YAML has: keys are texts, sets and pairs are lists."""
    if isinstance(value, dict):
        return {_plain(str(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, set):
        return sorted((_plain(one) for one in value), key=str)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return without_halves(value) if isinstance(value, str) else value
