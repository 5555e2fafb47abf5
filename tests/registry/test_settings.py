"""Settings from variables, the settings file and the command line."""

from pathlib import Path

import pytest

from graph.memory import memory_mb
from registry.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of this machine, and an empty current folder."""
    import os

    for name in list(os.environ):
        if name.startswith("REGISTRY_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_without_any_setting_the_embedded_engine_is_used() -> None:
    settings = load_settings()
    graph = settings.graph()
    assert graph.url is None
    assert graph.data == Path("registry-data")
    assert settings.timezone == "Asia/Shanghai"
    assert settings.projection_mb == memory_mb() // 4
    assert settings.home is None
    assert not settings.open
    assert settings.withdraw_share == 0.05
    assert settings.warnings == ()


def test_a_variable_comes_before_the_file_and_the_command_line_before_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("registry.toml").write_text('home = "jurisdiction:1"\ndata = "a"\nprojection_mb = 5\n', encoding="utf-8")
    monkeypatch.setenv("REGISTRY_HOME", "jurisdiction:2")
    monkeypatch.setenv("REGISTRY_DATA", "b")
    settings = load_settings(data=Path("c"), home=None)
    assert settings.projection_mb == 5
    assert settings.home == "jurisdiction:2"
    assert settings.data == Path("c")


def test_a_path_in_the_file_counts_from_the_files_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "my.toml").write_text('data = "data"\n', encoding="utf-8")
    monkeypatch.setenv("REGISTRY_CONFIG", str(folder / "my.toml"))
    assert load_settings().data == folder / "data"


def test_the_file_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_CONFIG", "nowhere.toml")
    with pytest.raises(SettingsError, match=r"REGISTRY_CONFIG.*nowhere\.toml"):
        load_settings()


def test_a_file_that_is_no_toml_is_named_with_the_line() -> None:
    Path("registry.toml").write_text("home = \n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"registry\.toml is not TOML.*line 1"):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("REGISTRY_PROJECTION_MB", "much", "integer"),
        ("REGISTRY_PROJECTION_MB", "-1", "greater than or equal to 0"),
        ("REGISTRY_WITHDRAW_SHARE", "1.5", "less than or equal to 1"),
        ("REGISTRY_TIMEZONE", "Mars/Olympus", "Asia/Shanghai"),
        ("REGISTRY_TIMEZONE", "/etc/passwd", "Asia/Shanghai"),
        ("REGISTRY_GRAPH_URL", "http://localhost:7474", "bolt://HOST:7687"),
        ("REGISTRY_OPEN", "perhaps", "boolean"),
        ("REGISTRY_HOME", "a\tb", "control characters"),
    ],
)
def test_a_wrong_value_is_told_by_the_name_of_its_variable(
    variable: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{variable}: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_value_in_the_file_is_told_by_its_key() -> None:
    Path("registry.toml").write_text('projection_mb = "much"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"^projection_mb in registry\.toml: "):
        load_settings()


def test_a_password_in_the_address_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_GRAPH_URL", "bolt://neo4j:geheim@localhost:7687")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "REGISTRY_GRAPH_PASSWORD" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_password_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_GRAPH_URL", "bolt://localhost:7687")
    monkeypatch.setenv("REGISTRY_GRAPH_PASSWORD", "geheim")
    settings = load_settings()
    assert settings.graph().password == "geheim"
    assert "geheim" not in repr(settings) + str(settings) + repr(settings.graph())


def test_a_password_is_read_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("geheim\n", encoding="utf-8")
    monkeypatch.setenv("REGISTRY_GRAPH_PASSWORD_FILE", str(tmp_path / "secret"))
    assert load_settings().graph().password == "geheim"


def test_a_password_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_GRAPH_PASSWORD_FILE", "nowhere")
    with pytest.raises(SettingsError, match=r"REGISTRY_GRAPH_PASSWORD_FILE: nowhere"):
        load_settings().graph()


def test_a_password_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_GRAPH_PASSWORD_FILE", "a")
    monkeypatch.setenv("REGISTRY_GRAPH_PASSWORD", "b")
    with pytest.raises(SettingsError, match="one of the two"):
        load_settings()


def test_what_is_no_setting_is_warned_of_with_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_GRAPH_ULR", "bolt://localhost:7687")
    monkeypatch.setenv("REGISTRY_TEST_ANYTHING", "1")
    Path("registry.toml").write_text('projection = 5\nxyz = "a"\n', encoding="utf-8")
    warnings = load_settings().warnings
    assert len(warnings) == 3
    assert "REGISTRY_GRAPH_ULR" in warnings[0]
    assert "REGISTRY_GRAPH_URL" in warnings[0]
    assert "projection_mb" in warnings[1]
    assert "Did you mean" not in warnings[2]


def test_an_empty_variable_is_as_if_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_GRAPH_URL", "")
    assert load_settings().graph_url is None


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())
