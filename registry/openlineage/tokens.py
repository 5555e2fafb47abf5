"""Who may send events: tokens, of which only hashes are kept.

The file that REGISTRY_LINEAGE_TOKENS_FILE names has a line for each token: a name for who holds it, and the SHA-256
of the token in hexadecimal. Lines that are empty or begin with # say nothing.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from pathlib import Path

__all__ = ["Tokens", "WrongTokens", "read_tokens"]

_HASH = re.compile(r"[0-9a-f]{64}")


class WrongTokens(ValueError):
    """The file of tokens cannot be used; the message says where and why, and repeats nothing of it."""


class Tokens:
    """The tokens that are taken: hashes by name."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = dict(hashes)

    def holder(self, token: str) -> str | None:
        """Who holds a token; None for one that is not taken. Takes the same time for every one."""
        given = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
        found = None
        for name, hash in self._hashes.items():
            if hmac.compare_digest(hash, given):
                found = name
        return found


def read_tokens(file: Path) -> Tokens:
    """The tokens of a file. Raises WrongTokens."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise WrongTokens(f"{file} cannot be read: {why}") from error
    hashes: dict[str, str] = {}
    for row, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        hash = words[-1].lower()
        if len(words) != 2 or not _HASH.fullmatch(hash):
            raise WrongTokens(f"{file}, line {row}: must be a name and the SHA-256 of the token in hexadecimal")
        if words[0] in hashes:
            raise WrongTokens(f"{file}, line {row}: the name {words[0]} stands there twice")
        hashes[words[0]] = hash
    if not hashes:
        raise WrongTokens(f"{file} holds no token")
    return Tokens(hashes)
