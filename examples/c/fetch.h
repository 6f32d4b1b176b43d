/* A whole file by HTTP, in ranges that the module's buffer holds and pieces that ours holds. */
#ifndef FETCH_H
#define FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes each piece, in order; false when it cannot. */
typedef bool (*keep_piece)(const uint8_t *piece, size_t size);

struct fetched {
    uint32_t size, crc;
    uint32_t lost;    /* bytes that the line lost, and that were read again */
    unsigned mended;  /* how often something had to be mended */
};

bool fetch(const char *url, keep_piece keep, struct fetched *result);

#endif
