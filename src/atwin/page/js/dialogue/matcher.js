// Which rows have a text or match a /regular expression/.

import { t } from "../words.js";

/** Milliseconds that a worker may take for one portion, and the rows of a portion. */
const PATIENCE = 500;
const PORTION = 500;
const LONGEST = 500;

/** `{plain}` in lower case, `{source, flags}`, or null for nothing; an Error with one line. */
export function parsePattern(text) {
    if (!text) return null;
    const parts = /^\/(.+)\/([ims]*)$/s.exec(text.slice(0, LONGEST));
    if (!parts) return { plain: text.slice(0, LONGEST).toLowerCase() };
    const [, source, flags] = parts;
    new RegExp(source, flags);
    return { source, flags };
}

/** What a pattern is held against: the mark and the text of a row. */
export function searched(row) {
    return `${row.mark} ${row.text}`;
}

/** Calls `changed` when a worker has found something out, or `error` has become another one. */
export class Matcher {
    constructor(changed) {
        this.changed = changed;
        this.set("");
    }

    /** Looks for this from now on. */
    set(text) {
        this.stop();
        this.found = new Map();
        this.error = "";
        this.pattern = null;
        try {
            this.pattern = parsePattern(text);
        } catch {
            this.error = t("match.wrong");
        }
    }

    stop() {
        clearTimeout(this.timer);
        this.worker?.terminate();
        this.worker = null;
        this.busy = false;
    }

    get on() {
        return this.pattern !== null;
    }

    /** `[start, end]` in what is searched, null where there is nothing, or nothing yet. */
    in(row) {
        return this.found.get(row.id) ?? null;
    }

    /** Looks at those of `rows` that are new, and forgets those that are gone. */
    feed(rows) {
        if (!this.on) return;
        const fresh = rows.filter((row) => !this.found.has(row.id));
        if (this.pattern.plain !== undefined) {
            for (const row of fresh) this.found.set(row.id, this.plainly(row));
        } else if (fresh.length && !this.busy) {
            this.ask(fresh.slice(0, PORTION));
        }
        if (this.found.size > 2 * rows.length + PORTION) {
            this.found = new Map(rows.map((row) => [row.id, this.found.get(row.id)]));
        }
    }

    plainly(row) {
        const at = searched(row).toLowerCase().indexOf(this.pattern.plain);
        return at < 0 ? null : [at, at + this.pattern.plain.length];
    }

    ask(rows) {
        if (!this.worker) {
            this.worker = new Worker(new URL("./matching.js", import.meta.url));
            this.worker.onmessage = ({ data }) => this.answered(data);
        }
        this.busy = true;
        this.timer = setTimeout(() => this.giveUp(), PATIENCE);
        const items = rows.map((row) => [row.id, searched(row)]);
        this.worker.postMessage({ ...this.pattern, items });
    }

    answered(found) {
        clearTimeout(this.timer);
        this.busy = false;
        for (const [id, start, end] of found) this.found.set(id, start < 0 ? null : [start, end]);
        this.changed();
    }

    giveUp() {
        this.stop();
        this.pattern = null;
        this.error = t("match.slow");
        this.changed();
    }
}
