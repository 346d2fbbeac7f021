"""Kor's music player: a request in plain words becomes a call."""

from enum import Enum

from pydantic import BaseModel, Field


class Action(Enum):
    """What the player is to do."""

    PLAY = "play"
    STOP = "stop"
    NEXT = "next"
    """skip, go on to the one after"""
    PREVIOUS = "previous"
    """back, again, the one before"""


class Request(BaseModel):
    """What somebody wants of a music player."""

    action: Action | None = Field(
        None, examples=[("Turn that off, please", "stop"), ("Once more the one before", "previous")]
    )
    songs: list[str] = []
    albums: list[str] = []
    artists: list[str] = Field([], examples=[("Something by Odile Farran", ["Odile Farran"])])


EXAMPLES = [
    (
        "Play Salt Road by Mirren Hale, then anything by Coldfinch",
        {"action": "play", "songs": ["Salt Road"], "artists": ["Mirren Hale", "Coldfinch"]},
    ),
]
