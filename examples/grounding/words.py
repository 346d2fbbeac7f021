"""Fields whose values the document has to have word for word."""

from typing import Annotated

from pydantic import BaseModel, Field

from extractor import Verbatim


class Person(BaseModel):
    """Somebody whom the article names."""

    name: Annotated[str, Verbatim]
    said: Annotated[str | None, Verbatim] = Field(None, description="what they are quoted with")


class Words(BaseModel):
    """An article in its own words."""

    title: Annotated[str, Verbatim]
    keywords: Annotated[list[str], Verbatim] = Field(max_length=8)
    people: list[Person] = Field(max_length=5)
    doi: Annotated[str | None, Verbatim] = None
