"""Can modules reach this HTTPS server, and if not, why and what to change? (docs/spec/tls.md)"""
