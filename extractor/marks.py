"""What a user says of a field beside its type: the keywords of ours in a JSON Schema, and the marks that set them.

A mark stands in an annotation of a Pydantic field; in JSON Schema, the keyword is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

VERBATIM = "x-verbatim"  # a text is a run of the document's words
RANKED = "x-ranked"  # a list has the likeliest terms of the document, in that order
DISJOINT = "x-disjoint"  # a list has names of a kind of their own, which belong into none beside it
COMPARE = "x-compare"  # how values are compared where they are scored
ONE_OF = "x-one-of"  # that it is a choice, and how it is to be treated


class Verbatim:
    """Marks a text that the document has to have word for word: `name: Annotated[str, Verbatim]`.

    Of a list, or of a text that may be None, it marks the texts in it.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """The schema of the type with the keyword where its texts are."""
        return _marked(handler(core_schema))


def _marked(node: dict[str, Any]) -> dict[str, Any]:
    if node.get("type") == "string" and "enum" not in node and "const" not in node:
        return {**node, VERBATIM: True}
    if isinstance(node.get("items"), dict):
        return {**node, "items": _marked(node["items"])}
    if any(branch.get("type") in ("string", "array") for branch in node.get("anyOf", ())):
        branches = [branch if branch.get("type") == "null" else _marked(branch) for branch in node["anyOf"]]
        return {**node, "anyOf": branches}
    raise TypeError("Verbatim marks a text of free words, or a list of such; no number, choice or record")


class Ranked:
    """Marks a list that is to have the terms that matter most: `keywords: Annotated[list[str], Ranked]`.

    Where an engine can tell, they are those terms of the document that the model holds for the likeliest, of all that
    it has; else they are as the model writes them. A list that is called `keywords` has them without the mark, as many
    as the model wrote, unless it has `"x-ranked": false`.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """The schema of the list with the keyword."""
        return _ranked(handler(core_schema))


def _ranked(node: dict[str, Any]) -> dict[str, Any]:
    items = node.get("items")
    if isinstance(items, dict) and items.get("type") == "string" and "enum" not in items:
        return {**node, RANKED: True}
    if any(branch.get("type") == "array" for branch in node.get("anyOf", ())):
        branches = [branch if branch.get("type") == "null" else _ranked(branch) for branch in node["anyOf"]]
        return {**node, "anyOf": branches}
    raise TypeError("Ranked marks a list of texts of free words")


class Disjoint:
    """Marks a list of names of a kind of their own, which belong into none of the lists beside it that have such too.

    `rivers: Annotated[list[str], Disjoint]`, beside `mountains` with the same mark: where an engine can tell, a name
    goes to the list where the model, by the name alone, holds it for likelier by far; what is likelier in none of them
    is dropped. Lists that are called `people`, `places`, `organisations`, `products` and the like are meant without
    the mark, unless they have `"x-disjoint": false`. Items are texts, or records with a `name`.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """The schema of the list with the keyword."""
        return _disjoint(handler(core_schema))


def _disjoint(node: dict[str, Any]) -> dict[str, Any]:
    branches = node.get("anyOf", ())
    if node.get("type") == "array" or any(branch.get("type") == "array" for branch in branches):
        return {**node, DISJOINT: True}
    raise TypeError("Disjoint marks a list")
