"""The connector for WSDL 1.1: operations as resources, the elements of their messages as fields.

`docs/sources/wsdl.md` says what each part becomes and lists the findings.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from connectors.addresses import shown_address
from connectors.api_facts import Api, Operation, tried
from connectors.config import Config
from connectors.documents import Described, Document, Neighbours, NotBeside, documents, head, joined, parsed, told
from connectors.errors import Unread
from connectors.protocol import Input, not_taken
from connectors.schemas import Leaf, clean_path
from connectors.xml_safe import XmlNode, XmlRefused, parse_xml
from connectors.xsd import Schemas, references, schemas_in
from graph.facts import Fact, Finding, Severity

_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_WSDL_2 = b"http://www.w3.org/ns/wsdl"
_ACCEPT = "text/xml, application/wsdl+xml, application/xml;q=0.9, */*;q=0.5"
_ROOT = re.compile(rb"<(?:[\w.-]+:)?definitions[\s>]")
_LOCAL = re.compile(r"https?://(?:localhost|127\.|0\.0\.0\.0|\[::1\])", re.IGNORECASE)
_MOST_LOST = 100
_MOST_FIELDS = 500_000

Name = tuple[str, str]


class Wsdl:
    """Reads descriptions of SOAP services, with the schemas inside and beside them."""

    name: ClassVar[str] = "wsdl"
    title: ClassVar[str] = "WSDL 1.1 description of a SOAP service"
    config: ClassVar[type[Config]] = Described

    def __init__(self, given: Input, /) -> None:
        self._given = given

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether the outermost element is that of WSDL 1.1."""
        start = _plain(head(path))
        return start.lstrip()[:1] == b"<" and _WSDL.encode() in start and _ROOT.search(start) is not None

    @classmethod
    def explain(cls, path: Path) -> Finding | None:
        """Why a WSDL 2.0 description is not taken."""
        start = _plain(head(path))
        if start.lstrip()[:1] != b"<" or _WSDL_2 not in start:
            return None
        return not_taken(path, "it is a WSDL 2.0 description; only WSDL 1.1 is read")

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """The services, their operations and the fields of what is sent and answered, then what was odd."""
        async for found in parsed(documents(self._given, _ACCEPT), _definitions):
            if isinstance(found, Finding):
                yield found
                continue
            document, root = found
            gathered = await _gather(self._given, document, root)
            for finding in gathered.findings:
                yield finding
            reading = _Reading(self._given, document, gathered)
            for item in await asyncio.to_thread(lambda one: list(one.items()), reading):
                yield item

    async def try_out(self) -> Sequence[str]:
        """Reads the description and says what it holds."""
        return await tried(self)


def _definitions(document: Document) -> XmlNode:
    """The outermost element of a description. Raises Unread."""
    root = parse_xml(document.content)
    if root.name != "definitions" or root.namespace != _WSDL:
        raise Unread("its outermost element is not `definitions` of WSDL 1.1")
    return root


def _plain(start: bytes) -> bytes:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return start.decode("utf-16", "ignore").encode()
    return start.removeprefix(b"\xef\xbb\xbf")


class _Gathered:
    """A description and what it loads: the definitions of all, and their schemas."""

    def __init__(self) -> None:
        self.definitions: list[XmlNode] = []
        self.schemas = Schemas()
        self.findings: list[Finding] = []


async def _gather(given: Input, document: Document, root: XmlNode) -> _Gathered:
    gathered = _Gathered()
    neighbours = Neighbours(given, document, _ACCEPT)
    waiting = [("", root, "")]
    tried_names = {"", neighbours.own_name}
    while waiting:
        base, node, namespace = waiting.pop(0)
        if node.name == "definitions":
            gathered.definitions.append(node)
        wanted = [(one.get("location") or "", "") for one in node.all("import") if node.name == "definitions"]
        for schema in schemas_in(node):
            gathered.schemas.add(schema, namespace)
            wanted += (
                references(schema).items()
                if schema.get("targetNamespace")
                else [(location, namespace) for location in references(schema)]
            )
        for location, inherited in wanted:
            name = joined(base, location) if location else ""
            if name in tried_names or len(gathered.findings) >= _MOST_LOST:
                continue
            tried_names.add(name)
            try:
                waiting.append((name, await asyncio.to_thread(parse_xml, await neighbours.read(name)), inherited))
            except (NotBeside, XmlRefused) as error:
                message = f"{clean_path(location)} is loaded by it but was not read: {error}"
                done = "what stands there is missing"
                gathered.findings.append(told("REF_NOT_READ", Severity.WARNING, document.file, message, done))
    return gathered


