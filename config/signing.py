"""Papers signed so that any PDF reader can check them without asking us (PAdES, ISO 32000-2 and EN 319 142-1).

Key and certificate are those of `OBHUT_SIGNING_KEY` and `OBHUT_SIGNING_CERTIFICATE`; without them a pair is made once
and kept in the data folder. A reader then says that the paper is unchanged, and that it does not know the signer: the
certificate is to be had at `/.well-known/obhut-signing.pem`.
"""

import contextlib
import io
import logging
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from config import clock
from config.errors import N_, ConfigurationError
from config.settings import Settings

FILE = "signing.pem"
SELF_MADE_LASTS = timedelta(days=3652)
FIELD = "Signature"
for name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(name).setLevel(logging.CRITICAL)  # what it finds is said by `Finding`
ENCODING = serialization.Encoding.PEM


@dataclass(frozen=True)
class Finding:
    """What a check of a signed paper has shown. `signed_at` is what the signer says."""

    is_signed: bool
    is_intact: bool = False
    is_ours: bool = False
    signer: str = ""
    signed_at: datetime | None = None

    @property
    def is_genuine(self) -> bool:
        return self.is_signed and self.is_intact and self.is_ours


def certificate_pem(settings: Settings) -> bytes:
    """The public certificate with its chain, as PEM. Raises ConfigurationError."""
    return _pair(settings).certificates


def is_self_made(settings: Settings) -> bool:
    """Whether nobody has set a key, and the one in the data folder is used."""
    return settings.signing_key is None


def subject_of(settings: Settings) -> tuple[str, datetime]:
    """Whose certificate it is, and until when it counts (UTC). Raises ConfigurationError."""
    found = x509.load_pem_x509_certificates(certificate_pem(settings))[0]
    return found.subject.rfc4514_string(), found.not_valid_after_utc


def sign_pdf(document: bytes, settings: Settings, *, reason: str) -> bytes:
    """`document` with a signature added, its own bytes unchanged. Some 50 ms of CPU, so not inside a transaction.

    Raises ConfigurationError when there is no usable key.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=reason,
        name=settings.city_name,
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,  # any later change is shown as one
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    signer = _signer(_pair(settings))
    signed = _apart(
        lambda: signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(document)), metadata, signer=signer, in_place=False
        )
    )
    return bytes(signed.getbuffer())


def check_pdf(document: bytes, certificates: bytes) -> Finding:
    """Whether `document` is as it was signed, and by whom; `certificates` (PEM) are those that count as ours.

    Needs no network, and asks whether the certificate counted when it was signed, since papers outlive it.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    try:
        signatures = PdfFileReader(io.BytesIO(document)).embedded_signatures
    except Exception:  # whatever a broken file makes of the library
        return Finding(is_signed=False)
    if not signatures:
        return Finding(is_signed=False)
    signature = signatures[0]
    signed_at = signature.self_reported_timestamp
    context = ValidationContext(
        trust_roots=_as_asn1(certificates), allow_fetching=False, moment=signed_at or datetime.now(UTC)
    )
    try:
        status = _apart(lambda: validate_pdf_signature(signature, context))
    except Exception:
        return Finding(is_signed=True)
    return Finding(
        is_signed=True,
        # Nothing may have been added either: what we sign is finished.
        is_intact=bool(status.intact and status.valid and status.coverage is SignatureCoverageLevel.ENTIRE_FILE),
        is_ours=bool(status.trusted),
        signer=status.signing_cert.subject.human_friendly,
        signed_at=signed_at,
    )


def _apart(work: Callable[[], Any]) -> Any:
    """Do `work` in a thread of its own: pyHanko runs an event loop, which fails where one is running already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@dataclass(frozen=True)
class _Pair:
    key: bytes
    certificates: bytes


def _pair(settings: Settings) -> _Pair:
    if settings.signing_key and settings.signing_certificate:
        return _Pair(
            _read(settings.signing_key, "OBHUT_SIGNING_KEY"),
            _read(settings.signing_certificate, "OBHUT_SIGNING_CERTIFICATE"),
        )
    return _self_made(settings.data_dir, settings.city_name)


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            N_("{setting}: {path} cannot be read ({reason})."),
            setting=setting, path=path, reason=error.strerror or type(error).__name__,
        ) from None  # fmt: skip


@lru_cache(maxsize=8)
def _self_made(data_dir: Path, city: str) -> _Pair:
    path = data_dir / FILE
    if not path.exists():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_once(path, _new_pair(city))
    content = _read(path, "OBHUT_DATA_DIR")
    key, mark, certificate = content.partition(b"-----BEGIN CERTIFICATE-----")
    if not mark:
        raise ConfigurationError(N_("OBHUT_DATA_DIR: {path} is damaged; restore it from a backup."), path=path)
    return _Pair(key, mark + certificate)


def _new_pair(city: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())  # of RSA, loading alone takes half a second of CPU
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"Stadt {city}"[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Stadt {city}, Eingangsbestätigungen"[:64]),
        ]
    )
    now = clock.wall()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + SELF_MADE_LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    return key.private_bytes(ENCODING, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(ENCODING)


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _write_once(path: Path, content: bytes) -> None:
    # Two processes may start at once: whoever links first wins, and nobody reads a half-written file.
    handle, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    os.unlink(draft)


@lru_cache(maxsize=4)
def _signer(pair: _Pair) -> Any:
    from asn1crypto import keys
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    try:
        key = serialization.load_pem_private_key(pair.key, password=None)
        own, *others = _as_asn1(pair.certificates)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            N_("OBHUT_SIGNING_KEY and OBHUT_SIGNING_CERTIFICATE: these are no key and certificate in PEM ({reason})."),
            reason=type(error).__name__,
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ConfigurationError(N_("OBHUT_SIGNING_KEY: the key must be of RSA or of an elliptic curve."))
    public = x509.load_pem_x509_certificates(pair.certificates)[0].public_key()
    if public != key.public_key():
        raise ConfigurationError(N_("OBHUT_SIGNING_CERTIFICATE: the certificate belongs to another key."))
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    store = SimpleCertificateStore.from_certs(others)  # type: ignore[no-untyped-call]
    return SimpleSigner(signing_cert=own, signing_key=keys.PrivateKeyInfo.load(private), cert_registry=store)


def _as_asn1(pem: bytes) -> list[Any]:
    from asn1crypto import x509 as asn1

    found = x509.load_pem_x509_certificates(pem)
    return [asn1.Certificate.load(one.public_bytes(serialization.Encoding.DER)) for one in found]
