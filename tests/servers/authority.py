"""A certificate authority that no machine trusts, and what it issues."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

A_DAY = timedelta(days=1)


class Certificate:
    """A certificate with its chain, and its key: `chain_pem`, `key_pem`."""

    def __init__(self, leaf: trustme.LeafCert) -> None:
        self._leaf = leaf
        self.chain_pem = b"".join(blob.bytes() for blob in leaf.cert_chain_pems).decode()
        self.key_pem = leaf.private_key_pem.bytes().decode()

    def server_context(self) -> ssl.SSLContext:
        """What a listener that shows this certificate needs."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.show_in(context)
        return context

    def show_in(self, context: ssl.SSLContext) -> None:
        """A listener that is there already shows this one from its next connection on."""
        self._leaf.configure_cert(context)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """The files of the chain and of the key."""
        chain, key = folder / "server.crt", folder / "server.key"
        chain.write_text(self.chain_pem)
        key.touch(mode=0o600)
        key.write_text(self.key_pem)
        return chain, key


class TlsAuthority:
    """`pem` is the authority's own certificate; `ca` is trustme's, for whatever this does not offer."""

    def __init__(self) -> None:
        self.ca = trustme.CA()
        self.pem = self.ca.cert_pem.bytes().decode()

    def issue(self, *names: str, expired: bool = False) -> Certificate:
        """For these host names and addresses; by default for those of this machine's loopback."""
        until = datetime.now(UTC) - A_DAY if expired else None
        return Certificate(self.ca.issue_cert(*(names or ("127.0.0.1", "localhost")), not_after=until))

    def client_context(self) -> ssl.SSLContext:
        """A client that trusts this authority."""
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        return context
