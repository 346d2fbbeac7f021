"""What a schema spec names, told without loading it."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor import schema_spec

FOLDER = Path("/a, b")


@pytest.mark.parametrize(
    ("text", "is_code", "anchored"),
    [
        ("paper.py", True, "/a, b/paper.py"),
        ("x/paper.py:Paper", True, "/a, b/x/paper.py:Paper"),
        ("/abs/paper.py", True, "/abs/paper.py"),
        ("package.module:Paper", True, "package.module:Paper"),
        ("article:Article", True, "article:Article"),
        ("article", False, "article"),
        ("论文.json", False, "/a, b/论文.json"),
        ("paper.YAML", False, "/a, b/paper.YAML"),
        ("title, year int", False, "title, year int"),
        ("path: a/b|c", False, "path: a/b|c"),
        ('{"type": "object"}', False, '{"type": "object"}'),
    ],
)
def test_code_is_told_and_files_are_seen_from_a_folder(text: str, is_code: bool, anchored: str) -> None:
    assert schema_spec.is_code(text) is is_code
    assert schema_spec.anchor(text, FOLDER) == anchored
    assert schema_spec.is_code(anchored) is is_code
