/* The record of the shown document: errors, notes, and a tree of fields. */

function badgeOf(row) {
  const score = row.score === undefined ? "" : ` ${row.score.toFixed(2)}`;
  const made = node("span", `badge is-${row.state}${row.low ? " low" : ""}`, nameOf(row.state) + score);
  made.title = [STATES[row.state], row.why].filter(Boolean).join("; ");
  return made;
}

/* A sentence with what is missing in the text underlined. */
function sentenceOf(row, sentence, number, at) {
  const text = row.text.slice(...sentence.at);
  const made = node("span", `sentence${sentence.low ? " low" : ""}`);
  made.title = sentence.passage ? `backed by a passage, ${sentence.score.toFixed(2)}` : "no passage backs it";
  const places = sentence.missing
    .filter(Boolean)
    .map((word) => [text.indexOf(word), word.length])
    .filter(([start]) => start >= 0);
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

/* What parts of the text say, each with its places. */
function sayingsOf(row, number) {
  const made = node("p", "remark", "Parts of the text differ: ");
  row.sayings.forEach((said, at) => {
    const kind = said.taken ? " taken" : said.spans.length ? "" : " nowhere";
    const one = node("span", `saying${kind}`, safe(said.text));
    const parts = `in ${counted(said.parts)} ${several(said.parts, "part")}`;
    one.title = said.taken ? `taken: ${parts}` : said.spans.length ? parts : `${parts}, not found in the text`;
    one.addEventListener("click", (event) => {
      event.stopPropagation();
      choose(number, { saying: said.spans.length ? at : -1 });
    });
    one.addEventListener("mouseenter", () => near(now.sayings[`${number}:${at}`], true));
    one.addEventListener("mouseleave", () => near(now.sayings[`${number}:${at}`], false));
    made.append(at ? ", " : "", one, node("span", "parts", ` in ${counted(said.parts)}`));
  });
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
  if (row.sayings) made.append(sayingsOf(row, number));
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
  const remarks = one.remarks.map(({ at, text }) =>
    node("p", "remark", node("code", "at", safe(at)), at ? " " : "", safe(text)),
  );
  const tree = node("ul", "tree");
  tree.setAttribute("role", "tree");
  tree.setAttribute("aria-label", "Fields");
  now.rows = one.rows.map(rowOf);
  tree.append(...now.rows);
  const first = one.rows.findIndex((row) => row.state !== undefined);
  if (first >= 0) now.rows[first].tabIndex = 0;
  byId("record").replaceChildren(
    node("div", "head", title, chip),
    ...one.errors.map(errorOf),
    ...remarks,
    tree,
    factsOf(one),
  );
  byId("record").scrollTop = 0;
}
