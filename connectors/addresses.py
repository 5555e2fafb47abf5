"""Which addresses the registry asks, and how much it takes from them (docs/sources/addresses.md).

    body = await fetch("https://data.example/api", policy, accept="application/json")

A name is resolved once, every address that it has is checked, and the connection is made to one of those: a name that
answers differently a moment later changes nothing. Redirects are followed by hand with the same checks.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from connectors.errors import SourceError
from connectors.unpacking import BrokenOff, Unpacking

__all__ = ["POLICY", "Body", "Policy", "Resolve", "Session", "check_host", "fetch", "shown_address"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be asked: schemes, hosts (patterns with `*`; none: every public one), and how much is taken.

    Loopback, link-local, private and reserved addresses are refused unless their host is in `hosts` by its full name
    (or, written as an address, by a pattern), or `private` allows private networks; loopback and link-local then
    still need `hosts`. Metadata services, multicast and unspecified addresses are refused always. `seconds` are for
    one answer from its first redirect to its last byte, `bytes` for what it is when unpacked.
    """

    schemes: tuple[str, ...] = ("https", "http")
    hosts: tuple[str, ...] = ()
    private: bool = False
    seconds: float = 60
    bytes: int = 100_000_000
    redirects: int = 5


POLICY = Policy()
"""What holds where nothing is set: public addresses only."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host's name and a port to its addresses; raises OSError."""

_LONGEST = 8_000
"""Characters of the longest address that is asked."""

_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade", "expect"}
)
"""Headers that nobody else sets."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Body:
    """An answer: what was asked in the end (redirects followed), its media type, its bytes unpacked.

    `following` is the address of the next page where a `Link` header names one.
    """

    url: str
    media_type: str
    charset: str | None
    content: bytes
    following: str | None = None


async def system_addresses(host: str, port: int) -> Sequence[str]:
    """What the machine's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def check_host(
    host: str, port: int, policy: Policy = POLICY, *, resolve: Resolve = system_addresses
) -> tuple[str, ...]:
    """The addresses of a host, all of which may be asked. Raises SourceError.

    Whoever connects must connect to one of these, not to the name: the name may answer differently a moment later.
    """
    host = host.removeprefix("[").removesuffix("]").rstrip(".").lower()
    if not host or re.search(r"[\x00-\x20\x7f%/\\@?#]", host):
        raise SourceError("the address names no proper host")
    if policy.hosts and not any(_fits(pattern, host) for pattern in policy.hosts):
        raise SourceError(f"{host} is not among the hosts that the settings allow")
    literal = _literal(host)
    addresses = (str(literal),) if literal is not None else await _resolved(host, port, policy, resolve)
    named = any(_names(pattern, host, literal is not None) for pattern in policy.hosts)
    for address in addresses:
        _check(host, ip_address(address.partition("%")[0]), policy, named)
    return addresses


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is written as, None for a name. Raises SourceError for odd spellings."""
    try:
        return ip_address(host)
    except ValueError:
        if ":" in host or re.fullmatch(r"\d+|0x[0-9a-f]*", host.rpartition(".")[2]):
            raise SourceError(
                f"{host} is an address in a spelling that is not taken; write 192.0.2.1 or 2001:db8::1"
            ) from None
        return None


async def _resolved(host: str, port: int, policy: Policy, resolve: Resolve) -> tuple[str, ...]:
    try:
        async with asyncio.timeout(policy.seconds):
            addresses = tuple(await resolve(host, port))
    except TimeoutError:
        raise SourceError(f"the name {host} was not resolved in {policy.seconds:g} seconds", passing=True) from None
    except (OSError, UnicodeError) as error:
        passing = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
        raise SourceError(f"the name {host} is not known; check how it is written", passing=passing) from None
    if not addresses:
        raise SourceError(f"the name {host} has no address")
    return addresses


def _fits(pattern: str, host: str) -> bool:
    pattern = pattern.removeprefix("[").removesuffix("]").rstrip(".").lower()
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), host) is not None


def _names(pattern: str, host: str, literal: bool) -> bool:
    """Whether a pattern means this very host: whoever owns `*.example` could let any name in it be any address."""
    return _fits(pattern, host) and ("*" not in pattern or (literal and pattern.strip("*.:") != ""))


_CGNAT = IPv4Network("100.64.0.0/10")
_PRIVATE = (IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"), _CGNAT)
_PRIVATE_6 = (IPv6Network("fc00::/7"), IPv6Network("fec0::/10"), IPv6Network("64:ff9b:1::/48"))
_THIS_NETWORK = IPv4Network("0.0.0.0/8")
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_METADATA = frozenset(
    map(
        ip_address,
        ("169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "fd00:ec2::254", "fd00:ec2::23"),
    )
)


def _check(host: str, address: IPv4Address | IPv6Address, policy: Policy, named: bool) -> None:
    for one in _inside(address) or (address,):
        kind = _kind(one)
        if kind == "public" or (named and kind not in _NEVER) or (kind == "a private" and policy.private):
            continue
        where = "" if host == str(one) else f" ({one})"
        way = "" if kind in _NEVER else "; the settings may allow the host by its full name"
        raise SourceError(f"{host}{where} is {kind} address, which is not asked{way}")


_NEVER = frozenset({"a metadata service's", "an unspecified", "a multicast"})


def _kind(address: IPv4Address | IPv6Address) -> str:
    four = isinstance(address, IPv4Address)
    if address in _METADATA:
        return "a metadata service's"
    if address.is_unspecified or (four and address in _THIS_NETWORK):
        return "an unspecified"
    if address.is_multicast or str(address) == "255.255.255.255":
        return "a multicast"
    if address.is_loopback:
        return "a loopback"
    if address.is_link_local:
        return "a link-local"
    if any(address in network for network in (_PRIVATE if four else _PRIVATE_6)):
        return "a private"
    if address.is_reserved or not address.is_global:
        return "a reserved"
    return "public"


def _inside(address: IPv4Address | IPv6Address) -> Sequence[IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to: mapped, 6to4, Teredo, NAT64 and translated ones."""
    if isinstance(address, IPv4Address):
        return ()
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    low = any(address in network for network in (_NAT64, _TRANSLATED))
    if low or (address in _COMPATIBLE and int(address) > 0xFFFF):
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()


