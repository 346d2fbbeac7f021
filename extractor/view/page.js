"use strict";
/* Reading order: nodes, the shown document, its record, the list and what it shows, statistics, keys.
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
  label: "a choice or a yes or no: not looked up",
  empty: "left empty, with the reason",
};
const NAMES = { worded: "worded", none: "not found", label: "label", empty: "empty" };
const FILTERS = {
  failed: {
    name: "Failed",
    meaning: "there is no valid record",
    takes: (one) => !one.ok,
    isAbout: () => true,
  },
  none: {
    name: "Not found",
    meaning: "a value is not in the text",
    takes: (one) => one.rows.some(FILTERS.none.isAbout),
    isAbout: (row) => row.state === "none",
  },
  low: {
    name: "Low score",
    meaning: "a value is hardly like its place, or a sentence hardly backed, or says names or numbers that the text does not",
    takes: (one) => one.rows.some(FILTERS.low.isAbout),
    isAbout: (row) => row.low,
  },
  noted: {
    name: "Notes",
    meaning: "something was changed or left out on the way",
    takes: (one) => one.remarks.length > 0 || one.rows.some(FILTERS.noted.isAbout),
    isAbout: (row) => row.note,
  },
};
const LANES = 4; // lines of spans that lie within each other
const BLOCK = 1500; // characters that are laid out together

const now = { at: -1, row: -1, words: [], filters: new Set(), facet: null, shown: [], marks: [], passages: [], rows: [] };
const byId = (id) => document.getElementById(id);
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

// --- nodes ------------------------------------------------------------------------------------------------------

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
const UNSAFE = /\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu;

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
    if (block === "center") requestAnimationFrame(() => made.scrollIntoView({ block, behavior: isCalm.matches ? "auto" : "smooth" }));
  }
}

// --- the shown document -----------------------------------------------------------------------------------------

/* What lies on the text: values, and the passages that back sentences. */
function spansOf(one) {
  const spans = [];
  one.rows.forEach((row, number) => {
    if (row.span) spans.push({ row: number, start: row.span[0], end: row.span[1], sentence: -1 });
    (row.support || []).forEach((sentence, at) => {
      if (sentence.passage) spans.push({ row: number, start: sentence.passage[0], end: sentence.passage[1], sentence: at });
    });
  });
  return spans.filter((span) => span.start < span.end).sort((a, b) => a.start - b.start || b.end - a.end);
}

/* Each value gets a lane for its line that no other has meanwhile: 'Bank of [England]' has two. */
function assignLanes(spans) {
  const ends = [];
  for (const span of spans) {
    if (span.sentence >= 0) continue;
    let lane = ends.findIndex((end) => end <= span.start);
    if (lane < 0) lane = ends.length < LANES ? ends.length : LANES - 1;
    ends[lane] = Math.max(ends[lane] || 0, span.end);
    span.lane = lane;
  }
}

/* Where the text is cut into blocks: at ends of lines. */
function blocksOf(text) {
  const ends = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", Math.min(at + BLOCK, text.length));
    at = end < 0 ? text.length : end + 1;
    ends.push(at);
  }
  return ends;
}

/* The text in pieces that the same spans cover: calls put(start, end, spans, isEndOfBlock) for each. */
function eachPiece(text, spans, put) {
  const cuts = new Set(blocksOf(text));
  const bounds = [...new Set([0, text.length, ...cuts, ...spans.flatMap((span) => [span.start, span.end])])].sort((a, b) => a - b);
  let open = [];
  let next = 0;
  for (let number = 0; number + 1 < bounds.length; number += 1) {
    const [start, end] = [bounds[number], bounds[number + 1]];
    if (open.length) open = open.filter((span) => span.end > start);
    while (next < spans.length && spans[next].start <= start) open.push(spans[next++]);
    put(start, end, open, cuts.has(end));
  }
}

