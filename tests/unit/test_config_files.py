"""`extract.toml`: where it is found, what may stand in it, and how its faults are told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from extractor import config
from extractor.config import Kind
from extractor.errors import UsageError

TEXT = Kind((str,), "a text")
FLAG = Kind((bool,), "true or false")
WHOLE = Kind((int,), "a whole number")
NUMBER = Kind((int, float), "a number")
TEXTS = Kind((str,), "a text", many=True)

RUN = {"model": TEXT, "schema": TEXT, "max-tokens": WHOLE, "timeout": NUMBER, "offline": FLAG, "tags": TEXTS}
TREE = {("run",): RUN, ("models", "pull"): {"offline": FLAG}, ("schema", "check"): {"json": FLAG}}


def write(folder: Path, text: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "extract.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(folder: Path, text: str | bytes) -> config.File:
    return config.read(write(folder, text), "here", TREE)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's own file."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    return tmp_path / "xdg" / "extract"


def test_the_nearest_file_and_the_own_one_are_found(tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far, near, mine = write(tmp_path, ""), write(tmp_path / "项目", ""), write(own, "")
    inner = tmp_path / "项目" / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert list(config.find()) == [(near, "above"), (mine, "own")]
    monkeypatch.chdir(inner.parents[1])
    assert list(config.find()) == [(near, "here"), (mine, "own")]
    near.unlink()
    assert list(config.find()) == [(far, "above"), (mine, "own")]
    mine.unlink()
    far.unlink()
    assert list(config.find()) == []


def test_the_own_file_stays_the_own_one_where_it_is_the_nearest(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = write(own, "")
    monkeypatch.chdir(own)
    assert list(config.find()) == [(mine, "own")]


def test_a_current_folder_that_is_gone_has_no_file(tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert list(config.find()) == []


def test_settings_are_flat_with_dashes_and_lines(tmp_path: Path) -> None:
    text = '# 注释\nmodel = "模型"\nschema.check.json = true\n\n[models.pull]  # one command\noffline = true\n'
    file = read(tmp_path, text + '[ "run" ]\nmax_tokens = 900\n')
    assert file.settings == {
        ("model",): "模型",
        ("schema", "check", "json"): True,
        ("run", "max-tokens"): 900,
        ("models", "pull", "offline"): True,
    }
    places = {".".join(key): file.place(key) for key in file.settings}
    assert places == {
        "model": "extract.toml:2",
        "schema.check.json": "extract.toml:3",
        "run.max-tokens": "extract.toml:8",
        "models.pull.offline": "extract.toml:6",
    }


def test_a_line_that_could_be_another_one_is_not_told(tmp_path: Path) -> None:
    file = read(tmp_path, 'tags = ["""\nmodel = "not this one"\n"""]\nmodel = "x"\n')
    assert file.settings[("model",)] == "x"
    assert file.place(("model",)) == "extract.toml"


def test_the_table_of_a_command_wins_over_those_around_it(tmp_path: Path) -> None:
    file = read(tmp_path, "offline = false\n[models]\noffline = true\n[run]\nmax-tokens = 1\n")
    assert file.find(("models", "pull"), "offline") == ("models", "offline")
    assert file.find(("run",), "offline") == ("offline",)
    assert file.find(("run",), "max-tokens") == ("run", "max-tokens")
    assert file.find(("prompt",), "max-tokens") is None


def test_a_byte_order_mark_and_windows_lines_are_fine(tmp_path: Path) -> None:
    file = read(tmp_path, b'\xef\xbb\xbfmodel = "x"\r\n[run]\r\nmax-tokens = 5\r\n')
    assert file.settings == {("model",): "x", ("run", "max-tokens"): 5}
    assert file.place(("run", "max-tokens")) == "extract.toml:3"


TYPES = [
    ("max-tokens = 900", True),
    ("max-tokens = 900.0", False),
    ("max-tokens = true", False),
    ('max-tokens = "900"', False),
    (f"max-tokens = 0x{'f' * 5000}", False),
    ("timeout = 2", True),
    ("timeout = 2.5", True),
    ("timeout = false", False),
    ("offline = true", True),
    ("offline = 1", False),
    ('offline = "yes"', False),
    ("model = 'x'", True),
    ("model = 5", False),
    ("model = 2025-01-01", False),
    ('model = "a\\u0000b"', False),
    ("model = ['x']", False),
    ("model = {name = 'x'}", False),
    ("tags = ['a', 'b']", True),
    ("tags = []", True),
    ("tags = ['a', 1]", False),
    ("tags = 'a'", True),
    ("tags = 1", False),
]


@pytest.mark.parametrize(("line", "is_right"), TYPES, ids=[line[:24] for line, _ in TYPES])
def test_types_are_those_of_toml(tmp_path: Path, line: str, is_right: bool) -> None:
    if is_right:
        assert len(read(tmp_path, line).settings) == 1
        return
    with pytest.raises(UsageError, match=r"^extract\.toml:1: '[a-z-]+' has to be "):
        read(tmp_path, line)


FAULTS = [
    ("\nmax-tokns = 9", "extract.toml:2: unknown key 'max-tokns'", "did you mean max-tokens?"),
    ("[run]\nMODEL = 'x'", "extract.toml:2: unknown key 'MODEL' in [run]", "did you mean model?"),
    ("[models.pull]\nmodel = 'x'", "extract.toml:2: unknown key 'model' in [models.pull]", "known are offline"),
    ("'模型' = 1", "extract.toml:1: unknown key '模型'", "known are json, max-tokens, model, offline, schema, "),
    ("[rum]\nmodel = 'x'", "extract.toml:1: unknown table [rum]", "did you mean run?"),
    ("[models.push]\nmodel = 'x'", "extract.toml:1: unknown table [models.push]", "did you mean pull?"),
    ("[zzz]", "extract.toml:1: unknown table [zzz]", "known are models, run, schema"),
    ("run = 5", "extract.toml:1: 'run' is a table", "below [run] stand the options of that command"),
    ("[[run]]\nmodel = 'x'", "extract.toml:1: 'run' is a table", "below [run] stand"),
    ("max-tokens = 1\nmax_tokens = 2", "extract.toml: 'max-tokens' stands twice, with - and with _", "remove one"),
    ("model = 5", "extract.toml:1: 'model' has to be a text, not 5", "--no-config"),
    ("offline = 'yes'", "extract.toml:1: 'offline' has to be true or false, not 'yes'", "--no-config"),
    ("tags = 3", "extract.toml:1: 'tags' has to be a text, or a list of such, not 3", "--no-config"),
    ("api_key = 'sk-1'", "extract.toml:1: 'api-key': secrets are not read from a file", "set EXTRACT_API_KEY in the"),
    ("[run]\nOPENAI-API-KEY = 's'", "extract.toml:2: 'OPENAI-API-KEY': secrets are not", "set EXTRACT_API_KEY in the"),
    ("key = 's'", "extract.toml:1: 'key': secrets are not read from a file", "set EXTRACT_API_KEY in the"),
    ("a = 1\nb 2\n", "extract.toml:2:3: not TOML: Expected '=' after a key", "--no-config"),
    ("model = 'a'\nmodel = 'b'\n", "extract.toml:2:12: not TOML: Cannot overwrite a value", "--no-config"),
    ("model = 'a", "extract.toml: not TOML: ", "--no-config"),
    ("schema = 'news'\n[schema.check]\njson = true", "extract.toml:2:14: not TOML: ", "put the option below [run]"),
    (f"a = {'[' * 9000}", "extract.toml: nested too deep", "--no-config"),
    (f"a = {'1' * 9000}", "extract.toml: not TOML: ", "--no-config"),
    (b"a = 1\nb = '\xc4\xe3'\n", "extract.toml:2: not UTF-8", "as UTF-8"),
]


@pytest.mark.parametrize(("text", "message", "hint"), FAULTS, ids=[message[:60] for _, message, _ in FAULTS])
def test_faults_name_file_line_and_what_to_try(tmp_path: Path, text: str | bytes, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(message)
    assert hint in (caught.value.hint or "")
    assert "sk-1" not in str(caught.value)


def test_a_folder_a_dangling_link_and_what_cannot_be_read_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "extract.toml"
    folder.mkdir()
    with pytest.raises(UsageError, match=r"(?m)^extract\.toml: is a folder, not a file$"):
        config.read(folder, "here", TREE)
    link = tmp_path / "link"
    link.symlink_to("nowhere")
    with pytest.raises(UsageError, match="link: No such file or directory"):
        config.read(link, "above", TREE)
    with pytest.raises(UsageError, match=r"(?m)^/dev/null: is not a file$"):
        config.read(Path("/dev/null"), "above", TREE)
    with pytest.raises(UsageError, match=r"(?m)^/proc/self/mem: Input/output error$"):
        config.read(Path("/proc/self/mem"), "above", TREE)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    write(tmp_path, "").chmod(0)
    with pytest.raises(UsageError, match="Permission denied"):
        config.read(tmp_path / "extract.toml", "here", TREE)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("api-key", True), ("API_KEY", True), ("password", True), ("access-token", True), ("max-tokens", False),
     ("keywords", False), ("model", False), ("secret", True)],
)  # fmt: skip
def test_secrets_are_told_from_other_names(name: str, is_one: bool) -> None:
    assert config.is_secret(name) is is_one


def test_code_is_run_on_the_word_of_files_here_and_of_the_own_one_only(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    told = {reach: config.read(path, reach, TREE).distrust() for reach in ("here", "above", "own")}
    assert told == {"here": None, "above": "is in a folder above the current one", "own": None}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("is_link", [False, True], ids=["file", "link"])
def test_a_file_that_another_user_planted_is_refused(tmp_path: Path, is_link: bool) -> None:
    path = write(tmp_path / "open", "not even TOML" if not is_link else "")
    if is_link:
        path = path.with_name("link")
        path.symlink_to("extract.toml")
    os.chown(path, 12345, 12345, follow_symlinks=False)
    with pytest.raises(UsageError, match="belongs to another user, and is in a folder above the current one") as caught:
        config.read(path, "above", TREE)
    assert "--no-config" in (caught.value.hint or "")
    path.parent.chmod(0o1777)
    for reach in ("here", "above"):
        with pytest.raises(UsageError, match="belongs to another user, and is in a folder open to all"):
            config.read(path, reach, TREE)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_folder_that_others_cannot_write_to_is_chosen_with_the_file_in_it(tmp_path: Path) -> None:
    path = write(tmp_path / "theirs", "offline = true")
    os.chown(path, 12345, 12345)
    assert config.read(path, "here", TREE).settings == {("offline",): True}
    path.parent.chmod(0o1777)
    assert config.read(path, "own", TREE).settings == {("offline",): True}
    os.chown(path, 0, 0)
    assert config.read(path, "here", TREE).settings == {("offline",): True}
