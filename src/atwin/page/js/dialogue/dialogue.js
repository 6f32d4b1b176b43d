// The dialogue on the line, as it happens.

import { h } from "../dom.js";

export function mount(card) {
    card.append(h("h2", { word: "dialogue.title" }));
}
