"""Pages to step through circuits, in a browser: what the reader sees against what the engine says."""

import os
import shutil
from itertools import product

import numpy as np
import pytest
from draw.explored import grover, teleportation

from qsim import Circuit, State
from qsim.circuit import Barrier, Measurement
from qsim.draw.style import PALETTES
from qsim.engines.interpreter import interpret
from qsim.plots._phases import phase_colors

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    with playwright.sync_playwright() as driver:
        if path is None and not os.path.exists(driver.chromium.executable_path):
            pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the path")
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium has no sandbox for root
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"] if is_root else [])
        yield browser
        browser.close()


@pytest.fixture
def show(browser, tmp_path):
    """A function that opens the page of a circuit; errors of its script fail the test."""
    errors = []

    def show(circuit, html=None, **options):
        page = browser.new_page(viewport={"width": 900, "height": 800}, **options)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: errors.append(request.url) if request.url[:4] == "http" else None)
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8") if html else circuit.explore().save(path)
        page.goto(path.as_uri())
        pages.append(page)
        return page

    pages = []
    yield show
    for page in pages:
        page.close()
    assert errors == []


READ = """() => ({
    amplitudes: Array.from(document.querySelectorAll("tr[data-ket]"), (row) => [row.dataset.ket, Number(row.dataset.re),
        Number(row.dataset.im), ...Array.from(row.querySelectorAll("td"), (cell) => cell.textContent)]),
    bloch: Array.from(document.querySelectorAll("#bloch li"), (item) => ["x", "y", "z"].map((axis) =>
        Number(item.dataset[axis]))),
    bits: Array.from(document.querySelectorAll("#bits dd"), (cell) => cell.textContent).join(""),
    status: document.getElementById("status").textContent,
    marks: document.querySelectorAll(".now").length,
    probability: Number(document.body.dataset.probability),
})"""

PAINTED = """(bars) => bars.map((bar) => {
    const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
    brush.fillStyle = getComputedStyle(bar).backgroundColor;
    brush.fillRect(0, 0, 1, 1);
    return Array.from(brush.getImageData(0, 0, 1, 1).data).slice(0, 3);
})"""


def after(circuit, number, outcomes):
    """The shot after the first instructions, as the interpreter says."""
    left = list(map(int, outcomes))
    return interpret(
        circuit[:number], circuit.num_bits, State.zeros(circuit.num_qubits).amplitudes.copy(), lambda _: left.pop(0)
    )


def check(seen, shot, num_qubits):
    """What is seen is the state of the shot: in the numbers behind the page, and in those that it shows."""
    kets = [f"{ket:0{num_qubits}b}" for ket in range(2**num_qubits)]
    assert [row[0] for row in seen["amplitudes"]] == kets
    found = np.array([re + 1j * im for _, re, im, *_ in seen["amplitudes"]])
    np.testing.assert_allclose(found, shot.state, atol=1e-7)
    for (*_, ket, _, amplitude, _, probability), exact, name in zip(seen["amplitudes"], shot.state, kets, strict=True):
        assert ket == f"|{name}⟩"
        assert abs(number(amplitude) - exact) < 1e-4
        assert abs(float(probability.removesuffix(" %")) / 100 - abs(exact) ** 2) < 1e-4
    bloch = [State(shot.state).bloch(qubit) for qubit in range(num_qubits)]
    np.testing.assert_allclose(seen["bloch"], bloch, atol=1e-7)
    assert seen["bits"] == "".join(map(str, shot.bits))


def number(text):
    """A complex number as the page writes it."""
    return complex(text.replace("−", "-").replace(" ", "").replace("i", "j"))


