// Figures and tables of a campaign, as elements.

import { element, number } from "../alone/words.js";
import { t, tOr } from "./words.js";

const DAY = 86400;

/** 0.84 s, 12.5 s, 18 min 34 s, 2 h 5 min, 3 d 4 h. */
export function duration(seconds) {
    if (seconds === null) return t("never");
    if (seconds < 99.95) return `${Number(seconds.toPrecision(3))} s`;
    const parts = (value, step) => [Math.floor(value / step), value % step];
    const [unit, small, whole, step] = seconds < 3600
        ? ["min", "s", Math.round(seconds), 60]
        : seconds < DAY
            ? ["h", "min", Math.round(seconds / 60), 60]
            : ["d", "h", Math.round(seconds / 3600), 24];
    const [large, rest] = parts(whole, step);
    return `${number(large)} ${unit} ${rest} ${small}`;
}

const rounded = (value) => number(Number(value.toPrecision(4)), 3);
const percent = (value) => `${Number((value * 100).toPrecision(3))} %`;
const SIZES = [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [0, "B"]];

/** A size in the unit that suits. */
export function size(bytes) {
    const [unit, name] = SIZES.find(([least]) => bytes >= least);
    return `${number(Number((bytes / (unit || 1)).toPrecision(4)), 3)} ${name}`;
}

/** `value`, and below it from where to where it may be. */
function withInterval(found, told) {
    const place = element("span");
    const [value, low, high] = found.map(told);
    place.append(element("span", "value", value));
    const around = element("span", "dim", `(${t("interval", { low, high })})`);
    if (low !== high) place.append(" ", around);
    return place;
}

/** How each figure is told; those that are not given are not shown. */
export const FIGURES = {
    by50: duration, by90: duration, by95: duration, by99: duration, by100: duration,
    billed: size, each: size, price: rounded, priceEach: rounded,
    retried: percent, failed: percent, lost: percent,
    peak_connections: rounded, peak_requests: rounded, peak_sent: size,
    waits: number, longest: duration, refused: number,
};

/** The figures that answer the planner's question. */
export function figures({ figures: given, currency }) {
    const list = element("dl", "figures card");
    for (const [key, told] of Object.entries(FIGURES)) {
        if (!(key in given)) continue;
        const unit = key.startsWith("price") ? ` ${currency}` : "";
        const item = element("div");
        const text = element("dd", "number");
        text.append(given[key] === null
            ? element("span", "bad", t("never"))
            : withInterval(given[key], (value) => `${told(value)}${unit}`));
        item.append(element("dt", "dim", t(key)), text);
        list.append(item);
    }
    return list;
}

const text = (value) => element("span", "", String(value));
const whole = (value) => text(number(value));
const counted = (value) => number(value);
const estimate = (value) => (value === null ? text("") : withInterval(value, counted));
const time = (value) => text(duration(value));
const money = (value) => (value === null ? text("") : withInterval(value, rounded));
const bytes = (value) => withInterval(value, size);
const code = (values) => {
    const place = element("span");
    place.append(...values.map((one) => element("code", "line", one)));
    return place;
};
const cause = (value) => {
    const place = element("span", "", value);
    const about = tOr(`cause.${value}`, "");
    if (about) place.append(" ", element("span", "dim", about));
    return place;
};
const worded = (kind) => (value) => text(tOr(`${kind}.${value}`, value));

/** Name of a table -> name of a column -> what makes a cell. */
export const TABLES = {
    bill: { part: worded("bill"), bytes, each: whole, price: money },
    causes: { cause, attempts: estimate, devices: estimate, got: estimate, lost: whole },
    rungs: { rung: text, devices: estimate, helped: estimate },
    faults: { fault: text, devices: estimate, failed: estimate },
    stages: {
        number: whole, devices: whole, began: time, ended: time, done: whole, failed: whole,
        gate: worded("gate"),
    },
    worst: {
        device: text, seed: text, kind: text, why: text, seconds: time, attempts: whole,
        billed: whole, commands: code,
    },
    plan: { table: text, keys: text },
};
const LEFT = new Set(["part", "cause", "rung", "fault", "gate", "kind", "why", "commands",
    "table", "keys"]);

/** A card with a table; null where it has no rows. */
export function table(name, rows) {
    if (!rows.length) return null;
    const columns = Object.entries(TABLES[name]);
    const place = (tag, key) => element(tag, LEFT.has(key) ? "" : "right number");
    const made = element("table");
    const head = element("tr");
    for (const [key] of columns) {
        const cell = place("th", key);
        cell.textContent = t(`${name}.${key}`);
        head.append(cell);
    }
    made.append(head, ...rows.map((row) => {
        const line = element("tr");
        columns.forEach(([key, tell], index) => {
            const cell = place("td", key);
            cell.append(tell(row[index]));
            line.append(cell);
        });
        return line;
    }));
    const inner = element("div", "wide");
    inner.append(made);
    return card(name, inner);
}

/** A card with its title. */
export function card(name, ...content) {
    const section = element("section", "card");
    section.id = name;
    section.append(element("h2", "", t(name)), ...content);
    return section;
}
