"""How fast the index of candidates is built and asked, and what it takes, beside tantivy where that is installed.

    python -m tests.bench.name_index
    python -m tests.bench.name_index --names 1000000 --matters

Names are made: subjects, objects, acts and endings of government resources with a rare word in half of them. With
`--matters` texts of three such names are indexed by pairs, as abstracts are.
"""

import argparse
import importlib
import random
import resource
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from graph.matching.index import Index
from graph.matching.tables import read
from graph.matching.words import made, stripped


def _words(text: str) -> list[str]:
    return text.split()


PLACES = ("盐城市", "大丰区", "射阳县", "江苏省", "市级", "", "", "", "")
SUBJECTS = _words("""
  城乡居民 企业 个体工商户 医疗机构 学校 残疾人 老年人 儿童 退役军人 农民 渔船 货运车辆 危险化学品
  食品经营 药品 水利工程 建设工程 不动产 土地 林地 河道 排污单位 社会组织 民办非企业 律师 公证 社区矫正
  出租房屋 流动人口 户籍人口 新生儿 孕产妇 传染病 职业病 工伤 失业 养老保险 医疗保险 住房公积金 保障性住房
  低保 特困人员 临时救助 殡葬 婚姻 收养 地名 公路 港口 船舶 驾驶员 电力 燃气 供水 污水 垃圾 园林 文物
  图书馆 体育场馆 旅行社 酒店 网吧 广告 商标 专利 计量 特种设备 消防 气象 地震 海域 粮食 农药 兽药
  种子 动物 畜禽 渔业 农机
""")
OBJECTS = _words("""
  登记 许可 备案 审批 处罚 检查 监测 统计 档案 证照 证书 名录 台账 合同 项目 资金 补贴 发放 缴费
  欠费 投诉 举报 信用 评价 等级 资质 资格 考试 成绩 培训 就业 岗位 招聘 人员 机构 设施 设备 场所
  位置 面积 产量 价格 税收 发票 账户 交易 招标 采购 验收 质量 安全 事故 隐患 应急 预案 物资 值班
  预警 灾情 救助 鉴定 核查 公示 变更 注销 年报 年检 巡查 执法 案件 文书 判决 调解 仲裁 信访 建议
  提案 议案 会议 公文 车辆 房屋 规划 用地
""")
ENDINGS = ("信息", "信息表", "管理系统", "数据", "", "", "平台", "情况表", "基本信息", "明细")
# The commoner half of the characters of GB 2312.
CHARACTERS = [bytes((high, low)).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF)]


def names(count: int, seed: int = 1) -> Iterator[str]:
    """Made names, the same for a seed."""
    chance = random.Random(seed)
    for _ in range(count):
        rare = "".join(chance.choices(CHARACTERS, k=2)) if chance.random() < 0.5 else ""
        subject, *objects = chance.choice(SUBJECTS), *chance.choices(OBJECTS, k=chance.randint(1, 2))
        yield chance.choice(PLACES) + rare + subject + "".join(objects) + chance.choice(ENDINGS)


def cores(count: int, texts: int, seed: int = 1) -> Iterator[str]:
    """The cores of made names, each of several."""
    lists, found = stripped(read("words")), names(count * texts, seed)
    for _ in range(count):
        yield "\n".join(made(next(found), lists).core for _ in range(texts))


def resident() -> float:
    """Megabytes that this process has now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1e6


class Tantivy:
    """The same with tantivy: grams as words that white space parts, in memory."""

    def __init__(self, library: Any, *, pairs: bool) -> None:
        self.library, self.pairs, self.filled = library, pairs, False
        schema = library.SchemaBuilder()
        schema.add_integer_field("number", stored=True, indexed=True, fast=True)
        schema.add_text_field("grams", tokenizer_name="whitespace", index_option="basic")
        self.index = library.Index(schema.build())
        self.writer = self.index.writer(200_000_000, 1)

    def grams(self, text: str) -> list[str]:
        lines = text.split("\n")
        pairs = [line[at : at + 2] for line in lines for at in range(len(line) - 1)]
        return list(dict.fromkeys(pairs if self.pairs else [*text.replace("\n", ""), *pairs]))

    def put(self, texts: list[tuple[int, str]]) -> None:
        for number, text in texts:
            if self.filled:
                self.writer.delete_documents_by_term("number", number)
            document = self.library.Document()
            document.add_integer("number", number)
            document.add_text("grams", " ".join(self.grams(text)))
            self.writer.add_document(document)

    def settle(self) -> None:
        self.writer.commit()
        self.index.reload()
        self.filled = True

    def best(self, text: str, most: int) -> Any:
        library, schema = self.library, self.index.schema
        terms = [library.Query.term_query(schema, "grams", gram) for gram in self.grams(text)]
        query = library.Query.boolean_query([(library.Occur.Should, term) for term in terms])
        searcher = self.index.searcher()
        hits = searcher.search(query, most, count=False).hits
        return [searcher.doc(address)["number"][0] for _, address in hits]


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def asked(best: Callable[[str, int], Any], questions: list[str]) -> str:
    """The median and the worst of some questions, in milliseconds."""
    took = sorted(timed(partial(best, text, 200)) for text in questions)
    return f"{median(took):.1f} ({took[-1]:.1f})"


def measured(index: "Index | Tantivy", texts: list[tuple[int, str]], questions: list[str], making: float) -> list[str]:
    """Cells of a row: what it takes to build it, to ask it, and to change one text."""
    before = resident()
    began = time.process_time()
    index.put(texts)
    index.settle()
    building = time.process_time() - began
    answering = asked(index.best, questions)

    def change(at: int) -> None:
        index.put([(at, questions[at])])
        index.settle()

    changing = median(timed(partial(change, at)) for at in range(20))
    told = f"{index.nbytes / 1e6:.0f} " if isinstance(index, Index) else ""
    speeds = [len(texts) / building, len(texts) / (building + making)]
    return [*(f"{speed:,.0f}" for speed in speeds), answering, f"{changing:.2f}", f"{told}({resident() - before:.0f})"]


def measure(table: Table, count: int, *, matters: bool, library: Any) -> None:
    """Rows of the table for one size."""
    lines = 3 if matters else 1
    began = time.process_time()
    texts = list(enumerate(cores(count, lines)))
    drawn = time.process_time()
    for _ in names(count * lines):
        pass
    making = (drawn - began) - (time.process_time() - drawn)
    questions = list(cores(50, lines, seed=2))
    speed = f"{count / making:,.0f}"
    table.add_row(f"{count:,}", "numpy", speed, *measured(Index(pairs=matters), texts, questions, making))
    if library:
        table.add_row("", "tantivy", speed, *measured(Tantivy(library, pairs=matters), texts, questions, making))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, nargs="*", default=[12_000, 100_000, 1_000_000])
    parser.add_argument("--matters", action="store_true", help="index longer texts, by pairs of characters")
    parser.add_argument("--alone", action="store_true", help="without tantivy")
    given = parser.parse_args()
    try:
        library = None if given.alone else importlib.import_module("tantivy")
    except ImportError:
        library = None
    table = Table(
        "names", "index", "cores/s", "indexed/s", "both/s", "best 200, ms (worst)", "change of one, ms", "MB (resident)"
    )
    for count in given.names:
        measure(table, count, matters=given.matters, library=library)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
