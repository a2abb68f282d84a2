"""NATS identities created without the product's code: seeds, public keys, signatures (with openssl)."""

import base64
import os
import pathlib
import subprocess
import tempfile

ACCOUNT, USER, CURVE = 0, 20 << 3, 23 << 3
_SEED = 18 << 3
# The DER prefix of the 32 bytes of a private key.
_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
_X25519 = bytes.fromhex("302e020100300506032b656e04220420")


def _crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021) & 0xFFFF if crc & 0x8000 else (crc << 1) & 0xFFFF
    return crc


def _text(data):
    return base64.b32encode(data + _crc16(data).to_bytes(2, "little")).decode("ascii").rstrip("=")


def _openssl(*arguments, content=b""):
    return subprocess.run(["openssl", *arguments], input=content, check=True, capture_output=True).stdout


class KeyPair:
    """A new identity of a kind."""

    def __init__(self, kind):
        raw = os.urandom(32)
        self.seed = _text(bytes([_SEED | kind >> 5, (kind & 31) << 3]) + raw)
        self._der = (_X25519 if kind == CURVE else _ED25519) + raw
        public = _openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", content=self._der)[-32:]
        self.public = _text(bytes([kind]) + public)

    def sign(self, data):
        with tempfile.TemporaryDirectory() as folder:
            key, message = pathlib.Path(folder, "key"), pathlib.Path(folder, "message")
            key.write_bytes(self._der)
            message.write_bytes(data)
            return _openssl("pkeyutl", "-sign", "-inkey", str(key), "-keyform", "DER", "-rawin", "-in", str(message))

    @classmethod
    def from_seed(cls, seed):
        """The identity of a seed in a file of the platform."""
        seed = seed.strip()
        raw = base64.b32decode(seed + "=" * (-len(seed) % 8))[:-2]
        pair = cls.__new__(cls)
        pair.seed = seed
        kind = (raw[0] & 7) << 5 | raw[1] >> 3
        pair._der = (_X25519 if kind == CURVE else _ED25519) + raw[2:]
        public = _openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", content=pair._der)[-32:]
        pair.public = _text(bytes([kind]) + public)
        return pair
