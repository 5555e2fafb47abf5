"""Connected sets of a directed graph that is given as two columns. Linear; SciPy is loaded when it is first used."""

import numpy as np

from graph.net import NO_INTS, Ints


def strongly_connected(starts: Ints, ends: Ints, size: int) -> Ints:
    """A number for each of `size` vertices; two have the same one when each can be reached from the other."""
    return _labels(starts, ends, size, "strong")


def weakly_connected(starts: Ints, ends: Ints, size: int) -> Ints:
    """A number for each of `size` vertices; two have the same one when they hang together, whichever way."""
    return _labels(starts, ends, size, "weak")


def _labels(starts: Ints, ends: Ints, size: int, connection: str) -> Ints:
    if not size:
        return NO_INTS
    # It takes longer to load than all the rest of a command.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    weights = np.ones(len(starts), np.float64)
    joined = coo_array((weights, (starts, ends)), shape=(size, size)).tocsr()
    _, labels = connected_components(joined, directed=True, connection=connection)
    found: Ints = labels.astype(np.int64)
    return found
