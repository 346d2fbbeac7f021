"""Formats: what the checker takes, and what the decoder is told of them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from llguidance import LLMatcher, LLTokenizer

from extractor.formats import CHECKER, SHAPES

BYTES = LLTokenizer("byte")
ROOT = Path(__file__).parents[2]

# format: (valid, of those what the decoder does not admit; invalid)
SAMPLES: dict[str, tuple[list[str], list[str], list[str]]] = {
    "date": (
        ["2026-03-31", "2024-02-29", "2000-02-29", "0000-02-29", "9999-12-31"],
        [],
        ["2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "26-01-01", "2026-1-01",
         "2026-03-31 ", "٢٠٢٦-03-31", "2026-03-31T", "2026-W14-2", "20260331", ""],
    ),
    "time": (
        ["07:05:59Z", "07:05:59.25+08:00", "23:59:60z", "00:59:60+01:00", "18:29:60-05:30", "00:06:60+00:07"],
        ["00:06:60+00:07"],
        ["07:05Z", "07:05:59", "24:00:00Z", "07:60:00Z", "07:05:61Z", "22:59:60Z", "23:59:60+00:01", "07:05:59+24:00",
         "07:05:59+0800", "07:05:59.Z", "7:05:59Z", "07:05:59Z ", ""],
    ),
    "date-time": (
        ["2026-03-31T07:05:59Z", "2026-03-31t07:05:59.123456789-11:30", "2016-12-31T23:59:60Z"],
        [],
        ["2026-03-31", "2026-03-31 07:05:59Z", "2026-03-31T07:05:59", "2026-02-30T07:05:59Z", "2026-03-31T25:05:59Z",
         "2026-03-31T07:05:59Z\n", "2016-12-31T22:59:60Z", ""],
    ),
    "time-local": (["07:05:59", "23:59:59.25"], [], ["07:05", "07:05:59Z", "24:00:00", "07:05:60", ""]),
    "date-time-local": (
        ["2026-03-31T07:05:59", "2024-02-29t07:05:59.5"],
        [],
        ["2026-03-31T07:05:59Z", "2026-03-31T07:05:59+08:00", "2026-02-29T07:05:59", "2026-03-31", ""],
    ),
    "duration": (
        ["P3Y6M4DT12H30M5S", "PT0S", "P7W", "P1M", "PT1M", "P10D", "P1YT5H"],
        [],
        ["P", "PT", "P1", "3D", "P1Y3D", "P1W2D", "PT1.5S", "-P1D", "P1S", "PT5H3S", "p1d", ""],
    ),
    "email": (
        ["ann@library.example", "a.b+tag@x-y.org", "!#$%&'*+-/=?^_`{|}~@a", "n@[10.0.0.7]", '"q \\" q"@x.org',
         "n@[IPv6:fe80::7]", f"{'l' * 64}@x.org"],
        ['"q \\" q"@x.org', "n@[IPv6:fe80::7]"],
        ["ann", "@x.org", "ann@", "a..b@x.org", ".a@x.org", "a.@x.org", "a b@x.org", "a@x..org", "a@-x.org",
         "a@x_y.org", "a@[10.0.0.256]", "a@x.org, b@x.org", "书@x.org", f"{'l' * 65}@x.org", f"a@{'l' * 64}.org", ""],
    ),
    "idn-email": (
        ["书虫@图书馆.中国", "ann@library.example", "ñ@x.org"],
        [],
        ["书虫", "书@-馆", "@图书馆", "书 虫@x.org", ""],
    ),
    "hostname": (
        ["library.example", "a", "7up.org", "x--y.org", "a" * 63, "xn--bcher-kva.example", "XN--BCHER-KVA.example"],
        [],
        ["", ".", "library.", ".example", "a..b", "-a.org", "a-.org", "a_b.org", "a" * 64, "bücher.example", "a b",
         ".".join(["a" * 60] * 5), "xn--0", "xn--bcher"],
    ),
    "idn-hostname": (
        ["bücher.example", "图书馆。中国", "library.example"],
        [],
        ["", ".", "bücher.", "。中国", "-bücher", "a_b", "bü cher", "ü" * 70, "\u0301a"],
    ),
    "ipv4": (
        ["0.0.0.1", "10.20.30.40", "255.255.255.255"],
        [],
        ["10.20.30", "10.20.30.256", "10.20.030.4", "10.2.3.4.5", "٣.2.3.4", ""],
    ),
    "ipv6": (
        ["::", "::7", "fe80::1:2", "1:2:3:4:5:6:7:8", "1::8", "1:2:3:4:5:6:7::", "::ffff:10.0.0.7",
         "1:2:3:4:5:6:10.0.0.7"],
        [],
        [":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::g", "fe80::1%eth0", "10.0.0.7",
         "::10.0.0.256", ""],
    ),
    "uuid": (
        ["0b6c7c0e-61a5-4e0f-9c1d-3a5f0e2b7d11", "0B6C7C0E-61A5-4E0F-9C1D-3A5F0E2B7D11"],
        [],
        ["0b6c7c0e61a54e0f9c1d3a5f0e2b7d11", "{0b6c7c0e-61a5-4e0f-9c1d-3a5f0e2b7d11}",
         "0b6c7c0e-61a5-4e0f-9c1d-3a5f0e2b7d1g", ""],
    ),
    "uri": (
        ["https://library.example:8080/a/b;c=1?q=x%20y&z#top", "mailto:ann@library.example", "urn:isbn:9780141036144",
         "tel:+86-10-1", "file:///etc/hosts", "http://[fe80::7]/", "http://[v1.x:y]/", "http://u:p@h/", "a:", "x://",
         "http://999.1.1.1"],
        [],
        ["library.example", "//library.example/a", "/a", "", "1a:b", "a_b://c", "http://a b", "http://a/%zz",
         "http://a/%2", "http://[::1", "http://a:8x/", "http://图书馆.中国/", "http://a/<b>", 'http://a/"', "http://a/\\",
         "http://[::1%25eth0]/", "http://a\n", "http:/[::1]"],
    ),
    "uri-reference": (
        ["../a?b#c", "//h/p", "", "#x", "a/b:c", "https://x.example"],
        [],
        ["a:b:%", "1:2", "a b", "\\", "#a#b"],
    ),
    "iri": (
        ["http://图书馆.中国/书?名=值#顶", "http://h/?\ue000", "https://x.example"],
        [],
        ["/书", "书", "http://图 书", "http://h/\ue000", "http://h/\ufdd0"],
    ),
    "iri-reference": (["/书", "书", "", "#顶", "//图书馆"], [], ["书 名", "\\书", "书:%"]),
    "url": (["https://library.example/"], [], ["library.example", "https://a b"]),
    "multi-host-uri": (
        ["postgres://u:p@one:1,two:2/db?x=1", "mongodb://one,two,three"],
        [],
        ["postgres:db", "one,two", "postgres://a b,c"],
    ),
    "uri-template": (
        ["/books/{isbn}{?page,size*}", "{+base}/x", "{/a.b:3}", "", "/书/{name}"],
        [],
        ["{", "}", "{}", "{a:0}", "{a,}", "{-x}", "a b", "%z", "{名}"],
    ),
    "json-pointer": (["", "/", "/a/0/~0~1", "/书//x"], [], ["a", "/~", "/~2", "#/a"]),
    "relative-json-pointer": (
        ["0", "1/a", "2#", "10/~1", "0-1/a"],
        [],
        ["", "/a", "01", "-1", "1##", "0-0/a", "0+"],
    ),
    "byte": (["", "Ym9vaw==", "Ym9va3M=", "Ym9v"], [], ["Ym9vaw", "Ym9v=", "Ym_v", "Ym9v\n"]),
    "base64url": (["Ym_-", "Ym8", "Ym8="], [], ["Ym+/", "Y"]),
    "decimal": (["0", "-12.50", "+.5", "1.", "6e23"], [], ["", ".", "1,5", "e5", "0x1", "٣"]),
    "ipv4network": (["10.0.0.0/8", "10.1.0.0/16"], [], ["10.0.0.1/8", "10.0.0.0/33", "10.0.0/8"]),
    "ipv6network": (["fe80::/10", "::/0"], [], ["fe80::1/10", "::/129"]),
    "ipvanynetwork": (["10.0.0.0/8", "fe80::/10"], [], ["10.0.0.1/8", "x"]),
    "ipv4interface": (["10.0.0.1/8", "10.0.0.1"], [], ["10.0.0.1/33"]),
    "ipv6interface": (["fe80::1/64", "::1"], [], ["::1/129", "10.0.0.1"]),
    "ipvanyinterface": (["10.0.0.1/8", "fe80::1/64"], [], ["x/8"]),
    "ipvanyaddress": (["10.0.0.1", "fe80::1"], [], ["10.0.0.1/8", "x"]),
    "regex": (
        ["^a(?:b|c)*$", r"\p{L}", r"(?<y>\d)\k<y>", "(?i:a)", ""],
        [],
        ["(", "a**", r"\Z", r"\a", "(?P<y>a)", "(?i)a", "[b-a]", r"\p{Nowhere}"],
    ),
    "json-string": (['{"a": [1]}', "null"], [], ["{", "'a'", "", "[" * 100_000]),
}  # fmt: skip


def pairs(column: int) -> list[Any]:
    return [
        pytest.param(name, text, id=f"{name}-{text!r:.40}") for name, row in SAMPLES.items() for text in row[column]
    ]


@pytest.mark.parametrize(("name", "text"), pairs(0))
def test_valid(name: str, text: str) -> None:
    assert CHECKER.conforms(text, name)


@pytest.mark.parametrize(("name", "text"), pairs(2))
def test_invalid(name: str, text: str) -> None:
    assert not CHECKER.conforms(text, name)


@pytest.mark.parametrize("version", range(1, 9))
def test_each_version_of_a_uuid(version: int) -> None:
    assert CHECKER.conforms(f"0b6c7c0e-61a5-{version}e0f-9c1d-3a5f0e2b7d11", f"uuid{version}")
    assert not CHECKER.conforms(f"0b6c7c0e-61a5-{version % 8 + 1}e0f-9c1d-3a5f0e2b7d11", f"uuid{version}")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("int32", [0, 2**31 - 1, -(2**31), 7.0], [2**31, -(2**31) - 1, 0.5]),
        ("int64", [2**63 - 1, -(2**63)], [2**63, 1e30, float("inf")]),
        ("float", [3e38, -3e38, 5], [4e38, 10**39]),
        ("double", [1e308, 10**308], [10**309, float("inf")]),
    ],
)
def test_numbers(name: str, good: list[float], bad: list[float]) -> None:
    assert [value for value in good if not CHECKER.conforms(value, name)] == []
    assert [value for value in bad if CHECKER.conforms(value, name)] == []
    assert CHECKER.conforms("many", name)
    assert CHECKER.conforms(True, name)


@pytest.mark.parametrize("value", [7, 7.5, True, None, [], {}])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_format_of_texts_is_about_texts_only(name: str, value: Any) -> None:
    assert CHECKER.conforms(value, name)


@pytest.mark.parametrize("name", ["binary", "password", "path", "file-path", "color", "no such format", ""])
def test_a_format_without_meaning_never_fails(name: str) -> None:
    assert CHECKER.conforms("what\x00ever", name)


@pytest.mark.parametrize("draft", [Draft4Validator, Draft202012Validator])
def test_the_checker_serves_every_draft(draft: Any) -> None:
    schema = {"properties": {"day": {"format": "date"}, "page": {"format": "iri"}}}
    errors = draft(schema, format_checker=CHECKER).iter_errors({"day": "2026-02-29", "page": "书"})
    assert {error.message for error in errors} == {"'2026-02-29' is not a 'date'", "'书' is not a 'iri'"}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("text", ["a", "a.", "a:", "1", "/", "a@", "p://a,", "a-", "%41", "{a}"])
def test_a_long_text_takes_no_time(name: str, text: str) -> None:
    started = time.process_time()
    CHECKER.conforms(text * 20_000 + "\\", name)
    assert time.process_time() - started < 3


def test_many_hosts_take_no_time() -> None:
    started = time.process_time()
    assert CHECKER.conforms("p://" + "a," * 20_000, "multi-host-uri")
    assert not CHECKER.conforms("p://" + "a," * 20_000 + "\\", "multi-host-uri")
    assert time.process_time() - started < 3


def test_start_up_loads_no_library_for_one_format() -> None:
    heavy = ["idna", "regex", "llguidance", "uuid", "base64", "fqdn", "rfc3987_syntax", "webcolors"]
    code = "import sys, jsonschema; before = {*sys.modules}; import extractor.formats; print({*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "extractor.formats" in done.stdout
    assert [name for name in heavy if f"'{name}'" in done.stdout] == []


# --- shapes --------------------------------------------------------------------------------------------------


def matcher_of(name: str, **bounds: Any) -> LLMatcher:
    shape = SHAPES[name]
    node: dict[str, Any] = {"type": "string", **bounds}
    node |= {"format": name} if shape.native else {"pattern": shape.pattern} if shape.pattern else {}
    matcher = LLMatcher(BYTES, f"%llguidance {{}}\nstart: %json {json.dumps(node)}")
    assert not matcher.get_error()
    return matcher


compiled = lru_cache(maxsize=64)(matcher_of)  # to be copied: compiling takes longer than many texts


def admits(name: str, text: str, **bounds: Any) -> bool:
    matcher = compiled(name, **bounds).deep_copy()
    tokens = list(json.dumps(text, ensure_ascii=False).encode())
    if matcher.validate_tokens(tokens) < len(tokens):
        return False
    matcher.consume_tokens(tokens)
    return bool(matcher.is_accepting())


def walked(name: str, dice: random.Random) -> str:
    """A text that the decoder could write, each byte by chance."""
    matcher = compiled(name, maxLength=min(60, SHAPES[name].longest)).deep_copy()
    written = b""
    while not matcher.is_stopped():
        allowed = [byte for byte, bias in enumerate(matcher.compute_logit_bias()[:256]) if bias]
        byte = ord('"') if written and ord('"') in allowed and dice.random() < 0.1 else dice.choice(allowed)
        matcher.consume_token(byte)
        written += bytes([byte])
        if len(written) > 1 and matcher.is_accepting():
            break
    return str(json.loads(written))


@pytest.mark.parametrize(("name", "text"), pairs(0))
def test_the_decoder_admits_what_is_valid(name: str, text: str) -> None:
    assert admits(name, text) is (text not in SAMPLES[name][1])
    assert len(text) <= SHAPES[name].longest


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if not shape.rest])
def test_a_shape_without_rest_admits_nothing_else(name: str) -> None:
    dice = random.Random(7)
    written = [walked(name, dice) for _ in range(25)]
    assert [text for text in written if not CHECKER.conforms(text, name)] == []
    assert len(set(written)) > 5
    assert [text for text in SAMPLES.get(name, ([], [], []))[2] if admits(name, text)] == []


RESTS = {
    "email": f"{'l' * 65}@x.org",
    "hostname": "xn--0",
    "idn-hostname": "ab--c",
    "idn-email": "a@üb--c",
    "ipv4network": "10.0.0.1/8",
    "ipv6network": "::1/8",
    "ipvanynetwork": "10.0.0.1/8",
    "regex": "(",
    "json-string": "{",
}


def test_the_rest_is_named_where_a_shape_admits_too_much() -> None:
    assert {name for name, shape in SHAPES.items() if shape.rest} == RESTS.keys()
    assert [name for name, text in RESTS.items() if CHECKER.conforms(text, name) or not admits(name, text)] == []


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_compiles_at_once_beside_its_bound(name: str) -> None:
    started = time.process_time()
    matcher_of(name, maxLength=SHAPES[name].longest)
    assert time.process_time() - started < 3
    assert SHAPES[name].native is (SHAPES[name].pattern is None and name not in ("regex", "json-string"))


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_checked(name: str) -> None:
    assert name in CHECKER.checkers
