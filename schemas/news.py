"""A news report: what happened, where and when, and who is in it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from extractor import Ranked

Name = Annotated[str, Field(max_length=100)]
Terms = Annotated[list[Annotated[str, Field(max_length=40)]], Ranked]


class Person(BaseModel):
    """Somebody named in the report."""

    name: str = Field(max_length=100)
    role: str | None = Field(None, description="office or occupation", max_length=150)


class News(BaseModel):
    """A news report."""

    headline: str = Field(description="as printed", max_length=200)
    published: date | None = Field(None, description="date of the report")
    place: str | None = Field(None, description="where it happened", max_length=100)
    people: list[Person] = Field(description="everybody whom the text names", max_length=20)
    organisations: list[Name] = Field(description="institutions, companies, authorities", max_length=20)
    summary: str = Field(description="what happened, in two short sentences of your own", max_length=500)
    keywords: Terms = Field(min_length=3, max_length=8)
    category: Literal["world", "politics", "business", "technology", "science", "culture", "sports", "local"]
