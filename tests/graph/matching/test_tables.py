"""A registry's own words are laid over those that are shipped; what they cannot be is refused by its place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.dated import WrongFile
from graph.matching.synonyms import sense
from graph.matching.tables import lay, read, version
from graph.matching.telling import tells
from graph.matching.words import words


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A file to be laid; what is shipped counts again afterwards."""
    yield tmp_path / "matching.toml"
    lay(None)


def test_own_words_count_beside_those_shipped_until_others_are_laid(file: Path) -> None:
    before = version(), words("高新儿童接种电子档案").core, sense("低保对象"), tells("智慧")
    file.write_text(
        '[words]\nplaces = ["高新"]\nsuffixes = ["电子档案"]\n[synonyms]\nsame = [["最低生活保障", "低保"]]\n'
        '[telling]\ngeneric = ["智慧"]\n[columns.abbreviations]\ndbh = ["低保号"]\n',
        "utf-8",
    )
    lay(file)
    assert words("高新儿童接种电子档案").core == "儿童接种"
    assert words("市儿童接种信息").core == "儿童接种"
    assert sense("低保对象") == sense("最低生活保障对象")
    assert not tells("智慧")
    assert read("columns")["abbreviations"]["dbh"] == ["低保号"]
    assert "dm" in read("columns")["abbreviations"]
    assert version() != before[0]
    lay(None)
    assert (version(), words("高新儿童接种电子档案").core, sense("低保对象"), tells("智慧")) == before


def test_a_list_can_be_replaced(file: Path) -> None:
    file.write_text('[words]\nreplace = ["suffixes"]\nsuffixes = ["台账"]\n', "utf-8")
    lay(file)
    assert (words("低保信息").core, words("低保台账").core) == ("低保信息", "低保")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[word]\n", "word: there is no such key; did you mean words?"),
        ('[words]\nsufixes = ["一"]\n', "words, sufixes: there is no such key; did you mean suffixes?"),
        ("[words]\nsuffixes = [1]\n", "words, suffixes: must be a list of texts"),
        ('[words]\nreplace = ["all"]\n', "words, replace: there is no list all"),
        ('[synonyms]\nsame = ["低保"]\n', "synonyms, same: must be a list of lists"),
        ('[synonyms]\nsame = [["低保"]]\n', "synonyms, same: must be a list of lists"),
        ("[columns]\nabbreviations = 1\n", "columns, abbreviations: must be a table"),
        ("[columns.abbreviations]\nxm = [1]\n", "columns, abbreviations, xm: must be a list of texts"),
        ("[words\n", "not TOML"),
    ],
)
def test_what_a_table_cannot_be_is_refused_by_its_place(file: Path, text: str, said: str) -> None:
    file.write_text(text, "utf-8")
    before = version()
    with pytest.raises(WrongFile) as error:
        lay(file)
    assert said in str(error.value)
    assert str(file) in str(error.value)
    assert version() == before
