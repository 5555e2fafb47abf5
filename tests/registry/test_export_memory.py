"""A service that sends a long export to a slow client: complete to the row, with no more memory for it."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.registry.running import Commands, Service

SIDE = 450
"""Each of so many fields is joined to each of so many resources: 202,500 edges out of few facts."""
_SLACK = 16_000_000


@pytest.fixture
def service(commands: Commands, tmp_path: Path) -> Iterator[Service]:
    """A service with a resource that feeds many others as a whole, so that each of its fields does."""
    whole, long = "resource:全市一体化政务数据共享交换平台", "信息资源目录" * 4
    facts: list[dict[str, str]] = [{"fact": "resource", "id": whole, "name": long}]
    for number in range(SIDE):
        other = f"resource:共享平台/{number:03}"
        facts.append(
            {"fact": "field", "id": f"field:共享平台/{number:03}", "name": f"{long}{number}", "resource": whole}
        )
        facts.append({"fact": "resource", "id": other, "name": f"{long}{number}"})
        facts.append({"fact": "feeds", "from": whole, "to": other, "job": f"每日归集任务{number}"})
    file = tmp_path / "facts.jsonl"
    file.write_text("".join(json.dumps(fact) + "\n" for fact in facts), encoding="utf-8")
    assert commands.run("import", file).status == 0
    with commands.serving(REGISTRY_PROJECTION_MB="64") as service:
        yield service


@pytest.mark.slow
def test_the_memory_of_the_service_stays_flat_while_a_long_answer_is_sent_slowly(service: Service) -> None:
    body = json.dumps(
        {
            "ids": [f"field:共享平台/{number:03}" for number in range(SIDE)],
            "direction": "DOWNSTREAM",
            "level": "FIELD",
            "of": "edges",
        }
    ).encode()
    memory = psutil.Process(service.process.pid).memory_info
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        head = f"POST /export/lineage.csv HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        slow.sendall(head.encode() + b"host: localhost\r\n\r\n" + body)
        first = slow.recv(1)
        begun = memory().rss
        size, highest, rows, last = 1, begun, 0, first
        while piece := slow.recv(262_144):
            highest = max(highest, memory().rss)
            size += len(piece)
            rows += (last[-5:] + piece).count(b"\nedge,")
            last = (last + piece)[-200:]
    assert rows == SIDE * SIDE
    assert f"end,rows={SIDE * SIDE},complete=true".encode() in last
    assert size > 3 * _SLACK
    assert highest - begun < _SLACK
