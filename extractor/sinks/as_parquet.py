"""Parquet, typed by the schema: structs, lists, int64, double, bool, date32, timestamp (UTC); else text.

Enums and decimals stay texts; unions, free maps, tuples and recursion are JSON text. What does not fit its type (an
integer of more than 64 bits, a number that a double would round, a date-time without an offset or with parts of a
microsecond) is null in its place and stands in `extra`; of a date-time the offset itself is not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from extractor.errors import UsageError
from extractor.lines import Line
from extractor.sinks.layout import Layout
from extractor.sinks.shapes import Shape
from extractor.sinks.tables import nested_table

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_ROWS = 10_000  # of a row group
_MOST_CHARACTERS = 16 << 20


class ParquetWriter:
    """Row groups of bounded size."""

    def __init__(self, stream: BinaryIO, layout: Layout) -> None:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError as error:
            hint = "pip install 'extractor[parquet]'"
            raise UsageError("Parquet needs pyarrow, which is not installed", hint=hint) from error
        self._stream = stream
        self._table = nested_table(layout)
        self._schema = pa.schema([(column.name, _type(column.shape)) for column in self._table.columns])
        self._writer = parquet.ParquetWriter(stream, self._schema, compression="zstd")
        self._rows: list[list[Any]] = []
        self._characters = 0

    def write(self, line: Line) -> int:
        """Keep the rows of a record, and write them when there are many."""
        before = len(self._rows)
        self._rows += self._table.rows(line)
        count = len(self._rows) - before
        self._characters += len(line.data) + len(line.rest)
        if len(self._rows) >= _MOST_ROWS or self._characters >= _MOST_CHARACTERS:
            self._pass_on()
        return count

    def finish(self) -> None:
        """Write what is left, and the footer, without which the file is none."""
        self._pass_on()
        self._writer.close()
        self._stream.flush()

    def _pass_on(self) -> None:
        import pyarrow as pa

        if not self._rows:
            return
        columns = zip(*self._rows, strict=True)
        arrays = [pa.array(values, field.type) for values, field in zip(columns, self._schema, strict=True)]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        self._rows.clear()
        self._characters = 0


def _type(shape: Shape) -> pa.DataType:
    """The type of a column."""
    import pyarrow as pa

    if shape.kind == "list" and shape.item:
        return pa.list_(_type(shape.item))
    if shape.kind == "struct":
        return pa.struct([(name, _type(inner)) for name, inner in shape.fields])
    types = {
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us", tz="UTC"),
    }
    return types.get(shape.kind, pa.string())
