
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const letters = Array.from(data.text), source = Array.from(data.source);
const cutText = data.cut && !source.length; // a source is cut, not the reply
const byId = (id) => document.getElementById(id);
let chosen = 0;
// What the colours show: null is surprise; [] is where all heads looked; [block, head] is where that one did.
const chosenHead = { looked: null, across: [] };

function element(tag, text, name) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}
const visible = (c) => ({ "\n": "↵", " ": "␣", "\t": "⇥", "\x03": "⊣" })[c] ?? c;
const percent = (p) => (p > 0.995 && p < 1 ? "99+" : p > 0 && p < 0.0005 ? "< 0.1"
  : (100 * p).toFixed(p < 0.0995 ? 1 : 0)) + "\u00a0%";
const spelled = (letter) => element("span", letter === "\n" ? "↵\n" : letter === "\x03" ? "⊣" : letter);
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

function lookedAt(place, side) { // where the chosen head looked, or all of them on average, the strongest first
  const which = chosenHead[side] ?? [];
  const rows = which.length ? [place[side][which[0]][which[1]]] : place[side].flat();
  const weights = new Map();
  for (const looked of rows)
    for (const [at, weight] of looked) weights.set(at, (weights.get(at) ?? 0) + weight / rows.length);
  return [...weights].sort((a, b) => b[1] - a[1]);
}

function called(side) {
  const which = chosenHead[side] ?? [], name = side === "across" ? "cross-head" : "head";
  return which.length ? name + " " + (which[1] + 1) + " of block " + (which[0] + 1) : "the average of all " + name + "s";
}

function before(cell, at, text) { // a character, framed, after some that stand before it
  if (at < 0) cell.append(element("b", cutText ? "what was cut off" : "the start"));
  else cell.append(text.slice(Math.max(0, at - 7), at).map(visible).join(""), element("b", visible(text[at])));
}

function list(table, looked, text, distance) { // the places that a head looked at most
  table.replaceChildren();
  for (const [at, weight] of looked.slice(0, 6)) {
    const back = distance ? [[at < 0 ? "" : chosen - at + " back", "n"]] : [];
    before(row(table, [[undefined], ...back, [percent(weight), "n"]]).children[0], at, text);
  }
}

const shares = (looked) => { // of the greatest weight, as levels of colour
  const most = looked.length ? looked[0][1] : 1, levels = new Map(looked.map(([at, share]) => [at, 7 * share / most]));
  return { most, level: (at) => levels.get(at) ?? 0 };
};

function scale(box, unit, label) {
  box.replaceChildren(unit, ...[0, 1, 2, 3, 4, 5, 6, 7].map((step) => element("b", label(step), "s" + step)));
}

const whereLooked = (side) => "where " + called(side)
  + " looked before the model guessed the chosen character, in shares of all that it looked at";

function colour(looked) {
  const surprised = chosenHead.looked === null, { most, level } = shares(looked);
  Array.from(byId("text").querySelectorAll("span")).forEach((span, n) => {
    const strength = surprised ? data.places[n].bits : level(n);
    span.className = "s" + Math.min(Math.round(strength), 7) + (n === chosen ? " chosen" : "");
    if (n === chosen) span.setAttribute("aria-selected", "true"); else span.removeAttribute("aria-selected");
  });
  byId("start").className = "s" + (surprised ? 0 : Math.round(level(-1)));
  byId("start").hidden = surprised;
  byId("meaning").textContent = surprised
    ? "surprise in bits: 1 for a coin toss that comes right, 2 for two in a row, and so on" : whereLooked("looked");
  scale(byId("scale"), surprised ? "bits: " : "",
    (step) => surprised ? step + (step === 7 ? "+" : "") : percent(most * step / 7));
}

function colourSource(looked) {
  const { most, level } = shares(looked);
  Array.from(byId("source").children).forEach((span, n) => { span.className = "s" + Math.round(level(n)); });
  byId("source-meaning").textContent = whereLooked("across");
  scale(byId("source-scale"), "", (step) => percent(most * step / 7));
}

