"use strict";
/* The page is drawn by these files, one after another: nodes, text (the document), record, choice (a value and its
   place), search, list (documents, filters), charts, keys.
   Documents and answers are hostile: every text goes into the page as a text node, none as markup.
   Offsets are those of JavaScript (UTF-16), as the writer of the page has turned them. */

const pack = JSON.parse(document.getElementById("data").textContent);
const STATES = {
  exact: "as written",
  normalised: "but for case, width, punctuation, spaces, plural",
  typed: "the same number or date, written otherwise",
  fuzzy: "nearly so; the number says how nearly (1 is the same)",
  worded: "in words of the model, each sentence with the passage that backs it, and how well",
  none: "not in the text",
  label: "a choice or a yes or no: needs no place in the text",
  unchecked: "was not looked up in the text: its record was made without that, or says nothing of it",
  empty: "left empty, with the reason",
};
const OTHERWISE = "marked like this: what other parts of a long text say of a value";
const NAMES = { none: "not found", unchecked: "not looked up" };
const nameOf = (state) => NAMES[state] ?? state;

/* As a leaf is counted everywhere: a summary that is found but for a name is not found. */
const verdictOf = (row) => (row.unfounded ? "none" : row.state);

/* How many leaves were looked up, and how many of them are found. */
function foundOf(rows) {
  const looked = rows.filter((row) => row.state && !["empty", "label", "unchecked"].includes(row.state));
  return { looked: looked.length, found: looked.filter((row) => verdictOf(row) !== "none").length };
}

const now = {
  at: -1,
  last: -1, // the document that is shown again once a search finds something
  row: -1,
  sentence: -1,
  saying: -1,
  words: [],
  filters: new Set(),
  facet: null,
  shown: [],
  entries: [],
  rows: [],
  marks: {},
  passages: {},
  sayings: {},
  folded: null, // the panes as a search compares them
};
const counted = (number) => number.toLocaleString("en"); // 1,234
const several = (number, what) => `${what}${number === 1 ? "" : "s"}`; // 1 document, 2 documents
const byId = (id) => document.getElementById(id);
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

function node(name, className, ...inner) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...inner.filter((one) => one !== null && one !== undefined));
  return made;
}

function drawn(name, attributes, ...inner) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inner);
  return made;
}

function button(className, onClick, ...inner) {
  const made = node("button", className, ...inner);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

// What a browser would obey or hide rather than show: controls, changes of direction, halves of characters.
const UNSAFE =
  /\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/* '\u202e' as six characters. */
function escaped(found) {
  const code = found.codePointAt(0).toString(16);
  return code.length < 3 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
}

/* A text to look at: what is unsafe in it is an escape. */
function safe(text) {
  const parts = document.createDocumentFragment();
  let at = 0;
  for (const found of text.matchAll(UNSAFE)) {
    parts.append(text.slice(at, found.index), node("span", "unsafe", escaped(found[0])));
    at = found.index + found[0].length;
  }
  parts.append(text.slice(at));
  return parts;
}

/* The same for attributes. */
const plain = (text) => text.replace(UNSAFE, escaped);

/* Colours far from each other, however many fields there are. */
const hue = (field) => Math.round((250 + field * 137.508) % 360);

function coloured(made, field) {
  made.classList.add("hue");
  made.style.setProperty("--h", hue(field));
  return made;
}

function reveal(made, block) {
  if (!made.checkVisibility || made.checkVisibility()) {
    made.scrollIntoView({ block, behavior: "auto" });
    if (block === "center")
      requestAnimationFrame(() => made.scrollIntoView({ block, behavior: isCalm.matches ? "auto" : "smooth" }));
  }
}
