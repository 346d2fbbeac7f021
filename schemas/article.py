"""Any article: what it is called, what it says, what it is about."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from extractor import Ranked

Terms = Annotated[list[Annotated[str, Field(max_length=40)]], Ranked]


class Article(BaseModel):
    """An article."""

    title: str = Field(description="the headline as printed", max_length=200)
    summary: str = Field(description="the main point in one or two short sentences", max_length=300)
    keywords: Terms = Field(description="the terms that matter most", min_length=3, max_length=8)
    category: Literal["politics", "business", "technology", "science", "culture", "sports", "society", "other"]
