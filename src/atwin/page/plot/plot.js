// The page of `atwin trace plot`: drawings on one time axis, and the events as text.

import { addChart, movingHeader, pixels } from "../alone/axis.js";
import { element, number, seconds } from "../alone/words.js";
import { Span, colour } from "../js/chart.js";
import { readData, within } from "./data.js";
import { EventList, Readout } from "./lists.js";
import { t } from "./words.js";

const ROW_HEIGHT = 20;
const COLOURS = {
    command: "--command", error: "--bad", urc: "--urc", net: "--net", line: "--line",
    power: "--power", fault: "--fault", host: "--host",
};

const data = readData();
const span = new Span(0, data.duration);
const charts = {};

function addThroughput() {
    const lines = [{ colour: "--accent", fill: true }, { colour: "--warn", fill: true }];
    const value = (rate) => number(Math.abs(rate) / 1000, 3);
    const options = { lines, value, top: 1000, height: 190 };
    charts.throughput = addChart(span, t("throughput"), options, (chart) => {
        const { width: step, times: at, lanes } = data.throughput.seen(
            span.min, span.max, pixels());
        chart.show(at, ...lanes);
        const texts = { min: span.min, max: span.max, all: data.duration };
        for (const key of Object.keys(texts)) texts[key] = number(texts[key], 3);
        visible.textContent = t("span", { ...texts, step: seconds(step) });
    });
}

function addSteps(name, title, line, options) {
    const steps = data[name];
    const { top } = steps;
    if (!steps.times.length) return;
    const value = (one) => number(one, 1);
    const shape = { lines: [line], top, limit: top || null, value, ...options };
    charts[name] = addChart(span, title, shape, (chart) =>
        chart.show(...steps.seen(span.min, span.max, pixels())));
}

function addEvents() {
    const rows = data.rows.filter((row) => row.marks.length);
    if (!rows.length) return;
    const options = {
        rows: rows.map(({ name }) => t(name)),
        height: rows.length * ROW_HEIGHT + 40,
        paint: (plot, context) => rows.forEach((row, index) =>
            paintMarks(plot, context, row, rows.length - index - 0.5)),
    };
    charts.events = addChart(span, t("events"), options, (chart) => chart.show([0, data.duration]));
}

/** One stroke for all that lie on the same pixel. */
function paintMarks(plot, context, row, y) {
    const middle = plot.valToPos(y, "y", true);
    const half = 6 * devicePixelRatio;
    const width = 2 * devicePixelRatio;
    context.fillStyle = colour(COLOURS[row.name]);
    let drawn = NaN;
    for (const { time } of within(row, span.min, span.max)) {
        const x = Math.round(plot.valToPos(time, "x", true) - width / 2);
        if (x !== drawn) context.fillRect(x, middle - half, width, 2 * half);
        drawn = x;
    }
}

function resolution() {
    const width = (part) => seconds(Number(part.width.toPrecision(2)));
    const texts = [t("resolution", { records: number(data.records), bin: seconds(data.bin) })];
    for (const [name, part] of [["inBuffer", data.buffer], ["open", data.connections]]) {
        if (part.width) texts.push(t("thinnedSteps", { name: t(name), width: width(part) }));
    }
    for (const row of data.rows.filter((one) => one.width)) {
        texts.push(t("thinned", { name: t(row.name), width: width(row) }));
    }
    return element("p", "dim resolution", texts.join("") + t("stop"));
}

const visible = element("span", "visible number");
addThroughput();
addSteps("buffer", t("buffer"), { colour: "--buffer", fill: true }, { height: 140 });
addSteps("connections", t("connections", { top: data.connections.top }),
    { colour: "--net", fill: true }, { height: 110, steps: [1, 2, 4, 8, 16, 32, 64] });
addEvents();
const readout = new Readout(data, span, charts);
visible.setAttribute("role", "status");
document.body.prepend(element("h1", "", data.name), element("p", "dim", data.about),
    movingHeader(span, visible, readout.place));
document.body.append(new EventList(data, span).place, resolution());
