"""JSON and YAML that a user wrote, a schema or examples, with its faults told by file and line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from extractor.errors import SchemaError
from extractor.yaml_scalars import TAG, add_scalars

LARGEST = 8_000_000  # bytes of a schema, or of examples
_MOST_MERGED = 100_000  # names that YAML's `<<` brings in


def read_text(path: Path, largest: int | None = LARGEST) -> str:
    """The text of a file in UTF-8, without a byte order mark; None is no bound of its bytes."""
    try:
        if largest is not None and path.stat().st_size > largest:
            raise SchemaError(f"{path}: larger than {largest // 1_000_000} MB", hint="split it")
        return path.read_text(encoding="utf-8-sig")
    except IsADirectoryError as error:
        raise SchemaError(f"{path}: a folder, where a file is asked for", hint="name a file in it") from error
    except OSError as error:
        raise SchemaError(f"{path}: {error.strerror or error}", hint="is the name right?") from error
    except UnicodeDecodeError as error:
        raise SchemaError(f"{path}: not UTF-8", hint="write the file as UTF-8") from error


def read_document(path: Path, hint: str | None = None, largest: int | None = LARGEST) -> Any:
    """What a file of JSON (`.json`) or YAML (any other) has; `hint` says what should be in it."""
    text = read_text(path, largest)
    return read_json(text, path, hint=hint) if path.suffix.lower() == ".json" else read_yaml(text, path)


def read_json(text: str, file: Path | None = None, line: int | None = None, *, hint: str | None = None) -> Any:
    """A JSON document of a file, or of a line of it, or of a user.

    Raises `SchemaError` with line and column of what is no JSON, and for a name that an object has twice: only one of
    them could count.
    """
    where = "" if file is None else f"{file}:{line}" if line else str(file)

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = next(name for name in found if sum(name == other for other, _ in pairs) > 1)
            what = _told(where, f"the name {twice!r} stands twice in one object")
            raise SchemaError(what, hint="remove one of the two")
        return found

    try:
        return json.loads(text, object_pairs_hook=distinct)
    except json.JSONDecodeError as error:
        place = f"column {error.pos + 1}" if file is None else f"{file}:{(line or 1) + error.lineno - 1}:{error.colno}"
        raise SchemaError(f"{place}: not JSON: {error.msg}", hint=hint) from error
    except ValueError as error:  # a number of thousands of digits
        raise SchemaError(_told(where, str(error)), hint="write a smaller number") from error
    except RecursionError:
        raise _too_deep(where) from None


def _told(where: str, what: str) -> str:
    return f"{where}: {what}" if where else what


def _too_deep(where: str) -> SchemaError:
    return SchemaError(_told(where, "nested too deep"), hint="a few dozen levels are read: make it simpler")


def read_yaml(text: str, path: Path) -> Any:
    """A YAML document; raises `SchemaError` with line and column of what is not YAML, or named twice in one object."""
    import yaml

    merged: dict[int, int] = {}
    total = 0

    class Loader(yaml.SafeLoader):
        """Looks at each mapping before `<<` brings anything in, which may be named again, or be without end."""

        def compose_mapping_node(self, anchor: dict[Any, Any]) -> yaml.MappingNode:
            node = super().compose_mapping_node(anchor)
            _refuse_twice(node, path)
            merged[id(node)] = _merged(node, merged)
            nonlocal total
            total += merged[id(node)]
            if total > _MOST_MERGED:
                what = f"{_place(path, node.start_mark)}: merges (<<) bring in more than {_MOST_MERGED:,} names"
                raise SchemaError(what, hint="merge less, or use $ref")
            return node

    add_scalars(Loader)
    try:
        # Not copied before its size is known: aliases can stand for billions of values.
        return yaml.load(text, Loader)  # noqa: S506  # a safe one
    except (yaml.YAMLError, ValueError) as error:
        place = _place(path, getattr(error, "problem_mark", None))
        raise SchemaError(f"{place}: not YAML: {getattr(error, 'problem', None) or error}") from error
    except RecursionError:
        raise _too_deep(str(path)) from None


def _refuse_twice(node: Any, path: Path) -> None:
    """Refuse a name that a YAML mapping has twice: only one of them could count."""
    seen: set[str] = set()
    for key in (key for key, _ in node.value if isinstance(key.value, str)):
        if key.value in seen:
            what = f"{_place(path, key.start_mark)}: the name {key.value!r} stands twice in one object"
            raise SchemaError(what, hint="remove one of the two")
        seen.add(key.value)


def _merged(node: Any, known: Mapping[int, int]) -> int:
    """How many pairs `<<` brings into a YAML mapping: those of others, with what came into these."""
    merges = [value for key, value in node.value if key.tag == f"{TAG}merge"]
    others = [other for value in merges for other in (value.value if value.id == "sequence" else [value])]
    return sum(len(other.value) + known.get(id(other), 0) for other in others)


def _place(path: Path, mark: Any) -> str:
    return f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
