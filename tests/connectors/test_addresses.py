"""Addresses are asked as the policy says: tried on real servers of this machine, with names that resolve as we say."""

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from connectors.addresses import POLICY, Body, Policy, Session, _same_server, check_host, fetch, shown_address
from connectors.errors import SourceError
from tests.connectors.sources import serving

HERE = Policy(hosts=("127.0.0.1", "a.test", "b.test"), seconds=20)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def to_loopback(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@asynccontextmanager
async def raw(answer: Raw) -> AsyncIterator[str]:
    """A server that writes what it likes; its address."""

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answering, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def refused(url: str, policy: Policy = HERE, **more: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await fetch(url, policy, resolve=to_loopback, **more)  # type: ignore[arg-type]
    return caught.value


async def hello(request: web.Request) -> web.Response:
    return web.Response(text="你好", content_type="text/plain", charset="utf-8")


async def test_an_answer_comes_with_what_it_is() -> None:
    async with serving(hello=hello) as base:
        body = await fetch(f"{base}/hello?a=1#part", HERE)
    assert body == Body(f"{base}/hello?a=1", "text/plain", "utf-8", "你好".encode())


async def test_headers_and_what_is_accepted_are_sent_and_a_question_goes_by_post() -> None:
    async def echo(request: web.Request) -> web.Response:
        said = [request.method, request.headers["X-Key"], request.headers["Accept"], request.content_type]
        return web.Response(text=" ".join(said) + await request.text())

    async with serving(echo=echo) as base:
        body = await fetch(f"{base}/echo", HERE, headers={"X-Key": "k"}, accept="text/turtle", send=b"{}")
    assert body.content == b"POST k text/turtle application/json{}"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("file:///etc/passwd", "must begin with"),
        ("ftp://a.test/x", "must begin with"),
        ("gopher://a.test/x", "must begin with"),
        ("//a.test/x", "must begin with"),
        ("a.test/x", "must begin with"),
        ("http:///x", "names no host"),
        ("http://a.test:99999/x", "cannot be read"),
        ("http://[::1", "cannot be read"),
        ("http://user:pass@a.test/", "must not hold a user"),
        ("http://user@a.test/", "must not hold a user"),
        ("http://a.test/" + "x" * 9_000, "longer than"),
        ("http://c.test/", "not among the hosts"),
        ("http://10.0.0.1/", "not among the hosts"),
    ],
)
async def test_what_is_no_address_to_ask_is_refused(url: str, says: str) -> None:
    error = await refused(url)
    assert says in str(error)
    assert "pass@" not in str(error)
    assert not error.passing


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.9.9.9",
        "[::1]",
        "169.254.169.254",
        "169.254.1.1",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "10.1.2.3",
        "172.31.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.200",
        "[fd12::1]",
        "0.0.0.0",
        "0.1.2.3",
        "[::]",
        "224.0.0.1",
        "[ff02::1]",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "[2001:db8::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[::127.0.0.1]",
        "[2002:7f00:1::]",
        "[2002:a9fe:a9fe::]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::1]",
        "[::ffff:0:127.0.0.1]",
        "[2001:0:7f00:1::1]",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "010.8.8.8",
        "1.2.3.0x4",
        "１２７.0.0.1",
    ],
)
async def test_hosts_that_are_not_public_are_refused(host: str) -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return [host]

    with pytest.raises(SourceError):
        await fetch(f"http://{host}/", Policy(seconds=5, private=False), resolve=resolve)
    assert asked == []


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "2606:4700::1111", "[2606:4700::1111]", "::ffff:8.8.8.8", "2002:808:808::"]
)
async def test_public_addresses_may_be_asked(host: str) -> None:
    (found,) = await check_host(host, 443)
    assert ip_address(found) == ip_address(host.strip("[]"))


async def test_a_name_is_refused_when_one_of_its_addresses_is() -> None:
    async def both(host: str, port: int) -> Sequence[str]:
        return ["8.8.8.8", "169.254.169.254"]

    with pytest.raises(SourceError, match="metadata"):
        await check_host("data.test", 443, resolve=both)


async def test_private_networks_are_a_setting_and_loopback_is_more() -> None:
    private = Policy(private=True)
    assert await check_host("10.0.0.1", 5432, private) == ("10.0.0.1",)
    for host in ("127.0.0.1", "169.254.1.1", "fe80::1", "169.254.169.254", "100.100.100.200"):
        with pytest.raises(SourceError):
            await check_host(host, 80, private)


@pytest.mark.parametrize("pattern", ["*", "*.test", "*.*"])
async def test_a_pattern_opens_no_inner_address_to_names(pattern: str) -> None:
    with pytest.raises(SourceError, match="loopback"):
        await check_host("evil.test", 80, Policy(hosts=(pattern,)), resolve=to_loopback)


