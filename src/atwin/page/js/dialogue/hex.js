// The bytes of a moment: offset, hexadecimal, ASCII.

import { fill, h, say } from "../dom.js";
import { count, t } from "../words.js";
import { mark } from "./described.js";

/** Bytes that are drawn. */
const MOST = 8192;
/** Seconds: how far a record's time is from that of its bytes, as it is told in whole microseconds,
 * and how far one without bytes of its own looks. */
const EXACT = 0.6e-6;
const AROUND = 0.05;
const LONGEST_LINE = 1;

/** Lines of a dump; `wide` bytes a line. */
export function dump(bytes, wide = 16) {
    const lines = [];
    for (let at = 0; at < bytes.length; at += wide) {
        const part = [...bytes.slice(at, at + wide)];
        const hex = part.map((byte) => byte.toString(16).padStart(2, "0"));
        if (wide === 16 && hex.length > 8) hex.splice(8, 0, "");
        const text = part.map(letter);
        const room = 3 * wide - 1 + (wide === 16 ? 1 : 0);
        lines.push(
            `${at.toString(16).padStart(6, "0")}  ${hex.join(" ").padEnd(room)}  ${text.join("")}`,
        );
    }
    return lines.join("\n");
}

function letter(byte) {
    return byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".";
}

/** From hexadecimal digits; at most `most` bytes. */
export function bytesOf(hex, most = MOST) {
    const digits = hex.slice(0, 2 * most).match(/../g) ?? [];
    return Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16));
}

/** `[from, to, directions]` where the bytes of a record are, by the time of the one before. */
export function moment(record, before) {
    const { t: at, kind, dir, took = 0 } = record;
    if (!dir) return [Math.max(0, at - AROUND), at + AROUND, [">", "<"]];
    const since = before !== null && before < at ? before : at - 2 * EXACT;
    const from = kind === "data" ? at - took - EXACT : Math.max(since + EXACT, at - LONGEST_LINE);
    return [Math.max(0, from), at + EXACT, [dir]];
}

/** The title above `drawn` of `whole` bytes. */
function titleOf(drawn, whole, cut) {
    if (drawn < whole) return "hex.part";
    if (whole) return cut ? "hex.cut" : "hex.whole";
    return cut ? "hex.gone" : "hex.empty";
}

/** A pane that `show`s the bytes of a row; hidden until then and after `close`. */
export class HexPane {
    constructor(api) {
        this.api = api;
        this.told = h("div", { class: "told mono" });
        this.bytes = h("div", { class: "bytes" });
        const close = { class: "close", title: "hex.close", on: { click: () => this.close() } };
        this.element = h(
            "section",
            { class: "hex", label: "hex.title", hidden: true },
            h("button", close, "×"),
            this.told,
            this.bytes,
        );
    }

    close() {
        this.element.hidden = true;
        this.asked = null;
    }

    get open() {
        return !this.element.hidden;
    }

    async show(row, before) {
        const { record } = row;
        this.element.hidden = false;
        say(this.told, `${record.t.toFixed(6)} s  ${mark(record)} ${row.text}`);
        if (row.number === null || record.kind === "typed") {
            fill(this.bytes, h("p", { class: "dim", word: "hex.none" }));
            return;
        }
        const asked = (this.asked = Symbol("asked"));
        const [from, to, directions] = moment(record, before);
        let parts;
        try {
            parts = await Promise.all(directions.map((dir) => this.part(from, to, dir)));
        } catch (error) {
            parts = [h("p", { class: "bad" }, error.message)];
        }
        if (asked === this.asked) fill(this.bytes, ...parts);
    }

    async part(from, to, dir) {
        const query = new URLSearchParams({ from: from.toFixed(7), to: to.toFixed(7), dir });
        const { hex, size, cut } = await this.api.get(`bytes?${query}`);
        const bytes = bytesOf(hex);
        const wide = this.element.clientWidth < 520 ? 8 : 16;
        const whole = size ?? bytes.length;
        const words = {
            n: count(bytes.length),
            all: count(whole),
            way: t(dir === ">" ? "hex.to_module" : "hex.to_host"),
        };
        const title = titleOf(bytes.length, whole, cut);
        const pre = h("pre", { class: "mono", tabindex: "0" });
        pre.textContent = dump(bytes, wide);
        return h("div", {}, h("p", { class: "dim" }, t(title, words)), bytes.length ? pre : null);
    }
}
