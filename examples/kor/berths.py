"""A rule that only Python can say: Kor's page on validation."""

from pydantic import BaseModel, field_validator


class Barge(BaseModel):
    """A barge in the basin."""

    number: int
    decks: int

    @field_validator("decks")
    @classmethod
    def refuse_towers(cls, decks: int) -> int:
        """Nothing in the basin has more than three."""
        if decks > 3:  # noqa: PLR2004
            raise ValueError("no barge has more than three decks")
        return decks
