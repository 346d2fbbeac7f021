"""What names one thing and cannot be worded: mail addresses, URLs, telephone numbers, DOI, UUID, ISBN and the like.

Where a document has none, small models make some up, as soon as a schema asks for them: "jane.doe@example.com". One
that is not made of what the document says is none of its own.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_MAIL = re.compile(r"[^\s@:/]+@[^\s@:/]+\.[^\s@:/.]{2,}")
_URL = re.compile(r"(?i)(?:(?:https?|ftp)://|www\.)\S+\.\S+(?: \S+){0,2}")  # blanks get into some that are made up
_PHONE = re.compile(r"(?:\+|\(\+?\d)[\d ()./\-\u00a0\u2010-\u2013]{6,}")
_NUMBER = re.compile(r"\+?\(?\d[\d ()./\-\u00a0\u2010-\u2013]{4,}")
_OTHERS = re.compile(
    r"""(?xi)(?:doi:\s*)? 10\.\d{4,9}/\S+
    | [\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}
    | (?:\d{1,3}\.){3}\d{1,3}
    | (?:[\da-f]{0,4}:){3,7}[\da-f]{0,4}
    | (?:\d{4}-){3}\d{3}[\dx]
    | (?:isbn[:\s]*)? 97[89][-\s]?(?:\d[-\s]?){10}
    | (?-i:[A-Z]{2}\d{2}\s?(?:[A-Z\d]{4}\s?){3,7}[A-Z\d]{0,4})"""
)
_IS_CALLED = re.compile(
    r"(?<![a-z])(?:(?:tele)?phone|fax|tel(?![a-z]))|Phone|Fax|Tel(?:ephone|(?![a-z]))|[Mm]obile|电话|手机|传真"
)
_BEFORE = re.compile(r"(?i)^(?:(?:https?|ftp)://)?(?:www\.)?|^doi:|^isbn:?")
_LEAST_DIGITS = 7  # of a telephone number
_LEAST_TAIL = 5  # characters of the end of a URL that tell which it is: 2401.01234 of https://arxiv.org/abs/2401.01234


def is_reference(value: str, name: str = "") -> bool:
    """Whether a text is nothing but such a thing; `name` is what its field is called.

    'ann@x.org' → True; '020 7946 0958' → True of a `phone`, else False.
    """
    text = unicodedata.normalize("NFKC", value).strip()
    if any(form.fullmatch(text) for form in (_MAIL, _URL, _OTHERS)):
        return True
    is_phone = _PHONE.fullmatch(text) or (_IS_CALLED.search(name) and _NUMBER.fullmatch(text))
    return bool(is_phone) and sum(sign.isdigit() for sign in text) >= _LEAST_DIGITS


def is_made_of(value: str, text: str) -> bool:
    """Whether a text has what such a thing is made of, however it is parted and wherever it is broken.

    'https://x.org/a' of 'x.org/a'; 'ann@x.org' of 'ann [at] x.org'; 'https://arxiv.org/abs/2401.01234' of
    'arXiv:2401.01234'.
    """
    said = _letters(text)
    if _letters(_BEFORE.sub("", value.strip())) in said:
        return True
    if "://" in value:
        tail = re.split(r"[/=]", value.strip().rstrip("/"))[-1]
        return len(tail) >= _LEAST_TAIL and any(map(str.isdigit, tail)) and _letters(tail) in said
    local, at, host = value.partition("@")
    return bool(at) and _letters(local) in said and _letters(host) in said


@lru_cache(maxsize=8)  # several of a record are looked for in one text
def _letters(text: str) -> str:
    """The letters and digits of a text, in small letters and one width."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
