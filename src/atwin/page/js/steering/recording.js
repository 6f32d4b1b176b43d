// Records trace and capture, and hands both out.

import { h, say } from "../dom.js";
import { heading } from "../gauges/parts.js";
import { count, onLanguage, t } from "../words.js";
import { gate, Group } from "./acts.js";

const FILES = ["trace", "pcap"];
/** Milliseconds between two looks at what is being recorded. */
const EVERY = 1000;

export function mount(card, store, api) {
    const note = heading(card, "recording.title");
    const group = new Group(card, "recording.what");
    const boxes = FILES.map((name) => [name, h("input", { type: "checkbox", checked: true })]);
    const labels = boxes.map(([name, box]) =>
        h("label", {}, box, h("span", { word: `recording.${name}` })),
    );
    let now = null;

    const show = (found) => {
        now = found;
        const seconds = Math.round(now?.seconds ?? 0);
        const runs = now?.running ? t("recording.runs", { seconds }) : "";
        note(now?.full ? t("recording.full") : runs, "bad");
        gate([start], now?.running ? "why.records" : "");
        gate([stop], now?.running ? "" : "why.no_record");
        boxes.forEach(([, box]) => (box.disabled = now?.running ?? false));
        for (const [name, link] of links) {
            const bytes = now?.[`${name}_bytes`] ?? 0;
            link.hidden = !bytes;
            link.href = api.url(`recording/${name}`);
            const label = t(`recording.${name}`);
            say(link, t("recording.download", { name: label, bytes: count(bytes) }));
        }
    };
    /** Without an answer there is nothing to record. */
    const look = async () => {
        const found = await api.get("recording").catch(() => null);
        card.hidden = found === null;
        if (found) show(found);
    };
    const start = group.button("recording.start", async () => {
        const wanted = boxes.map(([name, box]) => [name, box.checked]);
        show(await api.post("recording", Object.fromEntries(wanted)));
    });
    const stop = group.button("recording.stop", async () => {
        show(await api.delete("recording"));
    });
    const links = FILES.map((name) => [name, h("a", { download: true, hidden: true })]);
    group.row(...labels, start, stop);
    group.row(...links.map(([, link]) => link));
    group.error.before(h("p", { class: "dim", word: "recording.warning" }));
    onLanguage(() => show(now));
    store.on("module", look);
    setInterval(() => now?.running && look(), EVERY);
}
