"""`registry mapping`: what the columns of tables become – suggested, saved, listed and shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from connectors.catalogue_workbook import WorkbookError
from connectors.table_mapping import (
    MappingError,
    TableMapping,
    built_in,
    find_mapping,
    is_mapping_name,
    saved,
    toml_text,
)
from connectors.table_sheets import open_table
from connectors.table_suggest import Suggestion, suggest_sheet
from registry.commands.opened import Failure, settings
from registry.report import replacing
from registry.terminal import Format, console, print_json, print_text, table

__all__ = ["list_mappings", "show_mapping", "suggest_mapping"]


def suggest_mapping(path: Path, sheet: str | None, save: str | None, form: Format) -> int:
    """Print what the columns of a file's sheets seem to be; with `save`, keep the best suggestion under that name."""
    folder = settings().mappings
    if save is not None and not is_mapping_name(save):
        raise Failure(
            '--save: a name has 1–100 characters and none of / \\ : * ? " < > |.', "Choose another.", status=2
        )
    found = _suggestions(path, sheet)
    best = max(found, key=lambda one: (one.kind is not None, one.score, len(one.columns)))
    if form is Format.JSON:
        print_json({"file": str(path), "sheets": [_record(one) for one in found]})
    else:
        for one in found:
            _print(one)
    mapping = best.mapping(f"suggested for {path.name}")
    if mapping is None:
        raise Failure("No sheet has headers that are known.", "Write a mapping by hand: docs/sources/table.md.")
    if save is not None:
        _save(folder, save, mapping, best)
    return 0


def _suggestions(path: Path, sheet: str | None) -> list[Suggestion]:
    try:
        sheets = open_table(path, peek=True).sheets
    except WorkbookError as error:
        raise Failure(f"{path}: {error.message}.") from error
    wanted = [one for one in sheets if sheet is None or one.name == sheet]
    if not wanted:
        names = ", ".join(one.name for one in sheets)
        raise Failure(f"{path} has no sheet {sheet}.", f"It has {names}.", status=2)
    return [suggest_sheet(one) for one in wanted]


def _record(found: Suggestion) -> dict[str, Any]:
    return {
        "sheet": found.sheet,
        "headerRow": found.header_row,
        "kind": found.kind,
        "score": found.score,
        "columns": [
            {
                "header": one.header,
                "to": one.to,
                "score": one.score,
                "alternatives": [{"to": to, "score": score} for to, score in one.alternatives],
            }
            for one in found.columns
        ],
    }


def _print(found: Suggestion) -> None:
    rows = [
        (one.header, one.to or "(kept under extra)", one.score or "", _others(one.alternatives))
        for one in found.columns
    ]
    about = f"about {found.kind}s ({found.score})" if found.kind else "not recognised"
    title = f"{found.sheet or 'text'}: {about}"
    columns = {"header": "left", "becomes": "left", "score": "right", "or": "left"}
    console().print(table(columns, rows, title=title))


def _others(alternatives: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{to} {score}" for to, score in alternatives)


def _save(folder: Path, name: str, mapping: TableMapping, found: Suggestion) -> None:
    told = [f"{one.score}; or {_others(one.alternatives) or 'nothing else'}" for one in found.columns if one.to]
    path = folder / f"{name}.toml"
    if path.exists():
        raise Failure(f"--save: there is a mapping {name} already.", f"Choose another name, or remove {path}.")
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(toml_text(mapping, told).encode())
    console().print(Text(f"The mapping is in {path}. `registry import FILE --mapping {name}` reads tables by it."))


def list_mappings(form: Format) -> int:
    """Print the mappings that are saved and built in."""
    folder = settings().mappings
    rows: list[tuple[str, str, str]] = []
    for name in saved(folder):
        try:
            rows.append((name, "saved", find_mapping(name, folder).title))
        except MappingError as error:
            rows.append((name, "cannot be used", str(error)))
    rows += [(name, "built in", mapping.title) for name, mapping in built_in().items() if name not in saved(folder)]
    if form is Format.JSON:
        print_json({"mappings": [{"name": name, "where": where, "title": title} for name, where, title in rows]})
    else:
        console().print(table({"mapping": "left", "where": "left", "for": "left"}, rows))
    return 0


def show_mapping(name: str) -> int:
    """Print a mapping as TOML."""
    try:
        mapping = find_mapping(name, settings().mappings)
    except MappingError as error:
        raise Failure(f"{error}.", "`registry mapping list` lists them.") from error
    print_text(toml_text(mapping))
    return 0
