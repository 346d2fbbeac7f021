"""What the name of a field and its description say of it, in words."""

from __future__ import annotations

import re

from extractor.scopes import Scope

_OF_ALL = re.compile(r"(?i)\b(?:summar|synops|overview|gist\b|tl;?dr)|总结|概述|概要|摘要|梗概|综述")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+")


def spaced(name: str) -> str:
    """The words of a name: 'agreementDate' → 'agreement Date', 'year_birth' → 'year birth'."""
    return _HUMP.sub(" ", name)


def is_overview(scope: Scope, name: str) -> bool:
    """Whether a field is a text about all of a document, by its name or by what is said of it: 'summary', '摘要'."""
    said = [part["description"] for part in scope.parts if isinstance(part.get("description"), str)]
    is_text = "string" in scope.kinds and scope.choices is None
    return is_text and any(map(_OF_ALL.search, [spaced(name), *said]))