function markOf(piece, open) {
  const one = pack.documents[now.at];
  const values = open.filter((span) => span.sentence < 0).slice(-LANES);
  const made = node("mark", values.length ? "" : "passage", piece);
  made.spans = open.slice(-2 * LANES).reverse(); // the innermost first
  if (values.length) {
    const inner = one.rows[values[values.length - 1].row];
    coloured(made, inner.field);
    const lines = values.sort((a, b) => a.lane - b.lane).flatMap(({ row, lane }) => [
      `0 ${1 + 3 * lane}px 0 0 var(--page)`,
      `0 ${3 + 3 * lane}px 0 0 light-dark(oklch(0.58 0.14 ${hue(one.rows[row].field)}), oklch(0.74 0.12 ${hue(one.rows[row].field)}))`,
    ]);
    made.style.boxShadow = (values.length === 1 && values[0].lane === 0 ? lines.slice(1).map((line) => line.replace("3px", "2px")) : lines).join(", ");
  }
  const names = values.map(({ row }) => plain(pack.fields[one.rows[row].field]));
  made.title = names.join(", ") || "backs a sentence of the model's own";
  for (const { row, sentence } of open) {
    const known = sentence < 0 ? now.marks : now.passages;
    const key = sentence < 0 ? row : `${row}:${sentence}`;
    (known[key] ||= []).push(made);
  }
  return made;
}

function showText(one) {
  const pane = byId("text");
  const told = one.told.map((text) => node("p", "told", node("strong", "", "Note: "), safe(text)));
  pane.replaceChildren(...told);
  pane.scrollTop = 0;
  now.marks = {};
  now.passages = {};
  if (typeof one.text !== "string") return;
  const paper = node("div", "paper");
  const spans = spansOf(one);
  assignLanes(spans);
  let block = node("div", "block");
  eachPiece(one.text, spans, (start, end, open, isEnd) => {
    const piece = safe(one.text.slice(start, end));
    block.append(open.length ? markOf(piece, open) : piece);
    if (isEnd) {
      paper.append(block);
      block = node("div", "block");
    }
  });
  pane.append(paper);
}

// --- its record -------------------------------------------------------------------------------------------------

function badgeOf(row) {
  const score = row.score === undefined ? "" : ` ${row.score.toFixed(2)}`;
  const made = node("span", `badge is-${row.state}${row.low ? " low" : ""}`, (NAMES[row.state] || row.state) + score);
  made.title = STATES[row.state];
  return made;
}

/* A sentence with what is missing in the text underlined. */
function sentenceOf(row, sentence, number, at) {
  const text = row.text.slice(...sentence.at);
  const made = node("span", `sentence${sentence.low ? " low" : ""}`);
  made.title = sentence.passage ? `backed by a passage, ${sentence.score.toFixed(2)}` : "no passage backs it";
  const places = sentence.missing.filter(Boolean).map((word) => [text.indexOf(word), word.length]).filter(([start]) => start >= 0);
  let done = 0;
  for (const [start, length] of places.sort((a, b) => a[0] - b[0])) {
    if (start < done) continue;
    const word = node("span", "missing", safe(text.slice(start, start + length)));
    word.title = "not in the text";
    made.append(safe(text.slice(done, start)), word);
    done = start + length;
  }
  made.append(safe(text.slice(done)), node("sup", "", sentence.score.toFixed(2)));
  made.addEventListener("click", (event) => {
    event.stopPropagation();
    choose(number, { sentence: at });
  });
  made.addEventListener("mouseenter", () => near(now.passages[`${number}:${at}`], true));
  made.addEventListener("mouseleave", () => near(now.passages[`${number}:${at}`], false));
  return made;
}

function valueOf(row, number) {
  const made = node("div", `value ${row.kind}`);
  let done = 0;
  (row.support || []).forEach((sentence, at) => {
    if (sentence.at[0] < done) return;
    made.append(safe(row.text.slice(done, sentence.at[0])), sentenceOf(row, sentence, number, at));
    done = sentence.at[1];
  });
  made.append(safe(row.text.slice(done)));
  return made;
}

function rowOf(row, number) {
  const isLeaf = row.state !== undefined;
  const label = node("span", "label", safe(row.name));
  label.title = plain(row.at) || "/";
  const made = node("li", `row ${isLeaf ? "leaf" : "group"}${row.item && isLeaf ? " item" : ""}`, label);
  made.setAttribute("role", "treeitem");
  made.setAttribute("aria-level", row.depth + 1);
  made.style.setProperty("--depth", Math.min(row.depth, 8));
  made.tabIndex = -1;
  made.dataset.at = row.at;
  if (isLeaf) {
    coloured(made, row.field);
    label.prepend(node("i", "swatch"));
    if (row.state === "empty") made.append(node("span", "why", safe(row.why)));
    else made.append(badgeOf(row), valueOf(row, number));
    made.addEventListener("click", () => choose(number));
    made.addEventListener("mouseenter", () => near(now.marks[number], true));
    made.addEventListener("mouseleave", () => near(now.marks[number], false));
  }
  if (row.note) made.append(node("p", "remark", safe(row.note)));
  return made;
}

