"""`registry doctor`: what the registry needs, looked at one by one, each with what to do where it is wrong."""

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from graph.calendar_check import check as check_calendar
from graph.engine import Graph, open_graph
from graph.errors import GraphError
from graph.facts import Severity
from graph.health import Health, look
from graph.memory import memory_mb
from graph.migrations import LATEST, MIGRATIONS
from graph.profiles_check import check as check_rules
from graph.runs import RunState, latest
from registry.settings import Settings, SettingsError, load_settings
from registry.sources.configured import load_sources

__all__ = ["Check", "Status", "examine", "look_at_rules", "look_at_sources"]

_PYTHON = (3, 11)
_GLIBC = (2, 34)
_LITTLE_MB = 1024
_LEAST_MB = 100
_CLOCK_SECONDS = 5.0
_SLOW_MILLISECONDS = 50.0
_SOON_DAYS = 45
"""How far ahead the work calendar has to reach."""
_TELLING = ("txWalFlush", "command.timeout")
_PACKAGES = ("neo4j", "arcadedb-embedded", "strawberry-graphql", "starlette", "numpy")


class Status(StrEnum):
    """How a check ended."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: how it is, and what to do if it is not as it should be."""

    name: str
    status: Status
    found: str
    to_do: str = ""


async def examine() -> list[Check]:
    """Look at everything, in the order in which one thing needs the other; what cannot be looked at is left out."""
    checks = [_python(), *_packages()]
    try:
        settings = load_settings()
        given = settings.graph()
    except SettingsError as error:
        return [*checks, Check("settings", Status.FAIL, str(error), "Correct it and run `registry doctor` again.")]
    checks += [*_settings(settings), *look_at_rules(settings, settings.today())]
    if settings.graph_url is None:
        checks += [_platform(), _java(), *_folder(settings.data)]
    if any(check.status is Status.FAIL for check in checks):
        return checks
    try:
        graph = await open_graph(given)
    except GraphError as error:
        return [*checks, Check("graph", Status.FAIL, error.message, error.way_out)]
    try:
        return [*checks, *_opened(graph), *await _healthy(graph), *await look_at_sources(graph)]
    finally:
        await graph.close()


def look_at_rules(settings: Settings, today: date) -> list[Check]:
    """The rule profiles and the work calendar: whether they can be used, and reach far enough."""
    return [_rules(settings, today), _calendar(settings, today)]


def _rules(settings: Settings, today: date) -> Check:
    try:
        profiles = settings.rule_profiles()
    except SettingsError as error:
        return Check("rules", Status.FAIL, str(error), "Correct the file; `registry rules check` looks at it again.")
    odd = [one.message for one in check_rules(profiles, today) if one.severity is not Severity.INFO]
    if odd:
        return Check("rules", Status.WARN, f"{odd[0]}.", "`registry rules check` lists what is odd.")
    return Check("rules", Status.OK, f"{len(profiles.all)} rule profiles, {profiles.in_force(today).name} is in force")


def _calendar(settings: Settings, today: date) -> Check:
    try:
        calendar = settings.work_calendar()
    except SettingsError as error:
        return Check(
            "calendar", Status.FAIL, str(error), "Correct the file; `registry calendar check` looks at it again."
        )
    years = calendar.years
    found = f"work calendar of {years[0]} to {years[-1]}"
    wrong = sum(1 for one in check_calendar(calendar) if one.severity is not Severity.INFO)
    if wrong:
        return Check("calendar", Status.WARN, f"{found}, {wrong} to correct", "`registry calendar check` lists them.")
    missing = {today.year, (today + timedelta(days=_SOON_DAYS)).year} - set(years)
    if missing:
        to_do = f"Add {min(missing)} to the file of REGISTRY_CALENDAR, or install a newer chinese-calendar."
        return Check("calendar", Status.WARN, f"{found}: deadlines will soon be refused", to_do)
    return Check("calendar", Status.OK, found)


