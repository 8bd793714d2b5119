
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const letters = Array.from(data.text);
const byId = (id) => document.getElementById(id);
let chosen = Math.max(0, data.places.findIndex((place, n) => n > 0 && place.bits > 3)), head = null;

function element(tag, text, name) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}
const visible = (c) => ({ "\n": "↵", " ": "␣", "\t": "⇥" })[c] ?? c;
const percent = (p) => (100 * p).toFixed(p < 0.1 ? 1 : 0) + " %";

function row(table, cells, name) {
  const made = table.appendChild(element("tr", undefined, name));
  for (const [text, kind] of cells) made.appendChild(element("td", text, kind));
  return made;
}

function bar(cell, share) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const filled = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  made.setAttribute("width", 130); made.setAttribute("height", 12);
  filled.setAttribute("width", 130 * share); filled.setAttribute("height", 12); filled.setAttribute("class", "bar");
  made.appendChild(filled); cell.replaceChildren(made);
}

function lookedAt(place) {
  const weights = new Map(), rows = head === null ? place.looked.flat() : [place.looked[head[0]][head[1]]];
  for (const looked of rows)
    for (const [at, weight] of looked) weights.set(at, (weights.get(at) ?? 0) + weight / rows.length);
  return [...weights].sort((a, b) => b[1] - a[1]);
}

function around(at) {
  if (at < 0) return "the beginning";
  return letters.slice(Math.max(0, at - 4), at).map(visible).join("") + "[" + visible(letters[at]) + "]"
    + letters.slice(at + 1, at + 5).map(visible).join("");
}

function show(n) {
  chosen = Math.min(Math.max(n, 0), letters.length - 1);
  const place = data.places[chosen], spans = byId("text").children, looked = lookedAt(place);
  for (const span of spans) { span.classList.remove("chosen"); span.removeAttribute("aria-selected");
    span.style.setProperty("border-bottom-width", "0"); }
  spans[chosen].classList.add("chosen");
  spans[chosen].setAttribute("aria-selected", "true");
  const most = looked.length ? looked[0][1] : 1;
  for (const [at, weight] of looked)
    if (at >= 0) spans[at].style.setProperty("border-bottom-width", (1 + 5 * weight / most).toFixed(1) + "px");
  const chance = 2 ** -place.bits;
  byId("chosen").textContent = "“" + visible(letters[chosen]) + "”: chance " + percent(chance) + ", guess " + place.rank
    + " of " + data.characters + ", " + place.bits.toFixed(1) + " bits of surprise";
  byId("likely").replaceChildren();
  for (const [character, probability] of place.likely) {
    const made = row(byId("likely"), [[visible(character)], [""], [percent(probability), "n"]],
      character === letters[chosen] ? "hit" : "");
    bar(made.children[1], probability);
  }
  byId("looked").replaceChildren();
  for (const [at, weight] of looked.slice(0, 6))
    row(byId("looked"), [[around(at)], [at < 0 ? "" : chosen - at + " back", "n"], [percent(weight), "n"]]);
  byId("stages").replaceChildren();
  place.stages.forEach((stage, n) => row(byId("stages"), [[n ? "block " + n : "before the first", "n"],
    ...stage.map(([character, probability]) => [visible(character) + " " + percent(probability)])]));
  for (const button of byId("heads").children)
    button.setAttribute("aria-pressed", button.value === (head === null ? "" : head.join()));
}

function begin() {
  byId("about").textContent = "The model is the run " + data.run + ". It needs " + data.mean_bits.toFixed(2)
    + " bits for a character of this text on average; a model that knows nothing needs "
    + Math.log2(data.characters).toFixed(2) + ".";
  byId("scale").append("bits of surprise: ");
  for (let bits = 0; bits < 8; bits++) byId("scale").append(element("b", bits + (bits === 7 ? "+" : ""), "s" + bits));
  letters.forEach((letter, n) => {
    const made = element("span", letter === "\n" ? "↵\n" : letter, "s" + Math.min(Math.round(data.places[n].bits), 7));
    made.setAttribute("role", "option");
    made.addEventListener("click", () => show(n));
    byId("text").append(made);
  });
  byId("text").addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 20, ArrowUp: -20, Home: -letters.length, End: letters.length };
    if (event.key in by) { show(chosen + by[event.key]); event.preventDefault(); }
  });
  byId("inside").hidden = !data.blocks;
  byId("heads").style.setProperty("grid-template-columns", "repeat(" + Math.max(data.heads, 1) + ", auto)");
  const choices = [[null, "all heads"]];
  for (let block = 0; block < data.blocks; block++)
    for (let n = 0; n < data.heads; n++) choices.push([[block, n], "block " + (block + 1) + ", head " + (n + 1)]);
  for (const [choice, name] of choices) {
    const made = element("button", choice === null ? name : (choice[0] + 1) + "." + (choice[1] + 1));
    made.value = choice === null ? "" : choice.join();
    made.title = name; made.type = "button";
    if (choice === null) made.style.setProperty("grid-column", "1 / -1");
    made.addEventListener("click", () => { head = choice; show(chosen); });
    byId("heads").append(made);
  }
  show(chosen);
}
begin();
