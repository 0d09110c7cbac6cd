"""Fetching from the web with care: http(s) only, public addresses only, one host at a time, and never longer or larger
than allowed.

The address of a host is looked up and checked at the moment of connecting, and that very address is connected to, for
every redirect anew: a name that changes its address between check and use (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
from protego import Protego

USER_AGENT = "muctieu/1 (reads plans and news of Vietnamese provinces once a night)"
_REDIRECTS = (301, 302, 303, 307, 308)
_ROBOTS_BYTES = 500_000
_MOST_CRAWL_DELAY = 30.0

Resolve = Callable[[str, int], list[str]]
"""(host, port) -> its addresses"""


@dataclass(frozen=True, slots=True)
class WebLimits:
    """What fetching may cost; every field is a setting."""

    seconds: float = 60.0
    """For one address, with all redirects, from the first look-up to the last byte."""
    bytes: int = 20_000_000
    """Of one answer, after unpacking."""
    redirects: int = 5
    seconds_between: float = 2.0
    """Between two requests to one host; a longer Crawl-delay of its robots.txt counts instead (30 s at most)."""
    allow_private: bool = False
    """Whether addresses that are not public (127.0.0.1, 10.0.0.0/8, fe80:: ...) may be fetched."""


class Refused(Exception):
    """Not fetched because a rule forbids it: scheme, address, robots.txt, size, time. The message says which."""


class Unreachable(Exception):
    """The host did not answer as it should; the next run tries again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 200 with content, or 304 when nothing changed since `etag` and `modified` of before."""

    url: str
    status: int
    content: bytes
    content_type: str
    etag: str | None
    modified: str | None


def look_up(host: str, port: int) -> list[str]:
    """Addresses of a host, by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address may be reached from anywhere; IPv4 within IPv6 is looked at as IPv4."""
    try:
        parsed = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    inner = None
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if parsed in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    return parsed.is_global and not parsed.is_multicast and (inner is None or inner.is_global)


@dataclass(slots=True)
class _Clock:
    deadline: float = float("inf")

    def left(self, timeout: float | None) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("out of time")
        return min(left, timeout if timeout is not None else left)


class _Stream(httpcore.NetworkStream):
    """A connection that ends at the deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, clock: _Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._clock.left(timeout)), self._clock)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _GuardedBackend(httpcore.NetworkBackend):
    """Connects only to addresses that passed the check, and to those very addresses."""

    def __init__(self, resolve: Resolve, allow_private: bool, clock: _Clock) -> None:
        self._plain = httpcore.SyncBackend()
        self._resolve = resolve
        self._allow_private = allow_private
        self._clock = clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} has no address ({error})") from error
        if not self._allow_private and (closed := [address for address in addresses if not is_public(address)]):
            raise Refused(f"{host} has the address {closed[0]}, which is not public; set allow_private to fetch it")
        failure: Exception = httpcore.ConnectError(f"the name {host} has no address")
        for address in addresses:
            try:
                stream = self._plain.connect_tcp(
                    address, port, self._clock.left(timeout), local_address, socket_options
                )
                return _Stream(stream, self._clock)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: object = None
    ) -> httpcore.NetworkStream:
        raise Refused("sockets of this machine are not fetched")

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(slots=True)
class _Host:
    robots: Protego | None = None
    """None: everything is allowed."""
    closed: str = ""
    """Why nothing of the host may be fetched in this run."""
    next_request: float = 0.0