async def test_a_host_by_its_full_name_may_be_anywhere_but_at_a_metadata_service() -> None:
    assert await check_host("evil.test", 80, Policy(hosts=("EVIL.test.",)), resolve=to_loopback) == ("127.0.0.1",)
    assert await check_host("10.1.2.3", 80, Policy(hosts=("10.1.*",))) == ("10.1.2.3",)
    with pytest.raises(SourceError, match="metadata"):
        await check_host("169.254.169.254", 80, Policy(hosts=("169.254.169.254",)))
    with pytest.raises(SourceError, match="loopback"):
        await check_host("127.0.0.1", 80, Policy(hosts=("*",)))


async def test_what_does_not_resolve_says_whether_to_try_again() -> None:
    async def away(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    async def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "never")

    for resolve, passing in ((away, True), (unknown, False)):
        with pytest.raises(SourceError, match=r"data\.test is not known") as caught:
            await check_host("data.test", 80, resolve=resolve)
        assert caught.value.passing is passing


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    answers = [["127.0.0.1"], ["127.0.0.2"]]

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    async def who(request: web.Request) -> web.Response:
        return web.Response(text=str(request.transport.get_extra_info("sockname")[0] if request.transport else ""))

    app = web.Application()
    app.router.add_get("/", who)
    server = TestServer(app, host="0.0.0.0")
    await server.start_server()
    try:
        body = await fetch(f"http://a.test:{server.port}/", HERE, resolve=rebinding)
    finally:
        await server.close()
    assert body.content == b"127.0.0.1"
    assert answers == [["127.0.0.2"]]


async def test_a_redirect_is_checked_as_the_first_address_was() -> None:
    async def away(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query["to"])

    async with serving(away=away, hello=hello) as base:
        assert (await fetch(f"{base}/away?to=/hello", HERE)).content.decode() == "你好"
        for to in ("http://169.254.169.254/latest/meta-data", "http://localhost/", "http://[::1]/", "http://0/"):
            assert "169.254.169.254" not in to or "among the hosts" in str(await refused(f"{base}/away?to={to}"))
            await refused(f"{base}/away?to={to}")
        for to in ("file:///etc/passwd", "ftp://a.test/", "http://u:p@a.test/"):
            assert "redirects where it may not" in str(await refused(f"{base}/away?to={to}"))


async def test_a_public_host_that_redirects_to_loopback_is_not_followed() -> None:
    reached = []

    async def inner(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.Response(text="inner")

    async def outer(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"http://127.0.0.1:{request.url.port}/inner")

    async with serving(inner=inner, outer=outer) as base:
        url = base.replace("127.0.0.1", "a.test")
        error = await refused(f"{url}/outer", Policy(hosts=("a.test",), seconds=10))
    assert "127.0.0.1 is not among the hosts" in str(error)
    assert not reached


async def test_redirects_end() -> None:
    async def again(request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect("/again")

    async def nowhere(request: web.Request) -> web.Response:
        return web.Response(status=302)

    async with serving(again=again, nowhere=nowhere) as base:
        assert "redirected more than 5 times" in str(await refused(f"{base}/again"))
        assert "redirects to nowhere" in str(await refused(f"{base}/nowhere"))


def test_secrets_may_go_from_http_to_https_and_to_no_other_server() -> None:
    assert not _same_server(URL("https://a.test/"), URL("http://a.test/"))
    assert _same_server(URL("http://a.test/"), URL("https://a.test/x"))
    assert not _same_server(URL("http://a.test/"), URL("http://a.test:81/"))


async def test_another_server_is_not_told_the_secrets() -> None:
    told: list[str | None] = []

    async def tell(request: web.Request) -> web.Response:
        told.append(request.headers.get("Authorization"))
        return web.Response()

    async with serving(tell=tell) as other:

        async def away(request: web.Request) -> web.Response:
            raise web.HTTPTemporaryRedirect(f"{other}/tell")

        async def near(request: web.Request) -> web.Response:
            raise web.HTTPTemporaryRedirect("/tell")

        async with serving(away=away, near=near, tell=tell) as base:
            for path in ("away", "near"):
                await fetch(f"{base}/{path}", HERE, headers={"Authorization": "Bearer s3cret"})
    assert told == [None, "Bearer s3cret"]


async def test_a_question_is_not_lost_in_a_redirect() -> None:
    async def found(request: web.Request) -> web.Response:
        raise web.HTTPFound("/hello")

    async with serving(found=found, hello=hello) as base:
        assert "answers a question with a redirect" in str(await refused(f"{base}/found", send=b"{}"))


@pytest.mark.parametrize(
    ("status", "says", "passing"),
    [(401, "sign-in", False), (404, "nothing there", False), (429, "too often", True), (503, "trouble", True)],
)
async def test_a_status_says_whether_another_try_may_help(status: int, says: str, passing: bool) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text="Traceback: token s3cret")

    async with serving(answer=answer) as base:
        error = await refused(f"{base}/answer?key=s3cret", headers={"Authorization": "s3cret"})
    assert says in str(error)
    assert f"HTTP {status}" in str(error)
    assert error.passing is passing
    assert "s3cret" not in str(error)


async def test_nothing_there_is_passing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = await refused(f"http://127.0.0.1:{port}/?key=s3cret")
    assert error.passing
    assert "s3cret" not in str(error)


async def test_a_server_that_sends_a_byte_now_and_then_ends_at_the_limit() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    for server in (drip, silent):
        async with raw(server) as base:
            error = await refused(f"{base}/x", Policy(hosts=("127.0.0.1",), seconds=0.3))
        assert error.passing
        assert "within 0.3 seconds" in str(error)


async def test_what_is_packed_is_unpacked_and_a_bomb_ends_at_the_limit() -> None:
    flat = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": (gzip.compress(b"a" * 700_000) + gzip.compress(b"b") + b"\0\0", "gzip"),
        "zlib": (zlib.compress(b"a" * 700_000 + b"b"), "deflate"),
        "raw": (flat.compress(b"a" * 700_000 + b"b") + flat.flush(), "deflate"),
    }

    async def answer(request: web.Request) -> web.Response:
        content, coding = packed[request.query["as"]]
        return web.Response(body=content, headers={"Content-Encoding": coding})

    async with serving(answer=answer) as base:
        for name in packed:
            body = await fetch(f"{base}/answer?as={name}", HERE)
            assert (len(body.content), body.content[-1:]) == (700_001, b"b")
            error = await refused(f"{base}/answer?as={name}", Policy(hosts=("127.0.0.1",), bytes=500_000))
            assert "more than 500,000 bytes" in str(error)


