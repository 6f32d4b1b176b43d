// The throughput of the time before a page was opened, out of the records that it was given.

/** Kinds that are on the line, and what surrounds a line of text there. */
const TEXTS = ["command", "answer", "urc"];
const FRAME = 2;
const WAYS = { "<": "to_host", ">": "to_module" };

/** Columns of at most `most` seconds up to `until`: when each begins, and the bytes of each of
 * `ways`. Entries are those of the store. Texts with masked secrets count as shown. */
export function earlier(entries, until, most, ways) {
    const restart = entries.findLastIndex(({ record }) => record.kind === "restarted");
    const records = entries.slice(restart + 1).map(({ record }) => record);
    const first = records.find(({ t }) => t < until)?.t ?? until;
    const times = Array.from({ length: Math.min(most, Math.ceil(until - first)) });
    const start = until - times.length;
    const sums = Object.fromEntries(ways.map((way) => [way, times.map(() => 0)]));
    for (const record of records) {
        const sizes = sums[WAYS[record.dir]];
        const size = record.kind === "data" ? record.bytes : textSize(record);
        if (sizes && size) spread(sizes, record.t - start, record.took, size);
    }
    return [times.map((_, at) => start + at), ...Object.values(sums)];
}

function textSize({ kind, text }) {
    return TEXTS.includes(kind) ? text.length + FRAME : 0;
}

/** Adds `size` to the seconds from `took` before `end` on to there, so far as `sizes` goes. */
function spread(sizes, end, took = 0, size) {
    const begin = end - took;
    for (let at = Math.max(0, Math.floor(begin)); at <= end && at < sizes.length; at += 1) {
        const share = took ? (Math.min(end, at + 1) - Math.max(begin, at)) / took : 1;
        sizes[at] += share * size;
    }
}
