// The head of the page: which module, whether it is live, language and theme.

import { fill, h, say } from "./dom.js";
import { count, currentLanguage, LANGUAGES, onLanguage, relabel, speak, t } from "./words.js";

const THEMES = ["auto", "light", "dark"];

/** Fills the header; `help` opens the help. */
export function mountHeader(header, store, help) {
    const which = h("span", { class: "which" });
    const model = h("span", { class: "model dim" });
    const lamp = h("span", { class: "lamp", "aria-hidden": "true" });
    const link = h("span");
    const other = () => LANGUAGES.find((one) => one !== currentLanguage());
    header.append(
        h("h1", {}, "atwin"),
        which,
        model,
        h("span", { class: "space" }),
        h("span", { class: "link", role: "status" }, lamp, link),
        themeButton(store),
        h("button", { word: "shell.language", on: { click: () => speak(other()) } }),
        h("button", { label: "shell.help", title: "shell.help", on: { click: help } }, "?"),
    );

    function drawLink() {
        const { state, caught } = store.connection;
        lamp.dataset.link = state;
        say(link, t(caught ? "link.caught" : `link.${state}`, { n: count(caught) }));
    }
    function drawModule() {
        if (!store.module) return;
        const { module, modules } = store;
        fill(which, modules.length > 1 ? chooser(store) : h("code", {}, placeOf(module)));
        say(model, module.twin ? module.name : t("shell.real"));
        document.title = `${placeOf(module)} · atwin`;
    }
    store.on("module", drawModule);
    store.on("connection", drawLink);
    onLanguage(() => {
        drawLink();
        drawModule();
    });
    drawLink();
}

function placeOf({ number, name, port }) {
    return port ?? name ?? `#${number}`;
}

function chooser(store) {
    const change = () => (location.hash = select.value);
    const select = h("select", { label: "shell.module", on: { change } });
    select.append(
        ...store.modules.map((one) =>
            h("option", { value: `#${one.number}` }, `${one.number}  ${placeOf(one)}`),
        ),
    );
    select.value = `#${store.module.number}`;
    return select;
}

function themeButton(store) {
    const button = h("button", { title: "shell.theme", on: { click: next } });
    const root = document.documentElement;

    function wear(theme) {
        root.dataset.theme = theme;
        button.dataset.word = `shell.theme.${theme}`;
        relabel(button);
        store.emit("theme", theme);
    }
    function next() {
        const theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
        localStorage.setItem("atwin.theme", theme);
        wear(theme);
    }
    const kept = localStorage.getItem("atwin.theme");
    wear(THEMES.includes(kept) ? kept : "auto");
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
        store.emit("theme", root.dataset.theme),
    );
    return button;
}
