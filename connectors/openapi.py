"""The connector for OpenAPI 3.0 and 3.1 and Swagger 2: operations as resources, schemas as their fields.

`docs/sources/openapi.md` says what each part becomes and lists the findings.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urljoin

from connectors.addresses import shown_address
from connectors.api_facts import Api, Operation, tried
from connectors.config import Config
from connectors.documents import Described, Document, Neighbours, NotBeside, documents, head, joined, parsed, told
from connectors.protocol import Input
from connectors.schemas import Bundle, Flattening, Leaf, Met, clean_path, leaf_of, mappings
from connectors.trees import NotTree, is_yaml_with, outline, parse_tree
from graph.facts import Fact, Finding, Severity

_ACCEPT = "application/json, application/yaml;q=0.9, */*;q=0.5"
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_MOST_LOST = 100
"""How many documents that cannot be read are told of."""

_MOST_FIELDS = 500_000
"""Fields of one description."""


class OpenApi:
    """Reads OpenAPI and Swagger descriptions, JSON or YAML, with the documents beside them."""

    name: ClassVar[str] = "openapi"
    title: ClassVar[str] = "OpenAPI or Swagger description"
    config: ClassVar[type[Config]] = Described

    def __init__(self, given: Input, /) -> None:
        self._given = given

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether the outermost keys are those of a description."""
        keys = outline(path).keys
        if keys:
            return _is_description(keys)
        start = head(path)
        return not start.lstrip().startswith((b"{", b"[", b"<")) and (
            re.search(rb"(?:\A|\n)[\"']?(?:openapi[\"']?\s*:\s*[\"']?3\.|swagger[\"']?\s*:\s*[\"']?2)", start)
            is not None
            and is_yaml_with(start, ("info", "paths", "components", "definitions", "webhooks"))
        )

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """The interface, its operations and their fields, then what was odd."""
        async for found in parsed(documents(self._given, _ACCEPT), _description):
            if isinstance(found, Finding):
                yield found
                continue
            document, tree = found
            bundle, findings = await _gather(self._given, document, tree)
            for finding in findings:
                yield finding
            for item in await asyncio.to_thread(lambda one, all: list(_items(self._given, one, all)), document, bundle):
                yield item

    async def try_out(self) -> Sequence[str]:
        """Reads the description and says what it holds."""
        return await tried(self)


def _description(document: Document) -> dict[str, Any]:
    """The description that a document is. Raises NotTree."""
    tree = parse_tree(document.content)
    if not isinstance(tree, dict) or not _is_description(tree):
        raise NotTree("it is no OpenAPI 3 or Swagger 2 description: its outermost keys are not theirs")
    return tree


def _is_description(keys: Mapping[str, Any]) -> bool:
    three = str(keys.get("openapi", "")).startswith("3")
    two = str(keys.get("swagger", "")).startswith("2")
    return (three or two) and bool({"paths", "info", "webhooks", "components", "definitions"} & keys.keys())


async def _gather(given: Input, document: Document, tree: Any) -> tuple[Bundle, list[Finding]]:
    """The document and those beside it to which it refers, however far."""
    neighbours = Neighbours(given, document, _ACCEPT)
    trees: dict[str, Any] = {"": tree, neighbours.own_name: tree}
    findings: list[Finding] = []
    waiting = _beside(tree, "")
    tried = set(trees)
    while waiting and len(findings) < _MOST_LOST:
        wanted = waiting.pop(0)
        if wanted in tried:
            continue
        tried.add(wanted)
        try:
            trees[wanted] = await asyncio.to_thread(parse_tree, await neighbours.read(wanted))
        except (NotTree, NotBeside) as error:
            message = f"{clean_path(wanted)} is referred to but was not read: {error}"
            lost = told("REF_NOT_READ", Severity.WARNING, document.file, message, "what stands there is missing")
            findings.append(lost)
            continue
        waiting += _beside(trees[wanted], wanted)
    return Bundle(trees), findings


def _beside(tree: Any, base: str) -> list[str]:
    """The names of other documents that a tree refers to."""
    refs = (node.get("$ref") for node in mappings(tree))
    names = (ref.partition("#")[0] for ref in refs if isinstance(ref, str))
    return list(dict.fromkeys(joined(base, name) for name in names if name))


