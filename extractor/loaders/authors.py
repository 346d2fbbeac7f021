"""Who a web page says wrote it: its own words, in whatever script; a finder of names wants blanks in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

_WHERE = ("name", "property", "itemprop")
_TAGS = (
    "author",
    "article:author",
    "og:article:author",
    "og:author",
    "citation_author",
    "dc.creator",
    "dc:creator",
    "dcterms.creator",
    "byl",
    "authors",
    "creator",
    "parsely-author",
    "sailthru.author",
)  # the plainest first
_LINKED = './/script[@type="application/ld+json"]'
_URL = ("http://", "https://", "//", "www.")
_MOST = 100  # names; more than that are made up
_LONGEST = 1_000  # characters of one tag


def stated_authors(page: Any) -> str:
    """The author that a parsed page states in its tags, else in JSON-LD; several as 'Bell, Ann; Hale, Bo', '' of none.

    '<meta name="author" content="周念">' → '周念'.
    """
    said: dict[str, list[str]] = {}
    for tag in page.iter("meta"):
        for where in _WHERE:
            if tag.get(where) and (where != "itemprop" or tag.getparent().tag == "head"):  # below, that of a comment
                said.setdefault(tag.get(where).strip().lower(), []).append(tag.get("content") or "")
    found = (_joined(said.get(name, ())) for name in _TAGS)
    return next(filter(None, found), "") or _joined(_linked(page))


def _joined(names: Iterable[str]) -> str:
    """Each name once; none is the address of a profile."""
    told = (" ".join(name.split()) for name in names)
    fit = (name for name in told if name and len(name) <= _LONGEST and not name.lower().startswith(_URL))
    return "; ".join([*dict.fromkeys(fit)][:_MOST])


def _linked(page: Any) -> Iterator[str]:
    """The names of the authors of what a page is about, by schema.org."""
    for script in page.iterfind(_LINKED):
        try:
            root = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        graph = [each for one in _listed(root) for each in (one, *_listed(one.get("@graph")))]
        by_id = {each["@id"]: each for each in graph if isinstance(each.get("@id"), str)}
        for each in graph:
            for author in _all(each.get("author")):
                yield from _names(author, by_id)


def _names(author: Any, by_id: dict[str, Any]) -> Iterator[str]:
    """{'name': '周念'} → '周念'; what only refers to a person, by who that is."""
    if isinstance(author, dict) and "name" not in author and isinstance(author.get("@id"), str):
        author = by_id.get(author["@id"])
    for name in _all(author.get("name") if isinstance(author, dict) else author):
        if isinstance(name, str):
            yield name


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _listed(value: Any) -> list[dict[str, Any]]:
    """The objects in what is one, or a list of them."""
    return [each for each in _all(value) if isinstance(each, dict)]
