// A worker that runs a regular expression over rows, so that a slow one holds nothing else up.

/** `{source, flags, items: [[id, text], …]}` is answered by `[[id, start, end], …]`, -1: none. */
self.onmessage = ({ data: { source, flags, items } }) => {
    const pattern = new RegExp(source, flags);
    self.postMessage(
        items.map(([id, text]) => {
            const found = pattern.exec(text);
            return found ? [id, found.index, found.index + found[0].length] : [id, -1, -1];
        }),
    );
};
