"""Circuits that are stepped through, and what the data of their pages says."""

import json
import math
import re
from html.parser import HTMLParser

import numpy as np

from qsim import Circuit


def teleportation():
    """Of ry(1.1) rz(0.7) |0⟩, with corrections."""
    circuit = Circuit(name="teleportation")
    circuit.add_qubits("message", 1)
    circuit.add_qubits("pair", 2)
    flag = circuit.add_bits("flag", 2)
    circuit.ry(1.1, 0).rz(0.7, 0).barrier().h(1).cx(1, 2).cx(0, 1).h(0).measure([0, 1], [0, 1])
    return circuit.x(2, when=flag[1]).z(2, when=flag[0])


def grover():
    """Two rounds on three qubits; 101 is marked."""
    circuit = Circuit(3, 3, name="Grover").h(0, 1, 2)
    for _ in range(2):
        circuit.cp(math.pi, 0, 2, controls=[1], control_state="0")
        circuit.h(0, 1, 2).x(0, 1, 2).h(2).ccx(0, 1, 2).h(2).x(0, 1, 2).h(0, 1, 2)
    return circuit.measure(range(3), range(3))


class _Scripts(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.texts, self.is_open = [], [], False

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.is_open = True
            self.texts.append("")

    def handle_endtag(self, tag):
        self.is_open = self.is_open and tag != "script"

    def handle_data(self, data):
        if self.is_open:
            self.texts[-1] += data


def parse(page):
    """Tags with attributes, and texts of scripts, as a browser reads them."""
    parser = _Scripts()
    parser.feed(page)
    return parser.tags, parser.texts


def data_of(page):
    """What the script of a page reads."""
    _, (data, _) = parse(page)
    return json.loads(data)


def text_of(page):
    """The notes of a page."""
    return re.sub("<[^>]*>", " ", re.search('<div id="notes">(.*)</div>', page)[1])


def way(data, outcomes):
    """The frames of the way on which these outcomes are found, and its last segment."""
    segment, left = data["segments"][0], list(outcomes)
    frames = list(segment["frames"])
    while segment["choice"]:
        wanted = int(left.pop(0))
        (number,) = [option["segment"] for option in segment["choice"]["options"] if option["outcome"] == wanted]
        segment = data["segments"][number]
        frames += segment["frames"]
    assert not left
    return frames, segment


def amplitudes(frame, num_qubits):
    """The state of a frame of which all amplitudes are shown."""
    assert frame["others"] == 0
    state = np.zeros(2**num_qubits, complex)
    state[frame["kets"]] = np.array(frame["re"]) + 1j * np.array(frame["im"])
    return state
