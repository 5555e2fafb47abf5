"""Looks over a whole workbook for names that are shared, nearly the same, or run on in a series."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from connectors.catalogue_bodies import Department, Departments, System, Systems
from connectors.catalogue_layouts import Row, Table
from connectors.catalogue_report import Report
from connectors.catalogue_resources import Resource
from connectors.catalogue_words import Words
from connectors.normalise import key, numbered
from graph.facts import Place

_APART = "they stay apart; a person may say that they are one"
_SERIES = 3
_SERIES_COLUMNS = (
    "name",
    "provider",
    "provider_code",
    "data_provider",
    "data_provider_code",
    "office",
    "abstract",
    "system",
    "share_condition",
    "open_condition",
    "field",
)
_MOST_IDS = 100


class Checks:
    """The checks over departments, systems and resources that are all known."""

    def __init__(self, words: Words, report: Report) -> None:
        self._words = words
        self._report = report

    def look_over(self, departments: Departments, systems: Systems, resources: Sequence[Resource]) -> None:
        self._departments(departments)
        self._systems(systems.all(), departments.all())
        self._resources(resources)
        self._nearly_same(departments, systems, resources)

    def series(self, table: Table, rows: Sequence[Row]) -> None:
        """Texts of a column, one after the other, that end in numbers going up by one."""
        for column in _SERIES_COLUMNS:
            run: list[tuple[Row, str, int]] = []
            for row, text in _changes(column, rows):
                split = numbered(text)
                stem, number = split if split and (split[0].strip() or column.endswith("code")) else ("", -1)
                if run and number >= 0 and stem == run[-1][1] and number == run[-1][2] + 1:
                    run.append((row, stem, number))
                    continue
                self._tell_series(table, column, run)
                run = [(row, stem, number)] if number >= 0 else []
            self._tell_series(table, column, run)

    def _tell_series(self, table: Table, column: str, run: Sequence[tuple[Row, str, int]]) -> None:
        if len(run) >= _SERIES:
            first, last = run[0][0], run[-1][0]
            place = self._report.place(table, first.number, column)
            message = f"{len(run)} texts down to row {last.number} differ only in a number that goes up by one"
            self._report.add("FILL_SERIES", place, message, "taken as they are", first.cells[column])

    def _departments(self, departments: Departments) -> None:
        for same in departments.names_with_several_codes():
            codes = ", ".join(str(department.uscc) for department in same)
            ids = tuple(department.id for department in same)
            self._report.add(
                "NAME_OF_SEVERAL_USCC",
                same[-1].place,
                f"it stands with {codes}",
                "they are different departments",
                same[0].name,
                ids,
            )

    def _systems(self, systems: Sequence[System], departments: Sequence[Department]) -> None:
        bodies = {key(department.name) for department in departments if department.name}
        by_name: dict[str, list[System]] = defaultdict(list)
        for system in systems:
            by_name[system.name].append(system)
            if key(system.name) in bodies:
                self._doubt(system, "it is a department's name")
            elif self._words.is_doubtful_system(system.name):
                self._doubt(system, "it says that there is hardly a system")
        for name, same in by_name.items():
            if len(same) > 1:
                ids = tuple(system.id for system in same)
                message = f"{len(same)} departments name it"
                done = "it stands once for each; a person may say that they are one"
                self._report.add("SYSTEM_NAMED_BY_SEVERAL", same[0].place, message, done, name, ids[:_MOST_IDS])

    def _doubt(self, system: System, message: str) -> None:
        self._report.add("SYSTEM_DOUBTFUL", system.place, message, "taken as a system", system.name, (system.id,))

    def _resources(self, resources: Sequence[Resource]) -> None:
        named = [resource for resource in resources if not self._words.says_nothing(resource.name)]
        for resource in named:
            if resource.system and resource.name and key(resource.name) == key(resource.system.name):
                message = "the resource is named like its source system"
                ids = (resource.id, resource.system.id)
                self._report.add("NAME_IS_SYSTEM", self._place(resource), message, "taken as it is", resource.name, ids)
        by_name = _grouped(named, lambda resource: resource.name)
        for same in by_name:
            providers = {resource.provider.id for resource in same if resource.provider}
            if len(providers) > 1:
                self._tell(same, "NAME_USED_BY_SEVERAL", f"{len(providers)} providers have it", "all are taken")
        by_provider_and_name = _grouped(named, lambda resource: (_owner(resource), resource.name))
        for same in by_provider_and_name:
            if len(same) > 1:
                done = "each code is a resource"
                self._tell(same, "SEVERAL_CODES", f"its provider has {len(same)} entries of that name", done)
        by_code = _grouped([resource for resource in resources if resource.code], lambda resource: resource.code)
        for same in by_code:
            if len({_owner(resource) for resource in same}) > 1:
                done = "each provider has its own"
                self._tell(same, "CODE_OF_SEVERAL_PROVIDERS", f"{len(same)} providers use {same[0].code}", done)

    def _nearly_same(self, departments: Departments, systems: Systems, resources: Sequence[Resource]) -> None:
        report = self._report
        self._apart((body.name, body.place, body.id) for body in departments.all() if body.name)
        self._apart((system.name, system.place, system.id) for system in systems.all())
        for same in _grouped(resources, _owner):
            self._apart((resource.name, self._place(resource), resource.id) for resource in same if resource.name)
        for resource in resources:
            self._apart(
                (known.name, report.place(resource.table, known.rows[0].number, "field"), resource.id)
                for known in resource.fields.values()
            )

    def _apart(self, named: Iterable[tuple[str, Place, str]]) -> None:
        """Tells of names in one place that `name_key` makes equal."""
        by_key: dict[str, dict[str, tuple[Place, str]]] = defaultdict(dict)
        for name, place, id in named:
            if not self._words.says_nothing(name):
                by_key[key(name)].setdefault(name, (place, id))
        for same in by_key.values():
            if len(same) > 1:
                place, _ = list(same.values())[-1]
                ids = tuple(dict.fromkeys(id for _, id in same.values()))
                message = "the same but for how they are written: " + " | ".join(same)
                self._report.add("NAMES_DIFFER_BY_WIDTH", place, message, _APART, list(same)[-1], ids[:_MOST_IDS])

    def _tell(self, same: Sequence[Resource], code: str, message: str, done: str) -> None:
        ids = tuple(resource.id for resource in same)[:_MOST_IDS]
        self._report.add(code, self._place(same[0]), message, done, same[0].name, ids)

    def _place(self, resource: Resource) -> Place:
        return self._report.place(resource.table, resource.rows[0].number, "name")


def _owner(resource: Resource) -> str:
    return resource.provider.id if resource.provider else ""


def _grouped(resources: Iterable[Resource], by: Callable[[Resource], object]) -> list[list[Resource]]:
    groups: dict[object, list[Resource]] = defaultdict(list)
    for resource in resources:
        groups[by(resource)].append(resource)
    return list(groups.values())


def _changes(column: str, rows: Sequence[Row]) -> Iterator[tuple[Row, str]]:
    """A column's texts row by row, without those that only repeat the one above."""
    before = None
    for row in rows:
        text = row.cells.get(column)
        if text is not None and text != before:
            yield row, text
        before = text
