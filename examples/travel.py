"""Tools of a travel desk, for `extract call`: functions with type hints, and docstrings that say what they do."""

from __future__ import annotations

from datetime import date
from typing import Literal


def get_weather(city: str, days: int = 1) -> str:
    """Tell the weather of a city.

    Args:
        city: The city.
        days: For how many days.
    """
    return f"{city}: rain, for {days} days"


def book_flight(origin: str, destination: str, day: date, cabin: Literal["economy", "business"] = "economy") -> str:
    """Book a flight.

    Args:
        origin: The city where it starts.
        destination: The city where it goes.
        day: The day of departure.
    """
    return f"booked: {origin} to {destination} on {day}, {cabin}"


def find_hotel(city: str, nights: int) -> str:
    """Find a hotel.

    Args:
        city: The city.
        nights: For how many nights.
    """
    return f"Hotel Meridian, {city}, {nights} nights"