function errorOf(error) {
  const made = node("div", "card");
  if (error.at) made.append(node("code", "at", safe(error.at)), " ");
  made.append(safe(error.message));
  if (error.value) made.append(node("div", "", "it was ", node("code", "", safe(error.value))));
  if (error.hint) made.append(node("div", "hint", safe(error.hint)));
  return made;
}

function factsOf(one) {
  const list = node("dl", "");
  for (const [name, text] of one.facts) list.append(node("dt", "", safe(name)), node("dd", "", safe(text)));
  return node("details", "facts", node("summary", "", "How it was made"), list);
}

function showRecord(one) {
  const chip = node("span", `chip ${one.ok ? "valid" : "failed"}`, one.ok ? "valid" : "failed");
  const title = node("h2", "", node("bdi", "", safe(one.source)));
  const remarks = one.remarks.map(({ at, text }) => node("p", "remark", node("code", "at", safe(at)), at ? " " : "", safe(text)));
  const tree = node("ul", "tree");
  tree.setAttribute("role", "tree");
  tree.setAttribute("aria-label", "Fields");
  now.rows = one.rows.map(rowOf);
  tree.append(...now.rows);
  const first = one.rows.findIndex((row) => row.state !== undefined);
  if (first >= 0) now.rows[first].tabIndex = 0;
  byId("record").replaceChildren(node("div", "head", title, chip), ...one.errors.map(errorOf), ...remarks, tree, factsOf(one));
  byId("record").scrollTop = 0;
}

// --- a value and its place --------------------------------------------------------------------------------------

function near(nodes, isNear) {
  for (const one of nodes || []) one.classList.toggle("near", isNear);
}

/* Mark a value in both columns, and scroll to it; of a worded one, to the passage of one of its sentences. */
function choose(number, { sentence = -1, from = "record", focus = true } = {}) {
  for (const one of document.querySelectorAll(".active")) one.classList.remove("active");
  for (const one of now.rows) one.removeAttribute("aria-selected");
  now.row = number;
  if (number < 0) return;
  const made = now.rows[number];
  for (const one of now.rows) one.tabIndex = -1;
  made.classList.add("active");
  made.setAttribute("aria-selected", "true");
  made.tabIndex = 0;
  const support = pack.documents[now.at].rows[number].support || [];
  if (sentence < 0 && !now.marks[number]) sentence = support.findIndex((one) => one.passage);
  const marks = (sentence < 0 ? now.marks[number] : now.passages[`${number}:${sentence}`]) || [];
  for (const mark of marks) mark.classList.add("active");
  if (sentence >= 0) made.querySelectorAll(".sentence")[sentence]?.classList.add("active");
  if (from === "text") showPane("record");
  else if (marks.length) showPane("text");
  if (from !== "text" && marks.length) reveal(marks[0], "center");
  reveal(made, from === "text" ? "center" : "nearest");
  if (focus) made.focus({ preventScroll: true });
}

/* A click on the text means the innermost value there, and one more click the one around it. */
function chooseMark(mark) {
  const spans = mark.spans;
  const at = spans.findIndex(({ row, sentence }) => row === now.row && (sentence < 0 || now.rows[row].querySelectorAll(".sentence")[sentence]?.classList.contains("active")));
  const { row, sentence } = spans[(at + 1) % spans.length];
  choose(row, { sentence, from: "text" });
}

function step(by) {
  const { rows } = pack.documents[now.at] || { rows: [] };
  const wanted = [...now.filters].map((name) => FILTERS[name].isAbout);
  const isWanted = (row) => row.state !== undefined && (!wanted.length || wanted.some((matches) => matches(row)));
  const rest = rows.map((row, number) => (isWanted(row) ? number : -1)).filter((number) => number >= 0);
  if (!rest.length) return;
  const found = by > 0 ? rest.find((number) => number > now.row) : rest.findLast((number) => number < now.row);
  choose(found ?? (by > 0 ? rest[0] : rest[rest.length - 1]));
}

