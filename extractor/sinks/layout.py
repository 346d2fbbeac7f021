"""What a sink has to know of what it writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from extractor.lines import View
from extractor.pointers import is_list
from extractor.types import Schema

Form = Literal["json", "jsonl", "yaml", "csv", "tsv", "parquet", "sqlite", "folder"]
TEXTS: frozenset[Form] = frozenset(("json", "jsonl", "yaml"))
BINARY: frozenset[Form] = frozenset(("parquet", "sqlite", "folder"))


@dataclass(frozen=True, slots=True)
class Layout:
    """The form, what of a record is shown, whether there is just one document, and the schema of the data."""

    form: Form
    view: View
    single: bool
    schema: Schema

    @property
    def is_list(self) -> bool:
        """Whether the data of a document are a list of records."""
        return is_list(self.schema.json_schema)
