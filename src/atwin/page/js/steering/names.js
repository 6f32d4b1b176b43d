// Where names lead: rules that are added and taken away, and whether anything else is reached.

import { fill, h } from "../dom.js";
import { field, Group } from "./acts.js";

export function namesGroup(card, api) {
    const group = new Group(card, "names.title");
    const list = h("ul", { class: "rules" });
    group.row(list);
    const text = (hint) => h("input", { class: "mono", required: true, size: 13, hint });
    const name = text("names.name.hint");
    const address = text("names.address.hint");
    group.form(
        "names.add",
        async () => {
            await api.patch("names", { [name.value]: address.value });
            name.value = address.value = "";
        },
        field("names.name", name),
        field("names.address", address),
    );
    const offline = group.choice("names.offline", [0, 1], (value) =>
        api.patch("state", { offline: value }),
    );
    group.row(offline.node);
    let before = null;
    return ({ names, offline: alone }) => {
        offline.show(alone);
        const now = JSON.stringify(names);
        if (now === before) return;
        before = now;
        fill(list, ...Object.entries(names).map(([from, to]) => rule(group, api, from, to)));
    };
}

function rule(group, api, from, to) {
    const remove = group.button("names.remove", () => api.patch("names", { [from]: null }));
    return h("li", {}, h("span", { class: "mono" }, `${from} → ${to}`), remove);
}