// --- the list, and what it shows --------------------------------------------------------------------------------

const MOODS = { fine: ["✓", "all found"], doubtful: ["!", "something is not found, or has a low score"], failed: ["✕", "failed"] };

function entryOf(one, at) {
  const [sign, meaning] = MOODS[one.mood];
  const mood = node("span", `mood ${one.mood}`, sign);
  mood.setAttribute("role", "img");
  mood.setAttribute("aria-label", meaning);
  mood.title = meaning;
  const looked = one.rows.filter((row) => row.state && row.state !== "empty" && row.state !== "label");
  const found = node("span", "found", looked.length ? `${looked.filter((row) => row.state !== "none").length}/${looked.length}` : "");
  found.title = "values that are found in the text, of all";
  const name = node("span", "name", safe(one.source.split(/[\\/](?=[^\\/]*$)/).pop()));
  const preview = one.errors[0]?.message ?? one.rows.find((row) => row.kind === "text" && row.text.trim())?.text ?? "";
  const made = button("entry", () => showDocument(at), mood, name, found, node("span", "preview", safe(preview.slice(0, 120))));
  made.title = plain(one.source);
  made.tabIndex = -1;
  const item = node("li", "", made);
  item.hidden = false;
  return item;
}

/* All of a document that a search looks at. */
function haystack(one) {
  one.hay ??= [one.source, ...one.errors.map((error) => error.message), ...one.rows.map((row) => `${row.name}\n${row.text}`), one.text ?? ""].join("\n").toLowerCase();
  return one.hay;
}

/* 'bridge "old ferry"' → ['bridge', 'old ferry']. */
function wordsOf(query) {
  return [...query.toLowerCase().matchAll(/"([^"]+)"?|([^\s"]+)/gu)].map((found) => found[1] ?? found[2]);
}

function isShown(one) {
  const { filters, facet, words } = now;
  if (filters.size && ![...filters].some((name) => FILTERS[name].takes(one))) return false;
  if (facet && !one.rows.some((row) => row.field === facet.field && facet.matches(row))) return false;
  return words.every((word) => haystack(one).includes(word));
}

/* Show what filters, search and statistics ask for; the document stays where it is among it. */
function sift() {
  const items = byId("documents").children;
  now.shown = [];
  pack.documents.forEach((one, at) => {
    const isIn = isShown(one);
    items[at].hidden = !isIn;
    if (isIn) now.shown.push(at);
  });
  const all = pack.documents.length;
  byId("count").textContent = now.shown.length === all ? `${all.toLocaleString("en")} document${all === 1 ? "" : "s"}` : `${now.shown.length.toLocaleString("en")} of ${all.toLocaleString("en")} documents`;
  byId("facet")?.remove();
  if (now.facet) {
    const what = node("span", "what", safe(`${pack.fields[now.facet.field]}: ${now.facet.name}`));
    const chip = button("facet", () => chooseFacet(null), what, node("span", "", "✕"));
    chip.id = "facet";
    chip.setAttribute("aria-label", "Show all values again");
    byId("count").after(chip);
  }
  if (!byId("charts").hidden) showCharts();
  if (now.shown.length && !now.shown.includes(now.at)) showDocument(now.shown[0], { stay: true });
  highlight();
}

function chooseFacet(facet) {
  now.facet = facet;
  sift();
}

function toggleFilter(name) {
  now.filters.has(name) ? now.filters.delete(name) : now.filters.add(name);
  showFilters();
  sift();
}

function nextFilter() {
  const names = Object.keys(FILTERS).filter((name) => pack.documents.some(FILTERS[name].takes));
  const at = names.findIndex((name) => now.filters.has(name));
  now.filters = new Set(names.slice(at + 1, at + 2));
  showFilters();
  sift();
}

