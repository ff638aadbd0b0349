// The board: asks every two seconds, and changes what has changed.
import { ask } from "./api.js";
import { attribute, byId, keep, make, show, text } from "./dom.js";
import { drawScores, keyOf } from "./cards.js";
import { drawAlerts, drawFeed, drawMoves, problemOf } from "./panels.js";
import { LANGUAGES, clock, nameOf, say, speak, spoken, word } from "./words.js";

const SCORES_MS = 2000, PAST_MS = 10000;

const address = new URL(location.href).searchParams;
const chosen = { window: address.get("window"), scope: address.get("scope") ?? "all" };
/** All that is shown, as it was said last; drawn anew when any of it changes. */
const known = { catalogue: null, rows: [], alerts: [], status: null, trend: null, moves: null, silent: false };
let round = 0, waiting = null, past = { at: -Infinity, of: "" };

function draw() {
  document.querySelectorAll("[data-say]").forEach((element) => text(element, say(element.dataset.say)));
  document.title = say("title");
  drawState();
  if (!known.catalogue) return;
  drawChoices();
  const { catalogue, rows, alerts, moves, trend, status } = known;
  const ready = Boolean(status?.ready);
  const score = (row) => catalogue.scores.find((each) => each.name === row.kpi);
  drawScores({
    catalogue, rows, ready, scope: chosen.scope,
    window: catalogue.windows.find(({ name }) => name === chosen.window),
    step: trend?.step,
    lines: new Map((trend?.series ?? []).filter(score).map((each) => [keyOf(each, score(each)), each.values])),
    moved: new Map((moves?.moves ?? []).filter(score).map((each) => [keyOf(each, score(each)), each])),
  });
  drawAlerts({ catalogue, alerts, ready, scope: chosen.scope });
  show(byId("moves"), ready && moves !== null);
  if (moves) drawMoves({ catalogue, moves, scope: chosen.scope });
  if (status) drawFeed({ status });
}

function drawState() {
  const { status, silent } = known;
  const state = silent ? "silent" : !status ? "loading" : status.ready ? "live" : "not_ready";
  attribute(document.body, "data-state", state);
  text(byId("state"), say(state));
  const time = status ? clock(status.as_of) : "";
  text(byId("as-of"), time && say("as_of", { time }));
  show(byId("problem"), state === "silent" || state === "not_ready");
  const why = state === "not_ready" ? { problem: problemOf(status) } : { time: time || "–" };
  text(byId("problem").firstElementChild, say(state === "not_ready" ? "why_not_ready" : "why_silent", why));
}

function drawChoices() {
  const { windows, scopes } = known.catalogue;
  drawRadios(byId("window"), windows.map(({ name }) => [name, name]), chosen.window);
  drawRadios(byId("language"), LANGUAGES.map((each) => [each, each.toUpperCase(), nameOf(each)]), spoken());
  keep(byId("scope"), scopes, (scope) => scope, (scope) => make("option", { value: scope }), (option, scope) => text(option, word("scopes", scope)));
  if (byId("scope").value !== chosen.scope) byId("scope").value = chosen.scope;
}

function drawRadios(group, choices, wanted) {
  let box = group.querySelector("div");
  if (!box) group.append((box = make("div")));
  const build = ([value]) => make("label", {}, make("input", { type: "radio", name: group.id, value }), make("span"));
  keep(box, choices, ([value]) => value, build, (label, [value, shown, spelt]) => {
    const [input, span] = label.children;
    if (input.checked !== (value === wanted)) input.checked = value === wanted;
    text(span, shown);
    if (spelt) attribute(input, "aria-label", spelt), attribute(label, "lang", value);
  });
}

/** Ask for all that is shown. What was asked for another choice than the present one is thrown away. */
async function refresh() {
  clearTimeout(waiting);
  const mine = ++round;
  try {
    await learn(mine);
    if (mine === round) known.silent = false;
  } catch {
    if (mine === round) known.silent = true;
  }
  if (mine !== round) return;
  try {
    draw();
  } finally {
    waiting = setTimeout(refresh, SCORES_MS);
  }
}

async function learn(mine) {
  // Asked for now and then: another version may run by now, or another setting.
  if (!known.catalogue || known.silent || performance.now() - past.at >= PAST_MS) known.catalogue = await ask("catalogue");
  const { windows, scopes } = known.catalogue;
  if (!windows.some(({ name }) => name === chosen.window)) chosen.window = (windows.find(({ size }) => size === 86400) ?? windows[0]).name;
  if (!scopes.includes(chosen.scope)) chosen.scope = "all";
  const query = new URLSearchParams({ window: chosen.window, scope: chosen.scope });
  const [{ scores }, { alerts }, status] = await Promise.all([ask(`scores?${query}`), ask("alerts"), ask("status")]);
  if (mine !== round) return;
  Object.assign(known, { rows: scores, alerts, status });
  if (past.of === `${query}` && performance.now() - past.at < PAST_MS) return;
  if (past.of !== `${query}`) Object.assign(known, { trend: null, moves: null });
  draw();
  const [trend, moves] = await Promise.all([ask(`trend?${query}`), ask(`moves?${query}`)]);
  if (mine !== round) return;
  Object.assign(known, { trend, moves });
  past = { at: performance.now(), of: `${query}` };
}

function choose(name, value) {
  if (name === "language") {
    speak(value);
    localStorage.setItem("language", value);
    address.set("language", value);
  } else {
    chosen[name] = value;
    address.set(name, value);
  }
  history.replaceState(null, "", `?${address}`);
  if (name === "language") draw();
  else refresh();
}

speak(address.get("language") ?? localStorage.getItem("language") ?? navigator.language.slice(0, 2));
byId("choices").addEventListener("change", ({ target }) => choose(target.name || target.id, target.value));
byId("choices").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(waiting) : refresh()));
draw();
refresh();
