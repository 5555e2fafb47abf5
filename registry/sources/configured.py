"""What `registry.toml` says of sources, of the names of datasets and of addresses, checked.

    [sources.people]                      # its name: whose statements these are
    kind = "database"                     # a connector
    url = "postgresql://reader@db1/people"
    schedule = "0 3 * * *"                # when, as cron says it

    [[names]]                             # datasets of others that are resources here
    name = "people.public.*"
    resource = "resource:320900/people/{1}"

    [addresses]                           # what may be asked
    hosts = ["db1", "*.example.gov.cn"]

One source that is wrong does not keep the others from running: it is in `bad`, with what is wrong, a line each.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from connectors.addresses import POLICY, Policy
from connectors.config import Config
from connectors.datasets import Rule
from connectors.protocol import Connector, connectors
from graph.facts import is_id
from graph.statements import PERSON, REGISTRY
from registry.settings import SettingsError, config_file, read_config

log = logging.getLogger("registry.sources")

__all__ = ["Configured", "Rules", "Running", "Sources", "load_sources", "made"]


def _cron(text: str) -> str:
    try:
        CronSim(text, datetime.now(UTC))
    except CronSimError as error:
        raise ValueError(f"must be five fields as cron has them, such as 0 3 * * * (each day at 3): {error}") from error
    return text


class Running(BaseModel):
    """What every source may say of its running, whatever its kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(description="The connector that reads it.")
    enabled: bool = Field(True, description="Whether the service runs it on its schedule.")
    schedule: Annotated[str, AfterValidator(_cron)] | None = Field(
        None, description="When the service runs it: five fields as cron has them, in the registry's time zone."
    )
    jitter: float = Field(0, ge=0, le=86_400, description="Up to so many seconds later, so that not all run at once.")
    full: bool = Field(False, description="Each run says all that the source has: what it no longer states goes.")
    withdraw_share: float | None = Field(
        None, ge=0, le=1, description="Share of its statements that a full run may withdraw; else as for all."
    )
    retries: int = Field(2, ge=0, le=20, description="Further tries when it cannot be reached.")
    wait: float = Field(10, gt=0, le=3600, description="Seconds before the first further try; doubled each time.")
    max_seconds: float = Field(3600, gt=0, description="A run that takes longer is ended.")
    max_facts: int = Field(10_000_000, ge=1, description="A run that would state more is ended before it writes.")
    keep_runs: int = Field(100, ge=1, le=10_000, description="How many of its runs are remembered, and can be undone.")


@dataclass(frozen=True, slots=True)
class Configured:
    """A source that may be run."""

    name: str
    running: Running
    connector: type[Connector]
    config: Config


@dataclass(frozen=True, slots=True)
class Sources:
    """All of the file. `bad`: the sources that cannot be run, and why."""

    file: Path
    sources: Mapping[str, Configured]
    bad: Mapping[str, str]
    rules: tuple[Rule, ...] = ()
    addresses: Policy = POLICY


class _Addresses(BaseModel):
    """The table `[addresses]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schemes: tuple[str, ...] = POLICY.schemes
    hosts: tuple[str, ...] = POLICY.hosts
    private: bool = POLICY.private
    seconds: float = Field(POLICY.seconds, gt=0, le=3600)
    bytes: int = Field(POLICY.bytes, gt=0)
    redirects: int = Field(POLICY.redirects, ge=0, le=20)


def load_sources() -> Sources:
    """What the settings file says. Raises SettingsError when the file cannot be read, or its rules or addresses
    are wrong: then nothing may be run."""
    file = config_file()
    stated = read_config(file)
    tables = stated.get("sources", {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise SettingsError(f"sources in {file}: must be tables, such as [sources.people].")
    good: dict[str, Configured] = {}
    bad: dict[str, str] = {}
    for name, table in tables.items():
        try:
            good[name] = made(name, table, file)
        except SettingsError as error:
            bad[name] = str(error)
    return Sources(
        file, good, bad, _rules(stated.get("names", []), file), _addresses(stated.get("addresses", {}), file)
    )


class Rules:
    """The naming rules of the settings file, read again when it has changed. A file that is wrong changes none."""

    def __init__(self) -> None:
        self._stamp: tuple[int, int] | None = None
        self._rules: tuple[Rule, ...] = ()

    def __call__(self) -> tuple[Rule, ...]:
        try:
            found = config_file().stat()
        except OSError:
            self._stamp, self._rules = None, ()
            return ()
        stamp = found.st_mtime_ns, found.st_size
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._rules = load_sources().rules
            except SettingsError as error:
                log.error("%s", error)
        return self._rules


def made(name: str, table: Mapping[str, Any], file: Path) -> Configured:
    """A source from its table. Raises SettingsError that names each wrong key."""
    where = f"sources.{name}"
    if not is_id(name) or name == REGISTRY or name.startswith(PERSON):
        raise SettingsError(
            f"{where} in {file}: a source's name has 1–300 characters, none of them control characters, is not "
            f"{REGISTRY!r} and does not begin with {PERSON!r}."
        )
    kinds = connectors()
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        there = "says none" if kind is None else f"is {kind!r}"
        raise SettingsError(f"{where}.kind in {file}: must be one of {', '.join(kinds)}; it {there}.")
    connector = kinds[kind]
    own = {key: value for key, value in table.items() if key in Running.model_fields}
    theirs = {key: value for key, value in table.items() if key not in own}
    running = _checked(Running, own, where, file)
    config = _checked(connector.config, theirs, where, file)
    return Configured(name, running, connector, _rooted(config, file.parent))


def _checked(model: type[Any], values: Mapping[str, Any], where: str, file: Path) -> Any:
    try:
        return model(**values)
    except ValidationError as error:
        raise SettingsError(_told(error, where, file, model)) from None


def _told(error: ValidationError, where: str, file: Path, model: type[BaseModel]) -> str:
    """One line for each wrong key. Values are not repeated: one may be a secret in the wrong place."""
    lines = []
    for item in error.errors(include_url=False, include_input=False):
        key = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = f"there is no such key; there are {', '.join(model.model_fields)}"
        lines.append(f"{where}{'.' if key else ''}{key} in {file}: {message}.")
    return "\n".join(dict.fromkeys(lines))


def _rules(stated: Any, file: Path) -> tuple[Rule, ...]:
    if not isinstance(stated, list) or not all(isinstance(table, dict) for table in stated):
        raise SettingsError(f"names in {file}: must be tables, each under [[names]].")
    return tuple(_checked(Rule, table, f"names[{at}]", file) for at, table in enumerate(stated, 1))


def _addresses(stated: Any, file: Path) -> Policy:
    if not isinstance(stated, dict):
        raise SettingsError(f"addresses in {file}: must be a table, [addresses].")
    return Policy(**dict(_checked(_Addresses, stated, "addresses", file)))


def _rooted(value: Any, folder: Path) -> Any:
    """The same, with its paths counted from a folder."""
    if isinstance(value, Path):
        return folder / value
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: _rooted(getattr(value, name), folder) for name in value.model_fields_set})
    if isinstance(value, tuple | list):
        return type(value)(_rooted(one, folder) for one in value)
    if isinstance(value, dict):
        return {key: _rooted(one, folder) for key, one in value.items()}
    return value
