"""Words that stand for a value: yes and no, the ways to say nothing, and the choices of an enum.

A choice goes by its own name, by its aliases and by its description; a sentence is taken for the one that it names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from extractor.choices import Choice, name_of
from extractor.coercion.found import LONGEST, Doubt, Found, Reading, narrow, unquoted
from extractor.coercion.keys import folded
from extractor.coercion.prose import NEGATED, Hit, is_chinese, is_negated, is_prose, stands_alone

LONGEST_SENTENCE = 2_000  # characters of a bare answer in which a choice is looked for
_YES = ("true", "yes", "y", "on", "是", "是的", "对", "对的", "有", "有的", "真", "正确", "✓", "✔", "✅", "√", "☑")
_NO = ("false", "no", "n", "off", "否", "不是", "不是的", "错", "不对", "无", "没有", "假", "错误", "✗", "✘", "❌",
       "×", "✕", "✖", "☒")  # fmt: skip
_BOOLEANS = dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)
_WEAK = frozenset(("y", "n", "on", "off"))
_AS_PICTURE = "\ufe0f"
_DIGITS = {"1": True, "0": False}
_NULLS = frozenset(
    ("", "-", "–", "—", "null", "none", "nil", "n/a", "na", "nan", "undefined", "unknown", "unspecified", "not stated",
     "not available", "not applicable", "not specified", "not mentioned", "not provided", "not given", "未提及",
     "未提供", "未说明", "未知", "无", "没有", "暂无", "不详", "不适用")
)  # fmt: skip
_NOTHING = frozenset(("null", "none", "nil"))
_MARKS = re.compile(r"[\s_\-–—./,:;'\"“”‘’!?()\[\]{}…·、，。；：！？（）「」]+")
_SHORTEST = 3  # letters of a word that is recognised whatever signs stand around it: 'C#' is not 'C'
_SHORTEST_SENTENCE = 8  # characters; less is a label
_SHORT_LABEL, _SHORTER_LABEL = 3, 2  # letters of labels to which + - * / and ! ? belong
_POINTS = re.compile(r"\A[-+−]?\d+[.,:/][\d.,:/]*\Z")  # a number, or two
_SIGNS = re.compile(r"(?<=\w)[-+*/−–]|[-+*/−–](?=\w)|\d[.,:/]\d")
_CALLS = re.compile(r"(?<=\w)[!?]")
_QUOTES = " \t\r\n\"'“”‘’「」『』_`"
_CHANGING = re.compile(r"[!~≈≠¬<>≤≥^?]+\s*(?P<label>[^\W_].*)|(?P<asked>.*[^\W_])\s*[(!]*\?[?!)]*")
_REMARKED = re.compile(r"(?P<label>[^()]+?)\s*(?P<rest>\([^()]*\))")
_RATED = re.compile(r"(?P<label>[^()]+?)(?P<rest>\s*\([^()\d]{0,20}(?P<size>\d*\.?\d+)\s?(?P<percent>%?)\))")
_COUNTED = re.compile(r"(?P<rest>\d{1,2}[.)]\s+)(?P<label>.+)")
_NAMED = re.compile(r"(?P<rest>(?P<name>[^:]{1,60}):\s*)(?P<label>.+)")
_STOPS = ".,;:!。，；！"
_VERDICT = re.compile(r"(?<!\w)(?:yes|no)(?!\w)", re.IGNORECASE)
_TRUTH = re.compile(
    r"(?<!\w)(true|false)(?=[^\w\s]|\s*(?:[^\w\s]|\Z|\n)|\s+(?:is|as|because|since|for|in|that|according)\b)",
    re.IGNORECASE,
)

_FIRM = re.compile(
    r"(?P<word>[A-Za-z]{2,5})\s*(?:[,;:!—–](?!\w)|\.(?=\s+[^\Wa-z])|\s-\s)(?P<rest>.+)"
    r"|(?P<sign>[\u4e00-\u9fff]{1,2})\s*[,.;:!。—–](?P<told>.+)",
    re.DOTALL,
)
_HEDGES = re.compile(
    r"\b(?:but|though|although|however|unless|except|excluding|only|mostly|partly|partially|largely|generally|usually"
    r"|sometimes|often|occasionally|probably|presumably|likely|unlikely|perhaps|maybe|possibly|may|might|could|if|when"
    r"|until|till|or|almost|nearly|limited|some|depends|depending|not (?:always|all|yet|sure|quite|entirely|fully)"
    r"|unclear|unsure|uncertain|unknown|formerly|previously|i (?:think|guess|believe)|it seems|apparently"
    r"|correct|incorrect)\b"
    r"|但|不过|然而|虽|除|仅|只|部分|可能|也许|或|大概|大致|似乎|好像|有时|偶尔|如果|若|曾|暂|不一定|不全|不确定|[?？]",
    re.IGNORECASE,
)  # fmt: skip


def read_boolean(text: str, *, with_digits: bool = False) -> Reading:
    """'Yes' → True, '否' → False; '1' only where nothing else can be meant (`with_digits`)."""
    word = unquoted(text).replace(_AS_PICTURE, "").strip(_STOPS).casefold() if len(text) <= LONGEST else ""
    words = _BOOLEANS | _DIGITS if with_digits else _BOOLEANS
    return Found(words[word]) if word in words else None


def firm_boolean(text: str) -> Reading:
    """The yes or no that a text begins with, if the rest takes nothing back: 'yes, since 2010' → True.

    'Yes, mostly' and 'No, until 2010' are doubts, 'No. 5' and 'No one' nothing.
    """
    plain = unquoted(text) if len(text) <= LONGEST else ""
    firm = _FIRM.fullmatch(plain)
    word = (firm["word"] or firm["sign"]).casefold() if firm else ""
    rest = (firm["rest"] or firm["told"]).strip() if firm else ""
    if word not in _BOOLEANS or word in _WEAK or not rest or rest[0].isdigit():
        return None
    value = _BOOLEANS[word]
    others = {_BOOLEANS.get(one, value) for one in _MARKS.split(rest.casefold()) if one not in _WEAK} - {value}
    if others or _HEDGES.search(rest):
        return Doubt(f"what follows {word!r} in the text may take it back")
    return Found(value, "without the rest", cost=2)


def named_boolean(text: str) -> Reading:
    """The truth value that a sentence names: 'The answer is **True**.' → True; of both, a doubt."""
    if len(text) > LONGEST_SENTENCE:
        return None
    hits = [Hit(hit[1].casefold(), hit.span(1)) for hit in _TRUTH.finditer(text)]
    hits += [Hit(hit[0].casefold(), hit.span()) for hit in _VERDICT.finditer(text) if stands_alone(text, hit.span())]
    values = {_BOOLEANS[hit.label] for hit in hits}
    if not values:
        return None
    if len(values) > 1:
        return Doubt("the answer names both true and false")
    spans = [hit.span for hit in hits]
    is_shaky = is_negated(text, spans, spans)
    return Doubt(NEGATED) if is_shaky else Found(values.pop(), "named in the answer", cost=3)


def is_null(text: str) -> bool:
    """Whether a text says that there is nothing: 'N/A', '未提及', ''."""
    return len(text) <= LONGEST and unquoted(text).strip(_STOPS).casefold() in _NULLS


def is_nothing(text: str) -> bool:
    """Whether a text is a programmer's null and nothing else: 'None' → True, 'N/A' → False."""
    return len(text) <= LONGEST and text.strip().casefold() in _NOTHING


