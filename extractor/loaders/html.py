"""Web pages: the main text, found by trafilatura, with what the page says of its title, author and date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from extractor.loaders.encodings import decode
from extractor.loaders.loaded import Loaded, UnreadableError
from extractor.loaders.markdown import from_html
from extractor.text import UNSPACED

_BEGINNING = 4_096
_CHARSET = re.compile(
    rb"""(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]{0,100}encoding=["']([\w.:-]+)"""
)
# A line's end in a script without spaces means nothing; browsers show a blank there, which is none of the text.
_WIDE = f"{UNSPACED}\u3000-\u303f\uff01-\uff60"
_WRAPPED = re.compile(rf"(?<=[{_WIDE}])[ \t]*\r?\n[ \t]*(?=[{_WIDE}])")
_SAID = ("title", "author", "date", "sitename")
_AROUND = (
    ".//script | .//style | .//noscript | .//template | .//nav | .//footer | .//aside | .//form | .//button | .//iframe"
    " | .//svg | .//dialog | .//header[not(.//h1 or .//h2)] | .//*[@hidden or @aria-hidden='true']"
    " | .//*[@role='navigation' or @role='banner' or @role='contentinfo' or @role='search' or @role='dialog']"
)
_ALIKE = 0.8  # of the words of a page without its frame are in its main text, or the other way round
_ALL_LINKS = 0.9
_NO_MAIN_TEXT = "no main text was found in this page, so all of it is taken"


def read(name: str, data: bytes, *, raw: bool, charset: str = "") -> Loaded:
    """The main text of a page, all of it where it is asked for or none is found."""
    html, notes = _decoded(name, data, charset)
    html = _NOSCRIPT.sub("", _WRAPPED.sub("", html))
    if raw:
        return _whole(html, notes)
    from trafilatura import extract
    from trafilatura.metadata import extract_metadata

    dates = {"extensive_search": False, "original_date": True}  # a date that was guessed would be taken for a fact
    main = extract(
        html, output_format="html", include_formatting=True, include_comments=False, date_extraction_params=dates
    )
    text = from_html(main) if main else ""
    if not text.strip():
        return _whole(html, (*notes, _NO_MAIN_TEXT))
    bare = from_html(_without_frame(html))
    words, others = len(text.split()), len(bare.split())
    if _ALIKE * max(words, others) <= min(words, others):
        text = bare
    return Loaded(text, notes, _metadata(extract_metadata(html, date_config=dates)))


def _without_frame(html: str) -> str:
    """A page without what by its tags is around the text: menus, footers, forms, lists of nothing but links.

    Where hardly more is left than the main text, the page is that text. Of such pages (by people, by converters)
    trafilatura loses headings and lists, as they stand in no frame that it knows.
    """
    from lxml.html import document_fromstring, tostring

    body = document_fromstring(html.encode(), parser=_parser()).find("body")
    if body is None:
        return ""
    for element in body.xpath(_AROUND):
        if element.getparent() is not None:
            element.drop_tree()
    for element in body.xpath(".//ul | .//ol | .//div | .//p"):
        if element.getparent() is not None and _is_menu(element):
            element.drop_tree()
    return str(tostring(body, encoding="unicode"))


def _parser() -> Any:
    from lxml.html import HTMLParser

    return HTMLParser(encoding="utf-8", remove_comments=True)


def _is_menu(element: Any) -> bool:
    """Whether there is nothing but links in it, two and more."""
    links = element.xpath(".//a")
    words = sum(len(str(link.text_content()).split()) for link in links)
    return len(links) > 1 and words >= _ALL_LINKS * len(str(element.text_content()).split())


def _whole(html: str, notes: tuple[str, ...]) -> Loaded:
    text = from_html(_HEAD.sub("", html))
    if not text:
        raise UnreadableError("no text in this page", "it may be made by scripts: save it from a browser")
    title = _TITLE.search(html)
    said = _plain(title[1]) if title else ""
    return Loaded(text, notes, {"title": said} if said else {})


_HEAD = re.compile(r"(?is)<head\b.*?</head\s*>")
_NOSCRIPT = re.compile(r"(?is)<noscript\b.*?</noscript\s*>")
_TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title")


def _plain(html: str) -> str:
    from html import unescape

    return " ".join(unescape(html).split())


def _metadata(found: Any) -> Mapping[str, Any]:
    """What a page says of itself: title, author, date, site."""
    said = {name: getattr(found, name, None) for name in _SAID}
    return {name: " ".join(str(value).split()) for name, value in said.items() if value}


def _decoded(name: str, data: bytes, charset: str) -> tuple[str, tuple[str, ...]]:
    """A page in the encoding that it has, as server or page say if that is so."""
    found = _CHARSET.search(data[:_BEGINNING])
    said = next((group.decode() for group in (found.groups() if found else ()) if group), "")
    return decode(name, data, charset, said)
