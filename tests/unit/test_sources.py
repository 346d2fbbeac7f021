"""Finding and loading documents."""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path

import pytest

from extractor.errors import SourceError, UsageError
from extractor.loaders import Reading
from extractor.loaders.encodings import decode, find_alphabet
from extractor.sources import (
    MOST_BYTES,
    MOST_TEXT_BYTES,
    Source,
    Wanted,
    discover,
    find,
    is_missing,
    is_single,
    load,
)
from extractor.types import Document


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(f"text of {name}")


def names(*arguments: str) -> list[str]:
    found = list(discover(arguments))
    assert [source.fault for source in found] == [None] * len(found)
    return [source.name for source in found]


def fault_of(name: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        load(Source(name))
    return caught.value


# --- discover ------------------------------------------------------------------------------------------------


def test_files_come_in_the_order_given_and_as_often() -> None:
    put("b.txt", "a.txt")
    assert names("b.txt", "a.txt", "-", "b.txt") == ["b.txt", "a.txt", "-", "b.txt"]


def test_a_file_that_is_named_may_have_any_suffix() -> None:
    put("notes.log")
    assert names("notes.log") == ["notes.log"]


def test_a_folder_gives_its_text_files_sorted_folder_by_folder() -> None:
    put("d/b.txt", "d/a.md", "d/B.TXT", "d/c/x.markdown", "d/c/w.text", "d/a/z.txt", "d/image.png", "d/data.json")
    assert names("d") == ["d/B.TXT", "d/a/z.txt", "d/a.md", "d/b.txt", "d/c/w.text", "d/c/x.markdown"]


@pytest.mark.parametrize("suffix", [".txt", ".text", ".md", ".markdown"])
def test_suffixes(suffix: str) -> None:
    put(f"d/a{suffix}")
    assert names("d") == [f"d/a{suffix}"]


def test_hidden_files_and_folders_are_passed_over() -> None:
    put("d/a.txt", "d/.hidden.txt", "d/.git/b.txt", "d/c/.x.md")
    assert names("d") == ["d/a.txt"]


def test_a_hidden_folder_that_is_named_is_meant() -> None:
    put(".d/a.txt")
    assert names(".d") == [".d/a.txt"]


def test_links_to_folders_are_passed_over_so_that_loops_end() -> None:
    put("d/a.txt", "other/b.txt")
    Path("d/loop").symlink_to("..", target_is_directory=True)
    Path("d/other").symlink_to(Path("other").absolute(), target_is_directory=True)
    Path("d/gone.txt").symlink_to("nowhere.txt")
    assert names("d") == ["d/a.txt", "d/gone.txt"]


def test_a_link_to_itself_does_not_end_the_run() -> None:
    put("d/a.txt", "d/z.txt")
    Path("d/m.txt").symlink_to("m.txt")
    found = [source.name for source in discover(["d"])]
    assert found[0] == "d/a.txt"
    assert found[-1] == "d/z.txt"


def test_links_to_files_are_followed() -> None:
    put("d/a.txt", "b.txt")
    Path("d/link.txt").symlink_to(Path("b.txt").absolute())
    assert names("d") == ["d/a.txt", "d/link.txt"]


def test_a_link_to_a_folder_that_is_named_is_meant() -> None:
    put("d/a.txt")
    Path("link").symlink_to("d", target_is_directory=True)
    assert names("link") == ["link/a.txt"]


def test_a_pipe_in_a_folder_is_passed_over() -> None:
    put("d/a.txt")
    os.mkfifo("d/pipe.txt")
    assert names("d") == ["d/a.txt"]


def test_patterns_are_sorted_and_give_files_of_any_suffix() -> None:
    put("b.txt", "a.txt", "c.log", "d.txt/x.txt")
    assert names("*.txt") == ["a.txt", "b.txt"]
    assert names("*.log") == ["c.log"]


def test_patterns_may_go_down() -> None:
    put("d/a.txt", "d/e/b.txt", "d/.h/c.txt", "d/e/x.md")
    assert names("d/**/*.txt") == ["d/a.txt", "d/e/b.txt"]


def test_a_file_with_the_name_of_a_pattern_is_that_file() -> None:
    put("a[1].txt", "a1.txt")
    assert names("a[1].txt") == ["a[1].txt"]
    assert is_single(["a[1].txt"])


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ("empty", "empty: no document in this folder"),
        ("*.none", "*.none: no file matches this pattern"),
        ("only/folders/*", "only/folders/*: no file matches this pattern"),
    ],
)
def test_nothing_found_is_a_source_with_a_fault(argument: str, why: str) -> None:
    Path("empty").mkdir()
    put("empty/x.json", "only/folders/a/b.txt", "z.txt")
    found = list(discover([argument, "z.txt"]))
    assert [source.name for source in found] == [argument, "z.txt"]
    assert str(found[0].fault) == why
    assert found[0].fault is not None
    assert found[0].fault.hint
    with pytest.raises(SourceError, match="no "):
        load(found[0])


