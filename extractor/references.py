"""What names one thing and cannot be worded: mail addresses, URLs, telephone numbers, DOI, UUID, ISBN and the like.

Where a document has none, small models make some up, as soon as a schema asks for them: "jane.doe@example.com". One
that is not made of what the document says is none of its own.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property, lru_cache
from urllib.parse import unquote

from extractor.field_words import spaced

_LONGEST = 2_000  # characters
_MAIL = re.compile(r"([^\s@:/]+)@([^\s@:/]+\.[^\s@:/.]{2,})")
_URL = re.compile(r"(?i)(?:(?:https?|ftp)://|www\.)[^\s.]+\.\S+(?: \S+){0,2}")  # blanks get into some that are made up
_PAGE = re.compile(r"(?i)(?:[\w-]+\.)+[a-z]{2,}/\S*")
_PHONE = re.compile(r"\(?\+\d[\d ()/\-\u00a0\u2010-\u2013]{6,}")
_NUMBER = re.compile(r"\+?\(?\d[\d ()./\-\u00a0\u2010-\u2013]{5,}")
_DOI = re.compile(r"(?i)(?:doi:\s*|(?:https?://)?(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+)")
_CODE = re.compile(  # ISBN-13, UUID, ORCID
    r"(?i)(?:isbn[- :]*)?97[89](?:[- ]?\d){10}|[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}|(?:\d{4}-){3}\d{3}[\dx]"
)
_IBAN = re.compile(r"[A-Z]{2}\d{2} ?(?:[A-Z\d]{4} ?){3,7}[A-Z\d]{0,4}")
_OLD_ISBN = re.compile(r"(?:\d[- ]?){9}[\dX]")
_IP = re.compile(r"(?i)(?:\d{1,3}\.){3}\d{1,3}|[\da-f:]*:[\da-f:]+")
_BEFORE = re.compile(r"(?i)^(?:(?:https?|ftp)://)?(?:www\.)?")

_PHONES = frozenset((
    "phone", "phones", "telephone", "telefon", "tel", "fax", "mobile", "cell", "cellphone", "landline", "hotline",
    "whatsapp",
))  # fmt: skip
_PAGES = frozenset(("url", "urls", "uri", "link", "links", "website", "websites", "homepage", "linkedin", "github"))
_BOOKS = frozenset(("isbn", "isbns"))
_IN_CHINESE = {
    **dict.fromkeys(("电话", "手机", "传真", "座机", "热线"), _PHONES),
    **dict.fromkeys(("网址", "链接", "主页"), _PAGES),
}

_LEAST_DIGITS = 7  # of a telephone number
_OF_COUNTRY = 3  # digits of +44 20 … at most, which a text may lack, or have a 0 instead
_LEAST_TAIL = 5  # characters of the end of a URL that tell which it is: 2401.01234 of https://arxiv.org/abs/2401.01234
_LEAST_PATH = 3
_SCHEME = re.compile(r"(?i)^(?:mailto|tel):")
_LABEL = re.compile(r"^[^\W\d_][\w .]{0,20}(?::\s+|：\s*)")  # Tel.: 020 …
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_WORD = re.compile(r"[^\W_]+")
_BETWEEN = r"(?:[\W_]{1,4}|[\W_]{1,3}(?:at|dot)[\W_]{1,3})"  # words of one thing: ann [at] x.org
_AMONG = r"[{{\[(][^{{}}\[\]()]*(?<![^\W_]){}(?![^\W_])[^{{}}\[\]()]*[}}\])]\s?@\s?{}(?![^\W_])"  # {ann, bo}@x.org
_ROW = re.compile(r"\d(?:[^\S\n]?[()./\-\u2010-\u2013]?[^\S\n]?[()]?[^\S\n]?\d)+")  # digits of one number
_BROKEN = re.compile(r"[-\u00ad]?[ \t]*\n[ \t]*")


def is_reference(value: str, names: tuple[str, ...] = (), form: str | None = None) -> bool:
    """Whether a text is nothing but such a thing.

    `names` are the keys that lead to it, `form` is its format in the schema: 'ann@x.org' → True; '020 7946 0958' → True
    of a `phone`, else False; '192.0.2.7' → True of the format ipv4 alone, as versions look like it.
    """
    text = _plain(value)
    if len(text) > _LONGEST:
        return False
    if any(one.fullmatch(text) for one in (_MAIL, _URL, _DOI, _CODE)) or _is_iban(text):
        return True
    called = _called(names)
    if (called & _PHONES and not _DAY.fullmatch(text)) or _PHONE.fullmatch(text):
        return bool(_NUMBER.fullmatch(text)) and len(_digits(text)) >= _LEAST_DIGITS
    if called & _PAGES or form in ("uri", "iri"):
        return bool(_PAGE.fullmatch(text))
    if called & _BOOKS:
        return bool(_OLD_ISBN.fullmatch(text))
    return form in ("ipv4", "ipv6") and bool(_IP.fullmatch(text))


@lru_cache(maxsize=4_096)  # all records of a list have the same
def _called(names: tuple[str, ...]) -> frozenset[str]:
    """The words of names, and what Chinese ones mean: ('contactPhones',) → {'contact', 'phones'}."""
    name = " ".join(map(spaced, names)).casefold()
    return frozenset(_WORD.findall(name)).union(*(words for said, words in _IN_CHINESE.items() if said in name))


class Sayings:
    """What a text says, as references are looked up in it; what that takes is made when it is first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def make(self, value: str) -> bool:
        """Whether a reference is made of it, however it is parted and wherever it is broken.

        'https://x.org/a' of 'x.org/a'; 'ann@x.org' of 'ann [at] x.org'; '+44 20 7946 0958' of '020 7946 0958';
        'https://arxiv.org/abs/2401.01234' of 'arXiv:2401.01234'.
        """
        text = _plain(value)
        if found := _DOI.fullmatch(text):
            return self._has(found[1])
        if found := _MAIL.fullmatch(text):
            return self._has(text) or self._has_among(*found.groups())
        if _CODE.fullmatch(text) or _is_iban(text) or _OLD_ISBN.fullmatch(text):
            return _letters(text.casefold().removeprefix("isbn")) in self._letters
        if _NUMBER.fullmatch(text) and not _IP.fullmatch(text):
            number, is_abroad = _digits(text).lstrip("0"), text.startswith(("+", "00", "(+"))
            shorter = number[-max(_LEAST_DIGITS, len(number) - _OF_COUNTRY) :] if is_abroad else number
            return any(shorter in row for row in self._rows)
        return any(self._has(one) or self._has_page(one) for one in _variants(_BEFORE.sub("", text)))

    def _has_page(self, page: str) -> bool:
        """Whether a URL is made of its path, or of its end, which tells which it is."""
        _, _, path = page.rstrip("/").partition("/")
        tail = re.split(r"[/=]", path)[-1]
        is_telling = len(tail) >= _LEAST_TAIL and any(map(str.isdigit, tail))
        return bool(path) and (
            (len(path) >= _LEAST_PATH and f"/{path}" in self._spellings[0])
            or f"@{tail}" in self._spellings[0]
            or (is_telling and self._has(tail))
        )

    def _has_among(self, local: str, host: str) -> bool:
        """Whether a mail address is one of several with one host: '{ann, bo}@x.org'."""
        sought = _AMONG.format(re.escape(local.casefold()), re.escape(host.casefold()))
        return self._words.issuperset(_WORD.findall(_folded(local))) and bool(re.search(sought, self._spellings[0]))

    def _has(self, value: str) -> bool:
        """Whether the words of a value stand in it one after the other, be they broken at the end of a line."""
        words = _WORD.findall(_folded(value))
        if not words or not self._words.issuperset(words):
            return False
        sought = re.compile(rf"(?<![^\W_]){_BETWEEN.join(map(re.escape, words))}(?![^\W_])")
        return any(sought.search(text) for text in self._spellings)

    @cached_property
    def _spellings(self) -> tuple[str, ...]:
        """It as it is, in small letters, and without the ends of its lines."""
        plain = unquote(html.unescape(_folded(self._text)))
        return plain, _BROKEN.sub("", plain)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(word for text in self._spellings for word in _WORD.findall(text))

    @cached_property
    def _letters(self) -> str:
        return _letters(self._spellings[0])

    @cached_property
    def _rows(self) -> list[str]:
        """The digits of each number, however these are parted: 'Tel. +44 (0)20 7946, 8 pm' → ['440207946', '8']."""
        return [_digits(row[0]) for row in _ROW.finditer(self._spellings[0])]


