"""Which links are there at all, where flows, jobs or sources are asked for."""

import numpy as np
import numpy.typing as npt

from graph.narrowing import Conditions
from graph.net import FLOWS, Bools, Column, Ints, Net


class Picks:
    """The links of a net that meet `conditions`: as if there were no others."""

    def __init__(self, net: Net, conditions: Conditions) -> None:
        self._net = net
        self._conditions = conditions
        self._tables: list[tuple[Column, npt.NDArray[np.bool_]]] = []
        self.refresh()

    def refresh(self) -> None:
        """Look at the net again, after it has grown: it may have other jobs and sources."""
        net, asked = self._net, self._conditions
        self._tables = []
        if asked.flows is not None:
            self._tables.append((net.flow, np.array([flow in asked.flows for flow in FLOWS])))
        # The last place of a table is for -1: none.
        if asked.jobs is not None:
            jobs = np.zeros(len(net.jobs) + 1, np.bool_)
            jobs[[net.job_numbers[job] for job in asked.jobs if job in net.job_numbers]] = True
            self._tables.append((net.job, jobs))
        if asked.sources is not None:
            wanted = set(asked.sources)
            self._tables.append((net.source, np.array([*(not wanted.isdisjoint(s) for s in net.sources), False])))

    def of(self, links: Ints) -> Bools:
        """Which of `links` are among them."""
        picked = np.ones(len(links), np.bool_)
        for column, table in self._tables:
            picked &= table[column.data[links]]
        return picked
