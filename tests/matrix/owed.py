"""Behaviours with cases a download does not master yet: each line is a debt."""

OWED: frozenset[str] = frozenset(
    {
        "coding-always",
        "coding-brotli",
        "coding-for-whole-gets",
        "coding-hides-the-hash",
        "cut-and-unannounced",
        "error-page-of-right-length",
        "etag-per-backend",
        "etag-per-backend-no-conditions",
        "etag-per-request",
        "etag-per-three",
        "etag-with-escapes",
        "head-refuses-ranges",
        "if-range-not-satisfiable",
        "length-flips",
        "mirror-refuses",
        "mirror-unknown",
        "mirrors-differ-in-etag",
        "modified-is-now",
        "modified-per-backend",
        "range-etag-differs",
        "refuses-as602",
        "replaced-within-the-second",
        "roll-out",
    }
)
