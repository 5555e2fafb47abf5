"""How well a duplicate check finds what a proposal duplicates: python -m tests.bench.duplicate_matching [SEED].

Needs REGISTRY_TEST_DATA (the folder of catalogue.xlsx and demands.xlsx). The weights were tuned on the other half of
the catalogue (half 0, seed 1) than the one that is reported (half 1).
"""

import math
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz
from rich.console import Console
from rich.table import Table

from connectors.table_sheets import open_table
from graph.matching.likeness import Bags, Frequencies
from graph.matching.proposals import Candidate, Known, Proposal, ProposedResource
from graph.matching.scoring import Rules, Scorer, matter, needed_grams
from graph.matching.telling import is_comparable
from tests.bench.duplicate_cases import Case, make_cases
from tests.bench.duplicate_catalogue import Index, read_candidates

_KINDS = ("made", "system", "twin")
_VERDICTS = ("UNKNOWN", "NONE", "OVERLAP", "DUPLICATE")

Ranked = list[tuple[float, str]]
Matcher = Callable[[Case, Sequence[Candidate], Index], Ranked]


@dataclass(frozen=True)
class Quality:
    """What a matcher reached: `first` by kind of case; the rest over all of them."""

    first: dict[str, float]
    ndcg: float
    found: float
    f1: float
    threshold: float
    flagged_without_saying: int


def ours(rules: Rules) -> Matcher:
    """The scoring of the registry."""

    def match(case: Case, candidates: Sequence[Candidate], index: Index) -> Ranked:
        grams = needed_grams(case.proposal, candidates)
        frequencies = Frequencies(index.total, {gram: index.frequency(gram) for gram in grams})
        known = Known(department=case.department)
        made = Scorer(case.proposal, candidates, frequencies, known, rules.weights).scored()
        return [(one.score if is_comparable(case.proposal) else 0.0, one.candidate.id) for one in made]

    return match


def by_ratio(case: Case, candidates: Sequence[Candidate], index: Index) -> Ranked:
    """Baseline: WRatio of the names."""
    return _ranked((fuzz.WRatio(case.proposal.name, one.name) / 100, one.id) for one in candidates)


def by_name(case: Case, candidates: Sequence[Candidate], index: Index) -> Ranked:
    """Baseline: TF-IDF of the names."""
    bags = _bags(case, candidates, index)
    mine = bags.of(case.proposal.name)
    return _ranked((bags.cosine(mine, bags.of(one.name)), one.id) for one in candidates)


def by_formula(case: Case, candidates: Sequence[Candidate], index: Index) -> Ranked:
    """Baseline: .6·mean(name, matter) + .3·max(name, matter) + .1·fields."""
    bags = _bags(case, candidates, index)
    name, said = bags.of(case.proposal.name), bags.of(*matter(case.proposal))
    mine = {field for resource in case.proposal.resources for field in resource.fields}
    made = []
    for one in candidates:
        names, matters = bags.cosine(name, bags.of(one.name)), bags.cosine(said, bags.of(*one.matter))
        theirs = {field.name for field in one.fields}
        fields = len(mine & theirs) / max(1, len(mine | theirs))
        made.append((0.3 * (names + matters) + 0.3 * max(names, matters) + 0.1 * fields, one.id))
    return _ranked(made)


def _bags(case: Case, candidates: Sequence[Candidate], index: Index) -> Bags:
    grams = needed_grams(case.proposal, candidates)
    return Bags(Frequencies(index.total, {gram: index.frequency(gram) for gram in grams}))


def _ranked(scores: Iterable[tuple[float, str]]) -> Ranked:
    return sorted(scores, key=lambda one: (-one[0], one[1]))


def rank(cases: Sequence[Case], index: Index, match: Matcher, most: int = 200) -> list[tuple[Case, Ranked]]:
    """What a matcher answers to each case."""
    made = []
    for case in cases:
        asked = [case.proposal.name, *matter(case.proposal), *(one.name for one in case.proposal.resources)]
        found = index.likest(asked, most + len(case.without))
        made.append((case, match(case, [one for one in found if one.id not in case.without][:most], index)))
    return made