async def look_at_sources(graph: Graph) -> list[Check]:
    """The sources of the settings file, and how their last runs ended."""
    try:
        file = load_sources()
    except SettingsError as error:
        return [Check("sources", Status.FAIL, str(error), "Correct the settings file.")]
    checks = [Check("sources", Status.FAIL, message, "Correct the settings file.") for message in file.bad.values()]
    for name, run in (await latest(graph, list(file.sources))).items():
        if run.state not in (RunState.DONE, RunState.RUNNING):
            found = f"run {run.number} of {name} {run.state.value.lower()}: {run.message}"
            checks.append(Check("sources", Status.WARN, found, f"Try it: `registry sources test {name}`."))
    if not checks and file.sources:
        checks.append(Check("sources", Status.OK, f"{len(file.sources)} in {file.file}, none failed"))
    return checks


def _check(name: str, good: bool, found: str, to_do: str, *, bad: Status = Status.FAIL) -> Check:
    return Check(name, Status.OK, found) if good else Check(name, bad, found, to_do)


def _python() -> Check:
    return _check("Python", sys.version_info >= _PYTHON, platform.python_version(), "Install Python 3.11 or newer.")


def _packages() -> list[Check]:
    """The packages without which nothing runs."""
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        way_out = "Install the registry again: `pip install -c constraints.txt .`"
        return [Check("packages", Status.FAIL, f"missing: {', '.join(missing)}", way_out)]
    return [Check("packages", Status.OK, ", ".join(found))]


def _settings(settings: Settings) -> list[Check]:
    checks = [Check("settings", Status.WARN, warning, "Correct or remove it.") for warning in settings.warnings]
    if not checks:
        checks.append(Check("settings", Status.OK, "all understood"))
    memory = memory_mb()
    checks.append(
        _check(
            "memory",
            memory >= 2 * _LITTLE_MB and settings.projection_mb <= memory // 2,
            f"{memory:,} MB, {settings.projection_mb:,} MB of them for the picture of the graph",
            "Set REGISTRY_PROJECTION_MB to a quarter of the memory or less; 2 GB are the least for comfort.",
            bad=Status.WARN,
        )
    )
    return checks


def _platform() -> Check:
    """The embedded engine's Java is built for these."""
    system, (library, number) = platform.system(), platform.libc_ver()
    found = f"{system} {platform.machine()}, {library or 'libc'} {number}".strip()
    way_out = (
        "The embedded engine needs Linux with glibc 2.34 or newer, or macOS. A Neo4j (REGISTRY_GRAPH_URL) does not."
    )
    if system == "Darwin":
        return Check("platform", Status.OK, found)
    parts = tuple(int(part) for part in number.split(".")[:2] if part.isdigit())
    return _check("platform", system == "Linux" and library == "glibc" and parts >= _GLIBC, found, way_out)


