/* Fetch a file through a module on a serial port, and show its CRC. */
#define _POSIX_C_SOURCE 200809L /* getopt */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "fetch.h"
#include "modem.h"
#include "posix.h"

static const char usage[] = "usage: fetch [-n] [-r RATE] [-p SOCKET] [-c CRC] PORT URL FILE\n"
                            "  -n         no hardware flow control\n"
                            "  -r RATE    bit/s (115200)\n"
                            "  -p SOCKET  the pins, by the control socket of a twin\n"
                            "  -c CRC     what the CRC-32 must be, in hexadecimal\n";

static FILE *file;

static bool keep(const uint8_t *piece, size_t size)
{
    return fwrite(piece, 1, size, file) == size;
}

int main(int count, char **words)
{
    long rate = 115200;
    const char *crc = NULL;
    int letter;
    while ((letter = getopt(count, words, "nr:p:c:")) != -1) {
        switch (letter) {
        case 'n': flow_control = false; break;
        case 'r': rate = strtol(optarg, NULL, 10); break;
        case 'p': posix_control = optarg; break;
        case 'c': crc = optarg; break;
        default: fputs(usage, stderr); return 2;
        }
    }
    if (count - optind != 3) {
        fputs(usage, stderr);
        return 2;
    }
    if (!posix_open(words[optind], rate)) {
        say("%s: %s", words[optind], strerror(errno));
        return 2;
    }
    file = fopen(words[optind + 2], "wb");
    if (!file) {
        say("%s: %s", words[optind + 2], strerror(errno));
        return 2;
    }
    struct fetched result;
    bool done = modem_bring_up() && fetch(words[optind + 1], keep, &result);
    if (fclose(file) != 0) {
        say("%s: %s", words[optind + 2], strerror(errno));
        return 2;
    }
    if (!done)
        return 1;
    printf("%" PRIu32 " bytes, crc %08" PRIx32 ", %" PRIu32 " lost, %u mended\n", result.size,
           result.crc, result.lost, result.mended);
    if (crc && strtoul(crc, NULL, 16) != result.crc) {
        say("the CRC must be %s", crc);
        return 3;
    }
    return 0;
}
