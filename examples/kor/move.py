"""Who moves house: Kor's nested objects, an address in two places of a record."""

from pydantic import BaseModel, Field

TEXT = "Ada Quill has moved to 4 Quay Row, Marlpool"


class Address(BaseModel):
    """A place to live."""

    city: str | None = None
    street: str | None = None
    country: str | None = Field(None, examples=["Norway"])


class Move(BaseModel):
    """Somebody moves house."""

    person: str = Field(examples=[(TEXT, "Ada Quill")])
    left: Address | None = Field(None, description="where they lived before")
    to: Address | None = Field(None, examples=[(TEXT, {"city": "Marlpool", "street": "4 Quay Row"})])
