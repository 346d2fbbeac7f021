"""Scalars of YAML as JSON has them: days and times stay texts, as in YAML 1.2 (2026-06-02, 12:30)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yaml import SafeLoader

TAG = "tag:yaml.org,2002:"  # what the tags of YAML's own types begin with
_MOST_SHOWN = 40  # characters of what cannot be read


def add_scalars(loader: type[SafeLoader]) -> None:
    """Have a class that reads YAML read scalars so."""
    for kind in ("timestamp", "int", "float", "bool"):
        loader.add_constructor(f"{TAG}{kind}", scalar)


def scalar(loader: Any, node: Any) -> Any:
    """A number or bool of YAML, or the fault at its place; a day or time as it is written."""
    import yaml

    text, kind = loader.construct_scalar(node), node.tag.removeprefix(TAG)
    if kind == "timestamp" or (kind != "bool" and ":" in text):
        return text
    try:
        return yaml.SafeLoader.yaml_constructors[node.tag](loader, node)
    except LookupError as error:  # of `!!bool x` and `!!int ""`
        what = f"{text[:_MOST_SHOWN]!r} is no {kind}"
        raise yaml.MarkedYAMLError(problem=what, problem_mark=node.start_mark) from error
