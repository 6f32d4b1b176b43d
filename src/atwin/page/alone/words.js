// Texts in English and Chinese, numbers and elements, for pages in one file.

const MOVING = {
    earlier: ["Earlier (←)", "向前（←）"],
    later: ["Later (→)", "向后（→）"],
    closer: ["Zoom in (+)", "放大（+）"],
    wider: ["Zoom out (−)", "缩小（−）"],
    all: ["All", "全部"],
    allKey: ["Everything (0, double click)", "显示全部（0 或双击）"],
    hint: [
        "Drag to zoom, double click for all; + − ← → 0 and the wheel as well.",
        "拖动可放大，双击显示全部；也可用 + − ← → 0 键或滚轮。",
    ],
};

const language = navigator.language.startsWith("zh") ? 1 : 0;
document.documentElement.lang = language ? "zh-CN" : "en";

/** What gives the text of a key of `words`, key: [English, Chinese], in the language of the
 * browser, with `{name}` filled from its values. */
export function speaker(words) {
    const all = { ...MOVING, ...words };
    return (key, values = {}) =>
        all[key][language].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A number with its thousands apart, to so many decimals. */
export function number(value, decimals = 0) {
    return value.toLocaleString("en-US", { maximumFractionDigits: decimals });
}

/** A time or a length of time, to the microsecond; less exact where it is long. */
export function seconds(value) {
    return `${number(value, value < 1e6 ? 6 : 0)} s`;
}

/** An element with a text, never with HTML. */
export function element(tag, className = "", text = "") {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
}
