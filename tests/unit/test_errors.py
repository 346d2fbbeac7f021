"""The root of all errors: what a traceback shows of them, wherever they come from."""

from __future__ import annotations

import pickle
import traceback
from copy import copy

import pytest

from extractor.errors import EngineUnavailable, SchemaError


def shown(error: Exception) -> list[str]:
    """The last lines of a traceback, behind the message."""
    return "".join(traceback.format_exception_only(error)).splitlines()[1:]


def test_a_traceback_has_the_hint() -> None:
    error = SchemaError("no schema", hint="name one\nor two")
    assert str(error) == "no schema"
    assert shown(error) == ["hint: name one", "or two"]
    assert shown(SchemaError("no schema")) == []


@pytest.mark.parametrize("way", [copy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
def test_a_copy_has_it_once(way: object) -> None:
    error = EngineUnavailable("late", hint="wait", status=503)
    assert callable(way)
    there = way(error)
    assert (there.hint, there.status, shown(there)) == ("wait", 503, ["hint: wait"])


def test_other_words_have_their_own() -> None:
    error = EngineUnavailable("late", hint="wait", status=503)
    error.add_note("of the second try")
    told = error.reworded("later", "wait longer")
    assert (str(told), told.status, shown(told)) == ("later", 503, ["of the second try", "hint: wait longer"])
    assert shown(error.reworded("later", None)) == ["of the second try"]
    assert shown(error) == ["hint: wait", "of the second try"], "the first is as before"
