"""A research paper, a preprint, or a report on one study."""

from typing import Annotated

from pydantic import BaseModel, Field

Term = Annotated[str, Field(max_length=60)]


class Author(BaseModel):
    """A person who signs the paper."""

    name: str = Field(max_length=100)
    affiliation: str | None = Field(None, description="institute or university", max_length=200)


class Paper(BaseModel):
    """A scientific paper."""

    title: str = Field(description="the title as printed", max_length=300)
    authors: list[Author] = Field(description="in the order given", max_length=40)
    year: int | None = Field(None, description="of publication", ge=1600, le=2100)
    venue: str | None = Field(None, description="journal or conference", max_length=200)
    doi: str | None = Field(None, pattern=r"^10\.[0-9]{4,9}/[!-~]{1,120}$")
    abstract: str = Field(description="question, method and result, in three sentences", max_length=800)
    findings: list[str] = Field(description="each result in one sentence, with its numbers", max_length=6)
    keywords: list[Term] = Field(min_length=3, max_length=8)
