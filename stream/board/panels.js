// What stands around the scores: alerts, what moved, and how the feed does.
import { attribute, byId, keep, make, show, text } from "./dom.js";
import { fillMove, keyOf } from "./cards.js";
import { difference, figure, lasting, memberOf, moment, sample, say, share, signed, sizeOf, titleOf, whole, word } from "./words.js";

const MOST_MOVES = 8;

/** One incident raises many alerts: those of all, and of the members that are looked at; of the rest, how many. */
export function drawAlerts({ catalogue, alerts, scope, ready }) {
  const near = alerts.filter((alert) => alert.scope === "all" || alert.scope === scope);
  const others = alerts.length - near.length;
  const section = byId("alerts");
  attribute(section, "class", near.length ? "raised" : "quiet");
  show(section, ready || alerts.length > 0);
  show(byId("no-alerts"), !alerts.length);
  text(byId("no-alerts"), say("no_alerts"));
  show(byId("other-alerts"), others > 0);
  text(byId("other-alerts"), say("other_alerts", { count: whole(others) }));
  keep(section.querySelector("ul"), near, (alert) => alert.id, newAlert, (item, alert) => fillAlert(item, alert, catalogue));
}

function newAlert() {
  return make("li", {}, make("h3"), make("p.dim"), make("ul.parts"));
}

function fillAlert(item, alert, catalogue) {
  const score = catalogue.scores.find((each) => each.kpi === alert.kpi && each.headline);
  if (!score) return;
  const [title, why, parts] = item.children;
  const whose = alert.scope === "all" ? "" : ` (${memberOf(alert, score, "all")})`;
  const said = score.higher_is_better ? "drop_of" : "rise_of";
  text(title, say(said, { kpi: titleOf(score) + whose, size: difference(alert.drop, score) }));
  text(why, say("alert_why", {
    usual: figure(alert.baseline, score),
    begin: moment(alert.begin),
    answers: sample(alert.answers, score),
    lower: sizeOf(alert.lower, score),
    upper: sizeOf(alert.upper, score),
  }));
  attribute(parts, "aria-label", say("explained"));
  show(parts, alert.explained_by.length > 0);
  keep(parts, alert.explained_by, (part) => `${part.scope} ${part.member}`, () => make("li"), (chip, part) =>
    text(chip, say("part", { member: memberOf(part, score, "all"), share: share(part.share) })),
  );
}

export function drawMoves({ catalogue, moves, scope }) {
  const [from, to] = (moves.before ?? []).map(moment);
  const note = !moves.before ? "no_before" : moves.moves.length ? "moves_note" : "no_moves";
  text(byId("moves-note"), say(note, { from, to }));
  const rows = moves.moves.slice(0, MOST_MOVES).map((move) => ({ move, score: catalogue.scores.find((each) => each.name === move.kpi) }));
  keep(byId("moves").querySelector("ul"), rows, ({ move, score }) => keyOf(move, score), newMove, (item, row) => fillOneMove(item, row, scope));
}

function newMove() {
  return make("li", {}, make("span.what"), make("span.move"), make("span.dim.how"));
}

function fillOneMove(item, { move, score }, scope) {
  const [what, moved, how] = item.children;
  const whole = move.scope === "all" && !score.label;
  text(what, whole ? titleOf(score) : `${titleOf(score)}, ${memberOf(move, score, scope)}`);
  fillMove(moved, move, score);
  const gaps = { before: figure(move.before, score, move), value: figure(move.value, score, move) };
  text(how, say("moved", { ...gaps, lower: signed(move.lower, score, move), upper: signed(move.upper, score, move) }));
}

export function drawFeed({ status }) {
  const now = new Date(status.as_of);
  const times = Object.values(status.last_event).map((time) => new Date(time));
  const age = times.length ? Math.max(0, (now - Math.max(...times)) / 1000) : null;
  const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);
  const rejected = sum(status.dead_letters);
  const reasons = Object.entries(status.dead_letters).sort((a, b) => b[1] - a[1]).slice(0, 3);
  const rows = [
    ["ready", status.ready ? say("ready_yes") : problemOf(status), status.ready],
    ["last_event", age === null ? say("never") : say("ago", { time: lasting(Math.floor(age)) }), true],
    ["lag", status.lag === null ? say("lag_unknown") : say("records", { count: whole(status.lag) }), true],
    ["counted", say("records", { count: whole(sum(status.outcomes)) }), true],
    ["dead_letters", rejected ? `${whole(rejected)} (${reasons.map(([reason, count]) => `${reason} ${whole(count)}`).join(", ")})` : say("none"), true],
  ];
  keep(byId("feed").querySelector("dl"), rows, ([name]) => name, () => make("div", {}, make("dt"), make("dd")), (row, [name, said, well]) => {
    attribute(row, "class", well ? "well" : "unwell");
    text(row.firstChild, say(name));
    text(row.lastChild, said);
  });
}

/** What the service says of itself, in the chosen language where it is known. */
export const problemOf = (status) => word("problems", status.problem);
