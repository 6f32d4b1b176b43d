"""Can modules reach this HTTPS server, and if not, why and what to change? (docs/spec/tls.md)"""

from atwin.probe.advice import advice
from atwin.probe.chain import ONE_RECORD
from atwin.probe.survey import Survey, Target, survey
from atwin.probe.verdict import HEADER_LIMIT, Verdict, needs_client_certificate, verdict

__all__ = [
    "HEADER_LIMIT",
    "ONE_RECORD",
    "Survey",
    "Target",
    "Verdict",
    "advice",
    "needs_client_certificate",
    "survey",
    "verdict",
]
