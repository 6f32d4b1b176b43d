/* A serial port of a computer as the board. */
#ifndef POSIX_H
#define POSIX_H

#include <stdbool.h>

/* Open a port at so many bit/s, with RTS and CTS if flow_control says so. */
bool posix_open(const char *path, long rate);

/* The control socket of a twin, for the pins; without it none is wired. */
extern const char *posix_control;

#endif
