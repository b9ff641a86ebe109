"use strict";
// Shows what is in the element `data`; nothing is simulated here.
//
// data.segments: ways from one fork to the next. Each has `frames`, the `probability` of all outcomes up to it, why it
// `end`s early, and the `choice` at its end: for each outcome its probability, given those before, and the number of
// the segment after it, or null where it is not followed.
// A frame has `text`, `boxes` (places in data.boxes, of the pictures of what was done), `bits`, `kets` with `re` and
// `im`, `others` (how many amplitudes are left out), and `bloch`, a vector for each qubit.
const data = JSON.parse(document.getElementById("data").textContent);
const chosen = new Map(); // segment → number of the option that the reader chose
let way = []; // [{frame, segment}] of the chosen way
let step = 0;

const MAX_EVERY_KET = 4; // qubits up to which amplitudes that are 0 have a line
const element = (id) => document.getElementById(id);

/** An element with attributes and children; children that are text stay text. */
function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function draw(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

const percent = (p) => `${Number((100 * p).toPrecision(4))} %`;
const signed = (x) => x.toFixed(2).replace(/^-(0\.?0*)$/, "$1").replace("-", "−");
const isFollowed = (option) => option.segment !== null;

// ── The way ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The option of a fork that is chosen; until the reader chooses, the likeliest. */
function optionOf(number) {
  const { options } = data.segments[number].choice;
  if (chosen.has(number)) return options[chosen.get(number)];
  const isLikelier = (one, other) => one.probability > other.probability + 1e-9; // not by rounding alone
  return options.filter(isFollowed).reduce((best, one) => (isLikelier(one, best) ? one : best));
}

function findWay() {
  way = [];
  for (let number = 0; number !== null; ) {
    const segment = data.segments[number];
    for (const frame of segment.frames) way.push({ frame, segment: number });
    number = segment.choice ? optionOf(number).segment : null;
  }
}

function go(to) {
  step = Math.max(0, Math.min(way.length - 1, to));
  show();
}

/** Take another outcome, and go to where it is found. */
function choose(number, option) {
  chosen.set(number, option);
  findWay();
  go(way.findLastIndex((moment) => moment.segment === number) + 1);
}

// ── What is shown ───────────────────────────────────────────────────────────────────────────────────────────────────

function show() {
  const { frame, segment } = way[step];
  document.body.dataset.step = step;
  showPosition(frame, segment);
  showMarks(frame);
  showOutcomes();
  showAmplitudes(frame);
  showBloch(frame);
  showBits(frame, step ? way[step - 1].frame : frame);
}

function showPosition(frame, number) {
  const slider = element("slider"), last = way.length - 1, segment = data.segments[number];
  slider.max = last;
  slider.value = step;
  slider.setAttribute("aria-valuetext", `${step} of ${last}: ${frame.text}`);
  element("position").textContent = `step ${step} of ${last}`;
  for (const id of ["first", "back"]) setDisabled(id, step === 0);
  for (const id of ["forward", "last"]) setDisabled(id, step === last);
  const end = step === last ? segment.end || "End of the circuit." : "";
  const hidden = frame.hidden ? "(Left out of the picture.)" : "";
  const status = [make("strong", {}, `Step ${step}: ${frame.text}`), hidden, end].filter(Boolean);
  element("status").replaceChildren(...status.flatMap((part) => [part, " "]));
  document.body.dataset.probability = segment.probability;
}

/** A button that has nothing to do; it keeps the focus, so that keys go on working. */
function setDisabled(id, isDisabled) {
  element(id).setAttribute("aria-disabled", isDisabled);
}

function showMarks(frame) {
  const sheet = element("sheet");
  for (const mark of sheet.querySelectorAll(".now")) mark.remove();
  frame.boxes.forEach((box, number) => {
    const [left, top, width, height] = data.boxes[box];
    const place = `left:${left - 4}px;top:${top - 4}px;width:${width + 8}px;height:${height + 8}px`;
    const mark = make("span", { class: "now", style: place, "data-box": box });
    sheet.append(mark);
    if (number === 0) scrollTo(element("circuit"), left, top, width, height);
  });
}

/** Bring a place of the circuit into view, without moving the page around it. */
function scrollTo(view, left, top, width, height) {
  const margin = 30;
  if (left - margin < view.scrollLeft) view.scrollLeft = left - margin;
  if (left + width + margin > view.scrollLeft + view.clientWidth) view.scrollLeft = left + width + margin - view.clientWidth;
  if (top - margin < view.scrollTop) view.scrollTop = top - margin;
  if (top + height + margin > view.scrollTop + view.clientHeight) view.scrollTop = top + height + margin - view.clientHeight;
}

/** All forks of the way: those behind the reader, and those that come. */
function showOutcomes() {
  const section = element("outcomes"), here = way[step].segment;
  const segments = [...new Set(way.map((moment) => moment.segment))], reached = segments.indexOf(here);
  const focused = document.activeElement?.dataset.choice, kept = section.scrollTop;
  const forks = segments.slice(0, -1).map((number, at) => showFork(number, at >= reached));
  section.hidden = !forks.length;
  const together = `Probability of the outcomes up to this step: ${percent(data.segments[here].probability)}`;
  section.replaceChildren(make("h2", {}, "Outcomes on this way"), make("div", { class: "forks" }, ...forks), make("p", {}, together));
  section.scrollTop = kept;
  if (focused) section.querySelector(`[data-choice="${focused}"]`)?.focus({ preventScroll: true });
  const fork = forks[Math.max(reached - 1, 0)];
  if (fork) scrollTo(section.querySelector(".forks"), 0, fork.offsetTop, 0, fork.offsetHeight);
}

function showFork(number, isLater) {
  const { text, options } = data.segments[number].choice;
  const buttons = options.map((option, place) => {
    const isChosen = option === optionOf(number);
    const button = make(
      "button",
      {
        type: "button",
        "aria-pressed": isChosen,
        "data-choice": `${number}-${place}`,
        "data-probability": option.probability,
        "aria-label": `${text}: outcome ${option.outcome}, probability ${percent(option.probability)}`,
      },
      `${option.outcome}  ·  ${percent(option.probability)}`,
    );
    button.disabled = !isFollowed(option);
    if (button.disabled) button.title = "This way is not followed";
    button.addEventListener("click", () => choose(number, place));
    return button;
  });
  const when = isLater ? [make("span", {}, "later")] : [];
  const attributes = { class: isLater ? "choice later" : "choice", role: "group", "aria-label": text };
  return make("div", attributes, make("span", { class: "what" }, text), ...buttons, ...when);
}

function showAmplitudes(frame) {
  const section = element("amplitudes");
  section.hidden = !frame.kets;
  if (!frame.kets) return;
  const place = new Map(frame.kets.map((ket, at) => [ket, at]));
  const isEvery = data.numQubits <= MAX_EVERY_KET;
  const kets = isEvery ? Array.from({ length: 2 ** data.numQubits }, (_, ket) => ket) : frame.kets;
  const largest = Math.max(...frame.kets.map((_, at) => Math.hypot(frame.re[at], frame.im[at])));
  const halvings = Math.max(0, Math.floor(1e-3 - Math.log2(largest))); // a whole bar is 2^-halvings
  const rows = kets.map((ket) => {
    const at = place.get(ket);
    return at === undefined ? amplitudeRow(ket, 0, 0) : amplitudeRow(ket, frame.re[at], frame.im[at], 2 ** halvings);
  });
  const scale = halvings ? `1/${2 ** halvings}` : "1";
  const names = ["ket", "size", "amplitude", "phase", "probability"];
  const head = names.map((name, at) => make("th", { scope: "col", class: at > 1 ? "number" : "" }, name));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "amplitudes-title" }, table);
  const kept = section.querySelector(".scroll")?.scrollTop ?? 0;
  const order = data.qubits.length > 1 ? `${data.qubits[0]} … ${data.qubits.at(-1)}` : data.qubits.join();
  section.replaceChildren(make("h2", { id: "amplitudes-title" }, `Amplitudes (${order})`), scroll, ...leftOut(frame, isEvery), key(scale));
  scroll.scrollTop = kept;
}

