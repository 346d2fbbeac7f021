"""What a usage costs, by the price list of genai-prices, for the models of which it is known."""

from __future__ import annotations

import math

from extractor.types import Usage

_HERE = ("llama:", "outlines:", "replay:")


def cost_of(engine: str, usage: Usage) -> float | None:
    """US dollars by the price list of genai-prices; 0 for what runs here, None for what is not in it."""
    if engine.startswith(_HERE):
        return 0.0
    provider, _, model = engine.partition(":")
    return _price(provider, model, usage) if provider == "openai" else None


def _price(provider: str, model: str, usage: Usage) -> float | None:
    try:
        from genai_prices import Usage as Counts
        from genai_prices import calc_price
    except ImportError:
        return None
    counts = Counts(
        input_tokens=usage.input_tokens, cache_read_tokens=usage.cached_tokens, output_tokens=usage.output_tokens
    )
    try:
        price = float(calc_price(counts, model_ref=model, provider_id=provider).total_price)
    except LookupError:
        return None
    return price if math.isfinite(price) else None
