"""Which encoding a text file is in: by its mark, else by trial and by how much of what comes out is usual Chinese."""

import codecs
from pathlib import Path

__all__ = ["find_encoding"]

_SAMPLE = 262_144
_FARTHEST = 67_108_864
"""Bytes that are looked through for one that is no ASCII."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_USUAL = frozenset(
    "的名称代码编号单位部门信息系统数据资源项类型长度共享方式条件开放更新周期来源说明备注序用途是否无日期时间"
    "市县区局委办公室政务服务管理登记企业人口社会保障身份证姓性别地址电话联系负责状态年月号机构法定行业许可"
    "名稱碼編號單位部門信息系統數據資料資源項類型長度共享方式條件開放更新週期來源說明備註序用途無日期時間"
    "縣區局委辦公室政務服務管理登記企業人口社會保障身份證姓性別電話聯繫負責狀態年機構許可國家個為與業"
)
"""Characters that tables of a government are full of, in both ways to write them."""


def find_encoding(path: Path) -> str:
    """The encoding by the beginning of a file, or by its first part that is more than ASCII. Raises OSError."""
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
        for mark, encoding in _MARKS:
            if sample.startswith(mark):
                return encoding
        if (wide := _utf_16(sample)) is not None:
            return wide
        read = len(sample)
        while sample.isascii() and read < _FARTHEST:
            following = file.read(_SAMPLE)
            if not following:
                return "utf-8"
            sample, read = following, read + len(following)
    return _by_trial(sample)


def _utf_16(sample: bytes) -> str | None:
    """UTF-16 without a mark: it has zeros, and read so it is ASCII and usual Chinese for the most part."""
    if b"\0" not in sample:
        return None
    shares = {encoding: _plain(_decode(sample, encoding)) for encoding in ("utf-16-le", "utf-16-be")}
    best = max(shares, key=lambda encoding: shares[encoding])
    return best if shares[best] > 0.5 else None


def _plain(text: str | None) -> float:
    """The share of characters of a text that are ASCII but for those that nobody writes, or usual Chinese."""
    if not text:
        return 0
    known = sum(character in _USUAL or " " <= character <= "~" or character in "\r\n\t" for character in text)
    return known / len(text)


def _by_trial(sample: bytes) -> str:
    """UTF-8 if it is, else the one of the Chinese encodings that gives most usual characters."""
    if _decode(sample, "utf-8") is not None:
        return "utf-8"
    scores = {encoding: _usual(_decode(sample, encoding)) for encoding in ("gb18030", "big5hkscs")}
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] > 0:
        return best
    # Neither: a broken file is read as what most of it is.
    broken = sample.decode("utf-8", "replace").count("\ufffd")
    return "utf-8" if broken * 20 < len(sample) else "gb18030"


def _decode(sample: bytes, encoding: str) -> str | None:
    """The text of a sample whose last character may be cut; None where it is not in the encoding.

    A sample from the middle of a file may begin with the rest of a character.
    """
    for skipped in range(4):
        try:
            return codecs.getincrementaldecoder(encoding)().decode(sample[skipped:])
        except UnicodeDecodeError:
            if sample[:1].isascii():
                return None
    return None


def _usual(text: str | None) -> float:
    """The share of usual characters among those that are no ASCII; a text that is none at all has -1."""
    if text is None:
        return -1
    wide = [character for character in text if not character.isascii()]
    return sum(character in _USUAL for character in wide) / len(wide) if wide else 0
