"""No secret reaches a trace, a message or a journal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.clock import LoopClock, run_virtual
from atwin.text import mask, masked, masked_url
from atwin.trace import Trace
from support.running.growth import grows_evenly


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
        ("AT+CPIN2=1234", "AT+CPIN2=***"),
        ('AT+MCONFIG="id","me","geheim"', 'AT+MCONFIG="id",***'),
        ("AT+FTPPW=geheim", "AT+FTPPW=***"),
        ('+FTPPW: "geheim"', "+FTPPW: ***"),
        ("AT+CPIN=1234;+CSQ", "AT+CPIN=***;+CSQ"),
        ("AT+CPIN?", "AT+CPIN?"),
        ("+CPIN: READY", "+CPIN: READY"),
        ('AT+SAPBR=3,1,"PWD","secret"', 'AT+SAPBR=3,1,"PWD",***'),
        ('AT+SAPBR=3,1,"APN","cmiot"', 'AT+SAPBR=3,1,"APN","cmiot"'),
        ('+SAPBR: "PWD","secret"', '+SAPBR: "PWD",***'),
        ('AT+CSTT="apn","user","secret"', 'AT+CSTT="apn","user",***'),
        ('+CSTT: "apn","user","secret"', '+CSTT: "apn","user",***'),
        ('AT+CIPCSGP=1,"apn","user","secret"', 'AT+CIPCSGP=1,"apn","user",***'),
        ('+CIPCSGP: 1, "apn", "user", "secret"', '+CIPCSGP: 1, "apn", "user",***'),
        ("Gprs Config Password: secret", "Gprs Config Password: ***"),
        ("Gprs Config Password: ", "Gprs Config Password: "),
        ('AT+SSLCFG="premaster",153,00112233', 'AT+SSLCFG="premaster",153,***'),
        ('AT+SSLCFG="cacert",153,"ca.crt"', 'AT+SSLCFG="cacert",153,"ca.crt"'),
        ("+HTTPACTION: 0,200,15", "+HTTPACTION: 0,200,15"),
        ("https://me:p@ss@host/x", "https://***@host/x"),
        ("https://me:p/a?ss@host/x", "https://***@host/x"),
        ("http://tok3n@host/x", "http://***@host/x"),
        ("http://host:8080/a@b", "http://host:8080/a@b"),
        ("http://[::1]:80/x?y=1", "http://[::1]:80/x?y=1"),
        ("http://h/f?X-Amz-Signature=ab/cd&p=1", "http://h/f?X-Amz-Signature=***&p=1"),
        ("http://h/f?api%5Fkey=abc", "http://h/f?api%5Fkey=***"),
        (
            'AT+HTTPPARA="USERDATA","Cookie: a="b c"; d=e\\r\\nX: 1"',
            'AT+HTTPPARA="USERDATA","Cookie: ***\\r\\nX: 1"',
        ),
        ("X-Auth-Token: abc", "X-Auth-Token: ***"),
        ('AT+CLCK="SC",1,"1234"', 'AT+CLCK="SC",1,***'),
        ('AT+CPWD="SC","1234","5678"', "AT+CPWD=***"),
        ('AT+CGAUTH=1,1,"me","geheim"', "AT+CGAUTH=1,1,***"),
        ('AT+UPGRADE="KEY","geheim",1', 'AT+UPGRADE="KEY",***,1'),
        ('+UPGRADE: "KEY","geheim"', '+UPGRADE: "KEY",***'),
        ('AT+UPGRADE="URL","http://me:pass@h/x"', 'AT+UPGRADE="URL","http://***@h/x"'),
        ('AT+CPNETAPN=2,"a","me","geheim",1', 'AT+CPNETAPN=2,"a","me",***,1'),
        ("AT+CPNETAPN=2,a,me,geheim;+CSQ", "AT+CPNETAPN=2,a,me,***;+CSQ"),
        ("PWD: geheim", "PWD: ***"),
        ("Gprs Config Password: geheim", "Gprs Config Password: ***"),
        ('AT+CSIM=26,"002000010831323334FFFFFFFF"', "AT+CSIM=26,***"),
        ('AT+CSIM=10,"00", came back 1 try', "AT+CSIM=10,***, came back 1 try"),
        ('+CSIM: 4,"63C3"', '+CSIM: 4,"63C3"'),
        (
            "twin://air780e-at?pin=1234&puk=12345678&apn=a&apn_password=geheim",
            "twin://air780e-at?pin=***&puk=***&apn=a&apn_password=***",
        ),
        ("AT+CSTT=apn,user,secret", "AT+CSTT=apn,user,***"),
        ('+SSLCFG: "premaster",153,"0011"', '+SSLCFG: "premaster",153,***'),
        # What a host may write otherwise, and what is not quite right and a secret all the same.
        ("http://me:p%40ss@host/x", "http://***@host/x"),
        ("http://me%3Apass%40host/x", "http://***%40host/x"),
        ('AT+HTTPPARA="URL","me:pass@host/x"', 'AT+HTTPPARA="URL","me:***@host/x"'),
        ("http://h/x?to=http%3A%2F%2Fme%3Apass%40i%2Fy", "http://h/x?to=http%3A%2F%2F***%40i%2Fy"),
        ("http://h/x?to=%2Fy%3Ftoken%3Dabc&b=2", "http://h/x?to=%2Fy%3Ftoken%3D***&b=2"),
        ("location: /x#access_token=abc&b=2", "location: /x#access_token=***&b=2"),
        ("http://h/x?jwt=abc", "http://h/x?jwt=***"),
        ("Ocp-Apim-Subscription-Key: abc", "Ocp-Apim-Subscription-Key: ***"),
        ("X-Signature: abc", "X-Signature: ***"),
        ("--key: cannot read key.pem", "--key: cannot read key.pem"),
        (
            "cannot use /etc/passwd: it is not a folder",
            "cannot use /etc/passwd: it is not a folder",
        ),
        (
            "it cannot ask for its password: decrypt it",
            "it cannot ask for its password: decrypt it",
        ),
        ("no session: the module restarted", "no session: the module restarted"),
        ("X: 1 authorization: Basic a", "X: 1 authorization: ***"),
        ("404 for http://h/x?k=abc: gone", "404 for http://h/x?k=***: gone"),
        ("URL 'http://h/x?pin=12': no host", "URL 'http://h/x?pin=***': no host"),
        ('"USERDATA","Password: a b"', '"USERDATA","Password: ***"'),
        ('AT+CSTT = "apn" , "user" , "secret"', 'AT+CSTT = "apn" , "user" ,***'),
        ('AT+CPIN  = "12;34";+CSQ', "AT+CPIN  = ***;+CSQ"),
        ("AT+CPIN=?", "AT+CPIN=?"),
        ('AT+SAPBR=3,"1","PWD","a;b";+CSQ', 'AT+SAPBR=3,"1","PWD",***;+CSQ'),
        ('AT+CLCK="SC", 1, "1234"', 'AT+CLCK="SC", 1,***'),
        ('AT+CLCK="SC",2', 'AT+CLCK="SC",2'),
        ('AT+CGAUTH= 1, 1, "me", "geheim"', "AT+CGAUTH= 1, 1,***"),
    ],
)
def test_secrets_are_masked_and_nothing_else(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(shown) == shown


SECRET = st.text("ABCDEFGHabcdefgh0123456789+/=_.-", min_size=6, max_size=40).map(
    lambda t: "Zq" + t
)
COMMANDS = st.sampled_from(
    [
        'AT+HTTPPARA="URL","https://me:{}@host.example:8443/a/b?c=d"',
        'AT+HTTPPARA="URL","http://host/x?a=1&access_token={}&b=2"',
        'AT+HTTPPARA="URL","http://host/x?sig={}"',
        'AT+HTTPPARA="USERDATA","Authorization: Bearer {}"',
        'AT+HTTPPARA="USERDATA","X: 1\\r\\nProxy-Authorization:Basic {}\\r\\nY: 2"',
        'AT+HTTPPARA="USER_DEFINED","Cookie: session={}; path=/"',
        "set-cookie: id={}",
        'AT+CPIN="{}"',
        "ATE0;+CPIN={};+CSQ",
        'AT+SAPBR=3,1,"PWD","{}"',
        "AT+SAPBR=3,1,PWD,{};+SAPBR=1,1",
        '+SAPBR: "PWD","{}"',
        'AT+CSTT="apn","me","{}"',
        '+CSTT: "apn","me","{}"',
        'AT+SSLCFG="premaster",153,{}',
        'AT+CLCK="SC",1,"{}"',
        "failed: https://me:{}@host/ is out of reach",
    ]
)


@given(COMMANDS, SECRET, st.sampled_from(["", " ", "x ", "at "]), st.booleans())
def test_no_secret_survives(form: str, secret: str, before: str, lower: bool) -> None:
    text = before + (form.lower() if lower else form).format(secret)
    shown = masked(text)
    assert secret not in shown
    assert secret[:5] not in shown
    assert masked(shown) == shown


@given(st.text(max_size=300) | st.text(alphabet='ATat+:/@?&=";, \\rn*cokietnpwd', max_size=120))
def test_masking_twice_is_masking_once(text: str) -> None:
    assert masked(masked(text)) == masked(text)


#: What patterns with a choice in them try again from every place.
PIECES = [
    "%26token", "?token", "://a:", "auth", "-key-", '"', " ", "%3A%2F%2F", "key", "token:", "?a=",
    "x: ", "X-", "+CLCK=", '+CSTT="', "+SAPBR=3,", "+CPIN=?", "+SSLCFG: psk,", "a@", "@", "%40:",
    ";key", "%3Fkey%3D", "\\r\\n", "*", "***", "Authorization:", "Authorization: \\r", "a:b",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize(
    ("before", "after"), [("", ""), ("+CSTT=", ""), ("?", "@"), ("AT+A=?", ":"), ("://a:", "x")]
)
def test_the_time_grows_with_the_line_and_no_faster(piece: str, before: str, after: str) -> None:
    assert grows_evenly(masked.__wrapped__, before, piece, after)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("http://user:s3cret@h/p?token=abc&x=1", "http://***@h/p?token=***&x=1"),
        ("http://user:s3 cr\"et@h/p", "http://***@h/p"),
        ("http://u:a/b@h/p", "http://***@h/p"),
        ("https://h/p?X-Amz-Credential=a%2Fb&X-Amz-Date=1", "https://h/p?X-Amz-Credential=***&X-Amz-Date=1"),
        ("https://h/p?%74oken=abc", "https://h/p?%74oken=***"),
        ("https://h/p?SIM_PIN=1&myCode=2&Pw=3&accessPin2=4", "https://h/p?SIM_PIN=***&myCode=***&Pw=***&accessPin2=***"),
        ("https://h/p?shipping=1&encoder=2&spin=3", "https://h/p?shipping=1&encoder=2&spin=3"),
        ("https://h/p?a=1;k=2#code=3", "https://h/p?a=1;k=***#code=***"),
        ("http://h:80/a@b?c=d", "http://h:80/a@b?c=d"),
        ("", ""),
        ("no url", "no url"),
    ],
)  # fmt: skip
def test_urls_for_people(url: str, safe: str) -> None:
    assert masked_url(url) == safe
    assert masked_url(safe) == safe


@pytest.mark.parametrize(
    "name", ["token", "pw", "code", "pin", "k", "key", "sig", "signature", "auth"]
)
def test_a_secret_of_a_query_is_masked_wherever_the_url_stands(name: str) -> None:
    for line in (
        f"http://h/x?{name}=Zq123",
        f'AT+HTTPPARA="URL","http://h/x?a=1&{name}=Zq123"',
        f"failed: 'http://h/x?a=1&{name}=Zq123': no answer",
        f"http://h/x?{name.upper()}=Zq123&b=2",
    ):
        assert "Zq123" not in masked(line)


@pytest.mark.parametrize(
    "name",
    ["X-Api-Key", "X-Auth-Token", "Private-Token", "Authorization", "Proxy-Authorization", "Cookie",
     "Set-Cookie", "X-Vault-Token", "Ocp-Apim-Subscription-Key", "X-PIN", "x-access-code", "X-Pw",
     "X-Goog-Api-Key", "Session-Id", "X-Password", "Apikey"],
)  # fmt: skip
def test_a_header_with_a_secret_is_masked(name: str) -> None:
    assert masked(f"{name}: Zq 123") == f"{name}: ***"
    assert masked(f'"USERDATA","{name}:Zq"') == f'"USERDATA","{name}:***"'


def test_more_commands_than_are_read_hide_the_rest() -> None:
    shown = masked("+CLCK=;" * 70 + "+CPIN=1234")
    assert "1234" not in shown
    assert masked(shown) == shown


def test_what_was_kept_of_a_text_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mask, "_HIDDEN", {})
    written: list[str] = []

    async def told_twice() -> None:
        trace = Trace(LoopClock(), written.append)
        for secret in ("unknown as one", "plainwords"):
            trace.says("command", ">", "AT+X=plainwords")
            trace.flush()
            mask.hide(secret)
        trace.says("command", ">", "AT+X=plainwords")
        trace.flush()

    run_virtual(told_twice())
    assert "plainwords" in written[0]
    assert "plainwords" not in written[2]
    mask.forget()


def test_what_no_name_gives_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mask, "_HIDDEN", {})
    text = r'AT+HTTPPARA="USER_DEFINED","X-Odd: pl\22ain words"'
    assert mask.masked(text) == text
    mask.hide('pl"ain words')
    mask.hide("Odd")
    assert mask.masked(text) == 'AT+HTTPPARA="USER_DEFINED","X-Odd: ***"'
    mask.forget()
