"""A curriculum vitae: who somebody is, what they learned, where they worked."""

from typing import Annotated

from pydantic import BaseModel, Field

Name = Annotated[str, Field(max_length=120)]
When = Annotated[str, Field(max_length=30)]


class Job(BaseModel):
    """A position."""

    employer: Name
    role: Name | None = None
    start: When | None = Field(None, description="as written")
    end: When | None = Field(None, description="as written")
    tasks: list[Annotated[str, Field(max_length=200)]] = Field(max_length=8)


class Study(BaseModel):
    """A course of study."""

    school: Name
    degree: Name | None = Field(None, description="with the subject")
    start: When | None = Field(None, description="as written")
    end: When | None = Field(None, description="as written")


class Resume(BaseModel):
    """A curriculum vitae."""

    name: Name
    email: str | None = Field(None, max_length=100)
    phone: str | None = Field(None, max_length=40)
    city: str | None = Field(None, max_length=80)
    jobs: list[Job] = Field(max_length=15)
    education: list[Study] = Field(max_length=8)
    skills: list[Annotated[str, Field(max_length=60)]] = Field(max_length=25)
    languages: list[Annotated[str, Field(max_length=40)]] = Field(max_length=10)
