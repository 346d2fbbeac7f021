"""A receipt or an invoice: who sold what, when, and what it cost."""

from datetime import date

from pydantic import BaseModel, Field


class Item(BaseModel):
    """A line of the receipt."""

    name: str = Field(max_length=100)
    quantity: float | None = None
    amount: float | None = Field(None, description="of the whole line")


class Receipt(BaseModel):
    """A receipt."""

    company: str = Field(description="the seller", max_length=150)
    address: str | None = Field(None, description="of the seller", max_length=250)
    number: str | None = Field(None, description="of the receipt or invoice", max_length=50)
    day: date | None = Field(None, description="on which it was issued")
    items: list[Item] = Field(max_length=40)
    tax: float | None = None
    total: float = Field(description="what was to pay, tax included")
    currency: str | None = Field(None, description="as written", max_length=10)
