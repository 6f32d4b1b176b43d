#include "fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "at.h"
#include "board.h"
#include "crc32.h"
#include "modem.h"

enum {
    PART = 65536,       /* of one request, if the module can hold it */
    PIECE = 2048,       /* of one AT+HTTPREAD, at first */
    SMALLEST = 64,      /* and at last, on a line that loses bytes */
    SHORT = 5000,
    REQUEST = 130000,   /* longer than the module's own patience, 120 s */
    SILENCE = 300,      /* on a line that was busy: nothing more comes */
};

/* AGAIN: on the line; TROUBLE: something has to be mended first. */
enum outcome { DONE, AGAIN, TROUBLE, HOPELESS };

static uint8_t piece[PIECE];
static size_t piece_size;
static uint32_t part_size;

static bool session(const char *url)
{
    unsigned long most;
    at_command(SHORT, "AT+HTTPTERM"); /* an error when there was none */
    /* How far into its buffer the module reads: (0-3356),(1-3356) on an Air780E. */
    if (at_command(SHORT, "AT+HTTPREAD=?") != AT_OK ||
        sscanf(at_answer(), "+HTTPREAD: (%*u-%lu)", &most) != 1)
        return false;
    part_size = most < PART ? (uint32_t)most : PART;
    return at_command(SHORT, "AT+HTTPINIT") == AT_OK &&
           at_command(SHORT, "AT+HTTPPARA=\"CID\",1") == AT_OK &&
           at_command(SHORT, "AT+HTTPPARA=\"URL\",\"%s\"", url) == AT_OK;
}

/* Do one request; the status of its answer, 0 when there was none, and the size of its body. */
static unsigned request(unsigned method, uint32_t *size)
{
    if (at_command(SHORT, "AT+HTTPACTION=%u", method) != AT_OK)
        return 0;
    const char *values = at_wait("+HTTPACTION: ", REQUEST);
    unsigned status = 0;
    unsigned long length = 0;
    if (!values || sscanf(values, "%*u,%u,%lu", &status, &length) != 2)
        return 0;
    *size = (uint32_t)length;
    return status;
}

/* Statuses below 400 are not for here; what the module made up (600 and more) may pass. */
static enum outcome refused(const char *what, unsigned status)
{
    say("%s: status %u", what, status);
    return status == 0 || status >= 500 || status == 408 || status == 429 ? TROUBLE : HOPELESS;
}

static enum outcome ask_size(uint32_t *size)
{
    static const char name[] = "content-length:";
    uint32_t none;
    unsigned status = request(2, &none);
    if (status != 200)
        return refused("HEAD", status);
    const char *text;
    bool found = false;
    at_send("AT+HTTPHEAD");
    while ((text = at_line(SHORT)) && strcmp(text, "OK") != 0)
        if (strncasecmp(text, name, sizeof name - 1) == 0) {
            *size = (uint32_t)strtoul(text + sizeof name - 1, NULL, 10);
            found = true;
        }
    if (!text)
        return TROUBLE;
    if (!found)
        say("HEAD: the server does not tell the size");
    return found ? DONE : HOPELESS;
}

/* One AT+HTTPREAD. What the line lost is known to the byte: the answer's first line tells its size,
 * and \r\nOK\r\n ends it. */
static enum outcome read_piece(uint32_t at, size_t wanted, struct fetched *result)
{
    enum { END = 6 };
    uint32_t heard = at_heard();
    at_send("AT+HTTPREAD=%lu,%lu", (unsigned long)at, (unsigned long)wanted);
    const char *told = at_wait("+HTTPREAD: ", SHORT);
    if (told && strtoul(told, NULL, 10) == wanted) {
        uint8_t end[END + 1];
        /* The line ended at its CR. Its LF is still to come. */
        size_t came = at_bytes(end, 1, SHORT) + at_bytes(piece, wanted, SILENCE);
        came += at_bytes(end, END, SILENCE);
        if (came == 1 + wanted + END && memcmp(end, "\r\nOK\r\n", END) == 0)
            return DONE;
        size_t whole = 1 + wanted + END;
        came += at_drain(SILENCE);
        if (came < whole) {
            result->lost += (uint32_t)(whole - came);
            say("lost %u of %u bytes at %u", (unsigned)(whole - came), (unsigned)wanted,
                (unsigned)at);
            return AGAIN;
        }
    }
    if (at_heard() == heard) {
        say("no answer at %u", (unsigned)at);
        return TROUBLE;
    }
    say("no whole answer at %u", (unsigned)at);
    at_drain(SILENCE);
    return AGAIN;
}

/* The range from result->size on; `whole` is the size of the file. */
static enum outcome fetch_part(uint32_t whole, keep_piece keep, struct fetched *result)
{
    uint32_t begin = result->size;
    uint32_t size = whole - begin < part_size ? whole - begin : part_size;
    uint32_t came = 0;
    if (at_command(SHORT, "AT+HTTPPARA=\"BREAK\",%lu", (unsigned long)begin) != AT_OK ||
        at_command(SHORT, "AT+HTTPPARA=\"BREAKEND\",%lu", (unsigned long)(begin + size - 1)) !=
            AT_OK)
        return TROUBLE;
    unsigned status = request(0, &came);
    if (status != 206 && !(status == 200 && came == whole && size == whole))
        return refused("GET", status);
    if (came != size) {
        say("GET: %u bytes instead of %u", (unsigned)came, (unsigned)size);
        return TROUBLE;
    }
    unsigned failures = 0;
    for (uint32_t at = 0; at < size;) {
        size_t wanted = size - at < piece_size ? size - at : piece_size;
        enum outcome outcome = read_piece(at, wanted, result);
        if (outcome == DONE) {
            if (!keep(piece, wanted))
                return HOPELESS;
            result->crc = crc32(result->crc, piece, wanted);
            result->size += (uint32_t)wanted;
            at += (uint32_t)wanted;
            failures = 0;
        } else if (outcome == TROUBLE || ++failures == 8) {
            return TROUBLE;
        } else if (piece_size > SMALLEST) {
            piece_size /= 2;
        }
    }
    return DONE;
}

/* One try at what is left of the file. */
static enum outcome go_on(const char *url, uint32_t *whole, keep_piece keep, struct fetched *result)
{
    enum outcome outcome = session(url) ? DONE : TROUBLE;
    if (outcome == DONE && *whole == 0)
        outcome = ask_size(whole);
    while (outcome == DONE && result->size < *whole)
        outcome = fetch_part(*whole, keep, result);
    return outcome;
}

bool fetch(const char *url, keep_piece keep, struct fetched *result)
{
    uint32_t whole = 0;
    unsigned rung = 0;
    memset(result, 0, sizeof *result);
    piece_size = PIECE;
    for (;;) {
        uint32_t before = result->size;
        enum outcome outcome = go_on(url, &whole, keep, result);
        if (outcome != TROUBLE) {
            at_command(SHORT, "AT+HTTPTERM");
            return outcome == DONE;
        }
        if (result->size > before)
            rung = 0; /* it had helped */
        result->mended++;
        while (rung < modem_rungs && !modem_mend(rung))
            rung++;
        if (rung++ == modem_rungs)
            return false;
    }
}
