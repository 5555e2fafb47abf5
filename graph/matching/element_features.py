"""How names of fields are compared with elements: the pairs that are looked at, and the numbers that say how like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from graph.matching import learned
from graph.matching.grams import Flags, Floats, Ints, Numbers
from graph.matching.learned import Context, Held
from graph.matching.pool import Elements
from graph.matching.rewrites import Rules, Variant, canonical, variants
from graph.matching.spaces import Space

CANDIDATES = 100
"""Elements that are compared with each name in full."""
_PLAIN_CANDIDATES = 60
"""Of those found without memory, at least so many."""
_TABLE_WEIGHT = np.float32(0.3)


@dataclass(frozen=True)
class Asked:
    """Names of fields of one table: keys, what rules make of each, and the words around them."""

    keys: Sequence[str]
    written: Sequence[Sequence[Variant]]
    table: str
    department: str
    others: Sequence[frozenset[str]]
    """For each name the keys of the table's other fields."""


def asked(cores: Mapping[str, str], table: str, department: str, rules: Rules, siblings: Sequence[str]) -> Asked:
    """Keys, with their cores, and what rules make of them."""
    keys = list(cores)
    around = frozenset(siblings)
    written = [variants(key, core, rules) for key, core in cores.items()]
    return Asked(keys, written, table, department, [around - {key} for key in keys])


@dataclass(frozen=True)
class Pairs:
    """Names against elements: the row of the name, the element, the variant of the name that fits it best."""

    rows: Ints
    elements: Ints
    variants: Ints
    written: Sequence[Variant]
    """All variants of all names, by number."""
    features: dict[str, Numbers]

    def table(self, names: Sequence[str]) -> Floats:
        """A row for each pair, a column for each feature."""
        return np.stack([self.features[name] for name in names], axis=1).astype(np.float32)


class Found:
    """The candidates of all names, with the likenesses that found them."""

    def __init__(self, question: Asked, elements: Elements, held: Held | None, about: Context | None) -> None:
        plain, self._owner = elements.plain, elements.owner
        units = plain.grams.unit(question.keys)
        self.written = [variant for one in question.written for variant in one]
        self.first = np.cumsum([0, *map(len, question.written)])
        self._likeness = (plain.grams.unit([variant.key for variant in self.written]) @ plain.index).tocsr()
        self.table = (plain.grams.unit([question.table]) @ plain.index).toarray()[0]
        canon_units = elements.canon.grams.unit([canonical(key) for key in question.keys])
        near = held.near(units, canon_units) if held else None
        self._canon_likeness = (canon_units @ elements.canon.index).tocsr()
        self._parts: list[tuple[Ints, Ints, dict[str, Numbers]]] = []
        for row, written in enumerate(question.written):
            said = learned.of_name(held, about, written, near[0][row], near[1][row]) if held and near and about else {}
            self._parts.append(self._one(row, said, about))

    def _one(self, row: int, said: dict[str, Floats], about: Context | None) -> tuple[Ints, Ints, dict[str, Numbers]]:
        start, end = self.first[row], self.first[row + 1]
        raw = self._likeness[start:end].toarray()
        weights = np.array([variant.weight for variant in self.written[start:end]], dtype=np.float32)
        weighted = raw * weights[:, None]
        best = weighted.argmax(axis=0)
        likeness = weighted.max(axis=0)
        canon = self._canon_likeness[row].toarray()[0]
        score = np.maximum(likeness, canon) + _TABLE_WEIGHT * self.table
        chosen = _top(score, _PLAIN_CANDIDATES if said else CANDIDATES)
        if said:
            remembered = (said["like in table"] + 2 * said["same"] + said["canon same"] + said["same written"])[
                self._owner
            ]
            chosen = np.union1d(chosen, _top(score + remembered, CANDIDATES))
        owner = self._owner[chosen]
        values: dict[str, Numbers] = {
            "cos": raw[0][chosen],
            "cos written": likeness[chosen],
            "cos raw": raw[best[chosen], chosen],
            "cos table": self.table[chosen],
            "rule weight": np.where(best[chosen] > 0, weights[best[chosen]], 0),
        }
        values |= {"m " + name: values_of[owner] for name, values_of in said.items()}
        if about:
            values |= {"m " + name: values_of[owner] for name, values_of in about.of_elements.items()}
        return chosen, start + best[chosen], values

    def pairs(self) -> Pairs:
        """All pairs, with these features."""
        rows = np.concatenate([np.full(len(part[0]), row) for row, part in enumerate(self._parts)])
        names = self._parts[0][2]
        features = {name: np.concatenate([part[2][name] for part in self._parts]) for name in names}
        elements = np.concatenate([part[0] for part in self._parts])
        return Pairs(rows, elements, np.concatenate([part[1] for part in self._parts]), self.written, features)