function amplitudeRow(ket, re, im, scale = 1) {
  const size = Math.hypot(re, im), turn = Math.atan2(im, re) / Math.PI, isZero = size === 0;
  const bits = data.numQubits ? ket.toString(2).padStart(data.numQubits, "0") : "";
  const bar = make("i", { style: `width:${100 * Math.min(size * scale, 1)}%;background:${color(turn)}` });
  return make(
    "tr",
    { class: isZero ? "zero" : "", "data-ket": bits, "data-re": re, "data-im": im },
    make("td", { class: "ket" }, `|${bits}⟩`),
    make("td", { class: "bar", "aria-hidden": "true" }, ...(isZero ? [] : [bar])),
    make("td", { class: "number" }, isZero ? "0" : complex(re, im)),
    make("td", { class: "number" }, isZero ? "" : angle(turn)),
    make("td", { class: "number" }, percent(size * size)),
  );
}

function complex(re, im) {
  const digits = (x) => Math.abs(x).toFixed(4);
  const sign = (x) => (x < 0 && digits(x) !== "0.0000" ? "−" : "");
  if (digits(im) === "0.0000") return sign(re) + digits(re);
  if (digits(re) === "0.0000") return `${sign(im)}${digits(im)}i`;
  return `${sign(re)}${digits(re)} ${sign(im) || "+"} ${digits(im)}i`;
}

