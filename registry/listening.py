"""Where the service may listen, and the socket for it. Quick to import: this is looked at before all else."""

import ipaddress
import socket
from functools import lru_cache

__all__ = ["CannotServe", "addresses", "bind", "check_host", "is_loopback"]

_PATHS = (("GraphQL", "/graphql"), ("ready?", "/ready"), ("metrics", "/metrics"))


class CannotServe(Exception):
    """The service cannot begin. `usage` says that it was asked for something that it does not do."""

    def __init__(self, message: str, way_out: str, *, usage: bool = False) -> None:
        super().__init__(f"{message} {way_out}")
        self.message = message
        self.way_out = way_out
        self.usage = usage


@lru_cache(100)
def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that host."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(host: str, *, open: bool) -> None:
    """Raise CannotServe unless only this machine can reach `host`, or the registry is meant to be open."""
    if not is_loopback(host.lower()) and not open:
        raise CannotServe(
            f"{host} can be reached by others, and there is no sign-in yet: anybody there could read everything.",
            "Serve on 127.0.0.1, put a proxy that signs people in before it, or set REGISTRY_OPEN=1 to do it anyway.",
            usage=True,
        )


def bind(host: str, port: int) -> socket.socket:
    """A socket on that address, not listening yet. Raises CannotServe when it is taken or not ours."""
    try:
        # With its protocol named, asyncio sends what is small at once: without, an answer waits 40 ms for its body.
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)[0]
        made = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotServe(
            f"{host} is no address of this machine: {error.strerror}.", "Try --host 127.0.0.1."
        ) from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.set_inheritable(True)
        return made
    except OSError as error:
        made.close()
        raise CannotServe(
            f"Cannot listen on {host} port {port}: {error.strerror}.",
            "Something else uses it: stop that, or choose another one with --port (0 finds a free one).",
        ) from error


def addresses(host: str, port: int) -> list[tuple[str, str]]:
    """What is served where."""
    shown = f"[{host}]" if ":" in host else host
    return [(name, f"http://{shown}:{port}{path}") for name, path in _PATHS]