def _java() -> Check:
    """The Java inside the package arcadedb-embedded."""
    way_out = "Install arcadedb-embedded again, in the version that constraints.txt names."
    spec = find_spec("arcadedb_embedded")
    if spec is None or spec.origin is None:
        return Check("Java", Status.FAIL, "arcadedb-embedded is not installed", way_out)
    java = Path(spec.origin).parent / "jre" / "bin" / "java"
    try:
        run = subprocess.run(  # noqa: S603
            [java, "-version"], capture_output=True, text=True, timeout=30, check=True, env={}
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Check("Java", Status.FAIL, f"{java} does not run: {error}", way_out)
    return Check("Java", Status.OK, (run.stderr or run.stdout).splitlines()[0])


def _folder(data: Path) -> list[Check]:
    """The data folder: ours, private, with room. It is not made here."""
    if data.exists():
        at, mode = data, data.stat().st_mode & 0o777
        found = f"{data.absolute()}, mode {mode:o}"
        usable = data.is_dir() and os.access(data, os.R_OK | os.W_OK | os.X_OK)
    else:
        at, mode = next(path for path in data.absolute().parents if path.exists()), 0
        found = f"{data.absolute()} is not there yet; its first use makes it"
        usable = os.access(at, os.W_OK)
    checks = [_check("data folder", usable, found, f"{at} must be a folder that you may write, or set REGISTRY_DATA.")]
    if usable and mode & 0o077:
        checks.append(Check("privacy", Status.WARN, f"others may look into {data}", f"chmod 700 {data}"))
    free = shutil.disk_usage(at).free >> 20
    to_do = "Make room, or give REGISTRY_DATA a folder on another disk."
    bad = Status.FAIL if free < _LEAST_MB else Status.WARN
    return [*checks, _check("disk", free >= _LITTLE_MB, f"{free:,} MB free", to_do, bad=bad)]


def _opened(graph: Graph) -> list[Check]:
    where = graph.where
    checks = [Check("graph", Status.OK, f"{graph.agent} at {where.address}, as {where.user}")]
    attachment = graph.attachment
    if attachment is not None:
        told = ", ".join(f"{name}={attachment.settings[f'arcadedb.{name}']}" for name in _TELLING)
        found = f"as asked: heap {attachment.heap_mb:,} MB, {told}"
        checks.append(Check("engine settings", Status.OK, found))
        mode = (attachment.folder / "password").stat().st_mode & 0o777
        to_do = f"chmod 600 {attachment.folder / 'password'}"
        checks.append(_check("password", mode & 0o077 == 0, f"random, in a file of mode {mode:o}", to_do))
    elif not str(graph.settings.url).startswith(("bolt+s", "neo4j+s")) and not _is_local(str(graph.settings.url)):
        to_do = "Use neo4j+s:// or bolt+s:// and a certificate at the Neo4j."
        checks.append(Check("encryption", Status.WARN, "the connection to the graph is not encrypted", to_do))
    return checks


def _is_local(url: str) -> bool:
    return any(f"://{host}" in url for host in ("localhost", "127.", "[::1]"))


async def _healthy(graph: Graph) -> list[Check]:
    try:
        health = await look(graph)
    except GraphError as error:
        return [Check("statements", Status.FAIL, error.message, error.way_out)]
    return [_schema(health), _clock(health), _written(health), _complete(health)]


def _schema(health: Health) -> Check:
    wanted = tuple(migration.number for migration in MIGRATIONS)
    return _check(
        "schema",
        health.migrations == wanted,
        f"steps {', '.join(map(str, health.migrations))} of {LATEST} taken",
        "Run any command of this version: it takes the missing steps.",
    )


def _clock(health: Health) -> Check:
    ahead = health.clock_ahead_seconds
    return _check(
        "clock",
        abs(ahead) <= _CLOCK_SECONDS,
        f"the graph's clock is {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} this machine's",
        "Set both by a time server (NTP): recorded times come from the machine that writes.",
        bad=Status.WARN,
    )


def _written(health: Health) -> Check:
    if not health.written:
        to_do = "Another writer may have been faster: run `registry doctor` again. If it stays, restore from a backup."
        return Check("write and read", Status.FAIL, "what was written could not be read back", to_do)
    return _check(
        "write and read",
        health.read_milliseconds <= _SLOW_MILLISECONDS,
        f"a small read takes {health.read_milliseconds:.1f} ms",
        "The graph is busy or far away: bring them together, or give it more memory.",
        bad=Status.WARN,
    )


def _complete(health: Health) -> Check:
    """Things are never deleted, so there are as many as numbers were given; a damaged disk shows here."""
    return _check(
        "content",
        health.things == health.numbers,
        f"{health.things:,} things, {health.numbers:,} numbers given, {health.sequence:,} changes",
        "Things are missing or doubled, which the registry never does: restore from a backup, or import again.",
    )
