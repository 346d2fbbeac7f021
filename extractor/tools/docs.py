"""What a docstring says of a function and its parameters, in the styles of Google, NumPy, reStructuredText and Epydoc.

Of Google's style the rarer headings too, and headings in Chinese with the colons that are written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from docstring_parser import Docstring, ParseError, epydoc, google, numpydoc, rest

_MORE = [
    google.Section(title, "param", google.SectionType.MULTIPLE)
    for title in ("Keyword Args", "Keyword Arguments", "Other Parameters", "Other Args")
]
_PARSERS = (
    rest.parse,
    google.GoogleParser([*google.DEFAULT_SECTIONS, *_MORE]).parse,
    numpydoc.parse,
    epydoc.parse,
)
_HEADINGS = {"参数": "Args", "参数说明": "Args", "返回": "Returns", "返回值": "Returns", "异常": "Raises"}
_HEADING = re.compile(rf"(?m)^([ \t]*)({'|'.join(_HEADINGS)})[ \t]*[:\uff1a][ \t]*$")
_NAMED = re.compile(r"(?m)^([ \t]*[^\W\d]\w*[ \t]*(?:\([^()\n]*\))?)[ \t]*\uff1a[ \t]*")  # with a wide colon


def read(text: str) -> Docstring:
    """The docstring in that style in which it has the most to say."""
    if found := _HEADING.search(text):
        text = text[: found.start()] + _NAMED.sub(r"\1: ", _HEADING.sub(_in_english, text[found.start() :]))
    return max(_readings(text), key=lambda one: len(one.meta))


def _in_english(found: re.Match[str]) -> str:
    return f"{found[1]}{_HEADINGS[found[2]]}:"


def _readings(text: str) -> Iterator[Docstring]:
    for parse in _PARSERS:
        try:
            yield parse(text)
        except ParseError:  # of another style
            continue
