"""A research paper, a preprint, or a report on one study."""

from typing import Annotated

from pydantic import BaseModel, Field

from extractor import Ranked

Terms = Annotated[list[Annotated[str, Field(max_length=60)]], Ranked]
Finding = Annotated[str, Field(max_length=200)]


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
    summary: str = Field(
        description="what was studied, how, and what was found, in three short sentences", max_length=500
    )
    findings: list[Finding] = Field(description="each main result in one short sentence", max_length=6)
    keywords: Terms = Field(min_length=3, max_length=8)
