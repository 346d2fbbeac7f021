"""The schema of the README."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field


class Speaker(BaseModel):
    """Somebody who speaks."""

    name: str
    affiliation: str | None = None


class Talk(BaseModel):
    """A talk at a conference."""

    title: str
    speakers: list[Speaker]
    day: date | None = None
    topics: Annotated[list[str], Field(min_length=1, max_length=5)]
    level: Literal["beginner", "advanced"] = Field(description="for whom it is meant")
