"""What the settings file says of sources, and how it is edited."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.config import Secret, SecretMissing
from connectors.datasets import Dataset
from registry.settings import SettingsError, load_settings
from registry.sources.configured import load_sources
from registry.sources.editing import add_source, read_values, remove_source
from registry.sources.schedule import due_after

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file, not there yet."""
    path = tmp_path / "conf" / "registry.toml"
    path.parent.mkdir()
    monkeypatch.chdir(path.parent)
    monkeypatch.delenv("REGISTRY_CONFIG", raising=False)
    return path


def test_sources_rules_and_addresses_are_read(file: Path) -> None:
    file.write_text(
        """
home = "jurisdiction:320900"

[sources.people]
kind = "exchange"
paths = ["people.jsonl", "/data"]
schedule = "0 3 * * *"
full = true

[[names]]
namespace = "postgres://*"
name = "people.*.*"
resource = "resource:320900/{1}/{2}"

[addresses]
hosts = ["db1"]
private = true
""",
        encoding="utf-8",
    )
    found = load_sources()
    [people] = found.sources.values()
    assert (people.name, people.running.kind, people.running.full, found.bad) == ("people", "exchange", True, {})
    assert people.config.model_dump()["paths"] == (Path("people.jsonl"), Path("/data"))
    assert (found.addresses.hosts, found.addresses.private) == (("db1",), True)
    [rule] = found.rules
    assert rule.apply(Dataset("postgres://db1:5432", "People.public.person")) == "resource:320900/public/person"
    assert rule.apply(Dataset("mysql://db1", "people.public.person")) is None
    assert load_settings().warnings == ()


def test_paths_count_from_the_folder_of_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[sources.a]\nkind = "exchange"\npaths = ["a.jsonl"]\n', encoding="utf-8")
    monkeypatch.chdir("/")
    monkeypatch.setenv("REGISTRY_CONFIG", str(file))
    assert load_sources().sources["a"].config.model_dump()["paths"] == (file.parent / "a.jsonl",)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('kind = "exchang"\n', "sources.a.kind in registry.toml: must be one of"),
        ("full = true\n", "sources.a.kind in registry.toml: must be one of"),
        ('kind = "exchange"\n', "sources.a.paths in registry.toml: Field required."),
        ('kind = "exchange"\npaths = []\n', "sources.a.paths in registry.toml: Tuple should have at least 1 item"),
        ('kind = "exchange"\npaths = ["x"]\nfoo = "s3cret"\n', "sources.a.foo in registry.toml: there is no such key"),
        ('kind = "exchange"\npaths = ["x"]\nschedule = "at 3"\n', "sources.a.schedule in registry.toml: must be five"),
        (
            'kind = "exchange"\npaths = ["x"]\nretries = 99\n',
            "sources.a.retries in registry.toml: Input",
        ),
    ],
)
def test_what_is_wrong_is_said_and_the_others_run(file: Path, table: str, says: str) -> None:
    file.write_text(f'[sources.a]\n{table}\n[sources.b]\nkind = "exchange"\npaths = ["x"]\n', encoding="utf-8")
    found = load_sources()
    assert list(found.sources) == ["b"]
    assert says in found.bad["a"]
    assert "s3cret" not in found.bad["a"]


@pytest.mark.parametrize("name", ["registry", "person:me", "a\\tb", "x" * 301])
def test_some_names_are_no_sources(file: Path, name: str) -> None:
    file.write_text(f'[sources."{name}"]\nkind = "exchange"\npaths = ["x"]\n', encoding="utf-8")
    [message] = load_sources().bad.values()
    assert "a source's name has 1–300 characters" in message


@pytest.mark.parametrize(
    "text",
    ["sources = 7\n", "[sources]\na = 1\n", "names = 1\n", '[[names]]\nname = "x"\n', "[addresses]\nbytes = 0\n"],
)
def test_what_concerns_all_is_refused(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"in registry\.toml"):
        load_sources()