class _Reading:
    """One description on its way to facts."""

    def __init__(self, given: Input, document: Document, gathered: _Gathered) -> None:
        root = gathered.definitions[0]
        self._all = gathered.definitions
        self._schemas = gathered.schemas
        self._messages = self._named("message")
        service = next((one for node in self._all for one in node.all("service")), None)
        namespace = root.get("targetNamespace") or ""
        title = clean_path((service.get("name") if service else None) or root.get("name") or Path(document.file).stem)
        address = _address(service) if service else None
        base = address or clean_path(f"{namespace.rstrip('/')}/{title}".lstrip("/"))
        extra = {"address": address, "namespace": namespace or None}
        documentation = (service.first("documentation") if service else None) or root.first("documentation")
        self._api = Api(
            given,
            document.file,
            title,
            base,
            "soap",
            documentation.said() if documentation else None,
            {key: value for key, value in extra.items() if value},
        )
        self._left = _MOST_FIELDS

    def _named(self, kind: str) -> Mapping[Name, XmlNode]:
        found: dict[Name, XmlNode] = {}
        for node in self._all:
            namespace = node.get("targetNamespace") or ""
            for child in node.all(kind):
                found.setdefault((namespace, child.get("name") or ""), child)
        return found

    def items(self) -> Iterator[Fact | Finding]:
        yield from self._api.items(self._operations())

    def _operations(self) -> Iterator[Operation]:
        bindings = self._bound()
        found = False
        for (namespace, name), port in self._named("portType").items():
            for node in port.all("operation"):
                if node.get("name"):
                    found = True
                    bound = bindings.get((namespace, name, node.get("name") or ""), {})
                    yield self._operation(name, node, bound)
        if not found:
            self._api.tell("NO_OPERATIONS", Severity.WARNING, "it has no operations", "only the service was taken")
        for name in sorted(self._schemas.lost)[:_MOST_LOST]:
            message = f"{clean_path(name)} is referred to, but nothing is there"
            self._api.tell("REF_NOT_FOUND", Severity.WARNING, message, "what uses it is taken without it")
        if self._schemas.cut:
            message = "some messages have more fields, or lie deeper, than is taken"
            self._api.tell(
                "FIELDS_CUT", Severity.WARNING, message, "the first fields were taken, down to 12 names deep"
            )

    def _bound(self) -> Mapping[tuple[str, str, str], Mapping[str, str]]:
        """The style and action of each operation by its port type."""
        found: dict[tuple[str, str, str], dict[str, str]] = {}
        for binding in self._named("binding").values():
            port = binding.qualified(binding.get("type") or "")
            own = binding.first("binding")
            for node in binding.all("operation"):
                soap = node.first("operation")
                style = (soap.get("style") if soap else None) or (own.get("style") if own else None)
                said = {"style": style or "document", "action": (soap.get("soapAction") if soap else None) or ""}
                kept = {key: clean_path(value) for key, value in said.items() if value}
                found.setdefault((*port, node.get("name") or ""), kept)
        return found

    def _operation(self, port: str, node: XmlNode, bound: Mapping[str, str]) -> Operation:
        name = node.get("name") or ""
        fields: dict[str, Leaf] = {}
        for where, part in (("response", "output"), ("request", "input")):
            for path, leaf in self._message(node.first(part), bound.get("style") == "rpc").items():
                if len(fields) >= self._left and path not in fields:
                    self._schemas.cut = True
                    break
                if where not in fields.setdefault(path, leaf).where:
                    fields[path].where.append(where)
        self._left -= len(fields)
        documentation = node.first("documentation")
        text = documentation.said() if documentation else None
        label = name if text is None or len(text) > 60 else text
        return Operation(f"{port}.{name}", label, text, (), fields, dict(bound), f"{port}.{name}", node.row)

    def _message(self, node: XmlNode | None, rpc: bool) -> dict[str, Leaf]:
        """The fields of a message: those inside its element, or one tree for each part."""
        said = node.get("message") if node is not None else None
        if node is None or said is None:
            return {}
        name = node.qualified(said)
        message = self._messages.get(name) or next(
            (one for key, one in self._messages.items() if key[1] == name[1]), None
        )
        if message is None:
            self._schemas.lost.add(name[1])
            return {}
        parts = message.all("part")
        found: dict[str, Leaf] = {}
        for part in parts[:200]:
            element, type, prefix = part.get("element"), part.get("type"), part.get("name") or "part"
            if element is not None:
                inner = self._schemas.of_element(part.qualified(element))
                if rpc or len(parts) > 1:
                    inner = {f"{prefix}.{path}": leaf for path, leaf in inner.items()}
            else:
                inner = self._schemas.of_type(part.qualified(type or ""), prefix) if type else {prefix: Leaf()}
            for path, leaf in inner.items():
                found.setdefault(path, leaf)
        return found


def _address(service: XmlNode) -> str | None:
    """The address of a service's first port, unless it is one that any machine has."""
    for port in service.all("port"):
        one = port.first("address")
        location = (one.get("location") if one else None) or ""
        if re.match(r"https?://", location, re.IGNORECASE) and not _LOCAL.match(location):
            return shown_address(location).rstrip("/")
    return None
