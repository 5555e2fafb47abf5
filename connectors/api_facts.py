"""Operations of an interface as facts: the interface is a system, an operation a resource, its values fields."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.catalogue_bodies import local_part
from connectors.config import Config
from connectors.datasets import Dataset, field_id, resource_id
from connectors.normalise import clean_name, holds_password
from connectors.protocol import Connector, Input
from connectors.schemas import Leaf, data_type_of
from graph.facts import Fact, Finding, Kind, Place, Severity, Thing, is_id, name_key

__all__ = ["Api", "Operation", "prose", "tried"]

_LONGEST_TEXT = 10_000
_LONGEST_NAME = 500
_ALIAS = 60
"""Characters of the longest description that may be another name of its field."""


async def tried(connector: Connector) -> Sequence[str]:
    """What a connector that is small enough to be read at once would bring, counted, for a person."""
    counts: Counter[str] = Counter()
    async for item in connector.pull():
        if isinstance(item, Thing):
            counts[item.kind.value] += 1
        elif isinstance(item, Finding):
            counts["finding"] += 1
    words = ("system", "department", "resource", "field", "finding")
    return [f"Found {', '.join(f'{counts[word]:,} {word}s' for word in words if counts[word]) or 'nothing'}."]


@dataclass(slots=True)
class Operation:
    """One operation: its code (`GET /people`), what else is said of it, and its fields by name."""

    code: str
    name: str | None = None
    abstract: str | None = None
    tags: tuple[str, ...] = ()
    fields: Mapping[str, Leaf] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""
    row: int | None = None


@dataclass(slots=True)
class Api:
    """An interface. `base` is the namespace of its operations: its address, else what it is called."""

    given: Input
    file: str
    title: str
    base: str
    format_type: str
    description: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def tell(
        self, code: str, severity: Severity, message: str, done: str, at: str = "", row: int | None = None
    ) -> None:
        """Reports a finding about a part of the description."""
        self.findings.append(Finding(code, severity, Place(self.file, "", row, at), message, done))

    def items(self, operations: Iterable[Operation]) -> Iterator[Fact | Finding]:
        """The facts in turn, then the findings."""
        config = self.given.config or Config.model_validate({})
        system = config.system or self._system_id(config)
        if config.system is None:
            yield self._system(system, config)
        seen: set[str] = set()
        for operation in operations:
            id = self._resource_id(operation)
            if id in seen:
                self.tell(
                    "STATED_TWICE",
                    Severity.WARNING,
                    f"{operation.code} is described twice",
                    "the first counts",
                    operation.at,
                    operation.row,
                )
                continue
            seen.add(id)
            yield self._resource(id, operation, system, config)
            yield from self._fields(id, operation)
        yield from self.findings

    def _system_id(self, config: Config) -> str:
        scope = config.department or config.jurisdiction or self.given.jurisdiction or self.given.home
        name = f"{local_part(scope)}/{self.title}" if scope else self.base
        return "system:" + resource_id(Dataset("", name)).removeprefix("resource:/")

    def _text(self, text: Any, at: str) -> str | None:
        """A longer text, unless it gives a password away."""
        kept = prose(text)
        if kept is None or not holds_password(kept):
            return kept
        self.tell("PASSWORD_IN_TEXT", Severity.WARNING, "a description gives a password away", "it is not taken", at)
        return None

    def _system(self, id: str, config: Config) -> Thing:
        values: dict[str, Any] = {"name": self.title}
        if config.department is not None:
            values["department"] = config.department
        if (text := self._text(self.description, "")) is not None:
            values["description"] = text
        return Thing(Kind.SYSTEM, id, values, Place(self.file), self.given.source, extra=self.extra, given_id=False)

    def _resource_id(self, operation: Operation) -> str:
        dataset = Dataset(self.base, clean_name(operation.code))
        ruled = next((id for rule in self.given.rules if (id := rule.apply(dataset)) is not None), None)
        return ruled or resource_id(dataset)

    def _resource(self, id: str, operation: Operation, system: str, config: Config) -> Thing:
        code = clean_name(operation.code)[:_LONGEST_NAME]
        values: dict[str, Any] = {
            "name": clean_name(operation.name or "")[:_LONGEST_NAME] or code,
            "code": code,
            "system": system,
            "share_methods": ["API"],
            "format_category": "服务接口",
            "format_types": [self.format_type],
        }
        if config.department is not None:
            values["provider"] = config.department
        if (text := self._text(operation.abstract, operation.at)) is not None:
            values["abstract"] = text
        if operation.tags:
            values["classification"] = "、".join(clean_name(tag)[:_LONGEST_NAME] for tag in operation.tags[:20])
        place = Place(self.file, "", operation.row, operation.at)
        return Thing(Kind.RESOURCE, id, values, place, self.given.source, extra=operation.extra, given_id=False)

    def _fields(self, resource: str, operation: Operation) -> Iterator[Thing]:
        seen: set[str] = set()
        for position, (name, leaf) in enumerate(operation.fields.items(), 1):
            id = field_id(resource, name)
            if id in seen or not is_id(id):
                continue
            seen.add(id)
            values: dict[str, Any] = {"name": name, "resource": resource, "position": position}
            if (letter := data_type_of(leaf.type, leaf.format)) is not None:
                values["data_type"] = letter
            if leaf.type is not None:
                values["raw_type"] = (f"{leaf.type}({leaf.format})" if leaf.format else leaf.type)[:_LONGEST_NAME]
            if leaf.length is not None:
                values["length"] = leaf.length
            if aliases := _aliases(name, leaf.says):
                values["aliases"] = aliases
            extra: dict[str, Any] = {"in": leaf.where} if leaf.where else {}
            extra |= {"required": True} if leaf.required else {}
            extra |= {"deprecated": True} if leaf.deprecated else {}
            extra |= {"again": leaf.again} if leaf.again else {}
            place = Place(self.file, "", operation.row, operation.at)
            yield Thing(Kind.FIELD, id, values, place, self.given.source, extra=extra, given_id=False)


def prose(text: Any) -> str | None:
    """A longer text as it is stored; None for what says nothing."""
    if not isinstance(text, str) or not text.strip():
        return None
    kept: str = text.encode("utf-8", "replace").decode().replace("\x00", " ").strip()
    return kept if len(kept) <= _LONGEST_TEXT else kept[:_LONGEST_TEXT] + "…"


def _aliases(name: str, says: Iterable[str]) -> list[str]:
    """Other names of a field: a title, and a description that is short enough to be one."""
    words = (clean_name(text) for text in says if len(text) <= 4 * _ALIAS)
    kept = dict.fromkeys(word for word in words if 0 < len(word) <= _ALIAS and not holds_password(word))
    return [word for word in kept if name_key(word) != name_key(name)]
