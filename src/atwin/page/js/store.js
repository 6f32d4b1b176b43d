// What the page knows: modules, the one that is shown, its state and its last records.

import { Stream } from "./api.js";

/** Records that are kept. */
export const KEPT = 5000;
/** Milliseconds between two drawings, and those for which it is told what was caught up. */
const PAUSE = 100;
const TOLD = 5000;

/** `on(what, call)` calls `call` after a change of
 *
 * - `module`: another module is shown; all that was kept of the last one is to be forgotten
 * - `state`: `store.state`, as GET state; keys may be missing, null before the first
 * - `records`: with the new entries, `{number, record}`; ten times a second, more often only when
 *   more than 5,000 come in a tenth. The number is null for entries that the trace does not have:
 *   kinds `missed` (`records`: how many) and `restarted`.
 * - `connection`: `store.connection`, `{state, since, caught}`: state and since as in api.js,
 *   caught: how many records came late after a loss, for a moment
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
        this.stream?.close();
        clearTimeout(this.timer);
        this.module = null;
        this.state = null;
        this.records = [];
        this.waiting = [];
        this.timer = null;
        this.last = 0;
        this.lostAt = null;
        this.connection = { state: "connecting", since: new Date(), caught: 0 };
    }

    /** The time of the trace's clock, as far as it is known, in seconds. */
    get time() {
        return this.records.at(-1)?.record.t ?? this.state?.time ?? 0;
    }

    /** Shows the module with that number, or the first one; throws what a request throws. */
    async show(number) {
        const asked = (this.asked = Symbol("asked"));
        const modules = await this.api.get("/modules");
        const module = modules.find((one) => one.number === number) ?? modules[0];
        this.api.module = module.number;
        const { run, last } = await this.api.get("records?after=0&limit=1");
        if (asked !== this.asked) return;
        this.forget();
        this.modules = modules;
        this.module = module;
        this.last = Math.max(0, last - KEPT);
        this.emit("module", module);
        this.emit("connection", this.connection);
        this.stream = new Stream(
            this.api,
            { run, after: this.last },
            (name, data) => this.heard(name, data),
            (link) => this.linked(link),
        );
    }

    heard(name, data) {
        if (name === "state") {
            this.state = data;
            this.emit("state", data);
        } else if (name === "records") {
            this.take(data);
        } else if (name === "missed") {
            this.miss(data.records);
        } else if (name === "restarted") {
            this.last = 0;
            this.put({ number: null, record: { kind: "restarted" } });
        }
    }

    take({ first, records }) {
        if (first > this.last + 1) this.miss(first - this.last - 1);
        records.forEach((record, index) => {
            if (first + index > this.last) this.put({ number: first + index, record });
        });
        this.last = Math.max(this.last, first + records.length - 1);
        if (this.lostAt !== null) this.catchUp();
    }

    miss(records) {
        this.last += records;
        this.put({ number: null, record: { kind: "missed", records } });
    }

    /** Adds an entry that is drawn at the next turn. */
    put(entry) {
        entry.record.t ??= this.waiting.at(-1)?.record.t ?? this.time;
        this.waiting.push(entry);
        if (this.waiting.length >= KEPT) this.flush();
        else this.timer ??= setTimeout(() => this.flush(), PAUSE);
    }

    flush() {
        clearTimeout(this.timer);
        this.timer = null;
        const entries = this.waiting;
        this.waiting = [];
        this.records = [...this.records, ...entries].slice(-KEPT);
        this.emit("records", entries);
    }

    linked(link) {
        if (link.state === "lost") this.lostAt ??= this.last;
        this.tell({ ...link, caught: 0 });
    }

    catchUp() {
        const caught = this.last - this.lostAt;
        this.lostAt = null;
        this.tell({ ...this.connection, caught });
        setTimeout(() => {
            if (this.connection.caught) this.tell({ ...this.connection, caught: 0 });
        }, TOLD);
    }

    tell(connection) {
        this.connection = connection;
        this.emit("connection", connection);
    }
}
