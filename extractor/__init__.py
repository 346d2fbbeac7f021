"""From text to validated JSON, every value traced to its place in the source.

>>> from extractor import extract
>>> extract(text, schema=Paper).value
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extractor.api import achoose, achoose_many, aextract, astream, choose, choose_many, close, extract
    from extractor.engines import Access, Budget, Session, Trace, open_engine
    from extractor.errors import ExtractError
    from extractor.examples import with_examples
    from extractor.marks import Disjoint, Ranked, Verbatim
    from extractor.options import Options
    from extractor.prompt import PromptStyle
    from extractor.schema import load as load_schema
    from extractor.tagged_union import one_of
    from extractor.tools import Call, Tool, load_tools
    from extractor.types import (
        Completion,
        Document,
        Engine,
        Example,
        Extraction,
        Message,
        Request,
        Schema,
        Span,
        Support,
        Usage,
    )

__version__ = "0.1.0"

# Imported when first used: `extract --help` and the start of the model's process must not wait for Pydantic.
_HOMES = {
    "Access": "extractor.engines:Access",
    "Budget": "extractor.engines:Budget",
    "Call": "extractor.tools:Call",
    "Completion": "extractor.types:Completion",
    "Disjoint": "extractor.marks:Disjoint",
    "Document": "extractor.types:Document",
    "Engine": "extractor.types:Engine",
    "Example": "extractor.types:Example",
    "ExtractError": "extractor.errors:ExtractError",
    "Extraction": "extractor.types:Extraction",
    "Message": "extractor.types:Message",
    "Options": "extractor.options:Options",
    "PromptStyle": "extractor.prompt:PromptStyle",
    "Ranked": "extractor.marks:Ranked",
    "Request": "extractor.types:Request",
    "Schema": "extractor.types:Schema",
    "Session": "extractor.engines:Session",
    "Span": "extractor.types:Span",
    "Support": "extractor.types:Support",
    "Trace": "extractor.engines:Trace",
    "Tool": "extractor.tools:Tool",
    "Usage": "extractor.types:Usage",
    "Verbatim": "extractor.marks:Verbatim",
    "achoose": "extractor.api:achoose",
    "achoose_many": "extractor.api:achoose_many",
    "aextract": "extractor.api:aextract",
    "astream": "extractor.api:astream",
    "choose": "extractor.api:choose",
    "choose_many": "extractor.api:choose_many",
    "close": "extractor.api:close",
    "extract": "extractor.api:extract",
    "load_schema": "extractor.schema:load",
    "load_tools": "extractor.tools:load_tools",
    "one_of": "extractor.tagged_union:one_of",
    "open_engine": "extractor.engines:open_engine",
    "with_examples": "extractor.examples:with_examples",
}

__all__ = [
    "Access",
    "Budget",
    "Call",
    "Completion",
    "Disjoint",
    "Document",
    "Engine",
    "Example",
    "ExtractError",
    "Extraction",
    "Message",
    "Options",
    "PromptStyle",
    "Ranked",
    "Request",
    "Schema",
    "Session",
    "Span",
    "Support",
    "Tool",
    "Trace",
    "Usage",
    "Verbatim",
    "achoose",
    "achoose_many",
    "aextract",
    "astream",
    "choose",
    "choose_many",
    "close",
    "extract",
    "load_schema",
    "load_tools",
    "one_of",
    "open_engine",
    "with_examples",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
