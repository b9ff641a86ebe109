"""What steps mean, by index arithmetic, and random ones."""

import math

import numpy as np
from scipy.stats import unitary_group

from qsim.circuit import Operation
from qsim.engines import numpy_path
from qsim.plan.steps import Flip, Pair, Phase, Turn


def apply_step(step, amplitudes, num_qubits):
    """Apply a step in place."""
    index = np.arange(len(amplitudes))
    if isinstance(step, Operation):
        numpy_path.apply_operation(amplitudes.reshape([2] * num_qubits), step)
    elif isinstance(step, Phase):
        amplitudes[index & step.mask == step.mask] *= np.exp(1j * step.angle)
    elif isinstance(step, Flip):
        amplitudes[:] = amplitudes[np.where(index & step.controls == step.controls, index ^ step.target, index)]
    elif isinstance(step, Turn):
        chosen = index & step.mask != 0
        x, y = amplitudes[~chosen].copy(), np.exp(1j * step.before) * amplitudes[chosen]
        c, s = math.cos(step.half_angle), math.sin(step.half_angle)
        amplitudes[~chosen], amplitudes[chosen] = c * x - s * y, np.exp(1j * step.after) * (s * x + c * y)
    else:
        assert isinstance(step, Pair)
        first, second = (np.where(index & weight, 1, 0) for weight in (step.first, step.second))
        row, bare = 2 * first + second, index & ~step.mask
        before = amplitudes.copy()
        amplitudes[:] = 0
        for column in range(4):
            source = bare + (step.first if column & 2 else 0) + (step.second if column & 1 else 0)
            amplitudes += step.matrix[row, column] * before[source]


def random_steps(rng, num_bits, num_steps, local=-1):
    """Steps of every kind; what they flip or mix lies in the mask `local`."""
    steps = []
    for _ in range(num_steps):
        chosen = [1 << int(bit) for bit in rng.permutation(num_bits)[: rng.integers(1, 4)]]
        chosen.sort(key=lambda weight: not weight & local)
        reach = sum(bool(weight & local) for weight in chosen)
        kind = rng.integers(4)
        if kind == 0 and reach:
            before, half, after = rng.uniform(-3, 3), rng.uniform(0, 1.5), rng.uniform(-3, 3)
            steps.append(Turn(chosen[0], float(before), float(half), float(after)))
        elif kind == 1:
            steps.append(Phase(sum(chosen), float(rng.uniform(-3, 3))))
        elif kind == 2 and reach:
            steps.append(Flip(chosen[0], sum(chosen[1:])))
        elif kind == 3 and reach > 1:
            steps.append(Pair(chosen[0], chosen[1], unitary_group.rvs(4, random_state=rng)))
    return steps


def random_layers(rng, num_bits, num_steps):
    """Layers of turns, rings of flips and single steps on some of the bits: turns that are flipped next."""
    bits = [1 << int(bit) for bit in rng.permutation(num_bits)[: rng.integers(2, num_bits + 1)]]
    steps = []
    while len(steps) < num_steps:
        kind = rng.integers(3)
        if kind == 0:
            steps += [Turn(weight, 0.3, float(rng.uniform(0, 1.5)), -0.2) for weight in bits]
        elif kind == 1:
            steps += [Flip(after, weight) for weight, after in zip(bits, bits[1:] + bits[:1], strict=True)]
        else:
            steps += random_steps(rng, num_bits, int(rng.integers(1, 6)))
    return steps
