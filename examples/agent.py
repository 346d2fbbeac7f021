"""An agent in a few lines: chooses tools for each line that a user types, asks for what is missing, runs what is whole.

python examples/agent.py
"""

from __future__ import annotations

import sys

import travel

from extractor import choose_many, load_tools

TOOLS = load_tools([travel.get_weather, travel.book_flight, travel.find_hotel])


def answer(query: str) -> str:
    """What came of a query; where something is missing, the user is asked, and the query grows by what is said."""
    said = []
    for call in choose_many(query, TOOLS, allow_none=True, ask=True):
        if call.name is None:
            said.append(f"I cannot do that: {call.reason}")
        elif call.missing:
            name, about = next(iter(call.missing.items()))
            print(f"For {call.name}: {about or name}?")
            return answer(f"{query}\n{about or name} {reply}") if (reply := sys.stdin.readline().strip()) else "Well."
        else:
            said.append(call.tool(**call.kwargs))  # the only place where anything is run
    return "\n".join(said)


for line in sys.stdin:
    if line.strip():
        print(answer(line.strip()))
