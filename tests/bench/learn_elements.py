"""Learn what `graph/matching` ships for matching fields with elements, from the labels of REGISTRY_TEST_DATA.

python -m tests.bench.learn_elements

Writes `rewrites.toml` (rules that were seen in two tables at least) and `elements.json` (trees) into graph/matching.
Of the labels nothing else is kept.
"""

import json
from pathlib import Path

import orjson

from graph.matching import rewrites
from graph.matching.words import words
from tests.bench.boosting import Growing, Tree, grow
from tests.bench.element_labels import Data, learnable, read

FOLDER = Path(rewrites.__file__).parent
GROWING = {True: Growing(), False: Growing()}
"""How trees are grown that know what was bound before, and those that do not."""
_HEAD = """\
# What a part of a name becomes in the name of a data element:
# [part, becomes, tables that it was seen in, tables that have the part].
# Learned by tests/bench/learn_elements.py from mappings that people made; seen in two tables at least.
rules = [
"""


def trees(data: Data, remember: bool) -> dict[str, object]:
    """The trees of all labels, as they are kept."""
    found = learnable(data, data.labels, remember, seed=7)
    grown = grow(found.table, found.right, found.question, GROWING[remember])
    return {"features": found.features, "trees": [kept(tree) for tree in grown]}


def kept(tree: Tree) -> list[object]:
    """A tree as it is kept: its questions, and its leaves."""
    questions = [[int(feature), float(str(value))] for feature, value in zip(tree.asks, tree.above, strict=True)]
    return [questions, [round(float(leaf), 4) for leaf in tree.leaves]]


def rules(data: Data) -> str:
    """The rules of all labels, as they are kept."""
    found = rewrites.mined(
        (words(label.field).key, words(label.table).core, words(label.element).key) for label in data.labels
    )
    lines = [[part, rule.to, rule.seen, rule.of] for part, each in sorted(found.items()) for rule in each]
    return _HEAD + "".join(f"  {json.dumps(line, ensure_ascii=False)},\n" for line in lines) + "]\n"


def main() -> None:
    """Write both files."""
    data = read()
    (FOLDER / "rewrites.toml").write_text(rules(data), encoding="utf-8")
    both = {"with memory": trees(data, remember=True), "without": trees(data, remember=False)}
    (FOLDER / "elements.json").write_bytes(orjson.dumps(both))


if __name__ == "__main__":
    main()
