// Says so when what is shown is not live.

import { fill, h, say } from "./dom.js";
import { onLanguage, t } from "./words.js";

const TOLD = ["lost", "denied", "ended"];

/** Fills the banner. */
export function mountBanner(banner, store) {
    const text = h("span");
    fill(banner, text);

    function draw() {
        const { state, since } = store.connection;
        banner.hidden = !TOLD.includes(state);
        document.body.classList.toggle("stale", !banner.hidden);
        if (banner.hidden) return;
        banner.dataset.link = state;
        const ago = Math.round((Date.now() - since) / 1000);
        const at = since.toLocaleTimeString("en-GB");
        say(text, t(`banner.${state}`, { at, ago }));
    }
    store.on("connection", draw);
    onLanguage(draw);
    setInterval(draw, 1000);
}
