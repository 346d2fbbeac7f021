"""A product, from its description or from a review."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Point = Annotated[str, Field(max_length=120)]


class Price(BaseModel):
    """An amount of money."""

    amount: float = Field(ge=0)
    currency: str = Field(description="ISO 4217 code", pattern="^[A-Z]{3}$")


class Product(BaseModel):
    """A product."""

    name: str = Field(max_length=150)
    brand: str | None = Field(None, max_length=100)
    model: str | None = Field(None, description="model number", max_length=60)
    category: str = Field(description="what kind of product it is", max_length=60)
    price: Price | None = Field(None, description="of the version reviewed")
    released: date | None = Field(None, description="on sale since")
    weight_g: float | None = Field(None, description="in grams", ge=0)
    warranty_months: int | None = Field(None, ge=0)
    pros: list[Point] = Field(description="what is praised", max_length=8)
    cons: list[Point] = Field(description="what is criticised", max_length=8)
    verdict: Literal["positive", "mixed", "negative"] | None = Field(None, description="of the reviewer")
    summary: str = Field(description="in one or two sentences", max_length=400)
