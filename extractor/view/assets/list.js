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
    isAbout: (row) => row.note || row.sayings,
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
  const few = now.shown.length ? `${counted(now.shown.length)} of ` : "Nothing found in ";
  const told = now.shown.length < all ? few : "";
  byId("count").textContent = `${told}${counted(all)} ${several(all, "document")}`;
  byId("facet")?.remove();
  if (now.facet) {
    const what = node("span", "what", safe(`${pack.fields[now.facet.field]}: ${now.facet.name}`));
    const cross = node("span", "", "✕");
    cross.setAttribute("aria-hidden", "true");
    const chip = button("facet", () => chooseFacet(null), what, cross);
    chip.id = "facet";
    chip.title = "Show all values again";
    byId("count").after(chip);
  }
  if (!byId("charts").hidden) showCharts();
  if (!now.shown.length) showNothing();
  else if (!now.shown.includes(now.at)) {
    const at = now.shown.includes(now.last) ? now.last : now.shown[0];
    showDocument(at, { stay: true });
  }
  highlight();
}

/* Everything that narrows the list is undone. */
function showAll() {
  now.facet = null;
  now.filters.clear();
  showFilters();
  search("");
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

/* The document that is shown is so no more. */
function leave() {
  const entry = now.entries[now.at]?.firstChild;
  entry?.removeAttribute("aria-current");
  if (entry) entry.tabIndex = -1;
  Object.assign(now, { at: -1, row: -1, sentence: -1, saying: -1, rows: [], marks: {}, passages: {}, sayings: {} });
  forget();
}

/* The list is empty: so are the text and the record. */
function showNothing() {
  leave();
  const text = node("p", "nothing", node("span", "", "Nothing found"), button("", showAll, "Show all documents"));
  byId("text").replaceChildren(text);
  byId("record").replaceChildren();
}

/* Show a document. */
function showDocument(at, { stay = false } = {}) {
  leave();
  now.at = now.last = at;
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
  if (isInList) now.entries[now.at]?.firstChild.focus();
}
