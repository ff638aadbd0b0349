// The scores: a card for each KPI, whatever KPIs there are.
import { attribute, byId, keep, make, show, text } from "./dom.js";
import { drawBar, drawLine, newBar, newLine } from "./chart.js";
import { change, figure, lasting, memberOf, sample, say, titleOf, whole } from "./words.js";

const MOST_ROWS = 50;

/** What tells a score from the others of a window. */
export const keyOf = (row, score) => [row.kpi, row.scope, row.member, row[score.label] ?? ""].join("\n");

/** Draw the scores of one window and scope. `lines` and `moved` map keys of scores to what is known of their past. */
export function drawScores({ catalogue, rows, scope, lines, moved, step, window, ready }) {
  const kpis = [...new Set(catalogue.scores.map((score) => score.kpi))]
    .map((kpi) => ({
      kpi,
      scope,
      scores: catalogue.scores
        .filter((score) => score.kpi === kpi)
        .map((score) => ({ score, rows: rows.filter((row) => row.kpi === score.name) }))
        .filter(({ rows }) => rows.length),
    }))
    .filter(({ scores }) => scores.length);
  const seen = { least: catalogue.min_samples[scope], lines, moved };
  attribute(byId("cards"), "class", scope === "all" ? "grid" : "wide");
  keep(byId("cards"), kpis, (kpi) => `${kpi.kpi} ${scope}`, newCard, (card, kpi) => fillCard(card, kpi, seen));
  show(byId("scores"), ready || rows.length > 0);
  show(byId("no-scores"), !rows.length);
  text(byId("no-scores"), say("no_scores"));
  show(byId("legend"), rows.length > 0);
  text(byId("legend"), step ? say("legend", { step: lasting(step), window: lasting(window.size) }) : "");
}

/** One figure of the whole is written large; several rows make a table. */
const isSingle = ({ scope }, { score, rows }) => scope === "all" && !score.label && rows.length === 1;

function newCard(kpi) {
  return make("article.card", { "data-kpi": kpi.kpi });
}

function fillCard(card, kpi, seen) {
  const parts = kpi.scores.map((each, place) => ({
    ...each,
    scope: kpi.scope,
    kind: isSingle(kpi, each) ? (place === 0 ? "large" : "small") : place === 0 ? "table" : "folded",
  }));
  keep(card, parts, ({ score, kind }) => `${score.name} ${kind}`, (part) => BUILD[part.kind](part), (element, part) =>
    FILL[part.kind](element, part, seen),
  );
}

function newLarge({ score }) {
  return make("div.large", { "data-score": score.name },
    make("div.head", {}, make("h3"), make("span.target.dim")),
    make("p.figure", {}, make("b.value"), " ", make("span.move")),
    newLine(),
    newBar(),
    make("p.dim.facts", {}, make("span.interval"), make("span.n")),
  );
}

function fillLarge(element, { score, rows: [row] }, seen) {
  const [head, , line, bar] = element.children;
  text(head.firstChild, titleOf(score));
  fillFigures(element, row, score, seen.least);
  text(element.querySelector(".target"), score.target === null ? "" : say("target", { value: figure(score.target, score, row) }));
  fillMove(element.querySelector(".move"), seen.moved.get(keyOf(row, score)), score);
  fillLine(line, seen.lines.get(keyOf(row, score)), score, row);
  fillBar(bar, row, score, [row]);
}

function newSmall({ score }) {
  return make("div.small", { "data-score": score.name },
    make("h4"), make("b.value"), make("span.interval.dim"), make("span.n.dim"),
  );
}

function fillSmall(element, { score, rows: [row] }, seen) {
  text(element.firstChild, titleOf(score));
  fillFigures(element, row, score, seen.least);
}

const newTable = (part) => newMembers(part, "div", make("h3"));

/** The further scores of a KPI are there for those who open them. */
const newFolded = (part) => newMembers(part, "details", make("summary", {}, make("h3")));

function newMembers({ score }, tag, title) {
  return make(`${tag}.members`, { "data-score": score.name },
    title,
    make("table", {},
      make("thead", {}, make("tr", {}, ...["name", "value", "sure", "interval", "n", "trend"].map((kind) => make(`th.${kind}`, { scope: "col" })))),
      make("tbody"),
    ),
    make("p.dim.more"),
  );
}

