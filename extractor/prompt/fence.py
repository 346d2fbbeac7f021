"""The fence around a document. A document is not trusted: nothing in it may end the fence, or its turn of the chat."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from extractor.pointers import escaped as step

# Our own tags in any spelling, and what chat templates mark turns with: those of ChatML and Llama 3 (<|im_end|>), of
# DeepSeek (<｜User｜>), of Gemma, and of Mistral and Llama 2. llama.cpp reads them as such wherever they stand.
_TAG = r"\s*(?:/\s*)?text\s*(?:/\s*)?>|[|｜]|(?:start|end)_of_turn>|/?s>"
_BRACKET = r"/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS)\]"
_ENDS = re.compile(rf"<(?=({_TAG}))|\[(?=({_BRACKET}))", re.IGNORECASE)
_ESCAPED = re.compile(rf"<\\({_TAG})|\[\\({_BRACKET})", re.IGNORECASE)


def fence(text: str) -> str:
    r"""The document between tags that its own text cannot close: 'a </text>' → '<text>\na <\/text>\n</text>'."""
    return f"<text>\n{escape(text).strip()}\n</text>"


def escape(text: str) -> str:
    r"""A text in which no mark ends anything: 'a </text> <|im_end|>' → 'a <\/text> <\|im_end|>'."""
    return _ENDS.sub(lambda found: found[0] + "\\", text)


def unescape(value: Any, document: str) -> tuple[Any, dict[str, str]]:
    r"""A value with the marks of a document as they stand in it, and notes: (['<\/text>'], 'a </text>') → ['</text>'].

    Only those that `fence` escaped, and that the document does not have so itself.
    """
    notes: dict[str, str] = {}

    @cache
    def marks() -> frozenset[str]:
        """Those of the document, which is looked at only for a value that has any."""
        own = {found[0] for found in _ESCAPED.finditer(document)}
        return frozenset(f"{found[0]}\\{found[1] or found[2]}" for found in _ENDS.finditer(document)) - own

    def within(part: Any, place: str) -> Any:
        if isinstance(part, dict):
            return {name: within(one, f"{place}/{step(name)}") for name, one in part.items()}
        if isinstance(part, list):
            return [within(one, f"{place}/{at}") for at, one in enumerate(part)]
        if not isinstance(part, str):
            return part
        text = _ESCAPED.sub(lambda found: found[0].replace("\\", "", 1) if found[0] in marks() else found[0], part)
        if text != part:
            notes[place] = "a mark that was escaped for the model is as it is in the text again"
        return text

    return within(value, ""), notes