def _items(given: Input, document: Document, bundle: Bundle) -> Iterator[Fact | Finding]:
    return _Reading(given, document, bundle).items()


class _Reading:
    """One description on its way from tree to facts."""

    def __init__(self, given: Input, document: Document, bundle: Bundle) -> None:
        self._tree = bundle.trees[""]
        self._bundle = bundle
        self._flat = Flattening(bundle)
        self._is_two = "swagger" in self._tree
        self._file = document.file
        info = _mapping(self._tree.get("info"))
        title = clean_path(_text(info.get("title")) or Path(document.file).stem) or "API"
        self._server = _server_two(self._tree) if self._is_two else _server(self._tree, document.url)
        extra = {"version": info.get("version"), "server": self._server, "description_of": self._version()}
        self._api = Api(
            given,
            document.file,
            title,
            (self._server or title).rstrip("/"),
            "rest",
            _text(info.get("description")),
            {key: value for key, value in extra.items() if isinstance(value, str) and value},
        )
        self._left = _MOST_FIELDS

    def _version(self) -> str:
        return f"Swagger {self._tree['swagger']}" if self._is_two else f"OpenAPI {self._tree['openapi']}"

    def items(self) -> Iterator[Fact | Finding]:
        yield from self._api.items(self._operations())

    def _operations(self) -> Iterator[Operation]:
        for group, prefix in (("paths", ""), ("webhooks", "WEBHOOK ")):
            for path, item in _mapping(self._tree.get(group)).items():
                if not isinstance(item, Mapping) or path.startswith("x-"):
                    continue
                at = f"#/{group}/{path.replace('~', '~0').replace('/', '~1')}"
                met = self._met(item, "", at)
                if met is None:
                    continue
                for method in _METHODS:
                    if isinstance(met.node.get(method), Mapping):
                        yield self._operation(f"{prefix}{method.upper()} {path}", met, method, f"{at}/{method}")
        self._tell_what_is_missing()

    def _operation(self, code: str, item: Met, method: str, at: str) -> Operation:
        node = item.node[method]
        tags = node.get("tags")
        media: list[str] = []
        fields: dict[str, Leaf] = {}
        for where, name, leaf in self._leaves(node, item, media):
            old = fields.setdefault(name, leaf)
            if old is not leaf and old.type is None:
                leaf.where, fields[name] = old.where, leaf
            if where not in fields[name].where:
                fields[name].where.append(where)
        fields = dict(list(fields.items())[: max(self._left, 0)])
        self._left -= len(fields)
        extra = {
            "operation_id": _text(node.get("operationId")),
            "deprecated": node.get("deprecated") is True or None,
            "media_types": media,
            "security": self._security(node),
        }
        return Operation(
            code,
            _text(node.get("summary")) or _text(node.get("operationId")),
            _text(node.get("description")),
            tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
            fields,
            {key: value for key, value in extra.items() if value},
            at,
        )

    def _leaves(self, node: Mapping[str, Any], item: Met, media: list[str]) -> Iterator[tuple[str, str, Leaf]]:
        """Each field with the part that it stands in: what is answered, what is sent, then the parameters."""
        if self._left <= 0:
            self._flat.cut = True
            return
        for schema in self._answers(node, item.base, media):
            for name, leaf in self._flat.fields(schema.node, schema.base, "writeOnly").items():
                yield "response", name, leaf
        parameters = [*self._parameters(node, item.base), *self._parameters(item.node, item.base)]
        body = self._met(node.get("requestBody"), item.base)
        bodies = list(self._contents(body, media)) if body else []
        bodies += [
            Met(met.node["schema"], met.base)
            for met in parameters
            if met.node.get("in") == "body" and isinstance(met.node.get("schema"), Mapping)
        ]
        for sent in bodies:
            for name, leaf in self._flat.fields(sent.node, sent.base, "readOnly").items():
                yield "request", name, leaf
        for met in parameters:
            yield from self._parameter(met, media)

    def _parameter(self, met: Met, media: list[str]) -> Iterator[tuple[str, str, Leaf]]:
        where, name = met.node.get("in"), clean_path(_text(met.node.get("name")) or "")
        if not name or where not in ("path", "query", "header", "cookie", "formData"):
            return
        where = "request" if where == "formData" else where
        schema = met.node.get("schema")
        contents = list(self._contents(met, media)) if "content" in met.node else []
        schema_met = contents[0] if contents else Met(schema, met.base) if isinstance(schema, Mapping) else met
        resolved = self._bundle.resolve(schema_met)
        node = resolved.node if isinstance(resolved, Met) else {}
        leaf = leaf_of({**node, "description": met.node.get("description") or node.get("description")})
        leaf.required = met.node.get("required") is True
        yield where, name, leaf

    def _parameters(self, node: Mapping[str, Any], base: str) -> list[Met]:
        listed = node.get("parameters")
        found = (self._met(one, base) for one in listed[:1_000]) if isinstance(listed, list) else ()
        return [met for met in found if met is not None]

    def _answers(self, node: Mapping[str, Any], base: str, media: list[str]) -> Iterator[Met]:
        """The schemas of what is answered when all went well."""
        answers = _mapping(node.get("responses"))
        good = [status for status in answers if re.fullmatch(r"2(\d\d|XX)", status, re.IGNORECASE)]
        for status in good or [status for status in answers if status == "default"]:
            met = self._met(answers[status], base)
            if met is None:
                continue
            if isinstance(met.node.get("schema"), Mapping):
                yield Met(met.node["schema"], met.base)
            yield from self._contents(met, media)
        produces = node.get("produces", self._tree.get("produces")) if self._is_two else None
        media += (
            [one for one in produces if isinstance(one, str) and one not in media] if isinstance(produces, list) else []
        )

    def _contents(self, met: Met, media: list[str]) -> Iterator[Met]:
        """The schema of a body: that of JSON if it has several."""
        contents = _mapping(met.node.get("content"))
        media += [clean_path(name) for name in contents if name not in media and len(media) < 20]
        for name in sorted(contents, key=lambda name: ("json" not in name, "xml" not in name)):
            schema = _mapping(contents[name]).get("schema")
            if isinstance(schema, Mapping):
                yield Met(schema, met.base)
                return

    def _security(self, node: Mapping[str, Any]) -> list[str]:
        """The names of the ways to sign in; never what is needed for it."""
        wanted = node.get("security", self._tree.get("security"))
        listed = [one for one in wanted if isinstance(one, Mapping)] if isinstance(wanted, list) else []
        return sorted({clean_path(name) for one in listed[:100] for name in one})

    def _met(self, node: Any, base: str, at: str = "") -> Met | None:
        if not isinstance(node, Mapping):
            return None
        resolved = self._bundle.resolve(Met(node, base))
        if isinstance(resolved, str):
            self._flat.lost.add(resolved)
            return None
        return resolved

    def _tell_what_is_missing(self) -> None:
        for ref in sorted(self._flat.lost)[:100]:
            message = f"{ref[:300]} is referred to, but nothing is there"
            self._api.tell("REF_NOT_FOUND", Severity.WARNING, message, "what uses it is taken without it")
        if self._flat.cut:
            message = "some schemas have more fields, or lie deeper, than is taken"
            self._api.tell(
                "FIELDS_CUT", Severity.WARNING, message, "the first fields were taken, down to 12 names deep"
            )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _server(tree: Mapping[str, Any], url: str | None) -> str | None:
    """The first server's address, its variables filled in, without what may be secret."""
    listed = tree.get("servers")
    first = _mapping(listed[0]) if isinstance(listed, list) and listed else {}
    address = _text(first.get("url"))
    if address is None:
        return None
    for name, variable in list(_mapping(first.get("variables")).items())[:50]:
        default = _mapping(variable).get("default")
        address = address.replace("{" + name + "}", str(default)) if isinstance(default, str | int) else address
    return _shown(urljoin(url, address) if url else address)


def _server_two(tree: Mapping[str, Any]) -> str | None:
    host = _text(tree.get("host"))
    if host is None:
        return None
    schemes = tree.get("schemes")
    known = [one for one in schemes if one in ("http", "https")] if isinstance(schemes, list) else []
    return _shown(f"{max(known, default='https')}://{host}/{(_text(tree.get('basePath')) or '').lstrip('/')}")


def _shown(address: str) -> str | None:
    if not re.match(r"https?://", address, re.IGNORECASE):
        return None
    known = shown_address(address)
    return known.rstrip("/") if known != "the address" else None