def test_a_missing_file_is_found_out_by_load() -> None:
    [source] = discover(["nowhere.txt"])
    assert source == Source("nowhere.txt")
    assert str(fault_of("nowhere.txt")) == "nowhere.txt: no such file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list everything")
def test_a_folder_that_cannot_be_listed_is_a_fault_among_others() -> None:
    put("d/a/x.txt", "d/b/y.txt")
    Path("d/a").chmod(0)
    try:
        found = list(discover(["d"]))
    finally:
        Path("d/a").chmod(0o700)
    assert [source.name for source in found] == ["d/a", "d/b/y.txt"]
    assert "Permission denied" in str(found[0].fault)


def test_discovery_is_lazy() -> None:
    put("a.txt", "d/b.txt")

    def arguments() -> object:
        yield "a.txt"
        yield "d"
        raise AssertionError("asked too early")

    found = discover(arguments())  # type: ignore[arg-type]
    assert next(found).name == "a.txt"
    assert next(found).name == "d/b.txt"


@pytest.mark.parametrize(
    ("arguments", "single"),
    [
        (["a.txt"], True),
        (["nowhere.txt"], True),
        (["-"], True),
        (["a.txt", "a.txt"], False),
        (["-", "a.txt"], False),
        (["d"], False),
        (["*.txt"], False),
        (["a?.txt"], False),
        ([], False),
    ],
)
def test_is_single(arguments: list[str], single: bool) -> None:
    put("a.txt", "d/b.txt")
    assert is_single(arguments) is single


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        (Source("a.txt"), False),
        (Source("nowhere.txt"), True),
        (Source("-"), False),
        (Source("a.txt", SourceError("gone")), True),
    ],
)
def test_is_missing(source: Source, missing: bool) -> None:
    put("a.txt")
    assert is_missing(source) is missing


# --- load ----------------------------------------------------------------------------------------------------

CHINESE = "今天天气很好，我们去公园散步。明天可能会下雨，记得带伞。"


@pytest.mark.parametrize(
    ("data", "text", "note"),
    [
        pytest.param(b"the sea", "the sea", None, id="ASCII"),
        pytest.param("die Straße 海".encode(), "die Straße 海", None, id="UTF-8"),
        pytest.param("\ufeffthe sea".encode(), "the sea", None, id="UTF-8 with BOM"),
        pytest.param("\ufeff海 and sea".encode("utf-16-le"), "海 and sea", "utf_16", id="UTF-16 LE with BOM"),
        pytest.param("\ufeff海 and sea".encode("utf-16-be"), "海 and sea", "utf_16", id="UTF-16 BE with BOM"),
        pytest.param("海 and sea".encode("utf-32"), "海 and sea", "utf_32", id="UTF-32 with BOM"),
        pytest.param(CHINESE.encode("gb18030"), CHINESE, "gb", id="GB 18030"),
        pytest.param(
            "今日は天気がいいので公園を散歩します。".encode("cp932"),
            "今日は天気がいいので公園を散歩します。",
            "cp932",
            id="Shift JIS",
        ),
        pytest.param(b"one\r\ntwo\rthree", "one\r\ntwo\rthree", None, id="line ends as they are"),
        pytest.param(b"  \n x", "  \n x", None, id="space as it is"),
    ],
)
def test_load(data: bytes, text: str, note: str | None) -> None:
    Path("a.txt").write_bytes(data)
    document = load(Source("a.txt"))
    assert (document.source, document.text) == ("a.txt", text)
    assert len(document.notes) == (note is not None)
    assert all(found.startswith(f"not UTF-8, decoded as {note}") for found in document.notes)


GERMAN = "Die Brücke über die Förde wurde gestern eröffnet; Müller schätzt die Kosten auf 3 €. " * 5


