// Steers what is around the module: pins, supply, lines, card, network, names.

import { follow, heading } from "../gauges/parts.js";
import { callGroup } from "./call.js";
import { freshGroup } from "./fresh.js";
import { namesGroup } from "./names.js";
import { networkGroup } from "./network.js";
import { linesGroup, powerGroup } from "./pins.js";
import { cardGroup } from "./sim.js";

const GROUPS = [
    powerGroup,
    linesGroup,
    cardGroup,
    networkGroup,
    callGroup,
    namesGroup,
    freshGroup,
];

/** Each group fills its part of the card, and gives what shows a state in it. */
export function mount(card, store, api) {
    heading(card, "steering.title");
    const shows = GROUPS.map((group) => group(card, api));
    follow(card, store, ["pins", "sim", "cell"], (state) => {
        for (const show of shows) show(state);
    });
}
