"""The connector for DCAT and DCAT-AP: datasets and data services as resources, publishers as departments.

RDF/XML, Turtle, N-Triples or JSON-LD, in files or at an address. `docs/sources/dcat.md` says what each part becomes
and lists the findings.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field
from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.term import Node
from yarl import URL

from connectors.addresses import Session, shown_address
from connectors.api_facts import tried
from connectors.codes import is_uscc
from connectors.config import Config
from connectors.dcat_own import OWN, agents, id_of_system, own_values, systems
from connectors.documents import NOTHING, Described, Document, documents, head, revealed, told
from connectors.harvest import (
    Column,
    Entries,
    Entry,
    Publisher,
    day,
    home_id,
    share_type,
    update_cycle,
    without_login,
    words,
)
from connectors.protocol import Input
from connectors.rdf import ACCEPT, DCAT, DCT, NotRdf, form_of, parse_rdf
from connectors.rdf_read import Reader, short
from connectors.trees import outline
from graph.facts import Fact, Finding, Kind, Link, Place, Severity

_DCAT, _DCT = Namespace(DCAT), Namespace(DCT)
_FOAF = Namespace("http://xmlns.com/foaf/0.1/")
_SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
_VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
_RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
_ADMS = Namespace("http://www.w3.org/ns/adms#")
_PROV = Namespace("http://www.w3.org/ns/prov#")
_HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
_CSVW = Namespace("http://www.w3.org/ns/csvw#")
_LARGEST = 50_000_000
_MOST_PAGES = 100_000


class DcatConfig(Described):
    """A catalogue in DCAT, in files or at its address."""

    language: str = Field("zh", description="The language whose texts are taken where there are several.")


class Dcat:
    """Reads catalogues in DCAT and DCAT-AP."""

    name: ClassVar[str] = "dcat"
    title: ClassVar[str] = "DCAT catalogue (RDF)"
    config: ClassVar[type[Config]] = DcatConfig

    def __init__(self, given: Input, /) -> None:
        self._given = given
        self._language = given.config.language if isinstance(given.config, DcatConfig) else "zh"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether it is RDF in one of the forms, and uses DCAT's words near its beginning."""
        start = head(path, 262_144)
        if DCAT.encode() not in start and b"dcat:" not in start:
            return False
        form = form_of(start)
        if form == "json-ld":
            return bool({"@context", "@graph", "@id", "@type"} & outline(path).keys.keys())
        if form == "xml":
            return b"RDF" in start and b"http://www.w3.org/1999/02/22-rdf-syntax-ns#" in start
        return DCAT.encode() in start and (form == "nt" or b"prefix" in start.lower())

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """Each dataset's facts, then what was odd; page by page where an address has several."""
        config = self._given.config
        if not self._given.paths and isinstance(config, Described) and config.url is not None:
            async for item in self._pages(config):
                yield item
            return
        async for document in documents(self._given, "", _LARGEST):
            if isinstance(document, Finding):
                yield document
                continue
            entries = Entries(self._given, document.file)
            items, _ = await asyncio.to_thread(self._document, document, "", entries)
            for item in items:
                yield item

    async def try_out(self) -> Sequence[str]:
        """Reads the catalogue and says what it holds."""
        return await tried(self)

    async def _pages(self, config: Described) -> AsyncIterator[Fact | Finding]:
        file = shown_address(config.url or "")
        entries = Entries(self._given, file)
        url, seen = config.url or "", set[str]()
        async with Session(self._given.addresses) as session:
            for _ in range(_MOST_PAGES):
                seen.add(url)
                body = await session.fetch(url, headers=revealed(config), accept=ACCEPT)
                document = Document(file, body.content, None, body.url)
                items, following = await asyncio.to_thread(self._document, document, body.media_type, entries)
                for item in items:
                    yield item
                following = following or body.following
                if following is None or following in seen:
                    return
                if not _same_server(body.url, following):
                    message = f"its next page stands at another server: {shown_address(following)}"
                    yield told("PAGES_MISSING", Severity.ERROR, file, message, "the pages before it were taken")
                    return
                url = following

    def _document(
        self, document: Document, media_type: str, entries: Entries
    ) -> tuple[list[Fact | Finding], str | None]:
        """What a document states, and the address of the next page that it names."""
        try:
            graph, lost = parse_rdf(document.content, document.url, media_type)
        except NotRdf as error:
            return [told(error.code, Severity.ERROR, document.file, str(error), NOTHING, row=error.row)], None
        for context in sorted(lost)[:20]:
            message = f"the context {context[:300]} is not loaded"
            entries.tell("CONTEXT_NOT_LOADED", Severity.INFO, message, "its words are taken as DCAT has them")
        reading = _Reading(graph, self._language, entries, document.file, self._given.source)
        return list(reading.items()), reading.following()


def _same_server(one: str, other: str) -> bool:
    try:
        return URL(one).origin() == URL(other).origin()
    except ValueError:
        return False