def _plain(value: str) -> str:
    """A value without what is put around it: 'Mail: <mailto:Ann@x.org>' → 'Ann@x.org'."""
    text = unicodedata.normalize("NFKC", _LABEL.sub("", value.strip()))
    return _SCHEME.sub("", text.removeprefix("<").removesuffix(">"))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _variants(page: str) -> Iterator[str]:
    """A URL without its scheme as it may be written: 'xn--bcher-kva.example/%C3%A9' → itself, 'bücher.example/é'."""
    page = unquote(html.unescape(page.casefold()))
    host, slash, path = page.partition("/")
    yield page
    with suppress(UnicodeError):
        yield f"{host.encode('idna').decode('ascii')}{slash}{path}"
    with suppress(UnicodeError):
        yield f"{host.encode('ascii').decode('idna')}{slash}{path}"


def _letters(text: str) -> str:
    return "".join(_WORD.findall(text))


def _digits(text: str) -> str:
    """The digits of a text, of whatever script: '٩٦-6' → '966'."""
    return "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdigit())


def _is_iban(text: str) -> bool:
    """Whether a text is one by its check digits (ISO 13616): its letters as numbers, its beginning last, modulo 97."""
    code = text.replace(" ", "")
    return bool(_IBAN.fullmatch(text)) and int("".join(str(int(sign, 36)) for sign in code[4:] + code[:4])) % 97 == 1
