"""The connector for GraphQL services: root fields as resources, what they answer as fields.

SDL, an introspection answer in a file, or an address that is asked for one. `docs/sources/graphql.md` says what each
part becomes and lists the findings.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar

import orjson
from graphql import (
    DocumentNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    NamedTypeNode,
    Node,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    Source,
    TypeDefinitionNode,
    TypeExtensionNode,
    build_ast_schema,
    build_client_schema,
    get_introspection_query,
    parse,
    specified_scalar_types,
)
from pydantic import Field

from connectors.addresses import shown_address
from connectors.api_facts import Api, Operation, tried
from connectors.config import Config
from connectors.documents import Described, Document, asked, documents, head, parsed
from connectors.protocol import Input
from connectors.schemas import MOST_FIELDS, Leaf
from connectors.trees import NotTree, outline, parse_json
from graph.facts import Fact, Finding, Severity

_LARGEST = 10_000_000
_TOKENS = 1_000_000
_DEEPEST_SDL = 100
_QUERY = orjson.dumps({"query": get_introspection_query(descriptions=True), "operationName": "IntrospectionQuery"})
_SDL = re.compile(
    rb"(?:\A|\n)[ \t]*(?:extend[ \t]+)?(?:(?:type|interface)[ \t]+[A-Za-z_]\w*|schema\b)[^{}\n]*\n?[ \t]*\{"
)
_SCALARS = {"String": "string", "ID": "string", "Int": "integer", "Float": "number", "Boolean": "boolean"}
_FORMATS = {"Float": "double", "Date": "date", "DateTime": "date-time", "Time": "time", "Timestamp": "date-time"}

Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType


class GraphQLConfig(Described):
    """A GraphQL service, by its description in files or by its address."""

    depth: int = Field(2, ge=1, le=6, description="How many levels of objects below a root field are taken as fields.")


class GraphQLApi:
    """Reads the schema of a GraphQL service."""

    name: ClassVar[str] = "graphql"
    title: ClassVar[str] = "GraphQL schema (SDL, introspection)"
    config: ClassVar[type[Config]] = GraphQLConfig

    def __init__(self, given: Input, /) -> None:
        self._given = given

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether it is an introspection answer, or text that defines GraphQL types and can be parsed."""
        look = outline(path)
        if look.keys:
            return "__schema" in look.keys or "__schema" in look.inner.get("data", {})
        start = head(path, _LARGEST if _SDL.search(head(path)) else 1)
        if start.lstrip()[:1] in (b"", b"<", b"[") or not _SDL.search(start):
            return False
        try:
            _parse_sdl(start)
        except NotTree:
            return False
        return True

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """The service, its root fields and what they answer, then what was odd."""
        async for found in parsed(self._documents(), _schema):
            if isinstance(found, Finding):
                yield found
                continue
            reading = _Reading(self._given, *found)
            for item in await asyncio.to_thread(lambda one: list(one.items()), reading):
                yield item

    async def _documents(self) -> AsyncIterator[Document | Finding]:
        config = self._given.config
        if self._given.paths or not isinstance(config, Described) or config.url is None:
            async for document in documents(self._given, "", _LARGEST):
                yield document
            return
        body = await asked(self._given, config.url, "application/graphql-response+json, application/json", _QUERY)
        yield Document(shown_address(config.url), body.content, None, body.url)

    async def try_out(self) -> Sequence[str]:
        """Reads the schema and says what it holds."""
        return await tried(self)


def _schema(document: Document) -> GraphQLSchema:
    """The schema that a document describes. Raises NotTree."""
    if document.content.lstrip()[:1] == b"{":
        tree = parse_json(document.content)
        data = tree.get("data", tree) if isinstance(tree, Mapping) else None
        if not isinstance(data, Mapping) or not isinstance(data.get("__schema"), Mapping):
            raise NotTree(_no_schema(tree))
        try:
            return build_client_schema(dict(data), assume_valid=True)  # type: ignore[arg-type]
        except (GraphQLError, TypeError, KeyError, AttributeError, ValueError, RecursionError):
            raise NotTree("its introspection answer is not complete") from None
    node = _completed(_parse_sdl(document.content))
    try:
        return build_ast_schema(node, assume_valid=True, assume_valid_sdl=True)
    except (GraphQLError, TypeError, KeyError, AttributeError, ValueError, RecursionError):
        raise NotTree("its types do not fit together") from None


def _completed(node: DocumentNode) -> DocumentNode:
    """A part of a schema as a whole one: extensions of nothing are types, types from elsewhere are scalars."""
    defined = {one.name.value for one in node.definitions if isinstance(one, TypeDefinitionNode)}
    whole = list(node.definitions)
    for at, one in enumerate(whole):
        kind = _WHOLES.get(type(one))
        if kind is not None and isinstance(one, TypeExtensionNode) and one.name.value not in defined:
            defined.add(one.name.value)
            whole[at] = kind(**{key: getattr(one, key) for key in one.keys if key != "loc"})
    used: dict[str, None] = {}
    waiting: list[Any] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, NamedTypeNode):
            used[one.name.value] = None
        elif isinstance(one, Node):
            waiting.extend(getattr(one, key, None) for key in one.keys if key != "loc")
        elif isinstance(one, tuple | list):
            waiting.extend(one)
    missing = sorted(used.keys() - defined - specified_scalar_types.keys())
    if missing:
        whole += parse("\n".join(f"scalar {name}" for name in missing), no_location=True).definitions
    return DocumentNode(definitions=tuple(whole))


_WHOLES: Mapping[type[Node], type[TypeDefinitionNode]] = {
    ObjectTypeExtensionNode: ObjectTypeDefinitionNode,
    InterfaceTypeExtensionNode: InterfaceTypeDefinitionNode,
}


