"""Several lines about one thing: the later one's keys count, unless they would end it before it begins."""

from graph.facts import Finding, Kind, Place, Thing
from registry.laying import lay_over


def line(row: int, **values: object) -> Thing:
    return Thing(Kind.ELEMENT, "element:a", values, Place("facts.jsonl", row=row))


def test_the_later_lines_keys_are_laid_over_the_earlier_ones() -> None:
    noted: list[Finding] = []
    laid = lay_over(line(1, name="甲", valid_from=1), line(2, name="乙"), noted.append)
    assert laid.values == {"name": "乙", "valid_from": 1}
    assert [one.code for one in noted] == ["STATED_TWICE"]


def test_a_line_that_would_end_it_before_it_begins_is_not_taken_and_told() -> None:
    noted: list[Finding] = []
    earlier = line(1, name="甲", valid_from=5)
    assert lay_over(earlier, line(2, name="乙", valid_to=5), noted.append) is earlier
    [one] = noted
    assert (one.code, one.severity, one.place.row) == ("BAD_INTERVAL", "ERROR", 2)
    assert lay_over(earlier, line(3, valid_from=None, valid_to=5), noted.append).values["valid_to"] == 5