@pytest.mark.parametrize("circuit", [teleportation(), grover()], ids=["teleportation", "grover"])
def test_every_step_of_every_way(show, circuit):
    page, n = show(circuit), circuit.num_qubits
    numbers = [at + 1 for at, instruction in enumerate(circuit) if not isinstance(instruction, Barrier)]
    measured = [at for at, number in enumerate(numbers, 1) if isinstance(circuit[number - 1], Measurement)]
    for outcomes in product("01", repeat=len(measured)):
        choices, start = iter(outcomes), measured[0] if "1" in outcomes else 0  # what is before is seen on the first
        for step, instructions in list(enumerate([0, *numbers]))[start:]:
            if step in measured:
                page.locator(".choice").nth(measured.index(step)).locator("button").nth(int(next(choices))).click()
            elif step:
                page.keyboard.press("ArrowRight")
            seen, shot = page.evaluate(READ), after(circuit, instructions, outcomes)
            check(seen, shot, n)
            assert seen["status"].startswith(f"Step {step}: ")
            assert seen["marks"] == (step > 0)
            assert seen["probability"] == pytest.approx(shot.probability, abs=1e-12)
        assert seen["status"].strip().endswith("End of the circuit.")


def test_the_message_arrives_whatever_is_measured(show):
    page = show(teleportation())
    message = State.zeros(1).evolve(Circuit(1).ry(1.1, 0).rz(0.7, 0)).bloch(0)
    for outcomes in product((0, 1), repeat=2):
        for fork, outcome in enumerate(outcomes):
            page.locator(".choice").nth(fork).locator("button").nth(outcome).click()
        page.keyboard.press("End")
        np.testing.assert_allclose(page.evaluate(READ)["bloch"][2], message, atol=1e-7)


def test_how_amplitudes_are_written(show):
    """By size, sign and phase: in the order of the basis states, three decimals of π where it is no simple fraction."""
    amplitudes = np.array([-0.5, -0.5j, 0.5j, 0.3 - 0.4j, 0, 0, 0, 0])
    page = show(Circuit(3).initialize(State(amplitudes), 0, 1, 2))
    page.keyboard.press("End")
    seen = [row[5:] for row in page.evaluate(READ)["amplitudes"]]
    expected = [("−0.5000", "π"), ("−0.5000i", "−π/2"), ("0.5000i", "π/2"), ("0.3000 − 0.4000i", "−0.295π")]
    assert [tuple(row[:2]) for row in seen] == [*expected, *[("0", "")] * 4]
    assert [row[2] for row in seen] == ["25 %"] * 4 + ["0 %"] * 4
    widths = page.locator("td.bar i").evaluate_all("(bars) => bars.map((bar) => bar.style.width)")
    assert widths == ["100%"] * 4
    colors = page.locator("td.bar i").evaluate_all(PAINTED)
    phases = np.array([np.pi, -np.pi / 2, np.pi / 2, np.angle(0.3 - 0.4j)])
    np.testing.assert_allclose(
        colors, 255 * phase_colors(phases), atol=6
    )  # browsers map what they cannot show otherwise
    assert "whole bar: 1/2" in page.locator(".key").text_content()


def test_slider_buttons_and_keys(show):
    page = show(grover())
    slider, last = page.locator("#slider"), int(page.locator("#slider").get_attribute("max"))

    def step():
        assert page.locator("#position").text_content() == f"step {slider.input_value()} of {last}"
        return int(slider.input_value())

    for name, expected in [("Step forward", 1), ("Step forward", 2), ("Step back", 1), ("Last step", last)]:
        page.get_by_role("button", name=name, exact=True).click()
        assert step() == expected
    assert page.get_by_role("button", name="Step forward").get_attribute("aria-disabled") == "true"
    page.keyboard.press("ArrowRight")  # the button has the focus
    assert step() == last
    for key, expected in [("Home", 0), ("ArrowLeft", 0), ("ArrowRight", 1), ("End", last), ("ArrowLeft", last - 1)]:
        page.keyboard.press(key)
        assert step() == expected
    slider.fill("7")
    assert step() == 7
    slider.focus()
    for key, expected in [("ArrowRight", 8), ("ArrowLeft", 7), ("Home", 0), ("End", last)]:
        page.keyboard.press(key)
        assert step() == expected
    page.mouse.click(*center(page.locator('svg g[data-step="3"] rect').first))
    assert page.locator("#status").text_content().startswith("Step 4: ")


