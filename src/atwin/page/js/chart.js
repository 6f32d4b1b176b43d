// Values over time, drawn by uPlot: shared by the panel and by the page of `atwin trace plot`.
//
// `uPlot` is the global that vendor/uplot.min.js makes. Colours are names of CSS variables, so that
// a chart follows the theme of its page: those of its lines, and --dim, --edge and --bad.

/* global uPlot */

const AXIS = 74; // pixels left of the drawing: the same for all charts, so that times align
const LEAST = 1e-4; // seconds that can be seen at once
const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600]; // steps of clocks, in seconds

const dark = matchMedia("(prefers-color-scheme: dark)");
const probe = document.createElement("span");

/** What a CSS variable comes to as a colour now; `part`: how much of it is not transparent. */
export function colour(name, part = 1) {
    if (!probe.isConnected) document.body.append(probe);
    probe.hidden = true;
    probe.style.color = `color-mix(in srgb, var(${name}) ${part * 100}%, transparent)`;
    return getComputedStyle(probe).color;
}

/** The index of the last of the rising `xs` that is not after `x`; -1 if all are. */
export function before(xs, x) {
    let low = 0;
    let high = xs.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (xs[middle] <= x) low = middle + 1;
        else high = middle;
    }
    return low - 1;
}

/** The visible part of one time axis, in seconds, and the cursor on it. Charts share it. */
export class Span extends EventTarget {
    constructor(first, last) {
        super();
        Object.assign(this, { first, last, min: first, max: last, cursor: null });
    }

    /** Show this part, as far as there is something; fires `moved`. */
    show(min, max) {
        const width = Math.min(Math.max(max - min, LEAST), this.last - this.first);
        this.min = Math.min(Math.max(min, this.first), this.last - width);
        this.max = this.min + width;
        this.dispatchEvent(new Event("moved"));
    }

    all() {
        this.show(this.first, this.last);
    }

    /** Show `factor` times as much; what is at `at` stays where it is. */
    zoom(factor, at = (this.min + this.max) / 2) {
        this.show(at - (at - this.min) * factor, at + (this.max - at) * factor);
    }

    /** Move by a part of what is visible: 0.25 to later, -0.25 to earlier. */
    shift(part) {
        const by = part * (this.max - this.min);
        this.show(this.min + by, this.max + by);
    }

    /** Put the cursor at `seconds`, or take it away with null; fires `pointed`. */
    point(seconds) {
        if (this.cursor === seconds) return;
        this.cursor = seconds;
        this.dispatchEvent(new Event("pointed"));
    }
}

/**
 * One drawing in the element `place`, as wide as that is.
 *
 * lines: [{colour: "--a", fill: true}, …], each a value that holds until the next one
 * height in pixels; top: the y axis reaches at least so far; limit: a dashed line at this value
 * value, time: number -> text of the axes; steps: distances that lines of the y axis may have
 * least: seconds that two texts of the time axis are apart at least
 * times: distances, in seconds, that these may have
 * span: a `Span`, whose visible part is drawn; without one all data are
 * rows: texts in place of the numbers of the y axis, the first one at the top
 * paint(plot, context): draws more, in pixels of the canvas
 */
export class Chart {
    #data = [[], []];
    #ends = new AbortController();

