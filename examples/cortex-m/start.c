/* From reset to main, and the vectors. */
#include <stdint.h>
#include <string.h>

extern uint32_t data_begin[], data_end[], data_load[], bss_begin[], bss_end[], stack_top[];

int main(void);
void tick(void);
void module_interrupt(void);

void start(void)
{
    memcpy(data_begin, data_load, (size_t)((char *)data_end - (char *)data_begin));
    memset(bss_begin, 0, (size_t)((char *)bss_end - (char *)bss_begin));
    main();
    for (;;)
        ;
}

static void fault(void)
{
    for (;;)
        ;
}

typedef void (*vector)(void);

__attribute__((section(".vectors"), used)) static const vector vectors[16 + 7] = {
    (vector)stack_top,
    start,
    fault,
    fault,
    fault,
    fault,
    fault,
    [15] = tick,
    [16 + 6] = module_interrupt, /* UART1 */
};
