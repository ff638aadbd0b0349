// Words and figures in the chosen language.

export const LANGUAGES = ["en", "fr"];
const table = await (await fetch(new URL("messages.json", import.meta.url))).json();
let language = "en";

export function speak(wanted) {
  language = LANGUAGES.includes(wanted) ? wanted : "en";
  document.documentElement.lang = language;
}

export const spoken = () => language;

/** A message with its gaps filled: say("target", { value: "30" }). */
export const say = (key, gaps = {}) => table[language][key].replace(/\{(\w+)\}/g, (_, name) => gaps[name]);

/** One of a family of words, such as the name of a scope; what is not in it stays as it is. */
export const word = (family, name) => table[language][family][name] ?? name;

/** A language's own name for itself. */
export const nameOf = (which) => table[which].name;

/** A number with a true minus sign. */
const number = (x, style) => new Intl.NumberFormat(language, style).format(x).replace("-", "−");
const decimals = (x, places) => number(x, { minimumFractionDigits: places, maximumFractionDigits: places });
const percent = (x, places) => number(x, { style: "percent", minimumFractionDigits: places, maximumFractionDigits: places });

export const whole = (x) => number(x, {});

/** Decimal places of a score; a share near an end of its scale has one more, or it would show nothing. */
function places({ unit }, x) {
  if (unit === "count" && Number.isInteger(x)) return 0;
  if (unit !== "ratio") return unit === "points" ? 1 : 2;
  return x !== 0 && x !== 1 && Math.min(Math.abs(x), Math.abs(1 - x)) < 0.02 ? 2 : 1;
}

/** A figure of a score, in its unit; `score` is one of the catalogue. All figures of a row have as many places as its value. */
export function figure(x, score, row = {}) {
  if (x === null || x === undefined) return "–";
  const { unit } = score;
  if (unit === "ratio") return percent(x, places(score, row.value ?? x));
  if (unit === "seconds") return lasting(x);
  if (unit === "money") {
    const currency = row[score.label];
    if (!/^[A-Z]{3}$/.test(currency ?? "")) return decimals(x, 2);
    return number(x, { style: "currency", currency, maximumFractionDigits: 0 });
  }
  return decimals(x, places(score, row.value ?? x));
}

/** A difference of two figures, with its sign; of ratios in points of per cent. */
export function change(x, score, row = {}) {
  const size = difference(Math.abs(x), score, row);
  return (x < 0 ? "−" : "+") + size;
}

/** Likewise, where the unit is clear. */
export const signed = (x, score, row = {}) => (x < 0 ? "−" : "+") + sizeOf(Math.abs(x), score, row);

/** The size of a difference. */
export function difference(x, score, row = {}) {
  const size = sizeOf(x, score, row);
  return ["points", "ratio"].includes(score.unit) ? say("points", { value: size }) : size;
}

/** Likewise, where the unit is clear. */
export function sizeOf(x, score, row = {}) {
  return score.unit === "ratio" ? decimals(100 * x, places(score, x)) : figure(x, score, row);
}

/** How many answers, customers or other things a score is made of. */
export function sample(n, score) {
  const said = table[language].samples[score.source] ?? table[language].samples["feedback.surveys"];
  return said[new Intl.PluralRules(language).select(n) === "one" ? 0 : 1].replace("{n}", whole(n));
}

export const share = (x) => percent(x, 0);

/** Seconds in the two greatest units that they fill: 5m, 2h 30m. */
export function lasting(seconds) {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const at = Math.max(0, units.findIndex(([, size]) => seconds >= size));
  const [unit, size] = seconds >= 1 ? units[at] : units[3];
  const part = (x, name, places = 0) =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "narrow", maximumFractionDigits: places }).format(x);
  if (unit === "second") return part(seconds, "second", seconds < 10 ? 1 : 0);
  const [smaller, smallerSize] = units[at + 1];
  const rest = Math.floor((seconds % size) / smallerSize);
  const most = part(Math.floor(seconds / size), unit);
  return rest ? `${most} ${part(rest, smaller)}` : most;
}

export const clock = (time) => new Date(time).toLocaleTimeString(language);

/** A moment: the time alone today, with the day otherwise. */
export function moment(time) {
  const at = new Date(time);
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString(language, today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

export const titleOf = (score) => (language === "fr" ? score.french[0].toUpperCase() + score.french.slice(1) : score.title);

/** A member for people: "phone", or "channel phone" where the scope is not clear. */
export function memberOf(row, score, scope) {
  const names = [];
  if (row.scope !== "all" && row.scope !== scope) names.push(word("dimensions", row.scope));
  if (row.member !== "all" || !score.label) names.push(word("members", row.member));
  if (score.label) names.push(row[score.label]);
  return names.join(" ");
}
