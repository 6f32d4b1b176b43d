/* The modem lines of a PTY, for a program that ends when it cannot set DTR: it has none. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/ioctl.h>

int ioctl(int descriptor, unsigned long request, ...)
{
    static int (*kernel)(int, unsigned long, void *);
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (!kernel)
        kernel = dlsym(RTLD_NEXT, "ioctl");
    if (request == TIOCMBIC || request == TIOCMBIS || request == TIOCMSET)
        return 0;
    if (request == TIOCMGET) {
        *(int *)argument = TIOCM_DTR | TIOCM_RTS | TIOCM_CTS | TIOCM_DSR | TIOCM_CAR;
        return 0;
    }
    return kernel(descriptor, request, argument);
}
