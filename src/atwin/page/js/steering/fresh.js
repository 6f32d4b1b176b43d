// As from the factory, after a question.

import { h } from "../dom.js";
import { Group } from "./acts.js";

export function freshGroup(card, api) {
    const group = new Group(card, "fresh.title");
    const ask = group.button("fresh.ask", () => show(true), { "aria-expanded": "false" });
    const make = (boot) =>
        group.button(`fresh.${boot}`, async () => {
            await api.post("fresh", { boot });
            show(false);
        });
    const keep = group.button("fresh.keep", () => show(false));
    const warning = h("p", { class: "bad", word: "fresh.warning" });
    const question = h("div", { class: "controls", hidden: true }, warning);
    question.append(make("cold"), make("warm"), keep);
    question.addEventListener("keydown", ({ key }) => key === "Escape" && show(false));
    const show = (asked) => {
        question.hidden = !asked;
        ask.ariaExpanded = String(asked);
        (asked ? keep : ask).focus();
    };
    group.row(ask);
    group.error.before(question);
    return () => undefined;
}
