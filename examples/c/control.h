/* The twin's control channel, where a board would have wires: one line of JSON for each pulse. */
#ifndef CONTROL_H
#define CONTROL_H

#include <stddef.h>

#include "board.h"

/* The request for a pulse, with its LF; its length. */
size_t control_pulse(char *to, size_t most, enum pin pin, uint32_t ms);

/* How each good answer begins. */
#define CONTROL_OK "{\"ok\": true"

#endif
