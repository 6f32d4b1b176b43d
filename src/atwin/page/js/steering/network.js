// The network that the antenna finds: whom it lets in, how loud it is, whether it gives a PDP.

import { h, say } from "../dom.js";
import { t } from "../words.js";
import { field, gate, Group } from "./acts.js";

const GRANTS = [1, 5, 3, 2];
const LOUDEST = 31;

export function networkGroup(card, api) {
    const group = new Group(card, "network.title");
    const set = (cell) => api.patch("state", { cell });
    const grants = group.choice("network.grants", GRANTS, (state) => set({ grants: state }));
    const pdp = group.choice("network.pdp", [true, false], (gives) => set({ grants_pdp: gives }));
    const loss = group.button("network.loss", () => api.post("faults", { kind: "pdp_loss" }));
    const slider = h("input", { type: "range", min: 0, max: LOUDEST, step: 1 });
    const level = h("output", { class: "number" });
    slider.addEventListener("input", () => say(level, words(slider.valueAsNumber)));
    slider.addEventListener("change", () =>
        group.run(slider, () => set({ rssi: slider.valueAsNumber })),
    );
    group.row(grants.node);
    group.row(field("network.signal", slider, level));
    group.row(pdp.node, loss);
    return ({ cell, pdp: context }) => {
        grants.show(cell.grants);
        pdp.show(cell.grants_pdp);
        gate([loss], context?.up ? "" : "why.no_pdp");
        // A hand that has the slider is not pulled away from where it is.
        if (slider.matches(":active")) return;
        slider.value = String(Math.min(cell.rssi, LOUDEST));
        say(level, words(cell.rssi));
    };
}

function words(csq) {
    return csq > LOUDEST ? t("radio.no_csq") : t("radio.csq", { csq, dbm: `−${113 - 2 * csq}` });
}
