"""The name of a file for each source, in a folder: where the source lies, below it.

'articles/a.txt' → 'articles/a.txt.json'. The same sources in the same order have the same names on any system.
"""

from __future__ import annotations

import hashlib
import os
import re
from unicodedata import normalize

from extractor.text import UNSAFE

_SUFFIX = ".json"
_RESERVED = re.compile(r'[<>:"|?*\\\x00-\x1f]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])[ ]*(?:\.|\Z)", re.IGNORECASE)
_SEPARATOR = re.compile(r"[/\\]" if os.name == "nt" else "/")
_LONGEST_PART = 100  # bytes
_LONGEST = 180  # of all parts; Windows takes 260 with the folder
_DIGITS = 8


class Names:
    """Gives each source a name that no other has, whatever the case of its letters."""

    def __init__(self) -> None:
        self._taken: set[bytes] = set()  # digests: a million names are many bytes

    def name(self, source: str) -> str:
        """A path below the folder, with '/': 'a/b.txt' → 'a/b.txt.json'; '../CON' → '_/_CON-5ab8f3d2.json'.

        A name that had to be changed, or that another source has, gets a digest of the source, so that it does not
        depend on the sources around it; what comes once more gets a number.
        """
        stem, is_changed = _stem(source)
        digest = hashlib.sha256(source.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]
        if not is_changed and self._take(stem):
            return stem + _SUFFIX
        stem, number = f"{stem}-{digest}", 1
        while not self._take(stem if number == 1 else f"{stem}-{number}"):
            number += 1
        return (stem if number == 1 else f"{stem}-{number}") + _SUFFIX

    def _take(self, stem: str) -> bool:
        key = normalize("NFC", normalize("NFC", stem).casefold()).encode()
        digest = hashlib.blake2b(key, digest_size=8).digest()
        is_free = digest not in self._taken
        self._taken.add(digest)
        return is_free


def _stem(source: str) -> tuple[str, bool]:
    """A safe path, and whether it is another one than the source's: '/a/./b' → ('a/b', False)."""
    given = [part for part in _SEPARATOR.split(source) if part not in ("", ".")]
    parts = [_safe(part) for part in given]
    parts = [f"{part}_" if part.casefold().endswith(_SUFFIX) else part for part in parts[:-1]] + parts[-1:]
    path = "/".join(parts)
    if len(path.encode()) > _LONGEST:
        return parts[-1], True
    return path or "_", parts != given or not parts


def _safe(part: str) -> str:
    """A name that every system takes: 'a:b' → 'a_b', '..' → '_', 'nul.txt' → '_nul.txt'; hidden names show."""
    part = _RESERVED.sub("_", UNSAFE.sub("_", part))
    part = part.encode()[:_LONGEST_PART].decode(errors="ignore")
    part = part.rstrip(". ") or "_"
    return f"_{part.lstrip('.')}" if part.startswith(".") or _DEVICE.match(part) else part
