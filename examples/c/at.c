#include "at.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "board.h"

static char line[256];
static char answer[sizeof line];

/* What the UART gave and nobody has asked for yet. */
static uint8_t ahead[256];
static size_t ahead_at, ahead_size;
static uint32_t heard;

static bool next_byte(uint8_t *byte, uint32_t ms)
{
    if (ahead_at == ahead_size) {
        ahead_at = 0;
        ahead_size = uart_read(ahead, sizeof ahead, ms);
        if (ahead_size == 0)
            return false;
        heard += (uint32_t)ahead_size;
    }
    *byte = ahead[ahead_at++];
    return true;
}

/* What is left of `ms` that began at `since`. */
static uint32_t left(uint32_t since, uint32_t ms)
{
    uint32_t passed = clock_ms() - since;
    return passed < ms ? ms - passed : 0;
}

static void send(const char *format, va_list values)
{
    char text[256];
    int size = vsnprintf(text, sizeof text - 1, format, values);
    if (size < 0 || (size_t)size >= sizeof text - 1) {
        say("a command is too long: %.40s...", text);
        return;
    }
    text[size++] = '\r';
    uart_write(text, (size_t)size);
}

void at_send(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    send(format, values);
    va_end(values);
}

const char *at_line(uint32_t ms)
{
    uint32_t since = clock_ms();
    size_t size = 0;
    uint8_t byte;
    while (next_byte(&byte, left(since, ms))) {
        if (byte != '\r' && byte != '\n') {
            if (size < sizeof line - 1)
                line[size++] = (char)byte;
        } else if (size > 0) {
            line[size] = '\0';
            return line;
        }
    }
    return NULL;
}

static bool is_error(const char *text)
{
    return strcmp(text, "ERROR") == 0 || strncmp(text, "+CME ERROR", 10) == 0;
}

enum at_result at_command(uint32_t ms, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    send(format, values);
    va_end(values);

    uint32_t since = clock_ms();
    const char *text;
    answer[0] = '\0';
    while ((text = at_line(left(since, ms)))) {
        if (strcmp(text, "OK") == 0)
            return AT_OK;
        if (is_error(text))
            return AT_ERROR;
        if (strcmp(text, "RDY") == 0)
            return AT_SILENT; /* it restarts, and has forgotten the command */
        strcpy(answer, text);
    }
    return AT_SILENT;
}

const char *at_answer(void)
{
    return answer;
}

const char *at_wait(const char *beginning, uint32_t ms)
{
    uint32_t since = clock_ms();
    const char *text;
    while ((text = at_line(left(since, ms)))) {
        if (strncmp(text, beginning, strlen(beginning)) == 0)
            return text + strlen(beginning);
        if (is_error(text) || strcmp(text, "RDY") == 0)
            return NULL;
    }
    return NULL;
}

size_t at_bytes(uint8_t *to, size_t size, uint32_t ms)
{
    size_t count = 0;
    while (count < size && next_byte(&to[count], ms))
        count++;
    return count;
}

size_t at_drain(uint32_t ms)
{
    size_t count = 0;
    uint8_t byte;
    while (next_byte(&byte, ms))
        count++;
    return count;
}

uint32_t at_heard(void)
{
    return heard;
}
