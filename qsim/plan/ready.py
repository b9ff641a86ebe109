"""Ready: the steps of a sweep that wait for no other.

On each bit, steps form runs that commute: those that read it (phases, controls), those that flip it; each step that
mixes it is a run of its own. A step is ready when its run is the current one on all its local bits.
"""

import math
from collections.abc import Sequence

from qsim.plan.schedule import MemoryStep
from qsim.plan.steps import Flip, Pair, Phase, Turn

__all__ = ["Ready"]

_READ, _FLIP, _MIX = range(3)


class Ready:
    """Steps that could be next, by kind and number, which is their place in the sweep's list.

    Attributes:
        turns: numbers by the weight of their bit.
        flips, pairs: by number.
        waits: by number, on how many bits the step's run is not the current one.
        remaining: how many steps, phases aside, are not finished.
        events: phases that became ready, with those before and after turns, and flips that were finished, in order; to
            be emptied by who reads them.
    """

    def __init__(self, steps: Sequence[MemoryStep], local: int) -> None:
        self.local = local
        self.turns: dict[int, int] = {}
        self.flips: dict[int, Flip] = {}
        self.pairs: dict[int, Pair] = {}
        self.remaining = sum(type(step) is not Phase for step in steps)
        self.events: list[Phase | Flip] = []
        self.steps = steps
        self._runs: dict[int, list[tuple[int, list[int]]]] = {}  # by weight: kind and steps, the current run last
        self._open: dict[int, int] = {}  # by weight: steps of the current run that are not finished
        self.waits = [0] * len(steps)
        self._finished: list[int] = []
        for number, step in enumerate(steps):
            self._register(number, step)
        for weight, runs in self._runs.items():
            runs.reverse()
            self._open[weight] = len(runs[-1][1])
            for _, members in runs[:-1]:
                for number in members:
                    self.waits[number] += 1
        for number, waits in enumerate(self.waits):
            if not waits:
                self._admit(number)
        self._settle()

    def steps_left(self, weight: int) -> int:
        """Runs on a bit that are not finished."""
        return len(self._runs.get(weight, ()))

    def flips_after(self, weight: int) -> list[int] | None:
        """The flips of the bit of a ready turn that come next, `None` if something else does."""
        runs = self._runs[weight]
        return runs[-2][1] if len(runs) > 1 and runs[-2][0] == _FLIP else None

    def finish(self, number: int) -> None:
        """A ready turn, flip or pair is done."""
        step = self.steps[number]
        if type(step) is Turn:
            del self.turns[step.mask]
            if step.after:
                self.events.append(Phase(step.mask, step.after))
        elif type(step) is Flip:
            del self.flips[number]
            self.events.append(step)
        else:
            del self.pairs[number]
        self.remaining -= 1
        self._finished.append(number)
        self._settle()

    def _register(self, number: int, step: MemoryStep) -> None:
        if type(step) is Phase:
            self._join(number, step.mask & self.local, _READ)
        elif type(step) is Flip:
            self._join(number, step.target, _FLIP)
            self._join(number, step.controls & self.local, _READ)
        else:
            self._join(number, step.mask, _MIX)

    def _join(self, number: int, mask: int, kind: int) -> None:
        while mask:
            weight = mask & -mask
            mask ^= weight
            runs = self._runs.setdefault(weight, [])
            if runs and runs[-1][0] == kind != _MIX:
                runs[-1][1].append(number)
            else:
                runs.append((kind, [number]))

    def _admit(self, number: int) -> None:
        step = self.steps[number]
        if type(step) is Phase:
            self.events.append(step)
            self._finished.append(number)
        elif type(step) is Turn:
            before = step.before + math.pi if step.is_steep else step.before
            if before:
                self.events.append(Phase(step.mask, before))
            self.turns[step.mask] = number
        elif type(step) is Flip:
            self.flips[number] = step
        else:
            self.pairs[number] = step

    def _settle(self) -> None:
        """Let go what finished steps held back."""
        while self._finished:
            mask = self.steps[self._finished.pop()].mask & self.local
            while mask:
                weight = mask & -mask
                mask ^= weight
                self._open[weight] -= 1
                if self._open[weight]:
                    continue
                runs = self._runs[weight]
                runs.pop()
                if not runs:
                    continue
                self._open[weight] = len(runs[-1][1])
                for number in runs[-1][1]:
                    self.waits[number] -= 1
                    if not self.waits[number]:
                        self._admit(number)
