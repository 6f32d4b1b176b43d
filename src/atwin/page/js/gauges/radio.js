// Radio, SIM card and PDP, in words.

import { h, say } from "../dom.js";
import { t } from "../words.js";
import { facts, follow, heading } from "./parts.js";

const BARS = 5;
const UNKNOWN = 99;
const SERVED = [1, 5];
const ROWS = ["operator", "cell", "function", "sim", "pdp", "bearers", "call"];

export function mount(card, store) {
    const note = heading(card, "radio.title");
    const bars = Array.from({ length: BARS }, () => h("i"));
    const strength = h("span");
    const icon = h("span", { class: "bars", "aria-hidden": "true" }, ...bars);
    card.append(h("p", { class: "signal" }, icon, strength));
    const row = facts(card);
    const write = Object.fromEntries(ROWS.map((name) => [name, row(`radio.${name}`)]));

    follow(card, store, ["radio", "sim"], ({ radio, cell, sim, pdp, call }) => {
        const served = SERVED.includes(radio.registration);
        note(t(`radio.stat${radio.registration}`), served ? "good" : "bad");
        const csq = radio.rssi ?? cell?.rssi ?? UNKNOWN;
        const lit = csq === UNKNOWN ? 0 : Math.ceil(((csq + 1) / 32) * BARS);
        bars.forEach((bar, place) => bar.classList.toggle("on", place < lit));
        const known = csq !== UNKNOWN;
        say(strength, t(known ? "radio.csq" : "radio.no_csq", { csq, dbm: `−${113 - 2 * csq}` }));
        write.operator(radio.operator);
        write.cell(cell && t("radio.place", cell));
        write.function(...functionWords(radio.function));
        write.sim(...simWords(sim));
        write.pdp(pdp && (pdp.address ?? t("radio.down")), pdp?.up ? "" : "dim");
        const open = pdp?.bearers.filter(({ status }) => status !== "closed");
        write.bearers(open && (open.map(bearer).join("; ") || null));
        write.call(call ? callWords(call) : undefined, "warn");
    });
}

function functionWords(mode) {
    if (mode === undefined || mode === null) return [mode];
    return [t(`radio.cfun${mode}`), mode === 1 ? "" : "bad"];
}

function simWords(sim) {
    if (!sim.in) return [t("radio.sim_out"), "bad"];
    const asked = sim.asks_pin && t(sim.tries ? "radio.pin" : "radio.puk", sim);
    const words = [asked || t("radio.sim_in"), sim.private ? t("radio.private") : ""];
    return [words.filter(Boolean).join(" · "), asked ? "warn" : ""];
}

function callWords({ number, answered }) {
    return `${number} · ${t(answered ? "radio.talks" : "radio.rings")}`;
}

function bearer({ cid, status, address, apn }) {
    return [`${cid} ${t(`radio.bearer_${status}`)}`, address, apn].filter(Boolean).join(" · ");
}
