// A command line that types AT into the module beside the host.

import { h, say } from "../dom.js";

const KEPT = 100;
const PLACE = "atwin.typed";

/** What was typed, the last at the end; `back` and `on` walk through it. */
export class History {
    constructor(typed) {
        this.typed = typed.slice(-KEPT);
        this.at = this.typed.length;
        this.draft = "";
    }

    add(text) {
        this.typed = [...this.typed.filter((one) => one !== text), text].slice(-KEPT);
        this.at = this.typed.length;
    }

    /** The one before (-1) or after (1); what was being written stays at the end. */
    walk(step, text) {
        if (this.at === this.typed.length) this.draft = text;
        this.at = Math.min(Math.max(this.at + step, 0), this.typed.length);
        return this.typed[this.at] ?? this.draft;
    }
}

function kept() {
    try {
        const typed = JSON.parse(localStorage.getItem(PLACE));
        return Array.isArray(typed) ? typed.filter((one) => typeof one === "string") : [];
    } catch {
        return [];
    }
}

/** Seconds that the module has for an answer. */
const PATIENCE = 60;

/** The form; `leave` is called when Esc is pressed in it. What is said is heard by the trace. */
export function typingLine(api, leave) {
    const history = new History(kept());
    const wrong = h("div", { class: "bad", role: "alert" });
    const input = h("input", {
        class: "mono",
        label: "typing.label",
        hint: "typing.hint",
        maxlength: "2000",
        autocomplete: "off",
        autocapitalize: "off",
        spellcheck: "false",
        enterkeyhint: "send",
        on: { keydown: pressed },
    });
    const form = h(
        "form",
        { class: "typing", on: { submit: send } },
        input,
        h("button", { word: "typing.send" }),
        wrong,
    );

    function pressed(event) {
        const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (step) {
            input.value = history.walk(step, input.value);
            event.preventDefault();
        } else if (event.key === "Escape") {
            leave();
        }
    }

    async function send(event) {
        event.preventDefault();
        const command = input.value.trim();
        if (!command) return;
        history.add(command);
        localStorage.setItem(PLACE, JSON.stringify(history.typed));
        input.value = "";
        say(wrong, "");
        try {
            await api.post("at", { command, seconds: PATIENCE });
        } catch (error) {
            say(wrong, error.message);
        }
    }
    return { form, input };
}
