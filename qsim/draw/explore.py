"""A circuit to step through in a notebook or a saved page: the state after each instruction, on each way through it."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from html import escape
from importlib import resources
from os import PathLike
from pathlib import Path as FilePath
from typing import Any

from qsim.circuit import Circuit, Instruction
from qsim.circuit.flow import ControlFlow
from qsim.draw.explore_tree import (
    MAX_ALL_QUBITS,
    MAX_BITS,
    MAX_BLOCH_QUBITS,
    MAX_BRANCHES,
    MAX_KET_QUBITS,
    MAX_KETS,
    Frame,
    Key,
    Segment,
    make_tree,
)
from qsim.draw.labels import printable, shorten, text_width
from qsim.draw.marks import Box, Dot, Group, Mark, Path, Text
from qsim.draw.pictures import Names
from qsim.draw.scene import make_scene
from qsim.draw.steps import is_compact
from qsim.draw.style import ROLES, check_style
from qsim.draw.svg import draw_svg
from qsim.draw.view import Boxed, Framed, view
from qsim.run import check_bound

__all__ = ["Explorer", "explore"]

WIDTH, MAX_HEIGHT = 840, 2000  # of the circuit, in pixels: it fits into a notebook of 900
HEIGHT = 720  # of the frame in a notebook, until its script finds what the page needs
UNTRUSTED = "The page to step through it needs a trusted notebook: trust this one, or run the cell again."
DIGITS = 7  # of amplitudes and Bloch vectors

_SLOT = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Explorer:
    """A page that steps through a circuit: shows itself in a notebook, `save(path)` writes it.

    Attributes:
        html: the page; it needs no other file and no network.
        title: what it shows, in words.
    """

    html: str
    title: str

    def __str__(self) -> str:
        return f"{self.title}: a page to step through. It shows itself in a notebook; save(path) writes it."

    def __repr__(self) -> str:
        return f"<Explorer, {len(self.html):,} characters: shows itself in a notebook, save(path) writes the page>"

    def _repr_html_(self) -> str:
        """The page in a frame of its own: neither its styles nor its script touch those of the notebook.

        The text within the frame is for notebooks that are not trusted, from which frames are taken out.
        """
        style = f"width:100%;height:{HEIGHT}px;border:0"
        title, page = escape(self.title), escape(self.html)
        return f'<iframe title="{title}" style="{style}" srcdoc="{page}">{title}. {UNTRUSTED}</iframe>'

    def save(self, path: str | PathLike[str]) -> None:
        """Write the page to a file, in UTF-8."""
        FilePath(path).write_text(self.html, encoding="utf-8")


def explore(circuit: Circuit, *, style: str = "auto") -> Explorer:
    """A page to step through a circuit: after each instruction amplitudes, Bloch vectors and classical bits.

    At a measurement with two outcomes, or a reset of an entangled qubit, the reader chooses the outcome. Control flow
    is followed as the bits say, loops are unrolled; named sub-circuits stand in frames. All states are worked out now,
    so the page needs no simulator: up to 8 qubits all amplitudes, up to 12 the 64 largest, up to 16 Bloch vectors
    alone; of more qubits the page shows the circuit. At most 200 steps a way, 64 ways, and 300,000 numbers (4 MB,
    seconds); the page says what is left out.

    Args:
        circuit: what to show; its parameters must be bound.
        style: `"auto"` (light or dark, as the notebook or the reader's system is), `"light"`, `"dark"`, `"bw"` or
            `"colorblind"`.

    Raises:
        ParameterError: a parameter has no value.
        CircuitError: there is no such style, or an instruction is of a kind that has no picture.

    >>> page = explore(Circuit(2, 1).h(0).cx(0, 1).measure(0, 0))
    >>> print(page)
    Circuit: 2 qubits, 3 instructions: a page to step through. It shows itself in a notebook; save(path) writes it.
    >>> page.html.count("<script"), "http:" in page.html.replace("http://www.w3.org/2000/svg", "")
    (2, False)
    """
    if not isinstance(circuit, Circuit):
        raise TypeError(f"explore takes a Circuit, not {type(circuit).__name__}.")
    check_style(style)
    check_bound(circuit)
    drawn = view(circuit, expand=True)
    scene = make_scene(drawn, width=WIDTH, max_height=MAX_HEIGHT)
    segments = make_tree(circuit)
    page = {
        "title": escape(scene.title),
        "style": style,
        "css": _resource("explore.css"),
        "js": _resource("explore.js"),
        "svg": str(draw_svg(drawn, style=style, width=WIDTH, max_height=MAX_HEIGHT)),
        "notes": "".join(f"<p>{escape(note)}</p>" for note in _notes(circuit, segments)),
        "data": _json(_data(circuit, segments, scene.groups, _originals(circuit, drawn))),
    }
    return Explorer(_SLOT.sub(lambda slot: page[slot[1]], _resource("explore.html")), scene.title)


def _resource(name: str) -> str:
    return resources.files("qsim.draw").joinpath(name).read_text(encoding="utf-8")


def _notes(circuit: Circuit, segments: list[Segment]) -> list[str]:
    """What is not shown, and why."""
    num_qubits, notes = circuit.num_qubits, list[str]()
    if num_qubits > MAX_BLOCH_QUBITS:
        notes.append(
            f"A register of {num_qubits:,} qubits is too large to follow here: only the instructions are shown. "
            f"Up to {MAX_BLOCH_QUBITS} qubits Bloch vectors are shown, up to {MAX_KET_QUBITS} amplitudes too."
        )
    elif num_qubits > MAX_KET_QUBITS:
        notes.append(
            f"A register of {num_qubits} qubits is too large for amplitudes: only Bloch vectors are shown. "
            f"Up to {MAX_KET_QUBITS} qubits amplitudes are shown too."
        )
    elif num_qubits > MAX_ALL_QUBITS:
        notes.append(f"Of the 2^{num_qubits} amplitudes the {MAX_KETS} largest are shown.")
    if circuit.num_bits > MAX_BITS and num_qubits <= MAX_BLOCH_QUBITS:
        notes.append(f"Of {circuit.num_bits:,} classical bits the first {MAX_BITS} are shown.")
    options = [option for segment in segments if segment.choice for option in segment.choice.options]
    if any(option.segment is None for option in options):
        notes.append(f"At most {MAX_BRANCHES} ways through the circuit are followed; others cannot be chosen.")
    return notes


# ── Data ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _json(data: Any) -> str:
    """JSON that may stand in a script element: nothing in it ends the element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _data(
    circuit: Circuit, segments: list[Segment], groups: Iterable[Group], originals: dict[int, ControlFlow]
) -> dict[str, Any]:
    """What the script of the page shows; see `explore.js`."""
    boxes, places = list[list[float]](), dict[Key, list[int]]()
    for group in groups:
        if group.step is not None and group.marks:  # the end of a frame has none
            instruction = originals.get(id(group.step.instruction), group.step.instruction)
            key = (group.step.number, id(instruction), None if is_compact(instruction) else group.step.caption)
            places.setdefault(key, []).append(len(boxes))
            boxes.append(_bounds(group))
    qubits, bits = Names(circuit.qubits.registers), Names(circuit.bits.registers)
    name = partial(_name, limit=24)
    shown = range(min(circuit.num_qubits, MAX_BLOCH_QUBITS)), range(min(circuit.num_bits, MAX_BITS))
    return {
        "numQubits": circuit.num_qubits,
        "qubits": [name(qubits[qubit]) for qubit in shown[0]],
        "bits": [name(bits[bit]) for bit in shown[1]],
        "boxes": boxes,
        "segments": [_segment(segment, places) for segment in segments],
    }


def _originals(circuit: Circuit, drawn: Circuit) -> dict[int, ControlFlow]:
    """By the identity of what is drawn the instructions whose blocks have no frames in the circuit itself."""
    found: dict[int, ControlFlow] = {}
    left = list[tuple[Iterable[Instruction], Iterable[Instruction]]]()
    left += [] if drawn is circuit else [(circuit, drawn)]
    while left:
        for own, other in zip(*map(_flat, left.pop()), strict=True):
            if own is not other and id(other) not in found and isinstance(own, ControlFlow):
                found[id(other)] = own
                left += zip(own.blocks, other.blocks, strict=True)
    return found


def _flat(instructions: Iterable[Instruction]) -> Iterator[Instruction]:
    for instruction in instructions:
        if isinstance(instruction, Framed):
            yield from _flat(instruction.blocks[0])
        elif isinstance(instruction, Boxed):
            yield from instruction.block
        else:
            yield instruction


def _name(text: str, limit: int) -> str:
    return shorten(printable(text), limit)


def _segment(segment: Segment, places: dict[Key, list[int]]) -> dict[str, Any]:
    choice = segment.choice and {
        "text": segment.choice.text,
        "options": [
            {"outcome": option.outcome, "probability": option.probability, "segment": option.segment}
            for option in segment.choice.options
        ],
    }
    return {
        "probability": segment.probability,
        "frames": [_frame(frame, places) for frame in segment.frames],
        "choice": choice,
        "end": segment.end,
    }


def _frame(frame: Frame, places: dict[Key, list[int]]) -> dict[str, Any]:
    found: dict[str, Any] = {"text": frame.text, "boxes": [box for key in frame.keys for box in places.get(key, ())]}
    found["hidden"] = bool(frame.keys) and not found["boxes"]
    found["bits"] = frame.bits
    if frame.kets is not None and frame.amplitudes is not None:
        found["kets"] = frame.kets.tolist()
        found["re"], found["im"] = _numbers(frame.amplitudes.real), _numbers(frame.amplitudes.imag)
        found["others"] = frame.others
    if frame.bloch is not None:
        found["bloch"] = [_numbers(vector) for vector in frame.bloch]
    return found


def _numbers(values: Any) -> list[float]:
    return [number + 0.0 for number in values.round(DIGITS).tolist()]  # -0.0 + 0.0 is 0.0


def _bounds(group: Group) -> list[float]:
    """Left, top, width and height of a picture."""
    corners = [corner for mark in group.marks for corner in _corners(mark)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return [round(value, 1) for value in (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))]


def _corners(mark: Mark) -> list[tuple[float, float]]:
    match mark:
        case Box():
            return [(mark.x, mark.y), (mark.x + mark.width, mark.y + mark.height)]
        case Dot():
            return [(mark.x + sign * mark.radius, mark.y + sign * mark.radius) for sign in (-1, 1)]
        case Path():
            return list(mark.points)
        case Text():
            size = ROLES[mark.role].size
            width = text_width(mark.text, size)
            left = mark.x - {"start": 0, "middle": 0.5, "end": 1}[mark.anchor] * width
            return [(left, mark.y - size / 2), (left + width, mark.y + size / 2)]
