"""The page for planners: its question is answered on the sample, and it names every signal, way and verdict."""

import json

from resolvers.proposals import RequestWay, SignalKind, Verdict
from tests.resolvers.asking import Api
from tests.resolvers.test_examples import _BLOCK, PAGE

TEXT = (PAGE.parent / "planner.md").read_text(encoding="utf-8")
[(QUERY, VARIABLES)] = _BLOCK.findall(TEXT)


async def test_the_question_of_the_page_is_answered(sample: Api) -> None:
    report = (await sample.ask(QUERY, **json.loads(VARIABLES)))["duplicateCheck"]
    assert report["verdict"] == "OVERLAP"
    assert {one["field"]: one["exists"][0]["metBy"] for one in report["shareable"]}["SFZH"] == "ELEMENT"


def test_every_signal_way_and_verdict_is_on_the_page() -> None:
    for words in (SignalKind, RequestWay, Verdict):
        assert all(f"`{word}`" in TEXT for word in words.__members__)