def shown_address(url: str | URL) -> str:
    """An address as a message gives it: without a login, query and fragment, where secrets may stand."""
    try:
        known = URL(url)
        return str(known.with_user(None).with_query(None).with_fragment(None)) if known.host else "the address"
    except ValueError:
        return "the address"


class _Checked(AbstractResolver):
    """Answers with the addresses that were checked, and with nothing else."""

    def __init__(self) -> None:
        self.addresses: dict[str, tuple[str, ...]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = self.addresses.get(host.rstrip(".").lower())
        if not addresses:
            raise OSError(None, "not checked")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


async def fetch(
    url: str,
    policy: Policy = POLICY,
    *,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    accept: str = "*/*",
    send: bytes | None = None,
    resolve: Resolve = system_addresses,
) -> Body:
    """What stands at an address: `Session.fetch` where one answer is all that is wanted."""
    async with Session(policy, resolve=resolve) as session:
        return await session.fetch(url, headers=headers, accept=accept, send=send)


class Session:
    """Several questions under one policy, over kept connections where they go to one server."""

    def __init__(self, policy: Policy = POLICY, *, resolve: Resolve = system_addresses) -> None:
        self._policy = policy
        self._resolve = resolve
        self._checked = _Checked()
        self._client: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(resolver=self._checked, use_dns_cache=False)
        self._client = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            headers={"User-Agent": "federated-resource-registry"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.close()

    async def fetch(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        accept: str = "*/*",
        send: bytes | None = None,
    ) -> Body:
        """What stands at an address; with `send`, what it answers to that JSON by POST. Raises SourceError.

        `headers` may hold secrets: they go to this server alone, not to where it redirects, and into no message.
        """
        given = _headers(headers)
        try:
            async with asyncio.timeout(self._policy.seconds):
                return await self._follow(_parsed(url, self._policy), given, accept, send)
        except TimeoutError:
            message = f"{shown_address(url)} did not answer in full within {self._policy.seconds:g} seconds"
            raise SourceError(message, passing=True) from None

    async def _follow(self, url: URL, headers: Mapping[str, str], accept: str, send: bytes | None) -> Body:
        for _ in range(self._policy.redirects + 1):
            host, port = url.raw_host or "", url.port or 0
            self._checked.addresses[host.rstrip(".").lower()] = await check_host(
                host, port, self._policy, resolve=self._resolve
            )
            try:
                found = await self._ask(url, {**headers, "Accept": accept}, send)
            except (aiohttp.ClientError, OSError, BrokenOff) as error:
                raise _told(url, error) from None
            if isinstance(found, Body):
                return found
            if found.scheme == "http" and url.scheme == "https":
                raise SourceError(f"{shown_address(url)} redirects from https to http, which is not followed")
            if not _same_server(url, found):
                headers = {}
            url = found
        raise SourceError(f"{shown_address(url)}: redirected more than {self._policy.redirects} times")

    async def _ask(self, url: URL, headers: Mapping[str, str], send: bytes | None) -> Body | URL:
        """One answer, or the address that it redirects to."""
        assert self._client is not None
        sent = {**headers, "Accept-Encoding": "gzip, deflate"}
        if send is not None:
            sent["Content-Type"] = "application/json"
        asked = self._client.request(
            "GET" if send is None else "POST", url, headers=sent, data=send, allow_redirects=False
        )
        async with asked as response:
            if response.status in _REDIRECTS:
                return _redirected(url, response, self._policy, send is not None)
            if not 200 <= response.status < 300:
                raise _refused(url, response)
            content = await self._content(url, response)
            following = response.links["next"].get("url") if "next" in response.links else None
            return Body(
                str(url), response.content_type, response.charset, content, str(following) if following else None
            )

    async def _content(self, url: URL, response: aiohttp.ClientResponse) -> bytes:
        limit = self._policy.bytes
        too_long = SourceError(
            f"{shown_address(url)} answers with more than {limit:,} bytes, the limit of the settings"
        )
        if (response.content_length or 0) > limit:
            raise too_long
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        unpacking = Unpacking(coding)
        content = bytearray()
        async for packed in response.content.iter_any():
            for part in unpacking.feed(packed):
                content += part
                if len(content) > limit:
                    raise too_long
                await asyncio.sleep(0)
        unpacking.end()
        return bytes(content)


def _headers(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> dict[str, str]:
    given = dict(headers.items() if isinstance(headers, Mapping) else headers)
    for name, value in given.items():
        if re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", name) is None or name.lower() in _OURS:
            raise SourceError(f"the header {name[:100]!r} cannot be sent")
        if len(value) > _LONGEST or re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
            raise SourceError(
                f"the value of the header {name} cannot be sent: it is too long or has control characters"
            )
    return given


def _parsed(url: str, policy: Policy) -> URL:
    if len(url) > _LONGEST:
        raise SourceError(f"the address is longer than {_LONGEST:,} characters")
    try:
        known = URL(url).with_fragment(None)
        port = known.port
    except ValueError:
        raise SourceError("the address cannot be read; write it like https://data.example/path") from None
    if known.scheme not in policy.schemes:
        schemes = ", ".join(policy.schemes)
        raise SourceError(f"an address must begin with one of {schemes}, not with {known.scheme[:20] or 'nothing'}")
    if not known.raw_host or not port:
        raise SourceError("the address names no host; write it like https://data.example/path")
    if known.raw_user is not None or known.raw_password is not None:
        raise SourceError("an address must not hold a user and password; give them as headers, by reference")
    return known


def _redirected(url: URL, response: aiohttp.ClientResponse, policy: Policy, posted: bool) -> URL:
    where = response.headers.get("Location")
    if not where:
        raise SourceError(f"{shown_address(url)} redirects to nowhere")
    if posted and response.status not in (307, 308):
        raise SourceError(f"{shown_address(url)} answers a question with a redirect; give the address that it leads to")
    try:
        return _parsed(str(url.join(URL(where))), policy)
    except ValueError:
        raise SourceError(f"{shown_address(url)} redirects to what is no address") from None
    except SourceError as error:
        raise SourceError(f"{shown_address(url)} redirects where it may not: {error}") from None


def _same_server(old: URL, new: URL) -> bool:
    """Whether what was meant for the one may be told to the other; from http to https it may."""
    if old.raw_host != new.raw_host:
        return False
    upgraded = (old.scheme, old.port, new.scheme, new.port) == ("http", 80, "https", 443)
    return (old.scheme, old.port) == (new.scheme, new.port) or upgraded


_STATUSES: Mapping[int, str] = {
    401: "wants a sign-in, or does not accept the one given",
    403: "does not allow this",
    404: "has nothing there",
    410: "has nothing there any more",
    429: "was asked too often",
}


def _refused(url: URL, response: aiohttp.ClientResponse) -> SourceError:
    status = response.status
    says = _STATUSES.get(status, "has trouble of its own" if status >= 500 else "does not answer this")
    passing = status in (408, 425, 429) or status >= 500
    return SourceError(f"{shown_address(url)} {says} (HTTP {status})", passing=passing)


def _told(url: URL, error: Exception) -> SourceError:
    """What went wrong on the way, in words; the library's own text stays inside."""
    where = shown_address(url)
    if isinstance(error, BrokenOff):
        return SourceError(f"{where}: {error}", passing=error.passing)
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return SourceError(f"{where} has no certificate that this machine accepts")
    if isinstance(error, aiohttp.ClientResponseError):
        return SourceError(f"{where} answers with what is no proper HTTP, or with headers that are too long")
    if isinstance(error, aiohttp.InvalidURL):
        return SourceError(f"{where} is not an address that can be asked")
    if isinstance(error, aiohttp.ClientConnectorError):
        return SourceError(f"{where} cannot be reached: nothing answers there", passing=True)
    return SourceError(f"{where} broke the connection off before its answer was complete", passing=True)
