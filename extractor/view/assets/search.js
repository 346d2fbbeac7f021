/* Search: what is compared, and where it stands in the page. */

/* As texts are compared, 'ＡＮＮ  Bell' → 'ann bell': but for width, case and how much space is there. A sigma is the same
   at the end of a word, so that each character alone is what it is in its text. */
const comparable = (text) => text.normalize("NFKC").toLowerCase().replaceAll("ς", "σ").replace(/\s+/gu, " ");

/* All of a document that a search looks at, in lines that no phrase goes across. */
function haystack(one) {
  if (one.hay === undefined) {
    const named = one.rows.flatMap((row) => [row.name, row.text, ...(row.sayings || []).map((said) => said.text)]);
    const faults = one.errors.map((error) => error.message);
    one.hay = [one.source, ...faults, ...named, one.text ?? ""].map(comparable).join("\n");
  }
  return one.hay;
}

/* 'bridge "old ferry"' → ['bridge', 'old ferry']. */
function wordsOf(query) {
  return [...comparable(query).matchAll(/"([^"]+)"?|([^\s"]+)/gu)].map((found) => found[1] ?? found[2]);
}

/* Colour what was searched for, without a change of the page. */
function highlight() {
  if (!window.Highlight || !CSS.highlights) return;
  CSS.highlights.delete("search");
  const longest = [...now.words].sort((a, b) => b.length - a.length);
  const words = longest.map((word) => word.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&"));
  if (!words.length) return;
  const pattern = new RegExp(words.join("|"), "gu");
  now.folded ??= [byId("text"), byId("record")].map(foldedPane);
  const found = new Highlight();
  for (const pane of now.folded) {
    for (const range of rangesIn(pane, pattern)) found.add(range);
  }
  CSS.highlights.set("search", found);
}

/* What the panes say is read anew, as they show something else. */
function forget() {
  now.folded = null;
}

/* The texts of a pane in one, as they are compared. */
function foldedPane(pane) {
  const walker = document.createTreeWalker(pane, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  const whole = texts.map((text) => text.data).join("");
  return { texts, ...folded(whole) };
}

// Runs that change in nothing but case; space; else a character with what combines with it, marks or parts of Hangul.
const COMBINING = "[\\p{M}\\p{Grapheme_Extend}\\u1160-\\u11ff\\uffa0-\\uffdc]";
const RUN = `[!-~](?: ?[!-~]){0,200}(?!${COMBINING})|[\\u3001\\u3002\\u3400-\\u9fff]+`;
const PIECES = new RegExp(`${RUN}|\\s+|[^]${COMBINING}*`, "gu");

/* A text as it is compared, with where its pieces begin there (`at`) and in the text itself (`from`):
   'ﬁn' → {text: 'fin', at: [0, 2, 3], from: [0, 1, 2]}; the last ones are the ends. */
function folded(text) {
  const [parts, at, from] = [[], [], []];
  let length = 0;
  let isBlank = false;
  for (const { 0: piece, index } of text.matchAll(PIECES)) {
    let part = comparable(piece);
    if (isBlank && part.startsWith(" ")) part = part.slice(1);
    at.push(length);
    from.push(index);
    parts.push(part);
    length += part.length;
    isBlank = part ? part.endsWith(" ") : isBlank;
  }
  return { text: parts.join(""), at: [...at, length], from: [...from, text.length] };
}

/* Places of a pattern in a pane, also across marks. */
function rangesIn({ texts, text, at, from }, pattern) {
  const starts = [0];
  for (const one of texts) starts.push(starts.at(-1) + one.data.length);
  const ranges = [];
  let [piece, number] = [0, 0];
  const origin = (offset, isEnd) => {
    while (piece + 2 < at.length && at[piece + 1] < offset + (isEnd ? 0 : 1)) piece += 1;
    const [own, rest] = [from[piece + 1] - from[piece], offset - at[piece]];
    if (own === at[piece + 1] - at[piece]) return from[piece] + rest;
    return isEnd ? from[piece + 1] : from[piece]; // all of what became more or fewer characters
  };
  const place = (offset, isEnd) => {
    if (offset < starts[number]) number = 0; // two places in what became more characters
    while (number + 1 < texts.length && starts[number + 1] < offset + (isEnd ? 0 : 1)) number += 1;
    return [texts[number], offset - starts[number]];
  };
  for (const { 0: match, index } of text.matchAll(pattern)) {
    const range = document.createRange();
    range.setStart(...place(origin(index, false), false));
    range.setEnd(...place(origin(index + match.length, true), true));
    if (ranges.push(range) >= 2000) break;
  }
  return ranges;
}
