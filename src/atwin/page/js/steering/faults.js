// Lets things go wrong: every kind of fault with its own fields; those that wait or are at work.

import { fill, h, say } from "../dom.js";
import { follow, heading } from "../gauges/parts.js";
import { count, onLanguage, t, WORDS } from "../words.js";
import { field, Group } from "./acts.js";
import { made } from "./form.js";

/** When a fault begins and how long it lasts: the choices, and the fields of each. */
const MOMENTS = {
    now: [],
    time: ["at_time"],
    action: ["at_action"],
    byte: ["at_byte", "at_action"],
    command: ["at_command", "nth"],
    connection: ["at_connection"],
};
const LENGTHS = { usual: [], seconds: ["seconds"], count: ["count"], until: ["until", "times"] };

export function mount(card, store, api) {
    const note = heading(card, "faults.title");
    const running = new Group(card, "faults.running");
    const list = h("ul", { class: "rules" });
    const all = running.button("faults.end_all", () => api.delete("faults"));
    running.row(list);
    running.row(all);
    const beginning = new Group(card, "faults.begin");
    const kind = h("select");
    const does = h("p", { class: "dim" });
    const fields = h("div", { class: "fields" });
    let kinds = [];
    let form = null;
    let before = null;

    const send = beginning.form(
        "faults.start",
        () => api.post("faults", { kind: kind.value, ...form.values() }),
        field("faults.kind", kind),
        does,
        fields,
    );
    send.form.className = "fault";

    const choose = () => {
        const chosen = kinds.find((one) => one.kind === kind.value);
        if (!chosen) return;
        form = new KindForm(chosen);
        fill(fields, ...form.nodes);
        describe();
    };
    const describe = () => {
        const chosen = kinds.find((one) => one.kind === kind.value);
        say(does, chosen ? told(`does.${chosen.kind}`, chosen.summary) : "");
        const begun = store.state?.faults?.begun ?? {};
        for (const option of kind.options) {
            const often = begun[option.value];
            const name = told(`fault.${option.value}`, option.value);
            say(option, often ? `${name} (${count(often)})` : name);
        }
    };
    const load = async () => {
        kinds = (await api.get("faults")).kinds;
        fill(kind, ...kinds.map((one) => h("option", { value: one.kind })));
        choose();
    };
    kind.addEventListener("change", choose);
    onLanguage(() => {
        before = null;
        describe();
    });

    follow(card, store, ["faults"], ({ faults }) => {
        const now = JSON.stringify(faults);
        if (now === before) return;
        before = now;
        const { at_work: active, waiting } = faults;
        const rows = [
            ...active.map((fault) => row(running, api, fault, "at_work")),
            ...waiting.map((fault) => row(running, api, fault, "waits")),
        ];
        fill(list, ...(rows.length ? rows : [h("li", { class: "dim", word: "faults.none" })]));
        all.hidden = rows.length < 2;
        note(rows.length ? t("faults.count", { n: active.length, waiting: waiting.length }) : "",
            active.length ? "bad" : "");
        describe();
        if (!kinds.length) beginning.run(send.button, load);
    });
}

/** The fields of one kind: its own, when it begins, how long it lasts. */
class KindForm {
    constructor({ own, lasts, fields }) {
        this.own = own.map((name) => made(name, fields[name]));
        this.moment = new Choice("faults.moment", Object.keys(MOMENTS), MOMENTS, fields);
        const lengths = ["usual", ...lasts];
        this.length = lasts.length ? new Choice("faults.length", lengths, LENGTHS, fields) : null;
        this.nodes = [...this.own.map(({ node }) => node), this.moment.node, this.length?.node];
    }

    /** What is filled in, as a [[fault]] has it. */
    values() {
        const used = [...this.own, ...this.moment.used, ...(this.length?.used ?? [])];
        const pairs = used.map(({ input, value }) => [input.name, value()]);
        return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
    }
}

/** A choice that brings fields of its own. */
class Choice {
    constructor(key, names, table, schemas) {
        const options = names.map((name) => h("option", { value: name, word: `${key}.${name}` }));
        this.select = h("select", {}, ...options);
        this.fields = Object.fromEntries(
            names.map((name) => [name, table[name].map((each) => made(each, schemas[each]))]),
        );
        const more = h("div", { class: "fields" });
        const show = () => {
            fill(more, ...this.used.map(({ node }) => node));
            // A moment that is not named would be no moment.
            if (this.used.length) this.used[0].input.required = true;
        };
        this.select.addEventListener("change", show);
        this.node = h("div", { class: "fields" }, field(key, this.select), more);
        show();
    }

    get used() {
        return this.fields[this.select.value];
    }
}

/** A fault that waits or is at work, with what ends it. */
function row(group, api, { id, kind, ...fields }, how) {
    const end = group.button("faults.end", () => api.delete(`faults/${id}`));
    const values = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
    const name = h("b", { word: WORDS[`fault.${kind}`] ? `fault.${kind}` : null }, kind);
    const given = h("span", { class: "mono" }, values.join(" "));
    const state = h("span", { class: `state ${how}`, word: `faults.${how}` });
    return h("li", {}, state, h("span", {}, name, " ", given), end);
}

function told(key, otherwise) {
    return WORDS[key] ? t(key) : otherwise;
}
