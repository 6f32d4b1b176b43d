/* An LM3S6965 as the board. UART0 is the log, the module is at UART1, and UART2 is where a real
 * board has its pins: see README.md. */
#include "board.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "lm3s6965.h"

#ifndef FLOW
#define FLOW 1
#endif

/* How many ms a task of higher priority takes after each look at the UART. */
#ifndef SLOW
#define SLOW 0
#endif

bool flow_control = FLOW;

static volatile uint32_t milliseconds;

void tick(void)
{
    milliseconds++;
}

/* What the interrupt took from the UART and the program has not read yet. */
enum { RING = 1024 };
static uint8_t ring[RING];
static volatile unsigned ring_in, ring_out;

/* Bytes for which there was no room. */
static volatile uint32_t overrun;

void module_interrupt(void)
{
    while (!(UART1->flags & UART_RX_EMPTY)) {
        unsigned next = (ring_in + 1) % RING;
        if (next == ring_out && flow_control) {
            /* Leave it in the UART, whose RTS goes off when its own FIFO is full. */
            UART1->interrupts = 0;
            return;
        }
        uint8_t byte = (uint8_t)UART1->data;
        if (next == ring_out) {
            overrun++;
            continue;
        }
        ring[ring_in] = byte;
        ring_in = next;
    }
}

static void set_up_uart(struct uart *uart)
{
    uart->control = 0;
    uart->rate_whole = 27; /* 50 MHz / 16 / 115200 = 27 + 8/64 */
    uart->rate_fraction = 8;
    uart->line = UART_8_BITS | UART_FIFO;
    uart->control = UART_ON | UART_TX | UART_RX;
}

void board_set_up(void)
{
    SYSTEM->clock = CLOCK_50_MHZ;
    SYSTEM->uarts |= 7;
    set_up_uart(UART0);
    set_up_uart(UART1);
    set_up_uart(UART2);
    UART1->fifo_levels = 0;
    UART1->interrupts = UART_RX_INTERRUPT | UART_RX_IDLE_INTERRUPT;
    NVIC_ENABLE[0] = 1u << 6;
    SYSTICK->reload = 50000 - 1;
    SYSTICK->current = 0;
    SYSTICK->control = SYSTICK_ON | SYSTICK_INTERRUPT | SYSTICK_CORE_CLOCK;
}

uint32_t clock_ms(void)
{
    return milliseconds;
}

void wait_ms(uint32_t ms)
{
    for (uint32_t since = clock_ms(); clock_ms() - since < ms;)
        __asm__ volatile("wfi");
}

size_t uart_read(uint8_t *to, size_t most, uint32_t ms)
{
    size_t count = 0;
    uint32_t since = clock_ms();
    while (ring_out == ring_in) {
        if (clock_ms() - since >= ms)
            return 0;
        __asm__ volatile("wfi");
    }
    while (count < most && ring_out != ring_in) {
        to[count++] = ring[ring_out];
        ring_out = (ring_out + 1) % RING;
    }
    UART1->interrupts = UART_RX_INTERRUPT | UART_RX_IDLE_INTERRUPT;
    if (SLOW)
        wait_ms(SLOW);
    return count;
}

static void put(struct uart *uart, const void *data, size_t size)
{
    for (const uint8_t *from = data; size--; from++) {
        while (uart->flags & UART_TX_FULL)
            ;
        uart->data = *from;
    }
}

void uart_write(const void *data, size_t size)
{
    put(UART1, data, size);
}

uint32_t board_overrun(void)
{
    return overrun;
}

/* A real board drives a GPIO low here. The emulator's GPIO lead nowhere, so the twin is told over
 * UART2; it answers when the pin is released. */
bool pin_pulse(enum pin pin, uint32_t ms)
{
    char text[80];
    size_t count = 0;
    put(UART2, text, control_pulse(text, sizeof text, pin, ms));
    for (uint32_t since = clock_ms(); clock_ms() - since < ms + 5000;) {
        if (UART2->flags & UART_RX_EMPTY)
            continue;
        char byte = (char)UART2->data;
        if (byte == '\n')
            return count >= strlen(CONTROL_OK) && memcmp(text, CONTROL_OK, strlen(CONTROL_OK)) == 0;
        if (count < sizeof text)
            text[count++] = byte;
    }
    return false;
}

void say(const char *format, ...)
{
    char text[160];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    put(UART0, text, strlen(text));
    put(UART0, "\n", 1);
}
