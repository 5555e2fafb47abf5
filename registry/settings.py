"""The settings: `REGISTRY_…` variables, over `registry.toml`, over what is good for most.

    settings = load_settings(data=folder_from_the_command_line)
    for warning in settings.warnings: …
    graph = await open_graph(settings.graph())

In `registry.toml` (or the file that REGISTRY_CONFIG names) the keys are those of the variables without
the prefix and in lower case: `graph_url = "neo4j://…"`. A path in the file counts from the file's folder.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from graph.calendar import WorkCalendar
from graph.dated import WrongFile
from graph.engine import GraphSettings
from graph.facts import is_id
from graph.memory import memory_mb
from graph.profiles import Profiles, RuleProfile
from registry.openlineage.tokens import Tokens, WrongTokens, read_tokens

if TYPE_CHECKING:
    from resolvers.options import Options

__all__ = ["Settings", "SettingsError", "config_file", "load_settings", "read_config"]

PREFIX = "REGISTRY_"
CONFIG = "REGISTRY_CONFIG"
_TESTS = "REGISTRY_TEST_"
_TABLES = ("sources", "names", "addresses")
"""What else the file may say: of sources (`registry/sources/configured.py`)."""
_PATHS = (
    "data",
    "graph_password_file",
    "documents",
    "lineage_tokens_file",
    "mappings",
    "calendar",
    "rules",
    "matching",
)
_URL = re.compile(r"(bolt|neo4j)(\+s|\+ssc)?://[^\s/@]+/?")


class SettingsError(ValueError):
    """A setting has a value that it cannot have; the message names it and says what it may be."""


def _address(url: str) -> str:
    if "@" in url:
        raise ValueError("must not hold a user or password: REGISTRY_GRAPH_USER and REGISTRY_GRAPH_PASSWORD do")
    if not _URL.fullmatch(url):
        raise ValueError("must look like bolt://HOST:7687 or neo4j://HOST:7687 (+s for an encrypted connection)")
    return url


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError("must be the name of a time zone, such as Asia/Shanghai") from error
    return name


def _id(value: str) -> str:
    if not is_id(value):
        raise ValueError("must be an id: 1–300 characters without control characters")
    return value


def _quarter_of_memory() -> int:
    return memory_mb() // 4


class Settings(BaseSettings):
    """All settings. The variable of each is its name in capitals after `REGISTRY_`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    graph_url: Annotated[str, AfterValidator(_address)] | None = Field(
        None, description="Address of a Neo4j; without it the embedded engine is used."
    )
    graph_user: str = Field("neo4j", description="User at the Neo4j.")
    graph_password: SecretStr | None = Field(None, description="Password at the Neo4j.")
    graph_password_file: Path | None = Field(None, description="File that holds the password instead.")
    graph_database: str | None = Field(None, description="Database at the Neo4j; without it the user's own.")
    data: Path = Field(Path("registry-data"), description="Folder of the embedded engine.")
    home: Annotated[str, AfterValidator(_id)] | None = Field(
        None, description="Id of the jurisdiction whose registry this is, such as jurisdiction:320900."
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        "Asia/Shanghai", description="Time zone of dates and times that state none."
    )
    projection_mb: int = Field(
        default_factory=_quarter_of_memory,
        ge=0,
        description="Memory of the in-memory picture of the graph, per worker; default a quarter of the memory.",
    )
    open: bool = Field(False, description="Serve without sign-in on an address that others can reach.")
    log_format: Literal["text", "json"] = Field("text", description="How the service logs: text, or json, a line each.")
    access_log: bool = Field(False, description="Log every request of the service, one JSON object a line.")
    withdraw_share: float = Field(
        0.05, ge=0, le=1, description="Share of a source's statements that a full run may withdraw unasked."
    )
    schedules: bool = Field(True, description="Whether the service runs sources on their schedules.")
    statement_seconds: float = Field(30, gt=0, le=3600, description="Time that one statement at the graph may take.")
    request_seconds: float = Field(30, gt=0, le=3600, description="Time that one answer of the API may take.")
    slow_seconds: float = Field(2, ge=0, description="Log operations and statements that take longer.")
    request_cost: int = Field(200_000, ge=100, description="What one request to the API may cost.")
    requests: int = Field(64, ge=1, description="Requests to the API that are answered at the same time, per worker.")
    caller_requests: int = Field(16, ge=1, description="The same of one caller, by address.")
    waiting_requests: int = Field(512, ge=0, description="Requests to the API that may wait, per worker.")
    exports: int = Field(8, ge=1, description="Exports that are under way at the same time, per worker.")
    lineage_tokens_file: Path | None = Field(
        None, description="File of the tokens with which OpenLineage events may be sent: a name and SHA-256 a line."
    )
    introspection: bool = Field(True, description="Whether clients may ask the API for its schema.")
    suggestions: bool = Field(True, description="Whether the API's errors say what may have been meant.")
    documents: Path | None = Field(None, description="JSON file of trusted documents that clients name by id.")
    documents_only: bool = Field(False, description="Take no other documents than those.")
    mappings: Path = Field(Path("mappings"), description="Folder of saved mappings of tables.")
    calendar: Path | None = Field(
        None, description="File of corrections to the work calendar, and of years of its own."
    )
    rules: Path | None = Field(None, description="File of rule profiles, laid over those that are built in.")
    matching: Path | None = Field(
        None, description="File of words by which names are compared, laid over those that are built in."
    )
    heap_mb: int | None = Field(
        None, ge=256, description="Memory of the embedded engine; default a quarter of the memory, 512 to 4096."
    )
    linger_seconds: float = Field(
        10, ge=0, le=86_400, description="How long the embedded engine stays after its last client has gone."
    )

    _warnings: tuple[str, ...] = PrivateAttr(())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is set and means nothing, with what was perhaps meant."""
        return self._warnings

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)

    def today(self) -> date:
        """The day that it is in the registry's zone."""
        return datetime.now(self.zone).date()

    def rules_today(self) -> RuleProfile:
        """The rule profile that is in force today. Reads the file of one's own."""
        return self.rule_profiles().in_force(self.today())

    def graph(self) -> GraphSettings:
        """What `open_graph` needs to know. Reads the password's file."""
        return GraphSettings(
            url=self.graph_url,
            user=self.graph_user,
            password=self._password(),
            database=self.graph_database,
            data=self.data,
            statement_seconds=self.statement_seconds,
            slow_seconds=self.slow_seconds,
            heap_mb=self.heap_mb,
            linger_seconds=self.linger_seconds,
        )

    def api(self) -> "Options":
        """What the API needs to know. Reads the file of trusted documents."""
        # Here and not above: most commands need no GraphQL, which takes its time to import.
        from resolvers.gate import Room
        from resolvers.limits import Limits
        from resolvers.options import Options
        from resolvers.trusted import Texts, WrongManifest, read_manifest

        try:
            trusted = read_manifest(self.documents) if self.documents else {}
        except WrongManifest as error:
            raise SettingsError(f"REGISTRY_DOCUMENTS: {error}") from error
        return Options(
            limits=Limits(cost=self.request_cost, seconds=self.request_seconds),
            room=Room(self.requests, self.caller_requests, self.waiting_requests),
            texts=Texts(trusted, only=self.documents_only),
            introspect=self.introspection,
            suggest=self.suggestions,
            calendar=self.work_calendar(),
            profiles=self.rule_profiles(),
        )

    def work_calendar(self) -> WorkCalendar:
        """Which days are worked. Reads the file of corrections."""
        try:
            return WorkCalendar(self.calendar)
        except WrongFile as error:
            raise SettingsError(f"REGISTRY_CALENDAR: {error}.") from error

    def rule_profiles(self) -> Profiles:
        """The rules that are in force, and when. Reads the file of one's own."""
        try:
            return Profiles(self.rules)
        except WrongFile as error:
            raise SettingsError(f"REGISTRY_RULES: {error}.") from error

    def lay_tables(self) -> None:
        """Have names compared by one's own words, too, in all of this process. Reads their file."""
        # Here and not above: most commands compare no names.
        from graph.matching.tables import lay

        try:
            lay(self.matching)
        except WrongFile as error:
            raise SettingsError(f"REGISTRY_MATCHING: {error}.") from error

    def lineage_tokens(self) -> Tokens | None:
        """The tokens with which events may be sent; None: no token is asked for. Reads their file."""
        if self.lineage_tokens_file is None:
            return None
        try:
            return read_tokens(self.lineage_tokens_file)
        except WrongTokens as error:
            raise SettingsError(f"REGISTRY_LINEAGE_TOKENS_FILE: {error}.") from error

    def _password(self) -> str | None:
        if self.graph_password_file is None:
            return self.graph_password.get_secret_value() if self.graph_password else None
        try:
            return self.graph_password_file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"REGISTRY_GRAPH_PASSWORD_FILE: {self.graph_password_file} cannot be read ({error})."
            ) from error

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = InitSettingsSource(settings_cls, init_kwargs=dict(read_config(config_file())))
        return init_settings, env_settings, file


