// The throughput of the line both ways over the last minutes, out of the counters of the state;
// before the page was opened, out of the records.

import { Chart } from "../chart.js";
import { h, say } from "../dom.js";
import { count } from "../words.js";
import { earlier } from "./earlier.js";
import { follow, heading } from "./parts.js";

/** Milliseconds between two samples, and samples that are kept: five minutes. */
const EVERY = 1000;
const KEPT = 300;
/** Seconds by which the page may be ahead of the trace's clock between two states. */
const CLOCKS_DIFFER = 10;
const WAYS = { to_host: "--to-host", to_module: "--to-module" };

export function mount(card, store) {
    const note = heading(card, "throughput.title");
    const place = h("div", { class: "chart", role: "img", label: "throughput.title" });
    const keys = Object.keys(WAYS).map((way) => {
        const value = h("b");
        const name = h("span", { word: `throughput.${way}` });
        return { value, node: h("span", {}, h("i", { class: `swatch ${way}` }), name, value) };
    });
    card.append(place, h("p", { class: "keys" }, ...keys.map(({ node }) => node)));
    const samples = new Samples();
    const chart = new Chart(place, {
        height: 120,
        least: 1,
        top: 100,
        lines: Object.values(WAYS).map((colour, place) => ({ colour, fill: place === 0 })),
        value: short,
        time: clock,
    });
    let at = null;

    const read = () => {
        const found = at === null ? samples.last : chart.at(at);
        keys.forEach(({ value }, way) => say(value, rate(found[way])));
        note(at === null ? "" : clock(at), "dim");
    };
    const point = (seconds) => {
        at = seconds;
        read();
    };
    const { over } = chart.plot;
    over.addEventListener("mousemove", ({ offsetX }) => point(chart.plot.posToVal(offsetX, "x")));
    over.addEventListener("mouseleave", () => point(null));
    follow(card, store, ["counters"], (state) => samples.hear(state));
    store.on("module", () => samples.forget());
    setInterval(() => {
        if (card.hidden || !samples.take()) return;
        samples.look(store.records);
        if (!document.hidden) chart.show(...samples.shown);
        read();
    }, EVERY);
}

/** Bytes a second from one sample to the next, each way. */
class Samples {
    constructor() {
        this.forget();
    }

    forget() {
        /** When each sample began, and its rate each way. */
        this.columns = [[], [], []];
        this.heard = this.before = this.began = null;
        this.past = [[], [], []];
        this.whole = false;
    }

    /** What the last sample says. */
    get last() {
        return this.columns.slice(1).map((values) => values.at(-1) ?? null);
    }

    /** The columns of what was before the first sample, the samples, the end of the last one. */
    get shown() {
        const all = this.past.map((values, column) => {
            return [...values, ...this.columns[column]].slice(-KEPT);
        });
        const ends = [this.before.time, ...all.slice(1).map((values) => values.at(-1))];
        return all.map((values, column) => [...values, ends[column] ?? null]);
    }

    /** Takes from the records what was before the first sample, until all of that has come. */
    look(records) {
        if (this.began === null || this.whole) return;
        this.past = earlier(records, this.began, KEPT, Object.keys(WAYS));
        this.whole = records.at(-1)?.record.t >= this.began;
    }

    hear({ time, counters }) {
        const here = performance.now() / 1000;
        const sums = Object.keys(WAYS).map((way) => counters[way]);
        this.heard = { here, time: time ?? here, sums };
    }

    /** Takes one, where there is something to take. Between two states nothing has changed. */
    take() {
        if (this.heard === null) return false;
        const { here, time, sums } = this.heard;
        const now = { time: time + performance.now() / 1000 - here, sums };
        // Another clock: nothing from before can be compared with it.
        if (now.time < this.before?.time - CLOCKS_DIFFER) this.forget();
        const { before } = this;
        if (now.time <= before?.time) return false;
        this.before = now;
        if (before === null) {
            this.began = now.time;
            return true;
        }
        const took = now.time - before.time;
        const rates = sums.map((sum, way) => Math.max(0, sum - before.sums[way]) / took);
        [before.time, ...rates].forEach((value, column) => this.columns[column].push(value));
        if (this.columns[0].length > KEPT) for (const column of this.columns) column.shift();
        return true;
    }
}

function rate(bytes) {
    return bytes === null ? "–" : count(Math.round(bytes));
}

/** For the axis: 1,500 is 1.5k. */
function short(value) {
    const [size, unit] = value >= 1e6 ? [1e6, "M"] : value >= 1e3 ? [1e3, "k"] : [1, ""];
    return `${+(value / size).toFixed(2)}${unit}`;
}

/** Seconds as minutes and seconds. */
function clock(seconds) {
    const whole = Math.round(seconds);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
