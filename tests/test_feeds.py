# ruff: noqa: E501
"""The web as a source, against a local server that misbehaves in every way we could think of."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flows.feeds import FetchReport, WebSources, fetch_sources, read_list
from flows.inbox import discover
from flows.web import Browser, Refused, WebLimits, is_public

PAGE = "<html><body><p>Đến năm 2025 đạt 80% số xã.</p></body></html>".encode()
FAST = WebLimits(seconds=1.5, bytes=200_000, redirects=3, seconds_between=0.0, allow_private=True)


@dataclass
class Site:
    """What the server saw, and what it says at each path beyond the ones it knows."""

    url: str = ""
    requests: list[tuple[float, str, dict[str, str]]] = field(default_factory=list)
    robots: tuple[int, str] = (404, "")
    stop: threading.Event = field(default_factory=threading.Event)

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.requests if path != "/robots.txt"]


def handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def send(self, status: int, body: bytes = b"", kind: str = "text/html", **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            site.requests.append((time.monotonic(), self.path, {k.lower(): v for k, v in self.headers.items()}))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.answer()

        def answer(self) -> None:
            path = self.path
            if path == "/robots.txt":
                self.send(site.robots[0], site.robots[1].encode(), "text/plain")
            elif path == "/etag":
                if self.headers.get("If-None-Match") == '"v1"':
                    self.send(304, ETag='"v1"')
                else:
                    self.send(200, PAGE, ETag='"v1"')
            elif path == "/dated":
                if self.headers.get("If-Modified-Since"):
                    self.send(304)
                else:
                    self.send(200, PAGE, Last_Modified="Thu, 12 May 2022 00:00:00 GMT")
            elif path == "/feed":
                items = "".join(f"<item><title>t</title><link>{link}</link></item>" for link in (
                    "/etag", f"{site.url}/dated", "file:///etc/passwd", "http://169.254.169.254/latest", "/etag#x"))  # fmt: skip
                feed = f"<?xml version='1.0'?><rss version='2.0'><channel><title>x</title>{items}</channel></rss>"
                self.send(200, feed.encode(), "application/rss+xml")
            elif path == "/atom":
                atom = (
                    f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='{site.url}/plain'/></entry></feed>"
                )
                self.send(200, atom.encode(), "application/atom+xml")
            elif path == "/entities":
                bomb = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c SYSTEM 'file:///etc/passwd'>]>"
                self.send(
                    200,
                    f"<?xml version='1.0'?>{bomb}<rss><channel><title>&b;&c;</title></channel></rss>".encode(),
                    "text/xml",
                )
            elif path == "/loop":
                self.send(302, Location="/loop")
            elif path == "/to-file":
                self.send(302, Location="file:///etc/passwd")
            elif path == "/to-metadata":
                self.send(302, Location="http://169.254.169.254/latest/meta-data")
            elif path == "/moved":
                self.send(301, Location="/plain")
            elif path == "/huge":
                self.send_response(200)
                self.end_headers()
                while not site.stop.is_set():
                    self.wfile.write(b"x" * 65536)
            elif path == "/gzip-bomb":
                self.send(200, gzip.compress(b"0" * 5_000_000), Content_Encoding="gzip")
            elif path == "/bad-gzip":
                self.send(200, b"not gzip", Content_Encoding="gzip")
            elif path == "/drip-body":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                while not site.stop.wait(0.1):
                    self.wfile.write(b"x")
            elif path == "/drip-head":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not site.stop.wait(0.1):
                    self.wfile.write(b"X-A: b\r\n")
            elif path == "/hang":
                site.stop.wait(20)
            elif path == "/close":
                self.connection.close()
            elif path == "/short":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"half")
                self.connection.close()
            elif path == "/garbage":
                self.wfile.write(b"\0\1\2 not http at all\r\n\r\n")
            elif path == "/error":
                self.send(500)
            elif path == "/gone":
                self.send(410)
            elif path.startswith("/..%2f..%2f"):
                self.send(200, PAGE, "text/plain")
            else:
                self.send(200, PAGE)

    return Handler


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(site))
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield site
    site.stop.set()
    server.shutdown()
    server.server_close()


def visit(folder: Path, limits: WebLimits = FAST, **sources: tuple[str, ...]) -> FetchReport:
    with Browser(limits) as browser:
        return fetch_sources(WebSources(**sources), folder, browser)  # type: ignore[arg-type]


def test_pages_come_into_the_folder_and_only_once(site: Site, tmp_path: Path) -> None:
    pages = (f"{site.url}/etag", f"{site.url}/dated", f"{site.url}/tin-tuc/ke-hoach-57.htm")
    assert visit(tmp_path, pages=pages).counts() == {"fetched": 3}
    files = discover(tmp_path)
    assert sorted(file.source_file.rsplit("-", 1)[0] for file in files) == [
        "127.0.0.1/dated", "127.0.0.1/etag", "127.0.0.1/ke-hoach-57",
    ]  # fmt: skip
    assert all(Path(file.path).read_bytes() == PAGE for file in files)
    stamps = {file.path: Path(file.path).stat().st_mtime_ns for file in files}
    assert visit(tmp_path, pages=pages).counts() == {"unchanged": 3}
    assert {path: Path(path).stat().st_mtime_ns for path in stamps} == stamps
    Path(files[0].path).unlink()
    assert visit(tmp_path, pages=pages).counts() == {"unchanged": 2, "fetched": 1}


def test_feeds_bring_their_entries_and_nothing_else(site: Site, tmp_path: Path) -> None:
    report = visit(tmp_path, WebLimits(seconds=1.5, seconds_between=0), feeds=(f"{site.url}/feed",))
    assert [visit.fate for visit in report.visits] == ["refused"], "a private address needs the setting"
    report = visit(tmp_path, feeds=(f"{site.url}/feed", f"{site.url}/atom"))
    fates = {visit.url.removeprefix(site.url): visit.fate for visit in report.visits}
    assert fates["/etag"] == fates["/dated"] == fates["/plain"] == "fetched"
    assert fates.get("file:///etc/passwd") in (None, "refused")
    assert sorted(site.paths()) == ["/atom", "/dated", "/etag", "/feed", "/plain"]


MISBEHAVIOUR = {
    "/loop": ("refused", "redirects"),
    "/to-file": ("refused", "only http"),
    "/huge": ("refused", "limit bytes"),
    "/gzip-bomb": ("refused", "limit bytes"),
    "/bad-gzip": ("failed", "DecodingError"),
    "/drip-body": ("failed", "limit seconds"),
    "/drip-head": ("failed", "limit seconds"),
    "/hang": ("failed", "limit seconds"),
    "/close": ("failed", "RemoteProtocolError"),
    "/short": ("failed", "RemoteProtocolError"),
    "/garbage": ("failed", "RemoteProtocolError"),
    "/error": ("failed", "500"),
    "/gone": ("failed", "410"),
}


@pytest.mark.parametrize(("path", "fate"), MISBEHAVIOUR.items(), ids=[path.strip("/") for path in MISBEHAVIOUR])
def test_a_host_that_misbehaves_costs_its_limits_and_no_more(
    site: Site, tmp_path: Path, path: str, fate: tuple[str, str]
) -> None:
    started = time.monotonic()
    report = visit(tmp_path, pages=(f"{site.url}{path}", f"{site.url}/plain"))
    assert time.monotonic() - started < 2 * FAST.seconds + 1
    bad, good = report.visits
    assert (bad.fate, fate[1] in (bad.reason or "")) == (fate[0], True), bad.reason
    assert good.fate == "fetched"
    assert len(discover(tmp_path)) == 1


@pytest.mark.parametrize(
    "url",
    ["ftp://host/x", "file:///etc/passwd", "javascript:alert(1)", "//host/x", "plan.html", "http://", "http://user:pass@host/",
     "http://host:99999999/", "http://[::1", "gopher://host/1", "http://ho st/", "\x00", "http://\udcff/"],
)  # fmt: skip
def test_only_proper_web_addresses(url: str, tmp_path: Path) -> None:
    with Browser(FAST, resolve=lambda host, port: []) as browser:
        [only] = fetch_sources(WebSources(pages=(url,)), tmp_path, browser).visits
    assert only.fate in ("refused", "failed")
    assert only.reason


ADDRESSES = {
    "127.0.0.1": False, "10.1.2.3": False, "192.168.0.1": False, "172.16.0.1": False, "169.254.169.254": False,
    "100.64.0.1": False, "0.0.0.0": False, "224.0.0.1": False, "255.255.255.255": False, "::1": False, "fe80::1": False,
    "fe80::1%eth0": False, "fc00::1": False, "::ffff:127.0.0.1": False, "::ffff:8.8.8.8": True, "64:ff9b::7f00:1": False,
    "2002:7f00:1::": False, "8.8.8.8": True, "2606:4700::1111": True, "nonsense": False,
}  # fmt: skip


@pytest.mark.parametrize(("address", "public"), ADDRESSES.items(), ids=ADDRESSES)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1"])
def test_private_addresses_are_refused_in_every_spelling(site: Site, host: str) -> None:
    port = site.url.rsplit(":", 1)[1]
    with Browser(WebLimits(seconds=1, seconds_between=0)) as browser, pytest.raises(Exception) as error:
        browser.fetch(f"http://{host}:{port}/plain")
    assert isinstance(error.value, Refused) or "no address" in str(error.value) or "Connect" in str(error.value)
    assert site.requests == []


def test_a_name_that_changes_its_address_gains_nothing(site: Site) -> None:
    """DNS rebinding: public at the first look-up, private at the next. Every connection checks what it connects to."""
    answers = iter([["8.8.8.8", "127.0.0.1"], ["127.0.0.1"], ["127.0.0.1"]])
    with Browser(WebLimits(seconds=1, seconds_between=0), resolve=lambda host, port: next(answers)) as browser:
        for _ in range(2):
            with pytest.raises(Refused, match="not public"):
                browser.fetch(f"http://rebind.example:{site.url.rsplit(':', 1)[1]}/plain")
    assert site.requests == []


def test_a_redirect_to_a_private_address_is_refused(site: Site) -> None:
    def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host == "public.example" else [host]

    port = site.url.rsplit(":", 1)[1]
    with Browser(WebLimits(seconds=1, seconds_between=0), resolve=resolve) as browser:
        import flows.web

        real = flows.web.is_public
        flows.web.is_public = lambda address: address == "127.0.0.1" or real(address)
        try:
            with pytest.raises(Refused, match=r"169\.254\.169\.254.*not public"):
                browser.fetch(f"http://public.example:{port}/to-metadata")
        finally:
            flows.web.is_public = real
    assert site.paths() == ["/to-metadata"]


ROBOTS = {
    "forbidden": ((200, "User-agent: *\nDisallow: /plain"), "refused"),
    "forbidden by pattern": ((200, "User-agent: *\nDisallow: /*ain$"), "refused"),
    "forbidden for us by name": ((200, "User-agent: muctieu\nDisallow: /\n\nUser-agent: *\nAllow: /"), "refused"),
    "allowed": ((200, "User-agent: *\nDisallow: /other"), "fetched"),
    "none": ((404, ""), "fetched"),
    "broken": ((200, "\ufffd\ufffd<<<" * 1000), "fetched"),
    "host in trouble": ((503, ""), "failed"),
}


@pytest.mark.parametrize(("robots", "fate"), ROBOTS.values(), ids=ROBOTS)
def test_robots(site: Site, tmp_path: Path, robots: tuple[int, str], fate: str) -> None:
    site.robots = robots
    [visited] = visit(tmp_path, pages=(f"{site.url}/plain",)).visits
    assert visited.fate == fate
    assert site.paths() == (["/plain"] if fate == "fetched" else [])


def test_the_pace_of_a_host_is_kept(site: Site, tmp_path: Path) -> None:
    limits = WebLimits(seconds=2, seconds_between=0.2, allow_private=True)
    visit(tmp_path, limits, pages=tuple(f"{site.url}/{number}" for number in range(4)))
    times = [moment for moment, _, _ in site.requests]
    assert len(times) == 5
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) > 0.15


def test_crawl_delay_counts_when_it_is_longer(site: Site, tmp_path: Path) -> None:
    site.robots = (200, "User-agent: *\nCrawl-delay: 7")
    slept: list[float] = []
    with Browser(FAST, sleep=slept.append) as browser:
        fetch_sources(WebSources(pages=(f"{site.url}/a", f"{site.url}/b")), tmp_path, browser)
    assert len([pause for pause in slept if pause > 6]) == 1


def test_hostile_feeds_and_names_stay_in_the_folder(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "inbox" / "web"
    visit(
        folder, feeds=(f"{site.url}/entities", f"{site.url}/plain"), pages=(f"{site.url}/..%2f..%2f..%2fetc%2fpasswd",)
    )
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and folder not in path.parents]
    assert outside == []
    assert "root:" not in "".join(path.read_text() for path in folder.rglob("*") if path.is_file())


def test_a_broken_state_file_is_no_obstacle(site: Site, tmp_path: Path) -> None:
    (tmp_path / ".state.json").write_text("{broken")
    assert visit(tmp_path, pages=(f"{site.url}/etag",)).counts() == {"fetched": 1}


def test_list_file(tmp_path: Path) -> None:
    (tmp_path / "pages.txt").write_text("# báo\nhttp://a.example/1\n\n  http://a.example/2  \n", encoding="utf-8")
    assert read_list(tmp_path / "pages.txt") == ("http://a.example/1", "http://a.example/2")
