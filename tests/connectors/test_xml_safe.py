"""XML from strangers is read without entities, and with limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.xml_safe import Limits, XmlNode, XmlRefused, check_xml, parse_xml

LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [
 <!ENTITY lol "lol">
 <!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
]>
<lolz>&lol2;</lolz>"""

BAD = {
    "laughs": LAUGHS,
    "external": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "parameter": b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd">%x;]><a/>',
    "unparsed": b'<!DOCTYPE a [<!NOTATION n SYSTEM "n"><!ENTITY x SYSTEM "y" NDATA n>]><a/>',
    "undeclared": b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a>&x;</a>',
    "deep": b"<a>" * 300,
    "open": b"<a><b></a>",
    "empty": b"",
    "encoding": b'<?xml version="1.0" encoding="klingon"?><a/>',
    "no gbk": b'<?xml version="1.0" encoding="gbk"?><a>\xff</a>',
    "nul": b"<a>\x00</a>",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_taken_is_refused_by_both_readings(name: str) -> None:
    for read in (parse_xml, check_xml):
        with pytest.raises(XmlRefused) as caught:
            read(BAD[name])
        assert "passwd" not in str(caught.value)


def test_the_place_is_told() -> None:
    with pytest.raises(XmlRefused, match="entities") as caught:
        parse_xml(LAUGHS)
    assert caught.value.row == 3
    with pytest.raises(XmlRefused, match="mismatched") as caught:
        parse_xml(b"<a>\n<b>\n</a>")
    assert caught.value.row == 3


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(bytes=10), "longer than 10 bytes"),
        (Limits(depth=2), "nested more than 2 deep"),
        (Limits(elements=3), "more than 3 elements"),
        (Limits(attributes=1), "more than 1 attributes"),
    ],
)
def test_limits_hold(limits: Limits, says: str) -> None:
    content = b'<a><b><c x="1" y="2"/></b><d/></a>'
    assert parse_xml(content).tag == "a"
    with pytest.raises(XmlRefused, match=says):
        check_xml(content, limits)


def test_a_document_is_read_with_names_texts_and_lines() -> None:
    root = parse_xml(
        '<?xml version="1.0" encoding="GBK"?>\n<!DOCTYPE a>\n<a xmlns:p="u" xmlns="d">\n'
        '<p:b at="p:t">市 <c>数据</c>\n局</p:b></a>'.encode("gbk")
    )
    b = root.first("b")
    assert isinstance(b, XmlNode)
    assert (root.tag, root.namespace, b.tag, b.name, b.namespace) == ("{d}a", "d", "{u}b", "b", "u")
    assert (root.row, b.row, b.get("at"), b.get("none")) == (3, 4, "p:t", None)
    assert b.qualified("p:t") == ("u", "t")
    assert b.qualified("t") == ("d", "t")
    assert b.qualified("q:t") == ("", "t")
    assert "数据" in b.said()
    assert [child.name for child in b.all("c")] == ["c"]


@given(st.binary(max_size=200), st.sampled_from([b"", b"<a>", b"<?xml version='1.0'?>", b"<!DOCTYPE a ["]))
def test_garbage_is_refused_and_nothing_else(content: bytes, start: bytes) -> None:
    try:
        assert isinstance(parse_xml(start + content), XmlNode)
    except XmlRefused as refused:
        assert str(refused)
