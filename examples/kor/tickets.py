"""What tickets somebody wants: a place with two alternatives, and amounts with a unit."""

from typing import Literal

from pydantic import BaseModel, Field


class Price(BaseModel):
    """What a ticket may cost."""

    at_least: float | None = None
    at_most: float | None = None
    currency: Literal["GBP", "EUR", "USD"] | None = None


class Search(BaseModel):
    """Somebody looks for tickets."""

    sports: list[str] = Field([], examples=[("rowing or curling, anywhere", ["rowing", "curling"])])
    places: list[str] = Field([], examples=[("anything in Porto", ["Porto"])])
    price: Price | None = Field(
        None,
        examples=[
            ("for up to 40 euros", {"at_most": 40, "currency": "EUR"}),
            ("£15 to £25 each", {"at_least": 15, "at_most": 25, "currency": "GBP"}),
        ],
    )
