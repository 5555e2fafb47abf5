"""Documents known by an id: those that a file lists (trusted documents), and those that clients have sent before.

The file is JSON: an object of texts by id, as code generators for clients write it, or the manifest of persisted
queries that Apollo's tools write. An id that a client makes is the SHA-256 of its text (automatic persisted queries).
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from graph.kept import Kept

MOST_TEXT = 1_000_000
"""Characters of all the texts that clients have sent and that are kept."""


class WrongManifest(ValueError):
    """The file of trusted documents cannot be used; the message says why."""


def read_manifest(path: Path) -> dict[str, str]:
    """The texts of a file, by id. Raises WrongManifest."""
    try:
        found = orjson.loads(path.read_bytes())
    except OSError as error:
        raise WrongManifest(f"{path} cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise WrongManifest(f"{path} is not JSON: {error}.") from error
    texts = _texts(found)
    if texts is None:
        raise WrongManifest(f"{path} is neither an object of texts by id nor a manifest of persisted queries.")
    return texts


def _texts(found: Any) -> dict[str, str] | None:
    if isinstance(found, dict) and isinstance(found.get("operations"), list):
        found = {one.get("id"): one.get("body") for one in found["operations"] if isinstance(one, dict)}
    if not isinstance(found, dict) or not all(isinstance(part, str) for pair in found.items() for part in pair):
        return None
    return found


class UnknownDocument(Exception):
    """No document is known by the id. `sendable`: it may be sent with its text."""

    def __init__(self, *, sendable: bool) -> None:
        super().__init__("PersistedQueryNotFound" if sendable else "The document's id is not known.")
        self.sendable = sendable


class Untrusted(Exception):
    """Only trusted documents are taken."""


class WrongHash(Exception):
    """The hash is not that of the text."""


class Texts:
    """The texts of documents. With `only`, no others than the trusted ones are taken."""

    def __init__(self, trusted: Mapping[str, str] | None = None, *, only: bool = False) -> None:
        self._trusted = dict(trusted or {})
        self._allowed = frozenset(self._trusted.values())
        self._only = only
        self._sent: Kept[str, str] = Kept(MOST_TEXT, MOST_TEXT // 10)

    def find(self, text: str | None, id: str | None, hash: str | None) -> str:
        """The text that is meant by a text, a trusted document's id, or a hash that a client made of it.

        Raises UnknownDocument, Untrusted or WrongHash.
        """
        if text is None:
            return self._known(id, hash)
        if hash is not None and sha256(text.encode()).hexdigest() != hash.lower():
            raise WrongHash
        if self._only and text not in self._allowed:
            raise Untrusted
        if hash is not None:
            self._sent.keep(hash.lower(), text, len(text))
        return text

    def _known(self, id: str | None, hash: str | None) -> str:
        for name in (id, hash, f"sha256:{hash}"):
            if name is not None and name in self._trusted:
                return self._trusted[name]
        found = self._sent.find(hash.lower()) if hash is not None else None
        if found is None:
            raise UnknownDocument(sendable=hash is not None and not self._only)
        return found
