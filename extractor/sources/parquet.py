"""Parquet: records numbered from 1, read some rows at a time and only in the columns that are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from extractor.errors import SourceError, UsageError
from extractor.sources.loading import opened
from extractor.sources.records import Fields
from extractor.sources.source import Source

_ROWS = 256


def read(name: str, fields: Fields) -> Iterator[Source]:
    """The records of a file. `SourceError` where it cannot be read, or lacks a column."""
    number = 0
    with opened(name) as raw:
        file = _open(name, raw)
        fields.refuse_missing(name, file.schema_arrow.names)
        for row in _rows(name, file, fields.columns):
            number += 1
            yield fields.source(f"{name}:{number}", {key: _text(value) for key, value in row.items()})
    if not number:
        raise SourceError(f"{name}: no records in it")


def count(name: str, is_stopped: Callable[[], bool]) -> int:  # noqa: ARG001  # as of the other formats
    """How many records there are, by the metadata."""
    with opened(name) as raw:
        return int(_open(name, raw).metadata.num_rows)


def need_library() -> None:
    """Raise `UsageError` where the extra is not installed."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise UsageError("Parquet files need pyarrow", hint="pip install 'extractor[parquet]'") from error


def _open(name: str, raw: Any) -> Any:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise SourceError(f"{name}: Parquet needs pyarrow", hint="pip install 'extractor[parquet]'") from error
    try:
        return ParquetFile(raw)
    except (ArrowException, OSError, ValueError) as error:
        raise SourceError(
            f"{name}: not Parquet: {_said(error)}", hint="is it cut off, or of another format?"
        ) from error


def _rows(name: str, file: Any, columns: list[str]) -> Iterator[dict[str, Any]]:
    from pyarrow import ArrowException

    batches = file.iter_batches(_ROWS, columns=columns)
    while True:
        try:
            batch = next(batches, None)
            rows = [] if batch is None else batch.to_pylist()
        except (ArrowException, OSError, ValueError) as error:
            why = f"{_said(error)}; the rest of the file is not read"
            raise SourceError(f"{name}: {why}", hint="is it damaged?") from error
        if batch is None:
            return
        yield from rows


def _text(value: Any) -> Any:
    """Texts of some writers are bytes."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _said(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200]
