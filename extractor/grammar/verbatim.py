r"""The runs of a document as terminals of a grammar.

`substring_chunks` admits any row of chunks; that one neither begins nor ends with a blank, crosses no control character
and has the right length, a pattern sees to. Chunks stand there as in JSON ('"' as '\"').
"""

from __future__ import annotations

import json
from functools import lru_cache

from extractor.grammar.check import check
from extractor.grammar.lark import Leaf, Rules
from extractor.verbatim import Runs, runs

# llguidance has fuel for so many states of its lexer; each chunk costs some, and each different one for each token of
# the model that it can begin with. It shows only with a tokenizer, and servers then write what they like. Measured with
# 152,000 tokens and words drawn at random: 12,000 different ones among 40,000 pass; leaves of two lengths, but not of
# three.
MOST_CHUNKS = 40_000
MOST_DIFFERENT = 8_000
MOST_RULES = 1_000  # one within the other they fill its stack, which ends the process: at some 2,000

_MARK = "// what follows is of the document\n"
_CHARACTER = r'(?:[^"\\\x00-\x1f\x7f]|\\["\\])'
_EDGE = r'(?:[^ "\\\x00-\x1f\x7f]|\\["\\])'


@lru_cache(maxsize=8)
def with_runs(rules: Rules, text: str) -> tuple[str | None, str]:
    """The grammar in which verbatim texts are runs of a text; or None, and why there is none."""
    found = runs(text)
    if loose := _excess(found, rules):
        return None, loose
    chunks = [json.dumps(chunk, ensure_ascii=False)[1:-1] for chunk in found.chunks]
    leaves = [_leaf(leaf, found) for leaf in rules.leaves]
    grammar = "\n".join((rules.text + _MARK, f"RUN: %regex {json.dumps({'substring_chunks': chunks})}", *leaves, ""))
    fault = check(grammar)
    return (None, f"the decoder cannot hold it: {fault}") if fault else (grammar, "")


def _excess(found: Runs, rules: Rules) -> str:
    """What of a text or of the rules for it is too much for the decoder."""
    if rules.size > MOST_RULES:
        return f"the schema needs {rules.size:,} rules, the decoder holds {MOST_RULES:,}"
    many, different, lengths = len(found.chunks), len(set(found.chunks)), len(rules.leaves)
    if many * lengths > MOST_CHUNKS:
        return f"the text has {many:,} words and marks, the decoder holds {MOST_CHUNKS // lengths:,}"
    if different * lengths > MOST_DIFFERENT:
        return f"the text has {different:,} different words, the decoder holds {MOST_DIFFERENT // lengths:,}"
    return ""


def shape_of(grammar: str) -> str:
    """A grammar without what is of the document in it: what is proven of one is proven of all with its shape."""
    return grammar.partition(_MARK)[0]


def _leaf(leaf: Leaf, found: Runs) -> str:
    """A run of some length; where there is none, the empty text, which validation refuses."""
    least, most = max(1, leaf.least), leaf.most
    if not found.has_length(least, len(found.view) if most is None else most):
        return rf'{leaf.rule}: "\"\""'
    # The quotes are no part of the terminal: its states would cost three times the fuel.
    name = leaf.rule.upper()
    return rf'{leaf.rule}: "\"" {name} "\""' + f"\n{name}: RUN & /{_pattern(least, most)}/"


def _pattern(least: int, most: int | None) -> str:
    """(1, 9) → an edge, and up to eight more characters, the last of which is an edge."""
    if most == 1:
        return _EDGE
    inner = f"{_CHARACTER}{{{max(0, least - 2)},{'' if most is None else most - 2}}}{_EDGE}"
    return f"{_EDGE}{inner}" if least > 1 else f"{_EDGE}(?:{inner})?"