/** A phase in units of π: a fraction where it is a simple one. */
function angle(turn) {
  for (const under of [1, 2, 3, 4, 6, 8, 12, 16]) {
    const over = Math.round(turn * under);
    if (Math.abs(over / under - turn) > 1e-6) continue;
    if (over === 0) return "0";
    const size = Math.abs(over) === 1 ? "π" : `${Math.abs(over)}π`;
    return (turn > 0 || under === 1 ? "" : "−") + size + (under === 1 ? "" : `/${under}`);
  }
  return `${turn.toFixed(3).replace("-", "−")}π`;
}

/** The colour of a phase, as in all pictures: qsim/plots/_phases.py. */
function color(turn) {
  const angle = Math.PI * turn, lightness = 0.66 - 0.05 * (Math.cos(angle) + Math.sin(angle));
  return `oklch(${lightness.toFixed(4)} 0.135 ${(250 + 180 * turn).toFixed(2)})`;
}

/** What colours and lengths of bars mean. */
function key(scale) {
  const half = (from) => {
    const colors = [0, 0.25, 0.5, 0.75, 1].map((turn) => color(from + turn));
    return make("i", { style: `background:linear-gradient(90deg,${colors.join()})` });
  };
  return make("div", { class: "key", "aria-hidden": "true" }, "colour: phase  −π", half(-1), "0", half(0), `π   ·   whole bar: ${scale}`);
}

function leftOut(frame, isEvery) {
  const notes = [];
  if (frame.others) notes.push(`${frame.others.toLocaleString("en")} more, none of them larger, are left out`);
  const zeros = 2 ** data.numQubits - frame.kets.length - frame.others;
  if (!isEvery && zeros) notes.push(`${zeros.toLocaleString("en")} amplitudes are 0`);
  return notes.length ? [make("p", { class: "key" }, `${notes.join("; ")}.`)] : [];
}

function showBloch(frame) {
  const section = element("bloch");
  section.hidden = !frame.bloch || !frame.bloch.length;
  if (section.hidden) return;
  const items = frame.bloch.map((vector, qubit) => blochItem(data.qubits[qubit], vector));
  const kept = section.querySelector(".scroll")?.scrollTop ?? 0;
  const scroll = make("div", { class: "scroll", ...(items.length > 6 ? { tabindex: "0", role: "region", "aria-labelledby": "bloch-title" } : {}) });
  scroll.append(make("ul", {}, ...items));
  section.replaceChildren(make("h2", { id: "bloch-title" }, "Bloch vectors"), scroll);
  scroll.scrollTop = kept;
}

