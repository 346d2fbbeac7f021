"""`extract text`, and documents that are no plain text in the other commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

FILES = Path(__file__).parent / "files"


def extract(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "extractor", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=120)


def test_it_prints_what_the_model_will_see() -> None:
    done = extract("text", FILES / "report.epub")
    assert done.returncode == 0
    assert done.stdout.decode().startswith("---\ntitle: The Lantern Bridge\nauthor: Ann Bell\ndate: 2025-06-15\n")
    assert done.stderr == b""


def test_from_standard_input() -> None:
    done = extract("text", "-", stdin=(FILES / "notice.html").read_bytes())
    assert b"| Single | " in done.stdout
    assert b"cookies" not in done.stdout
    assert b"cookies" in extract("text", "--raw", stdin=(FILES / "notice.html").read_bytes()).stdout


def test_the_outline_has_offsets_of_the_text() -> None:
    text = extract("text", FILES / "minutes.pdf").stdout.decode()
    lines = extract("text", "--outline", FILES / "minutes.pdf").stdout.decode().split("\n")
    starts = [int(line.split()[0]) for line in lines if line]
    assert [line.split()[1:] for line in lines if line] == [["page", "1"], ["page", "2"]]
    assert text[starts[1] :].startswith("Decisions")
    done = extract("text", "--outline", FILES / "report.docx")
    assert b"  # The Lantern Bridge\n" in done.stdout
    assert b"  ## Fares\n" in done.stdout


def test_several_as_json_lines_and_what_failed() -> None:
    done = extract("text", "--json", FILES / "minutes.pdf", FILES / "scan.pdf", FILES / "report.docx")
    first, second = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1
    assert b"scan.pdf: no text in its page, only pictures: a scan" in done.stderr
    assert first["pages"] == [0, first["text"].index("Decisions")]
    assert first["characters"] == len(first["text"])
    assert [section["title"] for section in second["sections"]][:2] == ["The Lantern Bridge", "Ferry and bridge"]
    assert second["metadata"] == {"title": "The Lantern Bridge", "author": "Ann Bell"}
    assert extract("text", FILES / "minutes.pdf", FILES / "report.docx").returncode == 2


def test_a_pattern_of_no_file_is_told_and_one_of_one_file_is_printed(tmp_path: Path) -> None:
    done = extract("text", tmp_path / "none*.xyz")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"none*.xyz: no file matches this pattern" in done.stderr
    (tmp_path / "a.md").write_text("The ferry.\n")
    assert extract("text", tmp_path / "*.md").stdout == b"The ferry.\n"
    (tmp_path / "b.md").write_text("Tides.")
    assert b"several documents" in extract("text", tmp_path / "*.md").stderr
    assert b"no file matches" in extract("text", tmp_path / "a.md", tmp_path / "none*").stderr


def test_a_guess_of_the_encoding_is_told_in_a_pipe_and_another_one_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("姓名,年龄\n张伟,30\n".encode("gb18030"))
    done = extract("text", tmp_path / "a.csv")
    assert done.stdout.decode() == "姓名,年龄\n张伟,30\n"
    assert b"a.csv: not UTF-8, decoded as gb18030; --charset NAME takes another one" in done.stderr
    done = extract("text", tmp_path / "a.csv", "--charset", "big5")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("俷靡,")
    done = extract("text", tmp_path / "a.csv", "--charset", "klingon")
    assert done.returncode == 2
    assert b"hint: usual ones: utf-8, gb18030" in done.stderr


def test_the_parts_as_json_cover_the_text(tmp_path: Path) -> None:
    text = "# The log\n\n" + "\n\n".join(f"## Day {day}\n\n{'It rained. ' * 30}" for day in range(9))
    (tmp_path / "a.md").write_text(text)
    (tmp_path / "b.md").write_text("Short.")
    done = extract("text", "--chunks", "--json", "--chunk-tokens", "100", tmp_path / "a.md", tmp_path / "b.md")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert "text" not in first
    assert len(first["chunks"]) > 5
    assert "".join(text[one["start"] : one["end"]] for one in first["chunks"]) == text
    assert all(one["lead"] <= one["start"] for one in first["chunks"])
    assert first["chunks"][-1]["headings"][0] == "The log"
    assert [(one["start"], one["end"]) for one in second["chunks"]] == [(0, 6)]
    assert extract("text", "--chunks", "--outline", tmp_path / "a.md").returncode == 2


def test_a_long_text_is_printed_whole(tmp_path: Path) -> None:
    text = "".join(f'# {number}\n\n"海港" \\ 😀\t{number}\n\f\n' for number in range(60_000))
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    assert len(text) > 1 << 20
    assert extract("text", tmp_path / "a.md").stdout.decode() == text
    found = json.loads(extract("text", tmp_path / "a.md", "--json").stdout)
    assert found["text"] == text
    lines = extract("text", tmp_path / "a.md", "--outline").stdout.decode().splitlines()
    assert [int(line.split()[0]) for line in lines] == sorted(
        [*found["pages"], *(section["start"] for section in found["sections"])]
    )


def test_a_loader_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("def read(data, name):\n    return data.decode().upper()\n")
    done = extract("text", "--loader", f"{tmp_path / 'own.py'}:read", "-", stdin=b"sea")
    assert done.stdout == b"SEA\n"
    done = extract("text", "--loader", f"{tmp_path / 'own.py'}:none", "-", stdin=b"sea")
    assert done.returncode == 2


def test_spans_lead_back_to_the_page(tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answer = {"place": "Lantern Bridge", "fare": 3.2, "secretary": "nobody"}
    answers.write_text(json.dumps({"text": answer}) + "\n")
    spec = "place, fare float, secretary"
    done = extract("run", FILES / "minutes.pdf", "-s", spec, "-m", f"replay:{answers}", "--full")
    record = json.loads(done.stdout)
    text = extract("text", FILES / "minutes.pdf").stdout.decode()
    spans = record["spans"]
    assert {where: span["page"] for where, span in spans.items()} == {"/place": 2, "/fare": 1}
    assert text[spans["/place"]["start"] : spans["/place"]["end"]] == "Lantern Bridge"


def test_a_folder_has_documents_of_every_kind(tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"text": {"a": "x"}}\n' * 20)
    out = tmp_path / "out.jsonl"
    done = extract("batch", FILES, "-s", "a str", "-m", f"replay:{answers}", "--out", out)
    names = {Path(json.loads(line)["source"]).name for line in out.read_text().splitlines()}
    assert names == {path.name for path in FILES.iterdir()}
    assert done.returncode == 1
    assert b"encrypted.pdf: is encrypted: it needs a password" in done.stderr
