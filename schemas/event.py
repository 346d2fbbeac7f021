"""An event that people can go to, or went to."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

Name = Annotated[str, Field(max_length=100)]


class Event(BaseModel):
    """An event."""

    name: str = Field(max_length=200)
    kind: str | None = Field(None, description="concert, conference, opening, match …", max_length=60)
    start: date | None = Field(None, description="first day")
    end: date | None = Field(None, description="last day, where it lasts longer than one")
    time: str | None = Field(None, description="time of the day, as written", max_length=60)
    place: str | None = Field(None, description="venue or address", max_length=200)
    city: str | None = Field(None, max_length=100)
    organisers: list[Name] = Field(max_length=10)
    price: str | None = Field(None, description="of admission, with currency, as written", max_length=60)
    summary: str = Field(description="what takes place, in one or two sentences", max_length=400)
