"""What answers about the whole graph stand on: a moment of a net, and how its things are named and shown."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graph.engine import Graph
from graph.moment import Level, Moment
from graph.net import FIELD, KINDS, Ints, Net, distinct
from graph.refusals import Moved

FIELDS_OF = """
UNWIND $ids AS id
MATCH (:Resource {id: id})-[:HAS_FIELD]->(n:Field)
RETURN collect([n.number, n.id, n.name]) AS rows
"""

Record = dict[str, Any]

CONTAINERS = ("resource", "system", "department", "jurisdiction")


@dataclass(frozen=True)
class Ground:
    """A moment of a net, looked at on a level; `sequence` is the change of the graph that it is as of.

    `learned` are ids and names that the net has left out, by index.
    """

    graph: Graph
    moment: Moment
    level: Level
    known_at: int | None
    sequence: int
    learned: dict[int, tuple[str, str | None]] = field(default_factory=dict, compare=False)

    @property
    def net(self) -> Net:
        """The net."""
        return self.moment.net

    async def learn(self, things: Ints) -> None:
        """Look up the ids and names of those things of which the net does not know them: fields of resources.

        Raises Moved where another graph stands in the place of the one that was asked.
        """
        net, learned = self.net, self.learned
        fresh = [at for at in dict.fromkeys(things.tolist()) if at not in learned]
        # What is of no resource the net knows, and may leave out when it comes to one while this is looked at.
        apart = np.array(fresh, np.int64)
        apart = apart[(net.kind.data[apart] == FIELD) & (net.holder.data[apart] < 0)]
        learned.update((at, (net.ids[at], net.names[at])) for at in apart.tolist())
        missing = [at for at in fresh if not net.ids[at] and at not in learned]
        if not missing:
            return
        holders = distinct(net.holder.data[missing].astype(np.int64)).tolist()
        [found] = await self.graph.read(FIELDS_OF, ids=[net.ids[at] for at in holders])
        wanted = set(missing)
        learned.update((number, (id, name)) for number, id, name in found["rows"] if number in wanted)
        if not wanted <= learned.keys():
            raise Moved("another graph has come in the place of this one; ask again")

    def id(self, thing: int) -> str:
        """The id of a thing; of fields that the net has left out only once it was learned."""
        return self.net.ids[thing] or self.learned[thing][0]

    def _name(self, thing: int) -> str:
        net = self.net
        name = net.names[thing] if net.ids[thing] else self.learned[thing][1]
        return name or self.id(thing)

    def located(self, things: Ints) -> list[Record]:
        """Things as records: `id`, `kind`, `name`, and their containers by `id` and `name`; once they are learned."""
        moment, listed = self.moment, things.tolist()
        moment.refresh()
        up = (moment.resource, moment.system, moment.department, moment.jurisdiction)
        containers = [[self._container(at) for at in container(things).tolist()] for container in up]
        rows = zip(listed, moment.kind[things].tolist(), zip(*containers, strict=True), strict=True)
        return [
            {
                "id": self.id(at),
                "kind": KINDS[kind],
                "name": self._name(at),
                **dict(zip(CONTAINERS, its, strict=True)),
            }
            for at, kind, its in rows
        ]

    def _container(self, thing: int) -> Record | None:
        return {"id": self.id(thing), "name": self._name(thing)} if thing >= 0 else None
