// RESET, PWRKEY, the supply and USB_BOOT; the host's RTS and DTR.

import { h, say } from "../dom.js";
import { t } from "../words.js";
import { gate, Group } from "./acts.js";

/** Seconds of the pulses: what is long enough on every model. */
const RESET = 0.6;
const KEY = 1.2;
/** Milliseconds between two looks at how long the key is held. */
const TICK = 50;

export function powerGroup(card, api) {
    const group = new Group(card, "pins.power");
    const set = (values) => api.patch("state", values);
    const reset = group.button("pins.reset", () => pulse(api, "reset", RESET));
    const key = group.button("pins.key", () => pulse(api, "power_key", KEY));
    const hold = holdButton(group, set);
    const supply = group.choice("pins.supply", [1, 0], (level) => set({ supply: level }));
    const boot = group.choice("pins.usb_boot", [0, 1], (level) => set({ usb_boot: level }));
    group.row(reset, key, hold);
    group.row(supply.node);
    group.row(boot.node);
    return ({ pins, holds }) => {
        supply.show(pins.supply);
        boot.show(pins.usb_boot);
        const dead = pins.supply ? "" : "why.no_supply";
        gate([reset, key, hold], dead);
        if (!dead && holds) describe(reset, key, hold, holds);
        if (!dead && !pins.reset) gate([key, hold], "why.reset_held");
    };
}

function pulse(api, pin, seconds) {
    return api.post("pulse", { pin, seconds });
}

/** What this model does, as its profile has it. */
function describe(reset, key, hold, holds) {
    const how = holds.reset_is_off ? "off" : "restart";
    reset.title = t(`pins.reset.${how}`, { off: holds.reset_off });
    key.title = hold.title = t("pins.key.times", { start: holds.key_start, stop: holds.key_stop });
}

/** A button that holds PWRKEY low for as long as it is held itself, and shows how long. */
function holdButton(group, set) {
    const seconds = h("span", { class: "number" });
    const button = h("button", { type: "button", title: "pins.hold.does", class: "hold" });
    button.append(h("span", { word: "pins.hold" }), seconds);
    let since = null;
    let timer = null;
    let last = Promise.resolve();

    /** One after the other: the key must not end up low. */
    const level = (value) => {
        last = last.then(() => set({ power_key: value })).then(
            () => group.say(""),
            (error) => group.say(error.message),
        );
    };
    const press = () => {
        if (since !== null) return;
        if (button.ariaDisabled === "true") {
            group.say(button.title);
            return;
        }
        since = performance.now();
        timer = setInterval(() => {
            say(seconds, ` ${((performance.now() - since) / 1000).toFixed(1)} s`);
        }, TICK);
        level(0);
    };
    const release = () => {
        if (since === null) return;
        since = null;
        clearInterval(timer);
        say(seconds, "");
        level(1);
    };
    const isKey = ({ key }) => key === " " || key === "Enter";
    button.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        button.setPointerCapture(event.pointerId);
        press();
    });
    button.addEventListener("keydown", (event) => {
        if (!isKey(event)) return;
        event.preventDefault();
        press();
    });
    button.addEventListener("keyup", (event) => isKey(event) && release());
    for (const ends of ["pointerup", "pointercancel", "blur", "contextmenu"]) {
        button.addEventListener(ends, release);
    }
    for (const gone of ["pagehide", "blur"]) window.addEventListener(gone, release);
    return button;
}

const OUTPUTS = ["rts", "dtr"];

export function linesGroup(card, api) {
    const group = new Group(card, "pins.lines");
    const outputs = OUTPUTS.map((name) => {
        const call = (value) => api.patch("state", { [name]: value });
        const choice = group.choice("pins.output", [1, 0, null], call, `pins.${name}`);
        group.row(choice.node);
        return [name, choice];
    });
    return ({ line }) => {
        for (const [name, choice] of outputs) choice.show(line[name]);
    };
}