@pytest.mark.parametrize(
    ("data", "text", "notes"),
    [
        (CHINESE.encode()[:-1], f"{CHINESE[:-1]}\ufffd", ["no UTF-8 in 1 place: U+FFFD stands there"]),
        (f"{GERMAN}ü".encode()[:-1], f"{GERMAN}\ufffd", ["no UTF-8 in 1 place: U+FFFD stands there"]),
        (
            b"%s\xff%s\xff" % (GERMAN.encode(), CHINESE.encode()),
            f"{GERMAN}\ufffd{CHINESE}\ufffd",
            ["no UTF-8 in 2 places: U+FFFD stands there"],
        ),
        (
            CHINESE.encode("gbk")[:-1],
            f"{CHINESE[:-1]}\ufffd",
            ["not UTF-8, decoded as gb18030", "no GB18030 in 1 place: U+FFFD stands there"],
        ),
        (
            CHINESE.encode("utf-16")[:-1],
            f"{CHINESE[:-1]}\ufffd",
            ["not UTF-8, decoded as utf_16", "no UTF_16 in 1 place: U+FFFD stands there"],
        ),
        (("caf\xe9, " * 9).encode("cp1252"), "café, " * 9, ["not UTF-8, decoded as cp1252"]),  # no character is whole
    ],
    ids=["cut", "cut German", "within", "cut GBK", "cut UTF-16", "Western"],
)
def test_a_text_of_which_a_few_bytes_are_broken(data: bytes, text: str, notes: list[str]) -> None:
    Path("a.txt").write_bytes(data)
    document = load(Source("a.txt"))
    assert (document.text, [*document.notes]) == (text, notes)


def test_what_others_name_an_encoding_is_taken_at_its_word_where_most_is_true() -> None:
    broken = b"%s\xff\n%s" % (CHINESE.encode("gbk"), CHINESE.encode("gbk"))
    assert decode("a", broken, "gbk") == (
        f"{CHINESE}\ufffd\n{CHINESE}",
        ("no GB18030 in 1 place: U+FFFD stands there",),
    )
    text = f"{CHINESE[:6]}\ufffd"
    assert decode("a", text.encode() + b"\xff", "utf-8")[0] == f"{text}\ufffd"  # it has one of its own
    for lie in ("utf-8", "utf-16"):
        assert decode("a", b"caf\xe9 and so on.", lie) == decode("a", b"caf\xe9 and so on.")


def test_a_long_text_of_another_encoding_is_not_tried_in_vain() -> None:
    data = "Le café est fermé à midi. ".encode("cp1252") * 1_000_000
    began = time.process_time()
    assert decode("a", data)[1] == ("not UTF-8, decoded as cp1252",)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.txt", b"", "a.txt: empty"),
        ("a.txt", bytes(range(1, 256)) * 9, "a.txt: binary, not text"),
        ("a.txt", bytes(range(128, 256)) * 9, "a.txt: binary, not text"),
        ("a.txt", b" \n\t\r\n", "a.txt: empty"),
        ("a.txt", b"\xef\xbb\xbf", "a.txt: empty"),
        ("a.txt", b"\xff\xfe", "a.txt: empty"),
        ("a.txt", b"the \x00 sea", "a.txt: binary, not text"),
        ("a.txt", bytes(range(256)) * 4, "a.txt: binary, not text"),
        ("a.md", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a.md: binary, not text"),
        ("a.pdf", b"", "a.pdf: empty"),
        ("a.txt", b"%PDF-1.7\n%\xe2\xe3", "a.txt: is damaged, or no PDF"),
        ("a.pdf", b"no magic", "a.pdf: is damaged, or no PDF"),
        ("A.DOCX", b"PK\x03\x04", "A.DOCX: is damaged: not a whole zip archive"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc: old Word files (.doc) cannot be read"),
        ("a.html", b"<script>1</script>", "a.html: no text in this page"),
    ],
)
def test_what_cannot_be_loaded(name: str, data: bytes, why: str) -> None:
    Path(name).write_bytes(data)
    fault = fault_of(name)
    assert str(fault) == why
    assert fault.hint
    assert fault.exit_code == 1


@pytest.mark.parametrize("text", ["café", "Åse", "Le café est fermé à midi, déjà vu où ça"])
def test_a_western_text_that_is_not_utf_8(text: str) -> None:
    Path("a.txt").write_bytes(text.encode("cp1252"))
    assert load(Source("a.txt")).text == text


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("artcle.txt", "did you mean article.txt?"),
        ("d/nots.md", "did you mean d/notes.md?"),
        ("zzz", None),
        ("no/x", None),
    ],
)
def test_a_missing_file_with_a_neighbour_of_nearly_that_name(name: str, hint: str | None) -> None:
    put("article.txt", "d/notes.md")
    assert fault_of(name).hint == hint


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert str(fault_of("-")) == "stdin: closed"


