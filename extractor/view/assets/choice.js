/* A value is chosen: marked in both columns, and scrolled to. */

function near(nodes, isNear) {
  for (const one of nodes || []) one.classList.toggle("near", isNear);
}

/* Mark a value in both columns, and scroll to it; of a worded one, to the passage of one of its sentences;
   of one that parts of the text contradict, to what one of them says. */
function choose(number, { sentence = -1, saying = -1, from = "record", focus = true } = {}) {
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
  if (sentence < 0 && saying < 0 && !now.marks[number]) sentence = support.findIndex((one) => one.passage);
  Object.assign(now, { sentence, saying });
  const span = { row: number, sentence, saying };
  const marks = marksOf(span)[keyOf(span)] || [];
  for (const mark of marks) mark.classList.add("active");
  if (sentence >= 0) made.querySelectorAll(".sentence")[sentence]?.classList.add("active");
  if (saying >= 0) made.querySelectorAll(".saying")[saying]?.classList.add("active");
  if (from === "text") showPane("record");
  else if (marks.length) showPane("text");
  if (from !== "text" && marks.length) reveal(marks[0], "center");
  reveal(made, from === "text" ? "center" : "nearest");
  if (focus) made.focus({ preventScroll: true });
}

/* A click on the text means the innermost value there, and one more click the one around it. */
function chooseMark(mark) {
  const spans = mark.spans;
  const isNow = (one) => one.row === now.row && one.sentence === now.sentence && one.saying === now.saying;
  const { row, sentence, saying } = spans[(spans.findIndex(isNow) + 1) % spans.length];
  choose(row, { sentence, saying, from: "text" });
}

function step(by) {
  const { rows } = pack.documents[now.at] || { rows: [] };
  const wanted = [...now.filters].map((name) => FILTERS[name].isAbout);
  const isWanted = (row) => row.state !== undefined && (!wanted.length || wanted.some((matches) => matches(row)));
  const rest = rows.map((row, number) => (isWanted(row) ? number : -1)).filter((number) => number >= 0);
  if (!rest.length) return;
  showStatistics(false);
  const found = by > 0 ? rest.find((number) => number > now.row) : rest.findLast((number) => number < now.row);
  choose(found ?? (by > 0 ? rest[0] : rest[rest.length - 1]));
}
