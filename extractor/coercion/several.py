"""Of several values in one answer those that are meant: no examples and templates, and of corrections the last."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from extractor.brevity import few
from extractor.coercion.found import shown
from extractor.coercion.walk import Walk
from extractor.comparable import comparable
from extractor.errors import ParseError

_MOST_TOLD = 3  # values that are left out
_LONGEST = 80  # characters of a clause that says what a value is
_SUBJECT = (
    r"(?:[\s*_`]*(?:output|answer|response|result|version|json|records?|objects?|lists?|data|of|the|an?|is|only|be|输出|答案"
    r"|结果|版本|格式|后的?|的|如下))*[\s*_`]*"
)
_EXAMPLE = re.compile(
    r"(?:\b(?:drafts?|examples?|e\.g\.?|for instance|sample|format|schema|template|placeholder)"
    r"|草稿|初稿|例如|示例|例子|格式|模板|比如)"
    rf"{_SUBJECT}\Z",
    re.IGNORECASE,
)
_FOLLOWED = re.compile(  # 'in the format of the example' is about the answer
    r"\b(?:in|as|by|with|per|to|from|following|follows?|according|matching|matches|based|using|not|no|ignor\w+|like)\b"
    r"(?!\s+(?:an?|the)?\s*(?:example|instance|sample)\W*\Z)|按|根据|以下格式|不",
    re.IGNORECASE,
)
_FINAL = re.compile(
    rf"(?:\b(?:corrected|correction|revised|final|actually|instead)|更正|修正|改正|最终|最后|应为|应该是|正确的?){_SUBJECT}\Z",
    re.IGNORECASE,
)
_NO_FINAL = re.compile(r"\b(?:not|no|before|without|un)\b|不|非", re.IGNORECASE)
_OR = re.compile(r"[\s,;*_`]*(?:or(?: else)?|either|或者?|还是|oder|ou)[\s,:;*_`]*", re.IGNORECASE)
_FENCE = re.compile(r"```\w*\s*\Z")
_CLAUSE = re.compile(r"[.!?;。！？；\n](?=\s|[^\x00-\x7f]|\Z)")
_KIND = (
    r"(?:str|string|text|int|integer|number|float|decimal|bool|boolean|date|datetime|time|array|list|object|null|none)"
)
_TEMPLATE = re.compile(rf"<[^<>]*>|\.\.\.|…|\[?{_KIND}\]?(?:\s*(?:\||or)\s*{_KIND})*", re.IGNORECASE)


def is_example(before: str) -> bool:
    """Whether a value stands directly behind the announcement of an example: 'For example:' → True."""
    clause = _clause(before)
    return bool(_EXAMPLE.search(clause)) and not _FOLLOWED.search(clause)


def is_final(before: str) -> bool:
    """Whether a value replaces those before it: 'Wait. Corrected JSON:' → True, 'This is not final:' → False."""
    clause = _clause(before)
    return bool(_FINAL.search(clause)) and not _NO_FINAL.search(clause)


def is_alternative(before: str) -> bool:
    """Whether there is nothing but an 'or' before a value."""
    return bool(_OR.fullmatch(_FENCE.sub("", before).strip("` \n")))


def is_template(value: Any) -> bool:
    """Whether all texts of a value are words for kinds, and there is nothing else: {'name': 'string'} → True."""
    leaves = [leaf for leaf in _leaves(value) if leaf is not None and leaf != ""]
    return bool(leaves) and all(isinstance(leaf, str) and bool(_TEMPLATE.fullmatch(leaf.strip())) for leaf in leaves)


def counting(walk: Walk, values: Sequence[Any], before: Sequence[str], *, is_list: bool) -> tuple[list[Any], str]:
    """The values that count, and what is told of the others; raises `ParseError` for 'A or B'.

    Examples and templates count for nothing where another value fits; what is corrected gives way to what replaces it,
    a list to a later one that has all of it.
    """
    said = [*before, *[""] * (len(values) - len(before))]
    at = [*range(len(values))]
    told: list[str] = []
    if shown_only := [one for one in at if is_example(said[one]) or is_template(values[one])]:
        rest = [one for one in at if one not in shown_only]
        if any(_is_fit(walk, values[one]) for one in rest):
            at = rest
            told.append(f"examples or templates, {left_out([values[one] for one in shown_only])}")
    are_lists = all(isinstance(values[one], list) for one in at)
    finals = [one for one in at[1:] if is_final(said[one]) and _is_fit(walk, values[one])]
    if finals and (are_lists or not is_list):
        others = [values[one] for one in at if one != finals[-1]]
        told.append(f"the last that is said to be final counts, {left_out(others)}")
        at = finals[-1:]
    elif is_list and are_lists:
        kept = _latest(values, at)
        if others := [values[one] for one in at if one not in kept]:
            told.append(f"lists that a later one has all of, {left_out(others)}")
        at = kept
    elif not is_list:
        _refuse_alternatives(walk, [values[one] for one in at], [said[one] for one in at])
    return [values[one] for one in at], "; ".join(told)


def left_out(values: Sequence[Any], kept: int | None = None) -> str:
    """What is left out, shortened: ([1, 2], 0) → 'left out: 2'."""
    others = [shown(value) for at, value in enumerate(values) if at != kept]
    return f"left out: {few(others, _MOST_TOLD)}"


def _is_fit(walk: Walk, value: Any) -> bool:
    return isinstance(value, dict | list) and walk.aligned(value).is_valid


def _refuse_alternatives(walk: Walk, values: Sequence[Any], said: Sequence[str]) -> None:
    for at in range(1, len(values)):
        if is_alternative(said[at]) and _is_fit(walk, values[at - 1]) and _is_fit(walk, values[at]):
            first, second = (walk.aligned(value).value for value in values[at - 1 : at + 1])
            if comparable(first) != comparable(second):
                raise ParseError(f"the answer leaves it open whether it is {shown(first)} or {shown(second)}")


def _latest(values: Sequence[Any], at: Sequence[int]) -> list[int]:
    """Which of several lists count: not those whose items a later, longer one has all: [[1], [1, 2]] → [1]."""
    items = {one: Counter(map(comparable, values[one])) for one in at}
    return [one for one in at if not any(items[one] < items[later] for later in at if later > one)]


def _clause(before: str) -> str:
    r"""What is said directly before a value: 'No. For example:\n```json\n' → 'For example'."""
    text = _FENCE.sub("", before[-4 * _LONGEST :].rstrip()).rstrip(" \t\n:：*_`,-=>(")
    ends = [found.end() for found in _CLAUSE.finditer(text)]
    clause = text[ends[-1] if ends and ends[-1] < len(text) else 0 :].strip()
    return "" if len(clause) > _LONGEST else clause


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        return [leaf for one in (value.values() if isinstance(value, dict) else value) for leaf in _leaves(one)]
    return [value]
