// Fields of a form, made of JSON schemas.

import { h } from "../dom.js";
import { t, WORDS } from "../words.js";

/** A label and a field for what `schema` takes. `value()` is what was filled in, undefined for
 * nothing: then the default is meant. */
export function made(name, schema) {
    const inner = schema.anyOf?.find(({ type }) => type !== "null") ?? schema;
    const input = inner.enum ? choices(inner.enum) : typed(inner, schema.default);
    const word = `field.${name}`;
    const label = h("span", { word: WORDS[word] ? word : null, title: `${word}.does` });
    if (!WORDS[word]) label.textContent = name;
    input.name = name;
    return { node: h("label", { class: "field" }, label, input), input, value: () => read(input) };
}

function choices(values) {
    const options = values.map((value) => {
        const word = `cure.${value}`;
        return h("option", { value, word: WORDS[word] ? word : null }, value);
    });
    return h("select", {}, ...options);
}

function typed({ type, minimum, maximum, maxLength, pattern }, usual) {
    if (type === "boolean") return h("input", { type: "checkbox" });
    if (type !== "number" && type !== "integer") {
        return h("input", { class: "mono", maxlength: maxLength ?? 255, pattern: pattern ?? null });
    }
    const input = h("input", { type: "number", step: type === "integer" ? 1 : "any" });
    if (minimum !== undefined) input.min = minimum;
    if (maximum !== undefined) input.max = maximum;
    input.placeholder = usual ?? "";
    const far = maximum >= 1e9;
    input.title = t(far ? "form.from" : "form.range", { low: minimum, high: maximum });
    return input;
}

function read(input) {
    if (input.type === "checkbox") return input.checked || undefined;
    if (input.value === "") return undefined;
    return input.type === "number" ? input.valueAsNumber : input.value;
}
