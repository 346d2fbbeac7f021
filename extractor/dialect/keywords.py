"""The drafts, and what their keywords are about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

CLASSES = {
    "draft-04": jsonschema.Draft4Validator,
    "draft-06": jsonschema.Draft6Validator,
    "draft-07": jsonschema.Draft7Validator,
    "2019-09": jsonschema.Draft201909Validator,
    "2020-12": jsonschema.Draft202012Validator,
}
_URI = re.compile(r"https?://json-schema\.org/(?:(draft-0[3467])|draft/(2019-09|2020-12))/schema#?")
# A document that does not name its draft is of 2020-12, and what only an older one could mean is read as it was meant.
UNDECLARED = "undeclared"
OLD_ID = ("draft-04", UNDECLARED)  # in these `id` is an identifier
LONELY = ("draft-04", "draft-06", "draft-07")  # in these nothing counts beside `$ref`

DEFINITIONS = ("$defs", "definitions")
NAMED = frozenset((*DEFINITIONS, "dependencies", "dependentSchemas", "patternProperties", "properties"))
SUBSCHEMAS = NAMED | frozenset(
    """additionalItems additionalProperties allOf anyOf contains contentSchema else if items not oneOf prefixItems
    propertyNames then unevaluatedItems unevaluatedProperties""".split()  # noqa: SIM905
)
IDENTIFIERS = frozenset("$schema $id id $anchor $dynamicAnchor $recursiveAnchor $vocabulary".split())  # noqa: SIM905
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}
# What has subschemas about the same value, or leads to one.
IN_PLACE = frozenset(
    ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies", *REFERENCES)
)
# What stays where a reference is all that counts: the model reads it, or references lead into it.
BESIDE = frozenset(
    """$comment $defs default definitions deprecated description examples readOnly title
    writeOnly""".split()  # noqa: SIM905
)
# Ours: keyword → value and reason, of those that say nothing where they stand.
DROPPED = "x-dropped"
# Ours: beside an enum, value → other names and what it stands for; at a property, other names that it may be given by.
ALIASES, ALIAS = "x-aliases", "x-alias"
# What says nothing about a value; `$defs` speak where a reference leads to them.
ANNOTATIONS = frozenset(
    """title description default examples $comment deprecated readOnly writeOnly discriminator contentMediaType
    contentEncoding contentSchema $defs definitions""".split()  # noqa: SIM905
) | {DROPPED, ALIASES, ALIAS}

Path = tuple[str | int, ...]


def draft_of(node: Any) -> str:
    """The draft that a schema says it is of."""
    uri = node.get("$schema") if isinstance(node, Mapping) else None
    found = _URI.fullmatch(uri) if isinstance(uri, str) else None
    return (found[1] or found[2]) if found else UNDECLARED


def placed(root: Any) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """A schema and all that are written in it with their places, from the outside in and in their order.

    What is data is none.
    """
    todo: list[tuple[Path, Any]] = [((), root)]
    while todo:
        path, node = todo.pop()
        if not isinstance(node, Mapping):
            continue
        yield path, node
        inner: list[tuple[Path, Any]] = []
        for keyword, below in node.items():
            if keyword in NAMED and isinstance(below, Mapping):
                inner += (((*path, keyword, name), one) for name, one in below.items())
            elif keyword in SUBSCHEMAS and isinstance(below, list):
                inner += (((*path, keyword, at), one) for at, one in enumerate(below))
            elif keyword in SUBSCHEMAS:
                inner.append(((*path, keyword), below))
        todo += inner[::-1]


def subschemas(node: Any) -> Iterator[Mapping[str, Any]]:
    """As `placed`, without the places."""
    return (one for _, one in placed(node))
