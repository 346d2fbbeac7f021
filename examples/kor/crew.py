"""Who is on board: Kor's tutorial and its page on objects, for `--many`."""

from pydantic import BaseModel, Field

BOTH = "Ines Valdry keeps the log"


class Member(BaseModel):
    """Somebody on board."""

    first_name: str = Field(examples=[(BOTH, "Ines")])
    last_name: str | None = Field(None, examples=[(BOTH, "Valdry")])
    age: int | None = Field(None, description="in years", examples=[9, 41])


EXAMPLES = [
    (
        "Tavish Orr, 52, is master of the barge. His niece Bell cooks.",
        [Member(first_name="Tavish", last_name="Orr", age=52), Member(first_name="Bell")],
    ),
    ("The gauge at Carrow Lock stood at 1.9 metres.", None),
]
