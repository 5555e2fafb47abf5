"""How connectors are found and what is said about a file that none of them takes."""

from pathlib import Path

import pytest

from connectors.protocol import connectors, looks_like, recognise
from graph.facts import Finding, Severity


def test_connectors_are_found_by_their_entry_points_in_the_order_of_names() -> None:
    assert list(connectors()) == sorted(connectors())
    assert {"catalogue", "exchange"} <= connectors().keys()


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (b"\x89PNG\r\n\x1a\n", "is a PNG picture"),
        (b"\xff\xd8\xff\xe0", "is a JPEG picture"),
        (b"GIF89a", "is a GIF picture"),
        (b"\x1f\x8b", "is a gzip archive"),
        (b"<html>", "is a web page"),
        (b"a,b\n", "is text of an unknown kind"),
        (b"\x00\x01", "is binary data of an unknown kind"),
    ],
)
def test_a_file_that_nobody_takes_is_named_by_its_first_bytes(tmp_path: Path, start: bytes, says: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(start)
    assert looks_like(path) == says
    found = recognise(path)
    assert isinstance(found, Finding)
    assert (found.code, found.severity, found.place.file) == ("FILE_NOT_READ", Severity.ERROR, "file")
    assert says in found.message
