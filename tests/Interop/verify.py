"""Verifies a SUIT envelope with libraries that nobody of this project wrote: python3-cbor2, python3-cryptography.

    verify.py JOB.json

The job names an envelope, the keys, the payload and what is expected. Nothing of the project's own code runs here: the
rules are taken from the drafts anew (digest over the byte string with its head, detached payload, tags, AES modes).
Prints one JSON document: what was found. Exit code 0 if all that the job asks for holds, 1 if not.
"""

import hashlib
import hmac
import json
import struct
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

CHUNK_KEY = b"nanoBoot chunk digest, format 1."
CHUNK_TABLE = -257


def deterministic(encoded):
    """Whether an item is encoded as RFC 8949 section 4.2.1 wants it, found by encoding it again."""

    def encode(value):
        if isinstance(value, cbor2.CBORTag):
            return head(6, value.tag) + encode(value.value)
        if isinstance(value, bool) or value is None:
            return cbor2.dumps(value)
        if isinstance(value, int):
            return head(0, value) if value >= 0 else head(1, -1 - value)
        if isinstance(value, bytes):
            return head(2, len(value)) + value
        if isinstance(value, str):
            raw = value.encode("utf-8")
            return head(3, len(raw)) + raw
        if isinstance(value, (list, tuple)):
            return head(4, len(value)) + b"".join(encode(item) for item in value)
        if isinstance(value, dict):
            pairs = sorted((encode(key), encode(item)) for key, item in value.items())
            return head(5, len(pairs)) + b"".join(key + item for key, item in pairs)
        raise ValueError(type(value))

    return encode(cbor2.loads(encoded)) == encoded


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for information, form, limit in ((24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32), (27, ">Q", 1 << 64)):
        if value < limit:
            return bytes([major << 5 | information]) + struct.pack(form, value)
    raise ValueError(value)


def bstr(content):
    return head(2, len(content)) + content


def verify_block(block, digest, keys):
    cose = cbor2.loads(block)
    protected, unprotected, payload, signature = cose.value
    algorithm = cbor2.loads(protected)[1]
    assert payload is None, "payload is not detached"
    key = keys[unprotected[4].hex()]
    assert key["algorithm"] == algorithm, "algorithm is not the key's"
    secret = bytes.fromhex(key["key"])
    if cose.tag == 17:
        message = cbor2.dumps(["MAC0", protected, b"", digest])
        assert algorithm == 5
        return algorithm, hmac.compare_digest(hmac.new(secret, message, hashlib.sha256).digest(), signature)
    assert cose.tag == 18, "neither Sign1 nor Mac0"
    message = cbor2.dumps(["Signature1", protected, b"", digest])
    if algorithm == -46:
        return algorithm, hss_verify(secret, message, signature)
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(secret[:32], "big"), int.from_bytes(secret[32:], "big"), ec.SECP256R1())
    der = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        numbers.public_key().verify(der, message, ec.ECDSA(hashes.SHA256()))
        return algorithm, len(signature) == 64
    except InvalidSignature:
        return algorithm, False


# RFC 8554 and RFC 9858, verification, straight from the text of the RFC.
LMS = {5: (32, 5), 6: (32, 10), 7: (32, 15), 8: (32, 20), 9: (32, 25),
       10: (24, 5), 11: (24, 10), 12: (24, 15), 13: (24, 20), 14: (24, 25)}
OTS = {1: (32, 1, 265, 7), 2: (32, 2, 133, 6), 3: (32, 4, 67, 4), 4: (32, 8, 34, 0),
       5: (24, 1, 200, 8), 6: (24, 2, 101, 6), 7: (24, 4, 51, 4), 8: (24, 8, 26, 0)}


def u32(value):
    return struct.pack(">I", value)


def u16(value):
    return struct.pack(">H", value)


