"""From bytes to text: UTF-8 where it is that or nearly so, else what others say, else what a detector finds.

Few bytes of a long text may be broken, as where a program cut it in the middle of a character: U+FFFD stands for them.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from typing import TYPE_CHECKING

from extractor.brevity import counted
from extractor.errors import SourceError, UsageError

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

# What browsers read by these names (WHATWG, Encoding): the larger alphabet that has the same bytes and more.
_LARGER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
_USUAL = (
    "utf-8, gb18030 (gbk, gb2312), big5, shift_jis, euc-jp, euc-kr, windows-1252 (latin-1), windows-1250, "
    "windows-1251, koi8-r, utf-16"
)
GUESSED = "not UTF-8, decoded as"
_WIDE = ("utf-16", "utf-32")  # which make characters of any bytes
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BEGINNING = 4_096
_STATED = re.compile(
    rb"""(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]{0,100}encoding=["']([\w.:-]+)"""
)
_SAMPLE = 1 << 16
_MOSTLY = 0.4
_ASCII = bytes(range(128))
_FEW = 0.05  # places that are broken, for each byte outside of ASCII
_FEW_AS_NAMED = 0.5  # by others, or by the detector
_MANY = 20  # of them in a sample
_CUT = 3  # bytes of a character at most, of which the last was cut off


def decode(name: str, data: bytes, *said: str, given: str = "") -> tuple[str, tuple[str, ...]]:
    """The text of a file, and notes where its encoding was guessed or broken; `said` are encodings that others name.

    The one that the user has `given` is taken, whatever the bytes look like.
    """
    if given:
        return _as_given(name, data, find_alphabet(given))
    if (wide := _utf_16_without_mark(data)) is not None:
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(wide), (guessed(wide),)
    refuse_binary(name, data)
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        at = error.start
    if is_utf_16(data):
        return _decoded_by_guess(name, data, at)
    return _nearly(data, at, "utf-8-sig", _FEW) or _as_said(data, at, said) or _decoded_by_guess(name, data, at)


def _as_given(name: str, data: bytes, alphabet: str) -> tuple[str, tuple[str, ...]]:
    if not alphabet.startswith(_WIDE):
        refuse_binary(name, data)
    text = data.decode(alphabet, "replace")
    return text, _broken_note(alphabet, broken) if (broken := text.count("\ufffd")) else ()


def _nearly(data: bytes, at: int, encoding: str, few: float) -> tuple[str, tuple[str, ...]] | None:
    """A text of which few bytes are broken, the first not UTF-8 at a place, and a note; None of another text."""
    sample = around(data, at)
    if (broken := _broken(sample, sample.decode(encoding, "replace"))) > max(few * _signs(sample), _MANY):
        return None  # and to find that out of all of it takes long
    text = data.decode(encoding, "replace")
    broken = _broken(data, text)
    if broken > few * _signs(data):
        return None
    return text, _broken_note(encoding, broken)


def _broken_note(encoding: str, broken: int) -> tuple[str, ...]:
    alphabet = encoding.removesuffix("-sig").upper()
    return (f"no {alphabet} in {counted(broken, 'place')}: U+FFFD stands there",)


def _broken(data: bytes, text: str) -> int:
    """In how many places bytes were no characters; a text in UTF-8 may have U+FFFD of its own."""
    return text.count("\ufffd") - data.count("\ufffd".encode())


def _signs(data: bytes) -> int:
    """How many bytes are outside of ASCII."""
    return len(data.translate(None, _ASCII))


