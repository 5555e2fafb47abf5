"""In which order to migrate: after all that one depends on; what leads round in a ring goes together."""

from collections import deque
from collections.abc import Sequence

import numpy as np

from graph.net import Ints, distinct


def layered(count: int, source: Ints, target: Ints) -> tuple[list[int], list[int]]:
    """For each of `count` nodes its step (0 first), and the number of its ring, -1 for none.

    A node's step comes after those of all that lead to it, but for those that it is in a ring with.
    """
    if not count:
        return [], []
    # SciPy takes longer to load than all the rest of a command.
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    edges = csr_array((np.ones(len(source), np.int32), (source, target)), shape=(count, count))
    rings, ring = connected_components(edges, directed=True, connection="strong")
    ring = ring.astype(np.int64)
    pairs = distinct(ring[source] * rings + ring[target])
    before, after = np.divmod(pairs, rings)
    apart = before != after
    steps = _steps(rings, before[apart], after[apart])
    alone = np.bincount(ring, minlength=rings) == 1
    return [steps[one] for one in ring.tolist()], np.where(alone[ring], -1, ring).tolist()


def _steps(count: int, before: Ints, after: Ints) -> list[int]:
    """The longest way to each node of a graph without rings; `before` is sorted."""
    first: Sequence[int] = np.searchsorted(before, np.arange(count + 1)).tolist()
    following, waiting = after.tolist(), np.bincount(after, minlength=count).tolist()
    steps = [0] * count
    ready = deque(node for node in range(count) if not waiting[node])
    while ready:
        node = ready.popleft()
        for other in following[first[node] : first[node + 1]]:
            steps[other] = max(steps[other], steps[node] + 1)
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return steps
