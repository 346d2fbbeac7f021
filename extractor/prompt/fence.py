"""The fence around a document. A document is not trusted: nothing in it may end the fence, or its turn of the chat."""

from __future__ import annotations

import re

# Our own tags in any spelling, and what chat templates mark turns with: those of ChatML and Llama 3 (<|im_end|>), of
# DeepSeek (<｜User｜>), of Gemma, and of Mistral and Llama 2. llama.cpp reads them as such wherever they stand.
_ENDS = re.compile(
    r"<(?=\s*/?\s*text\s*/?\s*>|[|｜]|(?:start|end)_of_turn>|/?s>)|\[(?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS)\])",
    re.IGNORECASE,
)


def fence(text: str) -> str:
    r"""The document between tags that its own text cannot close: 'a </text>' → '<text>\na <\/text>\n</text>'."""
    return f"<text>\n{escape(text).strip()}\n</text>"


def escape(text: str) -> str:
    r"""A text in which no mark ends anything: 'a </text> <|im_end|>' → 'a <\/text> <\|im_end|>'."""
    return _ENDS.sub(lambda found: found[0] + "\\", text)
