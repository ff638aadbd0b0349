// Words and figures in the chosen language.

export const LANGUAGES = ["en", "fr"];
const table = await (await fetch(new URL("messages.json", import.meta.url))).json();
let language = "en";

export function speak(wanted) {
  language = LANGUAGES.includes(wanted) ? wanted : "en";
  document.documentElement.lang = language;
}

export const spoken = () => language;

/** A message with its gaps filled: say("of_answers", { n: 3 }). */
export const say = (key, gaps = {}) => table[language][key].replace(/\{(\w+)\}/g, (_, name) => gaps[name]);

/** One of a family of words, such as the name of a scope; what is not in it stays as it is. */
export const word = (family, name) => table[language][family][name] ?? name;

/** A language's own name for itself. */
export const nameOf = (which) => table[which].name;

export const whole = (x) => new Intl.NumberFormat(language).format(x);
const decimals = (x, places) =>
  new Intl.NumberFormat(language, { minimumFractionDigits: places, maximumFractionDigits: places }).format(x);
const percent = (x, places) =>
  new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: places, maximumFractionDigits: places }).format(x);

/** A figure of a score, in its unit; `score` is one of the catalogue, `row` may say a currency. */
export function figure(x, score, row = {}) {
  if (x === null || x === undefined) return "–";
  const { unit } = score;
  if (unit === "ratio") return percent(x, 1);
  if (unit === "seconds") return lasting(x);
  if (unit === "money") {
    const currency = row[score.label];
    if (!/^[A-Z]{3}$/.test(currency ?? "")) return decimals(x, 2);
    return new Intl.NumberFormat(language, { style: "currency", currency, maximumFractionDigits: 0 }).format(x);
  }
  return decimals(x, unit === "points" ? 1 : 2);
}

/** A difference of two figures, with its sign; of ratios in points of per cent. */
export function change(x, score, row = {}) {
  const size = difference(Math.abs(x), score, row);
  return (x < 0 ? "−" : "+") + size;
}

/** The size of a difference. */
export function difference(x, score, row = {}) {
  if (score.unit === "points") return say("points", { value: decimals(x, 1) });
  if (score.unit === "ratio") return say("points", { value: decimals(100 * x, 1) });
  return figure(x, score, row);
}

export const share = (x) => percent(x, 0);

/** Seconds in the two greatest units that they fill: 5 min, 2 h 30 min. */
export function lasting(seconds) {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const at = Math.max(0, units.findIndex(([, size]) => seconds >= size));
  const [unit, size] = seconds >= 1 ? units[at] : units[3];
  const part = (x, name, places = 0) =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: places }).format(x);
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
