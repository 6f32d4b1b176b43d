// The serial line: rate, lamps, who holds up whom, what has passed and what got lost.

import { h } from "../dom.js";
import { count, t } from "../words.js";
import { facts, follow, heading, lamp } from "./parts.js";

const FLOWS = ["none", "software", "hardware"];
const OUTPUTS = ["rts", "cts", "dtr"];
/** Who is stopped, and the state's key of what stops it. */
const STOPS = { module: "module_stopped", host: "host_stopped" };

export function mount(card, store) {
    const note = heading(card, "line.title");
    const outputs = OUTPUTS.map((name) => [name, lamp(name.toUpperCase())]);
    const ri = lamp("RI", "warn");
    const stops = Object.entries(STOPS).map(([who, key]) => {
        return [who, key, lamp(h("span", { word: `line.xoff_${who}` }), "bad")];
    });
    const lamps = [...outputs.map(([, one]) => one), ri, ...stops.map(([, , one]) => one)];
    const lit = h("div", { class: "lamps" }, ...lamps.map((one) => one.node));
    card.append(lit);
    const row = facts(card);
    const stopped = row("line.stopped");
    const flow = row("line.flow");
    const ways = ["to_host", "to_module"].map((way) => [way, row(`line.${way}`)]);

    const real = h("p", { class: "dim", word: "line.real" });
    card.append(real);

    follow(card, store, ["line"], ({ model, line, counters, pins }) => {
        note(...rateWords(line));
        for (const [name, one] of outputs) showOutput(one, line[name]);
        const level = pins?.ri;
        ri.show(level === undefined ? null : level === 0, t(`line.ri_${level ?? "unknown"}`));
        for (const [who, key, one] of stops) {
            const holds = line[key] === undefined ? null : line[key] === "XOFF";
            one.show(holds, t(`line.${who}_${holds ? "held" : "goes"}`));
        }
        // Of a real module nobody knows any.
        lit.hidden = model === null && !lit.querySelector('[data-on="true"], [data-on="false"]');
        const held = Object.entries(STOPS).filter(([, key]) => line[key]);
        const said = held.map(([who, key]) => t(`line.${who}_waits`, { by: line[key] }));
        const known = Object.values(STOPS).some((key) => line[key] !== undefined);
        const nobody = known ? t("line.nobody") : undefined;
        stopped(said.join(" · ") || nobody, held.length ? "bad" : "dim");
        real.hidden = model !== null;
        flow(line.flow && flowWords(line.flow));
        for (const [way, write] of ways) write(...passed(counters, way));
    });
}

function showOutput(one, value) {
    const lit = value === null || value === undefined ? null : Boolean(value);
    one.show(lit, t(lit === null ? "line.nobody_set" : `line.level_${Number(lit)}`));
}

function flowWords([toHost, toModule]) {
    const both = toHost === toModule ? [toHost] : [toHost, toModule];
    return both.map((mode) => t(`line.flow_${FLOWS[mode]}`)).join(" / ");
}

/** Rate and frame, and the host's where the two do not agree. */
function rateWords({ rate, host_rate: host, frame }) {
    if (!rate) return [host ? t("line.rate_auto", { host: count(host) }) : t("line.unpaced"), ""];
    const told = [t("line.bits", { rate: count(rate) }), frame].filter(Boolean).join(" ");
    if (host && host !== rate) return [t("line.rates_differ", { told, host: count(host) }), "bad"];
    return [told, ""];
}

function passed(counters, way) {
    if (counters?.[way] === undefined) return [undefined];
    const bytes = t("line.bytes", { bytes: count(counters[way]) });
    const lost = counters[`${way}_lost`] ?? 0;
    return lost ? [`${bytes} · ${t("line.lost", { bytes: count(lost) })}`, "bad"] : [bytes, ""];
}