function showFilters() {
  const made = Object.entries(FILTERS).map(([name, filter]) => {
    const number = pack.documents.filter(filter.takes).length;
    const one = button("", () => toggleFilter(name), filter.name, node("span", "number", number.toLocaleString("en")));
    one.title = filter.meaning;
    one.dataset.filter = name;
    one.setAttribute("aria-pressed", now.filters.has(name));
    one.disabled = !number && !now.filters.has(name);
    return one;
  });
  const focused = document.activeElement?.dataset?.filter;
  byId("filters").replaceChildren(...made);
  if (focused) made.find((one) => one.dataset.filter === focused)?.focus();
}

/* Show a document. */
function showDocument(at, { stay = false } = {}) {
  const items = byId("documents").children;
  const before = items[now.at]?.firstChild;
  before?.removeAttribute("aria-current");
  if (before) before.tabIndex = -1;
  now.at = at;
  now.row = -1;
  const entry = items[at].firstChild;
  entry.setAttribute("aria-current", "true");
  entry.tabIndex = 0; // the list has one stop of the Tab key
  reveal(entry, "nearest");
  const one = pack.documents[at];
  showText(one);
  showRecord(one);
  if (!stay) {
    showStatistics(false);
    if (byId("main").dataset.pane === "list") showPane("text");
  }
  history.replaceState(null, "", `#${at + 1}`);
  highlight();
}

function turn(by) {
  const at = now.shown.indexOf(now.at);
  const next = now.shown[Math.max(0, Math.min(now.shown.length - 1, at + by))];
  const isInList = byId("list").contains(document.activeElement);
  if (next !== undefined && next !== now.at) showDocument(next);
  if (isInList) byId("documents").children[now.at].firstChild.focus();
}

/* Colour what was searched for, without a change of the page. */
function highlight() {
  if (!window.Highlight || !CSS.highlights) return;
  CSS.highlights.delete("search");
  const words = now.words.map((word) => word.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&"));
  if (!words.length) return;
  const pattern = new RegExp(words.join("|"), "giu");
  const found = new Highlight();
  for (const pane of [byId("text"), byId("record")]) {
    for (const range of rangesIn(pane, pattern)) found.add(range);
  }
  CSS.highlights.set("search", found);
}

/* Places of a pattern in a part of the page, also across marks. */
function rangesIn(pane, pattern) {
  const walker = document.createTreeWalker(pane, NodeFilter.SHOW_TEXT);
  const [texts, starts] = [[], []];
  let total = 0;
  while (walker.nextNode()) {
    texts.push(walker.currentNode);
    starts.push(total);
    total += walker.currentNode.data.length;
  }
  const whole = texts.map((text) => text.data).join("");
  const ranges = [];
  let number = 0;
  const place = (at, isEnd) => {
    while (number + 1 < starts.length && (isEnd ? starts[number + 1] < at : starts[number + 1] <= at)) number += 1;
    return [texts[number], at - starts[number]];
  };
  for (const { 0: match, index } of whole.matchAll(pattern)) {
    const range = document.createRange();
    range.setStart(...place(index, false));
    range.setEnd(...place(index + match.length, true));
    if (ranges.push(range) >= 2000) break;
  }
  return ranges;
}

// --- statistics -------------------------------------------------------------------------------------------------

/* A bar in parts that are as long as their numbers. */
function stacked(counts) {
  const total = Object.values(counts).reduce((sum, number) => sum + number, 0);
  const told = Object.keys(STATES).filter((state) => counts[state]).map((state) => `${NAMES[state] || state} ${counts[state]}`);
  const made = drawn("svg", { height: 10, role: "img", "aria-label": told.join(", ") });
  let at = 0;
  for (const state of Object.keys(STATES)) {
    if (!counts[state]) continue;
    const share = (100 * counts[state]) / total;
    const title = drawn("title", {}, `${NAMES[state] || state}: ${counts[state]} of ${total}`);
    made.append(drawn("rect", { class: `part state-${state}`, x: `${at}%`, width: `${share}%`, height: 10, rx: 2 }, title));
    at += share;
  }
  return made;
}

function topOf(field, rows) {
  const counts = new Map();
  for (const row of rows) counts.set(row.text, (counts.get(row.text) || 0) + 1);
  const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 8);
  const list = node("ul", "top");
  for (const [text, number] of top) {
    const share = `${(100 * number) / rows.length}%`;
    const bar = drawn("svg", { "aria-hidden": "true" }, drawn("rect", { class: "rail", width: "100%", height: 4, rx: 2 }), drawn("rect", { width: share, height: 4, rx: 2 }));
    const facet = { field, name: text.length > 40 ? `${text.slice(0, 40)}…` : text, matches: (row) => row.text === text && row.state !== "empty" };
    const what = node("span", "what", safe(text.slice(0, 200)));
    const one = button("", () => chooseFacet(facet), what, node("span", "times", number.toLocaleString("en")), bar);
    one.title = plain(text.slice(0, 500));
    list.append(node("li", "", one));
  }
  return [list, counts.size];
}

