"""What is written below the members of an Enum, in its source: Python itself throws it away.

As `use_attribute_docstrings` of Pydantic does for fields.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from enum import Enum
from itertools import pairwise


def members_docs(class_: type[Enum]) -> dict[str, str]:
    '''Member → docstring, where a source is found: `RED = "red"`, below it `"""warm"""` → {'RED': 'warm'}.'''
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(class_)))
    except (OSError, TypeError, ValueError, SyntaxError, RecursionError):  # made by a call, say, or in a shell
        return {}
    body = tree.body[0].body if tree.body and isinstance(tree.body[0], ast.ClassDef) else []
    return {name: text for name, text in _documented(body) if name in class_.__members__ and text}


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, below in pairwise(body):
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            text = inspect.cleandoc(below.value.value).strip()
            yield from ((target.id, text) for target in targets if isinstance(target, ast.Name))