def load_settings(**given: Any) -> Settings:
    """The settings; what is `given` and not None (from a command line) comes first. Raises SettingsError."""
    given = {name: value for name, value in given.items() if value is not None}
    file = config_file()
    stated = read_config(file)
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise SettingsError(_told(error, given, stated, file)) from None
    if settings.graph_password and settings.graph_password_file:
        raise SettingsError("REGISTRY_GRAPH_PASSWORD and REGISTRY_GRAPH_PASSWORD_FILE: set one of the two, not both.")
    if settings.documents_only and settings.documents is None:
        raise SettingsError("REGISTRY_DOCUMENTS_ONLY: set REGISTRY_DOCUMENTS to the file of documents to take.")
    settings.lineage_tokens()
    settings._warnings = tuple(_unknown(stated, file))
    return settings


def config_file() -> Path:
    """The settings file, there or not."""
    return Path(os.environ.get(CONFIG) or "registry.toml")


def read_config(file: Path) -> Mapping[str, Any]:
    """What the settings file states. Only one that REGISTRY_CONFIG names has to be there. Raises SettingsError."""
    try:
        stated = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if os.environ.get(CONFIG):
            raise SettingsError(f"{CONFIG}: there is no file {file}.") from error
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {file} cannot be read ({error}).") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {file} is not TOML: {error}.") from error
    for name in _PATHS:
        if isinstance(stated.get(name), str):
            stated[name] = file.parent / stated[name]
    return stated


