"""Which addresses the registry asks, and how much it takes from them."""

from dataclasses import dataclass

__all__ = ["POLICY", "Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be asked: schemes, hosts (patterns with `*`; none: every public one), and how much is taken.

    Loopback, link-local (metadata services), private and reserved addresses are refused unless their host is in
    `hosts`, or `private` allows private networks; loopback and link-local then still need `hosts`.
    """

    schemes: tuple[str, ...] = ("https", "http")
    hosts: tuple[str, ...] = ()
    private: bool = False
    seconds: float = 60
    bytes: int = 100_000_000
    redirects: int = 5


POLICY = Policy()
"""What holds where nothing is set: public addresses only."""