def coefficient(string, index, width):
    bit = index * width
    return string[bit // 8] >> (8 - width - bit % 8) & (1 << width) - 1


def lms_verify(public, message, signature):
    lms_type, ots_type = struct.unpack(">II", public[:8])
    identifier, root = public[8:24], public[24:]
    n, height = LMS[lms_type]
    _, width, chains, shift = OTS[ots_type]
    leaf = struct.unpack(">I", signature[:4])[0]
    ots = signature[4:8 + n * (chains + 1)]
    rest = signature[8 + n * (chains + 1):]
    if struct.unpack(">I", ots[:4])[0] != ots_type or struct.unpack(">I", rest[:4])[0] != lms_type:
        return False
    randomizer, values = ots[4:4 + n], ots[4 + n:]
    digest = hashlib.sha256(identifier + u32(leaf) + u16(0x8181) + randomizer + message).digest()[:n]
    total = sum((1 << width) - 1 - coefficient(digest, index, width) for index in range(8 * n // width))
    digits = digest + u16(total << shift & 0xFFFF)
    ends = b""
    for chain in range(chains):
        value = values[chain * n:(chain + 1) * n]
        for step in range(coefficient(digits, chain, width), (1 << width) - 1):
            value = hashlib.sha256(identifier + u32(leaf) + u16(chain) + bytes([step]) + value).digest()[:n]
        ends += value
    key = hashlib.sha256(identifier + u32(leaf) + u16(0x8080) + ends).digest()[:n]
    node = (1 << height) + leaf
    current = hashlib.sha256(identifier + u32(node) + u16(0x8282) + key).digest()[:n]
    path = rest[4:]
    if len(path) != n * height:
        return False
    for level in range(height):
        other = path[level * n:(level + 1) * n]
        pair = other + current if node & 1 else current + other
        node >>= 1
        current = hashlib.sha256(identifier + u32(node) + u16(0x8383) + pair).digest()[:n]
    return current == root


def lms_length(ots_type, lms_type):
    n, height = LMS[lms_type]
    return 8 + n * (OTS[ots_type][2] + 1) + 4 + n * height


def hss_verify(public, message, signature):
    levels = struct.unpack(">I", public[:4])[0]
    if struct.unpack(">I", signature[:4])[0] != levels - 1:
        return False
    key, position = public[4:], 4
    for level in range(levels):
        lms_type, ots_type = struct.unpack(">II", key[:8])
        length = lms_length(ots_type, lms_type)
        part = signature[position:position + length]
        position += length
        if level == levels - 1:
            return position == len(signature) and lms_verify(key, message, part)
        below = signature[position:position + len(key)]
        position += len(key)
        if not lms_verify(key, below, part):
            return False
        key = below
    return False


def parameters(sequence):
    """All parameters that a sequence sets, in order, the last one winning."""
    found = {}
    items = cbor2.loads(sequence)
    for code, argument in zip(items[::2], items[1::2]):
        if code == 20:
            found.update(argument)
    return found


def decrypt(info, ciphertext, recipient):
    protected, unprotected, payload, recipients = cbor2.loads(info).value
    assert payload is None
    algorithm = cbor2.loads(protected)[1] if protected else unprotected[1]
    wrap_protected, wrap_unprotected, wrapped = recipients[0]
    if recipient["kind"] == "kw":
        key = bytes.fromhex(recipient["key"])
    else:
        private = ec.derive_private_key(int(recipient["key"], 16), ec.SECP256R1())
        point = wrap_unprotected[-1]
        ephemeral = ec.EllipticCurvePublicNumbers(
            int.from_bytes(point[-2], "big"), int.from_bytes(point[-3], "big"), ec.SECP256R1()).public_key()
        nothing = [None, None, None]
        context = cbor2.dumps([-3, nothing, nothing, [128, wrap_protected, b"SUIT Payload Encryption"]])
        secret = private.exchange(ec.ECDH(), ephemeral)
        key = HKDF(algorithm=hashes.SHA256(), length=16, salt=None, info=context).derive(secret)
    content_key = aes_key_unwrap(key, wrapped)
    iv = unprotected[5]
    if algorithm in (1, 2, 3):
        return AESGCM(content_key).decrypt(iv, ciphertext, cbor2.dumps(["Encrypt", protected, b""]))
    decryptor = Cipher(algorithms.AES(content_key), modes.CTR(iv)).decryptor()
    return decryptor.update(ciphertext) + decryptor.finalize()


def main(job):
    found = {"failures": []}

    def check(condition, what):
        if not condition:
            found["failures"].append(what)

    encoded = open(job["envelope"], "rb").read()
    check(deterministic(encoded), "envelope is not deterministic")
    envelope = cbor2.loads(encoded)
    check(envelope.tag == 107, "no tag 107")
    envelope = envelope.value
    wrapper = cbor2.loads(envelope[2])
    digest = cbor2.loads(wrapper[0])
    check(digest == [-16, hashlib.sha256(bstr(envelope[3])).digest()], "manifest digest")
    check(deterministic(envelope[3]), "manifest is not deterministic")
    found["algorithms"] = []
    for block in wrapper[1:]:
        algorithm, is_valid = verify_block(block, wrapper[0], job["keys"])
        found["algorithms"].append(algorithm)
        check(is_valid, "signature %d" % algorithm)

    manifest = cbor2.loads(envelope[3])
    found["sequence"] = manifest[2]
    check(manifest[1] == 1, "version")
    for key, value in manifest.items():
        if isinstance(value, list) and key in (14, 15, 16, 18, 20, 23) and key in envelope:
            check(value == [-16, hashlib.sha256(bstr(envelope[key])).digest()], "digest of severed element %d" % key)
            check(deterministic(envelope[key]), "severed element %d is not deterministic" % key)
    shared = cbor2.loads(manifest[3])[4]
    check(deterministic(shared), "shared sequence is not deterministic")
    values = parameters(shared)
    payload = open(job["payload"], "rb").read()
    if "recipient" in job:
        install = envelope.get(20) if isinstance(manifest[20], list) else manifest[20]
        payload = decrypt(parameters(install)[19], payload, job["recipient"])
    check(values[14] == len(payload), "image size")
    check(cbor2.loads(values[3]) == [-16, hashlib.sha256(payload).digest()], "image digest")
    table = values.get(CHUNK_TABLE)
    found["chunks"] = 0
    if table is not None:
        check(table[0] == 1 and (len(table) - 1) % 34 == 0, "chunk table format")
        offset = 0
        for position in range(1, len(table), 34):
            length = struct.unpack(">H", table[position:position + 2])[0]
            mac = hmac.new(CHUNK_KEY, payload[offset:offset + length], hashlib.sha256).digest()
            check(mac == table[position + 2:position + 34], "chunk %d" % found["chunks"])
            offset += length
            found["chunks"] += 1
        check(offset == len(payload), "chunks do not cover the payload")
    print(json.dumps(found))
    return 1 if found["failures"] else 0


if __name__ == "__main__":
    sys.exit(main(json.load(open(sys.argv[1]))))
