// The list of rows on the page: only those that are seen are elements.

import { h } from "../dom.js";

/** Pixels of a row, as --row in style.css; rows drawn beyond what is seen. */
const ROW = 19;
const BEYOND = 8;

/** `draw(view)` shows these rows. `time(row, before)` and `matches(row)` say what is in a row;
 * `chose(row)` is called for a row that is to be opened, `followed(on)` when following changes. */
export class Log {
    constructor({ time, matches, chose, followed }) {
        Object.assign(this, { time, matches, chose, followed });
        this.view = [];
        this.elements = new Map();
        /** Ids of the rows where a selection begins and ends. */
        this.anchor = this.head = null;
        this.follow = true;
        this.tall = h("div", { class: "tall" });
        this.element = h(
            "div",
            {
                class: "log mono",
                role: "log",
                "aria-live": "off",
                label: "dialogue.title",
                tabindex: "0",
                on: {
                    scroll: () => this.scrolled(),
                    // Before the next drawing puts it at the end again.
                    wheel: (event) => event.deltaY < 0 && this.setFollow(false),
                    selectstart: () => this.setFollow(false),
                    mousedown: (event) => event.shiftKey && event.preventDefault(),
                    click: (event) => this.clicked(event),
                    keydown: (event) => this.pressed(event),
                    copy: (event) => this.copy(event),
                },
            },
            this.tall,
        );
        new ResizeObserver(() => this.place()).observe(this.element);
    }

    /** `others`: the rows were chosen again, and did not only come and go at the ends. */
    draw(view, others = false) {
        const gone = others ? 0 : Math.max(0, this.view.indexOf(view[0]));
        this.view = view;
        this.tall.style.height = `${view.length * ROW}px`;
        const head = this.placeOf(this.head);
        if (this.follow) this.element.scrollTop = view.length * ROW;
        else if (others && head >= 0) this.center(head);
        else if (gone) this.element.scrollTop -= gone * ROW;
        this.top = this.element.scrollTop;
        this.place();
    }

    center(at) {
        this.element.scrollTop = (at + 0.5) * ROW - this.element.clientHeight / 2;
    }

    /** Makes elements of the rows that are seen, and leaves alone those that are there. */
    place() {
        const { scrollTop, clientHeight } = this.element;
        const first = Math.max(0, Math.floor(scrollTop / ROW) - BEYOND);
        const end = Math.ceil((scrollTop + clientHeight) / ROW) + BEYOND;
        const last = Math.min(this.view.length, end);
        const seen = new Set();
        for (let at = first; at < last; at += 1) seen.add(this.view[at].id);
        for (const [id, element] of this.elements) {
            if (seen.has(id)) continue;
            element.remove();
            this.elements.delete(id);
        }
        const [low, high] = this.span();
        let next = this.tall.firstChild;
        for (let at = first; at < last; at += 1) {
            const row = this.view[at];
            let element = this.elements.get(row.id);
            if (!element) this.elements.set(row.id, (element = h("div", { class: "row" })));
            this.write(element, row, this.view[at - 1]);
            element.style.transform = `translateY(${at * ROW}px)`;
            element.classList.toggle("chosen", at >= low && at <= high);
            if (element === next) next = next.nextSibling;
            else this.tall.insertBefore(element, next);
        }
    }

    write(element, row, before) {
        const { text } = row;
        const found = this.matches(row);
        const time = this.time(row, before);
        const key = JSON.stringify([time, text, found]);
        if (element.key === key) return;
        Object.assign(element, { key, row });
        element.dataset.kind = row.record.kind;
        element.dataset.error = row.error;
        const said = h("span", { class: "said" });
        if (found) {
            const [start, end] = found;
            const hit = h("mark");
            hit.textContent = text.slice(start, end);
            said.append(text.slice(0, start), hit, text.slice(end));
        } else {
            said.textContent = text;
        }
        element.replaceChildren(
            h("span", { class: "time" }, time),
            h("span", { class: "mark" }, `${row.mark} `),
            said,
        );
    }

    /** First and last place of what is selected; none is [0, -1]. */
    span() {
        const places = [this.anchor, this.head].map((id) => this.placeOf(id));
        return places.includes(-1) ? [0, -1] : [Math.min(...places), Math.max(...places)];
    }

    placeOf(id) {
        return id === null ? -1 : this.view.findIndex((row) => row.id === id);
    }

    /** Goes to a place and selects it, or up to it. */
    go(at, { extend = false, middle = false } = {}) {
        const row = this.view[Math.min(Math.max(at, 0), this.view.length - 1)];
        if (!row) return;
        this.setFollow(false);
        this.head = row.id;
        if (!extend || this.anchor === null) this.anchor = row.id;
        const top = this.placeOf(row.id) * ROW;
        const { scrollTop, clientHeight } = this.element;
        if (middle) this.center(top / ROW);
        else if (top < scrollTop) this.element.scrollTop = top;
        else if (top + ROW > scrollTop + clientHeight) {
            this.element.scrollTop = top + ROW - clientHeight;
        }
        this.top = this.element.scrollTop;
        this.place();
    }

    setFollow(on) {
        if (on) {
            this.element.scrollTop = this.view.length * ROW;
            this.top = this.element.scrollTop;
        }
        if (on !== this.follow) {
            this.follow = on;
            this.followed(on);
        }
    }

    /** Whoever scrolls up wants to read; whoever comes back to the end follows again. */
    scrolled() {
        const { scrollTop, clientHeight, scrollHeight } = this.element;
        if (Math.abs(scrollTop - this.top) > 1) {
            this.setFollow(scrollTop + clientHeight >= scrollHeight - ROW);
        }
        this.top = scrollTop;
        this.place();
    }

    clicked(event) {
        const element = event.target.closest(".row");
        if (!element || !getSelection().isCollapsed) return;
        this.go(this.placeOf(element.row.id), { extend: event.shiftKey });
        if (!event.shiftKey) this.chose(element.row);
    }

    pressed(event) {
        const page = Math.floor(this.element.clientHeight / ROW) - 1;
        const at = this.placeOf(this.head) < 0 ? this.view.length : this.placeOf(this.head);
        const to = {
            ArrowUp: at - 1,
            ArrowDown: at + 1,
            PageUp: at - page,
            PageDown: at + page,
            Home: 0,
            End: this.view.length - 1,
        }[event.key];
        if (to !== undefined) {
            this.go(to, { extend: event.shiftKey });
        } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
            this.anchor = this.view[0]?.id ?? null;
            this.head = this.view.at(-1)?.id ?? null;
            this.setFollow(false);
            this.place();
        } else if (event.key === "Enter" && this.view[at]) {
            this.chose(this.view[at]);
        } else {
            return;
        }
        event.preventDefault();
    }

    /** The selected rows as `atwin trace show` prints them. */
    text() {
        const [low, high] = this.span();
        return this.view
            .slice(low, high + 1)
            .map(({ record, mark, text }) => `${seconds(record)} ${mark} ${text}\n`)
            .join("");
    }

    copy(event) {
        if (!getSelection().isCollapsed || !this.text()) return;
        event.clipboardData.setData("text/plain", this.text());
        event.preventDefault();
    }
}

function seconds({ t }) {
    return t.toFixed(6).padStart(12);
}
