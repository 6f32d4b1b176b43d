// What the drawings do not say: the values at the cursor, and the events as text.

import { element, number, seconds } from "../alone/words.js";
import { within } from "./data.js";
import { t } from "./words.js";

const MOST_LISTED = 200;
const MOST_TOLD = 3;

/** The events of `rows` from `min` to `max`, in order. */
function found(rows, min, max) {
    return rows.flatMap((row) => within(row, min, max)).sort((a, b) => a.time - b.time);
}

function told({ text, more }) {
    return more ? `${text}  (${t("more", { n: number(more) })})` : text;
}

/** The values at the cursor, and the events near it. */
export class Readout {
    constructor(data, span, charts) {
        Object.assign(this, { data, span, charts, place: element("div", "readout mono") });
        this.began = Date.parse(data.wall) / 1000;
        span.addEventListener("pointed", () => this.show());
        this.show();
    }

    show() {
        const { min, max, cursor } = this.span;
        if (cursor === null) {
            this.place.replaceChildren(element("div", "dim", t("hint")));
            return;
        }
        const near = (max - min) / 200;
        const events = found(this.data.rows, cursor - near, cursor + near);
        const lines = events.slice(0, MOST_TOLD).map((event) => this.line(event));
        if (events.length > MOST_TOLD) lines.at(-1).append(
            element("span", "dim", ` ${t("more", { n: number(events.length - MOST_TOLD) })}`));
        this.place.replaceChildren(element("div", "", this.values(cursor)), ...lines);
    }

    line(event) {
        const line = element("div", "told", `${event.time.toFixed(6)} ${told(event)}`);
        line.dataset.row = event.name;
        return line;
    }

    values(cursor) {
        const { throughput, buffer, connections } = this.charts;
        const [up, down] = throughput.at(cursor);
        const parts = [`${seconds(Number(cursor.toPrecision(7)))}${this.clock(cursor)}`];
        const rate = (value) => `${number(Math.abs(value ?? 0) / 1000, 2)} kB/s`;
        parts.push(`${t("toHost")} ${rate(up)}`, `${t("toModule")} ${rate(down)}`);
        for (const [chart, key, { top }] of [
            [buffer, "inBuffer", this.data.buffer], [connections, "open", this.data.connections],
        ]) {
            const n = number(chart?.at(cursor)[0] ?? 0, 1);
            if (chart) parts.push(`${t(key)} ${top ? t("of", { n, top: number(top) }) : n}`);
        }
        return parts.join(" · ");
    }

    clock(cursor) {
        const moment = new Date((this.began + cursor) * 1000);
        return Number.isNaN(moment.getTime()) ? "" : ` (${moment.toLocaleTimeString("en-GB")})`;
    }
}

/** The events of the visible span; each kind can be left out. */
export class EventList {
    constructor(data, span) {
        this.rows = data.rows.filter((row) => row.marks.length > 0);
        this.span = span;
        this.hidden = new Set();
        this.kinds = element("div", "kinds");
        this.items = element("ol", "events mono");
        this.rest = element("p", "dim");
        this.place = element("section", "card");
        this.place.append(element("h2", "", t("listed")), this.kinds, this.items, this.rest);
        this.kinds.append(...this.rows.map((row) => this.button(row)));
        span.addEventListener("moved", () => this.later());
        this.show();
    }

    button({ name }) {
        const button = element("button", "", t(name));
        button.dataset.row = name;
        button.setAttribute("aria-pressed", "true");
        button.addEventListener("click", () => {
            const shows = this.hidden.delete(name) || !this.hidden.add(name);
            button.setAttribute("aria-pressed", String(shows));
            this.show();
        });
        return button;
    }

    later() {
        this.due ??= requestAnimationFrame(() => {
            this.due = undefined;
            this.show();
        });
    }

    show() {
        const shown = this.rows.filter((row) => !this.hidden.has(row.name));
        const events = found(shown, this.span.min, this.span.max);
        this.items.replaceChildren(...events.slice(0, MOST_LISTED).map((one) => this.item(one)));
        const left = events.length - MOST_LISTED;
        this.rest.textContent = left > 0 ? t("more", { n: number(left) }) : "";
        if (!events.length) this.rest.textContent = t("none");
    }

    item(event) {
        const time = element("button", "number", event.time.toFixed(6));
        time.title = t("here");
        for (const at of ["mouseenter", "focus"]) {
            time.addEventListener(at, () => this.span.point(event.time));
        }
        time.addEventListener("click", () => this.span.zoom(0.25, event.time));
        const item = element("li");
        item.dataset.row = event.name;
        item.append(time, element("span", "kind", t(event.name)), element("span", "", told(event)));
        return item;
    }
}
