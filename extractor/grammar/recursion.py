"""Recursive states, unrolled to a bounded depth: a model that never stops nesting would fill the token limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from extractor.grammar.shapes import Shape, State, prune, reachable

MAX_SIZE = 400  # states, as often as they are named; a schema that would need more keeps its recursion


def unroll(start: State, depth: int) -> State:
    """The same states with at most `depth` turns through each cycle.

    Unchanged where there is no cycle, and where every value needs more turns (a tower of ten levels, say).
    """
    if len(reachable(start, MAX_SIZE)) > MAX_SIZE:
        return start
    cycles = _Cycles()
    cycles.find(start)
    if not cycles.members:
        return start
    copied = _Copier(cycles, depth).copy(start)
    if copied is None or _size(copied) > MAX_SIZE:
        return start
    prune(copied)
    return copied if copied.shapes else start


@dataclass(slots=True)
class _Cycles:
    """The strongly connected components of the states (Tarjan 1972), without recursion.

    `component` numbers them, `members` are the states on a cycle, `heads` where a walk comes round again, `above`
    the states that lead to a cycle.
    """

    component: dict[int, int] = field(default_factory=dict)
    members: set[int] = field(default_factory=set)
    heads: set[int] = field(default_factory=set)
    above: set[int] = field(default_factory=set)

    def find(self, start: State) -> None:
        index: dict[int, int] = {id(start): 0}
        low: dict[int, int] = {id(start): 0}
        open_states: list[State] = [start]
        walk: list[tuple[State, Iterator[State]]] = [(start, _children(start))]
        walked = {id(start)}
        while walk:
            state, children = walk[-1]
            child = next(children, None)
            if child is None:
                walk.pop()
                walked.discard(id(state))
                if walk:
                    parent = id(walk[-1][0])
                    low[parent] = min(low[parent], low[id(state)])
                if low[id(state)] == index[id(state)]:
                    self._close(state, open_states)
            elif id(child) not in index:
                index[id(child)] = low[id(child)] = len(index)
                open_states.append(child)
                walk.append((child, _children(child)))
                walked.add(id(child))
            elif id(child) not in self.component:
                low[id(state)] = min(low[id(state)], index[id(child)])
                if id(child) in walked:
                    self.heads.add(id(child))

    def _close(self, state: State, open_states: list[State]) -> None:
        """A component is complete: all that was opened since its first state."""
        found: list[State] = []
        while not found or found[-1] is not state:
            found.append(open_states.pop())
            self.component[id(found[-1])] = id(state)
        if len(found) > 1 or id(state) in self.heads:
            self.members |= set(map(id, found))
        if any(id(one) in self.members or any(id(child) in self.above for child in _children(one)) for one in found):
            self.above |= set(map(id, found))


@dataclass(slots=True)
class _Copier:
    cycles: _Cycles
    depth: int
    copies: dict[tuple[int, int], State] = field(default_factory=dict)

    def copy(self, start: State) -> State | None:
        """Copy what leads to a cycle, once for each turn; a turn too many is a state where nothing can stand.

        None where that makes more than `MAX_SIZE` states.
        """
        waiting: list[tuple[State, State, int]] = []

        def copy_of(state: State, turns: int) -> State:
            if id(state) not in self.cycles.above:
                return state
            if turns > self.depth:
                return State()
            if (id(state), turns) not in self.copies:
                self.copies[id(state), turns] = State()
                waiting.append((state, self.copies[id(state), turns], turns))
            return self.copies[id(state), turns]

        copied = copy_of(start, 0)
        while waiting:
            if len(self.copies) > MAX_SIZE:
                return None
            state, its_copy, turns = waiting.pop()

            def further(child: State, state: State = state, turns: int = turns) -> State:
                return copy_of(child, self._turns(state, child, turns))

            its_copy.shapes = [_with_children(shape, further) for shape in state.shapes]
        return copied

    def _turns(self, state: State, child: State, turns: int) -> int:
        if self.cycles.component.get(id(child)) != self.cycles.component[id(state)]:
            return 0
        return turns + (id(child) in self.cycles.heads)


def _size(start: State) -> int:
    return sum(1 + len(list(_children(state))) for state in reachable(start))


def _children(state: State) -> Iterator[State]:
    return (child for shape in state.shapes for child in shape.children())


def _with_children(shape: Shape, change: Callable[[State], State]) -> Shape:
    return replace(
        shape,
        limits=dict(shape.limits),
        prefix=list(map(change, shape.prefix)),
        items=shape.items and change(shape.items),
        properties={name: change(child) for name, child in shape.properties.items()},
        keyed={pattern: change(child) for pattern, child in shape.keyed.items()},
        free=shape.free and change(shape.free),
    )
