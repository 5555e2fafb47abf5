"""`registry rules` and `registry calendar`, and what the settings that name their files do."""

import json
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from registry.cli import main
from registry.doctor import Status, look_at_rules
from registry.settings import load_settings
from tests.graph.test_calendar import IMAGINED
from tests.registry.running import Done

OURS = '[[profile]]\nname = "decree-809"\n[profile.deadlines.DELIVERY]\ndays = 15\n'

Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs commands in this process, for they open no graph, in a folder with files to name in settings."""
    for name in os.environ:
        if name.startswith("REGISTRY_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ours.toml").write_text(OURS, encoding="utf-8")
    (tmp_path / "wrong.toml").write_text("[[profile]]\nnam = 1\n", encoding="utf-8")

    def run(*arguments: str, **settings: str) -> Done:
        with monkeypatch.context() as set, pytest.raises(SystemExit) as ended:
            set.setattr(sys, "argv", ["registry", *arguments])
            for name, value in settings.items():
                set.setenv(name, value)
            main()
        out, err = capfd.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    return run


def test_rules_are_listed_shown_and_checked(run: Run) -> None:
    listed = run("rules", "list")
    assert (listed.status, "政务数据共享条例" in listed.out) == (0, True)
    shown = run("rules", "show", "plan-2018").out
    assert all(text in shown for text in ("15", "重复建设", "12-31", "weights.mean", "official text"))
    earlier = run("rules", "show", "--on", "2024-05-06", "--format", "json").json
    assert (earlier["name"], earlier["effectiveTo"], earlier["version"][:10]) == (
        "plan-2018",
        "2025-08-01",
        "plan-2018@",
    )
    assert earlier["deadlines"]["CATALOGUE_UPDATE"]["days"] == 15
    checked = run("rules", "check", "--format", "json", REGISTRY_RULES="ours.toml")
    [found] = checked.json["findings"]
    assert (checked.status, found["key"], found["message"]) == (0, "deadlines.DELIVERY.days", "20 becomes 15")
    assert not Path("registry-data").exists()  # no graph is opened


def test_the_calendar_is_shown_counted_and_checked(run: Run) -> None:
    shown = run("calendar", "show", "2026")
    assert "2026-02-14  Sat  worked  春节" in shown.out
    assert "2026 has 248 working days" in shown.out
    assert run("calendar", "due", "2026-02-13", "5").out == "2026-02-27 (Fri)\n"
    between = run("calendar", "between", "2026-02-13", "2026-03-02", "--format", "json")
    assert between.json == {"from": "2026-02-13", "to": "2026-03-02", "workingDays": 7}
    checked = run("calendar", "check", "--format", "json", REGISTRY_CALENDAR=str(IMAGINED))
    assert (checked.status, checked.json["ok"], checked.json["years"][-1]) == (0, True, 2027)
    assert {one["code"] for one in checked.json["findings"]} == {"CHANGED", "ADDED", "ENDS"}


def test_a_slip_in_ones_own_year_ends_with_1(run: Run) -> None:
    text = IMAGINED.read_text(encoding="utf-8").replace(", 2027-02-20", "")
    Path("slip.toml").write_text(text, encoding="utf-8")
    checked = run("calendar", "check", REGISTRY_CALENDAR="slip.toml")
    assert checked.status == 1
    assert "by law it gives 13" in checked.out
    assert "1 to correct" in checked.out


@pytest.mark.parametrize(
    ("arguments", "settings", "status", "says"),
    [
        (("calendar", "due", "2026-12-30", "9"), {}, 1, "does not have 2027"),
        (("calendar", "due", "2026-2-3", "9"), {}, 2, "is not a day"),
        (("rules", "show", "nobody"), {}, 1, "there are plan-2018, decree-809"),
        (("rules", "show", "plan-2018", "--on", "2024-01-01"), {}, 2, "--on"),
        (("rules", "check"), {"REGISTRY_RULES": "wrong.toml"}, 1, "did you mean name?"),
        (("rules", "list"), {"REGISTRY_RULES": "wrong.toml"}, 2, "REGISTRY_RULES: wrong.toml"),
        (
            ("calendar", "check"),
            {"REGISTRY_CALENDAR": "wrong.toml"},
            1,
            "wrong.toml, profile: there is no such key; there are day, year",
        ),
        (("serve", "--port", "0"), {"REGISTRY_CALENDAR": "gone.toml"}, 2, "gone.toml cannot be read"),
    ],
)
def test_what_cannot_be_is_refused(
    run: Run, arguments: tuple[str, ...], settings: dict[str, str], status: int, says: str
) -> None:
    done = run(*arguments, **settings)
    assert (done.status, says in done.err) == (status, True), done.err


def test_doctor_looks_at_rules_and_calendar(run: Run) -> None:
    good = look_at_rules(load_settings(), date(2026, 3, 2))
    assert [check.status for check in good] == [Status.OK, Status.OK]
    assert "decree-809 is in force" in good[0].found
    late = look_at_rules(load_settings(rules=Path("ours.toml")), date(2026, 12, 20))
    assert [check.status for check in late] == [Status.OK, Status.WARN]
    assert "REGISTRY_CALENDAR" in late[1].to_do
    wrong = look_at_rules(load_settings(rules=Path("wrong.toml"), calendar=Path("gone.toml")), date(2026, 3, 2))
    assert [check.status for check in wrong] == [Status.FAIL, Status.FAIL]
    early = look_at_rules(load_settings(), date(2001, 1, 1))
    assert [check.status for check in early] == [Status.WARN, Status.WARN]


def test_a_file_in_the_settings_counts_from_their_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "ours.toml").write_text(OURS, encoding="utf-8")
    (tmp_path / "etc" / "registry.toml").write_text('rules = "ours.toml"\n', encoding="utf-8")
    shown = run("rules", "show", "decree-809", "--format", "json", REGISTRY_CONFIG="etc/registry.toml")
    assert json.loads(shown.out)["deadlines"]["DELIVERY"]["days"] == 15
