"""What the cells of a row name: which thing it is, by id, by code, or by name in what holds it."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.catalogue_bodies import Departments, jurisdiction_fact, local_part, make_id
from connectors.catalogue_words import Words
from connectors.codes import is_jurisdiction_code, is_uscc, jurisdiction_parent
from connectors.config import Config
from connectors.datasets import Column as Registered
from connectors.names import Named
from connectors.normalise import clean_name, key, plain_code
from connectors.protocol import Input
from connectors.table_findings import TableReport
from connectors.table_mapping import Column
from connectors.table_once import Once
from connectors.table_values import items
from graph.facts import Kind, Place, Thing, is_id, prefix_kind

__all__ = ["IMPLIED", "Bodies", "Body", "Cells", "Covers"]

_MOST = 100_000
"""Departments and names that are remembered."""
_MOST_OWN = 40_000
"""Names of what the file itself states that are remembered."""

_HOLDER: Mapping[Kind, tuple[str, Kind]] = {
    Kind.DEPARTMENT: ("jurisdiction", Kind.JURISDICTION),
    Kind.SYSTEM: ("department", Kind.DEPARTMENT),
    Kind.RESOURCE: ("provider", Kind.DEPARTMENT),
    Kind.FIELD: ("resource", Kind.RESOURCE),
    Kind.AGREEMENT: ("consumer", Kind.DEPARTMENT),
}


@dataclass(frozen=True, slots=True)
class Cells:
    """A row's texts by what they become, with the columns and places that they stand in."""

    texts: Mapping[str, str]
    columns: Mapping[str, Column]
    places: Mapping[str, Place]
    place: Place
    partial: bool = False
    """They are only what was edited of a thing that is there: nothing else is said."""

    def text(self, *path: str) -> str:
        return self.texts.get(".".join(path), "")

    def at(self, *path: str) -> Place:
        return self.places.get(".".join(path), self.place)


@dataclass(frozen=True, slots=True)
class Body:
    """Which thing a row is about. `numbered`: a row of the same name may be another thing."""

    id: str
    given: bool
    values: dict[str, Any]
    numbered: bool = False


@dataclass(slots=True)
class Covers:
    """What an agreement covers: ids, the one provider of them all, and what could not be found, by header."""

    ids: list[str] = field(default_factory=list)
    provider: str | None = None
    unknown: dict[str, Any] = field(default_factory=dict)