/* How numbers are spread, in twelve bars of equal width. */
function spread(field, rows) {
  const numbers = rows.map((row) => Number(row.text)).filter(Number.isFinite);
  const [low, high] = numbers.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [Infinity, -Infinity]);
  if (!(high > low)) return null;
  const BARS = 12;
  const place = (one) => Math.min(BARS - 1, Math.floor((BARS * (one - low)) / (high - low)));
  const counts = new Array(BARS).fill(0);
  for (const one of numbers) counts[place(one)] += 1;
  const most = Math.max(...counts);
  const made = drawn("svg", { class: "bars", height: 48, role: "img", "aria-label": `${numbers.length} numbers from ${low} to ${high}` });
  counts.forEach((number, at) => {
    const height = number ? Math.max(2, (46 * number) / most) : 0;
    const title = drawn("title", {}, String(number));
    made.append(drawn("rect", { x: `${(100 * at) / BARS + 0.4}%`, y: 48 - height, width: `${100 / BARS - 0.8}%`, height, rx: 1.5 }, title));
  });
  const middle = numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
  const axis = [low, `median ${middle.toLocaleString("en")}`, high].map((one) => node("span", "", typeof one === "number" ? one.toLocaleString("en") : one));
  return node("div", "", made, node("div", "axis", ...axis));
}

function fieldCard(field, rows, documents) {
  const counts = {};
  for (const row of rows) counts[row.state] = (counts[row.state] || 0) + 1;
  const filled = rows.filter((row) => row.state !== "empty");
  const looked = filled.filter((row) => row.state !== "label");
  const found = looked.filter((row) => row.state !== "none").length;
  const share = node("span", "share", looked.length ? `${Math.round((100 * found) / looked.length)} % found` : "");
  const name = node("span", "", safe(pack.fields[field]));
  const holders = documents.filter((one) => one.rows.some((row) => row.field === field && row.state !== "empty")).length;
  const made = coloured(node("section", "field", node("h3", "", node("i", "swatch"), name, share)), field);
  made.dataset.field = pack.fields[field];
  const [top, different] = topOf(field, filled);
  const values = `${filled.length.toLocaleString("en")} value${filled.length === 1 ? "" : "s"}, ${different.toLocaleString("en")} different`;
  made.append(node("p", "", `in ${holders.toLocaleString("en")} of ${documents.length.toLocaleString("en")} documents; ${values}`), stacked(counts));
  const isNumeric = filled.length > 1 && filled.every((row) => row.kind === "number");
  const bars = isNumeric ? spread(field, filled) : null;
  if (bars) bars.style.marginTop = "12px";
  if (filled.length) made.append(bars ?? top);
  return made;
}

function showCharts() {
  const documents = now.shown.map((at) => pack.documents[at]);
  const rows = documents.flatMap((one) => one.rows.filter((row) => row.state !== undefined));
  const looked = rows.filter((row) => row.state !== "empty" && row.state !== "label");
  const found = looked.filter((row) => row.state !== "none").length;
  const tiles = [
    [documents.length, "documents"],
    [documents.filter((one) => !one.ok).length, "failed"],
    [rows.filter((row) => row.state !== "empty").length, "values"],
    [looked.length ? `${((100 * found) / looked.length).toFixed(1)} %` : "–", "found in the text"],
    [rows.filter((row) => row.low).length, "with a low score"],
    [rows.filter((row) => row.state === "empty").length, "left empty"],
  ].map(([number, what]) => node("li", "", node("b", "", number.toLocaleString("en")), node("span", "", what)));
  const states = Object.keys(STATES).filter((state) => rows.some((row) => row.state === state));
  const keys = states.map((state) => node("li", "", node("i", `state-${state}`), NAMES[state] || state));
  const byField = new Map();
  for (const row of rows) (byField.get(row.field) || byField.set(row.field, []).get(row.field)).push(row);
  const cards = [...byField].sort((a, b) => a[0] - b[0]).map(([field, own]) => fieldCard(field, own, documents));
  byId("charts").replaceChildren(node("ul", "tiles", ...tiles), node("ul", "keys", ...keys), node("div", "grid", ...cards));
}

