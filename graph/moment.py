"""A `Net` at one moment: what is in force then, and which container a thing stands for at a level."""

from enum import IntEnum

import numpy as np

from graph.net import (
    DEPARTMENT,
    FIELD,
    JURISDICTION,
    READS,
    RESOURCE,
    SYSTEM,
    Bools,
    Ints,
    Net,
)
from graph.picks import Picks


class Level(IntEnum):
    """The levels of an answer, finest first."""

    FIELD = 0
    RESOURCE = 1
    SYSTEM = 2
    DEPARTMENT = 3
    JURISDICTION = 4


class Moment:
    """`net` as valid at `as_of`, with all links or those of `picks`.

    All methods take and give arrays of indexes; -1 is none.
    """

    def __init__(self, net: Net, as_of: int, picks: Picks | None = None) -> None:
        self.net = net
        self.as_of = as_of
        self.picks = picks
        self.refresh()

    def refresh(self) -> None:
        """Look at the net again, after it has grown."""
        net, moment = self.net, self.as_of
        lives, periods = net.lives.rows, net.periods.rows
        self._alive = (lives[:, 0] <= moment) & (moment < lives[:, 1])
        self._runs = (
            (periods[:, 0] <= moment)
            & (moment < periods[:, 1])
            & (periods[:, 2] <= net.known_at)
            & (net.known_at < periods[:, 3])
        )
        self.kind = net.kind.data
        self.holder = net.holder.data
        self.provider = net.provider.data
        self.life = net.life.data
        self.flow = net.flow.data
        self.period = net.period.data
        self.start = net.start.data
        self.end = net.end.data
        if self.picks is not None:
            self.picks.refresh()

    def things(self, things: Ints) -> Bools:
        """Which things are in force; a field needs its resource to be."""
        alive: Bools = self._alive[self.life[things]]
        fields = self.kind[things] == FIELD
        if fields.any():
            holder = self.holder[things]
            needs = fields & (holder >= 0)
            resources = np.where(needs, holder, 0)
            alive &= ~needs | self._alive[self.life[resources]]
        return alive

    def links(self, links: Ints) -> Bools:
        """Which links are valid and recorded; their ends are not looked at."""
        running: Bools = self._runs[self.period[links]]
        return running if self.picks is None else running & self.picks.of(links)

    def contained(self, containers: Ints, kind: int) -> Ints:
        """`containers` where they are in force and of `kind`, else -1."""
        there = containers >= 0
        safe = np.where(there, containers, 0)
        return np.where(there & (self.kind[safe] == kind) & self._alive[self.life[safe]], containers, -1)

    def resource(self, things: Ints) -> Ints:
        """The resource of each: of a field its holder, of a resource itself."""
        kind = self.kind[things]
        fields = kind == FIELD
        if not fields.any():
            return np.where(kind == RESOURCE, things, -1)
        held = self.contained(np.where(fields, self.holder[things], -1), RESOURCE)
        return np.where(kind == RESOURCE, things, held)

    def system(self, things: Ints) -> Ints:
        """The system of each: of a resource the one that holds it."""
        return self._up(things, Level.SYSTEM)[1]

    def department(self, things: Ints) -> Ints:
        """The department of each: a resource's provider, or its system's where no provider is stated at all."""
        return self._up(things, Level.DEPARTMENT)[2]

    def jurisdiction(self, things: Ints) -> Ints:
        """The jurisdiction of each: the one that its department names."""
        return self._up(things, Level.JURISDICTION)[3]

    def containers(self, things: Ints) -> list[Ints]:
        """The resource, system, department and jurisdiction of each."""
        return self._up(things, Level.JURISDICTION)

    def standing(self, things: Ints, level: Level) -> Ints:
        """What each stands for at `level`: its container there, else the highest that it has below."""
        stands = things
        for found in self._up(things, level):
            stands = np.where(found >= 0, found, stands)
        return stands

    def _up(self, things: Ints, level: Level) -> list[Ints]:
        """The containers of each at RESOURCE and all levels up to `level`."""
        if level is Level.FIELD:
            return []
        kind = self.kind[things]
        resource = self.resource(things)
        up = [resource]
        if level >= Level.SYSTEM:
            held = self._held(resource, self.holder, SYSTEM)
            up.append(np.where(kind == SYSTEM, things, held))
        if level >= Level.DEPARTMENT:
            system = up[1]
            provider = np.where(resource >= 0, self.provider[resource], -1)
            operator = np.where(system >= 0, self.holder[system], -1)
            found = self.contained(np.where(provider >= 0, provider, operator), DEPARTMENT)
            up.append(np.where(kind == DEPARTMENT, things, found))
        if level >= Level.JURISDICTION:
            up.append(np.where(kind == JURISDICTION, things, self._held(up[2], self.holder, JURISDICTION)))
        return up

    def _held(self, things: Ints, holder: Ints, kind: int) -> Ints:
        return self.contained(np.where(things >= 0, holder[things], -1), kind)

    def reads_something(self, systems: Ints) -> Bools:
        """Which systems read a resource that is in force."""
        place, links = self.net.into.gather(systems)
        resources: Ints = self.start[links].astype(np.int64)
        real = (self.flow[links] == READS) & self.links(links) & self.things(resources)
        found = np.zeros(len(systems), np.bool_)
        found[place[real]] = True
        return found

    def members(self, containers: Ints, kind: int) -> tuple[Ints, Ints]:
        """What names each of `containers` as its holder, of `kind` and in force: place of the container, member."""
        place, members = self.net.held.gather(containers)
        if len(members):
            real = (self.holder[members] == containers[place]) & (self.kind[members] == kind)
            real &= self._alive[self.life[members]]
            place, members = place[real], members[real]
        return place, members

    def provides(self, departments: Ints) -> Ints:
        """The resources in force that name one of `departments` as their provider."""
        place, members = self.net.provided.gather(departments)
        real = (self.provider[members] == departments[place]) & self.things(members)
        provided: Ints = members[real]
        return provided