/** A qubit's sphere, seen from the front: y to the right, z up, x towards the reader and to the left. */
function blochItem(name, [x, y, z]) {
  const radius = 38, right = radius * (y - 0.38 * x), down = radius * (0.24 * x - z), length = Math.hypot(x, y, z);
  const words = `x ${signed(x)}, y ${signed(y)}, z ${signed(z)}, length ${signed(length)}`;
  const svg = draw("svg", { viewBox: "-52 -54 104 106", role: "img", "aria-label": `Bloch vector of ${name}: ${words}` });
  svg.append(
    draw("circle", { class: "sphere", r: radius }),
    draw("ellipse", { class: "guide", rx: radius, ry: 0.24 * radius }),
    draw("path", { class: "guide", d: `M0 ${-radius}V${radius}M${-radius} 0H${radius}` }),
    draw("path", { class: "guide", d: `M${0.38 * radius} ${-0.24 * radius}L${-0.38 * radius} ${0.24 * radius}` }),
    draw("text", { class: "pole", y: -radius - 7 }, "|0⟩"),
    draw("text", { class: "pole", y: radius + 12 }, "|1⟩"),
    draw("text", { class: "pole", x: radius + 6, y: 3 }, "y"),
    draw("text", { class: "pole", x: -0.38 * radius - 6, y: 0.24 * radius + 7 }, "x"),
    draw("line", { class: "vector", x2: right, y2: down }),
    draw("circle", { class: "tip", cx: right, cy: down, r: 3.4 }),
  );
  const item = make("li", { "data-x": x, "data-y": y, "data-z": z });
  item.append(make("b", {}, name), svg, `(${signed(x)}, ${signed(y)}, ${signed(z)})`, make("br"), `length ${signed(length)}`);
  return item;
}

function showBits(frame, before) {
  const section = element("bits");
  section.hidden = !frame.bits;
  const cells = [...frame.bits].map((bit, at) => {
    const isChanged = bit !== before.bits[at];
    return make("div", { class: isChanged ? "changed" : "", "data-bit": bit }, make("dt", {}, data.bits[at]), make("dd", {}, bit));
  });
  section.replaceChildren(make("h2", { id: "bits-title" }, "Classical bits"), make("dl", {}, ...cells));
}

// ── What the reader does ────────────────────────────────────────────────────────────────────────────────────────────

const moves = { ArrowLeft: () => step - 1, ArrowRight: () => step + 1, Home: () => 0, End: () => way.length - 1 };
const buttons = { first: "Home", back: "ArrowLeft", forward: "ArrowRight", last: "End" };

for (const [id, key] of Object.entries(buttons)) element(id).addEventListener("click", () => go(moves[key]()));
element("slider").addEventListener("input", (event) => go(Number(event.target.value)));
document.addEventListener("keydown", (event) => {
  const isOther = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target === element("slider");
  if (isOther || !(event.key in moves)) return; // the slider has these keys by itself
  event.preventDefault();
  go(moves[event.key]());
});
element("sheet").addEventListener("click", (event) => {
  const corner = element("sheet").getBoundingClientRect();
  const x = event.clientX - corner.left, y = event.clientY - corner.top;
  const isHit = ([left, top, width, height]) => left <= x && x <= left + width && top <= y && y <= top + height;
  const at = way.findIndex((moment) => moment.frame.boxes.some((box) => isHit(data.boxes[box])));
  if (at >= 0) go(at);
});

/** In a notebook: as high as the page, and as light or dark as the notebook says. */
function settle() {
  const frame = window.frameElement;
  if (!frame) return;
  const fit = () => { frame.style.height = `${document.querySelector("main").offsetHeight + 26}px`; };
  new ResizeObserver(fit).observe(document.querySelector("main"));
  const outer = frame.ownerDocument.body;
  const follow = () => {
    const isDark = outer.classList.contains("vscode-dark") || outer.dataset.jpThemeLight === "false";
    const isLight = outer.classList.contains("vscode-light") || outer.dataset.jpThemeLight === "true";
    if (isDark || isLight) document.documentElement.dataset.theme = isDark ? "dark" : "light";
    else delete document.documentElement.dataset.theme;
  };
  new MutationObserver(follow).observe(outer, { attributes: true });
  follow();
}

try {
  settle();
} catch {
  // a frame of another origin tells nothing: the height stays, the system says whether it is dark
}
findWay();
show();
