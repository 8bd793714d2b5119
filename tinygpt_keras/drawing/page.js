
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const letters = Array.from(data.text);
const byId = (id) => document.getElementById(id);
let chosen = Math.max(0, data.places.findIndex((place, n) => n > 0 && place.bits > 3));
let head = null; // null: colour shows surprise; []: where all heads looked; [block, head]: where that one did

function element(tag, text, name) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}
const visible = (c) => ({ "\n": "↵", " ": "␣", "\t": "⇥" })[c] ?? c;
const percent = (p) => (p > 0.995 && p < 1 ? "99+" : (100 * p).toFixed(p < 0.1 ? 1 : 0)) + "\u00a0%";

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
  const rows = head === null || !head.length ? place.looked.flat() : [place.looked[head[0]][head[1]]];
  const weights = new Map();
  for (const looked of rows)
    for (const [at, weight] of looked) weights.set(at, (weights.get(at) ?? 0) + weight / rows.length);
  return [...weights].sort((a, b) => b[1] - a[1]);
}

function before(at) { // a character and some that stand before it
  if (at < 0) return data.cut ? "what was cut off" : "the beginning";
  return letters.slice(Math.max(0, at - 7), at + 1).map(visible).join("");
}

function colour(looked) {
  const most = looked.length ? looked[0][1] : 1, shares = new Map(looked);
  Array.from(byId("text").children).forEach((span, n) => {
    const level = head === null ? data.places[n].bits : 7 * (shares.get(n) ?? 0) / most;
    span.className = "s" + Math.min(Math.round(level), 7) + (n === chosen ? " chosen" : "");
    if (n === chosen) span.setAttribute("aria-selected", "true"); else span.removeAttribute("aria-selected");
  });
  byId("meaning").textContent = head === null
    ? "surprise: the stronger, the less the model expected the character (in bits: 1 is a coin toss, 2 are two)"
    : "where the model looked before it guessed the chosen character: the stronger, the more";
  byId("scale").hidden = head !== null;
}

function show(n) {
  chosen = Math.min(Math.max(n, 0), letters.length - 1);
  const place = data.places[chosen], looked = lookedAt(place), came = letters[chosen], chance = 2 ** -place.bits;
  colour(looked);
  byId("chosen").textContent = "“" + visible(came) + "”: guess " + place.rank + " of " + data.characters
    + " characters, chance " + percent(chance) + ", " + place.bits.toFixed(1) + " bits of surprise";
  byId("likely").replaceChildren();
  const listed = place.likely.some(([character]) => character === came) ? place.likely : [...place.likely, [came, chance]];
  for (const [character, probability] of listed) {
    const made = row(byId("likely"), [[visible(character)], [""], [percent(probability), "n"]],
      character === came ? "hit" : "");
    bar(made.children[1], probability);
  }
  byId("looked-title").textContent = looked.length ? "Most of all at the last character of each of these:" : "";
  byId("looked").replaceChildren();
  for (const [at, weight] of looked.slice(0, 6))
    row(byId("looked"), [[before(at)], [at < 0 ? "" : chosen - at + " back", "n"], [percent(weight), "n"]]);
  byId("stages").replaceChildren();
  place.stages.forEach((stage, n) => row(byId("stages"), [[n ? "block " + n : "at first", "n"],
    ...stage.map(([character, probability]) => [visible(character) + " " + percent(probability)])]));
  for (const button of byId("heads").children)
    button.setAttribute("aria-pressed", button.value === JSON.stringify(head));
}

function begin() {
  byId("about").textContent = "This one is the run “" + data.run + "”. It needs " + data.mean_bits.toFixed(2)
    + " bits for a character of this text on average; with blind guessing it would need "
    + Math.log2(data.characters).toFixed(2) + "." + (data.cut ? " The text began earlier: the model reads "
    + letters.length + " characters at most, and these are its last." : "");
  byId("scale").append("bits: ");
  for (let bits = 0; bits < 8; bits++) byId("scale").append(element("b", bits + (bits === 7 ? "+" : ""), "s" + bits));
  letters.forEach((letter, n) => {
    const made = element("span", letter === "\n" ? "↵\n" : letter);
    made.setAttribute("role", "option");
    made.addEventListener("click", () => show(n));
    byId("text").append(made);
  });
  document.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, Home: -letters.length, End: letters.length };
    if (event.key in by && !event.ctrlKey && !event.altKey && !event.metaKey) {
      show(chosen + by[event.key]); event.preventDefault(); }
  });
  byId("inside").hidden = !data.blocks;
  byId("heads").style.setProperty("grid-template-columns", "repeat(" + Math.max(data.heads, 2) + ", auto)");
  const choices = [[null, "surprise"], [[], "all heads"]];
  for (let block = 0; block < data.blocks; block++)
    for (let n = 0; n < data.heads; n++) choices.push([[block, n], "block " + (block + 1) + ", head " + (n + 1)]);
  for (const [choice, name] of choices) {
    const made = element("button", choice === null || !choice.length ? name : (choice[0] + 1) + "." + (choice[1] + 1));
    made.value = JSON.stringify(choice);
    made.title = name; made.type = "button";
    if (choice === null) made.style.setProperty("grid-column", "1 / " + (1 + Math.ceil(Math.max(data.heads, 2) / 2)));
    else if (!choice.length)
      made.style.setProperty("grid-column", (1 + Math.ceil(Math.max(data.heads, 2) / 2)) + " / -1");
    made.addEventListener("click", () => { head = JSON.stringify(head) === made.value ? null : choice; show(chosen); });
    byId("heads").append(made);
  }
  show(chosen);
}
begin();
