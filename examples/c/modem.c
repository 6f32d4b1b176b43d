#include "modem.h"

#include <string.h>

#include "at.h"
#include "board.h"

enum {
    SHORT = 5000,       /* a command that only the module answers */
    NETWORK = 90000,    /* one that the network has to answer */
    REGISTERED = 90000, /* from power-on to a network */
};

/* Whether it answers AT within so many tries of half a second. */
static bool answers(unsigned tries)
{
    while (tries--)
        if (at_command(500, "AT") == AT_OK)
            return true;
    return false;
}

static bool attached(void)
{
    for (uint32_t since = clock_ms(); clock_ms() - since < REGISTERED; wait_ms(500)) {
        enum at_result result = at_command(SHORT, "AT+CGATT?");
        if (result == AT_OK && strcmp(at_answer(), "+CGATT: 1") == 0)
            return true;
        if (result == AT_SILENT)
            return false;
    }
    say("no network");
    return false;
}

bool modem_bring_up(void)
{
    at_drain(100);
    if (!answers(10)) {
        say("the module does not answer");
        return false;
    }
    if (at_command(SHORT, "ATE0") != AT_OK)
        return false;
    if (at_command(SHORT, flow_control ? "AT+IFC=2,2" : "AT+IFC=0,0") != AT_OK)
        return false;
    if (!attached() || at_command(SHORT, "AT+SAPBR=3,1,\"CONTYPE\",\"GPRS\"") != AT_OK)
        return false;
    /* A bearer that is up already is an error to open, and as good. */
    return at_command(NETWORK, "AT+SAPBR=1,1") == AT_OK ||
           (at_command(SHORT, "AT+SAPBR=2,1") == AT_OK &&
            strncmp(at_answer(), "+SAPBR: 1,1,", 12) == 0);
}

static bool again(void)
{
    return true;
}

static bool new_bearer(void)
{
    return at_command(NETWORK, "AT+SAPBR=0,1") != AT_SILENT;
}

static bool radio_off_and_on(void)
{
    return at_command(NETWORK, "AT+CFUN=0") == AT_OK && at_command(NETWORK, "AT+CFUN=1") == AT_OK;
}

/* RESET restarts an Air724UG. It switches an Air780E off, and PWRKEY switches that on again: long
 * enough for each model to start, and too short for one that runs to stop. */
static bool started(void)
{
    return answers(10) || (pin_pulse(POWER_KEY, 1300) && answers(40));
}

static bool reset_pin(void)
{
    return pin_pulse(RESET, 600) && started();
}

static bool power(void)
{
    return pin_pulse(SUPPLY, 3000) && started();
}

static const struct {
    const char *name;
    bool by_command; /* nothing for a module that does not answer */
    bool (*climb)(void);
} ladder[] = {
    {"the same again", true, again},
    {"a new bearer", true, new_bearer},
    {"the radio off and on", true, radio_off_and_on},
    {"the RESET pin", false, reset_pin},
    {"the supply", false, power},
};

const unsigned modem_rungs = sizeof ladder / sizeof ladder[0];

bool modem_mend(unsigned rung)
{
    if (ladder[rung].by_command && !answers(4))
        return false;
    say("mend: %s", ladder[rung].name);
    return ladder[rung].climb() && modem_bring_up();
}