def choose(choices: Sequence[Choice], text: str) -> Reading:
    """The choice that a text is, closest spelling first: 'two' → 'TWO', ' "Two" ' → 'TWO'; of several, a doubt.

    So is one with a sign that can change it: '~high', 'high?'.
    """
    if len(text) > LONGEST:
        return None
    if changing := _CHANGING.fullmatch(_plain(text)):
        return _chosen(choices, text, (str, _plain, _folded)) or _changed(choices, text, changing)
    return _chosen(choices, text, (str, _plain, _folded, _bare, _lettered))


def _changed(choices: Sequence[Choice], text: str, changing: re.Match[str]) -> Doubt | None:
    label = changing["label"] or changing["asked"]
    found = None if is_signed(_folded(text)) else _chosen(choices, label, (_plain, _folded, _bare, _lettered))
    return Doubt(f"a sign in {text!r} may change what {label!r} says") if found else None


def _chosen(choices: Sequence[Choice], text: str, spellings: Sequence[Callable[[str], str]]) -> Reading:
    for spelling in spellings:
        wanted = spelling(text)
        for labels in (_own, _others):
            found = [choice.value for choice in choices if wanted and wanted in map(spelling, labels(choice))]
            if len(found) > 1:
                return Doubt(f"{text!r} is {_listed(found)} alike")
            if found:
                return Found(found[0])
    return None


