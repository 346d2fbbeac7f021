/* The list of documents, and which of them filters, search and statistics leave in it. */

const FILTERS = {
  failed: {
    name: "Failed",
    meaning: "there is no valid record",
    takes: (one) => !one.ok,
    isAbout: () => true,
  },
  none: {
    name: "Not found",
    meaning: "a value is not in the text, or something that it says",
    takes: (one) => one.rows.some(FILTERS.none.isAbout),
    isAbout: (row) => verdictOf(row) === "none",
  },
  low: {
    name: "Low score",
    meaning:
      "a value is hardly like its place, or a sentence hardly backed, or says names or numbers that the text does not",
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

const MOODS = {
  fine: ["✓", "all found"],
  unchecked: ["–", "not looked up in the text"],
  doubtful: ["!", "something is not found, or has a low score"],
  failed: ["✕", "failed"],
};

function entryOf(one, at) {
  const [sign, meaning] = MOODS[one.mood];
  const mood = node("span", `mood ${one.mood}`, sign);
  mood.setAttribute("role", "img");
  mood.setAttribute("aria-label", meaning);
  mood.title = meaning;
  const { looked, found: number } = foundOf(one.rows);
  const found = node("span", "found", looked ? `${number}/${looked}` : "");
  found.title = "values that are found in the text, of all";
  const name = node("span", "name", safe(one.source.split(/[\\/](?=[^\\/]*$)/).pop()));
  const preview = one.errors[0]?.message ?? one.rows.find((row) => row.kind === "text" && row.text.trim())?.text ?? "";
  const begin = node("span", "preview", safe(preview.slice(0, 120)));
  const made = button("entry", () => showDocument(at), mood, name, found, begin);
  made.title = plain(one.source);
  made.tabIndex = -1;
  return node("li", "", made);
}

/* All of a document that a search looks at. */
function haystack(one) {
  if (one.hay === undefined) {
    const named = one.rows.map((row) => `${row.name}\n${row.text}`);
    const faults = one.errors.map((error) => error.message);
    one.hay = [one.source, ...faults, ...named, one.text ?? ""].join("\n").toLowerCase();
  }
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
  now.shown = [...pack.documents.keys()].filter((at) => isShown(pack.documents[at]));
  byId("documents").replaceChildren(...now.shown.map((at) => now.entries[at])); // much faster than to hide the others
  const all = pack.documents.length;
  const few = now.shown.length < all ? `${counted(now.shown.length)} of ` : "";
  byId("count").textContent = `${few}${counted(all)} document${all === 1 ? "" : "s"}`;
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
    const one = button("", () => toggleFilter(name), filter.name, node("span", "number", counted(number)));
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
  const before = now.entries[now.at]?.firstChild;
  before?.removeAttribute("aria-current");
  if (before) before.tabIndex = -1;
  now.at = at;
  now.row = -1;
  const entry = now.entries[at].firstChild;
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
  if (isInList) now.entries[now.at].firstChild.focus();
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
