"""Keys of endpoints: from the environment, or a private file, never from the command line; and never shown."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from extractor.engines.base_url import OPENAI, origin
from extractor.errors import UsageError

_READABLE_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def key_for(url: str, file: Path | None = None) -> str:
    """The key for an endpoint, '' where there is none.

    OPENAI_API_KEY goes to OpenAI and to the host that OPENAI_BASE_URL names, nowhere else; EXTRACT_API_KEY goes to
    whatever endpoint is named.
    """
    if file is not None:
        return _read(file)
    theirs = {origin(OPENAI), origin(os.environ.get("OPENAI_BASE_URL", ""))}
    found = os.environ.get("EXTRACT_API_KEY") or (os.environ.get("OPENAI_API_KEY") if origin(url) in theirs else None)
    key = (found or "").strip()
    if not _is_plain(key):
        raise UsageError("the key in the environment is not one line of plain characters")
    return key


def hide(text: str, key: str) -> str:
    r"""A text without the key, however a server repeats it: 'sk"ab', 'sk\"ab' in JSON, 'sk&quot;ab' in a page → '…'."""
    return re.sub("".join(map(_forms, key)), "…", text) if key else text


def _forms(char: str) -> str:
    """A pattern for a character, escaped as often as it went through JSON, or by HTML, or in a URL."""
    if char.isalnum():
        return char
    if char == "\\":
        return r"(?:\\+|%5[cC])"
    return rf"(?:\\*{re.escape(char)}|\\+u00[\da-fA-F]{{2}}|&#?\w+;|%[\da-fA-F]{{2}})"


def _is_plain(key: str) -> bool:
    """Whether a key can stand in a header: one line of ASCII."""
    return key.isascii() and key.isprintable()


def _read(file: Path) -> str:
    try:
        mode = file.stat().st_mode
        key = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--key-file {file}: {getattr(error, 'strerror', None) or 'not text'}") from error
    if os.name == "posix" and mode & _READABLE_BY_OTHERS:
        raise UsageError(f"--key-file {file}: others can read it", hint=f"chmod 600 {file}")
    if not (key and _is_plain(key)):
        raise UsageError(f"--key-file {file}: not one line with a key")
    return key
