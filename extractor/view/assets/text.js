/* The shown document: its text in pieces, with marks where values and passages lie. */

const LANES = 4; // lines of spans that lie within each other
const BLOCK = 1500; // characters that are laid out together, and then the rest of their line
const LONGEST = 6000; // characters of a block: the time to lay out a line grows with its square
const NEAR = 64; // characters before a cut in which a blank is looked for

/* What lies on the text: values, the passages that back sentences, and what other parts of it say of a value. */
function spansOf(one) {
  const spans = [];
  one.rows.forEach((row, number) => {
    if (row.span) spans.push({ row: number, start: row.span[0], end: row.span[1], sentence: -1, saying: -1 });
    (row.support || []).forEach((sentence, at) => {
      if (sentence.passage)
        spans.push({ row: number, start: sentence.passage[0], end: sentence.passage[1], sentence: at, saying: -1 });
    });
    (row.sayings || []).forEach((said, at) => {
      for (const [start, end] of said.spans) spans.push({ row: number, start, end, sentence: -1, saying: at });
    });
  });
  return spans.filter((span) => span.start < span.end).sort((a, b) => a.start - b.start || b.end - a.end);
}

const isValue = (span) => span.sentence < 0 && span.saying < 0;

/* Each value gets a lane for its line that no other has meanwhile: 'Bank of [England]' has two. */
function assignLanes(spans) {
  const ends = [];
  for (const span of spans) {
    if (!isValue(span)) continue;
    let lane = ends.findIndex((end) => end <= span.start);
    if (lane < 0) lane = ends.length < LANES ? ends.length : LANES - 1;
    ends[lane] = Math.max(ends[lane] || 0, span.end);
    span.lane = lane;
  }
}

const clusters = new Intl.Segmenter("en", { granularity: "grapheme" });

/* Where a long line is cut that goes on from a place: after a blank, never within what is one character to a reader
   ('é' of two, '🧑‍🚀' of five halves); there only a line of the layout is shorter. */
function cutAfter(text, at) {
  const part = text.slice(at, at + LONGEST + NEAR);
  const blank = part.slice(LONGEST - NEAR, LONGEST).lastIndexOf(" ");
  const wanted = blank < 0 ? LONGEST : LONGEST - NEAR + blank + 1;
  const start = clusters.segment(part).containing(wanted).index;
  if (start > 0) return at + start;
  return at + LONGEST - (part.codePointAt(LONGEST - 1) > 0xffff); // so long a sequence is cut, between characters
}

/* Where the text is cut into blocks: at ends of lines, and within those that are long. */
function blocksOf(text) {
  const ends = [];
  let line = text.indexOf("\n", BLOCK);
  for (let at = 0; at < text.length;) {
    if (line >= 0 && line < at + BLOCK) line = text.indexOf("\n", at + BLOCK);
    const end = line < 0 ? text.length : line + 1;
    at = end - at <= LONGEST ? end : cutAfter(text, at);
    ends.push(at);
  }
  return ends;
}

/* The text in pieces that the same spans cover: calls put(start, end, spans, isEndOfBlock) for each. */
function eachPiece(text, spans, put) {
  const cuts = new Set(blocksOf(text));
  const edges = new Set([0, text.length, ...cuts, ...spans.flatMap((span) => [span.start, span.end])]);
  const bounds = [...edges].sort((a, b) => a - b);
  let open = [];
  let next = 0;
  for (let number = 0; number + 1 < bounds.length; number += 1) {
    const [start, end] = [bounds[number], bounds[number + 1]];
    if (open.length) open = open.filter((span) => span.end > start);
    while (next < spans.length && spans[next].start <= start) open.push(spans[next++]);
    put(start, end, open, cuts.has(end));
  }
}

/* As `--line` in the style, of any field. */
const lineOf = (field) => `light-dark(oklch(0.58 0.14 ${hue(field)}), oklch(0.74 0.12 ${hue(field)}))`;

/* Where the marks of a span are kept, and under which key. */
const marksOf = ({ sentence, saying }) => (saying >= 0 ? now.sayings : sentence >= 0 ? now.passages : now.marks);
const keyOf = ({ row, sentence, saying }) => (saying >= 0 || sentence >= 0 ? `${row}:${Math.max(sentence, saying)}` : row);

function markOf(piece, open) {
  const one = pack.documents[now.at];
  const values = open.filter(isValue).slice(-LANES);
  const others = open.filter((span) => span.saying >= 0).slice(-LANES);
  const made = node("mark", others.length ? "other" : values.length ? "" : "passage", piece);
  made.spans = open.slice(-2 * LANES).reverse(); // the innermost first
  if (values.length) {
    const inner = one.rows[values[values.length - 1].row];
    coloured(made, inner.field);
    const lines = values
      .sort((a, b) => a.lane - b.lane)
      .flatMap(({ row, lane }) => [
        `0 ${3 * lane}px var(--page)`,
        `0 ${3 * lane + 2}px ${lineOf(one.rows[row].field)}`,
      ]);
    made.style.boxShadow = lines.join(", ");
  }
  if (others.length) made.style.setProperty("--other", lineOf(one.rows[others.at(-1).row].field));
  const names = values.map(({ row }) => plain(pack.fields[one.rows[row].field]));
  for (const { row, saying } of others)
    names.push(`said otherwise: ${plain(`${one.rows[row].name} ${one.rows[row].sayings[saying].text}`)}`);
  made.title = names.join(", ") || "backs a sentence of the model's own";
  for (const span of open) (marksOf(span)[keyOf(span)] ||= []).push(made);
  return made;
}

function showText(one) {
  const pane = byId("text");
  const told = one.told.map((text) => node("p", "told", node("strong", "", "Note: "), safe(text)));
  pane.replaceChildren(...told);
  pane.scrollTop = 0;
  now.marks = {};
  now.passages = {};
  now.sayings = {};
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
