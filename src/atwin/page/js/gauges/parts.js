// What instruments are made of: heads, lists of facts, lamps, and when they draw.

import { h, say } from "../dom.js";
import { onLanguage, t } from "../words.js";

/** The card's heading; gives what writes the note at its right end. */
export function heading(card, key) {
    const note = h("span", { class: "note" });
    card.append(h("h2", {}, h("span", { word: key }), note));
    return (text, tone = "") => {
        say(note, text);
        note.className = `note ${tone}`;
    };
}

/** `show(state)` follows each state that has all `keys`; while one lacks the card is hidden. */
export function follow(card, store, keys, show) {
    const draw = () => {
        const { state } = store;
        card.hidden = state === null || keys.some((key) => state[key] === undefined);
        if (!card.hidden) show(state);
    };
    store.on("state", draw);
    store.on("module", draw);
    onLanguage(draw);
    draw();
}

/** A list of facts. `row(key)` adds one and gives `write(text, tone)`: undefined hides the row,
 * null is a dash. */
export function facts(card) {
    const list = h("dl", { class: "facts" });
    card.append(list);
    return (key) => {
        const value = h("dd");
        const row = h("div", {}, h("dt", { word: key }), value);
        list.append(row);
        return (text, tone = "") => {
            row.hidden = text === undefined;
            say(value, text ?? "–");
            value.className = text === null ? "dim" : tone;
        };
    };
}

/** A lamp beside a name, which is a text or an element. `show(lit, text)` lights it, or not; with
 * null nobody knows. The text is its title. `tone` is the colour of its light. */
export function lamp(name, tone = "on") {
    const light = h("i", { class: `lamp ${tone}` });
    const label = h("span", {}, name);
    const node = h("span", { class: "sign", role: "img" }, light, label);
    const show = (lit, text) => {
        light.dataset.on = String(lit);
        node.title = text;
        node.setAttribute("aria-label", `${label.textContent}: ${text}`);
    };
    return { node, show };
}

/** `part` of `all` in per cent; a digit after the point below ten. */
export function percent(part, all) {
    const value = all ? (100 * part) / all : 0;
    return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}