    constructor(place, { span = null, height = 150, ...options }) {
        const width = () => Math.max(place.clientWidth, 120);
        this.span = span;
        this.plot = new uPlot(
            { width: width(), height, ...settings(span, options) }, this.#data, place);
        const signal = this.#ends.signal;
        const sizes = new ResizeObserver(() => this.plot.setSize({ width: width(), height }));
        const themes = new MutationObserver(() => this.plot.redraw(false));
        sizes.observe(place);
        themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
        signal.addEventListener("abort", () => [sizes, themes].forEach((one) => one.disconnect()));
        dark.addEventListener("change", () => this.plot.redraw(false), { signal });
        if (span !== null) this.#follow(signal);
    }

    #follow(signal) {
        const { over } = this.plot;
        const here = ({ clientX }) =>
            this.plot.posToVal(clientX - over.getBoundingClientRect().left, "x");
        this.span.addEventListener("pointed", () => this.#point(), { signal });
        over.addEventListener("mousemove", (event) => this.span.point(here(event)), { signal });
        over.addEventListener("mouseleave", () => this.span.point(null), { signal });
        over.addEventListener("wheel", (event) => this.#wheel(event, here(event)),
            { signal, passive: false });
    }

    /** Draw these: the times, then the values of each line; null where there is none. */
    show(times, ...values) {
        this.#data = [times, ...values];
        this.plot.setData(this.#data);
        // After uPlot has its new scales.
        if (this.span !== null) queueMicrotask(() => this.#point());
    }

    /** The value of each line at `seconds`; null before the first. */
    at(seconds) {
        const [times, ...values] = this.#data;
        const index = before(times, seconds);
        return values.map((line) => line[index] ?? null);
    }

    /** Let go of everything. */
    free() {
        this.#ends.abort();
        this.plot.destroy();
    }

    #point() {
        const { cursor, min, max } = this.span ?? { cursor: null };
        const seen = cursor !== null && cursor >= min && cursor <= max;
        const [left, top] = seen ? [this.plot.valToPos(cursor, "x"), 0] : [-10, -10];
        this.plot.setCursor({ left, top }, false);
    }

    #wheel(event, at) {
        event.preventDefault();
        const aside = event.shiftKey ? event.deltaY : event.deltaX;
        if (aside) this.span.shift(Math.sign(aside) * 0.1);
        else if (event.deltaY) this.span.zoom(event.deltaY < 0 ? 0.8 : 1.25, at);
    }
}

function settings(span, options) {
    const { lines = [], top = 0, limit = null, value = String, time = (t) => `${t} s` } = options;
    const { rows = null, steps, times, least = 0, paint = () => {} } = options;
    const incrs = least ? MINUTES.map((each) => each * least) : times;
    const ruled = { stroke: () => colour("--edge"), width: 1 };
    const axis = { stroke: () => colour("--dim"), grid: ruled, ticks: { ...ruled, size: 4 } };
    const y = rows === null
        ? { values: (_, splits) => splits.map(value), incrs: steps }
        : { splits: rows.map((_, index) => rows.length - index - 0.5), values: () => rows, gap: 2 };
    return {
        legend: { show: false },
        padding: [10, 20, 0, 0],
        scales: {
            x: { time: false, ...(span && { range: () => [span.min, span.max] }) },
            y: {
                range: rows ? [0, rows.length] : (_, low, high) => between(low, high, top),
            },
        },
        axes: [
            { ...axis, size: 30, space: 70, incrs, values: (_, splits) => splits.map(time) },
            { ...axis, size: AXIS, space: 24, ...y },
        ],
        series: [{}, ...lines.map(line)],
        cursor: {
            y: false,
            drag: { x: span !== null, y: false, setScale: false },
            dataIdx: (plot, _, closest, x) => Math.max(before(plot.data[0], x), 0),
            points: { size: 7 },
            bind: span === null ? {} : { dblclick: () => () => void span.all() },
        },
        hooks: {
            setSelect: [(plot) => span && dragged(plot, span)],
            draw: [(plot) => limit !== null && dash(plot, limit), (plot) => paint(plot, plot.ctx)],
        },
    };
}

function line({ colour: name, fill = false }) {
    return {
        stroke: () => colour(name),
        fill: fill ? () => colour(name, 0.25) : undefined,
        width: 1.5,
        points: { show: false },
        paths: uPlot.paths.stepped({ align: 1 }),
    };
}

/** The y axis: zero is on it, and so is `top`. */
function between(low, high, top) {
    const most = Math.max(high ?? 0, top);
    return [Math.min(low ?? 0, 0), most > 0 ? most * 1.06 : 1];
}

function dragged(plot, span) {
    const { left, width } = plot.select;
    if (width > 0) {
        const [min, max] = [left, left + width].map((x) => plot.posToVal(x, "x"));
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        span.show(min, max);
    }
}

function dash({ ctx, bbox, valToPos }, limit) {
    const y = Math.round(valToPos(limit, "y", true));
    ctx.save();
    ctx.strokeStyle = colour("--bad");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
}
