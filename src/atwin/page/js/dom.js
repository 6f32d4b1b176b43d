// Elements, and text of others shown without harm. All text goes by textContent.

import { relabel } from "./words.js";

const HIDDEN = new RegExp(
    "[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Cn}\\p{Zl}\\p{Zp}\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u2800" +
        "\\u3164\\uffa0]|(?! )\\p{Zs}",
    "gu",
);
const NAMED = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** `text` with all that does not show as itself escaped, `\x1b` for one, and cut at `limit`. */
export function shown(text, limit = 1000) {
    return cut(cut(String(text), limit).replace(HIDDEN, escaped), limit);
}

function cut(text, limit) {
    return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

function escaped(char) {
    const code = char.codePointAt(0);
    const hex = code.toString(16);
    if (NAMED[char]) return NAMED[char];
    if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
    if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
    return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/**
 * An element. `options`: `word` (key of its text), `title`, `label`, `hint` (keys of title,
 * aria-label, placeholder), `on` ({event: function}); all others are attributes, true for one
 * without a value, null and false for none. Children are elements or texts; texts are `shown`.
 */
export function h(tag, options = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
        if (name === "on") {
            for (const [event, call] of Object.entries(value)) {
                element.addEventListener(event, call);
            }
        } else if (["word", "title", "label", "hint"].includes(name)) {
            element.dataset[name] = value;
        } else if (value !== null && value !== false) {
            element.setAttribute(name, value === true ? "" : value);
        }
    }
    fill(element, ...children);
    relabel(element);
    return element;
}

/** Puts these children in place of what is in `element`; null is left out. */
export function fill(element, ...children) {
    const given = children.flat().filter((child) => child !== null && child !== undefined);
    if (given.length || element.firstChild) {
        element.replaceChildren(...given.map((it) => (it instanceof Node ? it : shown(it))));
    }
}

/** Sets a text only where it is another one, so that what is selected stays so. */
export function say(element, text) {
    const safe = shown(text);
    if (element.textContent !== safe) element.textContent = safe;
}
