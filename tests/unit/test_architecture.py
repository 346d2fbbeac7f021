"""The floors of the house, and what start-up may not cost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import extractor

ROOT = Path(__file__).parents[2]
HEAVY = ["openai", "pydantic", "jsonschema", "llguidance", "xllamacpp", "huggingface_hub", "rich", "yaml", "httpx2"]


def test_lower_floors_never_import_higher_ones() -> None:
    config = ROOT / "pyproject.toml"
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    done = subprocess.run(
        [*command, "--config", str(config), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
    assert "KEPT" in done.stdout


@pytest.mark.parametrize("module", ["extractor", "extractor.cli", "extractor.errors", "extractor.types"])
def test_start_up_loads_no_heavy_library(module: str) -> None:
    code = f"import sys, json, {module}; print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_the_list_of_heavy_libraries_is_of_modules_that_exist() -> None:
    code = f"import importlib.util as u, json; print(json.dumps([n for n in {HEAVY} if u.find_spec(n) is None]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("name", extractor.__all__)
def test_public_names_can_be_imported(name: str) -> None:
    found = getattr(extractor, name)
    assert getattr(found, "__name__", name)
    assert name in dir(extractor)


def test_other_names_cannot() -> None:
    with pytest.raises(AttributeError, match="nowhere"):
        _ = extractor.nowhere


def test_no_public_name_is_that_of_a_module() -> None:
    """`from extractor import NAME` would give the module, once something has imported that."""
    package = Path(extractor.__file__).parent
    assert not {*extractor.__all__} & {path.stem for path in package.iterdir()}
