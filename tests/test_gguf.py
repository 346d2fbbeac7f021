"""The header reader, on headers made here byte by byte."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any

import pytest

from extractor.errors import UsageError
from extractor.gguf import Header, read_header

if TYPE_CHECKING:
    from pathlib import Path

QWEN = {
    "general.architecture": "qwen2",
    "general.name": "Tiny",
    "qwen2.context_length": 32768,
    "qwen2.block_count": 28,
    "qwen2.embedding_length": 1536,
    "qwen2.attention.head_count": 12,
    "qwen2.attention.head_count_kv": 2,
}


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def pair(key: str, value: Any) -> bytes:
    if isinstance(value, str):
        return text(key) + struct.pack("<I", 8) + text(value)
    if isinstance(value, list) and isinstance(value[0], str):
        return text(key) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))
    if isinstance(value, list):
        return text(key) + struct.pack(f"<IIQ{len(value)}I", 9, 4, len(value), *value)
    return text(key) + struct.pack("<II", 4, value)


def gguf(pairs: dict[str, Any], *, tail: bytes = b"", count: int | None = None, version: int = 3) -> bytes:
    """A file's beginning; `tail` stands where the next pair would."""
    start = b"GGUF" + struct.pack("<IQQ", version, 0, len(pairs) + bool(tail) if count is None else count)
    return start + b"".join(pair(key, value) for key, value in pairs.items()) + tail


def read(tmp_path: Path, data: bytes) -> Header:
    path = tmp_path / "some.gguf"
    path.write_bytes(data)
    return read_header(path)


def refuse(tmp_path: Path, data: bytes) -> str:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, data)
    assert "some.gguf" in str(caught.value)
    assert caught.value.hint
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize("version", [2, 3])
def test_reads_what_the_launcher_needs(tmp_path: Path, version: int) -> None:
    pairs = QWEN | {"general.languages": ["en", "zh"]}
    header = read(tmp_path, gguf(pairs, version=version))
    assert header == Header("qwen2", "Tiny", 32768, ("en", "zh"), 2 * 28 * 2 * (128 + 128))


def test_explicit_key_and_value_lengths_count(tmp_path: Path) -> None:
    pairs = QWEN | {"qwen2.attention.key_length": 64, "qwen2.attention.value_length": 32}
    assert read(tmp_path, gguf(pairs)).kv_bytes_per_token == 2 * 28 * 2 * (64 + 32)


def test_heads_may_differ_from_layer_to_layer(tmp_path: Path) -> None:
    pairs = QWEN | {"qwen2.block_count": 3, "qwen2.attention.head_count_kv": [0, 4, 2]}
    assert read(tmp_path, gguf(pairs)).kv_bytes_per_token == 2 * 6 * (128 + 128)


def test_without_kv_heads_every_head_counts(tmp_path: Path) -> None:
    pairs = {key: value for key, value in QWEN.items() if not key.endswith("kv")}
    assert read(tmp_path, gguf(pairs)).kv_bytes_per_token == 2 * 28 * 12 * (128 + 128)


def test_without_attention_the_cache_is_unknown(tmp_path: Path) -> None:
    assert read(tmp_path, gguf({"general.architecture": "rwkv", "rwkv.context_length": 9})).kv_bytes_per_token == 0


def test_other_kinds_of_values_are_passed_over(tmp_path: Path) -> None:
    floats = text("general.weights") + struct.pack("<IIQ", 9, 6, 100_000) + bytes(400_000)
    nested = text("general.nest") + struct.pack("<IIQIQ2B", 9, 9, 1, 7, 2, 1, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, len(QWEN) + 2) + floats + nested
    data = head + b"".join(pair(key, value) for key, value in QWEN.items())
    assert read(tmp_path, data).context_length == 32768


def test_stops_before_the_tokenizer(tmp_path: Path) -> None:
    """What follows the tokenizer's key is rubbish that any reader would trip over."""
    tail = text("tokenizer.ggml.tokens") + b"\xff" * 64
    assert read(tmp_path, gguf(QWEN, tail=tail, count=50)).name == "Tiny"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", "git LFS pointer"),
        (b"\n<!DOCTYPE html><html>", "HTML page"),
        (b"PK\x03\x04rest", "zip archive"),
        (b'\x40\0\0\0\0\0\0\0{"__metadata__"', "safetensors"),
        (b"GG", "b'GG'"),
        (b"GGUF\x03", "cut off"),
        (gguf(QWEN)[:-1], "cut off"),
        (gguf(QWEN, version=1), "version is 1"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 1), "big endian"),
        (gguf({}, count=1 << 40), "key-value pairs"),
        (gguf({"general.name": "no architecture"}), "architecture"),
        (gguf({"general.architecture": "clip"}), "clip.context_length"),
    ],
)
def test_says_what_it_is_instead(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in refuse(tmp_path, data)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (struct.pack("<IQ", 8, 1 << 62), "a string in it claims"),
        (struct.pack("<IIQ", 9, 4, 1 << 60), "an array in it claims"),
        (struct.pack("<IIQ", 9, 10, 9_999_999), "cut off"),
        (struct.pack("<I", 13), "unknown type 13"),
        (struct.pack("<IIQ", 9, 99, 1), "unknown type 99"),
        (struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 8, "unknown type 9"),
    ],
)
def test_hostile_lengths_and_types_are_refused(tmp_path: Path, value: bytes, words: str) -> None:
    assert words in refuse(tmp_path, gguf(QWEN, tail=text("general.evil") + value))


def test_a_hostile_key_is_refused(tmp_path: Path) -> None:
    assert "claims" in refuse(tmp_path, gguf(QWEN, tail=struct.pack("<Q", 1 << 63)))


def test_an_endless_header_is_refused_early(tmp_path: Path) -> None:
    """A sparse file of 1 GiB whose array of empty strings would take minutes to walk."""
    path = tmp_path / "some.gguf"
    path.write_bytes(gguf(QWEN, tail=text("general.evil") + struct.pack("<IIQ", 9, 8, 9_999_999)))
    os.truncate(path, 1 << 30)
    with pytest.raises(UsageError, match="far too large"):
        read_header(path)


def test_sizes_that_are_no_numbers_count_as_unknown(tmp_path: Path) -> None:
    assert read(tmp_path, gguf(QWEN | {"qwen2.block_count": "many"})).kv_bytes_per_token == 0


@pytest.mark.parametrize("name", ["missing.gguf", "."])
def test_unreadable_paths_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        read_header(tmp_path / name)
