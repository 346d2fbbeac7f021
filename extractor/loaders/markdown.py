"""From HTML to Markdown: headings, lists, tables and code are kept, what only dresses words is not.

One converter for web pages, Word files and books, so that the same structure is written the same way in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import yaml
from bs4 import BeautifulSoup
from markdownify import MarkdownConverter

from extractor.loaders.table_cells import settle
from extractor.text import UNSPACED

_DRESS = ["img", "b", "strong", "em", "i", "u", "s", "del", "mark", "q", "kbd", "samp", "svg", "video"]
_OPTIONS: dict[str, Any] = {
    "heading_style": "atx",
    "bullets": "-",
    "strip": _DRESS,
    "escape_asterisks": False,
    "escape_underscores": False,
    "escape_misc": False,
    "table_infer_header": True,
}
_UNSEEN = ("head", "script", "style", "template", "noscript", "iframe", "object")
_MANY_BLANKS = re.compile(r"[ \t]{100,}")  # which the converter would go through once for each of them
_TRAILING = re.compile(r"(?<![ \t])[ \t]+$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")
_BAR = re.compile(r"(\\*)\|")
_BACKTICKS = re.compile("`+")
_LINK_BACK = re.compile(r"(?m)(?<![ ])[ ]*[↑↩]\ufe0e?$")  # from a note to where it is called
# A line's end in a script without spaces means nothing; browsers show a blank there, which is none of the text.
_WIDE = f"{UNSPACED}\u3000-\u303f\uff01-\uff60"
_WRAPPED = re.compile(rf"(?<=[{_WIDE}])[ \t]*\r?\n[ \t]*(?=[{_WIDE}])")
_FEW_DIGITS = re.compile(r"[0-9]{1,6}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_RAISED = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_LOWERED = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")


class _Converter(MarkdownConverter):
    """No marks of Markdown are escaped in what was plain text: the text is for a model, and values are found in it."""

    def process_text(self, el: Any, parent_tags: set[str] | None = None) -> str:
        """Lines of a paragraph that is written without spaces are put together without one."""
        text = str(super().process_text(el, parent_tags))  # type: ignore[misc]  # its stubs lack it
        return text if "pre" in (parent_tags or ()) else _WRAPPED.sub("", text)

    def convert_br(self, el: Any, text: str, parent_tags: set[str]) -> str:
        """A line's end, without a mark for it."""
        return " " if "_inline" in parent_tags else "\n"

    def convert_td(self, el: Any, text: str, parent_tags: set[str]) -> str:
        """A cell in a line; a bar in it would be the end of the cell."""
        cell = _BAR.sub(r"\1\1\\|", " ".join(text.split()))
        return str(super().convert_td(el, cell, parent_tags))  # type: ignore[misc]

    convert_th = convert_td

    def convert_pre(self, el: Any, text: str, parent_tags: set[str]) -> str:
        """Code between fences that are longer than any in it; code in code is one."""
        begin = text.rfind("\n", 0, len(text) - len(text.lstrip(" \n"))) + 1
        code = text[begin:].rstrip(" \n")
        if not code:
            return ""
        if "pre" in parent_tags:
            return f"\n{text}\n"
        fence = "`" * max([3, *(len(run) + 1 for run in _BACKTICKS.findall(code))])
        return f"\n\n{fence}\n{code}\n{fence}\n\n"

    def convert_a(self, el: Any, text: str, parent_tags: set[str]) -> str:
        """Its words, and the number of a note in brackets."""
        is_note = "noteref" in f"{el.get('epub:type')} {el.get('role')}"
        return f"[{text.strip('[]')}]" if is_note else text

    def convert_math(self, el: Any, text: str, parent_tags: set[str]) -> str:
        """A formula once: the TeX that it was written in, where that is there; else what it shows."""
        if written := el.find("annotation", encoding="application/x-tex"):
            return str(written.get_text()).strip()
        for other in el.find_all(["annotation", "annotation-xml"]):
            other.extract()
        return " ".join(el.get_text().split())

    def convert_sup(self, el: Any, text: str, parent_tags: set[str]) -> str:
        """Raised digits, the number of a note in brackets: 'm<sup>2</sup>' → 'm²', '<sup><a>1</a></sup>' → '[1]'."""
        if el.find("a") is not None or el.find_parent("a") is not None:
            return f"[{text.strip('[]')}]"
        return text.translate(_RAISED) if text.strip("0123456789+-") == "" else text

    def convert_sub(self, el: Any, text: str, parent_tags: set[str]) -> str:
        """Lowered digits: 'H<sub>2</sub>O' → 'H₂O'."""
        return text.translate(_LOWERED) if text.strip("0123456789+-") == "" else text


def from_html(html: str) -> str:
    """The Markdown of a page, or of a part of one: '<h2>Fares</h2><p>A <b>day</b></p>' → '## Fares' and 'A day'."""
    page = BeautifulSoup(html, "lxml")
    for element in page.find_all(_UNSEEN):
        element.extract()
    for text in page.find_all(string=_MANY_BLANKS):
        if text.find_parent("pre") is None:
            text.replace_with(_MANY_BLANKS.sub(" ", text))
    settle(page)
    _renumber(page)
    return tidy(_Converter(**_OPTIONS).convert_soup(page))


def _renumber(page: BeautifulSoup) -> None:
    """Items whose number does not follow from the one before begin a list: '<li>a<li value=7>b' → '1. a', '7. b'."""
    for whole in page.find_all("ol"):
        current, number = whole, _number(whole.get("start"), 1)
        for at, item in enumerate(whole.find_all("li", recursive=False)):
            wanted = _number(item.get("value"), number)
            if wanted != number and not at:
                whole["start"] = str(wanted)
            elif wanted != number:
                following = page.new_tag("ol", start=str(wanted))
                current.insert_after(following)
                current = following
            number = wanted + 1
            if current is not whole:
                current.append(item)


def _number(said: Any, otherwise: int) -> int:
    return int(said) if _FEW_DIGITS.fullmatch(str(said)) else otherwise


def tidy(text: str) -> str:
    """Without white space at the ends of lines, and with one empty line at most."""
    text = _TRAILING.sub("", _LINK_BACK.sub("", text.replace("\r\n", "\n")))
    return _BLANK_LINES.sub("\n\n", text).strip("\n ")


def with_front_matter(text: str, metadata: Mapping[str, Any]) -> str:
    """A text with what its file says about it before it, as Markdown files have it."""
    if not metadata:
        return text
    said = {name: _as_date(value) for name, value in metadata.items()}
    front = yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=1_000_000)
    return f"---\n{front}---\n\n{text}"


def _as_date(value: Any) -> Any:
    """'2025-06-15' as a date, which YAML writes without quotes."""
    try:
        return date.fromisoformat(value) if _DATE.fullmatch(value) else value
    except ValueError:
        return value
