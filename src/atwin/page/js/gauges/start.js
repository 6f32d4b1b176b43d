// The steps of the module's last start, out of the records of a trace.

/** Steps that are kept, and seconds after which nothing belongs to a start any more. */
const MOST = 12;
const LONGEST = 60;
const KINDS = ["power", "urc", "net"];
/** Events that end one. */
const UP = /^PDP is up$/;
const OFF = /^off\b/;

export class Start {
    constructor() {
        this.forget();
    }

    forget() {
        this.steps = [];
        this.over = true;
    }

    /** Takes entries of the store; says whether one of them was a step. */
    takeAll(entries) {
        return entries.map(({ record }) => this.take(record)).includes(true);
    }

    take({ t: time, kind, event, text, stat }) {
        if (kind === "power" && event?.startsWith("boot (")) {
            this.steps = [];
            this.over = false;
        }
        if (this.over || !KINDS.includes(kind)) return false;
        if (time - (this.steps[0]?.time ?? time) > LONGEST) {
            this.over = true;
            return false;
        }
        this.steps.push({ time, kind, text: text ?? event, stat });
        const ends = UP.test(event) || (kind === "power" && OFF.test(event));
        this.over = ends || this.steps.length === MOST;
        return true;
    }
}
