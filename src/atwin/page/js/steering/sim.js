// The SIM card: out, in, or another one.

import { h } from "../dom.js";
import { field, Group } from "./acts.js";

export function cardGroup(card, api) {
    const group = new Group(card, "sim.title");
    const put = group.choice("sim.in", [true, false], (there) => api.put("sim", { in: there }));
    group.row(put.node);
    const pin = h("input", {
        inputmode: "numeric",
        pattern: "[0-9]{4,8}",
        size: 8,
        maxlength: 8,
        autocomplete: "off",
        hint: "sim.pin.hint",
    });
    group.form(
        "sim.insert",
        () => api.put("sim", { card: pin.value ? { pin: pin.value } : {} }),
        field("sim.pin", pin),
    );
    return ({ sim }) => put.show(sim.in);
}
