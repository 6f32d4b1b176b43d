// The HTTP buffer against its capacity, and what fell out of it.

import { h, say } from "../dom.js";
import { count, t } from "../words.js";
import { facts, follow, heading, percent } from "./parts.js";

export function mount(card, store) {
    const note = heading(card, "buffer.title");
    const fill = h("i");
    const meter = h("div", { class: "meter", role: "meter", label: "buffer.title" }, fill);
    meter.setAttribute("aria-valuemin", "0");
    const lost = h("p", { class: "bad", role: "status" });
    card.append(meter, lost);
    const row = facts(card);
    const request = row("buffer.request");
    const status = row("buffer.status");

    follow(card, store, ["buffer"], ({ buffer, http }) => {
        const { bytes, capacity, dropped } = buffer;
        const held = t("buffer.held", { bytes: count(bytes), capacity: count(capacity) });
        const fell = dropped ? t("buffer.dropped", { bytes: count(dropped) }) : "";
        meter.setAttribute("aria-valuemax", capacity);
        meter.setAttribute("aria-valuenow", bytes);
        meter.setAttribute("aria-valuetext", [held, fell].filter(Boolean).join("; "));
        meter.classList.toggle("over", dropped > 0);
        fill.style.width = percentage(bytes, capacity);
        note([held, percent(bytes, capacity)].join(" · "));
        say(lost, fell);
        lost.hidden = !dropped;
        request(http && requestWords(http), http?.url ? "wide" : "dim");
        status(http && statusWords(http));
    });
}

function percentage(part, all) {
    return `${all ? Math.min(100, (100 * part) / all) : 0}%`;
}

function requestWords({ open, method, url }) {
    if (!open) return t("buffer.no_session");
    return [method, url].filter(Boolean).join(" ") || t("buffer.session");
}

function statusWords({ busy, status }) {
    if (busy) return t("buffer.busy");
    return status === null || status === undefined ? null : String(status);
}
