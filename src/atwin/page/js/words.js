// Every text of the page by its key, in English and Chinese. The tables lie in words/.

import { DIALOGUE } from "./words/dialogue.js";
import { FAULTS } from "./words/faults.js";
import { GAUGES } from "./words/gauges.js";
import { SHELL } from "./words/shell.js";
import { STEERING } from "./words/steering.js";

/** Key: [English, Chinese]. `{name}` in a text is filled by `t`. */
export const WORDS = { ...SHELL, ...DIALOGUE, ...GAUGES, ...STEERING, ...FAULTS };
export const LANGUAGES = ["en", "zh"];

const listeners = new Set();
let language = 0;

/** The text of `key` in the language of the page. A key that is not there is shown itself. */
export function t(key, values = {}) {
    const text = WORDS[key]?.[language] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** "en" or "zh". */
export function currentLanguage() {
    return LANGUAGES[language];
}

/** What was chosen before, else what the browser asks for. */
export function firstLanguage() {
    const kept = localStorage.getItem("atwin.language");
    return LANGUAGES.includes(kept) ? kept : navigator.language.startsWith("zh") ? "zh" : "en";
}

/** Changes every `data-word` of the page; `onLanguage` tells those that make their texts. */
export function speak(name, keep = true) {
    language = Math.max(0, LANGUAGES.indexOf(name));
    document.documentElement.lang = name === "zh" ? "zh-CN" : "en";
    if (keep) localStorage.setItem("atwin.language", name);
    for (const element of document.querySelectorAll(MARKED)) relabel(element);
    for (const call of listeners) call(name);
}

/** Calls `call` whenever the language changes; returns what takes it back. */
export function onLanguage(call) {
    listeners.add(call);
    return () => listeners.delete(call);
}

/** A number with its thousands apart. */
export function count(number) {
    return Number(number).toLocaleString("en-US");
}

const MARKED = "[data-word], [data-title], [data-label], [data-hint]";

/** Gives an element the texts that its data-word, -title, -label and -hint name. */
export function relabel(element) {
    const { word, title, label, hint } = element.dataset;
    if (word) element.textContent = t(word);
    if (title) element.title = t(title);
    if (label) element.setAttribute("aria-label", t(label));
    if (hint) element.placeholder = t(hint);
}
