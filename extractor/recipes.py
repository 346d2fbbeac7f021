"""What a user named, a schema or tools, and how it is taken: all that another process needs to make the same schema."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.schema import load, load_many
from extractor.tools import load_tools, schema_of
from extractor.types import SHOWN_TOKENS, Schema


@dataclass(frozen=True, slots=True)
class OfSchema:
    """`spec` as `extractor.schema.load` takes it; with `many` a list of such records."""

    spec: str
    many: bool = False

    def load(self) -> Schema:
        """The schema; raises what `extractor.schema.load` does."""
        return load_many(self.spec) if self.many else load(self.spec)


@dataclass(frozen=True, slots=True)
class OfTools:
    """`spec` as `extractor.tools.load_tools` takes it; the rest is as for `schema_of`."""

    spec: str
    many: bool = False
    allow_none: bool = False
    ask: bool = False
    shown_tokens: int = SHOWN_TOKENS

    def load(self) -> Schema:
        """The schema of a call of one of the tools; raises what `load_tools` does."""
        kind = {"many": self.many, "allow_none": self.allow_none, "ask": self.ask}
        return schema_of(load_tools(self.spec), **kind, shown_tokens=self.shown_tokens)


Recipe = OfSchema | OfTools
