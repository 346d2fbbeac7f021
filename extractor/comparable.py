"""The one text of a JSON value, by which values are compared."""

from __future__ import annotations

import json
from typing import Any


def comparable(value: Any) -> str:
    """{'b': 1, 'a': 2} → '{"a": 2, "b": 1}'; 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
