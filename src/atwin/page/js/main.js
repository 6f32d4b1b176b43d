// Puts the page together: the header, and a card for each widget.

import { Api } from "./api.js";
import { h, say } from "./dom.js";
import { mountHeader } from "./header.js";
import { Store } from "./store.js";
import { firstLanguage, speak, t } from "./words.js";

/** Column: the modules of its cards, in their order. Each exports `mount(card, store, api)`, which
 * fills the card, an empty <section class="card">, and follows the store from then on. */
const CARDS = {
    talk: ["dialogue/dialogue"],
    left: ["gauges/buffer", "gauges/connections", "gauges/line", "gauges/throughput"],
    right: [
        "gauges/radio",
        "gauges/power",
        "gauges/traffic",
        "steering/steering",
        "steering/faults",
        "steering/recording",
    ],
};

async function mountCard(name, column, store, api) {
    const card = h("section", { class: `card ${name.split("/").at(-1)}` });
    document.getElementById(column).append(card);
    try {
        const { mount } = await import(`./${name}.js`);
        await mount(card, store, api);
    } catch (error) {
        say(card, t("card.failed", { why: `${name}: ${error.message}` }));
    }
}

/** The number that the hash names, `#2`; 1 without one. */
function numberInHash() {
    return Number.parseInt(location.hash.slice(1), 10) || 1;
}

async function begin() {
    speak(firstLanguage(), false);
    const api = new Api();
    const store = new Store(api);
    mountHeader(document.getElementById("header"), store, api);
    await Promise.all(
        Object.entries(CARDS).flatMap(([column, names]) =>
            names.map((name) => mountCard(name, column, store, api)),
        ),
    );
    window.addEventListener("hashchange", () => store.show(numberInHash()));
    await store.begin(numberInHash());
}

begin();