const HEADS = ["member", "value", "range", "between", "answers", "line"];

function fillTable(element, { score, rows, scope }, seen) {
  text(element.querySelector("h3"), titleOf(score));
  const [head, body] = element.querySelector("table").children;
  HEADS.forEach((name, place) => text(head.firstChild.children[place], say(name)));
  const sorted = [...rows].sort((a, b) => b.n - a.n || (a.member < b.member ? -1 : 1));
  const shown = sorted.slice(0, MOST_ROWS);
  keep(body, shown, (row) => keyOf(row, score), newRow, (line, row) => {
    const [name, , sure, , , trend] = line.children;
    text(name, memberOf(row, score, scope));
    fillFigures(line, row, score, seen.least);
    fillMove(line.querySelector(".move"), seen.moved.get(keyOf(row, score)), score);
    fillBar(sure.firstChild, row, score, shown);
    fillLine(trend.firstChild, seen.lines.get(keyOf(row, score)), score, row);
  });
  show(element.lastChild, sorted.length > shown.length);
  text(element.lastChild, say("more", { count: whole(sorted.length - shown.length) }));
}

function newRow() {
  return make("tr", {},
    make("th.name", { scope: "row" }),
    make("td.number", {}, make("span.move"), " ", make("b.value")),
    make("td.sure", {}, newBar()),
    make("td.number.dim.interval"),
    make("td.number.dim.n"),
    make("td.trend", {}, newLine()),
  );
}

const BUILD = { large: newLarge, small: newSmall, table: newTable, folded: newFolded };
const FILL = { large: fillLarge, small: fillSmall, table: fillTable, folded: fillTable };

/** Value, interval and sample size; of a score that is withheld the sample size only. */
function fillFigures(element, row, score, least) {
  const [value, interval, n] = ["value", "interval", "n"].map((kind) => element.querySelector(`.${kind}`));
  const inTable = n.tagName === "TD";
  attribute(element, "data-suppressed", row.suppressed);
  text(value, row.suppressed ? (inTable ? "–" : say("too_few")) : figure(row.value, score, row));
  const bounds = { lower: figure(row.lower, score, row), upper: figure(row.upper, score, row) };
  const known = row.lower !== null && row.upper !== null;
  if (inTable) text(interval, row.suppressed ? say("too_few") : known ? `${bounds.lower} … ${bounds.upper}` : "–");
  else text(interval, known ? say("interval", bounds) : "");
  text(n, inTable ? whole(row.n) : row.suppressed ? say("needs", { n: whole(row.n), least: whole(least) }) : sample(row.n, score));
}

/** A change beyond chance, in the colour of good or bad news. */
export function fillMove(element, move, score) {
  text(element, move ? `${move.change > 0 ? "▲" : "▼"} ${change(move.change, score, move)}` : "");
  attribute(element, "data-news", move ? (move.change > 0 === score.higher_is_better ? "good" : "bad") : "none");
}

function fillLine(picture, values, score, row) {
  const known = (values ?? []).filter((value) => value !== null);
  const fig = (x) => figure(x, score, row);
  const gaps = { first: fig(known[0]), last: fig(known.at(-1)), least: fig(Math.min(...known)), most: fig(Math.max(...known)) };
  const [low, high] = score.range;
  const span = low !== null && high !== null ? (high - low) / 10 : 0;
  drawLine(picture, values ?? [], span, `${titleOf(score)}: ${known.length ? say("line_said", gaps) : say("no_line")}`);
}

/** On the score's own range; where that has no end, on the one that the rows fill. */
function fillBar(picture, row, score, rows) {
  const most = Math.max(...rows.map((each) => each.upper ?? each.value ?? 0), score.target ?? 0) * 1.1 || 1;
  const [low, high] = [score.range[0] ?? 0, score.range[1] ?? most];
  drawBar(picture, row, score.unit === "ratio" && high > 2 * most ? [0, nice(most)] : [low, high], score.target);
}

/** A small share is drawn on a scale that shows it: the next of 1, 2, 5 % and their tenfold. */
function nice(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * power).find((end) => end >= most);
}
