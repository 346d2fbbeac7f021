"""A schema with a rule of its own: what a validator refuses is not printed."""

from pydantic import BaseModel, field_validator


class Bridge(BaseModel):
    """A bridge."""

    name: str
    length_m: int

    @field_validator("length_m")
    @classmethod
    def check_length(cls, value: int) -> int:
        """Only long ones belong into this list."""
        if value < 1000:  # noqa: PLR2004
            raise ValueError("a bridge of this list is at least a kilometre long")
        return value
