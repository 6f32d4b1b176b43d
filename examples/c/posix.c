#define _DEFAULT_SOURCE /* CRTSCTS */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "control.h"

bool flow_control = true;
const char *posix_control;

static int port = -1;

static bool speed_of(long rate, speed_t *speed)
{
    static const struct {
        long rate;
        speed_t speed;
    } speeds[] = {{9600, B9600},     {19200, B19200},   {38400, B38400},  {57600, B57600},
                  {115200, B115200}, {230400, B230400}, {460800, B460800}, {921600, B921600}};
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
        if (speeds[i].rate == rate) {
            *speed = speeds[i].speed;
            return true;
        }
    errno = EINVAL;
    return false;
}

bool posix_open(const char *path, long rate)
{
    struct termios settings;
    speed_t speed;
    if (!speed_of(rate, &speed))
        return false;
    port = open(path, O_RDWR | O_NOCTTY);
    if (port < 0 || tcgetattr(port, &settings) < 0)
        return false;
    settings.c_iflag = 0;
    settings.c_oflag = 0;
    settings.c_lflag = 0;
    settings.c_cflag = CS8 | CREAD | CLOCAL | (flow_control ? CRTSCTS : 0);
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    cfsetispeed(&settings, speed);
    cfsetospeed(&settings, speed);
    return tcsetattr(port, TCSANOW, &settings) == 0;
}

/* A port that is gone will not come back: there is nothing to go on with. */
static void gone(void)
{
    say("the port is gone: %s", errno ? strerror(errno) : "closed");
    exit(1);
}

size_t uart_read(uint8_t *to, size_t most, uint32_t ms)
{
    struct pollfd waited = {.fd = port, .events = POLLIN};
    errno = 0;
    if (poll(&waited, 1, (int)ms) <= 0)
        return 0;
    ssize_t count = read(port, to, most);
    if (count <= 0)
        gone();
    return (size_t)count;
}

void uart_write(const void *data, size_t size)
{
    const char *from = data;
    while (size > 0) {
        ssize_t count = write(port, from, size);
        if (count < 0 && errno != EINTR)
            gone();
        if (count > 0) {
            from += count;
            size -= (size_t)count;
        }
    }
}

uint32_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)now.tv_sec * 1000u + (uint32_t)(now.tv_nsec / 1000000);
}

void wait_ms(uint32_t ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

bool pin_pulse(enum pin pin, uint32_t ms)
{
    char text[80];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!posix_control || strlen(posix_control) >= sizeof address.sun_path)
        return false;
    strcpy(address.sun_path, posix_control);
    int control = socket(AF_UNIX, SOCK_STREAM, 0);
    size_t size = control_pulse(text, sizeof text, pin, ms);
    /* The answer comes when the pin is released. Its beginning is all that counts. */
    bool done = connect(control, (struct sockaddr *)&address, sizeof address) == 0 &&
                write(control, text, size) == (ssize_t)size &&
                recv(control, text, sizeof CONTROL_OK - 1, MSG_WAITALL) > 0 &&
                memcmp(text, CONTROL_OK, sizeof CONTROL_OK - 1) == 0;
    close(control);
    return done;
}

void say(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
}