def _top(score: Floats, most: int) -> Ints:
    if len(score) <= most:
        return np.arange(len(score))
    found: Ints = np.argpartition(-score, most - 1)[:most]
    ties = np.flatnonzero(score == score[found].min())
    sure = found[score[found] > score[found].min()]
    return np.sort(np.concatenate([sure, ties[: most - len(sure)]]))


def compared(question: Asked, elements: Elements, held: Held | None, about: Context | None) -> Pairs:
    """The pairs of names and candidates with all that is known of each."""
    plain, canon = elements.plain, elements.canon
    pairs = Found(question, elements, held, about).pairs()
    _covers(pairs, question, plain)
    _canon_covers(pairs, question, canon)
    _shapes(pairs, question, plain)
    _context(pairs, question, plain, about)
    _relations(pairs, question, plain)
    return pairs


def _sum(weights: Floats, held: Flags | Floats) -> Floats:
    found: Floats = np.einsum("pw,pw->p", weights, held.astype(np.float32))
    return found


def _over(one: Floats, other: Floats) -> Floats:
    found: Floats = one / (other + np.float32(1e-9))
    return found


def _covers(pairs: Pairs, question: Asked, plain: Space) -> None:
    """How much of the element the name, its variant and the table cover, and the other way round."""
    numbers, single, pair = plain.weights(pairs.elements)
    rows, variant = pairs.rows[:, None], pairs.variants[:, None]
    written = [each.key for each in pairs.written]
    by_name = plain.members(question.keys)[rows, numbers]
    by_variant = plain.members(written)[variant, numbers]
    by_table = plain.members([question.table])[0][numbers]
    by_department = plain.members([question.department])[0][numbers]
    name_totals, variant_totals = plain.totals(question.keys), plain.totals(written)
    features = pairs.features
    for kind, weights, of_name, of_variant in (
        ("single", single, name_totals[0], variant_totals[0]),
        ("pair", pair, name_totals[1], variant_totals[1]),
    ):
        total = weights.sum(axis=1)
        on_name, on_variant = _sum(weights, by_name), _sum(weights, by_variant)
        both = _sum(weights, by_variant | by_table)
        features[f"{kind} by name"] = _over(on_name, total)
        features[f"{kind} by variant"] = _over(on_variant, total)
        features[f"{kind} by name, table"] = _over(_sum(weights, by_name | by_table), total)
        features[f"{kind} by variant, table"] = _over(both, total)
        features[f"{kind} by department"] = _over(_sum(weights, by_department), total)
        features[f"{kind} left"] = total - both
        features[f"{kind} of name"] = _over(on_name, of_name[pairs.rows])
        features[f"{kind} of variant"] = _over(on_variant, of_variant[pairs.variants])


def _canon_covers(pairs: Pairs, question: Asked, canon: Space) -> None:
    """The same with synonyms as one."""
    numbers, single, pair = canon.weights(pairs.elements)
    keys = [canonical(key) for key in question.keys]
    by_name = canon.members(keys)[pairs.rows[:, None], numbers]
    by_table = canon.members([canonical(question.table)])[0][numbers]
    features = pairs.features
    for kind, weights, total_of_name in zip(("single", "pair"), (single, pair), canon.totals(keys), strict=True):
        total, on_name = weights.sum(axis=1), _sum(weights, by_name)
        features[f"canon {kind} by name"] = _over(on_name, total)
        features[f"canon {kind} by name, table"] = _over(_sum(weights, by_name | by_table), total)
        features[f"canon {kind} of name"] = _over(on_name, total_of_name[pairs.rows])
    features["canon cos"] = _likeness(canon, keys, pairs.rows, pairs.elements)
    written = [canonical(each.key) for each in pairs.written]
    weights = np.array([each.weight for each in pairs.written], dtype=np.float32)[pairs.variants]
    features["canon cos written"] = _likeness(canon, written, pairs.variants, pairs.elements) * weights
    begins, ends = canon.common_ends(keys, pairs.rows, pairs.elements)
    lengths = np.maximum(canon.lengths[pairs.elements], 1)
    features["canon begin"], features["canon end"] = begins / lengths, ends / lengths
    ones = [keys[row] for row in pairs.rows]
    others = [canon.keys[element] for element in pairs.elements]
    features["canon ratio"] = _ratio(ones, others)
    features["canon equal"] = np.array([one == other for one, other in zip(ones, others, strict=True)], np.float32)


