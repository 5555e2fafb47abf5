"""XML from strangers: no entities, nothing loaded from elsewhere, and limits on size, depth and count.

    root = parse_xml(content)       # XmlNode; raises XmlRefused

A document type may stand there; what it declares is refused, so that nothing is ever expanded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from connectors.errors import Unread

__all__ = ["LIMITS", "Limits", "XmlNode", "XmlRefused", "check_xml", "parse_xml"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a document is taken."""

    bytes: int = 50_000_000
    depth: int = 200
    elements: int = 1_000_000
    attributes: int = 1_000


LIMITS = Limits()


class XmlRefused(Unread):
    """A document that is no XML, or is not taken."""

    code: ClassVar[str] = "XML_REFUSED"


@dataclass(slots=True, eq=False)
class XmlNode:
    """An element: names as `{namespace}name`, the prefixes in force at it, and the line that it begins at."""

    tag: str
    attributes: Mapping[str, str]
    row: int
    prefixes: Mapping[str, str]
    children: list["XmlNode"] = field(default_factory=list)
    text: str = ""

    @property
    def name(self) -> str:
        """Its name without the namespace."""
        return self.tag.rpartition("}")[2]

    @property
    def namespace(self) -> str:
        """Its namespace, empty for none."""
        return self.tag[1:].partition("}")[0] if self.tag.startswith("{") else ""

    def all(self, name: str) -> list["XmlNode"]:
        """Its children of this local name."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> "XmlNode | None":
        return next((child for child in self.children if child.name == name), None)

    def get(self, name: str) -> str | None:
        """An attribute without a namespace."""
        return self.attributes.get(name)

    def qualified(self, text: str) -> tuple[str, str]:
        """A name with a prefix, as attributes hold one, as namespace and local name."""
        prefix, colon, local = text.strip().rpartition(":")
        return self.prefixes.get(prefix if colon else "", ""), local

    def said(self) -> str:
        """All text in it, white space evened."""
        parts, waiting = [], [self]
        while waiting:
            node = waiting.pop()
            parts.append(node.text)
            waiting.extend(reversed(node.children))
        return " ".join(" ".join(parts).split())


class _Counting:
    """What is told of each element: counts, and refuses what is beyond the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.depth = 0
        self.elements = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > self.limits.depth:
            raise XmlRefused(f"its elements are nested more than {self.limits.depth} deep")
        if self.elements > self.limits.elements:
            raise XmlRefused(f"it has more than {self.limits.elements:,} elements")
        if len(attributes) > self.limits.attributes:
            raise XmlRefused(f"an element has more than {self.limits.attributes:,} attributes")

    def end(self, tag: str) -> None:
        self.depth -= 1

    def data(self, text: str) -> None:
        pass

    def start_ns(self, prefix: str, uri: str) -> None:
        pass

    def close(self) -> None:
        pass


class _Building(_Counting):
    """Builds the tree."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.parser: Any = None
        self.root: XmlNode | None = None
        self._open: list[XmlNode] = []
        self._said: list[list[str]] = []
        self._new: dict[str, str] = {}

    def start_ns(self, prefix: str, uri: str) -> None:
        self._new[prefix or ""] = uri or ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        super().start(tag, attributes)
        above = self._open[-1] if self._open else None
        prefixes = above.prefixes if above is not None else {}
        if self._new:
            prefixes = {**prefixes, **self._new}
            if len(prefixes) > self.limits.attributes:
                raise XmlRefused(f"it has more than {self.limits.attributes:,} prefixes")
            self._new = {}
        node = XmlNode(tag, dict(attributes), self.parser.CurrentLineNumber, prefixes)
        if above is None:
            self.root = node
        else:
            above.children.append(node)
        self._open.append(node)
        self._said.append([])

    def end(self, tag: str) -> None:
        super().end(tag)
        self._open.pop().text = "".join(self._said.pop())

    def data(self, text: str) -> None:
        if self._said:
            self._said[-1].append(text)


def parse_xml(content: bytes, limits: Limits = LIMITS) -> XmlNode:
    """The root element of a document. Raises XmlRefused."""
    building = _Building(limits)
    _run(content, building, limits)
    assert building.root is not None
    return building.root


def check_xml(content: bytes, limits: Limits = LIMITS) -> bytes:
    """A document that another parser is to read, looked through, in an encoding that any reads. Raises XmlRefused."""
    return _run(content, _Counting(limits), limits)


_DECLARED = re.compile(rb"""(\s*<\?xml[^>]{0,200}?)\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,40})["']""")

_MANY_BYTES: Mapping[str, str] = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "cp936", "euc-cn"), "gb18030"),
    **{name: name for name in ("big5", "big5-hkscs", "euc-jp", "shift_jis", "euc-kr")},
}
"""Encodings that the parser does not know, and what reads them."""


def _evened(content: bytes) -> bytes:
    """The document in UTF-8, without the word for its encoding, if it is in one that the parser does not know."""
    declared = _DECLARED.match(content)
    encoding = _MANY_BYTES.get(declared[2].decode().lower()) if declared else None
    if declared is None or encoding is None:
        return content
    try:
        return declared[1] + content[declared.end() :].decode(encoding).encode()
    except UnicodeError:
        raise XmlRefused(f"it is not in the encoding that it names ({declared[2].decode()})") from None


def _run(content: bytes, target: _Counting, limits: Limits) -> bytes:
    if len(content) > limits.bytes:
        raise XmlRefused(f"it is longer than {limits.bytes:,} bytes")
    content = _evened(content)
    parser = DefusedXMLParser(target=target)
    expat = parser.parser
    if isinstance(target, _Building):
        target.parser = expat
    try:
        parser.feed(content)  # at once: in pieces, one long token would be looked at again with each
        parser.close()
        return content
    except DefusedXmlException:
        message = "it declares entities, which are not expanded; write what they stand for"
        raise XmlRefused(message, expat.CurrentLineNumber, expat.CurrentColumnNumber + 1) from None
    except XmlRefused as refused:
        refused.row, refused.column = expat.CurrentLineNumber, expat.CurrentColumnNumber + 1
        raise
    except ParseError as error:
        row, column = error.position
        raise XmlRefused(f"it is no proper XML ({_reason(error)})", row, column + 1) from None
    except (ValueError, LookupError):
        raise XmlRefused("it is in an encoding that is not known") from None


def _reason(error: ParseError) -> str:
    """What the parser says, without the place."""
    return str(error).partition(":")[0]
