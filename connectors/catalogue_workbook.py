"""Reads a workbook's cells in a child process with limits of memory and time.

A workbook is hostile until shown otherwise: a few kilobytes can unpack to gigabytes, and two cells in
opposite corners of a sheet make the reader ask for half a terabyte and abort its process. So the parent
never opens the file as a workbook: it starts this very file as a program, which checks the archive's
directory, reads the values with calamine (no formulas, no links, no macros), and prints them as JSON.
Whatever happens to the child is one finding in the parent.

As a program it imports nothing of the project: it starts in some 50 ms.
"""

import contextlib
import datetime
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Cell = str | int | float | bool | None
"""What a cell holds; dates come as ISO text."""
Merge = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a workbook may be. Over a limit it is refused, never read in part."""

    file_bytes: int = 100_000_000
    unpacked_bytes: int = 1_000_000_000
    ratio: int = 200
    """How much an entry of the archive may be packed, if it is over `ratio_from` bytes."""
    ratio_from: int = 10_000_000
    entries: int = 10_000
    sheets: int = 200
    rows: int = 500_000
    """Rows of a sheet that are not blank."""
    columns: int = 500
    cells: int = 5_000_000
    """Cells of all rows that are not blank."""
    characters: int = 100_000_000
    memory_bytes: int = 2_500_000_000
    seconds: int = 180


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's rows that are not blank, each with its number from 1, and its merged cells.

    Merges are (top, left, bottom, right), rows from 1, columns from 0.
    """

    name: str
    hidden: bool
    rows: Sequence[tuple[int, Sequence[Cell]]]
    merges: Sequence[Merge]

    def merges_by_row(self) -> dict[int, list[Merge]]:
        """The merged cells by the row in which they begin."""
        by_row: dict[int, list[Merge]] = {}
        for merge in self.merges:
            by_row.setdefault(merge[0], []).append(merge)
        return by_row


class WorkbookError(Exception):
    """A workbook that cannot be read. `code` is FILE_NOT_READ or FILE_TOO_BIG."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def is_workbook(path: Path) -> bool:
    """Whether the file begins like a workbook of any kind; a look at four bytes."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
    except OSError:
        return False


def read_workbook(
    path: Path, first_rows: int | None = None, limits: Limits = LIMITS, *, every_kind: bool = False
) -> list[Sheet]:
    """All sheets, or the first rows of each, of an .xlsx workbook, or with `every_kind` of an .xls, .xlsb or .ods too.

    Raises WorkbookError; blocks for as long as it reads.
    """
    try:
        if path.stat().st_size > limits.file_bytes:
            raise WorkbookError("FILE_TOO_BIG", f"the file is over {limits.file_bytes // 10**6} MB")
    except OSError as error:
        raise WorkbookError("FILE_NOT_READ", f"the file cannot be read: {error.strerror}") from error
    question = {"path": str(path.absolute()), "first_rows": first_rows, "limits": _as_dict(limits), "every": every_kind}
    asked = json.dumps(question)
    try:
        child = subprocess.run(  # noqa: S603 - our own file, no shell, the path goes in by stdin
            [sys.executable, "-I", str(Path(__file__).absolute())],
            input=asked.encode(),
            capture_output=True,
            timeout=limits.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise WorkbookError("FILE_TOO_BIG", f"reading it took over {limits.seconds} seconds") from error
    return _answer(child.returncode, child.stdout, limits)


def _as_dict(limits: Limits) -> dict[str, int]:
    return {name: getattr(limits, name) for name in Limits.__slots__}


def _answer(returned: int, output: bytes, limits: Limits) -> list[Sheet]:
    if returned != 0:
        raise WorkbookError(
            "FILE_TOO_BIG",
            f"the reader was stopped: the workbook needs more than {limits.memory_bytes // 10**6} MB of memory, "
            "or is made to break readers (a cell far from all others will do)",
        )
    answer = json.loads(output)
    if "code" in answer:
        raise WorkbookError(answer["code"], answer["message"])
    return [
        Sheet(sheet["name"], sheet["hidden"], sheet["rows"], [tuple(merge) for merge in sheet["merges"]])
        for sheet in answer["sheets"]
    ]


# ---- From here on: the child.


def main() -> None:
    """Answers one request on stdin with the sheets, or with a code and a message."""
    asked = json.loads(sys.stdin.buffer.read())
    limits = Limits(**asked["limits"])
    _limit_self(limits)
    path = Path(asked["path"])
    try:
        _check_archive(path, limits, every_kind=asked["every"])
        answer: dict[str, Any] = {"sheets": list(_sheets(path, asked["first_rows"], limits))}
    except WorkbookError as error:
        answer = {"code": error.code, "message": error.message}
    except MemoryError:
        answer = {"code": "FILE_TOO_BIG", "message": f"it needs more than {limits.memory_bytes // 10**6} MB of memory"}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode())


def _limit_self(limits: Limits) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # not on every platform

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 5))
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))


