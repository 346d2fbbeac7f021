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


# Two in each language, of which a document is shown those in its own. None has an empty list: small models copy it.
BEETLES = """\
Why desert beetles drink fog

Before dawn the beetle climbs a dune and stands on its head. Fog settles on its wing cases, gathers in drops and
runs down into its mouth. Engineers now copy the bumps on its back for nets that collect water."""
BUSES = """\
Night buses return to the valley

From May a bus leaves Orrin market every two hours after midnight. A fund of the villages pays for it. Nurses and bakers
had asked for years how to get home."""
TICKETS = """\
一百张旧船票

退休水手把收藏的船票捐给了港口博物馆。最早的一张是一九三四年的三等舱，票面上还留着海关的蓝印。展览将持续到年底。"""
METER = """\
给水管装上耳朵

漏水的管道会发出细微的声音。新式水表在夜里自动听声，把可疑的位置报给维修队，试用半年后漏损率降了三分之一。"""

EXAMPLES = [
    (
        BEETLES,
        Article(
            title="Why desert beetles drink fog",
            summary="Desert beetles drink the fog that settles on their backs, and engineers copy how they do it.",
            keywords=["desert beetles", "fog", "wing cases", "nets that collect water"],
            category="science",
        ),
    ),
    (
        BUSES,
        Article(
            title="Night buses return to the valley",
            summary="Night buses run from Orrin market again from May, as nurses and bakers had asked for years.",
            keywords=["night buses", "valley", "Orrin market", "villages"],
            category="society",
        ),
    ),
    (
        TICKETS,
        Article(
            title="一百张旧船票",
            summary="退休水手把收藏的旧船票捐给港口博物馆，展览持续到年底。",
            keywords=["船票", "港口博物馆", "退休水手", "展览"],
            category="culture",
        ),
    ),
    (
        METER,
        Article(
            title="给水管装上耳朵",
            summary="新式水表夜里听声查找漏水，试用半年后漏损率降了三分之一。",
            keywords=["水表", "漏水", "管道", "漏损率"],
            category="technology",
        ),
    ),
]
