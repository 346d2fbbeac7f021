"""Times of the day in a text: '10:30 pm', '下午三点', '3点半', 'noon'. With what had to be supposed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from extractor.coercion.numerals import chinese_integer

_NUMERAL = "零〇一二两三四五六七八九十"
_CLOCK = re.compile(
    rf"(?P<half>上午|下午|晚上|凌晨|早上|早晨|清晨|中午|傍晚)? ?(?P<hour>\d{{1,2}}|[{_NUMERAL}]{{1,3}})"
    rf"(?:[:时点](?:(?P<quarter>半|一刻|三刻)|整|钟|(?:(?P<minute>[0-5]?\d)"
    rf"|(?P<spoken>[{_NUMERAL}]{{2,3}}(?=分?\Z)|[{_NUMERAL}](?=分\Z)))?(?:[:分](?P<second>[0-5]\d(?:\.\d{{1,9}})?)?秒?)?))?"
    r" ?(?P<noon>[ap]\.?m\.?)? ?(?P<offset>z|utc|gmt|(?:utc|gmt)?[-+]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(?:.*\s)?(?P<hour>\d{1,2}):(?P<minute>\d\d)-(?P<until>\d\d:?\d\d)", re.DOTALL)
_EAST, _WEST = 14 * 60, 12 * 60  # minutes that clocks are ahead of UTC, and behind it, at most
_QUARTERS = {"半": 30, "一刻": 15, "三刻": 45}
_WORDS = {"noon": ("12:00:00", "12 o'clock"), "midday": ("12:00:00", "12 o'clock"), "正午": ("12:00:00", "12 o'clock"),
          "midnight": ("00:00:00", "the start of a day")}  # fmt: skip
_HALF_DAY = 12
# Hours that go by each part of the day, and whether they are counted from noon.
_HOURS = {
    "上午": (range(12), False), "下午": (range(13), True), "晚上": (range(5, 12), True), "凌晨": (range(13), False),
    "早上": (range(4, 12), False), "早晨": (range(4, 12), False), "清晨": (range(4, 10), False),
    "傍晚": (range(4, 9), True), "am": (range(13), False), "pm": (range(13), True),
}  # fmt: skip
_NOONS = {11: 11, 12: 12, 1: 13, 2: 14}


@dataclass(frozen=True, slots=True)
class Clock:
    """A time, its offset (empty where none is said), and what was supposed (`how`)."""

    time: str
    offset: str = ""
    how: str = ""


def read(text: str) -> Clock | None:
    """A time and its offset: '10:30 pm' → 22:30:00, '下午三点' → 15:00:00, '晚上12点' (of which day?) → None."""
    clock = _CLOCK.fullmatch(text)
    if not clock or not (clock["noon"] or re.search("[:时点]", text)):
        return None
    said = chinese_integer(clock["hour"])
    half = clock["half"] or (clock["noon"] or "").casefold().replace(".", "")
    if said is None or (clock["half"] and clock["noon"]) or (hour := _hour(said, half)) is None:
        return None
    seconds = clock["second"] or "00"
    written = f"{hour:02}:{_minute(clock):02}:{seconds}"
    try:
        time.fromisoformat(written[:8])
    except ValueError:
        return None
    is_open = not half and 0 < hour <= _HALF_DAY and "点" in text
    return Clock(written, _offset(clock["offset"] or ""), "by a clock of 24 hours" if is_open else "")


def doubt(text: str, found: Clock) -> str:
    """Why an offset is none: '9:00-17:00' is a range of times, as offsets go from -12:00 to +14:00; '' where it is one.

    '09:00:00-10:00' and '09:00T-10:00' are no ways to write a range.
    """
    if len(found.offset) <= 1:
        return ""
    size = 60 * int(found.offset[1:3]) + int(found.offset[4:])
    spoken = _RANGE.fullmatch(text)
    if spoken and size > 60 * int(spoken["hour"]) + int(spoken["minute"]):
        return "may be a range of times"
    is_none = size > (_EAST if found.offset[0] == "+" else _WEST) or int(found.offset[4:]) > 59  # noqa: PLR2004
    return f"has no offset: {found.offset!r} is none" if is_none else ""


def by_word(text: str) -> Clock | None:
    """'noon' → 12:00:00, 'midnight' → 00:00:00; of a day that is said, midnight could be its start or its end."""
    word, _, offset = text.casefold().partition(" ")
    if word not in _WORDS or (offset and not re.fullmatch(r"z|utc|gmt|(?:utc|gmt)?[-+]\d\d:?\d\d", offset)):
        return None
    written, what = _WORDS[word]
    return Clock(written, _offset(offset), f"{word!r} taken as {what}")


def _hour(said: int, half: str) -> int | None:
    """The hour of a day by its part: (3, '下午') → 15, (12, '中午') → 12; (12, '晚上'), of an unsaid day, → None."""
    if not half:
        return said
    if half == "中午":
        return _NOONS.get(said)
    hours, is_late = _HOURS[half]
    return said % _HALF_DAY + _HALF_DAY * is_late if said in hours else None


def _minute(clock: re.Match[str]) -> int:
    if clock["quarter"]:
        return _QUARTERS[clock["quarter"]]
    return int(clock["minute"] or chinese_integer(clock["spoken"] or "") or 0)


def _offset(text: str) -> str:
    """'utc+0800' → '+08:00', 'gmt' → 'Z'."""
    offset = text.upper().removeprefix("UTC").removeprefix("GMT") or ("Z" if text else "")
    return offset if len(offset) in {0, 1, 6} else f"{offset[:3]}:{offset[3:]}"
