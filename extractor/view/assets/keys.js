/* Keys, themes, and how the page begins. */

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
  pressTab();
}

/* Over the statistics none of the tabs is pressed. */
function pressTab() {
  const shown = byId("charts").hidden ? byId("main").dataset.pane : "";
  for (const one of document.querySelectorAll(".tabs button"))
    one.setAttribute("aria-pressed", one.dataset.pane === shown);
}

/* One step back: what lies on top is closed, then the search is emptied and left, then a value is no longer chosen. */
function undo() {
  const query = byId("query");
  if (!byId("charts").hidden) showStatistics(false);
  else if (query.value || document.activeElement === query) {
    query.blur();
    search("");
  } else if (now.row >= 0) choose(-1);
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
  if (event.key === "Enter" && event.target.closest(".row"))
    act = () => choose(now.rows.indexOf(event.target.closest(".row")));
  if (!act) return;
  event.preventDefault();
  act();
}

function begin() {
  byId("title").append(safe(pack.title));
  now.entries = pack.documents.map(entryOf);
  for (const state of Object.keys(STATES))
    byId("legend").append(node("dt", "", nameOf(state)), node("dd", "", STATES[state]));
  byId("legend").append(node("dt", "", node("span", "other", "otherwise")), node("dd", "", OTHERWISE));
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
  for (const [kind, isNear] of [
    ["mouseover", true],
    ["mouseout", false],
  ]) {
    text.addEventListener(kind, (event) => {
      for (const { row } of event.target.closest("mark")?.spans || []) near([now.rows[row]], isNear);
    });
  }
  showFilters();
  showPane("text");
  const at = Number(location.hash.slice(1)) - 1;
  sift();
  if (pack.documents[at]) showDocument(at);
}

begin();