function showStatistics(isOn) {
  byId("statistics").setAttribute("aria-pressed", isOn);
  byId("charts").hidden = !isOn;
  byId("text").hidden = byId("record").hidden = isOn;
  byId("main").classList.toggle("counting", isOn);
  if (isOn) showCharts();
}

// --- keys, and how it begins ------------------------------------------------------------------------------------

const THEMES = { system: ["◐", "as the system"], light: ["○", "light"], dark: ["●", "dark"] };

function nextTheme() {
  const names = Object.keys(THEMES);
  const name = names[(names.indexOf(document.documentElement.dataset.theme || "system") + 1) % names.length];
  document.documentElement.dataset.theme = name;
  byId("theme").textContent = THEMES[name][0];
  byId("theme").setAttribute("aria-label", `Theme: ${THEMES[name][1]}`);
}

function showPane(name) {
  byId("main").dataset.pane = name;
  for (const one of document.querySelectorAll(".tabs button")) one.setAttribute("aria-pressed", one.dataset.pane === name);
}

function undo() {
  const query = byId("query");
  if (document.activeElement === query && !query.value) query.blur();
  else if (now.row >= 0) choose(-1);
  else if (!byId("charts").hidden) showStatistics(false);
  else if (query.value) search("");
  else if (now.facet) chooseFacet(null);
}

function search(text) {
  byId("query").value = text;
  now.words = wordsOf(text);
  sift();
}

const KEYS = {
  j: () => turn(1),
  k: () => turn(-1),
  n: () => step(1),
  p: () => step(-1),
  f: nextFilter,
  s: () => showStatistics(byId("charts").hidden),
  t: nextTheme,
  "/": () => byId("query").select(),
  "?": () => byId("keys").showModal(),
  Escape: undo,
};
const ARROWS = { ArrowDown: 1, ArrowUp: -1 };

function onKey(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  const isTyping = event.target === byId("query");
  if (isTyping && event.key === "Enter") return byId("query").blur();
  if (isTyping && event.key !== "Escape") return;
  const by = ARROWS[event.key];
  let act = KEYS[event.key];
  if (by && event.target.closest("#list, body:focus")) act = () => turn(by);
  if (by && event.target.closest(".tree")) act = () => step(by);
  if (event.key === "Enter" && event.target.closest(".row")) act = () => choose(now.rows.indexOf(event.target.closest(".row")));
  if (!act) return;
  event.preventDefault();
  act();
}

function begin() {
  byId("title").append(safe(pack.title));
  byId("documents").append(...pack.documents.map(entryOf));
  for (const state of Object.keys(STATES)) byId("legend").append(node("dt", "", NAMES[state] || state), node("dd", "", STATES[state]));
  byId("statistics").addEventListener("click", KEYS.s);
  byId("theme").addEventListener("click", nextTheme);
  byId("help").addEventListener("click", KEYS["?"]);
  byId("query").addEventListener("input", (event) => search(event.target.value));
  for (const one of document.querySelectorAll(".tabs button")) {
    one.addEventListener("click", () => {
      showStatistics(false);
      showPane(one.dataset.pane);
    });
  }
  document.addEventListener("keydown", onKey);
  const text = byId("text");
  text.addEventListener("click", (event) => {
    const mark = event.target.closest("mark");
    if (mark && getSelection().isCollapsed) chooseMark(mark);
  });
  for (const [kind, isNear] of [["mouseover", true], ["mouseout", false]]) {
    text.addEventListener(kind, (event) => {
      for (const { row } of event.target.closest("mark")?.spans || []) near([now.rows[row]], isNear);
    });
  }
  showFilters();
  showPane("text");
  const at = Number(location.hash.slice(1)) - 1;
  if (pack.documents[at]) showDocument(at);
  sift();
}

begin();