def _likeness(space: Space, keys: Sequence[str], rows: Ints, elements: Ints) -> Floats:
    return np.asarray(space.grams.unit(keys)[rows].multiply(space.units[elements]).sum(axis=1)).ravel()


def _ratio(ones: Sequence[str], others: Sequence[str]) -> Floats:
    return process.cpdist(ones, others, scorer=fuzz.ratio, dtype=np.float32, workers=1)


def _shapes(pairs: Pairs, question: Asked, plain: Space) -> None:
    """Beginnings, ends, lengths, one in the other."""
    written = [each.key for each in pairs.written]
    weights = np.array([each.weight for each in pairs.written], dtype=np.float32)
    names = [question.keys[row] for row in pairs.rows]
    variants = [written[variant] for variant in pairs.variants]
    elements = [plain.keys[element] for element in pairs.elements]
    features = pairs.features
    features["ratio"] = _ratio(names, elements)
    features["ratio written"] = _ratio(variants, elements) * weights[pairs.variants]
    length = np.maximum(plain.lengths[pairs.elements], 1)
    of_name = np.array(list(map(len, question.keys)))[pairs.rows]
    begins, ends = plain.common_ends(question.keys, pairs.rows, pairs.elements)
    written_begins, written_ends = plain.common_ends(written, pairs.variants, pairs.elements)
    features["begin"], features["end"] = begins, ends
    features["begin share"], features["end share"] = begins / length, ends / length
    features["end share of name"] = ends / np.maximum(of_name, 1)
    features["begin written"], features["end written"] = written_begins, written_ends
    features["end share written"] = written_ends / length
    features["length"], features["length of name"] = length, of_name
    features["longer"] = length - of_name
    both = list(zip(names, elements, strict=True))
    features["equal"] = np.array([one == other for one, other in both], dtype=np.float32)
    features["in element"] = np.array([one in other for one, other in both], dtype=np.float32)
    features["in name"] = np.array([other in one for one, other in both], dtype=np.float32)
    features["equal written"] = np.array([a == b for a, b in zip(variants, elements, strict=True)], dtype=np.float32)


def _context(pairs: Pairs, question: Asked, plain: Space, about: Context | None) -> None:
    """What an element has beyond the name, and whether the fields around it or tables like this one speak of that."""
    numbers, single, pair = plain.weights(pairs.elements)
    weights = single + pair
    excess = weights * ~plain.members(question.keys)[pairs.rows[:, None], numbers]
    total = excess.sum(axis=1)
    around = plain.members([""] * len(question.keys))
    for row, others in enumerate(question.others):
        for number in {number for key in others for number in plain.grams.of(key)}:
            around[row, number] = True
    around[:, -2:] = False
    features = pairs.features
    features["excess around"] = _over(_sum(excess, around[pairs.rows[:, None], numbers]), total)
    keys = [plain.keys[element] for element in pairs.elements]
    taken = [key in question.others[row] for key, row in zip(keys, pairs.rows, strict=True)]
    features["taken"] = np.array(taken, dtype=np.float32)
    canon = [frozenset(map(canonical, others)) for others in question.others]
    taken = [canonical(key) in canon[row] for key, row in zip(keys, pairs.rows, strict=True)]
    features["canon taken"] = np.array(taken, dtype=np.float32)
    if about:
        for name, profile in (("table", about.table_profile), ("department", about.department_profile)):
            features[f"m profile {name}"] = _sum(weights, profile[numbers])
            features[f"m excess {name}"] = _over(_sum(excess, profile[numbers]), total)


def _relations(pairs: Pairs, question: Asked, plain: Space) -> None:
    """What is so of a name's candidates together."""
    known = frozenset(plain.keys)
    exists = np.array([key in known for key in question.keys])[pairs.rows]
    features = pairs.features
    features["other exists"] = (exists & (features["equal"] == 0)).astype(np.float32)
    starts = np.searchsorted(pairs.rows, np.arange(len(question.keys)))
    for name in ("cos", "cos written", "canon cos", "pair by variant, table"):
        features[f"{name} below best"] = features[name] - np.maximum.reduceat(features[name], starts)[pairs.rows]
