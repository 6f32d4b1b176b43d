// What the page was given, made ready to be drawn.

import { before } from "../js/chart.js";

const times = (deltas) => {
    let at = 0;
    return deltas.map((delta) => (at += delta) / 1e6);
};

/** Bytes of both directions in bins, and in wider and wider ones, to draw as many as are seen. */
export class Throughput {
    constructor({ bin, toHost, toModule }) {
        this.levels = [{ width: bin, lanes: [toHost, toModule.map((size) => -size)] }];
        while (this.levels.at(-1).lanes[0].length > 256) {
            const { width, lanes } = this.levels.at(-1);
            this.levels.push({ width: width * 2, lanes: lanes.map(halved) });
        }
    }

    /** Bytes a second from `min` to `max`, in at most `most` steps: `{width, times, lanes}`. */
    seen(min, max, most) {
        const fits = ({ width }) => (max - min) / width <= most;
        const { width, lanes } = this.levels.find(fits) ?? this.levels.at(-1);
        const first = Math.floor(min / width);
        const last = Math.min(Math.floor(max / width), lanes[0].length - 1);
        const indices = Array.from({ length: last - first + 1 }, (_, index) => first + index);
        const rates = lanes.map((lane) => indices.map((index) => lane[index] / width));
        // A step holds up to the next one, so the last one needs an end.
        indices.push(last + 1);
        rates.forEach((lane) => lane.push(lane.at(-1)));
        return { width, times: indices.map((index) => index * width), lanes: rates };
    }
}

function halved(lane) {
    const half = [];
    for (let at = 0; at < lane.length; at += 2) half.push(lane[at] + (lane[at + 1] ?? 0));
    return half;
}

/** A value that holds until the next one, from the start to the end of the trace. */
class Steps {
    constructor({ times: deltas, values, top, width }, duration) {
        const some = values.length > 0;
        this.times = some ? [0, ...times(deltas), duration] : [];
        this.values = some ? [0, ...values, values.at(-1)] : [];
        Object.assign(this, { top, width });
    }

    /** From `min` to `max`, and one more at each side: `[times, values]`. Where `cells` pieces of
     * that time have many each, their least, largest and last value. */
    seen(min, max, cells) {
        const first = Math.max(before(this.times, min), 0);
        const end = before(this.times, max) + 2;
        let kept = Array.from(this.times.slice(first, end), (_, index) => first + index);
        if (kept.length > 4 * cells) {
            const cell = (max - min) / cells;
            kept = this.thinned(kept, (index) => Math.floor(this.times[index] / cell));
        }
        return [this.times, this.values].map((all) => kept.map((index) => all[index]));
    }

    thinned(indices, cell) {
        const kept = [];
        for (let at = 0; at < indices.length;) {
            const here = cell(indices[at]);
            let [low, high, last] = [indices[at], indices[at], indices[at]];
            for (; at < indices.length && cell(indices[at]) === here; at += 1) {
                last = indices[at];
                if (this.values[last] < this.values[low]) low = last;
                if (this.values[last] > this.values[high]) high = last;
            }
            kept.push(...new Set([low, high, last].sort((a, b) => a - b)));
        }
        return kept;
    }
}

/** A row of marks, sorted: each has `{name, time, text, more}`. */
function row(name, { times: deltas, texts: numbers, more, width }, texts) {
    const at = times(deltas);
    const marks = at.map((time, index) => (
        { name, time, text: texts[numbers[index]], more: more[index] ?? 0 }));
    return { name, width, times: at, marks };
}

/** The marks of a row from `min` to `max`. */
export function within({ times: at, marks }, min, max) {
    return marks.slice(before(at, min - 1e-9) + 1, before(at, max) + 1);
}

/** Everything, from the element that holds it. */
export function readData() {
    const given = JSON.parse(document.getElementById("data").textContent);
    const { duration, rows, texts } = given;
    return {
        ...given,
        throughput: new Throughput(given),
        buffer: new Steps(given.buffer, duration),
        connections: new Steps(given.connections, duration),
        rows: Object.entries(rows).map(([name, one]) => row(name, one, texts)),
    };
}
