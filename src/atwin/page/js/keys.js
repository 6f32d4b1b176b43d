// The keys of the page, and the help that lists them.

import { fill, h } from "./dom.js";

/** What a list, a field or the browser does by itself. */
const OTHERS = [
    ["↑ ↓ PgUp PgDn Home End", "key.rows"],
    ["Enter", "key.open"],
    ["Ctrl+C", "key.copy"],
    ["Tab", "key.tab"],
];
const bound = new Map();

/** Has `call` called at the key, outside of a field; `word` is the key of what it does. */
export function bindKey(key, word, call) {
    bound.set(key, { word, call });
}

/** Whether a key typed there is text. */
function writes(target) {
    return target.closest("input, textarea, select, dialog") !== null;
}

/** Listens, and fills the help when it is opened. */
export function mountKeys(dialog) {
    function help() {
        const keys = [...bound].map(([key, { word }]) => [key === "Escape" ? "Esc" : key, word]);
        fill(
            dialog,
            h("h2", { word: "help.title" }),
            h(
                "dl",
                {},
                ...[...keys, ...OTHERS].flatMap(([key, word]) => [
                    h("dt", {}, h("kbd", {}, key)),
                    h("dd", { word }),
                ]),
            ),
            h("p", { class: "dim", word: "help.more" }),
            h("form", { method: "dialog" }, h("button", { word: "help.close" })),
        );
        if (!dialog.open) dialog.showModal();
    }
    bindKey("?", "key.help", help);
    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
        const found = bound.get(event.key);
        if (!found) return;
        event.preventDefault();
        found.call();
    });
    return help;
}
