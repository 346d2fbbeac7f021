"""Flags in groups: a command that has a group as a parameter takes every flag of it.

Typer wants each flag among the parameters of each command. Here a group says its flags once, as the fields of a
dataclass, and commands that share them share their types, defaults and help.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_type_hints

F = TypeVar("F", bound=Callable[..., Any])

# Panels of --help: flags of one kind stand together.
DOCUMENTS = "Documents"
ANSWERS = "Answers"
PROMPT = "The prompt"
ENDPOINTS = "Models elsewhere"
WEIGHTS = "Weights on this machine"
WHOLE_RUN = "The whole run"


@dataclass(frozen=True)
class Group:
    """Flags that go together, each with its type, `typer.Option` and default.

    Those that a class says itself stand below its `panel` in --help, those that it has of others below theirs.
    """

    panel: ClassVar[str | None] = None


def spread(command: F) -> F:
    """A command as typer takes it: each flag of its groups is a parameter of its own."""
    hints = get_type_hints(command, include_extras=True)
    parameters: list[inspect.Parameter] = []
    groups: dict[str, type[Group]] = {}
    for name, parameter in inspect.signature(command).parameters.items():
        if isinstance(kind := hints[name], type) and issubclass(kind, Group):
            groups[name] = kind
            parameters += _flags_of(kind)
        else:
            parameters.append(parameter.replace(annotation=kind, kind=parameter.KEYWORD_ONLY))
    if not groups:
        return command

    def gathered(**given: Any) -> Any:
        for name, kind in groups.items():
            given[name] = kind(**{field.name: given.pop(field.name) for field in fields(kind)})
        return command(**given)

    told = {parameter.name: parameter.annotation for parameter in parameters}
    gathered.__name__, gathered.__doc__, gathered.__annotations__ = command.__name__, command.__doc__, told
    gathered.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return gathered  # type: ignore[return-value]


def _flags_of(kind: type[Group]) -> Iterator[inspect.Parameter]:
    """The flags of a group, those of its first base before those of the next."""
    hints = get_type_hints(kind, include_extras=True)
    defaults = {field.name: field.default for field in fields(kind)}
    for base in kind.__mro__:
        for name in inspect.get_annotations(base):
            if name in defaults:
                value, option = get_args(hints[name])
                option = copy(option)
                option.rich_help_panel = option.rich_help_panel or getattr(base, "panel", None)
                told = Annotated[value, option]  # type: ignore[valid-type]
                yield inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, default=defaults.pop(name), annotation=told
                )
