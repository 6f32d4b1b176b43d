// What a record says, as one line for a person: as `atwin trace show` has it, in English as well.
// What the page itself says between them is in its language.

import { count, t } from "../words.js";

/** What stands in a record besides its own numbers. */
const FRAME = ["t", "kind", "event", "dir", "text", "format", "bytes", "took", "announced"];
/** Kind: the mark in front of it. Those of the dialogue have their direction. */
const MARKS = {
    start: "*",
    module: "*",
    line: "~",
    net: "#",
    buffer: "=",
    power: "!",
    fault: "!",
    host: "+",
    script: "@",
    end: "*",
    missed: "…",
    counted: "…",
    restarted: "*",
};
const SPOKEN = ["command", "answer", "urc", "data", "typed"];

/** The mark in front of a record. */
export function mark(record) {
    if (SPOKEN.includes(record.kind)) return record.dir ?? "?";
    return MARKS[record.kind] ?? "?";
}

/** Whether it says that something went wrong. */
export function isError(record) {
    return ["answer", "typed"].includes(record.kind) && String(record.text).includes("ERROR");
}

/** One line without the time. Not escaped: what shows it does that. */
export function describe(record) {
    const { kind, event, text } = record;
    if (kind === "start") {
        return `atwin ${record.version}: ${record.command}  ${record.wall}`;
    }
    if (kind === "missed") return t("row.missed", { n: count(record.records) });
    if (kind === "counted") {
        return t("row.counted", { n: count(record.records), what: shares(record) });
    }
    if (kind === "restarted") return t("row.restarted");
    if (kind === "data" && Number.isInteger(record.bytes)) return data(record);
    if (kind === "script" && typeof text === "string") return `script: ${event} ${text}`;
    if (kind === "typed") return t("row.beside", { text });
    if (typeof text === "string") return record.damaged ? `${text}  ${t("row.damaged")}` : text;
    return [`${kind}: ${event ?? ""}`, ...numbers(record)].join("  ");
}

function data({ bytes, took = 0, announced, text }) {
    let told = sized(bytes);
    if (announced !== undefined) told += ` of ${count(announced)}`;
    if (took >= 0.001) told += ` in ${took.toFixed(3)} s, ${rate(bytes / took / 1000)} kB/s`;
    return text ? `(${told}) ${text}` : `(${told})`;
}

function sized(bytes) {
    return bytes === 1 ? "1 byte" : `${count(bytes)} bytes`;
}

function rate(number) {
    return number.toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

function numbers(record) {
    const told = Object.entries(record)
        .filter(([name, value]) => !FRAME.includes(name) && value !== null)
        .map(([name, value]) => `${name} ${worth(value)}`);
    if (Number.isInteger(record.bytes)) told.unshift(sized(record.bytes));
    if (typeof record.took === "number") told.push(`in ${record.took.toFixed(3)} s`);
    return told;
}

function worth(value) {
    if (typeof value === "boolean") return value ? "on" : "off";
    if (typeof value !== "number") {
        return typeof value === "object" ? JSON.stringify(value) : String(value);
    }
    if (Number.isInteger(value)) return value > 99999 ? count(value) : String(value);
    return String(Number(value.toPrecision(6)));
}

function shares({ kinds }) {
    return Object.entries(kinds)
        .map(([kind, number]) => `${count(number)} ${kind}`)
        .join(", ");
}
