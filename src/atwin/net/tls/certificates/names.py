"""Does a certificate speak for this host? (RFC 6125 §6, with CN as the last resort)"""

from __future__ import annotations

import ipaddress

from cryptography import x509
from cryptography.x509.oid import NameOID


def speaks_for(certificate: x509.Certificate, host: str) -> bool:
    """Whether `certificate` is for `host`, a host name or an IP address.

    Subject alternative names decide. Only a certificate without any DNS name or address
    among them is judged by its common name, as old devices' certificates must be.
    Raises ValueError when the certificate's extensions cannot be read.
    """
    host = host.rstrip(".").lower()
    names, addresses = _alternatives(certificate)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if address is not None and addresses:
        return address in addresses
    if not names and not addresses:
        names = _common_names(certificate)
    if address is not None:
        return host in (name.lower() for name in names)
    return any(_matches(name.rstrip(".").lower(), host) for name in names)


def _alternatives(
    certificate: x509.Certificate,
) -> tuple[list[str], list[ipaddress.IPv4Address | ipaddress.IPv6Address]]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return [], []
    addresses = [
        address
        for address in extension.value.get_values_for_type(x509.IPAddress)
        if isinstance(address, ipaddress.IPv4Address | ipaddress.IPv6Address)
    ]
    return extension.value.get_values_for_type(x509.DNSName), addresses


def _common_names(certificate: x509.Certificate) -> list[str]:
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return [name.value for name in found if isinstance(name.value, str)]


def _matches(pattern: str, host: str) -> bool:
    """`*` stands for exactly one whole leftmost label, and never for a whole domain."""
    if pattern == host:
        return True
    first, _, rest = pattern.partition(".")
    host_first, _, host_rest = host.partition(".")
    return first == "*" and "." in rest and bool(host_first) and rest == host_rest
