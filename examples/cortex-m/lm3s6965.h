/* The registers that are used here. */
#ifndef LM3S6965_H
#define LM3S6965_H

#include <stdint.h>

/* An ARM PL011. */
struct uart {
    volatile uint32_t data, status, unused1[4], flags, unused2[2];
    volatile uint32_t rate_whole, rate_fraction, line, control, fifo_levels, interrupts;
};

#define UART0 ((struct uart *)0x4000c000)
#define UART1 ((struct uart *)0x4000d000)
#define UART2 ((struct uart *)0x4000e000)

enum { UART_RX_EMPTY = 1 << 4, UART_TX_FULL = 1 << 5 };                       /* flags */
enum { UART_FIFO = 1 << 4, UART_8_BITS = 3 << 5 };                            /* line */
enum { UART_ON = 1 << 0, UART_TX = 1 << 8, UART_RX = 1 << 9 };                /* control */
enum { UART_RX_INTERRUPT = 1 << 4, UART_RX_IDLE_INTERRUPT = 1 << 6 };         /* interrupts */

struct system {
    volatile uint32_t unused1[24], clock, unused2[40], uarts;
};

#define SYSTEM ((struct system *)0x400fe000)

/* RCC: the PLL's 200 MHz by 4, from a crystal of 8 MHz. */
#define CLOCK_50_MHZ 0x01c00380u

struct systick {
    volatile uint32_t control, reload, current;
};

#define SYSTICK ((struct systick *)0xe000e010)

enum { SYSTICK_ON = 1, SYSTICK_INTERRUPT = 2, SYSTICK_CORE_CLOCK = 4 };

#define NVIC_ENABLE ((volatile uint32_t *)0xe000e100)

#endif
