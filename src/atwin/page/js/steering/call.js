// Somebody calls; the module says something unasked.

import { h } from "../dom.js";
import { field, gate, Group } from "./acts.js";

export function callGroup(card, api) {
    const group = new Group(card, "call.title");
    const number = h("input", {
        type: "tel",
        pattern: "\\+?[0-9]{1,20}",
        required: true,
        size: 14,
        value: "+8613800138000",
    });
    const ring = group.form(
        "call.ring",
        () => api.patch("state", { ring: number.value }),
        field("call.number", number),
    );
    const hangUp = group.button("call.hang_up", () => api.patch("state", { ring: null }));
    ring.form.append(hangUp);
    const text = h("input", { class: "mono grow", required: true, value: '+CMTI: "SM",1' });
    text.setAttribute("maxlength", 1024);
    const urc = group.form(
        "call.say",
        () => api.post("urcs", { text: text.value }),
        field("call.urc", text),
    );
    return ({ on, hung, call, radio }) => {
        const dead = !on ? "why.off" : hung ? "why.hung" : "";
        const unheard = [1, 5].includes(radio?.registration ?? 1) ? "" : "why.no_network";
        gate([urc.button], dead);
        gate([ring.button], dead || unheard || (call ? "why.calls" : ""));
        gate([hangUp], dead || (call ? "" : "why.no_call"));
    };
}
