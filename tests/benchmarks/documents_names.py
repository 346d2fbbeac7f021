"""The people of a long text by rules alone, no model: who speaks in a play, who is introduced in a novel.

The rules give few names that are none; they do not give all names, so recall is of those that are surely there.
"""

from __future__ import annotations

import re
from collections import Counter

Names = dict[str, tuple[str, ...]]  # a name, and all of its forms

SPEECHES = 3  # of a speaker, at the least
# '  _Romeo._ Is the day so young?', as this edition sets it, or 'ROMEO.' on a line of its own before a speech
_HEADING = re.compile(
    r"^ +_(?:\d )?([A-Z][A-Za-z .]*)\._|^ *(?:\d )?([A-Z][A-Z .']+?)[.:]?[ ]*\n(?=[^\n])", re.MULTILINE
)
_ACT = re.compile(r"^ACT I$", re.MULTILINE)  # the play begins there; a second one heads the notes
_NOT_SPEAKERS = re.compile(r"(?:ACT|SCENE|PROLOGUE)\b")
_DOUBLE = "夏侯|皇甫|公孙|诸葛|司马|欧阳|上官|淳于|尉迟|令狐|太史|慕容|长孙|宇文"
_SINGLE = (
    "赵钱孙李周吴郑王冯陈卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹窦苏潘葛范彭鲁韦马凤方俞任袁柳鲍史唐费岑雷贺汤罗"
    "郝安常乐于傅齐康伍余顾孟黄穆萧尹邵毛戴宋庞熊纪项祝董梁杜蓝贾江郭林徐邱高夏蔡田樊胡凌霍万柯管卢丁邓洪包左石崔龚"
    "程邢裴陆荣荀段侯全宗封蹇刘叶黎白蒲逢典桥乔臧满关耿文祖武沮"
)
_HAN = "[一-鿿]"
_PERSON = rf"(?:(?:{_DOUBLE}){_HAN}|[{_SINGLE}]{_HAN})"  # at that time given names had one character
_COURTESY = rf"，?字({_HAN}{{2}})(?=[，。；])"
# 姓孙，名坚，字文台
_BY_PARTS = re.compile(rf"(姓({_DOUBLE}|{_HAN})，?名({_HAN}{{1,2}}?))(?:{_COURTESY}|(?=[，。；]))")
_AT_ONCE = re.compile(rf"({_PERSON}){_COURTESY}")  # 刺史刘表，字景升
_LISTED = re.compile(rf"{_PERSON}(?:、{_PERSON}){{2,}}")  # 张让、赵忠、封谞
_CALLED = re.compile(rf"一名({_PERSON})(?=[，。；])")


def people(text: str) -> Names:
    """All that the rules find, with their forms."""
    return introduced(text) if re.search(_HAN, text[:1000]) else speakers(text)


def speakers(text: str) -> Names:
    """Who has three speeches or more; '1 Musician' and '2 Musician' are one."""
    found = Counter((one or other).strip().title() for one, other in _HEADING.findall(text))
    return {
        name: (name,) for name, times in found.items() if times >= SPEECHES and not _NOT_SPEAKERS.match(name.upper())
    }


def introduced(text: str) -> Names:
    """Who is named with surname and given name: '姓赵，名云，字子龙' → 赵云, also written 子龙 and '姓赵，名云'."""
    forms: dict[str, set[str]] = {}
    for one in _BY_PARTS.finditer(text):
        forms.setdefault(one[2] + one[3], set()).update(filter(None, [one[1], one[4]]))  # it may stand but so
    for one in _AT_ONCE.finditer(text):
        forms.setdefault(one[1], set()).add(one[2])
    for listed in [*_LISTED.findall(text), *_CALLED.findall(text)]:
        for name in listed.split("、"):
            forms.setdefault(name, set())
    return {name: (name, *sorted(others)) for name, others in forms.items()}


def body(text: str) -> str:
    """A play without its preface and notes, anything else as it is."""
    starts = [one.start() for one in _ACT.finditer(text)]
    return text[starts[0] : starts[1] if len(starts) > 1 else None] if starts else text


def stretch(text: str, part: str) -> str:
    """The second of ten parts for '2/10', cut between lines; '' is the whole text."""
    if not part:
        return text
    at, of = map(int, part.split("/"))
    edges = [text.rfind("\n", 0, len(text) * one // of) + 1 for one in range(of)] + [len(text)]
    return text[edges[at - 1] : edges[at]]


def times(text: str, forms: tuple[str, ...]) -> int:
    """How often a name stands in a text, in any of its forms and in any case."""
    return sum(len(re.findall(bounded(form), text, re.IGNORECASE)) for form in forms)


def bounded(form: str) -> str:
    """A pattern for a name: whole words where it is written with letters that words have spaces between."""
    return (
        re.escape(form) if re.search(_HAN, form) else rf"(?<![^\W_]){re.escape(form)}(?![^\W_])"
    )  # _Romeo_ is in italics


def has(predicted: str, forms: tuple[str, ...]) -> bool:
    """Whether a predicted name equals or contains one: ('the old Nurse', ('Nurse',)) → True."""
    return bool(times(predicted, forms))
