/* AT commands: a line out, lines in, now and then bytes between them. */
#ifndef AT_H
#define AT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum at_result { AT_OK, AT_ERROR, AT_SILENT };

/* Send a command without waiting for anything. */
void at_send(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Send a command; its result, at most `ms` later. */
enum at_result at_command(uint32_t ms, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The last line of the last command's answer before its result; empty when there was none. */
const char *at_answer(void);

/* The next line that is not empty, without its end; NULL when none is whole within `ms`. */
const char *at_line(uint32_t ms);

/* The rest of the next line that begins so; NULL after `ms`, at an error, and when the module
 * restarts. */
const char *at_wait(const char *beginning, uint32_t ms);

/* The next `size` bytes as they are; fewer when the line is silent for `ms`. */
size_t at_bytes(uint8_t *to, size_t size, uint32_t ms);

/* Read and drop until the line is silent for `ms`; how many bytes that were. */
size_t at_drain(uint32_t ms);

/* How many bytes have come, ever. */
uint32_t at_heard(void);

#endif
