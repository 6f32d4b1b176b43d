// Puts the page together: the header, and a card for each widget.

import { Api } from "./api.js";
import { mountBanner } from "./banner.js";
import { h, say } from "./dom.js";
import { mountHeader } from "./header.js";
import { mountKeys } from "./keys.js";
import { Store } from "./store.js";
import { firstLanguage, speak, t } from "./words.js";

/** Column: the modules of its cards, in their order. Each exports `mount(card, store, api)`, which
 * fills the card, an empty <section class="card">, and follows the store from then on. */
const CARDS = {
    talk: ["dialogue/dialogue"],
    left: [
        "gauges/buffer",
        "gauges/connections",
        "gauges/line",
        "gauges/throughput",
        "gauges/traffic",
        "steering/faults",
    ],
    right: ["gauges/radio", "gauges/power", "steering/recording", "steering/steering"],
};

/** Milliseconds before a page that got no answer yet asks again. */
const RETRY = 2000;

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

/** Shows the module that the hash names; asks again until atwin answers. */
async function show(store) {
    try {
        await store.show(numberInHash());
    } catch (error) {
        const state = error.status === 401 ? "denied" : "lost";
        store.tell({ state, since: store.connection.since, caught: 0 });
        setTimeout(() => show(store), RETRY);
    }
}

async function begin() {
    speak(firstLanguage(), false);
    const api = new Api();
    const store = new Store(api);
    const help = mountKeys(document.getElementById("help"));
    mountHeader(document.getElementById("header"), store, help);
    mountBanner(document.getElementById("banner"), store);
    await Promise.all(
        Object.entries(CARDS).flatMap(([column, names]) =>
            names.map((name) => mountCard(name, column, store, api)),
        ),
    );
    window.addEventListener("hashchange", () => show(store));
    await show(store);
}

begin();
