"""Web pages: the main text, found by trafilatura, with what the page says of its title, author and date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml.etree import ParserError
from lxml.html import HTMLParser, document_fromstring, tostring

from extractor.loaders.authors import stated_authors
from extractor.loaders.encodings import decode, stated
from extractor.loaders.loaded import Loaded, UnreadableError
from extractor.loaders.main_text import main_part, without_around
from extractor.loaders.markdown import from_html

_SAID = ("title", "author", "date", "sitename")
_DATES = {"extensive_search": False, "original_date": True}  # a date that was guessed would be taken for a fact
# What a document type declares within itself (XML 1.0, 2.8): the parser of HTML ends it at its first '>'.
_SUBSET = re.compile(
    r"""((?:\s|<\?[^>]*+>|<!--.*?-->)*+<!doctype\b[^\[>]*+)"""
    r"""\[(?:<!--.*?-->|"[^"]*+"|'[^']*+'|[^\]"'])*+\]\s*+(?=>)""",
    re.DOTALL | re.IGNORECASE,
)
_LONGEST_SUBSET = 8_000  # characters, from the beginning of the page
_NO_MAIN_TEXT = "no main text was found in this page, so all of it is taken but for its menus, head and foot"
_NOTHING_ELSE = "no main text was found in this page, so all of it is taken"


def read(name: str, data: bytes, *, raw: bool, charset: str = "", given: str = "") -> Loaded:
    """The main text of a page, what is not around it where none is found, all of it where that is wanted."""
    html, notes = decode(name, data, charset, stated(data), given=given)
    if declared := _SUBSET.match(html, 0, _LONGEST_SUBSET):
        html = declared[1] + html[declared.end() :]
    page = _parsed(html)
    said = {} if page is None else _metadata(page)
    part = None if page is None or raw else main_part(page)
    text = "" if part is None else from_html(tostring(part, encoding="unicode", with_tail=False))
    if not (text or raw or page is None):
        rest = without_around(_parsed(html))
        text = "" if rest is None else from_html(tostring(rest, encoding="unicode", with_tail=False))
        notes = (*notes, _NO_MAIN_TEXT) if text else notes
    if not text:
        text, notes = from_html(html), notes if raw else (*notes, _NOTHING_ELSE)
    if not text:
        raise UnreadableError("no text in this page", "it may be made by scripts: save it from a browser")
    return Loaded(text, notes, said)


def _parsed(html: str) -> Any:
    """A page in parts; None where it has none."""
    try:
        page = document_fromstring(html.encode(), parser=HTMLParser(encoding="utf-8", remove_comments=True))
    except (ParserError, ValueError):
        return None
    return page if page.find("body") is not None else None


def _metadata(page: Any) -> Mapping[str, Any]:
    """What a page says of itself: title, author, date, site."""
    from trafilatura.metadata import extract_metadata

    authors = stated_authors(page)  # before others change the page
    found = extract_metadata(page, date_config=_DATES)
    said = {name: getattr(found, name, None) for name in _SAID}
    if authors:
        said["author"] = authors
    return {name: " ".join(str(value).split()) for name, value in said.items() if value}
