// Charts on one axis of time, and what moves along it: buttons and keys.

import { Chart } from "../js/chart.js";
import { element, seconds, speaker } from "./words.js";

const moving = speaker({});
const MOVES = {
    earlier: ["←", (span) => span.shift(-0.25)],
    later: ["→", (span) => span.shift(0.25)],
    closer: ["+", (span) => span.zoom(0.5)],
    wider: ["−", (span) => span.zoom(2)],
    allKey: [moving("all"), (span) => span.all()],
};
const KEYS = {
    ArrowLeft: "earlier", ArrowRight: "later", "+": "closer", "=": "closer", "-": "wider",
    "−": "wider", 0: "allKey",
};

/** Across the page: more steps cannot be seen. */
export const pixels = () => Math.max(document.body.clientWidth, 320);

/** A chart with its title; `update(chart)` draws what the span shows, now and when it moves. */
export function addChart(span, title, options, update) {
    const figure = element("figure", "card");
    const place = element("div");
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", title);
    figure.append(element("figcaption", "", title), place);
    document.body.append(figure);
    const chart = new Chart(place, { span, time: seconds, ...options });
    const draw = () => update(chart);
    span.addEventListener("moved", draw);
    draw();
    return chart;
}

/** A header that stays in sight: buttons, then `parts`. The keys work from now on. */
export function movingHeader(span, ...parts) {
    const header = element("header");
    header.id = "header";
    const buttons = Object.entries(MOVES).map(([name, [text, move]]) => {
        const button = element("button", "", text);
        button.title = moving(name);
        button.setAttribute("aria-label", moving(name));
        button.addEventListener("click", () => move(span));
        return button;
    });
    header.append(...buttons, ...parts);
    addEventListener("resize", () => span.show(span.min, span.max));
    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
        event.preventDefault();
        MOVES[KEYS[event.key]][1](span);
    });
    return header;
}
