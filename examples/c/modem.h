/* A module that is on the network, and what to do when it no longer is. */
#ifndef MODEM_H
#define MODEM_H

#include <stdbool.h>

/* From whatever state to a bearer that is up. */
bool modem_bring_up(void);

/* How many ways there are to mend things, from the mildest to the roughest. */
extern const unsigned modem_rungs;

/* Try one of them; whether the module is on the network afterwards. */
bool modem_mend(unsigned rung);

#endif