def qualified(choices: Sequence[Choice], text: str, name: str) -> Reading:
    """A choice with its number, its field or how sure it is: 'Positive (0.9)', '1. positive', 'mood: positive'.

    What is less than half sure is a doubt: 'low (0%)'.
    """
    plain = _plain(text) if len(text) <= LONGEST else ""
    for form in (_RATED, _COUNTED, _NAMED):
        hit = form.fullmatch(plain)
        if not hit or (form is _NAMED and folded(hit["name"]) not in {folded(name), "answer"}):
            continue
        if found := choose(choices, hit["label"]):
            if isinstance(found, Doubt):
                return found
            if form is _RATED and _is_unsure(hit):
                return Doubt(f"{hit['rest'].strip()!r} in {text!r} may say that it is hardly so")
            return Found(found.value, f"without {hit['rest'].strip()!r}", cost=2)
    return None


def remarked(choices: Sequence[Choice], text: str) -> Doubt | None:
    """Why a choice with a remark is none, as no sentence tells how they go together: 'high (but falling)'."""
    hit = _REMARKED.fullmatch(_plain(text)) if len(text) <= LONGEST else None
    if hit and isinstance(choose(choices, hit["label"]), Found):
        return Doubt(f"{hit['rest']!r} in {text!r} may change what {hit['label']!r} says")
    return None


def _is_unsure(rated: re.Match[str]) -> bool:
    """Whether a choice is said to be less than half sure: '(0.2)' and '(30%)' → True, '(0.9)' and '(3)' → False."""
    share = float(rated["size"]) / (100 if rated["percent"] else 1)
    return share < 0.5  # noqa: PLR2004


def by_truth(choices: Sequence[Choice], text: str) -> Found | None:
    """'true' → 'yes', where one choice says yes and one says no."""
    wanted = None if is_signed(text) else read_boolean(text)
    read = [(choice.value, read_boolean(name_of(choice.value))) for choice in choices]
    truths = [(truth.value, value) for value, truth in read if isinstance(truth, Found)]
    if not isinstance(wanted, Found) or sorted(truth for truth, _ in truths) != [False, True]:
        return None
    return Found(dict(truths)[wanted.value], cost=2)


def named_choice(choices: Sequence[Choice], text: str) -> Reading:
    """The choice that a sentence names most often: 'The answer is Two' → 'TWO'; 'TWO or THREE' → a doubt.

    Words in the very spelling count first, as BAML has it. A label that is a letter or a word of any prose counts only
    where it stands on its own, and is a rival of others elsewhere: 'I could not find a grade' names no grade A.
    """
    text = narrow(text)
    if len(text) > LONGEST_SENTENCE or (len(text) <= _SHORTEST_SENTENCE and is_signed(text)):
        return None
    hits = [*_hits(choices, text, str)] or [*_hits(choices, text.casefold(), str.casefold)]
    firm = {hit for hit in hits if is_prose(hit.label) and stands_alone(text, hit.span)}
    counted = [hit for hit in hits if hit in firm or not is_prose(hit.label)] if firm else hits
    counts = Counter(hit.at for hit in counted).most_common()
    if not counts:
        return None
    best = [at for at, count in counts if count == counts[0][1]]
    if len(best) > 1:
        return Doubt(f"the answer names {_listed([choices[at].value for at in best])}")
    named = [hit for hit in counted if hit.at == best[0]]
    if not firm and all(is_prose(hit.label) for hit in named):
        return Doubt(f"{named[0].label!r} in the answer may be a mere word of the sentence")
    spans = [hit.span for hit in counted if hit in firm or not is_prose(hit.label)]
    is_shaky = is_negated(text, [hit.span for hit in named], spans)
    return Doubt(NEGATED) if is_shaky else Found(choices[best[0]].value, "named in the answer", cost=3)