def test_a_source_is_added_and_removed_and_the_rest_of_the_file_stays(file: Path) -> None:
    before = '# the city\nhome = "j" # ours\n\n[[names]]\nname = "*"\nresource = "r"\n'
    file.write_text(before, encoding="utf-8")
    file.chmod(0o640)
    values = read_values(["paths=['甲.jsonl']", "schedule=0 3 * * *", "full=true", "retries=3"])
    added = add_source("人口", {"kind": "exchange", **values})
    assert (added.running.schedule, added.running.full, added.running.retries) == ("0 3 * * *", True, 3)
    assert list(load_sources().sources) == ["人口"]
    assert file.stat().st_mode & 0o777 == 0o640
    with pytest.raises(SettingsError, match="already"):
        add_source("人口", {"kind": "exchange", **values})
    assert remove_source("人口")
    assert not remove_source("人口")
    assert file.read_text(encoding="utf-8").strip() == before.strip()


def test_what_would_be_wrong_is_not_added(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"sources\.a\.paths"):
        add_source("a", {"kind": "exchange"})
    assert not file.exists()


def test_values_of_the_command_line() -> None:
    given = ["password.env=PW", "url=postgresql://a@b/c?d=e", "n=7", "on=true", "list=['a', 'b']", "text='7'", "empty="]
    assert read_values(given) == {
        "password": {"env": "PW"},
        "url": "postgresql://a@b/c?d=e",
        "n": 7,
        "on": True,
        "list": ["a", "b"],
        "text": "7",
        "empty": "",
    }
    for wrong in (["a"], ["=x"], ["a=1", "a.b=2"]):
        with pytest.raises(SettingsError):
            read_values(wrong)


def secret(**given: object) -> Secret:
    return Secret.model_validate(given)


def test_a_secret_is_only_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "s3cret")
    (tmp_path / "pw").write_text("geheim\n", encoding="utf-8")
    assert secret(env="PW").reveal() == "s3cret"
    assert secret(file=tmp_path / "pw").reveal() == "geheim"
    assert "s3cret" not in repr(secret(env="PW"))
    with pytest.raises(SecretMissing, match="PW2 is not set"):
        secret(env="PW2").reveal()
    with pytest.raises(SecretMissing, match="cannot be read"):
        secret(file=tmp_path).reveal()
    for wrong in ({}, {"env": "A", "file": "b"}, {"value": "s3cret"}):
        with pytest.raises(ValueError):
            Secret.model_validate(wrong)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000_000)


@pytest.mark.parametrize(
    ("schedule", "since", "due"),
    [
        ("0 3 * * *", "2026-01-01T02:59:59+08:00", "2026-01-01T03:00:00+08:00"),
        ("0 3 * * *", "2026-01-01T03:00:00+08:00", "2026-01-02T03:00:00+08:00"),
        ("*/15 * * * 1-5", "2026-01-02T23:50:00+08:00", "2026-01-05T00:00:00+08:00"),
        ("0 0 29 2 *", "2026-01-01T00:00:00+08:00", "2028-02-29T00:00:00+08:00"),
    ],
)
def test_when_a_source_is_due(file: Path, schedule: str, since: str, due: str) -> None:
    source = add_source("a", {"kind": "exchange", "paths": ["x"], "schedule": schedule})
    assert due_after(source, at(since), SHANGHAI) == at(due)


def test_jitter_is_the_same_for_all_and_differs_by_source(file: Path) -> None:
    values = {"kind": "exchange", "paths": ["x"], "schedule": "0 3 * * *", "jitter": 600}
    one, other = add_source("a", values), add_source("b", values)
    since, exact = at("2026-01-01T00:00:00+08:00"), at("2026-01-01T03:00:00+08:00")
    due = due_after(one, since, SHANGHAI)
    assert due is not None
    assert exact <= due <= exact + 600 * 1_000_000
    assert due == due_after(one, since, SHANGHAI)
    assert due != due_after(other, since, SHANGHAI)


def test_what_is_not_scheduled_is_never_due(file: Path) -> None:
    plain = add_source("a", {"kind": "exchange", "paths": ["x"]})
    off = add_source("b", {"kind": "exchange", "paths": ["x"], "schedule": "* * * * *", "enabled": False})
    moment = int(datetime.now(UTC).timestamp() * 1_000_000)
    assert due_after(plain, moment, SHANGHAI) is None
    assert due_after(off, moment, SHANGHAI) is None
