// The page of a campaign: its figures, drawings on one axis of time, and tables.

import { addChart, movingHeader } from "../alone/axis.js";
import { element, number } from "../alone/words.js";
import { Span, before, colour } from "../js/chart.js";
import { TABLES, card, duration, figures, size, table } from "./tables.js";
import { t } from "./words.js";

const given = JSON.parse(document.getElementById("data").textContent);
const span = new Span(0, given.duration);
const visible = element("span", "visible number");
const readout = element("div", "readout mono");
const LOADS = {
    connections: { line: "--net", unit: 1 },
    requests: { line: "--accent", unit: 1 },
    sent: { line: "--buffer", unit: 1e6 },
};
// Distances of the texts of the axis of time.
const TIMES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
    86400, 172800, 604800, 1209600, 2592000, 5184000, 15552000];
const common = { time: duration, times: TIMES };

/** Between the earliest and the latest time at which a share is reached. */
function paintBand(plot, context) {
    if (given.band.length < 2) return;
    const x = (at) => plot.valToPos(at, "x", true);
    const spot = (at, share) => [x(at), plot.valToPos(share * 100, "y", true)];
    const early = given.band.map(([share, low]) => spot(low, share));
    const late = given.band.map(([share, , high]) => spot(high, share)).reverse();
    const { left, top, width, height } = plot.bbox;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.fillStyle = colour("--accent", 0.3);
    context.beginPath();
    for (const place of [...early, ...late]) context.lineTo(...place);
    context.fill();
    context.restore();
}

function addCompletion() {
    const [at, shares] = given.completion;
    const times = [...at, given.duration];
    const values = [...shares, shares.at(-1)].map((share) => share * 100);
    const options = {
        ...common, lines: [{ colour: "--on" }], value: (one) => number(one), top: 100, height: 220,
        limit: 100, paint: paintBand,
    };
    return addChart(span, t("completion"), options, (chart) => {
        chart.show(times, values);
        visible.textContent = t("span", { min: duration(span.min), max: duration(span.max) });
    });
}

/** Mean and peak of a load; its limit, where it comes near to that. */
function addLoad(name, { line, unit }) {
    const { seconds: width, mean, peak } = given.load[name];
    const times = [...mean, 0].map((_, index) => Math.min(index * width, given.duration));
    const lanes = [peak, mean].map((lane) => [...lane, lane.at(-1) ?? 0].map((one) => one / unit));
    const limit = given.limits[name] === null ? null : given.limits[name] / unit;
    const near = limit !== null && Math.max(...lanes[0]) > limit / 2;
    const options = {
        ...common, lines: [{ colour: "--dim" }, { colour: line, fill: true }], height: 150,
        value: (one) => number(one, 3), limit: near ? limit : null, top: near ? limit : 0,
    };
    return addChart(span, t(name), options, (chart) => chart.show(times, ...lanes));
}

function tell() {
    const { cursor } = span;
    if (cursor === null) {
        readout.replaceChildren(element("div", "dim", t("hint")));
        return;
    }
    const [at, shares] = given.completion;
    const share = shares[Math.max(before(at, cursor), 0)];
    const [open, asked, sent] = Object.keys(LOADS).map((name) => {
        const { seconds: width, mean } = given.load[name];
        return mean[Math.floor(cursor / width)] ?? 0;
    });
    readout.replaceChildren(element("div", "", [
        duration(Math.round(cursor)),
        `${number(share * 100, 2)} % ${t("done")}`,
        `${number(open, 1)} ${t("connectionsNow")}`,
        `${number(asked, 1)} ${t("requestsNow")}`,
        `${size(sent)}/s`,
    ].join(" · ")));
}

function about() {
    const numbers = { devices: number(given.devices), simulated: number(given.simulated) };
    const text = t("about", { ...numbers, seed: given.seed, starts: given.starts });
    return element("p", "dim", `${text} ${t("why")}`);
}

addCompletion();
for (const [name, options] of Object.entries(LOADS)) addLoad(name, options);
span.addEventListener("pointed", tell);
tell();
visible.setAttribute("role", "status");
document.body.prepend(element("h1", "", given.name), about(), figures(given),
    movingHeader(span, visible, readout));
if (given.aborted) document.body.append(card("aborted", element("p", "bad", given.aborted)));
for (const name of Object.keys(TABLES)) {
    const made = table(name, given.tables[name]);
    if (made) document.body.append(made);
}
if (given.notes.length) {
    const list = element("ul");
    list.append(...given.notes.map((note) => element("li", "", note)));
    document.body.append(card("notes", list));
}