def _no_schema(tree: Any) -> str:
    errors = tree.get("errors") if isinstance(tree, Mapping) else None
    if errors:
        return "the service does not answer introspection; give its SDL as a file"
    return "it holds no `__schema`, as introspection answers it"


def _parse_sdl(content: bytes) -> Any:
    """The parsed SDL. Raises NotTree."""
    text = Document("", content).text()
    if text is None:
        raise NotTree("it is no UTF-8 text")
    if _deepest(text) > _DEEPEST_SDL:
        raise NotTree(f"it is nested more than {_DEEPEST_SDL} deep")
    try:
        return parse(Source(text), no_location=True, max_tokens=_TOKENS)
    except GraphQLError as error:
        row = error.locations[0].line if error.locations else None
        raise NotTree(f"it is no proper GraphQL SDL ({error.message[:200]})", row) from None
    except RecursionError:
        raise NotTree("it is nested too deep") from None


def _deepest(text: str) -> int:
    """How deep brackets stand in one another, at most."""
    deepest = depth = 0
    for mark in re.findall(r"[\[\]{}()]", text):
        depth = depth + 1 if mark in "[{(" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


class _Reading:
    """One schema on its way to facts."""

    def __init__(self, given: Input, document: Document, schema: GraphQLSchema) -> None:
        config = given.config
        self._schema = schema
        self._depth = config.depth if isinstance(config, GraphQLConfig) else 2
        url = shown_address(document.url).rstrip("/") if document.url else None
        title = url.partition("://")[2] if url else Path(document.file).stem
        self._api = Api(given, document.file, title, url or title, "graphql", schema.description)
        self._left = 500_000

    def items(self) -> Iterator[Fact | Finding]:
        yield from self._api.items(self._operations())

    def _operations(self) -> Iterator[Operation]:
        schema = self._schema
        roots = (
            (schema.query_type, "query"),
            (schema.mutation_type, "mutation"),
            (schema.subscription_type, "subscription"),
        )
        found = False
        for root, word in roots:
            for name, one in root.fields.items() if isinstance(root, GraphQLObjectType) else ():
                found = True
                if not name.startswith("_"):  # _service and _entities are the federation's own
                    yield self._operation(f"{word} {name}", one)
        if not found:
            message = "it has no query, mutation or subscription type"
            self._api.tell("NO_OPERATIONS", Severity.WARNING, message, "only the service itself was taken")

    def _operation(self, code: str, one: GraphQLField) -> Operation:
        fields: dict[str, Leaf] = {}
        inner, _ = _inside(one.type)
        answered = (("response", *each) for each in self._leaves(inner, "", self._depth, ()))
        sent = (("request", *each) for name, argument in one.args.items() for each in self._input(argument, name, ()))
        most = min(MOST_FIELDS, self._left)
        for where, name, leaf in islice(chain(answered, sent), 10 * MOST_FIELDS):
            if name not in fields and len(fields) >= most:
                message = "there are more fields than are taken"
                self._api.tell("FIELDS_CUT", Severity.WARNING, message, "the first fields were taken", code)
                break
            if where not in fields.setdefault(name, leaf).where:
                fields[name].where.append(where)
        self._left -= len(fields)
        extra = {"answers": str(one.type), "deprecated": True if one.deprecation_reason is not None else None}
        kept = {key: value for key, value in extra.items() if value is not None}
        return Operation(code, code.partition(" ")[2], one.description, (), fields, kept, code)

    def _leaves(self, type: Any, prefix: str, depth: int, above: tuple[str, ...]) -> Iterator[tuple[str, Leaf]]:
        """Fields of what is answered, down to objects that are too deep or stand above."""
        if isinstance(type, GraphQLUnionType):
            for member in type.types:
                if isinstance(member, GraphQLObjectType):
                    yield from self._leaves(member, prefix, depth, above)
            return
        if not isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
            if not prefix:
                yield "value", _leaf(type, None)
            return
        for name, one in type.fields.items():
            inner, lists = _inside(one.type)
            path = f"{prefix}{name}{'[]' * lists}"
            nested = isinstance(inner, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
            if nested and depth > 1 and inner.name not in above and inner is not type:
                yield from self._leaves(inner, f"{path}.", depth - 1, (*above, type.name))
            else:
                yield path, _leaf(one.type, one.description, one.deprecation_reason)

    def _input(
        self, one: GraphQLArgument | GraphQLInputField, path: str, above: tuple[str, ...]
    ) -> Iterator[tuple[str, Leaf]]:
        """Fields of what is sent."""
        inner, lists = _inside(one.type)
        path = f"{path}{'[]' * lists}"
        if not isinstance(inner, GraphQLInputObjectType) or inner.name in above or len(above) >= self._depth:
            yield path, _leaf(one.type, one.description, one.deprecation_reason)
            return
        for name, field in inner.fields.items():
            yield from self._input(field, f"{path}.{name}", (*above, inner.name))


def _inside(type: Any) -> tuple[Any, int]:
    """A type without its wrappers, and how many lists are around it."""
    lists = 0
    while isinstance(type, GraphQLList | GraphQLNonNull):
        lists += isinstance(type, GraphQLList)
        type = type.of_type
    return type, lists


def _leaf(type: Any, description: Any, deprecated: str | None = None) -> Leaf:
    inner, _ = _inside(type)
    name = inner.name
    scalar = (
        "string" if isinstance(inner, GraphQLEnumType) or name in ("Date", "DateTime", "Time", "Timestamp") else name
    )
    return Leaf(
        _SCALARS.get(name, scalar),
        _FORMATS.get(name),
        says=(description,) if isinstance(description, str) else (),
        required=isinstance(type, GraphQLNonNull),
        deprecated=deprecated is not None,
    )
