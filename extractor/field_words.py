"""What is said of a field beside its type: by its name, by its description, and of how values of it are joined."""

from __future__ import annotations

import re
from collections.abc import Mapping

from extractor.scopes import KINDS, Scope
from extractor.types import Merge

_OF_ALL = re.compile(r"(?i)\b(?:summar|synops|overview|gist\b|tl;?dr)|总结|概述|概要|摘要|梗概|综述")
_HEADING = re.compile(r"(?i)\b(?:abstract|summary|synopsis|overview|tl;?dr)\b|摘要|概要|概述|综述")
_KEYWORDS = re.compile(r"(?i)\bkey ?(?:words?|phrases?|terms?)\b|\bindex terms\b|关键词|关键字|主题词")
_TAGS = re.compile(r"(?i)\btags\b|标签")
_OF_NAMES = r"(?: (?:names?|mentioned|involved|named))?$"  # what a list of them may be called beside
_NAMES: Mapping[str, re.Pattern[str]] = {  # kinds of things that have names
    "person": re.compile(rf"(?i)\b(?:people|persons?|per){_OF_NAMES}|(?:人物|人名|人员|姓名)(?:名称|列表|名单)?$"),
    "place": re.compile(rf"(?i)\b(?:places?|locations?|loc|gpe){_OF_NAMES}|(?:地点|地名|地方)(?:名称|列表)?$"),
    "organisation": re.compile(
        rf"(?i)\b(?:org(?:anisation|anization)?s?|compan(?:y|ies)|institutions?){_OF_NAMES}"
        r"|(?:组织机构|机构|组织|公司|企业)(?:名|名称|列表)?$"
    ),
    "product": re.compile(rf"(?i)\bproducts?{_OF_NAMES}|产品(?:名|名称|列表)?$"),
}
_KINDS = re.compile(r"(?i)\b(?:types?|kinds?|label|category|class|tag)$|(?:类型|类别|种类|标签|分类)$")
_ID = re.compile(r"(?i)\bids?$|编号$")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+")

_JOINED: Mapping[Merge, frozenset[str]] = {  # kinds of values that a way to join them goes with; the others: any
    "sum": frozenset(("number",)),
    "min": frozenset(("number", "string")),
    "max": frozenset(("number", "string")),
    "longest": frozenset(("string", "array")),
    "union": frozenset(("array",)),
    "all": frozenset(("array",)),
    "reduce": frozenset(("string",)),
}


def goes_with(way: Merge, scope: Scope) -> bool:
    """Whether values can be joined in a way: 'sum' goes with numbers, 'union' with lists."""
    return scope.kinds - {"null"} <= _JOINED.get(way, KINDS)


def spaced(name: str) -> str:
    """The words of a name: 'agreementDate' → 'agreement Date', 'year_birth' → 'year birth'."""
    return _HUMP.sub(" ", name)


def is_overview(scope: Scope, name: str) -> bool:
    """Whether a field is a text about all of a document, by its name or by what is said of it: 'summary', '摘要'."""
    is_text = "string" in scope.kinds and scope.choices is None
    return is_text and any(map(_OF_ALL.search, _words(scope, name)))


def is_id(name: str) -> bool:
    """Whether a field has by its name what names one thing, letter by letter: 'id', 'order_id', 'orderIds', '编号'."""
    return bool(_ID.search(spaced(name)))


def are_keywords(name: str) -> bool:
    """Whether a list has by its name the terms that matter in a text: 'keywords', 'keyPhrases', '关键词'."""
    return bool(_KEYWORDS.search(spaced(name)))


def kind_of_names(name: str) -> str:
    """What a list has the names of, by its own: 'people' → 'person', '机构' → 'organisation'; 'event_dates' → ''."""
    return next((kind for kind, words in _NAMES.items() if words.search(spaced(name))), "")


def kind_of_label(label: str) -> str:
    """What a label is that a name may have: 'LOC' → 'place', 'Company' → 'organisation'; 'in person' → ''."""
    return next((kind for kind, words in _NAMES.items() if words.fullmatch(spaced(label))), "")


def are_kinds(name: str) -> bool:
    """Whether a choice has by its name what kind of thing something is: 'type', 'entityKind', '类型'."""
    return bool(_KINDS.search(spaced(name)))


def are_of_whole(name: str) -> bool:
    """Whether a list says by its name what all of a document is about, for those who look for it: 'tags', '关键词'."""
    return are_keywords(name) or bool(_TAGS.search(spaced(name)))


def headings(scope: Scope, name: str) -> frozenset[str]:
    """Under what documents have such a text themselves: 'The summary or abstract of it' → 'summary', 'abstract'."""
    return frozenset(found[0].casefold() for words in _words(scope, name) for found in _HEADING.finditer(words))


def _words(scope: Scope, name: str) -> list[str]:
    """The words of a name, and what is said of the field."""
    said = (part.get("description") for part in scope.parts)
    return [spaced(name), *(one for one in said if isinstance(one, str))]
