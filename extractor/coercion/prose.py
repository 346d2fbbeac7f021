"""Where a word stands in a sentence, and whether the sentence means it: a label in prose is easily a mere word."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

NEGATED = "the answer negates what it names, or is not sure of it"
_PROSE = frozenset(
    ("an", "no", "none", "not", "yes", "the", "other", "others", "any", "all", "one", "some", "both", "either",
     "neither", "never", "on", "off", "is", "it", "as", "at", "in", "of", "to", "or", "and", "if", "so", "do", "can",
     "may", "will", "more", "less", "most", "many", "us", "he", "we", "who", "else", "this", "that", "there")
)  # fmt: skip
_NEGATIONS = re.compile(
    r"\b(?:not|no|non|never|none|nobody|nothing|nowhere|neither|nor|without|unless|except|if|whether|rather than"
    r"|instead of|far from|anything but|other than|opposite of|wrong|incorrect|could|hardly|barely|scarcely|rarely"
    r"|seldom|quite|cannot|can ?not|dont|isnt|wasnt|doesnt|fail(?:s|ed|ing)?|lack(?:s|ed|ing)?|den(?:y|ies|ied)"
    r"|unclear|unsure|uncertain|unlikely|unknown|impossible|doubt(?:s|ed|ful)?|maybe|perhaps|possibly|might|almost"
    r"|nearly)\b"
    r"|n['’]t\b|[不没無无莫勿]|非(?!常)|未(?!来)|谈不上|算不|难|否|缺乏|也许|可能|或许|大概|如果|[吗?？]",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!](?=\W|\Z)|[。！；;：:\n]|[?？]+|\s[-–]\s|[—–]")
_CLAUSE_END = re.compile(
    r"[^\S\n]*[)\"'”’*_`」』\]]*[^\S\n]*(?:[,:;!)，。；：！](?!\d)|\.(?!\s*\d)|—|–|[^\S\n]-\s|\n|\Z)"
)
_CLAUSE_START = re.compile(r"(?:\A|\n)[\s\"'“‘*_`「『(\[]*\Z")
_BUT = re.compile(
    r"[^\S\n]*[)\"'”’*_`」』\]]*[^\S\n]*[,，][^\S\n]*"
    r"(?:but|though|although|however|not|or|if|when|unless|except|maybe|perhaps|hardly|但|不过|虽|或)",
    re.IGNORECASE,
)
_TOLD = re.compile(r"(?:[:：]|\b(?:is|are|was)|[是为])[\s\"'“‘*_`「『(\[]*\Z", re.IGNORECASE)
_OPEN, _SHUT = "\"'“‘*`「『_", "\"'”’*`」』_"
_NEAR = 12  # characters before a word that say how it is named


@dataclass(frozen=True, slots=True)
class Hit:
    """A label as it stands in a text, and of which choice it is one."""

    label: str
    span: tuple[int, int]
    at: int = 0


def is_chinese(char: str) -> bool:
    """'中' → True, 'a' → False."""
    return "\u3400" <= char <= "\u9fff"


def is_prose(label: str) -> bool:
    """Whether a label is so short or common that any sentence may have it: 'A', '中', 'none' → True."""
    return len(label) == 1 or label.casefold() in _PROSE


def stands_alone(text: str, span: tuple[int, int]) -> bool:
    """Whether a word is meant as a label: in 'B.', 'B - because', 'The answer is B.' and 'I take **B**.'."""
    start, end = span
    is_quoted = start > 0 and text[start - 1] in _OPEN and text[end : end + 1] in {*_SHUT}
    is_told = bool(_TOLD.search(text, max(0, start - _NEAR), start)) and bool(_CLAUSE_END.match(text, end))
    return is_quoted or is_told or is_clause(text, span)


def is_clause(text: str, span: tuple[int, int]) -> bool:
    """Whether a word is the whole of a line or of its first clause: 'No, …' → True, 'No one …' → False."""
    start, end = span
    is_first = bool(_CLAUSE_START.search(text, max(0, start - _NEAR), start))
    return is_first and bool(_CLAUSE_END.match(text, end))


def is_negated(text: str, named: Sequence[tuple[int, int]], labels: Sequence[tuple[int, int]]) -> bool:
    """Whether a sentence with a `named` word negates or doubts anything, but for what the `labels` themselves say.

    'It is hardly positive' → True. A first clause stands for itself: 'No, there is none' → False,
    'Yes, but …' → True.
    """
    for start, end in labels:
        text = text[:start] + "x" * (end - start) + text[end:]
    clauses = {span for span in named if is_clause(text, span)}
    if any(_BUT.match(text, end) for _, end in clauses):
        return True
    starts = [span[0] for span in named if span not in clauses]
    ends = [*(hit.end() for hit in _SENTENCE_END.finditer(text)), len(text)]
    places = {bisect_right(ends, start) for start in starts}
    return any(_NEGATIONS.search(text, ends[at - 1] if at else 0, ends[at]) for at in places)
