"""Views of a text: normalised for comparison with a way back, cut at a sentence, weighed by script.

Offsets are Python string offsets (code points) everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import digit

# What a terminal obeys rather than shows (controls, changes of direction), what breaks lines, halves of characters.
# Documents, file names and answers are not ours: whatever prints them escapes these.
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

# Scripts whose words stand without spaces, or carry particles: for the inside of a character class.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)

CURRENCIES = "$€£¥₹"  # for the inside of a character class

REPLACED = "characters that are not valid Unicode are replaced by U+FFFD"  # what `without_halves` does, for people

RAISED = {sign: str(digit(sign)) for sign in "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"}  # or lowered digits
_SIGNS = "".join(RAISED)
_BEHIND_NO_NUMBER = re.compile(rf"(?<![\d{_SIGNS}])[{_SIGNS}]+")

_HALF = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"\S+")
_SENTENCE_END = re.compile(r"[.!?]['\")\]’”]*(?=\s|$)|[。！？；…][」』”’）]*")
_WORD_END = re.compile(r"(?<=\S)(?=\s)|(?<=[，、：])|(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")

# Scripts that tell a language or a small family, with the ISO 639-1 codes of those.
_SCRIPTS = {
    "Latin": ("", re.compile(r"[A-Za-z\u00c0-\u024f]+")),
    "Chinese": ("zh", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")),
    "Japanese": ("ja", re.compile(r"[\u3040-\u30ff]")),
    "Korean": ("ko", re.compile(r"[\uac00-\ud7af]+")),
    "Cyrillic": ("ru uk bg sr mk be kk", re.compile(r"[\u0400-\u04ff]+")),
    "Greek": ("el", re.compile(r"[\u0370-\u03ff]+")),
    "Arabic": ("ar fa ur ps", re.compile(r"[\u0600-\u06ff]+")),
    "Hebrew": ("he yi", re.compile(r"[\u0590-\u05ff]+")),
    "Devanagari": ("hi mr ne sa", re.compile(r"[\u0900-\u097f]+")),
    "Thai": ("th", re.compile(r"[\u0e00-\u0e7f]+")),
}
_SAMPLE = 20_000
_BEGINNING = 2_000  # characters that tell whether a text is Chinese
_MOST_CHARACTERS = 4  # that a token has, as estimated


def without_halves(text: str) -> str:
    r"""A text of whole characters: halves of surrogate pairs are put together, '\ud800' alone becomes '\ufffd'."""
    if text.isascii() or not _HALF.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass(frozen=True, slots=True)
class View:
    """A normalised text; `offsets[i]` is where its i-th character starts in the original."""

    text: str
    offsets: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original (start, end) of a non-empty range of the view."""
        return self.offsets[start], self.offsets[end - 1] + 1


def normalise(text: str) -> View:
    r"""Fold case and collapse white space, keeping the way back: 'The\n  Sea ' → 'the sea'."""
    words: list[str] = []
    offsets: list[int] = []
    end = 0
    for word in _WORD.finditer(text):
        if words:
            offsets.append(end)  # of the blank between
        start, end = word.span()
        words.append(word[0].casefold())
        is_longer = len(words[-1]) != end - start  # 'ß' becomes 'ss'
        offsets += (at for at in range(start, end) for _ in text[at].casefold()) if is_longer else range(start, end)
    return View(" ".join(words), offsets)


def plain_digits(text: str) -> str:
    """A text with raised and lowered digits as digits, but behind a number: 'm²' → 'm2', while '10²' is not '102'."""
    if text.isascii():
        return text
    return _BEHIND_NO_NUMBER.sub(lambda run: "".join(map(RAISED.__getitem__, run[0])), text)


def estimate_tokens(text: str) -> int:
    """A rough count without a tokenizer: four ASCII characters, or one and a half others, make a token."""
    return round(weigh_tokens(text))


def weigh_tokens(text: str) -> float:
    """The same, not rounded: weights of parts add up to that of the whole."""
    ascii_only = len(text.encode("ascii", "ignore"))
    return ascii_only / _MOST_CHARACTERS + (len(text) - ascii_only) / 1.5


def is_heavier(text: str, start: int, end: int, most: float) -> bool:
    """Whether a range of a text has more than so many tokens, as estimated; of a long one nothing is copied."""
    return (end - start) / _MOST_CHARACTERS > most or weigh_tokens(text[start:end]) > most


def clip(text: str, limit: int, least: int = 0) -> str:
    """At most `limit` characters, ending at a sentence, or else at a word: ('A b. C d', 6) → 'A b.'.

    A sentence end in the first half would cost too much of the text, so a word end is taken then; and where that
    leaves less than `least` characters, the text is cut at the limit.
    """
    if len(text) <= limit:
        return text
    head = text[: limit + 1]
    ends = [end.end() for end in _SENTENCE_END.finditer(head) if end.end() <= limit]
    if ends and ends[-1] >= max(limit / 2, least):
        return text[: ends[-1]]
    words = [end.start() for end in _WORD_END.finditer(head) if end.start() <= limit]
    cut = text[: words[-1] if words else limit].rstrip(" \t\n,;:，、；：")
    return cut if len(cut) >= least else text[:limit]


def main_script(text: str) -> str | None:
    """The script of most words: '你好，世界 hi' → 'Chinese'; None for a text without letters.

    A run of letters counts as one word, a Chinese character as half of one.
    """
    text = text[:_SAMPLE]
    if text.isascii():
        return "Latin" if _SCRIPTS["Latin"][1].search(text) else None
    counts = {name: len(words.findall(text)) for name, (_, words) in _SCRIPTS.items()}
    counts["Chinese"] = (counts["Chinese"] + 1) // 2
    if counts["Japanese"] * 4 > counts["Chinese"]:  # Japanese is written with both
        counts["Japanese"] += counts.pop("Chinese")
    name = max(counts, key=lambda script: counts[script])
    return name if counts[name] else None


def is_chinese(text: str) -> bool:
    """Whether a text is Chinese by its beginning: so a model is told about it in Chinese, and shown such examples."""
    return main_script(text[:_BEGINNING]) == "Chinese"


def is_known(script: str, languages: Sequence[str]) -> bool:
    """Whether a language of a script is among some: ('Chinese', ['en']) → False. Latin is everybody's."""
    codes = _SCRIPTS[script][0].split()
    return not codes or not languages or not set(codes).isdisjoint(languages)
