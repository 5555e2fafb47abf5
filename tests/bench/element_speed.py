"""How long fields take to be matched with elements: building elements and memory, and a question of fifty names.

python -m tests.bench.element_speed
"""

import random
import time
from collections.abc import Callable
from typing import Any

from graph.matching.elements import Element, Elements, Known, Memory, suggest

_WHOSE = """
申请人 父亲 母亲 法定代表人 企业 单位 联系人 监护人 患者 学生 房屋 车辆 项目 证书 许可 处罚 登记 救助 婚姻 户籍 工作
"""
_OF = "首次 有效 变更 审批 主管 所属 原 现 曾用 备案 注册 核定 计划 实际 累计 上年 本年 每月 平均 最高"
_WHAT = "姓名 名称 编号 号码 代码 日期 时间 地址 电话 状态 类型 类别 金额 数量 面积 机关 机构 单位 原因 内容 结果 等级"
_TABLES = "低保 户籍 不动产 社保 医保 教师 医师 律师 企业 车辆 船舶 学籍 婚姻 残疾 信访 招标 采矿 养殖 处罚 许可"


def names(count: int, random_: random.Random) -> list[str]:
    """Names that are made up of usual words."""
    found: dict[str, None] = {}
    while len(found) < count:
        parts = [
            random_.choice(_WHOSE.split()),
            *random_.sample(_OF.split(), random_.randint(0, 2)),
            random_.choice(_WHAT.split()),
        ]
        found["".join(parts)] = None
    return list(found)


def took(title: str, work: Callable[[], Any]) -> Any:
    """What `work` answers; prints the milliseconds of the processor that it took."""
    begun = time.process_time()
    answer = work()
    print(f"{title:<52}{(time.process_time() - begun) * 1000:>9.1f} ms")
    return answer


def main() -> None:
    """Print a line for each step."""
    chance = random.Random(1)
    called = names(3_000, chance)
    fields = names(8_000, chance)
    tables = [f"{chance.choice(_TABLES.split())}{chance.choice(_WHOSE.split())}{number}信息" for number in range(4_000)]
    usual = {field: chance.randrange(3_000) for field in fields}
    rows = []
    for _ in range(100_000):
        field = chance.choice(fields)
        element = usual[field] if chance.random() < 0.9 else chance.randrange(3_000)
        rows.append(Known(field, chance.choice(tables), chance.choice(_TABLES.split()), f"e:{element}"))
    for again in ("", ", again"):
        elements = took(
            f"3,000 elements{again}", lambda: Elements(Element(f"e:{at}", name) for at, name in enumerate(called))
        )
        memory = took(f"100,000 fields that are bound{again}", lambda: Memory(rows))
        took(f"the same, laid out over the elements{again}", lambda: memory.over(elements))  # noqa: B023
    asked = names(50, chance)
    columns = ["sfzh", "xm", "csrq", "lxdh", "djrq"]
    for title, of in (("one name", asked[:1]), ("fifty names", asked), ("five columns in pinyin", columns)):
        for again in ("", ", again"):
            took(title + again, lambda: suggest(of, "教师资格登记信息", "社保", memory, elements, 5))  # noqa: B023


if __name__ == "__main__":
    main()
