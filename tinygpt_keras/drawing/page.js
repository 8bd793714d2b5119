
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const letters = Array.from(data.text);
const byId = (id) => document.getElementById(id);
let chosen = 0;
let head = null; // null: colour shows surprise; []: where all heads looked; [block, head]: where that one did

function element(tag, text, name) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}
const visible = (c) => ({ "\n": "↵", " ": "␣", "\t": "⇥" })[c] ?? c;
const percent = (p) => (p > 0.995 && p < 1 ? "99+" : p > 0 && p < 0.0005 ? "< 0.1"
  : (100 * p).toFixed(p < 0.0995 ? 1 : 0)) + "\u00a0%";
const nth = (n) => n + (n % 100 > 10 && n % 100 < 14 ? "th" : ["th", "st", "nd", "rd"][n % 10] ?? "th");

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

function lookedAt(place) { // where the chosen head looked, or all of them on average, the strongest first
  const rows = head === null || !head.length ? place.looked.flat() : [place.looked[head[0]][head[1]]];
  const weights = new Map();
  for (const looked of rows)
    for (const [at, weight] of looked) weights.set(at, (weights.get(at) ?? 0) + weight / rows.length);
  return [...weights].sort((a, b) => b[1] - a[1]);
}

function before(cell, at) { // a character, framed, after some that stand before it
  if (at < 0) cell.append(element("b", data.cut ? "what was cut off" : "the start"));
  else cell.append(letters.slice(Math.max(0, at - 7), at).map(visible).join(""), element("b", visible(letters[at])));
}

function colour(looked) {
  const most = looked.length ? looked[0][1] : 1, shares = new Map(looked), level = (share) => 7 * (share ?? 0) / most;
  Array.from(byId("text").querySelectorAll("span")).forEach((span, n) => {
    const strength = head === null ? data.places[n].bits : level(shares.get(n));
    span.className = "s" + Math.min(Math.round(strength), 7) + (n === chosen ? " chosen" : "");
    if (n === chosen) span.setAttribute("aria-selected", "true"); else span.removeAttribute("aria-selected");
  });
  byId("start").className = "s" + (head === null ? 0 : Math.round(level(shares.get(-1))));
  byId("start").hidden = head === null;
  byId("meaning").textContent = head === null
    ? "surprise in bits: 1 for a coin toss that comes right, 2 for two in a row, and so on"
    : "where " + called() + " looked before the model guessed the chosen character, in shares of all that it looked at";
  const label = (step) => head === null ? step + (step === 7 ? "+" : "") : percent(most * step / 7);
  byId("scale").replaceChildren(head === null ? "bits: " : "",
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((step) => element("b", label(step), "s" + step)));
}
const called = () => head === null || !head.length ? "the average of all heads"
  : "head " + (head[1] + 1) + " of block " + (head[0] + 1);

function show(n) {
  chosen = Math.min(Math.max(n, 0), letters.length - 1);
  const place = data.places[chosen], looked = lookedAt(place), came = letters[chosen], chance = 2 ** -place.bits;
  colour(looked);
  byId("chosen").textContent = "“" + visible(came) + "”: its " + nth(place.rank) + " choice of the " + data.characters
    + " characters it knows, chance " + percent(chance) + ", " + place.bits.toFixed(1) + " bits of surprise";
  byId("likely").replaceChildren();
  const listed = place.likely.map(([character, probability], at) => [at + 1, character, probability]);
  if (!place.likely.some(([character]) => character === came)) {
    if (place.rank > listed.length + 1) listed.push(["⋮"]);
    listed.push([place.rank, came, chance]);
  }
  for (const [rank, character, probability] of listed) {
    const known = character !== undefined, hit = known && character === came ? "hit" : "";
    const cells = known ? [[visible(character)], [""], [percent(probability), "n"]] : [];
    const made = row(byId("likely"), [[rank, "n"], ...cells], hit);
    if (known) bar(made.children[2], probability);
  }
  byId("looked-title").textContent = "Where it looked: " + called();
  byId("looked").replaceChildren();
  for (const [at, weight] of looked.slice(0, 6)) {
    const cells = [[undefined], [at < 0 ? "" : chosen - at + " back", "n"], [percent(weight), "n"]];
    before(row(byId("looked"), cells).children[0], at);
  }
  byId("stages").replaceChildren();
  place.stages.forEach((stage, n) => row(byId("stages"), [[n ? "block " + n : "no block", "n"],
    ...stage.map(([character, probability]) =>
      [visible(character) + " " + percent(probability), character === came ? "hit" : ""])]));
  for (const button of byId("choices").querySelectorAll("button"))
    button.setAttribute("aria-pressed", button.value === JSON.stringify(head));
}

function move(n) {
  show(n);
  byId("text").querySelectorAll("span")[chosen].scrollIntoView({ block: "nearest" });
}

function choice(value, text, name) { // a button that colours the text
  const made = element("button", text);
  made.value = JSON.stringify(value);
  made.title = name; made.type = "button";
  made.addEventListener("click", () => { head = JSON.stringify(head) === made.value ? null : value; show(chosen); });
  return made;
}

function first() { // a right guess that formed on the way up, to begin with
  const formed = (place, n) => n > 20 && place.rank === 1 && place.bits < 1 && place.stages.length
    && place.stages.slice(0, 2).every(([[character]]) => character !== letters[n]);
  return Math.max(0, data.places.findIndex(formed));
}

function begin() {
  const right = data.places.filter((place) => place.rank === 1).length;
  byId("about").textContent = "This one is called “" + data.run + "”. Its first choice was right for " + right + " of "
    + letters.length + " characters. It needs " + data.mean_bits.toFixed(2) + " bits for a character on average; with "
    + "blind guessing among the " + data.characters + " characters it knows, it would need "
    + Math.log2(data.characters).toFixed(2) + "." + (data.cut ? " The text began earlier: the model reads "
    + letters.length + " characters at most, and these are its last." : "");
  byId("text").append(element("i", "⊢"));
  byId("text").firstChild.id = "start";
  byId("text").firstChild.title = data.cut ? "what was cut off" : "the start, before the text";
  letters.forEach((letter, n) => {
    const made = element("span", letter === "\n" ? "↵\n" : letter);
    made.setAttribute("role", "option");
    made.addEventListener("click", () => show(n));
    byId("text").append(made);
  });
  document.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, Home: -letters.length, End: letters.length };
    if (event.key in by && !event.ctrlKey && !event.altKey && !event.metaKey) {
      move(chosen + by[event.key]); event.preventDefault(); }
  });
  byId("back").addEventListener("click", () => move(chosen - 1));
  byId("forth").addEventListener("click", () => move(chosen + 1));
  byId("inside").hidden = byId("looked-part").hidden = !data.blocks;
  const whole = element("div", "colour by ");
  whole.append(choice(null, "surprise", "surprise"), choice([], "all heads", "the average of all heads"));
  byId("choices").append(whole);
  for (let block = 0; block < data.blocks; block++) {
    const made = element("div", "block " + (block + 1) + " ");
    for (let n = 0; n < data.heads; n++)
      made.append(choice([block, n], "head " + (n + 1), "head " + (n + 1) + " of block " + (block + 1)));
    byId("choices").append(made);
  }
  show(first());
}
begin();
