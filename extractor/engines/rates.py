"""Requests and tokens a minute, as buckets that are small and fill steadily.

A bucket that holds a whole minute lets N requests go at once and N more within the minute, and providers count a
sliding one. So a bucket holds a twentieth of it, and fills by the rest: no 60 seconds see more than N requests, at the
price of 6 % where much is asked. Tokens are known only afterwards; with right estimates no 60 seconds see more than N
and what one request is larger than a twentieth of that.
"""

from __future__ import annotations

import math

_SHARE = 20
_MINUTE = 60.5  # seconds: one request may take longer on its way than the next
_SPARE = 1e-6  # of a request or token: sums of fractions miss their mark
_SHORTEST = 1e-4  # seconds


class Bucket:
    """So many requests or tokens a minute; `now` is in seconds of any clock that only goes on."""

    def __init__(self, a_minute: int) -> None:
        self.size = max(1, a_minute // _SHARE)
        self._rate = (a_minute - self.size + 1) / _MINUTE
        self._level = float(self.size)
        self._at = math.inf  # when that was the level

    def wait(self, cost: float, now: float) -> float:
        """Seconds until something of that cost may go; what is larger than the bucket goes when it is full."""
        self._level = min(self.size, self._level + self._rate * max(0.0, now - self._at))
        self._at = now
        missing = min(cost, self.size) - self._level
        return max(missing / self._rate, _SHORTEST) if missing > _SPARE else 0.0

    def take(self, cost: float) -> None:
        """Let it go; the bucket may owe afterwards. A cost below zero gives back."""
        self._level = min(self.size, self._level - cost)


class Rates:
    """Requests and tokens a minute, None where nothing bounds them.

    A request holds its prompt as estimated and what answers had beyond such an estimate so far, on average: tokens that
    were read in addition, and those that were written.
    """

    def __init__(self, requests: int | None = None, tokens: int | None = None) -> None:
        self._requests = Bucket(requests) if requests else None
        self._tokens = Bucket(tokens) if tokens else None
        self._beyond = 0.0  # sum over the answers
        self._answers = 0

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens matter."""
        return self._tokens is not None

    def estimate(self, prompt: int, most: int) -> float:
        """Tokens that a request will come to, of which it may write so many at most."""
        return prompt + (self._beyond / self._answers if self._answers else min(most, 256))

    def wait(self, tokens: float, now: float) -> float:
        """Seconds until a request may go."""
        requests = self._requests.wait(1, now) if self._requests else 0.0
        return max(requests, self._tokens.wait(tokens, now) if self._tokens else 0.0)

    def take(self, tokens: float) -> None:
        """Let a request go."""
        if self._requests:
            self._requests.take(1)
        if self._tokens:
            self._tokens.take(tokens)

    def settle(self, taken: float, prompt: int, used: int) -> None:
        """What a request came to, in place of what it was thought to."""
        self.give_back(taken - used)
        self._beyond += max(0, used - prompt)
        self._answers += 1

    def give_back(self, tokens: float) -> None:
        """Tokens that were not used; below zero those that were used in addition."""
        if self._tokens:
            self._tokens.take(-tokens)
