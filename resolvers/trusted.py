"""Documents known by an id: those that a file lists (trusted documents), and those that clients have sent before.

The file is JSON: an object of texts by id, as code generators for clients write it, or the manifest of persisted
queries that Apollo's tools write. An id that a client makes is the SHA-256 of its text (automatic persisted queries).
"""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from graph.kept import Kept

MOST_TEXT = 1_000_000
"""Characters of all the texts that clients have sent and that are kept."""
_HASH = re.compile("[0-9a-f]{64}")
_A_ROUND = 50
"""Texts after which those that are too many are looked for."""


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


class Folder:
    """Texts in files named by their hash, for all the workers that share the folder; the last `most` or so."""

    def __init__(self, path: Path, most: int = 1_000) -> None:
        self._path = path
        self._most = most
        self._kept = 0
        path.mkdir(exist_ok=True)

    def keep(self, hash: str, text: str) -> None:
        """Keep a text, if there is room on the disk."""
        file = self._path / hash
        with suppress(OSError):
            if not file.exists():
                coming = self._path / f".{hash}.{os.getpid()}"
                coming.write_text(text, "utf-8")
                coming.replace(file)
                self._kept += 1
                if self._kept % _A_ROUND == 0:
                    for old in sorted(self._path.glob("[!.]*"), key=lambda one: one.stat().st_mtime_ns)[: -self._most]:
                        old.unlink(missing_ok=True)

    def find(self, hash: str) -> str | None:
        """The text of a hash, `None` if it is not kept."""
        if not _HASH.fullmatch(hash):
            return None
        try:
            return (self._path / hash).read_text("utf-8")
        except OSError:
            return None


class Texts:
    """The texts of documents. With `only`, no others than the trusted ones are taken."""

    def __init__(self, trusted: Mapping[str, str] | None = None, *, only: bool = False) -> None:
        self._trusted = dict(trusted or {})
        self._allowed = frozenset(self._trusted.values())
        self._only = only
        self._sent: Kept[str, str] = Kept(MOST_TEXT, MOST_TEXT // 10)
        self._shared: Folder | None = None

    def share(self, path: Path) -> None:
        """Know what clients have sent to any worker that shares a folder."""
        self._shared = Folder(path)

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
        if hash is not None and self._sent.find(hash.lower()) is None:
            self._keep(hash.lower(), text)
        return text

    def _known(self, id: str | None, hash: str | None) -> str:
        for name in (id, hash, f"sha256:{hash}"):
            if name is not None and name in self._trusted:
                return self._trusted[name]
        found = self._sent_before(hash.lower()) if hash is not None else None
        if found is None:
            raise UnknownDocument(sendable=hash is not None and not self._only)
        return found

    def _keep(self, hash: str, text: str) -> None:
        self._sent.keep(hash, text, len(text))
        if self._shared is not None and len(text) <= MOST_TEXT // 10:
            self._shared.keep(hash, text)

    def _sent_before(self, hash: str) -> str | None:
        found = self._sent.find(hash)
        if found is None and self._shared is not None and not self._only:
            found = self._shared.find(hash)
            if found is not None:
                self._sent.keep(hash, found, len(found))
        return found
