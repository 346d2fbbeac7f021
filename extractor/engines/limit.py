"""How many requests pay off at once, found out by trying.

The latency of a server grows once more is under way than it works on; then more at once brings nothing. Each round the
seconds for a unit of work are compared with those at another limit: by Little's law limit / latency is the throughput,
and a step pays where that grows by more than half of what the limit does. A step that does not pay ends where the two
measurements put the bend: limit × shortest latency / latency, as TCP Vegas (Brakmo, Peterson 1995) and the Vegas limit
of Netflix' concurrency-limits have it. An overload halves, as in TCP's AIMD (Chiu, Jain 1989), once for all that was
under way; the way back goes to where there was none, then by halves to where it was, as in BIC (Xu et al. 2004).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

FIRST, MOST = 8, 256
_ROUND = 24  # answers at least
_PAYS = 0.5
_STEPS = (1.25, 1.5, 2.0)  # as one after the other pays
_CHANGED = 1.3  # of the latency at the same limit: no noise
_NEAR = 0.9  # of a limit that was an overload
_IN_USE = 0.75  # of the limit, below which it says nothing
_LONGEST_HOLD = 8  # rounds
_REMEMBERED = 0.3  # the share of the newest round


@dataclass(frozen=True, slots=True)
class Level:
    """Seconds for a unit of work, as they were at a limit."""

    limit: int
    cost: float


@dataclass(slots=True)
class _Round:
    """What is measured at one limit, of requests that began in it."""

    number: int
    seconds: float = 0.0
    work: float = 0.0
    under_way: int = 0
    answers: int = 0


class AdaptiveLimit:
    """`value` changes with the answers; a request carries the `round` that it began in.

    A round ends with as many answers as the limit is. The rounds between two trials grow in number as trials fail.
    """

    def __init__(self, first: int = FIRST, most: int = MOST) -> None:
        self.value = first
        self._most = most
        self._round = _Round(0)
        self._spared = 0  # overloads of earlier rounds are those that were answered already
        self._at: Level | None = None  # where nothing is tried
        self._usual: Level | None = None  # before the server changed
        self._from: Level | None = None  # of a trial
        self._resumed: int | None = None  # the limit after a halving; 0: whatever may be tried
        self._refused = math.inf  # a limit that was an overload
        self._step = len(_STEPS) - 1
        self._is_upward = True
        self._hold = self._left = 1

    @property
    def round(self) -> int:
        """The number of the round."""
        return self._round.number

    def answer(self, number: int, seconds: float, work: float, under_way: int) -> None:
        """An answer to a request of a round: what it took, what it was, and what was under way when it began."""
        found = self._round
        if number != found.number:
            return
        found.seconds += seconds
        found.work += work
        found.under_way += under_way
        found.answers += 1
        if found.answers >= (self.value // 2 if self._resumed is not None else max(self.value, _ROUND)):
            self._round = _Round(found.number + 1)
            self._judge(found)

    def overload(self, number: int) -> None:
        """A request of a round was refused, or got no answer in time."""
        if number < self._spared:
            return
        self._refused = self.value
        safe = self._from.limit if self._from is not None and self._from.limit < self.value else 0
        if _NEAR * self._refused > safe > 0:  # somewhere between them is what it takes
            self._left = 1
        else:
            self._lengthen()
        self._from = self._at = self._usual = None
        self._step, self._is_upward = 0, True
        self._resumed = safe
        self._set(max(1, self.value // 2))
        self._spared = self._round.number

    def _set(self, limit: int) -> None:
        """Another limit, with a round of its own."""
        self.value = max(1, min(limit, self._most))
        self._round = _Round(self._round.number + 1)

    def _judge(self, found: _Round) -> None:
        if found.under_way < _IN_USE * self.value * found.answers or found.seconds <= 0.0:
            self._leave_trial()
            return
        level = Level(self.value, found.seconds / found.work)
        if self._resumed is not None:
            self._resume()
        elif self._from is not None:
            self._end_trial(self._from, level)
        else:
            self._rest(level)

    def _resume(self) -> None:
        """After a round without an overload: back to where there was none, or half of the way to where it was."""
        safe, self._resumed = self._resumed, None
        if safe:
            self._set(safe)
        elif self.value + 1 < self._refused:
            self._resumed = 0
            self._set(math.ceil((self.value + self._refused - 1) / 2))

    def _rest(self, level: Level) -> None:
        """Hold for some rounds; where the server has changed, until it is the same for two, and no longer."""
        known = self._at or level
        change = level.cost / known.cost
        if not 1 / _CHANGED < change < _CHANGED:
            self._at, self._usual = level, self._usual or known
            return
        self._at = Level(level.limit, known.cost + _REMEMBERED * (level.cost - known.cost))
        self._left -= 1
        if self._usual is not None:
            self._follow(self._at.cost / self._usual.cost)
        elif self._left <= 0:
            self._try_next()

    def _follow(self, change: float) -> None:
        """Try what a server can take that has become slower, or faster."""
        self._usual = None
        self._is_upward, self._step = change < 1, 0
        if self._is_upward or self.value == 1:
            self._try_next()
        else:
            self._try(min(self.value - 1, max(self.value // 4, round(self.value / change))))

    def _try_next(self) -> None:
        if self.value in {1, self._most}:
            self._is_upward = self.value == 1
        self._try(self._higher() if self._is_upward else min(self.value - 1, round(self.value / _STEPS[self._step])))

    def _higher(self) -> int:
        """The next limit to try: by halves to one that was an overload, and over it in small steps."""
        if self.value + 1 < self._refused <= self.value * _STEPS[self._step]:
            return math.ceil((self.value + self._refused) / 2)
        step = 1.05 if self.value + 1 >= self._refused else _STEPS[self._step]
        return max(self.value + 1, round(self.value * step))

    def _try(self, limit: int) -> None:
        self._from = self._at
        self._set(limit)

    def _end_trial(self, before: Level, level: Level) -> None:
        """Go on in the same direction where it pays, else rest at the bend."""
        self._from = None
        if level.limit >= self._refused:
            self._refused = math.inf
        low, high = sorted((before, level), key=lambda one: one.limit)
        if (
            level is low and low.cost > _CHANGED * high.cost
        ):  # less at once takes longer: the server has changed meanwhile
            self._at = before
            self._set(before.limit)
        elif _is_paid(low, high) == (level is high):
            self._at, self._hold = level, 1
            self._step = min(self._step + 1, len(_STEPS) - 1)
            if 1 < self.value < self._most:
                self._try_next()
        else:
            bend = max(low.limit, min(round(high.limit * low.cost / high.cost), high.limit))
            self._at = Level(bend, low.cost)
            self._is_upward, self._step = not self._is_upward, 0
            self._lengthen()
            self._set(bend)

    def _leave_trial(self) -> None:
        """Nothing is known of a limit that nobody uses."""
        if self._from is not None:
            before, self._from = self._from, None
            self._set(before.limit)

    def _lengthen(self) -> None:
        self._left = self._hold
        self._hold = min(2 * self._hold, _LONGEST_HOLD)


def _is_paid(low: Level, high: Level) -> bool:
    """Whether the higher limit brings more: 10 at 1 s, 20 at 1.2 s → True; 10 at 1 s, 20 at 1.8 s → False."""
    return math.log(high.cost / low.cost) <= (1 - _PAYS) * math.log(high.limit / low.limit)
