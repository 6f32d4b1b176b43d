"""Can modules reach this HTTPS server, and if not, why and what to change? (spec: tls.md)"""

from atwin.probe.advice import advice
from atwin.probe.survey import Survey, Target, survey
from atwin.probe.verdict import Verdict, verdict

__all__ = ["Survey", "Target", "Verdict", "advice", "survey", "verdict"]
