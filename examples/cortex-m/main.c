/* Fetch the next firmware over the module, and tell its CRC. */
#include <stdint.h>

#include "board.h"
#include "fetch.h"
#include "modem.h"

void board_set_up(void);
uint32_t board_overrun(void);

#ifndef URL
#define URL "http://ota.example.com/firmware.bin"
#endif

static bool keep(const uint8_t *piece, size_t size)
{
    (void)piece; /* a real one writes it to the flash */
    (void)size;
    return true;
}

int main(void)
{
    struct fetched result;
    board_set_up();
    say("firmware, flow control %s", flow_control ? "on" : "off");
    if (modem_bring_up() && fetch(URL, keep, &result))
        say("done: %lu bytes, crc %08lx, %lu lost, %u mended, %lu overrun",
            (unsigned long)result.size, (unsigned long)result.crc, (unsigned long)result.lost,
            result.mended, (unsigned long)board_overrun());
    else
        say("failed");
    for (;;)
        wait_ms(1000);
}
