// How the time of a row is shown: since the trace began, since the row before, by the clock.

const WAYS = ["since", "step", "wall"];
const PLACE = "atwin.time";

/** `of(row, before)` is the text; `use(way)` changes what it shows, and calls `changed`. */
export function timesOf(store) {
    let base = null;
    const times = {
        ways: WAYS,
        way: WAYS.includes(localStorage.getItem(PLACE)) ? localStorage.getItem(PLACE) : "since",
        changed() {},
        use(way) {
            times.way = way;
            localStorage.setItem(PLACE, way);
            times.changed();
        },
        of: ({ record }, before) => time(times.way, record.t, before?.record.t, base),
    };

    store.on("module", () => (base = null));
    // The clock as the first record tells it; until then as this computer has it.
    store.on("state", ({ time: now }) => {
        if (base === null && typeof now === "number") base = Date.now() - 1000 * now;
    });
    store.on("records", (entries) => {
        const start = entries.find(({ record }) => record.kind === "start");
        const wall = Date.parse(start?.record.wall);
        if (Number.isFinite(wall)) base = wall - 1000 * start.record.t;
    });
    return times;
}

/** `at` and `before` in seconds, `base` in milliseconds since 1970 or null. */
export function time(way, at, before, base) {
    if (way === "step") return before === undefined ? "" : `+${(at - before).toFixed(3)}`;
    if (way === "wall" && base !== null) {
        const date = new Date(base + 1000 * at);
        const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
        const clock = parts.map((part) => String(part).padStart(2, "0")).join(":");
        return `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`;
    }
    return at.toFixed(3);
}
