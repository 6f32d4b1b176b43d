"""No secret reaches a trace."""

from __future__ import annotations

import pytest

from atwin.trace.mask import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('AT+HTTPPARA="URL","http://me:pass@host/x"', 'AT+HTTPPARA="URL","http://***@host/x"'),
        ('AT+HTTPPARA="URL","http://host/a@b"', 'AT+HTTPPARA="URL","http://host/a@b"'),
        (
            'AT+HTTPPARA="URL","http://h/f?a=1&access_token=abc&b=2"',
            'AT+HTTPPARA="URL","http://h/f?a=1&access_token=***&b=2"',
        ),
        (
            'AT+HTTPPARA="USERDATA","Authorization: Bearer abc.def\\r\\nX: 1"',
            'AT+HTTPPARA="USERDATA","Authorization: ***\\r\\nX: 1"',
        ),
        (
            'AT+HTTPPARA="USER_DEFINED","authorization:Basic bWU="',
            'AT+HTTPPARA="USER_DEFINED","authorization:***"',
        ),
        ("set-cookie: session=1; path=/", "set-cookie: ***"),
        ('AT+CPIN="1234"', "AT+CPIN=***"),
        ("AT+CPIN=1234;+CSQ", "AT+CPIN=***;+CSQ"),
        ("AT+CPIN?", "AT+CPIN?"),
        ("+CPIN: READY", "+CPIN: READY"),
        ('AT+SAPBR=3,1,"PWD","secret"', 'AT+SAPBR=3,1,"PWD",***'),
        ('AT+SAPBR=3,1,"APN","cmiot"', 'AT+SAPBR=3,1,"APN","cmiot"'),
        ('+SAPBR: "PWD","secret"', '+SAPBR: "PWD",***'),
        ('AT+CSTT="apn","user","secret"', 'AT+CSTT="apn","user",***'),
        ('+CSTT: "apn","user","secret"', '+CSTT: "apn","user",***'),
        ('AT+SSLCFG="premaster",153,00112233', 'AT+SSLCFG="premaster",153,***'),
        ('AT+SSLCFG="cacert",153,"ca.crt"', 'AT+SSLCFG="cacert",153,"ca.crt"'),
        ("+HTTPACTION: 0,200,15", "+HTTPACTION: 0,200,15"),
    ],
)
def test_secrets_are_masked_and_nothing_else(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(shown) == shown
