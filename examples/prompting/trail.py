"""A trail: what fields and their values mean, what else to tell a model, and examples."""

from datetime import date
from enum import Enum

from pydantic import BaseModel, Field


class Surface(Enum):
    """What one walks on."""

    EARTH = "earth"
    STONE = "stone"
    BOARDS = "boards"
    """wood, over wet ground"""


class Trail(BaseModel):
    """A marked trail."""

    name: str = Field(examples=[("the old Cinder Way", "Cinder Way")])
    length_km: float | None = None
    climb: float | None = Field(None, ge=0, le=1, description="share of the way that is steep")
    opened: date | None = None
    surface: Surface | None = None
    is_open: bool | None = None
    huts: list[str] = Field([], max_length=9, examples=[["Alder Hut"]])


PROMPT = "Names of huts without 'the'."

EXAMPLES = [
    (
        "Peat Round is 9 km of boardwalk. The mill hut has six beds.",
        Trail(name="Peat Round", length_km=9, surface="boards", huts=["mill hut"]),
    ),
    ("Alder Walk, shut since the flood.", {"name": "Alder Walk", "is_open": False}),
]
