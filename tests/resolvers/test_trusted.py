"""Documents by id: those of a file, those that clients have sent, and a service that takes no others."""

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from graph.engine import Graph
from graph.lineage import Lineages
from resolvers.http import graphql_app
from resolvers.options import Options
from resolvers.trusted import MOST_TEXT, Folder, Texts, UnknownDocument, WrongManifest, read_manifest

KNOWN, OTHER = "query Known { __typename }", "query Other { a: __typename }"


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


async def post(texts: Texts, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    app = graphql_app(cast(Graph, None), cast(Lineages, None), options=Options(texts=texts))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry") as client:
        answer = await client.post("/graphql", json=body)
        return answer.status_code, answer.json()


def persisted(text: str, query: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hashed(text)}}}
    return body if query is None else {**body, "query": query}


async def test_a_document_that_was_sent_is_known_by_its_hash() -> None:
    texts = Texts()
    status, answer = await post(texts, persisted(KNOWN))
    assert status == 200
    assert answer["errors"] == [
        {"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}
    ]
    assert (await post(texts, persisted(KNOWN, KNOWN)))[1] == {"data": {"__typename": "Query"}}
    assert (await post(texts, persisted(KNOWN)))[1] == {"data": {"__typename": "Query"}}


def test_a_document_that_was_sent_to_one_worker_is_known_to_all(tmp_path: Path) -> None:
    one, other, trusting = Texts(), Texts(), Texts({"known": KNOWN}, only=True)
    for texts in (one, other, trusting):
        texts.share(tmp_path / "documents")
    one.find(OTHER, None, hashed(OTHER).upper())
    assert other.find(None, None, hashed(OTHER)) == OTHER
    for texts, hash in ((trusting, hashed(OTHER)), (other, hashed(KNOWN)), (other, "../documents")):
        with pytest.raises(UnknownDocument):
            texts.find(None, None, hash)


def test_the_last_documents_that_were_sent_are_kept_in_a_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "documents", most=10)
    for number in range(100):
        folder.keep(hashed(str(number)), str(number))
        os.utime(tmp_path / "documents" / hashed(str(number)), ns=(number, number))
    assert len(list((tmp_path / "documents").iterdir())) == 10
    assert [folder.find(hashed(str(number))) for number in (0, 88, 99)] == [None, None, "99"]


async def test_a_hash_of_something_else_is_refused_and_not_kept() -> None:
    texts = Texts()
    status, answer = await post(texts, persisted(KNOWN, OTHER))
    assert (status, answer["errors"][0]["extensions"]) == (400, {"code": "BAD_INPUT"})
    with pytest.raises(UnknownDocument):
        texts.find(None, None, hashed(KNOWN))


@pytest.mark.parametrize("given", [5, {}, {"version": 2, "sha256Hash": "x"}, {"version": 1, "sha256Hash": 5}])
async def test_what_is_no_persisted_query_is_refused(given: Any) -> None:
    status, answer = await post(Texts(), {"query": KNOWN, "extensions": {"persistedQuery": given}})
    assert status == 400
    assert "persistedQuery" in answer["errors"][0]["message"]


async def test_a_trusted_document_is_named_by_its_id() -> None:
    texts = Texts({"known": KNOWN})
    assert (await post(texts, {"documentId": "known"}))[1] == {"data": {"__typename": "Query"}}
    _, answer = await post(texts, {"documentId": "other"})
    assert answer["errors"][0]["extensions"] == {"code": "BAD_INPUT"}
    status, _ = await post(texts, {"documentId": "known", "query": KNOWN})
    assert status == 400


async def test_only_trusted_documents_are_taken_where_that_is_so() -> None:
    texts = Texts({hashed(KNOWN): KNOWN}, only=True)
    for body in ({"documentId": hashed(KNOWN)}, {"query": KNOWN}, persisted(KNOWN), persisted(KNOWN, KNOWN)):
        assert (await post(texts, body))[1] == {"data": {"__typename": "Query"}}
    _, answer = await post(texts, {"query": OTHER})
    assert answer["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    _, answer = await post(texts, persisted(OTHER, OTHER))
    assert answer["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    _, answer = await post(texts, persisted(OTHER))
    assert answer["errors"][0]["extensions"] == {"code": "BAD_INPUT"}


def test_both_kinds_of_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "documents.json"
    path.write_text(json.dumps({"a": KNOWN}))
    assert read_manifest(path) == {"a": KNOWN}
    path.write_text(
        json.dumps(
            {
                "format": "apollo-persisted-query-manifest",
                "version": 1,
                "operations": [{"id": "a", "body": KNOWN, "name": "Known", "type": "query"}],
            }
        )
    )
    assert read_manifest(path) == {"a": KNOWN}


@pytest.mark.parametrize("text", ["{", "[]", "5", '{"a": 5}', '{"operations": [{"id": "a"}]}'])
def test_other_files_are_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "documents.json"
    path.write_text(text)
    with pytest.raises(WrongManifest, match=r"documents\.json"):
        read_manifest(path)
    with pytest.raises(WrongManifest, match=r"nothing\.json"):
        read_manifest(tmp_path / "nothing.json")


def test_what_clients_send_takes_only_so_much_room() -> None:
    texts = Texts()
    long = ["# " + str(number) * (MOST_TEXT // 25) for number in range(10, 60)]
    for text in long:
        texts.find(text, None, hashed(text))
    assert texts.find(None, None, hashed(long[-1])) == long[-1]
    with pytest.raises(UnknownDocument):
        texts.find(None, None, hashed(long[0]))