function show(n) {
  chosen = Math.min(Math.max(n, 0), letters.length - 1);
  const place = data.places[chosen], came = letters[chosen], chance = 2 ** -place.bits;
  const looked = lookedAt(place, "looked"), across = lookedAt(place, "across");
  colour(looked);
  if (source.length) colourSource(across);
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
  byId("looked-title").textContent = "Where it looked" + (source.length ? " in the reply: " : ": ") + called("looked");
  list(byId("looked"), looked, letters, true);
  byId("across-title").textContent = "Where it looked in the source: " + called("across");
  list(byId("across"), across, source, false);
  byId("stages").replaceChildren();
  place.stages.forEach((stage, n) => row(byId("stages"), [[n ? "block " + n : "no block", "n"],
    ...stage.map(([character, probability]) =>
      [visible(character) + " " + percent(probability), character === came ? "hit" : ""])]));
  for (const [side, choices] of [["looked", "choices"], ["across", "source-choices"]])
    for (const button of byId(choices).querySelectorAll("button"))
      button.setAttribute("aria-pressed", button.value === JSON.stringify(chosenHead[side]));
}

function move(n) {
  show(n);
  byId("text").querySelectorAll("span")[chosen].scrollIntoView({ block: "nearest" });
}

function choice(side, value, text, name) { // a button that chooses what the colour shows
  const made = element("button", text), usual = chosenHead[side];
  made.value = JSON.stringify(value);
  made.title = name; made.type = "button";
  made.addEventListener("click", () => {
    chosenHead[side] = JSON.stringify(chosenHead[side]) === made.value ? usual : value;
    show(chosen);
  });
  return made;
}

function choices(box, side, name) { // a row of buttons for all heads, and one for each block
  const whole = element("div", "colour by ");
  if (side === "looked") whole.append(choice(side, null, "surprise", "surprise"));
  whole.append(choice(side, [], "all " + name + "s", "the average of all " + name + "s"));
  box.append(whole);
  for (let block = 0; block < data.blocks; block++) {
    const made = element("div", "block " + (block + 1) + " ");
    for (let n = 0; n < data.heads; n++)
      made.append(choice(side, [block, n], name + " " + (n + 1), name + " " + (n + 1) + " of block " + (block + 1)));
    box.append(made);
  }
}

function first() { // a right guess that formed on the way up, to begin with
  const formed = (place, n) => n > (source.length ? 0 : 20) && place.rank === 1 && place.bits < 1 && place.stages.length
    && place.stages.slice(0, 2).every(([[character]]) => character !== letters[n]);
  return Math.max(0, data.places.findIndex(formed));
}

function cutWords() {
  if (!data.cut) return "";
  const read = source.length ? source.length - 1 : letters.length;
  return " The " + (source.length ? "source" : "text") + " began earlier: the model reads " + read
    + " characters at most, and these are its last.";
}

function begin() {
  const right = data.places.filter((place) => place.rank === 1).length;
  const end = letters.includes("\x03") ? ", with the end (⊣) as one" : "";
  byId("about").textContent = "This one is called “" + data.run + "”. Its first choice was right for " + right + " of "
    + letters.length + " characters" + end + ". It needs " + data.mean_bits.toFixed(2)
    + " bits for a character on average; with blind guessing among the " + data.characters
    + " characters it knows, it would need " + Math.log2(data.characters).toFixed(2) + "." + cutWords();
  byId("text").append(element("i", "⊢"));
  byId("text").firstChild.id = "start";
  byId("text").firstChild.title = cutText ? "what was cut off" : "the start, before the text";
  letters.forEach((letter, n) => {
    const made = spelled(letter);
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
  choices(byId("choices"), "looked", "head");
  choices(byId("source-choices"), "across", "cross-head");
  source.forEach((letter) => byId("source").append(spelled(letter)));
  for (const part of document.querySelectorAll("[data-for]"))
    part.hidden = part.dataset.for !== (source.length ? "reply" : "text");
  show(first());
}
begin();
