// Buttons that do something, and the one line that says why it could not be.

import { h, say } from "../dom.js";
import { onLanguage, t } from "../words.js";

/** A group of controls under a title; `row(...nodes)` adds a row of them. */
export class Group {
    constructor(card, key) {
        this.error = h("p", { class: "error", role: "alert", hidden: true });
        this.node = h("fieldset", {}, h("legend", { word: key }), this.error);
        card.append(this.node);
    }

    row(...nodes) {
        const row = h("div", { class: "controls" }, ...nodes);
        this.error.before(row);
        return row;
    }

    /** Do it. What went wrong stays on the line until something works. */
    async run(button, call) {
        if (button.ariaDisabled === "true") {
            this.say(button.title);
            return;
        }
        if (button.ariaBusy === "true") return;
        button.ariaBusy = "true";
        try {
            await call();
            this.say("");
        } catch (error) {
            this.say(error.message);
        } finally {
            button.ariaBusy = "false";
        }
    }

    say(text) {
        say(this.error, text);
        this.error.hidden = !text;
    }

    /** A button with the word `key`; the word `key.does` is its title where there is one. */
    button(key, call, more = {}) {
        const node = h("button", { type: "button", word: key, title: `${key}.does`, ...more });
        node.addEventListener("click", () => this.run(node, () => call(node)));
        return node;
    }

    /** Buttons of which one is what the state says: `show(value)` marks it. `name` is the word that
     * stands before them. */
    choice(key, values, call, name = key) {
        const buttons = values.map((value) => [
            value,
            this.button(`${key}.${value}`, () => call(value)),
        ]);
        const all = buttons.map(([, button]) => button);
        const label = h("span", { word: name, "aria-hidden": "true" });
        const segments = h("span", { class: "segments", role: "group", label: name }, ...all);
        const node = h("span", { class: "choice" }, label, segments);
        const show = (now) => {
            for (const [value, button] of buttons) button.ariaPressed = String(value === now);
        };
        return { node, show };
    }

    /** A form whose button has the word `key`; `call` gets it when it is sent. */
    form(key, call, ...fields) {
        const button = h("button", { word: key, title: `${key}.does` });
        const form = h("form", { class: "controls" }, ...fields, button);
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            this.run(button, () => call(form));
        });
        this.error.before(form);
        return { form, button };
    }
}

/** A field with its label before it, and what may stand after it. */
export function field(key, input, after = null) {
    return h("label", { class: "field" }, h("span", { word: key }), input, after);
}

/** Close buttons for a reason (the key of a word), or open them. They keep the focus, and say why
 * when they are pressed. */
export function gate(buttons, why) {
    for (const button of buttons) {
        button.ariaDisabled = String(Boolean(why));
        button.title = why ? t(why) : t(button.dataset.title);
    }
}
