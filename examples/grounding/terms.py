"""The terms of a text that matter most: none but its own, the likeliest first."""

from typing import Annotated

from pydantic import BaseModel, Field

from extractor import Ranked


class Terms(BaseModel):
    """What a text is about."""

    keywords: Annotated[list[str], Ranked] = Field(description="the terms that matter most", max_length=6)
