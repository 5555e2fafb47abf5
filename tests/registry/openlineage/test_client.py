"""The real OpenLineage client against a service that is really served."""

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    DatasetEvent,
    InputDataset,
    Job,
    JobEvent,
    OutputDataset,
    Run,
    RunEvent,
    StaticDataset,
)
from openlineage.client.event_v2 import RunState as State
from openlineage.client.facet_v2 import column_lineage_dataset, schema_dataset, sql_job
from openlineage.client.transport.async_http import AsyncHttpConfig, AsyncHttpTransport
from openlineage.client.transport.http import HttpConfig, HttpTransport

from tests.registry.running import Commands, Service

PRODUCER = "https://example.org/test"
DB = "postgres://db1:5432"
LINEAGE = """
query ($id: ID!) {
  lineage(ids: [$id], direction: DOWNSTREAM, level: FIELD) { edges { source target jobs precise } }
}
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("client")
    tokens = folder / "tokens"
    tokens.write_text(f"client {hashlib.sha256(b'secret').hexdigest()}\n", encoding="utf-8")
    commands = Commands(folder / "data", folder, REGISTRY_LINEAGE_TOKENS_FILE=str(tokens))
    with commands.serving() as service:
        yield service


def _transports(service: Service) -> dict[str, Any]:
    config = {"url": service.url, "auth": {"type": "api_key", "apiKey": "secret"}, "timeout": 60}
    return {
        "http": lambda: HttpTransport(HttpConfig.from_dict(config)),
        "gzip": lambda: HttpTransport(HttpConfig.from_dict({**config, "compression": "gzip"})),
        "async": lambda: AsyncHttpTransport(AsyncHttpConfig.from_dict({**config, "compression": "gzip"})),
    }


@pytest.mark.parametrize("transport", ["http", "gzip", "async"])
def test_what_the_client_emits_is_lineage(service: Service, transport: str) -> None:
    client = OpenLineageClient(transport=_transports(service)[transport]())
    run, job = Run(runId=str(uuid.uuid4())), Job(namespace="airflow", name=f"load.{transport}")
    read = InputDataset(
        DB,
        f"{transport}.person",
        facets={
            "schema": schema_dataset.SchemaDatasetFacet([schema_dataset.SchemaDatasetFacetFields("id_no", "text")])
        },
    )
    field = column_lineage_dataset.InputField(
        DB,
        read.name,
        "id_no",
        [column_lineage_dataset.Transformation("DIRECT", "TRANSFORMATION", "sha2(id_no)", True)],
    )
    lineage = column_lineage_dataset.ColumnLineageDatasetFacet(
        fields={"hash": column_lineage_dataset.Fields(inputFields=[field])}
    )
    written = OutputDataset(DB, f"{transport}.hashes", facets={"columnLineage": lineage})

    def emit(state: State, inputs: list[InputDataset], outputs: list[OutputDataset]) -> None:
        said = {"eventTime": datetime.now(UTC).isoformat(), "producer": PRODUCER}
        client.emit(RunEvent(run=run, job=job, eventType=state, inputs=inputs, outputs=outputs, **said))

    emit(State.START, [read], [])
    emit(State.COMPLETE, [], [written])
    client.close()
    answer = service.ask(LINEAGE, id=f"field:{DB}/{transport}.person/id_no")
    assert answer["data"]["lineage"]["edges"] == [
        {
            "source": f"field:{DB}/{transport}.person/id_no",
            "target": f"field:{DB}/{transport}.hashes/hash",
            "jobs": [f"airflow/load.{transport}"],
            "precise": True,
        }
    ]


def test_what_the_client_emits_of_jobs_and_datasets_alone_is_taken(service: Service) -> None:
    client = OpenLineageClient(transport=_transports(service)["http"]())
    said = {"eventTime": datetime.now(UTC).isoformat(), "producer": PRODUCER}
    client.emit(DatasetEvent(dataset=StaticDataset(DB, "alone"), **said))
    query = sql_job.SQLJobFacet("INSERT INTO b.t SELECT x FROM b.s", "postgres")
    job = Job("exchange", "by-hand", facets={"sql": query})
    client.emit(JobEvent(job=job, inputs=[InputDataset(DB, "b.s")], outputs=[OutputDataset(DB, "b.t")], **said))
    client.close()
    edges = service.ask(LINEAGE, id=f"resource:{DB}/b.s")["data"]["lineage"]["edges"]
    assert {edge["jobs"][0] for edge in edges} == {"exchange/by-hand"}


def test_the_client_is_told_that_its_token_is_wrong(service: Service) -> None:
    config = {"url": service.url, "auth": {"type": "api_key", "apiKey": "other"}}
    client = OpenLineageClient(transport=HttpTransport(HttpConfig.from_dict(config)))
    said = {"eventTime": datetime.now(UTC).isoformat(), "producer": PRODUCER}
    with pytest.raises(Exception, match="401"):
        client.emit(DatasetEvent(dataset=StaticDataset(DB, "alone"), **said))
    client.close()
