// What the page knows: modules, the one that is shown, its state and its last records.

import { Stream } from "./api.js";

/** Records that are kept. */
export const KEPT = 5000;
/** Milliseconds between two drawings. */
const PAUSE = 100;

/** `on(what, call)` calls `call` after a change of
 *
 * - `module`: another module is shown; all that was kept of the last one is to be forgotten
 * - `state`: `store.state`, as GET state; keys may be missing, null before the first
 * - `records`: at most ten times a second with the new entries, `{number, record}`. All that come
 *   in a tenth of a second come in one array, even 10,000; of more than 5,000 the last. The number
 *   is null for what is no record of the trace: kinds `missed` (`records`: how many) and `typed`.
 * - `connection`: `store.connection`, `{state, since, caught}` (api.js)
 * - `theme`: colours have changed
 *
 * and returns what takes it back. */
export class Store {
    constructor(api) {
        this.api = api;
        this.modules = [];
        this.listeners = {};
        this.forget();
    }

    on(what, call) {
        (this.listeners[what] ??= new Set()).add(call);
        return () => this.listeners[what].delete(call);
    }

    emit(what, value) {
        for (const call of this.listeners[what] ?? []) call(value);
    }

    forget() {
        this.module = null;
        this.state = null;
        this.records = [];
        this.last = 0;
        this.waiting = [];
        this.dropped = 0;
        this.connection = { state: "connecting", since: new Date(), caught: 0 };
    }

    /** The time of the trace's clock, as far as it is known, in seconds. */
    get time() {
        return this.records.at(-1)?.record.t ?? this.state?.time ?? 0;
    }

    async begin(number) {
        this.modules = await this.api.get("/modules");
        await this.show(number);
    }

    /** Shows the module with that number, or the first one. */
    async show(number) {
        this.stream?.close();
        this.forget();
        this.module = this.modules.find((one) => one.number === number) ?? this.modules[0];
        this.api.module = this.module.number;
        this.emit("module", this.module);
        this.emit("connection", this.connection);
        const { last } = await this.api.get("records?after=0&limit=1");
        this.last = Math.max(0, last - KEPT);
        this.stream = new Stream(
            this.api,
            this.last,
            (name, data) => this.heard(name, data),
            (link) => this.linked(link),
        );
    }

    heard(name, data) {
        if (name === "state") {
            this.state = data;
            this.emit("state", data);
        } else if (name === "missed") {
            this.miss(data.records);
        } else if (name === "records") {
            this.take(data);
        }
    }

    take({ first, records }) {
        if (this.last && first > this.last + 1) this.miss(first - this.last - 1);
        records.forEach((record, index) => {
            if (first + index > this.last) this.put({ number: first + index, record });
        });
        this.last = Math.max(this.last, first + records.length - 1);
    }

    miss(records) {
        this.last += records;
        this.put({ number: null, record: { kind: "missed", records } });
    }

    /** Adds an entry that is drawn at the next turn. */
    put(entry) {
        entry.record.t ??= this.waiting.at(-1)?.record.t ?? this.time;
        this.waiting.push(entry);
        this.timer ??= setTimeout(() => this.flush(), PAUSE);
    }

    flush() {
        this.timer = null;
        const entries = this.waiting.slice(-KEPT);
        this.waiting = [];
        this.records = [...this.records, ...entries].slice(-KEPT);
        this.emit("records", entries);
    }

    linked(link) {
        this.connection = { ...link, caught: 0 };
        this.emit("connection", this.connection);
    }
}
