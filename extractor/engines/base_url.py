"""Base URLs of endpoints, each in one spelling."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from extractor.errors import UsageError

OPENAI = "https://api.openai.com/v1"
_PORTS = {"http": 80, "https": 443}


def is_url(text: str) -> bool:
    """'http://host', 'HTTPS://host' → True; 'ollama:m' → False."""
    return bool(re.match(r"(?i)https?:", text))


def normalise(url: str) -> str:
    """'HTTPS://Api.OpenAI.com:443/v1/' → 'https://api.openai.com/v1'.

    Raises `UsageError` for what is no URL, and for one with a secret in it, which no message shows.
    """
    if "?" in url:
        raise UsageError("a URL with a query in it", hint="keys go into EXTRACT_API_KEY, or --key-file")
    parts = _split(url)
    if "@" in (url if parts is None else parts.netloc):
        raise UsageError("a URL with a password in it", hint="EXTRACT_API_KEY, or --key-file")
    if "#" in url:
        raise UsageError(f"the base URL {url} names a model", hint="--model URL#NAME, or --model NAME --base-url URL")
    if parts is None:
        raise UsageError(f"{url!r} is not a URL", hint="http://host:port/v1")
    scheme, host = _origin(parts)
    return f"{scheme}://{host}{parts.path.rstrip('/')}"


def origin(url: str) -> tuple[str, str]:
    """Scheme and host: what would go to https in secret does not go to http in the open. ('', '') of no URL."""
    parts = _split(url)
    return ("", "") if parts is None else _origin(parts)


def _split(url: str) -> SplitResult | None:
    """The parts of a URL that a client can ask."""
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", url)
    except ValueError:  # a port of six digits, half of a bracket
        return None
    return parts if is_one else None


def _origin(parts: SplitResult) -> tuple[str, str]:
    host = parts.netloc.rpartition("@")[2].lower()
    return parts.scheme, host.removesuffix(f":{_PORTS[parts.scheme]}").removesuffix(":")
