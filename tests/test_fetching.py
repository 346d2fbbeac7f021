"""Pages by URL, from a real server on this machine, and what is not fetched."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from extractor.errors import SourceError
from extractor.loaders import Reading
from extractor.sources import Source, Wanted, find, is_missing, is_single, load
from extractor.sources.fetching import _is_public, is_url

FILES = Path(__file__).parent / "files"
HERE = Reading(private=True)


PDF, TEXT = {"Content-Type": "application/pdf"}, {"Content-Type": "text/plain"}
ANSWERS: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "/typed": (200, (FILES / "minutes.pdf").read_bytes(), PDF),
    "/gbk": (200, "海港大桥通车。".encode("gbk"), {"Content-Type": "text/plain; charset=GBK"}),
    "/packed": (200, gzip.compress(b"the sea"), {"Content-Encoding": "gzip", **TEXT}),
    "/bomb": (200, gzip.compress(bytes(64 << 20)), {"Content-Encoding": "gzip", **TEXT}),
    "/picture": (200, b"x", {"Content-Type": "image/png"}),
    "/long": (200, b"", {"Content-Length": str(64 << 20)}),
    "/round": (302, b"", {"Location": "/round"}),
}


class Pages(BaseHTTPRequestHandler):
    """A path says what is answered; `seen` are the requests."""

    seen: ClassVar[list[tuple[str, str | None]]] = []
    flaky = 0

    def do_GET(self) -> None:
        type(self).seen.append((self.path, self.headers["Host"]))
        path = self.path.partition("?")[0]
        file = FILES / path.removeprefix("/")
        if file.is_file():
            self.answer(200, file.read_bytes(), {})
        elif path == "/flaky":
            type(self).flaky += 1
            self.answer(503 if self.flaky < 3 else 200, b"at last", TEXT)
        elif path.startswith("/to/"):
            self.answer(302, b"", {"Location": path.removeprefix("/to/")})
        else:
            self.answer(*ANSWERS.get(path, (404, b"none", {})))

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.sources.fetching._WAITS", (0.01, 0.01))


def text(url: str, reading: Reading = HERE) -> str:
    return load(Source(url, reading=reading)).text


def fault(url: str, reading: Reading = HERE) -> str:
    with pytest.raises(SourceError) as caught:
        load(Source(url, reading=reading))
    return str(caught.value)


def test_a_page_by_its_url(site: str) -> None:
    document = load(Source(f"{site}/notice.html?ref=1#top", reading=HERE))
    assert document.source == f"{site}/notice.html?ref=1#top"
    assert "The ferry between Saltings" in document.text
    assert Pages.seen[-1] == ("/notice.html?ref=1", site.removeprefix("http://"))
    assert "Lantern Bridge opens" in text(f"{site}/typed")
    assert text(f"{site}/gbk") == "海港大桥通车。"
    assert text(f"{site}/packed") == "the sea"
    assert text(f"{site}/flaky") == "at last"
    assert "海港大桥" in text(f"{site}/to//report.docx")


def test_a_name_is_looked_up_once_and_sent_along(site: str) -> None:
    port = site.rpartition(":")[2]
    assert "ferry" in text(f"http://localhost:{port}/notice.html")
    assert Pages.seen[-1][1] == f"localhost:{port}"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/none", "HTTP 404"),
        ("/picture", "image/png, no text"),
        ("/long", "larger than"),
        ("/bomb", "larger than"),
        ("/round", "redirected more than 5 times"),
        ("/to/ftp://example.org/a", "only http and https are fetched"),
        ("/to/http://[", "redirected to what is no URL"),
        ("/to/http://user:secret@127.0.0.1/a", "has a password in it"),
    ],
)
def test_what_is_not_taken(site: str, path: str, told: str) -> None:
    found = fault(site + path)
    assert told in found
    assert "secret" not in found


def test_a_page_that_is_not_there_cannot_be_saved_either(site: str) -> None:
    with pytest.raises(SourceError) as caught:
        load(Source(f"{site}/none", reading=HERE))
    assert caught.value.hint == "there is no such page"


def test_what_is_no_url_is_told_without_its_password() -> None:
    assert fault("http://me[:secret@h/a") == "http://h/a: has a password in it"


def test_only_public_addresses_unless_allowed(site: str) -> None:
    assert "127.0.0.1 is a private address" in fault(site, Reading())
    assert "localhost is a private address" in fault("http://localhost:1/", Reading())
    assert "private address" in fault("http://0x7f.1/", Reading())
    assert "private address" in fault("http://[::ffff:127.0.0.1]/", Reading())


def test_a_redirect_to_a_private_address_is_not_followed(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server stands for one elsewhere: its address is held to be public, the one that it leads to is not."""
    port = site.rpartition(":")[2]
    monkeypatch.setattr("extractor.sources.fetching._is_public", lambda address: address == "127.0.0.1")
    before = len(Pages.seen)
    found = fault(f"{site}/to/http://127.0.0.2:{port}/notice.html", Reading())
    assert found.endswith(
        f"redirected to http://127.0.0.2:{port}/notice.html: 127.0.0.2 is a private address (127.0.0.2)"
    )
    assert len(Pages.seen) == before + 1


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b:1::5db8:d822", False),
        ("::5db8:d822", False),
        ("::ffff:0:5db8:d822", False),
        ("fec0::1", False),
        ("::ffff:93.184.216.34", True),
        ("ff02::1", False),
    ],
)
def test_public_addresses(address: str, is_public: bool) -> None:
    assert _is_public(address) is is_public


def test_a_host_that_is_not_there() -> None:
    assert "(3 tries)" in fault("http://127.0.0.1:9/")
    assert "is not known" in fault("http://nowhere.invalid/a.html")


def test_offline_fetches_nothing(site: str) -> None:
    before = len(Pages.seen)
    assert "--offline forbids it" in fault(f"{site}/notice.html", Reading(offline=True, private=True))
    assert len(Pages.seen) == before


def test_urls_among_sources(site: str, tmp_path: Path) -> None:
    assert is_url("HTTPS://x.org/a?b=*")
    assert not is_url("a.html")
    assert is_single([f"{site}/a?b=*"])
    assert not is_missing(Source(f"{site}/a"))
    listed = tmp_path / "list.txt"
    listed.write_text(f"{site}/notice.html\n")
    found = [*find(Wanted((f"{site}/gbk?a=[1]",), (str(listed),), reading=HERE))]
    assert [load(source).text[:4] for source in found] == ["海港大桥", "---\n"]
