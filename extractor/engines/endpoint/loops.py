"""When a model goes round in circles: the end of its answer is one piece again and again, and would be for ever.

Small models do that in lists. A text that goes round is another thing: it has a bound of its own, where it is cut.
"""

from __future__ import annotations

_LEAST = 600  # characters that are nothing but repetition
_TIMES = 6
_PROBE = 32  # characters whose last place tells how long the piece is
_LONGEST = 2_000  # characters of a piece


def goes_in_circles(text: str) -> bool:
    """Whether JSON ends in items that are at least six times the same, of 600 characters together.

    '["b", ' + '"c", ' * 200 → True; a run of numbers, or one inside of a text, is none.
    """
    if len(text) < _LEAST:
        return False
    probe = text[-_PROBE:]
    before = text.rfind(probe, max(0, len(text) - _PROBE - _LONGEST), len(text) - 1)
    if before < 0:
        return False
    period = len(text) - _PROBE - before
    length = max(_TIMES * period, _LEAST)
    is_one = len(text) >= length and text[-length:-period] == text[period - length :]
    return is_one and '"' in text[-period:].replace('\\"', "")