def center(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_mark_lies_on_the_gate(show):
    page = show(grover())
    page.keyboard.press("ArrowRight")
    gate, mark = (page.locator(name).first.bounding_box() for name in ('svg g[data-step="0"] rect', ".now"))
    np.testing.assert_allclose(
        [mark["x"], mark["y"]], [gate["x"] - 4, gate["y"] - 4], atol=1.5
    )  # with half of its edge
    np.testing.assert_allclose([mark["width"], mark["height"]], [gate["width"] + 8, gate["height"] + 8], atol=2.5)


def test_what_screen_readers_are_told(show):
    page = show(teleportation())
    page.keyboard.press("End")
    slider = page.get_by_role("slider", name="Step")
    assert slider.get_attribute("aria-valuetext").startswith("10 of 10: z on pair[1], if flag[0]")
    assert page.get_by_role("status").get_attribute("aria-live") == "polite"
    assert page.get_by_role("row").count() == 9
    assert page.get_by_role("img", name="Bloch vector of pair[1]: x 0.68, y 0.57, z 0.45, length 1.00").count() == 1
    outcome = page.get_by_role("button", name="measure message[0] into flag[0]: outcome 1, probability 50 %")
    assert outcome.get_attribute("aria-pressed") == "false"
    outcome.focus()
    page.keyboard.press("Enter")
    assert outcome.get_attribute("aria-pressed") == "true"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "1  ·  50 %"  # it keeps the focus
    unnamed = "Array.from(document.querySelectorAll('button')).filter((b) => !b.ariaLabel).length"
    assert page.evaluate(unnamed) == 0


def test_ways_that_are_not_followed_cannot_be_taken(show):
    page = show(Circuit(7).h(range(7)).measure_all())
    page.keyboard.press("End")
    disabled = page.locator(".choice button:disabled")  # of 2^7 ways 2^6 are followed
    assert page.locator(".choice").count() == 7
    assert disabled.count() == page.locator(".choice").last.locator("button:disabled").count() == 1
    assert disabled.get_attribute("title") == "This way is not followed"
    assert "64 ways" in page.locator("#notes").text_content()


def test_a_register_that_is_too_large(show):
    page = show(Circuit(20).h(range(20)))
    page.keyboard.press("End")
    assert page.locator("#status").text_content().startswith("Step 20: h on q19")
    assert "20 qubits is too large to follow" in page.locator("#notes").text_content()
    for section in ("amplitudes", "bloch", "bits", "outcomes"):
        assert not page.locator(f"#{section}").is_visible()
    assert page.locator(".now").count() == 1


def test_light_and_dark(show):
    background = "getComputedStyle(document.body).backgroundColor"
    assert show(grover(), color_scheme="light").evaluate(background) == "rgb(255, 255, 255)"
    assert show(grover(), color_scheme="dark").evaluate(background) == "rgb(20, 23, 31)"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chosen_outcome_can_be_read_below_the_pointer(show, theme):
    page = show(teleportation(), color_scheme=theme)
    page.locator(".choice button").nth(1).click()  # the pointer stays there
    look = "(button) => [getComputedStyle(button).color, getComputedStyle(button).backgroundColor]"
    chosen, other = (page.locator(".choice button").nth(place).evaluate(look) for place in (1, 0))
    assert page.locator(".choice button").nth(1).get_attribute("aria-pressed") == "true"
    palette = PALETTES[theme]
    assert chosen == [rgb(palette["on"]), rgb(palette["accent"])]
    assert other == [rgb(palette["ink"]), rgb(palette["frame"])]


def rgb(color):
    return f"rgb({', '.join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5))})"


def test_in_a_notebook_it_keeps_to_itself(show):
    cell = f"<p id='status'>a cell</p>{grover().explore()._repr_html_()}"
    page = show(None, f"<body data-jp-theme-light='false'>{cell}", color_scheme="light")
    inner = page.frames[1]
    inner.wait_for_selector("tr[data-ket]")
    assert inner.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 31)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(20, 23, 31)"
    assert page.locator("#status").first.text_content() == "a cell"
    assert "trust" not in page.evaluate("document.body.innerText")
    inner.wait_for_function("document.documentElement.scrollHeight <= innerHeight")  # as high as it must be
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    inner.wait_for_function("getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)'")


def test_nothing_is_wider_than_a_notebook(show):
    for circuit in (teleportation(), grover(), Circuit(10).h(range(10)).measure_all()):
        page = show(circuit)
        page.keyboard.press("End")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
