"""What was chosen: a tool of the user's and its arguments, which the user's program may run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from dataclasses import fields as dataclass_fields
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from extractor.tagged_union import INPUT, MISSING, REASON, TAG
from extractor.tools.tool import Tool
from extractor.types import Extraction, Span


@dataclass(frozen=True, slots=True)
class Call:
    """A tool by its name, and its arguments; nothing was run.

    `tool` is the function or class as it was given, None for a definition in JSON; `arguments` are an instance of the
    class, or of a model that was made of the function's signature, or plain data. Where the query leaves something
    open, `missing` says what by name and description, and `arguments` are the plain data that there are. Where no tool
    fits, name and tool are None, and `reason` says why. `probability` is that of the tool among the others, None where
    the engine does not say.

    By the place of an argument, `spans` say where it stands in the query, `ungrounded` why it does not, and `notes`
    what was done about it (taken out, as the query does not state it). A place is the name in JSON, and of what is
    inside of an argument a JSON Pointer without its first slash: 'guests/0'.
    """

    name: str | None
    tool: Any
    arguments: Any
    missing: Mapping[str, str]
    reason: str | None
    spans: Mapping[str, Span]
    ungrounded: Mapping[str, str]
    notes: Mapping[str, str]
    probability: float | None

    @property
    def kwargs(self) -> dict[str, Any]:
        """The arguments by name, as the tool takes them; those that were left out are not in it.

        Of a dataclass, which does not know what was left out, all are: {'city': 'Oslo', 'days': 1}.
        """
        made = self.arguments
        if isinstance(made, BaseModel):
            given, fields = made.__pydantic_fields_set__, type(made).__pydantic_fields__
            taken = {name: self._taken_as(name, field) for name, field in fields.items() if name in given}
            return {taken[name]: made.__dict__[name] for name in taken}  # a field may hide an attribute of Pydantic's
        if is_dataclass(made):
            return {field.name: getattr(made, field.name) for field in dataclass_fields(made) if field.init}
        return dict(made)

    def _taken_as(self, name: str, field: FieldInfo) -> str:
        """The name of an argument: a function has that of its field, a class that of the alias."""
        return (
            field.validation_alias
            if isinstance(field.validation_alias, str) and self.tool is type(self.arguments)
            else name
        )

    @property
    def is_complete(self) -> bool:
        """Whether it can be run as it is."""
        return self.name is not None and not self.missing


def calls_of(record: Extraction, tools: Sequence[Tool]) -> Iterator[Call]:
    """The calls of a record; raises `InvalidOutput` where it is not valid."""
    value, data = record.value, record.data
    if isinstance(data, list):
        instances = value if isinstance(value, list) else data
        for at, call in enumerate(data):
            yield _call(record, f"/{at}", call, instances[at], tools)
    else:
        yield _call(record, "", data, value, tools)


def _call(record: Extraction, place: str, data: Mapping[str, Any], instance: Any, tools: Sequence[Tool]) -> Call:
    chosen = next((tool for tool in tools if tool.name == data[TAG]), None)
    missing, inside = data.get(MISSING, {}), f"{place}/{INPUT}/"
    made = data.get(INPUT, {}) if missing else getattr(instance, INPUT, data.get(INPUT, {}))
    likely = record.probabilities.get(f"{place}/{TAG}", {})
    return Call(
        None if chosen is None else chosen.name,
        None if chosen is None else chosen.target,
        made,
        missing,
        data.get(REASON),
        _inside(record.spans, inside),
        _inside(record.ungrounded, inside),
        _inside(record.notes, inside),
        next(iter(likely.values()), None),
    )


def _inside(found: Mapping[str, Any], place: str) -> dict[str, Any]:
    """What is known of the places below one: {'/arguments/city': …}, '/arguments/' → {'city': …}."""
    return {at.removeprefix(place): known for at, known in found.items() if at.startswith(place)}
