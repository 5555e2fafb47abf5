"""Documents that stand in files or at addresses: what is told of them, and their bytes within limits."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import unquote, urljoin

from pydantic import Field, model_validator
from yarl import URL

from connectors.addresses import Body, Session, shown_address
from connectors.config import Config, Files, Secret, SecretMissing
from connectors.errors import SourceError, Unread
from connectors.protocol import Input, not_taken, shown, unreadable
from graph.facts import Finding, Place, Severity

__all__ = [
    "LARGEST",
    "NOTHING",
    "Described",
    "Document",
    "Neighbours",
    "NotBeside",
    "asked",
    "documents",
    "files",
    "head",
    "joined",
    "parsed",
    "revealed",
    "told",
]

T = TypeVar("T")

NOTHING = "nothing was taken from it"
"""What was done where a document was refused."""
LARGEST = 50_000_000
"""Bytes of the longest document that is parsed as a whole."""


class Described(Files):
    """A source that is files, or stands at an address."""

    paths: tuple[Path, ...] = Field((), description="Files and folders, from the folder of registry.toml; or `url`.")
    url: str | None = Field(None, description="Address that is asked; or `paths`. It holds no secret.")
    headers: Mapping[str, Secret] = Field(
        {}, description='Headers sent to it, each value by reference: `{ Authorization = { env = "NAME" } }`.'
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.paths) == (self.url is not None):
            raise ValueError("give either paths or url")
        if self.headers and self.url is None:
            raise ValueError("headers are for url")
        return self


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its name in places, its bytes, and the file or address that it came from."""

    file: str
    content: bytes
    path: Path | None = None
    url: str | None = None

    def text(self) -> str | None:
        """It as UTF-8 (or UTF-16 with its mark) text; None if it is none."""
        try:
            if self.content.startswith((b"\xff\xfe", b"\xfe\xff")):
                return self.content.decode("utf-16")
            return self.content.decode("utf-8-sig")
        except UnicodeError:
            return None


def told(
    code: str, severity: Severity, file: str, message: str, done: str, at: str = "", row: int | None = None
) -> Finding:
    """A finding about a part of a document; `at` says which, as a JSON pointer or a name."""
    return Finding(code, severity, Place(file, "", row, at), message, done)


def files(given: Input) -> Sequence[Path]:
    """The files to read: those of the input, else those that the configuration names, folders opened."""
    if given.paths or not isinstance(given.config, Files):
        return given.paths
    found: list[Path] = []
    for path in given.config.paths:
        found += sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    return found


async def documents(given: Input, accept: str, largest: int = LARGEST) -> AsyncIterator[Document | Finding]:
    """Each document that the input names, or why it cannot be read. Raises SourceError for an address."""
    for path in await asyncio.to_thread(files, given):
        yield await asyncio.to_thread(_read, path, largest)
    if not given.paths and isinstance(given.config, Described) and given.config.url is not None:
        body = await asked(given, given.config.url, accept)
        yield Document(shown_address(given.config.url), body.content, None, body.url)


async def parsed(
    documents: AsyncIterator[Document | Finding], parse: Callable[[Document], T]
) -> AsyncIterator[tuple[Document, T] | Finding]:
    """Each document with what `parse` makes of it, beside the event loop; what it refuses (Unread) is a finding."""
    async for document in documents:
        if isinstance(document, Finding):
            yield document
            continue
        try:
            found = await asyncio.to_thread(parse, document)
        except Unread as error:
            yield told(error.code, Severity.ERROR, document.file, str(error), NOTHING, row=error.row)
            continue
        yield document, found


async def asked(given: Input, url: str, accept: str, send: bytes | None = None) -> Body:
    """What stands at the source's address. Raises SourceError."""
    async with Session(given.addresses) as session:
        return await session.fetch(url, headers=revealed(given.config), accept=accept, send=send)


def revealed(config: Config | None) -> Mapping[str, str]:
    """The headers to send. Raises SourceError if a secret is not where it should be."""
    if not isinstance(config, Described):
        return {}
    try:
        return {name: secret.reveal() for name, secret in config.headers.items()}
    except SecretMissing as missing:
        raise SourceError(str(missing)) from None


def _read(path: Path, largest: int) -> Document | Finding:
    trouble = unreadable(path)
    if trouble is not None:
        return trouble
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        return not_taken(path, f"the file cannot be read: {error.strerror}")
    if len(content) > largest:
        return not_taken(path, f"the file is longer than {largest:,} bytes", "TOO_LARGE")
    return Document(shown(path), content, path)


class NotBeside(Exception):
    """A document that another refers to is not read; the message says why."""


class Neighbours:
    """The documents that stand beside one, in its folder or at its server, as far as it refers to them."""

    most = 200

    def __init__(self, given: Input, document: Document, accept: str) -> None:
        self._given = given
        self._document = document
        self._accept = accept
        self._left = LARGEST
        self._count = 0

    @property
    def own_name(self) -> str:
        """What the documents beside it call the first one."""
        if self._document.path is not None:
            return self._document.path.name
        return (self._document.url or "").partition("?")[0].rpartition("/")[2]

    async def read(self, name: str) -> bytes:
        """The bytes of a document by its name (`joined`). Raises NotBeside."""
        self._count += 1
        if self._count > self.most:
            raise NotBeside(f"more than {self.most} documents are referred to")
        try:
            if self._document.path is not None:
                content = await asyncio.to_thread(_beside, self._document.path.parent, name, self._left)
            else:
                content = await self._asked(name)
        except SourceError as error:
            raise NotBeside(str(error)) from None
        self._left -= len(content)
        if self._left < 0:
            raise NotBeside(f"together they are longer than {LARGEST:,} bytes")
        return content

    async def _asked(self, name: str) -> bytes:
        base = URL(self._document.url or "")
        try:
            url = base.join(URL(name))
        except ValueError:
            raise NotBeside("it is no address") from None
        if url.scheme not in ("http", "https") or url.origin() != base.origin():
            raise NotBeside("it does not stand at the same server")
        async with Session(self._given.addresses) as session:
            body = await session.fetch(str(url), headers=revealed(self._given.config), accept=self._accept)
        return body.content


def joined(base: str, name: str) -> str:
    """The name of a document that another one, `base`, calls `name`; both from the folder of the first."""
    if re.match(r"[A-Za-z][\w+.-]*:", name):
        return name
    if re.match(r"https?://", base):
        return urljoin(base, name)
    path, mark, query = name.partition("?")
    parts = base.partition("?")[0].split("/")[:-1]
    for part in unquote(path).split("/"):
        if part == "..":
            parts = parts[:-1] if parts and parts[-1] != ".." else [*parts, part]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) + mark + query


def _beside(folder: Path, name: str, left: int) -> bytes:
    try:
        path = (folder / name).resolve()
        if name.startswith("..") or not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise NotBeside("there is no such file in the folder")
        with path.open("rb") as file:
            return file.read(left + 1)
    except (OSError, ValueError):
        raise NotBeside("there is no such file in the folder") from None


def head(path: Path, length: int = 65_536) -> bytes:
    """What a file begins with; nothing if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(length)
    except OSError:
        return b""
