"""An agent in a few lines: chooses tools for each line that a user types, asks for what is missing, runs what is whole.

python examples/agent.py
"""

from __future__ import annotations

import sys

import travel

from extractor import choose_many, load_tools

TOOLS = load_tools([travel.get_weather, travel.book_flight, travel.find_hotel])


def answer(query: str) -> str:
    """What came of a query; what is missing is asked for before anything is run, and the query grows by the reply."""
    calls = choose_many(query, TOOLS, allow_none=True, ask=True)
    for call in calls:
        for name, about in call.missing.items():
            print(f"For {call.name} I need: {about or name}")
            reply = sys.stdin.readline().strip()
            return answer(f"{query}\n{about or name} {reply}") if reply else "Well."
    # The only place where anything is run.
    return "\n".join(f"I cannot do that: {one.reason}" if one.name is None else one.tool(**one.kwargs) for one in calls)


for line in sys.stdin:
    if line.strip():
        print(answer(line.strip()))
