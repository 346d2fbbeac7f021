/* Statistics of the documents in the list: totals, and a card for each field. */

/* A bar in parts that are as long as their numbers. */
function stacked(counts) {
  const total = Object.values(counts).reduce((sum, number) => sum + number, 0);
  const told = Object.keys(STATES)
    .filter((state) => counts[state])
    .map((state) => `${nameOf(state)} ${counts[state]}`);
  const made = drawn("svg", { height: 10, role: "img", "aria-label": told.join(", ") });
  let at = 0;
  for (const state of Object.keys(STATES)) {
    if (!counts[state]) continue;
    const share = (100 * counts[state]) / total;
    const title = drawn("title", {}, `${nameOf(state)}: ${counts[state]} of ${total}`);
    made.append(
      drawn("rect", { class: `part state-${state}`, x: `${at}%`, width: `${share}%`, height: 10, rx: 2 }, title),
    );
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
    const rail = drawn("rect", { class: "rail", width: "100%", height: 4, rx: 2 });
    const bar = drawn("svg", { "aria-hidden": "true" }, rail, drawn("rect", { width: share, height: 4, rx: 2 }));
    const name = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    const facet = { field, name, matches: (row) => row.text === text && row.state !== "empty" };
    const what = node("span", "what", safe(text.slice(0, 200)));
    const one = button("", () => chooseFacet(facet), what, node("span", "times", counted(number)), bar);
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
  const made = drawn("svg", {
    class: "bars",
    height: 48,
    role: "img",
    "aria-label": `${numbers.length} numbers from ${low} to ${high}`,
  });
  counts.forEach((number, at) => {
    const height = number ? Math.max(2, (46 * number) / most) : 0;
    const title = drawn("title", {}, String(number));
    made.append(
      drawn(
        "rect",
        { x: `${(100 * at) / BARS + 0.4}%`, y: 48 - height, width: `${100 / BARS - 0.8}%`, height, rx: 1.5 },
        title,
      ),
    );
  });
  const middle = numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
  const axis = [counted(low), `median ${counted(middle)}`, counted(high)].map((one) => node("span", "", one));
  return node("div", "", made, node("div", "axis", ...axis));
}

function fieldCard(field, rows, documents) {
  const counts = {};
  for (const row of rows) counts[verdictOf(row)] = (counts[verdictOf(row)] || 0) + 1;
  const filled = rows.filter((row) => row.state !== "empty");
  const { looked, found } = foundOf(rows);
  const unsaid = counts.unchecked ? nameOf("unchecked") : "";
  const share = node("span", "share", looked ? `${Math.round((100 * found) / looked)} % found` : unsaid);
  const name = node("span", "", safe(pack.fields[field]));
  const holders = documents.filter((one) =>
    one.rows.some((row) => row.field === field && row.state !== "empty"),
  ).length;
  const made = coloured(node("section", "field", node("h3", "", node("i", "swatch"), name, share)), field);
  made.dataset.field = pack.fields[field];
  const [top, different] = topOf(field, filled);
  const where = `in ${counted(holders)} of ${counted(documents.length)} ${several(documents.length, "document")}`;
  const values = `${counted(filled.length)} ${several(filled.length, "value")}, ${counted(different)} different`;
  made.append(node("p", "", `${where}; ${values}`), stacked(counts));
  const isNumeric = filled.length > 1 && filled.every((row) => row.kind === "number");
  const bars = isNumeric ? spread(field, filled) : null;
  if (bars) bars.style.marginTop = "12px";
  if (filled.length) made.append(bars ?? top);
  return made;
}

function showCharts() {
  const documents = now.shown.map((at) => pack.documents[at]);
  const rows = documents.flatMap((one) => one.rows.filter((row) => row.state !== undefined));
  const { looked, found } = foundOf(rows);
  const unchecked = rows.filter((row) => row.state === "unchecked").length;
  const values = rows.filter((row) => row.state !== "empty").length;
  const tiles = [
    [documents.length, several(documents.length, "document")],
    [documents.filter((one) => !one.ok).length, "failed"],
    [values, several(values, "value")],
    [looked ? `${((100 * found) / looked).toFixed(1)} %` : "–", "found in the text"],
    ...(unchecked ? [[unchecked, nameOf("unchecked")]] : []),
    [rows.filter((row) => row.low).length, "with a low score"],
    [rows.filter((row) => row.state === "empty").length, "left empty"],
  ].map(([number, what]) => node("li", "", node("b", "", counted(number)), node("span", "", what)));
  const states = Object.keys(STATES).filter((state) => rows.some((row) => verdictOf(row) === state));
  const keys = states.map((state) => node("li", "", node("i", `state-${state}`), nameOf(state)));
  const byField = new Map();
  for (const row of rows) (byField.get(row.field) || byField.set(row.field, []).get(row.field)).push(row);
  const cards = [...byField].sort((a, b) => a[0] - b[0]).map(([field, own]) => fieldCard(field, own, documents));
  byId("charts").replaceChildren(
    node("ul", "tiles", ...tiles),
    node("ul", "keys", ...keys),
    node("div", "grid", ...cards),
  );
}

function showStatistics(isOn) {
  byId("statistics").setAttribute("aria-pressed", isOn);
  byId("charts").hidden = !isOn;
  byId("text").hidden = byId("record").hidden = isOn;
  byId("main").classList.toggle("counting", isOn);
  pressTab();
  if (isOn) showCharts();
}
