// Two small drawings: a line of what was, and a bar of how sure a score is.
import { attribute } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120, HEIGHT = 32, EDGE = 3;

function shape(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export function newLine() {
  const picture = shape("svg", { class: "line", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  picture.append(shape("path", { class: "path" }), shape("path", { class: "path last" }));
  return picture;
}

/** Values are null where there were too few answers: the line has a gap there. `least` keeps noise from filling the height. */
export function drawLine(picture, values, least, said) {
  const known = values.filter((value) => value !== null);
  const middle = (Math.max(...known) + Math.min(...known)) / 2;
  const span = Math.max(Math.max(...known) - Math.min(...known), least) || 1;
  const x = (place) => (EDGE + (place * (WIDTH - 2 * EDGE)) / Math.max(1, values.length - 1)).toFixed(1);
  const y = (value) => (HEIGHT / 2 - ((value - middle) / span) * (HEIGHT - 2 * EDGE)).toFixed(1);
  let path = "";
  values.forEach((value, place) => {
    if (value === null) return;
    const begins = place === 0 || values[place - 1] === null;
    path += `${begins ? "M" : "L"}${x(place)} ${y(value)}${begins ? "h0.01" : ""}`;
  });
  const last = values.findLastIndex((value) => value !== null);
  const [line, dot] = picture.children;
  attribute(line, "d", path);
  attribute(dot, "d", last < 0 ? "" : `M${x(last)} ${y(values[last])}h0.01`);
  attribute(picture, "aria-label", said);
}

export function newBar() {
  const picture = shape("svg", { class: "bar", viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" });
  picture.append(
    shape("rect", { class: "track", y: 5, width: 100, height: 2 }),
    shape("rect", { class: "band", y: 3, height: 6 }),
    shape("rect", { class: "tick", y: 0, width: 0.6, height: 12 }),
    shape("rect", { class: "point", y: 1, width: 1.4, height: 10 }),
  );
  return picture;
}

/** Where value, interval and target lie between the ends of a range. */
export function drawBar(picture, row, [low, high], target) {
  const at = (x) => (100 * (Math.min(Math.max(x, low), high) - low)) / (high - low);
  const [, band, tick, point] = picture.children;
  const sure = row.lower !== null && row.upper !== null;
  attribute(band, "x", sure ? at(row.lower).toFixed(2) : -9);
  attribute(band, "width", sure ? Math.max(0.5, at(row.upper) - at(row.lower)).toFixed(2) : 0);
  attribute(tick, "x", target === null ? -9 : (at(target) - 0.3).toFixed(2));
  attribute(point, "x", row.value === null ? -9 : (at(row.value) - 0.7).toFixed(2));
}
