// The rows of the dialogue: bounded, and thinned when more come than anybody can read.

import { shown } from "../dom.js";
import { describe, isError, mark } from "./described.js";

/** Rows that are kept. */
export const MOST = 5000;
/** Rows that may come at once, and rows a second from then on; all others are counted. */
const BURST = 4000;
const STEADY = 500;
/** Kinds that are never only counted while there is room for any. */
const RARE = ["start", "module", "power", "fault", "script", "end", "missed", "typed", "restarted"];

/** Of entries as the store has them those that become rows: rare ones, and the last in a row.
 * What is left out between two of them becomes one entry of the kind `counted`. */
export function thin(entries, room) {
    if (entries.length <= room) return entries;
    const kept = new Set();
    const wanted = [(record) => RARE.includes(record.kind) || isError(record), () => true];
    for (const wants of wanted) {
        for (let at = entries.length - 1; at >= 0 && kept.size < room; at -= 1) {
            if (wants(entries[at].record)) kept.add(entries[at]);
        }
    }
    const thinned = [];
    let run = null;
    for (const entry of entries) {
        if (kept.has(entry)) {
            run = null;
            thinned.push(entry);
        } else {
            if (run === null) thinned.push((run = counted(entry)));
            const { record } = run;
            record.records += 1;
            record.kinds[entry.record.kind] = (record.kinds[entry.record.kind] ?? 0) + 1;
        }
    }
    return thinned;
}

function counted({ number, record }) {
    const about = { t: record.t, first: number, records: 0, kinds: {} };
    return { number: null, record: { kind: "counted", ...about } };
}

/** What can be read: rows `{id, number, record, mark, text, error}`, oldest first. */
export class Rows {
    constructor() {
        this.next = 1;
        this.clear();
    }

    clear() {
        this.all = [];
        this.room = BURST;
        this.since = null;
    }

    /** Takes these entries at `now`, in seconds; how many of them are only counted. */
    take(entries, now) {
        const passed = this.since === null ? 0 : now - this.since;
        this.since = now;
        this.room = Math.min(BURST, this.room + passed * STEADY);
        const thinned = thin(entries, Math.floor(this.room));
        const whole = thinned.filter(({ record }) => record.kind !== "counted").length;
        this.room -= whole;
        this.all = [...this.all, ...thinned.map((entry) => this.row(entry))].slice(-MOST);
        return entries.length - whole;
    }

    row({ number, record }) {
        const row = { id: this.next, number, record };
        this.next += 1;
        return worded(row);
    }

    /** Puts these entries in place of a row that only counted them. */
    open(row, entries) {
        const at = this.all.indexOf(row);
        if (at < 0) return;
        const rows = entries.map((entry) => this.row(entry));
        this.all = [...this.all.slice(0, at), ...rows, ...this.all.slice(at + 1)].slice(-MOST);
    }

    /** Says all of them again, in another language. */
    reword() {
        this.all.forEach(worded);
    }
}

function worded(row) {
    row.mark = mark(row.record);
    row.text = shown(describe(row.record));
    row.error = isError(row.record);
    return row;
}