def test_a_folder_cannot_be_loaded() -> None:
    Path("d").mkdir()
    assert str(fault_of("d")) == "d: is a folder"


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "a.txt/b"])
def test_impossible_names_are_source_errors(name: str) -> None:
    put("a.txt")
    assert str(fault_of(name)).startswith(f"{name}: ")


def test_a_file_may_be_as_large_as_the_limit_and_no_larger() -> None:
    with Path("a.txt").open("wb") as file:
        file.write(b"a" * MOST_TEXT_BYTES)
    assert len(load(Source("a.txt")).text) == MOST_TEXT_BYTES
    with Path("a.txt").open("ab") as file:
        file.write(b"a")
    assert str(fault_of("a.txt")) == f"a.txt: larger than {MOST_TEXT_BYTES >> 20} MiB"
    with Path("a.pdf").open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(MOST_BYTES + 1)
    assert str(fault_of("a.pdf")) == f"a.pdf: larger than {MOST_BYTES >> 20} MiB"


def test_an_encoding_that_is_given_is_taken_whatever_the_bytes_look_like() -> None:
    put_bytes = Path("a.txt").write_bytes
    put_bytes("谢谢".encode("gbk"))  # which is 'лл' in UTF-8
    assert load(Source("a.txt", reading=Reading(charset="GB2312"))) == Document("a.txt", "谢谢")
    put_bytes("谢谢".encode("gbk") + b"\xff\xff")
    found = load(Source("a.txt", reading=Reading(charset="gbk")))
    assert found == Document("a.txt", "谢谢\ufffd\ufffd", ("no GB18030 in 2 places: U+FFFD stands there",))
    put_bytes(b"\xef\xbb\xbfsea")
    assert load(Source("a.txt", reading=Reading(charset="utf-8"))).text == "sea"
    put_bytes("sea 海".encode("utf-16-le"))
    assert load(Source("a.txt", reading=Reading(charset="utf-16-le"))).text == "sea 海"
    Path("a.html").write_bytes("<meta charset=utf-8><p>谢谢</p>".encode("gbk"))
    assert load(Source("a.html", reading=Reading(charset="gbk"))).text == "谢谢"
    Path("a.csv").write_bytes("text\n谢谢\n".encode("gbk"))
    (record,) = find(Wanted(("a.csv",), reading=Reading(charset="gbk")))
    assert load(record).text == "谢谢"


@pytest.mark.parametrize("name", ["klingon", "rot13", "hex", "undefined", "a\x00b", "\ud800"])
def test_a_name_of_no_encoding_is_refused_with_the_usual_ones(name: str) -> None:
    with pytest.raises(UsageError, match="no encoding of this name") as caught:
        find_alphabet(name)
    assert "gb18030" in str(caught.value.hint)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-32"])
def test_a_long_text_is_guessed_by_a_part_of_it(encoding: str) -> None:
    text = "Fares and tides.\n" * 20_000 + "海港大桥于六月通车，全长三百米。霜降图书馆也在同一天开放！\n" * 20_000
    Path("a.txt").write_bytes(text.encode(encoding))
    began = time.process_time()
    document = load(Source("a.txt"))
    assert document.text == text
    assert document.notes[0].startswith("not UTF-8, decoded as ")
    assert time.process_time() - began < 3


def test_what_a_part_does_not_tell_is_guessed_by_all() -> None:
    Path("a.txt").write_bytes(("la mer près du café. " * 20_000).encode("cp1252") + "海港大桥".encode())
    assert len(load(Source("a.txt")).text) > 400_000


def test_an_endless_file_is_not_read_to_its_end() -> None:
    assert "larger than" in str(fault_of("/dev/zero"))


@pytest.mark.parametrize(
    ("data", "text"),
    [("die Straße".encode(), "die Straße"), ("\ufeffsea".encode(), "sea"), ("\ufeff海".encode("utf-16-le"), "海")],
)
def test_standard_input_is_read_as_bytes(data: bytes, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="ascii"))
    document = load(Source("-"))
    assert (document.source, document.text) == ("stdin", text)


def test_a_fault_of_standard_input_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b" ")))
    assert str(fault_of("-")) == "stdin: empty"


def test_the_fault_of_a_source_is_raised() -> None:
    fault = SourceError("gone", hint="look elsewhere")
    with pytest.raises(SourceError) as caught:
        load(Source("a.txt", fault))
    assert (str(caught.value), caught.value.hint) == (str(fault), fault.hint)