def _check_archive(path: Path, limits: Limits, *, every_kind: bool) -> None:
    """Refuses what is no workbook of a kind that is read, and what the archive's directory shows to be a bomb."""
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        why = _why_ole(path, every_kind=every_kind)
        if why is not None:
            raise WorkbookError("FILE_NOT_READ", why)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {name.replace("\\", "/") for name in archive.namelist()}
    except Exception as error:  # a damaged directory raises a dozen kinds
        raise WorkbookError("FILE_NOT_READ", f"it is no workbook: the archive is damaged ({error})") from error
    _check_sizes(entries, limits)
    if every_kind and ("xl/workbook.bin" in names or "content.xml" in names):
        return
    if "xl/workbook.bin" in names:
        raise WorkbookError("FILE_NOT_READ", "it is an .xlsb workbook; save it as .xlsx")
    if "content.xml" in names:
        raise WorkbookError("FILE_NOT_READ", "it is an OpenDocument file; save it as .xlsx")
    if not any(name.lower() == "xl/workbook.xml" for name in names):
        kind = "a Word document" if "word/document.xml" in names else "a zip archive, not a workbook"
        raise WorkbookError("FILE_NOT_READ", f"it is {kind}")


def _why_ole(path: Path, *, every_kind: bool) -> str | None:
    """Why an old document is not read; None for an .xls workbook where those are."""
    with path.open("rb") as file:
        content = file.read(20_000_000)
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "the workbook is encrypted; remove its password and try again"
    if every_kind and any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return None
    return "it is an old Office document (.xls, .doc); save it as .xlsx"


def _check_sizes(entries: Sequence[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.entries:
        raise WorkbookError("FILE_TOO_BIG", f"the archive has over {limits.entries} entries")
    if sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
        raise WorkbookError("FILE_TOO_BIG", f"it unpacks to over {limits.unpacked_bytes // 10**6} MB")
    for entry in entries:
        if entry.file_size > limits.ratio_from and entry.file_size > limits.ratio * max(entry.compress_size, 1):
            raise WorkbookError(
                "FILE_TOO_BIG", f"{entry.filename} is packed over {limits.ratio} times, like a zip bomb"
            )
        if entry.flag_bits & 1:
            raise WorkbookError("FILE_NOT_READ", "the archive is encrypted")


def _sheets(path: Path, first_rows: int | None, limits: Limits) -> Iterator[dict[str, Any]]:
    import python_calamine

    content = io.BytesIO(path.read_bytes())  # not its path: the reader cannot open a name that is no UTF-8
    workbook = _guarded(lambda: python_calamine.CalamineWorkbook.from_filelike(content))
    known = [sheet for sheet in workbook.sheets_metadata if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet]
    if len(known) > limits.sheets:
        raise WorkbookError("FILE_TOO_BIG", f"it has over {limits.sheets} sheets")
    left = _Left(limits)
    for metadata in known:
        sheet = _guarded(lambda name=metadata.name: workbook.get_sheet_by_name(name))
        yield {
            "name": metadata.name,
            "hidden": metadata.visible != python_calamine.SheetVisibleEnum.Visible,
            "rows": list(left.rows(metadata.name, sheet, first_rows)),
            "merges": [
                (top + 1, first, bottom + 1, last)
                for (top, first), (bottom, last) in (getattr(sheet, "merged_cell_ranges", None) or [])[: limits.cells]
            ],
        }


def _guarded(read: Any) -> Any:
    """What `read` returns; the reader's errors, and its panics that are no Exception, as a WorkbookError."""
    try:
        return read()
    except (MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        if "Password" in type(error).__name__:
            raise WorkbookError(
                "FILE_NOT_READ", "the workbook is encrypted; remove its password and try again"
            ) from error
        says = str(error) or type(error).__name__
        raise WorkbookError("FILE_NOT_READ", f"the workbook is damaged: {says[:200]}") from error


class _Left:
    """What may still be read of a workbook."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._cells = limits.cells
        self._characters = limits.characters

    def rows(self, name: str, sheet: Any, first_rows: int | None) -> Iterator[tuple[int, list[Cell]]]:
        """The rows that are not blank with their numbers; raises WorkbookError over a limit."""
        if sheet.start is None:
            return
        left = sheet.start[1]
        taken = 0
        for number, cells in enumerate(sheet.iter_rows(), start=1):  # from the sheet's top, but from its first column
            row = self._row(cells)
            if not row:
                continue
            taken += 1
            if taken > self._limits.rows:
                raise WorkbookError("FILE_TOO_BIG", f"the sheet {name} has over {self._limits.rows:,} rows")
            row = [None] * left + row
            if len(row) > self._limits.columns:
                raise WorkbookError("FILE_TOO_BIG", f"row {number} of {name} has over {self._limits.columns} columns")
            self._cells -= len(row)
            if self._cells < 0 or self._characters < 0:
                raise WorkbookError("FILE_TOO_BIG", f"it has over {self._limits.cells:,} cells, or too much text")
            yield number, row
            if taken == first_rows:
                return

    def _row(self, cells: list[Any]) -> list[Cell]:
        row = [_cell(cell) for cell in cells]
        while row and row[-1] is None:
            row.pop()
        self._characters -= sum(len(cell) for cell in row if isinstance(cell, str))
        return row


def _cell(cell: Any) -> Cell:
    if isinstance(cell, str):
        return cell if cell and not cell.isspace() else None
    if isinstance(cell, bool | int | float) or cell is None:
        return cell
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ")
    return str(cell)


if __name__ == "__main__":
    main()