class _Reading:
    """One graph on its way to facts."""

    def __init__(self, graph: Graph, language: str, entries: Entries, file: str, source: str | None) -> None:
        self._graph = graph
        self._read = Reader(graph, language)
        self._entries = entries
        self._file = file
        self._source = source
        self._homes: dict[Node, str] = {}

    def items(self) -> Iterator[Fact | Finding]:
        for id, values in systems(self._read):
            yield from self._entries.system(id, values)
        for agent in agents(self._read):
            if (publisher := self._agent(agent)) is not None:
                _, department = self._entries.department(publisher)
                yield from [department] if department is not None else []
        datasets = self._of_type(_DCAT.Dataset, _DCAT.DatasetSeries)
        services = self._of_type(_DCAT.DataService)
        if not datasets and not services:
            message = "it describes no dataset and no data service"
            self._entries.tell("NO_DATASETS", Severity.WARNING, message, NOTHING)
        for node in datasets:
            yield from self._entries.facts(self._dataset(node))
        for node in services:
            yield from self._entries.facts(self._service(node))
        yield from self._links(datasets, services)
        yield from self._entries.findings
        self._entries.findings.clear()

    def following(self) -> str | None:
        """The address of the next page, as Hydra says it."""
        for key in (_HYDRA.next, _HYDRA.nextPage):
            for node in self._graph.objects(None, key):
                return str(node)
        return None

    def _of_type(self, *types: URIRef) -> list[Node]:
        """The nodes of these types, in the order of what they are at home: a blank node's own name changes."""
        found = {node for type in types for node in self._graph.subjects(RDF.type, type)}
        for node in found:
            self._homes[node] = self._home(node)
        return sorted(found, key=lambda node: (self._homes[node], self._read.text(node, _DCT.title) or ""))

    def _home(self, node: Node) -> str:
        said = self._read.texts(node, _DCT.identifier) + [
            text for one in self._read.all(node, _ADMS.identifier) for text in self._read.texts(one, _SKOS.notation)
        ]
        own = str(node) if isinstance(node, URIRef) else next(iter(said), self._read.text(node, _DCT.title) or "")
        return home_id(own, said)

    # ---- things

    def _dataset(self, node: Node) -> Entry:
        entry = self._entry(node)
        parts = self._read.all(node, _DCAT.distribution)[:2_000]
        formats = [
            word for part in parts for key in (_DCT["format"], _DCAT.mediaType) for word in self._read.labels(part, key)
        ]
        entry.values["format_types"] = list(dict.fromkeys(short(word).lower() for word in formats))[:50]
        entry.columns = [column for one in (node, *parts) for column in self._columns(one)]
        shown = [self._distribution(part) for part in parts[:100]]
        entry.extra = {**entry.extra, "distributions": shown} if shown else entry.extra
        return entry

    def _service(self, node: Node) -> Entry:
        entry = self._entry(node)
        entry.values |= {"share_methods": ["API"], "format_category": "服务接口"}
        endpoint = self._read.address(node, _DCAT.endpointURL)
        entry.extra = {**entry.extra, "endpoint": endpoint} if endpoint else entry.extra
        return entry

    def _entry(self, node: Node) -> Entry:
        frequency = next(iter(self._read.labels(node, _DCT.accrualPeriodicity)), None)
        cycle = update_cycle(frequency)
        rights = self._read.labels(node, _DCT.accessRights)
        shared = next((type for text in rights if (type := share_type(text))), None)
        themes = [short(text) for text in self._read.labels(node, _DCAT.theme)]
        identifiers = self._read.texts(node, _DCT.identifier)
        own = without_login(str(node)) if isinstance(node, URIRef) else None
        ours = any(text.startswith("resource:") for text in identifiers)
        others = self._read.texts(node, _DCT.alternative)
        title = self._read.text(node, _DCT.title) or self._read.text(node, _RDFS.label)
        abstract = self._read.text(node, _DCT.description)
        values: dict[str, Any] = {
            "code": next((text for text in identifiers if text != own and not text.startswith("resource:")), None),
            "abstract": abstract if abstract != title else None,
            "classification": "、".join(sorted(themes)),
            "update_cycle": cycle,
            "update_cycle_text": short(frequency) if frequency and cycle in (None, "OTHER") else None,
            "published": day(self._read.text(node, _DCT.issued)),
            "share_type": shared,
            "secrecy": "PUBLIC" if any(short(text).upper() in ("PUBLIC", "公开") for text in rights) else None,
        }
        extra = {
            "tags": sorted(set(self._read.texts(node, _DCAT.keyword, any_language=True))),
            "license": next(iter(self._read.labels(node, _DCT.license)), None) or self._license(node),
            "address": own,
            "access_rights": [short(text) for text in rights],
            "landing_page": self._read.address(node, _DCAT.landingPage),
            "modified": day(self._read.text(node, _DCT.modified)),
            "catalogue": self._catalogue(node),
        }
        values |= own_values(self._read, node, Kind.RESOURCE)
        for system in self._read.all(node, OWN.system):
            values["system"] = id_of_system(self._read, system)
        return Entry(
            self._homes[node],
            title or short(self._homes[node]),
            values,
            self._publisher(node),
            (),
            {key: value for key, value in extra.items() if value},
            own or "",
            tuple(others if ours else (text for text in (own, *identifiers, *others) if text)),
        )

    def _publisher(self, node: Node) -> Publisher | None:
        for key in (_DCT.publisher, _DCT.creator):
            for one in self._read.all(node, key):
                if isinstance(one, Literal):
                    return Publisher(str(one), str(one))
                if (publisher := self._agent(one)) is not None:
                    return publisher
        return None

    def _agent(self, node: Node) -> Publisher | None:
        names = [name for key in _NAMES if (name := self._read.text(node, key))]
        identifiers = self._read.texts(node, _DCT.identifier)
        own = str(node) if isinstance(node, URIRef) else next(iter([*identifiers, *names]), "")
        own = next((text for text in identifiers if text.startswith("department:")), own)
        if not own:
            return None
        uscc = next((text for text in identifiers if is_uscc(text)), None)
        others = (*names[1:], *self._read.texts(node, _DCT.alternative))
        values = own_values(self._read, node, Kind.DEPARTMENT)
        return Publisher(names[0] if names else short(own), own, others, uscc, values)

    def _license(self, node: Node) -> str | None:
        """The licence of its distributions, where most catalogues say it."""
        for part in self._read.all(node, _DCAT.distribution):
            for text in self._read.labels(part, _DCT.license):
                return text
        return None

    def _catalogue(self, node: Node) -> str | None:
        for key in (_DCAT.dataset, _DCAT.service):
            for one in sorted(self._graph.subjects(key, node), key=str):
                return self._read.text(one, _DCT.title)
        return None

    def _distribution(self, node: Node) -> Mapping[str, Any]:
        said = {
            "title": self._read.text(node, _DCT.title),
            "download": self._read.address(node, _DCAT.downloadURL),
            "access": self._read.address(node, _DCAT.accessURL),
            "format": next((short(text) for text in self._read.labels(node, _DCT["format"])), None),
        }
        return {key: value for key, value in said.items() if value}

    def _columns(self, node: Node) -> Iterator[Column]:
        """The columns of the table schema that a dataset or distribution conforms to."""
        schemas = [*self._read.all(node, _DCT.conformsTo), *self._read.all(node, _CSVW.tableSchema)]
        schemas += [inner for one in schemas for inner in self._read.all(one, _CSVW.tableSchema)]
        for schema in dict.fromkeys(schemas):
            for listed in self._read.all(schema, _CSVW.column):
                for one in self._read.members(listed):
                    name = self._read.text(one, _CSVW.name) or self._read.text(one, _CSVW.title)
                    if name is None:
                        continue
                    type, length = self._datatype(one)
                    said = (
                        *self._read.texts(one, _CSVW.title, any_language=True),
                        *self._read.texts(one, _DCT.description),
                    )
                    letter = self._read.text(one, OWN.data_type) or words().data_type(type or "")
                    ids = (text for text in self._read.texts(one, _DCT.identifier) if text.startswith("field:"))
                    own = own_values(self._read, one, Kind.FIELD)
                    yield Column(name, letter, type, length, tuple(said), id=next(ids, None), own=own)

    def _datatype(self, column: Node) -> tuple[str | None, int | None]:
        for one in self._read.all(column, _CSVW.datatype):
            base = self._read.text(one, _CSVW.base) if not isinstance(one, Literal) else str(one)
            length = self._read.text(one, _CSVW.maxLength) or self._read.text(one, _CSVW.length)
            type = short(base) if base else short(str(one)) if isinstance(one, URIRef) else None
            return type, int(length) if length and length.isdecimal() and len(length) < 10 else None
        return None, None

    # ---- links

    def _links(self, datasets: Sequence[Node], services: Sequence[Node]) -> Iterator[Link]:
        """From what a dataset was made of to it, and from a dataset to the service that serves it."""
        pairs = [
            (one, node, word)
            for node in datasets
            for key, word in ((_DCT.source, "dct:source"), (_PROV.wasDerivedFrom, "prov:wasDerivedFrom"))
            for one in self._read.all(node, key)
        ]
        pairs += [
            (one, node, "dcat:servesDataset") for node in services for one in self._read.all(node, _DCAT.servesDataset)
        ]
        seen = set()
        for start, end, word in pairs:
            if isinstance(start, Literal) or (isinstance(start, BNode) and start not in self._homes):
                continue
            ends = tuple(self._entries.id_of(self._homes.get(one) or home_id(str(one))) for one in (start, end))
            if ends[0] == ends[1] or (*ends, word) in seen:
                continue
            seen.add((*ends, word))
            yield Link("FEEDS", ends[0], ends[1], {"job": word}, Place(self._file, column=str(end)[:300]), self._source)


_NAMES = (_FOAF.name, _SKOS.prefLabel, _VCARD.fn, _VCARD["organization-name"], _RDFS.label, _DCT.title)
