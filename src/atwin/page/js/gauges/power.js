// Whether the module is on, its supply and pins, and how the last start went.

import { fill, h } from "../dom.js";
import { onLanguage, t } from "../words.js";
import { facts, follow, heading, lamp } from "./parts.js";
import { Start } from "./start.js";

/** The pins: name on the board, and the level at which each does something. */
const PINS = { reset: ["RESET", 0], power_key: ["PWRKEY", 0], usb_boot: ["USB_BOOT", 1] };

/** The causes of a start as events name them, and their numbers. */
const CAUSES = { power: 0, software: 3, RESET: 5, exception: 6, watchdog: 8 };

/** Milliseconds after which it runs for a second more. */
const TICK = 1000;

export function mount(card, store) {
    const note = heading(card, "power.title");
    const supply = lamp("VBAT");
    const pins = Object.entries(PINS).map(([name, [label]]) => [name, lamp(label, "warn")]);
    const lamps = [supply, ...pins.map(([, one]) => one)];
    card.append(h("div", { class: "lamps" }, ...lamps.map((one) => one.node)));
    const row = facts(card);
    const voltage = row("power.voltage");
    const boots = row("power.boots");
    const since = row("power.since");
    const start = row("power.start");
    const steps = h("ol", { class: "boot" });
    card.append(h("h3", { word: "power.timeline" }), steps);

    let began = null;
    const tick = () => since(began && duration((performance.now() - began) / 1000));
    setInterval(tick, TICK);

    follow(card, store, ["on", "pins"], (state) => {
        const is = state.hung ? "hung" : state.asleep ? "asleep" : state.on ? "on" : "off";
        note(t(`power.${is}`), { hung: "bad", on: "good" }[is] ?? "");
        supply.show(state.pins.supply === 1, t(`power.supply_${state.pins.supply}`));
        for (const [name, one] of pins) {
            const level = state.pins[name];
            one.show(level === PINS[name][1], t(`power.level_${level}`));
        }
        const mv = state.surroundings?.voltage;
        voltage(mv === undefined ? undefined : `${(mv / 1000).toFixed(2)} V`);
        const cause = t(`power.cause${state.start_cause}`);
        boots(state.boots && t("power.started", { n: state.boots, cause }));
        const seconds = state.boot_seconds ?? null;
        const off = !state.on && state.pins.supply === 1 && state.holds;
        start(off ? t("power.start_by", { seconds: off.key_start }) : undefined);
        began = seconds === null ? null : performance.now() - 1000 * seconds;
        tick();
    });

    const last = new Start();
    const draw = () => fill(steps, ...lines(last.steps));
    store.on("module", () => {
        last.forget();
        draw();
    });
    store.on("records", (entries) => {
        if (last.takeAll(entries)) draw();
    });
    onLanguage(draw);
    last.takeAll(store.records);
    draw();
}

/** Each step on a line: its seconds, a mark at its place in the whole, what it was. */
function lines(steps) {
    if (!steps.length) return [h("li", { class: "dim", word: "power.no_start" })];
    const first = steps[0].time;
    const all = steps.at(-1).time - first || 1;
    return steps.map(({ time, kind, text, stat }) => {
        const mark = h("i", { class: kind });
        mark.style.insetInlineStart = `${(100 * (time - first)) / all}%`;
        const track = h("span", { class: "track", "aria-hidden": "true" }, mark);
        const said = stat === undefined ? stepWords(text) : t(`radio.stat${stat}`);
        const step = h("li", {}, h("b", {}, (time - first).toFixed(3)), track, h("span", {}, said));
        step.title = said;
        return step;
    });
}

/** The steps of every start are told in the language of the page, all others as in the trace. */
function stepWords(text) {
    if (/^PDP is up$/.test(text)) return t("power.step_up");
    const cause = CAUSES[/^boot \((.*)\)$/.exec(text)?.[1]];
    return cause === undefined ? text : t("power.step_boot", { cause: t(`power.cause${cause}`) });
}

function duration(seconds) {
    const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
    return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
