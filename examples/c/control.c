#include "control.h"

#include <stdio.h>

size_t control_pulse(char *to, size_t most, enum pin pin, uint32_t ms)
{
    static const char *const names[] = {
        [RESET] = "reset", [POWER_KEY] = "power_key", [SUPPLY] = "supply"};
    int size = snprintf(to, most, "{\"pulse\": \"%s\", \"seconds\": %lu.%03lu}\n", names[pin],
                        (unsigned long)(ms / 1000), (unsigned long)(ms % 1000));
    return size > 0 && (size_t)size < most ? (size_t)size : 0;
}