@pytest.mark.parametrize(
    ("content", "coding", "says", "passing"),
    [
        (b"no gzip at all", "gzip", "cannot be unpacked", False),
        (gzip.compress(b"hello" * 100, mtime=0)[:-9], "gzip", "ends in the middle", True),
        (b"x", "br", "packed in a way", False),
        (b"x", "gzip, gzip", "packed in a way", False),
    ],
)
async def test_what_is_badly_packed_is_told(content: bytes, coding: str, says: str, passing: bool) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=content, headers={"Content-Encoding": coding})

    async with serving(answer=answer) as base:
        error = await refused(f"{base}/answer")
    assert says in str(error)
    assert error.passing is passing


async def test_a_long_answer_ends_at_the_limit_whether_it_says_its_length_or_not() -> None:
    async def long(request: web.Request) -> web.StreamResponse:
        if "told" in request.query:
            return web.Response(body=b"x" * 2_000)
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b"x" * 100)
        return response

    async with serving(long=long) as base:
        for path in ("long?told=1", "long"):
            error = await refused(f"{base}/{path}", Policy(hosts=("127.0.0.1",), bytes=1_000))
            assert "more than 1,000 bytes" in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % at for at in range(5_000)) + b"\r\n",
        b"HTTP/1.1 200 " + b"O" * 100_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"",
    ],
)
async def test_an_answer_that_is_no_proper_http_is_told(answer: bytes) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    async with raw(say) as base:
        error = await refused(f"{base}/x")
    assert str(error).startswith(f"{base}/x ")


@pytest.mark.parametrize(
    "headers", [{"X": "a\r\nHost: b"}, {"X\r\nY": "a"}, {"Host": "b"}, {"Accept-Encoding": "br"}, {"X": "a" * 10_000}]
)
async def test_headers_that_would_change_the_request_are_refused(headers: dict[str, str]) -> None:
    error = await refused("http://a.test/", headers=headers)
    assert "cannot be sent" in str(error)


async def test_the_next_page_is_told_where_a_link_names_it() -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(headers={"Link": '</page?p=2>; rel="next", </page?p=9>; rel="last"'})

    async with serving(page=page) as base:
        assert (await fetch(f"{base}/page", HERE)).following == f"{base}/page?p=2"


async def test_a_session_keeps_its_connection() -> None:
    peers = set()

    async def who(request: web.Request) -> web.Response:
        peers.add(request.transport.get_extra_info("peername") if request.transport else None)
        return web.Response()

    async with serving(who=who) as base, Session(HERE) as session:
        for _ in range(3):
            await session.fetch(f"{base}/who")
    assert len(peers) == 1


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    assert shown_address("https://u:p@a.test:8443/x?key=s#t") == "https://a.test:8443/x"
    assert shown_address("http://[::1") == "the address"
    assert POLICY.private is False


async def test_a_redirect_from_https_to_http_is_not_followed() -> None:
    asked = []

    class Downgrading(Session):
        async def _ask(self, url: URL, *rest: object) -> URL:
            asked.append(url)
            return URL("http://a.test/")

    with pytest.raises(SourceError, match="from https to http"):
        await Downgrading(HERE, resolve=to_loopback).fetch("https://a.test/")
    assert asked == [URL("https://a.test/")]


async def test_a_server_without_a_proper_certificate_is_told() -> None:
    async with serving(hello=hello) as base:
        error = await refused(f"{base.replace('http:', 'https:')}/hello")
    assert "certificate" in str(error)
    assert not error.passing
