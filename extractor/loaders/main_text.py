"""The main text of a page, as the page has it: trafilatura says which words it is made of, the page how they stand.

trafilatura finds the text of a page and loses its build: headings, numbered lists, terms, code, captions. So of what it
gives only the words are used, to find the part of the page that has them; from there all goes that it left out, but
for the headings, lists and tables right beside its paragraphs.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

from extractor.text import UNSPACED

_WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")
_LINE = "a abbr acronym b bdi bdo big br cite code data del dfn em font i img input ins kbd label mark math q rp rt"
_LINE_MORE = "ruby s samp small span strike strong sub sup svg time tt u var wbr"
_LINE_OF_TRAFILATURA = "graphic hi lb ref"
_INLINE = frozenset(f"{_LINE} {_LINE_MORE} {_LINE_OF_TRAFILATURA}".split())
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_PARAGRAPHS = (*_HEADINGS, "p", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre")
_BESIDE = frozenset((*_HEADINGS, "ul", "ol", "li", "dl", "dt", "dd", "pre", "table", "tr", "td", "th", "caption"))
_ROWS = ("thead", "tbody", "tfoot", "tr")
_APART = (
    ".//nav | .//footer | .//button | .//dialog | .//header[not(.//h1 or .//h2)]"
    " | .//*[@hidden or @aria-hidden='true']"
    " | .//*[@role='navigation' or @role='banner' or @role='contentinfo' or @role='search' or @role='dialog']"
)
_AROUND = f"{_APART} | .//aside | .//form"
# Of a page without a text: a form may be around all of it, and what stands beside may be the table that it is about.
_AROUND_TABLES = f"{_APART} | .//aside[not(.//table)] | .//form[not(.//table or .//p or .//h1)]"
_UNSEEN = ".//script | .//style | .//template | .//noscript | .//iframe | .//object | .//svg"
_GRAM = 4  # words that follow each other, by which a text is known again
_ENOUGH = 0.95  # of the words that were found again are in the part of the page that is taken: not a title elsewhere
_KNOWN = 0.5  # of the words of a paragraph
_ALL_LINKS = 0.9


def main_part(page: Any) -> Any:
    """The part of a page that has its text, without what is none of it; None where there is none.

    '<nav>Tides</nav><div><h2>Fares</h2><ol><li>Single</ol><p>It sails …</p></div>' → the <div>.
    """
    from trafilatura import bare_extraction

    for element in page.xpath(_UNSEEN):
        if element.getparent() is not None:
            element.drop_tree()
    main = bare_extraction(deepcopy(page), include_comments=False)
    if main is None:
        return None
    left = Counter(gram for run in _runs(main.body) for gram in run.grams)
    inside = _inside(_runs(page.body))
    part = _smallest(page.body, inside, set(left))
    known = {run for run in inside[part] if _is_known(run, left)}
    if not known:
        return None
    _drop_others(part, inside[part], known)
    part.tag = "div" if part.tag in ("td", "th") else part.tag  # of a table that lays out the page
    return part


def without_around(page: Any) -> Any:
    """The body of a page without menus, head, foot and what stands beside; None where nothing else says anything.

    For data sheets and lists of products, which are no text: '<nav>Home</nav><table>…</table>' → the table.
    """
    body = page.body
    for element in body.xpath(f"{_UNSEEN} | {_AROUND_TABLES}"):
        if element.getparent() is not None:
            element.drop_tree()
    for title in body.xpath(".//h1")[:1]:
        for element in title.xpath("preceding::ul | preceding::ol"):
            if element.getparent() is not None and _is_menu(element):
                element.drop_tree()
    return body if _WORD.search(str(body.text_content())) else None


class _Run:
    """Words of one element that no block interrupts, with the places that they stand at."""

    __slots__ = ("element", "grams", "places")

    def __init__(self, element: Any, text: str, places: list[tuple[Any, str]]) -> None:
        words = _WORD.findall(text.lower())
        self.element, self.places = element, places
        self.grams = [tuple(words[at : at + _GRAM]) for at in range(max(len(words) - _GRAM + 1, 1))] if words else []

    def drop(self) -> None:
        """Take it out of the page."""
        for element, place in self.places:
            if place != "element":
                setattr(element, place, " ")
        for element, place in self.places:
            if place == "element" and element.getparent() is not None:
                element.drop_tree()


def _runs(element: Any) -> Iterator[_Run]:
    """What has words, in the order of the text."""
    texts, places = [element.text or ""], [(element, "text")]
    for child in element:
        if _is_block(child):
            yield from _said(_Run(element, "".join(texts), places))
            yield from _runs(child)
            texts, places = [], []
        elif isinstance(child.tag, str):
            texts.append("\n" if child.tag in ("br", "lb") else "".join(child.itertext()))
            places.append((child, "element"))
        texts.append(child.tail or "")
        places.append((child, "tail"))
    yield from _said(_Run(element, "".join(texts), places))


def _said(run: _Run) -> Iterator[_Run]:
    if run.grams:
        yield run


def _is_block(element: Any) -> bool:
    """Whether it interrupts a line: a paragraph does, a link does not, if there is no paragraph in it."""
    return any(isinstance(one.tag, str) and one.tag not in _INLINE for one in element.iter())


def _up(element: Any) -> Iterator[Any]:
    while element is not None:
        yield element
        element = element.getparent()


def _inside(runs: Iterable[_Run]) -> dict[Any, list[_Run]]:
    inside: dict[Any, list[_Run]] = defaultdict(list)
    for run in runs:
        for element in _up(run.element):
            inside[element].append(run)
    return inside


def _smallest(body: Any, inside: dict[Any, list[_Run]], wanted: set[tuple[str, ...]]) -> Any:
    """The smallest element that has nearly all of the text; what is twice in a page counts once."""

    def found(element: Any) -> int:
        return len({gram for run in inside.get(element, ()) for gram in run.grams if gram in wanted})

    enough = _ENOUGH * found(body)
    part = smaller = body
    while smaller is not None:
        part = part if smaller.tag in _ROWS else smaller
        wide = (child for child in smaller if child in inside and child.tag not in _PARAGRAPHS)
        smaller = next((child for child in wide if found(child) >= enough), None)
    return part


def _is_known(run: _Run, left: Counter[tuple[str, ...]]) -> bool:
    """Whether a run is of the text; its words are then used up, so that what is there twice is taken once."""
    if sum(left[gram] > 0 for gram in run.grams) < _KNOWN * len(run.grams):
        return False
    left.subtract(run.grams)
    return True


def _drop_others(part: Any, runs: list[_Run], known: set[_Run]) -> None:
    """Leave what is known, and what stands right beside it and can be of the text."""
    with_known = {element for run in known for element in _up(run.element)}
    around = {*part.xpath(_AROUND)}
    is_begun = False
    for run in runs:
        is_begun = is_begun or run in known
        if run in known or not around.isdisjoint(_up(run.element)):
            is_kept = run in known
        elif is_begun:
            is_kept = _is_beside(run.element, with_known)
        else:
            is_kept = run.element.tag == "h1"
        if not is_kept:
            run.drop()
    for element in [*part.iter(*_PARAGRAPHS)][::-1]:
        if element is not part and not _WORD.search(str(element.text_content())):
            element.drop_tree()


def _is_beside(element: Any, with_known: set[Any]) -> bool:
    """Whether it is in a heading, list or table among known paragraphs, without a name of its own ('related')."""
    while element not in with_known and element.getparent() not in with_known:
        element = element.getparent()
    return element.tag in _BESIDE and not element.get("class") and not _is_menu(element)


def _is_menu(element: Any) -> bool:
    """Whether there is nothing but links in it, two and more."""
    links = element.xpath(".//a")
    words = sum(len(_WORD.findall(str(link.text_content()))) for link in links)
    return len(links) > 1 and words >= _ALL_LINKS * len(_WORD.findall(str(element.text_content())))
