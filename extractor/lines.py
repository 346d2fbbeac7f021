"""A record as it is written and kept: its JSON text in pieces.

What was written once is written again byte for byte, and nothing of it has to be read for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from json.encoder import encode_basestring
from typing import Any, Literal

from extractor.text import UNSAFE
from extractor.types import Extraction

View = Literal["record", "data", "entries"]


@dataclass(frozen=True, slots=True)
class Line:
    """A record: the name of its source, `data` as JSON text, and the rest of its fields as the text of an object.

    `has_data` says whether there are data: those of a failed list are its valid entries.
    """

    source: str
    data: str
    rest: str
    ok: bool = True

    @classmethod
    def of(cls, record: Extraction) -> Line:
        """The line of a record."""
        fields = record.to_dict()
        source, data = fields.pop("source"), fields.pop("data")
        return cls(source, to_json(data), to_json(fields), record.ok)

    @property
    def has_data(self) -> bool:
        """Whether the record has data; null can be a value, but not of a failed record."""
        return self.ok or self.data != "null"

    @property
    def text(self) -> str:
        """The whole record: '{"source": "a.txt", "data": …, "schema": …}'."""
        return f'{{"source": {escaped(encode_basestring(self.source))}, "data": {self.data}, {self.rest[1:]}'

    @property
    def fields(self) -> dict[str, Any]:
        """The fields but for source and data, read."""
        found: dict[str, Any] = json.loads(self.rest)
        return found

    @property
    def fault(self) -> str:
        """The first reason of a record that failed: '/year: is missing'."""
        first = self.fields["errors"][0]
        where = f"{first['pointer']}: " if first["pointer"] else ""
        return f"{where}{first['message']}"

    def texts(self, view: View, *, is_list: bool) -> Iterator[str]:
        """What of a record is shown, each as JSON text.

        `record` is all of it, `data` bare data, of a list of records each entry; `entries` says of each entry where it
        comes from. A record without data has none to show.
        """
        if view == "record":
            yield self.text
        elif self.has_data and not is_list:
            yield self.data
        elif self.has_data:
            for at, entry in enumerate(json.loads(self.data)):
                yield to_json(entry if view == "data" else {"source": self.source, "record": at, "data": entry})

    def of_source(self, source: str) -> Line:
        """The same record of another source that has the same text."""
        return replace(self, source=source)


def to_json(data: Any, indent: int | None = None) -> str:
    r"""JSON in readable characters, without those that a terminal obeys: '\x9b' → '\u009b'."""
    return escaped(json.dumps(data, ensure_ascii=False, indent=indent))


def escaped(text: str) -> str:
    r"""A text of JSON or YAML in which unsafe characters are escapes."""
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
