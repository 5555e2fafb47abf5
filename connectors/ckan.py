"""The connector for CKAN: datasets as resources, organisations as departments, datastore columns as fields.

`docs/sources/ckan.md` says what each part becomes and lists the findings.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import Field

from connectors.addresses import Session, shown_address
from connectors.config import Config
from connectors.documents import NOTHING, Described, Document, documents, revealed, told
from connectors.errors import SourceError
from connectors.harvest import Column, Entries, Entry, Publisher, day, harmless, home_id, update_cycle
from connectors.protocol import Input
from connectors.schemas import clean_path
from connectors.trees import NotTree, outline, parse_json
from graph.facts import Fact, Finding, Severity

_ROWS = 100
_MOST_PAGES = 100_000
_AT_ONCE = 4
_ORIGINS = ("identifier", "uri", "dcat_uri", "dataset_uri", "harvest_uri", "guid", "harvest_guid")
_FREQUENCIES = ("frequency", "accrual_periodicity", "accrualPeriodicity", "update_frequency", "frequency-of-update")
_ISSUED = ("issued", "dcat_issued", "date_released", "release_date")


class CkanConfig(Described):
    """A CKAN by its address, or recorded answers of it."""

    entries: Literal["datasets", "resources", "both"] = Field(
        "datasets", description="What becomes a resource here: `datasets`, the `resources` in them, or `both`."
    )
    fields: bool = Field(True, description="Whether the columns of each table in the datastore are asked for.")
    filter: str | None = Field(None, description="A filter query (`fq`), such as `organization:health`.")


class Ckan:
    """Reads a CKAN through its action API, or answers of it that were kept."""

    name: ClassVar[str] = "ckan"
    title: ClassVar[str] = "CKAN catalogue"
    config: ClassVar[type[Config]] = CkanConfig

    def __init__(self, given: Input, /) -> None:
        self._given = given
        self._config = given.config if isinstance(given.config, CkanConfig) else None
        self._what = self._config.entries if self._config is not None else "datasets"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether it is an answer of the action API about datasets or organisations."""
        look = outline(path)
        if not {"success", "result"} <= look.keys.keys() or look.keys["success"] is not True:
            return False
        inner = look.inner.get("result", {})
        return look.keys["result"] == [] or bool(
            {"results", "resources", "owner_org", "is_organization"} & inner.keys()
        )

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """Each dataset's facts as its page comes, then what was odd."""
        if not self._given.paths and self._config is not None and self._config.url is not None:
            async for item in self._harvest(self._config):
                yield item
            return
        async for document in documents(self._given, ""):
            if isinstance(document, Finding):
                yield document
                continue
            for item in await asyncio.to_thread(lambda one: list(self._recorded(one)), document):
                yield item

    async def try_out(self) -> Sequence[str]:
        """Asks how many datasets there are."""
        if self._config is None or self._config.url is None:
            return []
        async with Session(self._given.addresses) as session:
            result = await self._action(session, self._config, "package_search", {"rows": 0, **_fq(self._config)})
        return [f"The CKAN answers; it has {_number(result.get('count')):,} datasets for this source."]

    # ---- recorded answers

    def _recorded(self, document: Document) -> Iterator[Fact | Finding]:
        try:
            tree = parse_json(document.content)
        except NotTree as error:
            yield told("FILE_NOT_READ", Severity.ERROR, document.file, str(error), NOTHING, row=error.row)
            return
        result = tree.get("result") if isinstance(tree, Mapping) else None
        if result is None:
            message = "it is no answer of a CKAN: it has no `result`"
            yield told("FILE_NOT_READ", Severity.ERROR, document.file, message, NOTHING)
            return
        packages = result.get("results", [result]) if isinstance(result, Mapping) else result
        if isinstance(packages, list) and packages and all(isinstance(one, str) for one in packages):
            message = f"it only lists the names of {len(packages):,} datasets; keep the answer of package_search"
            yield told("NAMES_ONLY", Severity.ERROR, document.file, message, NOTHING)
            return
        count = result.get("count") if isinstance(result, Mapping) else None
        entries = Entries(self._given, document.file)
        for package in packages if isinstance(packages, list) else []:
            yield from self._package(package, entries, {}, "")
        if isinstance(count, int) and isinstance(packages, list) and count > len(packages):
            message = f"it is one page of several: {len(packages):,} of {count:,} datasets"
            yield told(
                "PAGE_ONLY", Severity.WARNING, document.file, message, "the datasets that stand there were taken"
            )
        yield from entries.findings

    # ---- at its address

    async def _harvest(self, config: CkanConfig) -> AsyncIterator[Fact | Finding]:
        file = shown_address(_site(config))
        entries = Entries(self._given, file)
        seen: set[str] = set()
        async with Session(self._given.addresses) as session:
            for page in range(_MOST_PAGES):
                wanted = {"rows": _ROWS, "start": page * _ROWS, "sort": "metadata_created asc, id asc", **_fq(config)}
                result = await self._action(session, config, "package_search", wanted)
                packages = [one for one in _list(result.get("results")) if isinstance(one, Mapping)]
                new = [one for one in packages if str(one.get("id")) not in seen]
                seen.update(str(one.get("id")) for one in new)
                columns = await self._columns(session, config, new, entries) if config.fields else {}
                for package in new:
                    for item in self._package(package, entries, columns, file):
                        yield item
                if not new or (page + 1) * _ROWS >= _number(result.get("count")):
                    break
        if len(seen) < _number(result.get("count")):
            message = f"it says that it has {_number(result.get('count')):,} datasets but gave {len(seen):,}"
            yield told("PAGES_MISSING", Severity.ERROR, file, message, "the datasets that it gave were taken")
        for finding in entries.findings:
            yield finding

    async def _action(
        self, session: Session, config: CkanConfig, name: str, wanted: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What an action answers. Raises SourceError."""
        url = f"{_site(config)}/api/3/action/{name}?{urlencode(wanted)}"
        body = await session.fetch(url, headers=revealed(config), accept="application/json")
        try:
            tree = await asyncio.to_thread(parse_json, body.content)
        except NotTree as error:
            raise SourceError(f"{shown_address(url)} answers what is no CKAN's answer: {error}") from None
        if (
            not isinstance(tree, Mapping)
            or tree.get("success") is not True
            or not isinstance(tree.get("result"), Mapping)
        ):
            raise SourceError(f"{shown_address(url)} answers, but not as a CKAN does")
        result: Mapping[str, Any] = tree["result"]
        return result

    async def _columns(
        self, session: Session, config: CkanConfig, packages: Sequence[Mapping[str, Any]], entries: Entries
    ) -> Mapping[str, Sequence[Any]]:
        """The datastore's columns of each table of these datasets, by the id of its resource."""
        wanted = [
            str(one["id"])
            for package in packages
            for one in _list(package.get("resources"))
            if isinstance(one, Mapping) and one.get("datastore_active") is True and one.get("id")
        ]
        free = asyncio.Semaphore(_AT_ONCE)

        async def ask(id: str) -> tuple[str, Sequence[Any]]:
            async with free:
                try:
                    asked = {"resource_id": id, "limit": 0}
                    found = await self._action(session, config, "datastore_search", asked)
                except SourceError as error:
                    message = f"the columns of {clean_path(id)} cannot be asked for: {error}"
                    entries.tell("FIELDS_NOT_READ", Severity.ERROR, message, "it was taken without them")
                    return id, ()
                return id, _list(found.get("fields"))

        return dict(await asyncio.gather(*map(ask, wanted)))

    # ---- one dataset

    def _package(
        self, package: Any, entries: Entries, columns: Mapping[str, Sequence[Any]], site: str
    ) -> Iterator[Fact | Finding]:
        if not isinstance(package, Mapping):
            return
        if package.get("is_organization") is True or package.get("type") == "organization":
            _, department = entries.department(_organisation(package))
            yield from [department] if department is not None else []
            return
        if package.get("state", "active") != "active":
            return
        parts = [one for one in _list(package.get("resources")) if isinstance(one, Mapping)][:2_000]
        if self._what != "resources":
            yield from entries.facts(_dataset(package, parts, columns, site))
        if self._what != "datasets":
            for part in parts:
                yield from entries.facts(_part(package, part, columns, site))


def _site(config: CkanConfig) -> str:
    return re.sub(r"/(?:api(?:/.*)?|dataset/?)?$", "", (config.url or "").partition("?")[0].rstrip("/"))


def _fq(config: CkanConfig) -> Mapping[str, str]:
    return {"fq": config.filter} if config.filter else {}


def _extras(package: Mapping[str, Any]) -> dict[str, Any]:
    """What CKAN keeps beside its own keys, and the keys that a schema of the portal lifted out of there."""
    listed = package.get("extras")
    if isinstance(listed, Mapping):
        return dict(listed)
    pairs = (one for one in _list(listed) if isinstance(one, Mapping) and isinstance(one.get("key"), str))
    return {one["key"]: one.get("value") for one in pairs}


def _said(package: Mapping[str, Any], extras: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    return next((text for key in keys for kept in (package, extras) if (text := _text(kept.get(key)))), None)


def _dataset(
    package: Mapping[str, Any], parts: Sequence[Mapping[str, Any]], columns: Mapping[str, Sequence[Any]], site: str
) -> Entry:
    extras = _extras(package)
    own = _text(package.get("id")) or _text(package.get("name")) or ""
    origins = [_text(kept.get(key)) for key in _ORIGINS for kept in (extras, package)]
    frequency = _said(package, extras, _FREQUENCIES)
    cycle = update_cycle(frequency)
    tags = [
        _text(one.get("display_name") or one.get("name"))
        for one in _list(package.get("tags"))
        if isinstance(one, Mapping)
    ]
    groups = [
        _text(one.get("title") or one.get("name")) for one in _list(package.get("groups")) if isinstance(one, Mapping)
    ]
    formats = [_text(part.get("format")) for part in parts]
    values = {
        "code": _text(package.get("name")),
        "abstract": package.get("notes"),
        "classification": "、".join(dict.fromkeys(text for text in groups if text)),
        "update_cycle": cycle,
        "update_cycle_text": frequency if frequency and cycle in (None, "OTHER") else None,
        "published": day(_said(package, extras, _ISSUED)) or day(package.get("metadata_created")),
        "format_types": list(dict.fromkeys(text.lower() for text in formats if text))[:50],
        "open": False if package.get("private") is True else True if package.get("isopen") is True else None,
    }
    extra = {
        "tags": [text for text in tags if text],
        "license": _text(package.get("license_title")) or _text(package.get("license_id")),
        "address": f"{site}/dataset/{package.get('name')}" if site and package.get("name") else None,
        "catalogue_id": own,
        "harvested": True if any(key.startswith("harvest_") for key in extras) else None,
        "extras": harmless(extras),
    }
    found = [column for part in parts for column in _columns_of(part, columns)]
    return Entry(
        home_id(own, origins),
        _text(package.get("title")) or _text(package.get("name")) or own,
        values,
        _publisher(package, extras),
        found,
        {key: value for key, value in extra.items() if value not in (None, [], {})},
        _text(package.get("name")) or own,
        tuple(text for text in (own, *origins) if text),
        site,
    )


def _part(
    package: Mapping[str, Any], part: Mapping[str, Any], columns: Mapping[str, Sequence[Any]], site: str
) -> Entry:
    dataset = _dataset(package, [part], columns, site)
    own = _text(part.get("id")) or f"{dataset.home}/{_text(part.get('name')) or part.get('position')}"
    values = {
        **dataset.values,
        "code": own,
        "abstract": part.get("description") or dataset.values["abstract"],
        "published": day(part.get("created")) or dataset.values["published"],
        "related_codes": [dataset.values["code"]] if dataset.values["code"] else None,
    }
    extra = {**dataset.extra, "dataset": dataset.name, "catalogue_id": own}
    if (address := _text(part.get("url"))) is not None:
        extra["download"] = shown_address(address)
    name = _text(part.get("name"))
    label = f"{dataset.name} / {name}" if name else dataset.name
    origin = _text(part.get("uri"))
    return Entry(home_id(own, [origin]), label, values, dataset.publisher, dataset.columns, extra, dataset.at, (), site)


def _columns_of(part: Mapping[str, Any], columns: Mapping[str, Sequence[Any]]) -> Iterator[Column]:
    """The columns of a table: as the datastore answered, else as a schema beside it says."""
    listed = columns.get(str(part.get("id"))) or _list(part.get("datastore_fields"))
    schema = part.get("schema")
    if not listed and isinstance(schema, Mapping):
        listed = _list(schema.get("fields"))
    extra = {"table": clean_path(name)} if (name := _text(part.get("name"))) else {}
    for one in listed:
        name = _text(one.get("id") or one.get("name")) if isinstance(one, Mapping) else None
        if name is None or name == "_id":
            continue
        info = one.get("info") if isinstance(one.get("info"), Mapping) else one
        said = (info.get("label"), info.get("title"), info.get("notes"), info.get("description"))
        type = _text(info.get("type_override")) or _text(one.get("type"))
        yield Column(
            name, _TYPES.get(type or ""), type, None, tuple(text for text in said if isinstance(text, str)), extra
        )


_TYPES: Mapping[str, str] = {"text": "C", "timestamptz": "T", "year": "I", "any": "C"}
"""What the datastore calls otherwise than the registry's table of types; there every text is `text`."""


def _organisation(organisation: Mapping[str, Any]) -> Publisher:
    name = _text(organisation.get("name"))
    title = _text(organisation.get("title")) or _text(organisation.get("display_name")) or name or ""
    key = _text(organisation.get("id")) or name or title
    return Publisher(title, key, tuple(text for text in (name,) if text))


def _publisher(package: Mapping[str, Any], extras: Mapping[str, Any]) -> Publisher | None:
    """Who published a dataset first: whom its extras name, else the organisation that it stands under."""
    name = _said(package, extras, ("publisher_name", "publisher"))
    if name is not None:
        address = _said(package, extras, ("publisher_uri", "publisher_url"))
        return Publisher(name, address or name)
    organisation = package.get("organization")
    return _organisation(organisation) if isinstance(organisation, Mapping) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