class Bodies:
    """Finds and states what the rows of one file name."""

    def __init__(self, given: Input, words: Words, report: TableReport, once: Once) -> None:
        self._given = given
        self._words = words
        self._report = report
        self.once = once
        self._config = given.config or Config.model_validate({})
        self._scope = local_part(given.jurisdiction or self._config.jurisdiction or given.home or "")
        self._departments = self._new_departments()
        self._met: dict[tuple[str, str], str] = {}
        """Ids of the departments that were stated, by name and code as they were said."""
        self._jurisdictions: set[str] = set()
        self._here: OrderedDict[tuple[Kind, str], list[Named]] = OrderedDict()
        """What the file itself states, by kind and compared name or code."""
        self._registered: dict[Kind, dict[str, Sequence[Named]]] = {}
        self._fields: dict[str, Sequence[Registered]] = {}
        self._own_fields: dict[tuple[str, str], str] = {}
        self.labels: dict[tuple[Kind, str], str] = {}
        """Ids of things by how the file itself shows them, where it does."""
        self.looked = given.names is not None

    def _new_departments(self) -> Departments:
        return Departments(self._given, self._words, self._report)

    # ---- what a row is about

    def main(self, kind: Kind, cells: Cells, here: Mapping[Kind, str]) -> Body | None:
        """The thing of this kind that the row is about; None if it says of none, or its id is none."""
        word = kind.value
        id, name, code = cells.text(word, "id"), self._name(cells.text(word, "name")), self._code(kind, cells, word)
        if id:
            return self._given_id(kind, id, cells)
        if kind is Kind.JURISDICTION:
            digits = code if is_jurisdiction_code(code) else ""
            return Body(f"{kind}:{digits or name}", False, {}) if digits or name else None
        if not name and not code:
            return None
        if kind is Kind.DEPARTMENT and not any(path.startswith("department.jurisdiction") for path in cells.texts):
            return self._department_body(name, code, cells.at(word, "name"))
        holder = _HOLDER.get(kind)
        held = self.reference(kind, *holder, cells, here) if holder else None
        if kind is Kind.FIELD and held is None:
            return None
        values = {holder[0]: held} if holder and held else {}
        built = make_id(kind, local_part(held) if held else self._scope, code or name)
        if kind is Kind.FIELD and held:
            self._note_field(held, name, code, built)
        self._note(kind, Named(built, held), name, code)
        column = cells.columns.get("agreement.name") if kind is Kind.AGREEMENT else None
        numbered = column is not None and column is cells.columns.get("agreement.covers.resource")
        return Body(built, False, values, numbered)

    def _given_id(self, kind: Kind, id: str, cells: Cells) -> Body | None:
        if not is_id(id):
            message = "an id has 1–300 characters without control characters"
            self._report.add("BAD_ID", cells.at(kind.value, "id"), message, "the row is not taken", id)
            return None
        name, code = self._name(cells.text(kind.value, "name")), self._code(kind, cells, kind.value)
        self._note(kind, Named(id, None), name, code)
        return Body(id, True, {})

    def _department_body(self, name: str, code: str, place: Place) -> Body | None:
        id = self._department(name, code, place)
        return None if id is None else Body(id, False, {})

    def _name(self, text: str) -> str:
        """A name that says something: not a placeholder, and not of marks alone."""
        if self._words.says_nothing(text) or not any(character.isalnum() for character in text):
            return ""
        return clean_name(text)

    def _code(self, kind: Kind, cells: Cells, word: str) -> str:
        text = cells.text(word, "uscc" if kind is Kind.DEPARTMENT else "code")
        return "" if self._words.says_nothing(text) else plain_code(text)

    def _note(self, kind: Kind, thing: Named, *names: str) -> None:
        """Remember a thing that the file states, for what refers to it by name."""
        if kind not in (Kind.SYSTEM, Kind.RESOURCE, Kind.ELEMENT):
            return
        for name in filter(None, names):
            known = self._here.setdefault((kind, key(name)), [])
            if all(one.id != thing.id for one in known):
                known.append(thing)
        while len(self._here) > _MOST_OWN:
            self._here.popitem(last=False)

    def _note_field(self, resource: str, name: str, code: str, id: str) -> None:
        if len(self._own_fields) < _MOST_OWN:
            self._own_fields.setdefault((resource, key(name or code)), id)

    # ---- what it refers to

    def reference(self, kind: Kind, name: str, to: Kind, cells: Cells, here: Mapping[Kind, str]) -> str | None:
        """The id of what `name` of the row's thing of `kind` refers to; stated if the row only names it."""
        start = f"{kind.value}.{name}"
        if any(path.startswith(start) for path in cells.texts):
            return self.named(to, start, cells, here)
        return None if cells.partial else self._implied(kind, name, to, here)

    def _implied(self, kind: Kind, name: str, to: Kind, here: Mapping[Kind, str]) -> str | None:
        """What nobody says: what the same row is about, else what the settings say."""
        if (kind, name) not in IMPLIED:
            return None
        config = self._config
        known = {Kind.DEPARTMENT: config.department, Kind.SYSTEM: config.system, Kind.JURISDICTION: None}
        if to is Kind.JURISDICTION:
            return here.get(to) or self._given.jurisdiction or config.jurisdiction or self._given.home
        return here.get(to) or (known.get(to) if kind is not Kind.AGREEMENT else None)

    def named(self, to: Kind, path: str, cells: Cells, here: Mapping[Kind, str]) -> str | None:
        """The id of a thing that is named at a path."""
        whole, id = cells.text(path), cells.text(path, "id")
        if self._words.says_nothing(whole):
            whole = ""
        label = self.labels.get((to, whole))
        if id or label:
            return id if is_id(id) else label
        if is_id(whole) and prefix_kind(whole) is to:
            return whole
        name = self._name(cells.text(path, "name"))
        code = self._code(to, cells, path)
        if to is Kind.JURISDICTION:
            return self._jurisdiction(code or whole or name, cells.at(path))
        if to is Kind.DEPARTMENT:
            among = self._registered.get(to, {}).get(whole or name, ())
            known = _only(among, self._implied(to, "jurisdiction", Kind.JURISDICTION, {}), None)
            if known is not None and not code:
                return known.id
            is_code = is_uscc(plain_code(whole).upper())
            return self._department(
                name or ("" if is_code else whole), code or (whole if is_code else ""), cells.at(path)
            )
        name = name or self._name(whole)
        if not name and not code:
            return None
        return self._built(to, path, name, code, cells, here)

    def _jurisdiction(self, text: str, place: Place) -> str | None:
        if not text:
            return None
        code = plain_code(text)
        if is_jurisdiction_code(code):
            self._state_jurisdictions(f"{Kind.JURISDICTION}:{code}", place)
            return f"{Kind.JURISDICTION}:{code}"
        return make_id(Kind.JURISDICTION, clean_name(text))

    def _built(self, to: Kind, path: str, name: str, code: str, cells: Cells, here: Mapping[Kind, str]) -> str | None:
        """The id of a system, resource or element by what identifies it, which is stated so that it can be met."""
        values: dict[str, Any] = {"name": name} if name else {}
        values |= {"code": code} if code else {}
        said, implied = self._holders(to, path, cells, here) if to in _HOLDER else (None, None)
        known = _only(self._here.get((to, key(code or name)), ()), said, implied)
        if known is None and not code:
            known = _only(self._registered.get(to, {}).get(name, ()), said, implied)
        if known is not None:
            return known.id
        holder = said or implied
        if holder is not None:
            values[_HOLDER[to][0]] = holder
        id = make_id(to, local_part(holder) if holder else self._scope, code or name)
        self.once.put(Thing(to, id, values, cells.at(path), self._given.source, given_id=False))
        return id

    def _holders(self, to: Kind, path: str, cells: Cells, here: Mapping[Kind, str]) -> tuple[str | None, str | None]:
        """What a thing that is named at a path stands in: as the row says, and as is thought where it does not."""
        held, of = _HOLDER[to]
        for other in (f"{path}.{held}", *_OWNERS.get(path, ())):
            found = self.named(of, other, cells, here)
            if found is not None:
                return found, None
        return None, here.get(of) or (self._config.department if of is Kind.DEPARTMENT else None)

    def _department(self, name: str, code: str, place: Place) -> str | None:
        known = self._met.get((name, code))
        if known is not None:
            return known
        found = self._departments.find(name, code, place)
        if found is None:
            return None
        if found.jurisdiction:
            self._state_jurisdictions(found.jurisdiction, place)
        self.once.put(found.fact(self._given.source))
        if len(self._met) >= _MOST:
            self._departments = self._new_departments()
            self._met.clear()
        self._met[name, code] = found.id
        return found.id

    def _state_jurisdictions(self, id: str, place: Place) -> None:
        """State the jurisdiction of a code and all above it."""
        code = local_part(id)
        while is_jurisdiction_code(code) and code not in self._jurisdictions:
            self._jurisdictions.add(code)
            self.once.put(jurisdiction_fact(code, place, self._given.source))
            code = jurisdiction_parent(code) or ""

    # ---- what must be there already

    def texts(self, text: str, column: Column) -> list[str]:
        """The names that a cell lists."""
        if self._words.says_nothing(text):
            return []
        listed = [one.strip("、,，;； ") for one in items(text, column.split or "\n")]
        return [one for one in listed if one and not self._words.says_nothing(one)]

    async def look_up(self, names: Mapping[Kind, set[str]]) -> None:
        """Ask the registry for these names, and for the fields of the resources that have them."""
        ask, registered = self._given.names, self._given.registered
        if ask is None:
            return
        for kind, some in names.items():
            known = self._registered.setdefault(kind, {})
            wanted = sorted(name for name in some if name not in known)
            if not wanted:
                continue
            if len(known) > _MOST:
                known.clear()
                self._fields.clear()
            found = await ask.named(kind, wanted)
            known |= {name: found.get(name, ()) for name in wanted}
            if kind is Kind.RESOURCE:
                ids = sorted({one.id for named in found.values() for one in named} - self._fields.keys())
                fields = await registered.columns(ids) if ids and registered is not None else {}
                self._fields |= dict.fromkeys(ids, ()) | dict(fields)

    def resource(self, name: str, provider: str | None) -> Named | None:
        """The one resource of the file, else of the registry, that is called so; None if there is none or several."""
        label = self.labels.get((Kind.RESOURCE, name))
        if label or (is_id(name) and prefix_kind(name) in (Kind.RESOURCE, Kind.FIELD)):
            return Named(label or name, None)
        here = self._here.get((Kind.RESOURCE, key(name)), ())
        found = list(here) or list(self._registered.get(Kind.RESOURCE, {}).get(name, ()))
        if provider is not None and len(found) > 1:
            found = [one for one in found if one.holder == provider]
        return found[0] if len(found) == 1 else None

    def field(self, resource: str, name: str) -> str | None:
        """The id of a resource's field that is called so; None if neither file nor registry has it."""
        own = self._own_fields.get((resource, key(name)))
        if own is not None:
            return own
        wanted = key(name)
        fields = self._fields.get(resource, ())
        by_code = [one.id for one in fields if one.code is not None and key(one.code) == wanted]
        return next(iter(by_code or [one.id for one in fields if key(one.name) == wanted]), None)

    def provider(self, path: str, cells: Cells) -> str | None:
        """The department that is said to provide it."""
        return self.named(Kind.DEPARTMENT, path, cells, {})

    def built(self, provider: str | None, resource: str, field_name: str = "") -> str:
        """The id that a resource, or a field of it, has where nobody says another."""
        id = resource
        if not (is_id(resource) and prefix_kind(resource) in (Kind.RESOURCE, Kind.FIELD)):
            owner = local_part(provider) if provider else local_part(self._config.department or "") or self._scope
            id = make_id(Kind.RESOURCE, owner, clean_name(resource))
        return make_id(Kind.FIELD, local_part(id), clean_name(field_name)) if field_name else id

    def covers(self, cells: Cells) -> Covers:
        """What the agreement of a row covers."""
        covers = Covers()
        provider = self.provider("agreement.covers.provider", cells) or self.provider("agreement.provider", cells)
        resources = self._listed("agreement.covers", cells) + self._listed("agreement.covers.resource", cells)
        names = self._listed("agreement.covers.field", cells)
        found: dict[str, Named | None] = {}
        for one in resources:
            whole = self.resource(one, provider)
            # A name may hold a comma; only where nothing is called so it is a list of names.
            for name in [one] if whole is not None else items(one, None) or [one]:
                found[name] = self.resource(name, provider)
        known = [one for one in found.values() if one is not None]
        left = [one for one, named in found.items() if named is None]
        if left and provider and not self.looked:
            known += [Named(self.built(provider, one), provider) for one in left]
            left = []
        fields = {name: self._field_among(known, name) for name in names}
        lost = [name for name, id in fields.items() if id is None]
        covers.ids = [id for id in fields.values() if id is not None]
        covers.ids += [one.id for one in known if lost or not names]
        providers = {one.holder for one in known if one.holder}
        covers.provider = providers.pop() if len(providers) == 1 else None
        self._tell_lost("agreement.covers", left, cells, covers)
        self._tell_lost("agreement.covers.field", lost, cells, covers)
        return covers

    def _field_among(self, resources: Sequence[Named], name: str) -> str | None:
        found = [id for one in resources if (id := self.field(one.id, name)) is not None]
        return found[0] if len(found) == 1 else None

    def _listed(self, path: str, cells: Cells) -> list[str]:
        column = cells.columns.get(path)
        text = cells.text(path)
        return self.texts(text, column) if column is not None else [text] if text else []

    def _tell_lost(self, path: str, lost: Sequence[str], cells: Cells, covers: Covers) -> None:
        if not lost:
            return
        column = cells.columns.get(path) or cells.columns.get(f"{path}.resource")
        header = column.header[0] if column is not None else path
        covers.unknown[header] = list(lost)
        place = cells.at(path) if path in cells.places else cells.at(f"{path}.resource")
        what = "field" if path.endswith("field") else "resource"
        message = f"the registry has no one {what} of this name"
        done = f"kept under extra as {header}; the agreement does not refer to it"
        self._report.add("COVERS_UNKNOWN", place, message, done, "、".join(lost))


def _only(found: Sequence[Named], said: str | None, implied: str | None) -> Named | None:
    """The one thing that is meant: in what it is said to stand in; of several the one where it is thought to."""
    if said is not None:
        found = [one for one in found if one.holder in (None, said)]
    elif len(found) > 1 and implied is not None:
        found = [one for one in found if one.holder == implied]
    return found[0] if len(found) == 1 else None


IMPLIED = frozenset(
    {
        (Kind.DEPARTMENT, "jurisdiction"),
        (Kind.SYSTEM, "department"),
        (Kind.RESOURCE, "provider"),
        (Kind.RESOURCE, "system"),
        (Kind.FIELD, "resource"),
        (Kind.FIELD, "element"),
    }
)
"""References that what the row is about, or the settings, stand for where it says nothing."""

_OWNERS: Mapping[str, Sequence[str]] = {
    "resource.system": ("resource.provider",),
    "agreement.system": ("agreement.consumer",),
    "field.resource": ("resource.provider",),
}
"""Who owns what is named at a path, where that is said of another part of the row."""
