/* What a board gives to the client: one UART, a clock, the module's pins, and a log. */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Up to `most` bytes, as soon as one is there; 0 after `ms` of silence. */
size_t uart_read(uint8_t *to, size_t most, uint32_t ms);
void uart_write(const void *data, size_t size);

/* Whether RTS and CTS are wired and in use. */
extern bool flow_control;

/* Milliseconds since some moment; it may wrap round. */
uint32_t clock_ms(void);
void wait_ms(uint32_t ms);

enum pin { RESET, POWER_KEY, SUPPLY };

/* Pull a pin low for so long; false where it is not wired. */
bool pin_pulse(enum pin pin, uint32_t ms);

/* One line for a person. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