def _told(error: ValidationError, given: Mapping[str, Any], stated: Mapping[str, Any], file: Path) -> str:
    """One line for each wrong setting: which, where it was set, what it may be."""
    lines = []
    for item in error.errors(include_url=False):
        name = str(item["loc"][0]) if item["loc"] else ""
        variable = (PREFIX + name).upper()
        in_file = name in stated and name not in given and not os.environ.get(variable)
        what = f"{name} in {file}" if in_file else variable
        secret = "password" in name or "@" in str(item["input"])
        value = "" if secret else f"; it is {item['input']!r}"
        lines.append(f"{what}: {item['msg'].removeprefix('Value error, ')}{value}.")
    return "\n".join(dict.fromkeys(lines))


def _unknown(stated: Mapping[str, Any], file: Path) -> list[str]:
    names = list(Settings.model_fields)
    variables = [CONFIG, *((PREFIX + name).upper() for name in names)]
    here = sorted(name for name in os.environ if name.startswith(PREFIX) and not name.startswith(_TESTS))
    warnings = [_warning(name, variables, "in the environment") for name in here if name not in variables]
    return warnings + [_warning(name, names, f"in {file}") for name in stated if name not in (*names, *_TABLES)]


def _warning(name: str, known: list[str], where: str) -> str:
    close = difflib.get_close_matches(name, known, n=2, cutoff=0.7)
    meant = f" Did you mean {' or '.join(close)}?" if close else ""
    return f"{name} {where} is no setting and has no effect.{meant}"