def _hits(choices: Sequence[Choice], text: str, spelling: Callable[[str], str]) -> Iterator[Hit]:
    """Which choices stand where, as whole words, the longest label first: 'New York' is no 'York'."""
    owners: dict[str, set[int]] = {}
    for at, choice in enumerate(choices):
        for label in _labels(choice):
            if word := spelling(narrow(label)):
                owners.setdefault(word, set()).add(at)
    if not owners:
        return
    forms = (_whole(word) for word in sorted(owners, key=len, reverse=True))
    for hit in re.finditer("|".join(forms), text):
        yield from (Hit(hit[0], hit.span(), at) for at in owners[hit[0]])


def _whole(word: str) -> str:
    """A pattern for a whole word: Chinese has no blanks between words, numbers have points and signs inside."""
    before = "" if is_chinese(word[0]) else r"(?<![\w.\-−])" if word[0].isdigit() else r"(?<!\w)"
    after = "" if is_chinese(word[-1]) else r"(?!\w|[.,]\d)" if word[-1].isdigit() else r"(?![\w#+])"
    return before + re.escape(word) + after


def _labels(choice: Choice) -> tuple[str, ...]:
    """All that a choice goes by."""
    return (*_own(choice), *_others(choice))


def _own(choice: Choice) -> tuple[str, ...]:
    return (name_of(choice.value),)


def _others(choice: Choice) -> tuple[str, ...]:
    """Aliases and descriptions, and names with these behind: 'RED: the colour of blood'."""
    names = (*_own(choice), *choice.names)
    return (*(f"{name}: {text}" for name in names for text in choice.told), *choice.names, *choice.told)


def _plain(text: str) -> str:
    """Without quotes and markdown: '**B**' → 'B'; 'B*' is another grade."""
    core = narrow(text).strip(_QUOTES)
    before, after = (len(core) - len(core.lstrip("*")), len(core) - len(core.rstrip("*")))
    return unquoted(text) if before == after else core


def _folded(text: str) -> str:
    return _plain(text).casefold()


def _bare(text: str) -> str:
    """Without blanks, hyphens and punctuation: 'In-Progress' → 'inprogress'; 'A-' and 'A/B' stay."""
    folded = _folded(text)
    return folded if is_signed(folded) else _MARKS.sub("", folded)


def _lettered(text: str) -> str:
    """Without any signs around, for words long enough: 'TWO!@#' → 'two', 'C#' → 'c#'."""
    bare = _bare(text)
    word = re.sub(r"^\W+|\W+$", "", bare)
    return word if len(word) >= _SHORTEST and not is_signed(bare) else bare


def is_signed(text: str) -> bool:
    """Whether a text is a short label whose signs mean something: 'BBB-', '1.5', 'Go?' → True; 'TWO!' → False."""
    letters = sum(map(str.isalnum, text))
    if not text.isascii() and any(map(is_chinese, text)):
        return False
    signs = _SIGNS if letters <= _SHORT_LABEL else _POINTS
    return bool(signs.search(text)) or (letters <= _SHORTER_LABEL and bool(_CALLS.search(text)))


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(repr, values[:5])) + (", …" if len(values) > 5 else "")  # noqa: PLR2004
