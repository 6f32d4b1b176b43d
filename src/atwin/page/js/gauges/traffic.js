// What the traffic consists of, whole and since the start of the firmware.

import { h, say } from "../dom.js";
import { count, t } from "../words.js";
import { follow, heading, percent } from "./parts.js";

const KINDS = ["payload", "http", "tls", "headers", "other"];
const ROWS = [...KINDS, "total", "overhead"];
const SPANS = ["whole", "boot"];

export function mount(card, store) {
    heading(card, "traffic.title");
    const spans = SPANS.map((span) => ({ span, ...column() }));
    const head = spans.map(({ span }) => h("th", { scope: "col", word: `traffic.${span}` }));
    const bars = spans.map(({ bar }) => h("td", {}, bar));
    const rows = ROWS.map((kind, place) => {
        const swatch = h("i", { class: `swatch ${kind}` });
        const word = h("span", { word: `traffic.${kind}`, title: `traffic.${kind}.is` });
        const name = h("th", { scope: "row" }, swatch, word);
        return h("tr", { class: kind }, name, ...spans.map(({ cells }) => cells[place]));
    });
    card.append(
        h(
            "table",
            { class: "sums" },
            h("thead", {}, h("tr", {}, h("td"), ...head)),
            h("tbody", {}, h("tr", {}, h("td"), ...bars), ...rows),
        ),
    );

    follow(card, store, ["traffic"], ({ traffic }) => {
        for (const { span, show } of spans) show(traffic[span], t(`traffic.${span}`));
    });
}

/** A stacked bar, the cells of its column, and what writes both. */
function column() {
    const pieces = KINDS.map((kind) => h("i", { class: kind }));
    const bar = h("div", { class: "stack", role: "img" }, ...pieces);
    const cells = ROWS.map(() => h("td"));
    const show = (sums, name) => {
        const over = sums.total ? percent(sums.total - sums.payload, sums.total) : "–";
        const values = [...KINDS.map((kind) => sums[kind]), sums.total].map(count);
        [...values, over].forEach((text, place) => say(cells[place], text));
        KINDS.forEach((kind, place) => (pieces[place].style.flexGrow = String(sums[kind])));
        bar.setAttribute("aria-label", t("traffic.bar", { name, total: count(sums.total), over }));
    };
    return { bar, cells, show };
}
