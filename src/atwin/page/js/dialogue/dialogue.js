// The dialogue on the line as it happens: filter, search, the bytes of a row, a command line.

import { h, say } from "../dom.js";
import { bindKey } from "../keys.js";
import { count, onLanguage, t } from "../words.js";
import { HexPane } from "./hex.js";
import { Log } from "./log.js";
import { Matcher, searched } from "./matcher.js";
import { Rows } from "./rows.js";
import { timesOf } from "./times.js";
import { typingLine } from "./typing.js";

/** Kinds that have a switch; all others are always shown. */
const KINDS = [
    ...["command", "answer", "urc", "data"],
    ...["line", "net", "buffer", "power", "fault", "script", "host", "typed"],
];
/** Milliseconds after the last key before a pattern is used. */
const CALM = 150;
/** Records that a row which only counted them is opened to. */
const OPENED = 1000;

export function mount(card, store, api) {
    const rows = new Rows();
    const hidden = new Set();
    const times = timesOf(store);
    const filter = new Matcher(() => later());
    const search = new Matcher(() => later());
    const hex = new HexPane(api);
    const log = new Log({ time: times.of, matches: marked, chose: open, followed: showFollow });
    let view = [];
    let behind = 0;
    let drawing = false;
    let others = false;

    // --- what is shown ----------------------------------------------------------------------

    function isShown(row) {
        return !hidden.has(row.record.kind) && (!filter.on || filter.in(row) !== null);
    }

    function marked(row) {
        const found = (search.on ? search : filter).in(row);
        if (!found) return null;
        const before = searched(row).length - row.text.length;
        return found[1] > before ? [Math.max(0, found[0] - before), found[1] - before] : null;
    }

    /** `chosen`: the rows that are shown are chosen again. */
    function later(chosen = false) {
        others ||= chosen;
        if (!drawing) requestAnimationFrame(draw);
        drawing = true;
    }

    function draw() {
        const redraw = others;
        drawing = false;
        filter.feed(rows.all);
        others &&= filter.busy;
        view = rows.all.filter(isShown);
        search.feed(view);
        log.draw(view, redraw);
        say(wrong, filter.error || search.error);
        const hits = search.on ? view.filter((row) => search.in(row)) : [];
        const at = hits.findIndex((row) => row.id === log.head);
        say(found, search.on ? `${at + 1}/${count(hits.length)}` : "");
        showFollow();
        const some = view.length < rows.all.length;
        const words = { n: count(view.length), all: count(rows.all.length) };
        say(amount, t(some ? "dialogue.some" : "dialogue.all", words));
        empty.hidden = view.length > 0;
        say(empty, t(rows.all.length ? "dialogue.none" : "dialogue.wait"));
    }

    function find(step) {
        const hits = view.map((row, at) => (search.in(row) ? at : -1)).filter((at) => at >= 0);
        if (!hits.length) return;
        const here = view.findIndex((row) => row.id === log.head);
        const next = hits.find((at) => at > here) ?? hits[0];
        const last = hits.findLast((at) => here < 0 || at < here) ?? hits.at(-1);
        log.go(step > 0 ? next : last, { middle: true });
        later();
    }

    async function open(row) {
        if (row.record.kind === "counted") {
            await unfold(row);
            return;
        }
        const before = rows.all
            .slice(0, rows.all.indexOf(row))
            .findLast(({ record }) => record.dir === row.record.dir && record.kind !== "typed");
        await hex.show(row, before?.record.t ?? null);
    }

    async function unfold(row) {
        const { first, records, t: time, kinds } = row.record;
        const limit = Math.min(records, OPENED);
        try {
            const got = await api.get(`records?after=${first - 1}&limit=${limit}`);
            const entries = got.records.map((record, at) => ({ number: got.first + at, record }));
            const rest = records - (got.missed ?? 0) - entries.length;
            if (rest > 0) {
                const number = first + records - rest;
                const record = { kind: "counted", t: time, first: number, records: rest, kinds };
                entries.push({ number: null, record });
            }
            rows.open(row, entries);
            later();
        } catch (error) {
            say(wrong, error.message);
        }
    }

    // --- what stands around it ----------------------------------------------------------------

    function field(words, matcher, pressed) {
        let timer;
        const change = () => {
            matcher.set(input.value);
            later(matcher === filter);
        };
        const input = h("input", {
            type: "search",
            ...words,
            spellcheck: "false",
            autocomplete: "off",
            maxlength: "500",
            on: {
                input: () => {
                    clearTimeout(timer);
                    timer = setTimeout(change, CALM);
                },
                keydown: (event) => {
                    if (event.key === "Escape" && !input.value) log.element.focus();
                    else if (event.key === "Enter") pressed(event);
                },
            },
        });
        return input;
    }

    function kindSwitch(kind) {
        const press = () => {
            hidden.delete(kind) || hidden.add(kind);
            showKinds();
        };
        const alone = () => {
            for (const one of KINDS) one === kind ? hidden.delete(one) : hidden.add(one);
            showKinds();
        };
        return h("button", {
            class: "kind",
            "data-kind": kind,
            word: `kind.${kind}`,
            title: "kind.title",
            "aria-pressed": "true",
            on: { click: (event) => (event.shiftKey || event.altKey ? alone() : press()) },
        });
    }

    function showKinds() {
        for (const one of kinds) one.setAttribute("aria-pressed", !hidden.has(one.dataset.kind));
        later(true);
    }

    function showFollow() {
        if (log.follow) behind = 0;
        follow.setAttribute("aria-pressed", log.follow);
        const words = { n: count(behind) };
        say(follow, t(log.follow || !behind ? "dialogue.follow" : "dialogue.new", words));
    }

    async function copy() {
        const text = log.text() || String(getSelection());
        if (!text) return;
        await navigator.clipboard.writeText(text).catch((error) => say(wrong, error.message));
    }

    const kinds = KINDS.map(kindSwitch);
    const wrong = h("span", { class: "bad", role: "status" });
    const found = h("span", { class: "dim number" });
    const amount = h("span", { class: "dim number" });
    const thinned = h("span", { class: "thinned", role: "status" });
    const empty = h("div", { class: "empty dim" });
    const follow = h("button", { "aria-pressed": "true", on: { click: () => toggleFollow() } });
    const byText = field(
        { class: "filter", label: "filter.label", hint: "filter.hint" },
        filter,
        () => log.element.focus(),
    );
    const bySearch = field(
        { class: "search", label: "search.label", hint: "search.hint" },
        search,
        (event) => find(event.shiftKey ? -1 : 1),
    );
    const typing = typingLine(api, () => log.element.focus());
    const tick = () => times.use(clock.value);
    const clock = h("select", { label: "time.label", on: { change: tick } });
    clock.append(...times.ways.map((way) => h("option", { value: way, word: `time.${way}` })));
    clock.value = times.way;

    function toggleFollow() {
        log.setFollow(!log.follow);
        later();
    }

    card.append(
        h(
            "header",
            {},
            h("h2", {}, h("span", { word: "dialogue.title" }), amount, thinned),
            clock,
            h("button", { word: "dialogue.copy", title: "dialogue.how", on: { click: copy } }),
            follow,
        ),
        h(
            "div",
            { class: "bar" },
            byText,
            h(
                "span",
                { class: "searching" },
                bySearch,
                h("button", { title: "search.back", on: { click: () => find(-1) } }, "‹"),
                h("button", { title: "search.on", on: { click: () => find(1) } }, "›"),
                found,
            ),
        ),
        h("div", { class: "kinds", role: "group", label: "kind.label" }, ...kinds),
        wrong,
        h("div", { class: "paper" }, log.element, empty),
        hex.element,
        typing.form,
    );

    // --- what comes in ------------------------------------------------------------------------

    let second = { came: 0, counted: 0 };
    setInterval(() => {
        const { came, counted } = second;
        const words = { n: count(counted), all: count(came) };
        say(thinned, counted ? t("dialogue.thinned", words) : "");
        second = { came: 0, counted: 0 };
    }, 1000);

    store.on("module", () => {
        rows.clear();
        filter.set(byText.value);
        search.set(bySearch.value);
        hex.close();
        log.setFollow(true);
        later();
    });
    store.on("records", (entries) => {
        second.came += entries.length;
        second.counted += rows.take(entries, performance.now() / 1000);
        behind += entries.length;
        later();
    });
    times.changed = () => later();
    onLanguage(() => {
        rows.reword();
        later();
    });

    bindKey("/", "key.filter", () => byText.focus());
    bindKey("s", "key.search", () => bySearch.focus());
    bindKey("n", "key.next", () => find(1));
    bindKey("N", "key.last", () => find(-1));
    bindKey("f", "key.follow", toggleFollow);
    bindKey("t", "key.type", () => typing.input.focus());
    bindKey("Escape", "key.escape", () => hex.close());
    later();
}
