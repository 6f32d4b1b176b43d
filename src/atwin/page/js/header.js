// The head of the page: which module, whether it is live, language and theme.

import { h, say } from "./dom.js";
import { count, currentLanguage, LANGUAGES, onLanguage, relabel, speak, t } from "./words.js";

const THEMES = ["auto", "light", "dark"];

/** Fills the header. */
export function mountHeader(header, store) {
    const which = h("span", { class: "which" });
    const model = h("span", { class: "dim" });
    const lamp = h("span", { class: "lamp", "aria-hidden": "true" });
    const link = h("span", {});
    header.append(
        h("strong", {}, "atwin"),
        which,
        model,
        h("span", { class: "space" }),
        h("span", { class: "link", role: "status" }, lamp, link),
        themeButton(store),
        h("button", {
            word: "shell.language",
            on: { click: () => speak(LANGUAGES.find((one) => one !== currentLanguage())) },
        }),
    );

    function draw() {
        const { state, caught } = store.connection;
        lamp.dataset.link = state;
        say(link, t(caught ? "link.caught" : `link.${state}`, { n: count(caught) }));
    }
    store.on("module", (module) => {
        say(which, module.port ?? module.name);
        say(model, module.twin ? module.name : t("shell.real"));
        document.title = `atwin: ${module.name}`;
    });
    store.on("connection", draw);
    onLanguage(draw);
    draw();
}

function themeButton(store) {
    const button = h("button", { on: { click: next } });

    function wear(theme) {
        document.documentElement.dataset.theme = theme;
        button.dataset.word = `shell.theme.${theme}`;
        relabel(button);
        store.emit("theme", theme);
    }
    function next() {
        const theme = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % 3];
        localStorage.setItem("atwin.theme", theme);
        wear(theme);
    }
    const kept = localStorage.getItem("atwin.theme");
    wear(THEMES.includes(kept) ? kept : "auto");
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
        store.emit("theme", document.documentElement.dataset.theme),
    );
    return button;
}