@dataclass(slots=True)
class Browser:
    """Fetches addresses one after the other; keeps robots.txt and the pace of every host. Use as a context manager."""

    limits: WebLimits = field(default_factory=WebLimits)
    resolve: Resolve = look_up
    sleep: Callable[[float], None] = time.sleep
    _hosts: dict[str, _Host] = field(default_factory=dict)
    _clock: _Clock = field(default_factory=_Clock)
    _client: httpx.Client | None = None

    def __enter__(self) -> Browser:
        transport = httpx.HTTPTransport(trust_env=False)
        transport._pool = httpcore.ConnectionPool(  # httpx has no public way to hand in a network backend
            ssl_context=ssl.create_default_context(),
            max_connections=4,
            network_backend=_GuardedBackend(self.resolve, self.limits.allow_private, self._clock),
        )
        self._client = httpx.Client(
            transport=transport, trust_env=False, follow_redirects=False, headers={"User-Agent": USER_AGENT}
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()

    def fetch(self, url: str, etag: str | None = None, modified: str | None = None) -> Answer:
        """One address with its redirects; conditional when `etag` or `modified` (as the host gave them) are known.
        Raises Refused and Unreachable."""
        conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
        headers = {name: value for name, value in conditions.items() if value}
        for _ in range(self.limits.redirects + 1):
            self._check(url)
            self._keep_pace(url)
            answer, location = self._request(url, headers, self.limits.bytes)
            if location is None:
                if answer.status not in (200, 304):
                    raise Unreachable(f"{url} answered {answer.status}; check the address")
                return answer
            url = urljoin(url, location)
        raise Refused(f"more than {self.limits.redirects} redirects (limit redirects)")

    def _check(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise Refused(f"{url[:200]!r} is no address ({error})") from error
        if parts.scheme not in ("http", "https"):
            raise Refused(f"only http and https are fetched, not {parts.scheme or 'addresses without a scheme'}")
        if not parts.hostname or parts.username or parts.password or port == 0:
            raise Refused("an address needs a host and no name or password in it")
        host = self._host(url)
        if host.closed:
            raise Unreachable(host.closed) if host.closed.startswith("robots.txt") else Refused(host.closed)
        if host.robots is not None and not host.robots.can_fetch(url, USER_AGENT):
            raise Refused(f"the robots.txt of {parts.hostname} forbids it")

    def _host(self, url: str) -> _Host:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc.lower()}"
        host = self._hosts.get(origin)
        if host is None:
            host = self._hosts[origin] = _Host()
            self._read_robots(origin, host)
        return host

    def _read_robots(self, origin: str, host: _Host) -> None:
        """RFC 9309: no robots.txt allows all, a host that fails to answer allows nothing."""
        url = f"{origin}/robots.txt"
        for _ in range(self.limits.redirects + 1):
            self._keep_pace(url, host)
            try:
                answer, location = self._request(url, {}, _ROBOTS_BYTES, cut=True)
            except Unreachable as error:
                host.closed = f"robots.txt cannot be read, so nothing is fetched in this run ({error})"
                return
            except Refused as error:
                host.closed = str(error)
                return
            if location is None:
                break
            url = urljoin(url, location)
            if urlsplit(url).scheme not in ("http", "https"):
                return
        else:
            return
        if answer.status == 200:
            host.robots = Protego.parse(answer.content.decode("utf-8", "replace"))
        elif answer.status >= 500 or answer.status == 429:
            host.closed = f"robots.txt answered {answer.status}, so nothing is fetched in this run"

    def _keep_pace(self, url: str, host: _Host | None = None) -> None:
        host = host or self._host(url)
        pause = host.next_request - time.monotonic()
        if pause > 0:
            self.sleep(pause)
        delay = (host.robots.crawl_delay(USER_AGENT) if host.robots else None) or 0.0
        host.next_request = time.monotonic() + max(self.limits.seconds_between, min(float(delay), _MOST_CRAWL_DELAY))

    def _request(
        self, url: str, headers: Mapping[str, str], most: int, *, cut: bool = False
    ) -> tuple[Answer, str | None]:
        """One request without redirects: the answer and where it sends us. `cut`: take the first `most` bytes."""
        assert self._client is not None, "use the browser as a context manager"
        self._clock.deadline = time.monotonic() + self.limits.seconds
        try:
            with self._client.stream("GET", url, headers=dict(headers), timeout=self.limits.seconds) as response:
                location = response.headers.get("location") if response.status_code in _REDIRECTS else None
                content = b"" if location is not None else self._body(response, most, cut)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
            raise Refused(f"{url[:200]!r} is no address ({error})") from error
        except (httpx.TimeoutException, httpcore.TimeoutException) as error:
            raise Unreachable(f"took more than {self.limits.seconds:g} s (limit seconds)") from error
        except (httpx.HTTPError, httpx.StreamError, httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise Unreachable(f"{type(error).__name__}: {str(error)[:200]}") from error
        found = response.headers
        answer = Answer(
            url,
            response.status_code,
            content,
            found.get("content-type", "").split(";")[0].strip().lower(),
            found.get("etag"),
            found.get("last-modified"),
        )
        return answer, location

    def _body(self, response: httpx.Response, most: int, cut: bool) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes(65_536):
            size += len(part)
            if size > most:
                if cut:
                    return b"".join(parts)
                raise Refused(f"more than {most} bytes (limit bytes)")
            parts.append(part)
        return b"".join(parts)