def _as_said(data: bytes, at: int, said: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    """A text in the first encoding of those named that it is in, else nearly in; None where others lie."""
    alphabets = []
    for label in filter(None, said):
        with contextlib.suppress(ValueError, LookupError):  # also of names that are no name, and of 'undefined'
            alphabets.append(_alphabet(label))
            return data.decode(alphabets[-1]), ()
    for alphabet in alphabets:
        with contextlib.suppress(ValueError, LookupError):
            if not alphabet.startswith(_WIDE) and (found := _nearly(data, at, alphabet, _FEW_AS_NAMED)):
                return found
    return None


def _decoded_by_guess(name: str, data: bytes, at: int) -> tuple[str, tuple[str, ...]]:
    """A text in the likeliest encoding, whose first byte that is not UTF-8 is at a place."""
    best = _guess_whole(name, around(data, at))
    with contextlib.suppress(UnicodeDecodeError):
        return data.decode(best), (guessed(best),)
    if found := _nearly(data, at, best, _FEW_AS_NAMED):
        text, notes = found
        return text, (guessed(best), *notes)
    found_in_all = _detected(name, data)
    return str(found_in_all), (guessed(found_in_all.encoding),)


def _guess_whole(name: str, data: bytes) -> str:
    """The likeliest encoding of a text, also of one whose last character was cut: its first bytes are at the end."""
    cuts = [cut for cut in range(1, _CUT + 1) if data[-cut:] >= b"\x80" or is_utf_16(data)]
    for cut in (0, *cuts):
        with contextlib.suppress(SourceError):
            return guess(name, data[: len(data) - cut])
    raise _not_text(name)


def around(data: bytes, at: int, *, is_begin: bool = True) -> bytes:
    """As much of a long text as its encoding is guessed by: the words around a byte that is not UTF-8.

    `is_begin` says whether the data begin the text, and are taken from there where that is near.
    """
    if len(data) <= _SAMPLE:
        return data
    if is_utf_16(data):
        return data[:_SAMPLE]
    start = 0 if is_begin and at <= _SAMPLE else data.rfind(b"\n", 0, at) + 1
    end = max(data.rfind(sign, at, at + _SAMPLE) for sign in (b"\n", b" "))  # which are half of no character
    return data[max(start, at - _SAMPLE) : end + 1 if end > at else at + _SAMPLE]


def stated(data: bytes) -> str:
    """The encoding that a page names in itself, '' where it names none."""
    found = _STATED.search(data[:_BEGINNING])
    return next((group.decode() for group in (found.groups() if found else ()) if group), "")


def _alphabet(label: str) -> str:
    """'GB2312' → 'gb18030'; `LookupError` where there is none of this name."""
    found = codecs.lookup(label.strip()).name
    return _LARGER.get(found, found)


def find_alphabet(label: str) -> str:
    """The encoding of a name that the user gives: 'GBK' → 'gb18030'; raises `UsageError` where it is none of texts."""
    try:
        b"a".decode(label, "ignore")  # fails for 'hex' and others that are not of texts
        found = _alphabet(label)
    except (ValueError, LookupError):
        raise UsageError(f"--charset {label!r}: no encoding of this name", hint=f"usual ones: {_USUAL}") from None
    return "utf-8-sig" if found == "utf-8" else found


def refuse_binary(name: str, data: bytes) -> None:
    """Raise `SourceError` for what is no text: bytes with a zero among them."""
    if b"\x00" in data and not is_utf_16(data):
        raise _not_text(name)


def _utf_16_without_mark(data: bytes) -> str | None:
    """The byte order of a text of mostly ASCII in UTF-16 that does not begin with its mark: half of it are zeros."""
    sample = data[:_SAMPLE]
    if b"\x00" not in sample or is_utf_16(data):
        return None
    first, second, pairs = sample[::2].count(0), sample[1::2].count(0), len(sample) // 2
    if max(first, second) < _MOSTLY * pairs or min(first, second):
        return None
    return "utf-16-be" if first else "utf-16-le"


def is_utf_16(data: bytes) -> bool:
    """Whether it begins with the mark of UTF-16, or of UTF-32."""
    return data.startswith(_UTF_16)


def guessed(encoding: str) -> str:
    """What a document's notes say of it."""
    return f"{GUESSED} {encoding}"


def guess(name: str, data: bytes) -> str:
    """The likeliest encoding of bytes that are not UTF-8; `SourceError` where none fits."""
    from extractor.loaders.likely import likeliest  # rarely needed

    return ("" if is_utf_16(data) else likeliest(data)) or _detected(name, data).encoding


def _detected(name: str, data: bytes) -> CharsetMatch:
    """What a detector finds that knows many encodings, but is wrong on few words."""
    from charset_normalizer import from_bytes  # rarely needed

    # Letters outside of ASCII that stand alone are accents; the encodings of Asia write them in pairs.
    accents = not re.search(rb"[\x80-\xff]{2}", data)
    matches = from_bytes(data, cp_isolation=["cp1252", "cp1250", "cp1254"] if accents else None)
    best = matches.best()
    if best is None:
        raise _not_text(name)
    # Of equally good guesses the western one is a thousand times as common.
    common = (match for match in matches if match.encoding == "cp1252")
    return next((match for match in common if match.chaos <= best.chaos and match.coherence >= best.coherence), best)


def _not_text(name: str) -> SourceError:
    return SourceError(f"{name}: binary, not text", hint="convert it to text, Markdown, HTML or PDF first")
