// The eight slots for connections: who has each, where it leads, what has passed.

import { h, say } from "../dom.js";
import { count, t } from "../words.js";
import { follow, heading } from "./parts.js";

const COLUMNS = ["slot", "use", "peer", "state", "sent", "received"];

export function mount(card, store) {
    const note = heading(card, "slots.title");
    const head = COLUMNS.map((name) =>
        h("th", { scope: "col", class: name, word: `slots.${name}` }),
    );
    const body = h("tbody");
    card.append(h("table", { class: "slots" }, h("thead", {}, h("tr", {}, ...head)), body));
    const rows = [];

    follow(card, store, ["connections"], ({ connections }) => {
        while (rows.length < connections.length) rows.push(slot(body));
        rows.forEach((show, place) => show(place, connections[place] ?? null));
        const used = connections.filter(Boolean).length;
        note(t("slots.used", { used, all: connections.length }), used ? "" : "dim");
    });
}

/** A row of the table; gives what writes a connection, or a free slot, into it. */
function slot(body) {
    const cells = COLUMNS.map((name) => h("td", { class: name }));
    const row = h("tr", {}, ...cells);
    body.append(row);
    return (place, one) => {
        row.className = one ? one.state : "free";
        const texts = one ? words(one) : [t("slots.free"), "", "", "", ""];
        [String(place), ...texts].forEach((text, column) => say(cells[column], text));
        cells[2].title = texts[1];
    };
}

function words({ use, link, peer, state, tls, sent, received }) {
    const name = link === null || link === undefined ? use : `${use} ${link}`;
    const how = [t(`slots.${state}`), tls ? "TLS" : ""].filter(Boolean).join(" · ");
    return [name, peer ?? "–", how, `↑ ${count(sent)}`, `↓ ${count(received)}`];
}
