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


# Two in each language, of which a document is shown those in its own. Each leaves out something else.
GARDENS = """\
Open gardens in Farrow Vale

Eleven gardens of the village are open on 6 and 7 June 2026 between 10 am and 5 pm. Start at the Old Forge, 2 Church
Walk, Farrow Vale, where the Horticultural Society and the parish sell maps for £4."""
QUIZ = """\
The quiz of the reading room was won by a team of three bell ringers last night. Nobody knew the capital of Bhutan. The
library of Stainby had set the questions, and the winners took home a cheese."""
LANTERNS = """\
第四届河灯节

2026年8月28日至30日，每晚七点到十点，第四届河灯节在柳溪镇东桥广场举行，由柳溪镇政府和民俗协会主办。门票20元。"""
RUN = """\
石门县老年大学上周办了一场健步走，五百多名学员绕凤凰湖走了一圈。走得最快的是六十八岁的罗桂芳。"""

EXAMPLES = [
    (
        GARDENS,
        Event(
            name="Open gardens in Farrow Vale",
            kind="open gardens",
            start=date(2026, 6, 6),
            end=date(2026, 6, 7),
            time="between 10 am and 5 pm",
            place="Old Forge, 2 Church Walk",
            city="Farrow Vale",
            organisers=["Horticultural Society", "parish"],
            price="£4",
            summary="Eleven gardens of the village can be visited on two days.",
        ),
    ),
    (
        QUIZ,
        Event(
            name="quiz of the reading room",
            kind="quiz",
            start=None,
            end=None,
            time=None,
            place="reading room",
            city="Stainby",
            organisers=["library of Stainby"],
            price=None,
            summary="A team of three bell ringers won the quiz of the reading room.",
        ),
    ),
    (
        LANTERNS,
        Event(
            name="第四届河灯节",
            kind="灯节",
            start=date(2026, 8, 28),
            end=date(2026, 8, 30),
            time="每晚七点到十点",
            place="东桥广场",
            city="柳溪镇",
            organisers=["柳溪镇政府", "民俗协会"],
            price="20元",
            summary="第四届河灯节连续三晚在柳溪镇东桥广场举行。",
        ),
    ),
    (
        RUN,
        Event(
            name="健步走",
            kind="健步走",
            start=None,
            end=None,
            time=None,
            place="凤凰湖",
            city="石门县",
            organisers=["石门县老年大学"],
            price=None,
            summary="五百多名老年大学学员绕凤凰湖健步走。",
        ),
    ),
]
