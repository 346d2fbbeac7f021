"""A dataclass and a TypedDict, where a Pydantic class would say no more."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from typing_extensions import TypedDict  # that of typing, from Python 3.12 on


class Stop(TypedDict):
    """A place on the way."""

    place: str
    nights: int


@dataclass
class Trip:
    """A journey."""

    traveller: str
    start: date | None
    stops: list[Stop]
    by: Literal["train", "ship", "car", "on foot"]