def judge(answers: Sequence[tuple[Case, Ranked]]) -> Quality:
    """First answers right, nDCG@10, share found at 5 % false alarms, best F1, and unusable proposals with a score."""
    first: dict[str, list[bool]] = defaultdict(list)
    gains, found, alarms = [], [], []
    for case, ranked in answers:
        top = ranked[0][0] if ranked else 0.0
        if not case.right:
            alarms.append(top)
            continue
        found.append(top)
        first[case.kind].append(ranked[0][1] in case.right if ranked else False)
        gain = sum(1 / math.log2(at + 2) for at, (_, id) in enumerate(ranked[:10]) if id in case.right)
        gains.append(gain / sum(1 / math.log2(at + 2) for at in range(min(10, len(case.right)))))
    alarms.sort(reverse=True)
    limit = alarms[int(len(alarms) * 0.05)]
    f1, threshold = max((_f1(found, alarms, at / 200), at / 200) for at in range(1, 200))
    return Quality(
        {kind: sum(hits) / len(hits) for kind, hits in first.items()}
        | {"all": sum(map(sum, first.values())) / len(found)},
        sum(gains) / len(gains),
        sum(top > limit for top in found) / len(found),
        f1,
        threshold,
        sum(bool(ranked and ranked[0][0] > 0) for case, ranked in answers if not case.said),
    )


def _f1(found: Sequence[float], alarms: Sequence[float], threshold: float) -> float:
    hits = sum(top >= threshold for top in found)
    return 2 * hits / (hits + sum(top >= threshold for top in alarms) + len(found))


def print_quality(console: Console, cases: Sequence[Case], index: Index) -> None:
    """All matchers beside each other, on the same cases."""
    table = Table(
        "matcher", "made", "system", "twin", "all first right", "nDCG@10", "found at 5 %", "best F1", "at", "ms"
    )
    rules = Rules()
    matchers = {"WRatio on names": by_ratio, "TF-IDF on names": by_name, "the formula": by_formula, "ours": ours(rules)}
    for name, match in matchers.items():
        began = time.process_time()
        answers = rank(cases, index, match)
        spent = (time.process_time() - began) * 1000 / len(cases)
        made = judge(answers)
        shares = [made.first[kind] for kind in (*_KINDS, "all")]
        figures = [*shares, made.ndcg, made.found, made.f1, made.threshold]
        table.add_row(name, *(f"{figure:.3f}" for figure in figures), f"{spent:.0f}")
    console.print(table)
    print_verdicts(console, answers, rules)


def print_verdicts(console: Console, answers: Sequence[tuple[Case, Ranked]], rules: Rules) -> None:
    """What the verdicts would be, by kind of case."""
    table = Table("kind", "cases", *_VERDICTS)
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for case, ranked in answers:
        top = ranked[0][0] if ranked else 0.0
        over = "DUPLICATE" if top >= rules.duplicate else "OVERLAP" if top >= rules.overlap else "NONE"
        counts[case.kind][over if is_comparable(case.proposal) else "UNKNOWN"] += 1
    for kind, row in counts.items():
        table.add_row(
            kind, str(sum(row.values())), *(str(row[name]) for name in ("UNKNOWN", "NONE", "OVERLAP", "DUPLICATE"))
        )
    console.print(table)


def print_demands(console: Console, path: Path, index: Index) -> None:
    """The demand sheet matched to the catalogue, for a person to judge."""
    for _, cells in open_table(path, peek=False).sheets[0].rows[1:]:
        number, who, name, fields, purpose = (str(cell or "").strip() for cell in (*cells, *[""] * 5)[:5])
        resource = ProposedResource(name, tuple(filter(None, fields.replace("，", "、").split("、"))))
        proposal = Proposal(name, name, resources=(resource,))
        case = Case("demand", proposal, frozenset())
        ((_, ranked),) = rank([case], index, ours(Rules()))
        console.print(f"[bold]{number} {who}: {name}[/bold] ({fields[:60]}; {purpose[:50]})")
        by_id = {one.id: one for one in index.candidates}
        for score, id in ranked[:5]:
            one = by_id[id]
            owner = one.department.name if one.department else "?"
            console.print(
                f"   {score:.2f} {one.kind} {one.name} | {' '.join(one.matter)[:50]} | {owner}", highlight=False
            )


def main() -> None:
    """Prints quality on the half that nothing was tuned on, and the demands."""
    folder = os.environ.get("REGISTRY_TEST_DATA")
    if not folder:
        sys.exit("REGISTRY_TEST_DATA must name the folder of catalogue.xlsx and demands.xlsx.")
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    console = Console(width=150)
    index = Index(read_candidates(Path(folder) / "catalogue.xlsx"))
    print_quality(console, make_cases(index.candidates, 1, seed), index)
    print_demands(console, Path(folder) / "demands.xlsx", index)


if __name__ == "__main__":
    main()
