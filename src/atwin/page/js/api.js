// Talks to atwin: requests, and the stream of events that resumes by number.

import { t } from "./words.js";

const FIRST_WAIT = 250;
const LONGEST_WAIT = 8000;
/** Milliseconds of silence after which it is asked whether anybody is there, and for the answer. */
const SILENCE = 10000;
const PATIENCE = 4000;

/** Paths are those of the module that the page shows, `state`; with a `/` before them all others,
 * `/modules`. Each call gives the JSON of the answer, or throws an Error with one line; its
 * `status` is that of HTTP, 0 when nobody answered. */
export class Api {
    constructor() {
        this.module = 1;
    }

    get(path) {
        return this.request("GET", path);
    }

    post(path, body = {}) {
        return this.request("POST", path, body);
    }

    put(path, body) {
        return this.request("PUT", path, body);
    }

    patch(path, body) {
        return this.request("PATCH", path, body);
    }

    delete(path) {
        return this.request("DELETE", path);
    }

    /** Where that path is; for links too. */
    url(path) {
        const inner = path.startsWith("/") ? path.slice(1) : `modules/${this.module}/${path}`;
        return new URL(`api/${inner}`, document.baseURI).href;
    }

    async request(method, path, body, signal) {
        // What is asked as the page goes, to let go of a pin, is asked all the same.
        const keepalive = method !== "GET";
        const options = { method, cache: "no-store", keepalive, signal };
        if (body !== undefined) {
            options.body = JSON.stringify(body);
            options.headers = { "Content-Type": "application/json" };
        }
        let answer;
        try {
            answer = await fetch(this.url(path), options);
        } catch {
            throw failure(t("error.unreachable"), 0);
        }
        const told = await answer.json().catch(() => null);
        if (answer.ok && told !== null) return told;
        const why = told?.error ?? t("error.odd", { status: answer.status });
        throw failure(String(why), answer.status);
    }
}

function failure(text, status) {
    return Object.assign(new Error(text), { status });
}

/** The events of one module, from the record after `after` of the numbers `run` on, until `close`.
 *
 * `heard(name, data)` gets `records`, `missed`, `state` and `end`, and `restarted` when the numbers
 * start over; `changed(link)` gets
 * `{state: "live" | "lost" | "ended" | "denied", since: Date}`. After a loss it
 * asks again after 0.25 s, then after twice as long, up to 8 s. */
export class Stream {
    constructor(api, { run, after }, heard, changed) {
        this.api = api;
        this.run = run;
        this.after = after;
        this.heard = heard;
        this.changed = changed;
        this.wait = FIRST_WAIT;
        this.open();
        this.watch = setInterval(() => this.doubt(), SILENCE);
    }

    open() {
        this.source = new EventSource(this.api.url(`events?after=${this.after}`));
        this.source.onopen = () => {
            this.wait = FIRST_WAIT;
            this.tell("live");
        };
        this.source.onerror = () => this.lost();
        for (const name of ["records", "missed", "state", "end"]) {
            this.source.addEventListener(name, (event) => this.take(name, event.data));
        }
    }

    take(name, text) {
        this.silent = false;
        const data = text ? JSON.parse(text) : {};
        this.heard(name, data);
        if (name === "records") this.after = data.first + data.records.length - 1;
        if (name === "missed") this.after += data.records;
        if (name === "end") {
            this.close();
            this.tell("ended");
        }
    }

    tell(state) {
        if (state !== this.state) this.changed({ state, since: new Date() });
        this.state = state;
    }

    lost() {
        this.source.close();
        if (this.closed) return;
        this.tell("lost");
        this.timer = setTimeout(() => this.again(), this.wait);
        this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
    }

    /** A connection that has stalled looks like one with no news; a request tells them apart. */
    async doubt() {
        const { source } = this;
        if (!this.silent || this.state !== "live") {
            this.silent = true;
            return;
        }
        await this.look().catch((error) => {
            if (error.status === 0 && source === this.source) this.lost();
        });
    }

    look() {
        const patience = AbortSignal.timeout(PATIENCE);
        return this.api.request("GET", "records?after=0&limit=1", undefined, patience);
    }

    /** An EventSource does not say why it failed; a request does. */
    async again() {
        try {
            const { last, run } = await this.look();
            if (last < this.after || run !== this.run) {
                this.run = run;
                this.after = 0;
                this.heard("restarted", {});
            }
        } catch (error) {
            if (error.status === 401) {
                // Until somebody opens the address with the token, in whatever tab.
                this.tell("denied");
                this.timer = setTimeout(() => this.again(), LONGEST_WAIT);
            } else {
                this.lost();
            }
            return;
        }
        if (!this.closed) this.open();
    }

    /** Hears nothing more. */
    close() {
        this.closed = true;
        clearTimeout(this.timer);
        clearInterval(this.watch);
        this.source.close();
    }
}
