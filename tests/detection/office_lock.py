# SPDX-License-Identifier: GPL-2.0-or-later
"""Locks documents with a password as [MS-OFFCRYPTO] 2.3.4 to 2.3.6 say, with openssl(1) for AES.

What it makes was held against msoffcrypto-tool(1).
"""
import base64
import hashlib
import os
import struct
import subprocess
import sys

sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../data")
import office  # noqa: E402

EXCEL, POWERPOINT = "VelvetSweatshop", "/01Hannes Ruescher/01"


def aes(key, data, iv=None):
    words = ["openssl", "enc", f"-aes-{8 * len(key)}-{'cbc' if iv else 'ecb'}", "-nopad", "-K", key.hex()]
    data += bytes(-len(data) % 16)
    return subprocess.run(words + (["-iv", iv.hex()] if iv else []), input=data, capture_output=True,
                          check=True).stdout


def rc4(key, data):
    state, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def spun(name, salt, password, rounds):
    digest = hashlib.new(name, salt + password.encode("utf-16-le")).digest()
    for number in range(rounds):
        digest = hashlib.new(name, struct.pack("<I", number) + digest).digest()
    return digest


def locked_package(info, package):
    return office.compound({"EncryptionInfo": info, "EncryptedPackage": package})


def agile(data, password=EXCEL, name="sha512", bits=256, rounds=100000):
    salt, data_salt, secret, check = (os.urandom(16), os.urandom(16), os.urandom(bits // 8),
                                      os.urandom(16))
    digest = spun(name, salt, password, rounds)

    def sealed(purpose, value):
        key = hashlib.new(name, digest + bytes.fromhex(purpose)).digest()[:bits // 8]
        return base64.b64encode(aes(key.ljust(bits // 8, b"\x36"), value, salt)).decode()
    size = hashlib.new(name).digest_size
    kind = (f'blockSize="16" keyBits="{bits}" hashSize="{size}" cipherAlgorithm="AES" '
            f'cipherChaining="ChainingModeCBC" hashAlgorithm="{name.upper()}" ')
    text = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
        '<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" '
        'xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password">'
        f'<keyData saltSize="16" {kind}saltValue="{base64.b64encode(data_salt).decode()}"/>'
        '<dataIntegrity encryptedHmacKey="" encryptedHmacValue=""/><keyEncryptors><keyEncryptor '
        'uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password">'
        f'<p:encryptedKey spinCount="{rounds}" saltSize="16" {kind}'
        f'saltValue="{base64.b64encode(salt).decode()}" '
        f'encryptedVerifierHashInput="{sealed("fea7d2763b4b9e79", check)}" '
        f'encryptedVerifierHashValue="{sealed("d7aa0f6d3061344e", hashlib.new(name, check).digest())}" '
        f'encryptedKeyValue="{sealed("146e0be7abacd0d6", secret)}"/>'
        '</keyEncryptor></keyEncryptors></encryption>')
    package = struct.pack("<Q", len(data))
    for number, at in enumerate(range(0, len(data), 4096)):
        iv = hashlib.new(name, data_salt + struct.pack("<I", number)).digest()[:16]
        package += aes(secret, data[at:at + 4096], iv)
    return locked_package(struct.pack("<HHI", 4, 4, 0x40) + text.encode(), package)


def crypto_header(algorithm, hash_algorithm, bits):
    provider = "Microsoft Enhanced RSA and AES Cryptographic Provider".encode("utf-16-le") + b"\0\0"
    header = struct.pack("<IIIIIIII", 0x24, 0, algorithm, hash_algorithm, bits, 24, 0, 0) + provider
    return struct.pack("<II", 0x24, len(header)) + header


def standard(data, password=EXCEL, bits=128):
    salt, check = os.urandom(16), os.urandom(16)
    digest = hashlib.sha1(spun("sha1", salt, password, 50000) + bytes(4)).digest()
    key = b"".join(hashlib.sha1(bytes(
        byte ^ fill for byte, fill in zip(digest.ljust(64, b"\0"), [value] * 64))).digest()
        for value in (0x36, 0x5C))[:bits // 8]
    info = struct.pack("<HH", 3, 2) + crypto_header(0x660E + (bits - 128) // 64, 0x8004, bits)
    info += struct.pack("<I", 16) + salt + aes(key, check) + struct.pack("<I", 20) + aes(
        key, hashlib.sha1(check).digest())
    return locked_package(info, struct.pack("<Q", len(data)) + aes(key, data))


def old_key(salt, password):
    digest = hashlib.md5(password.encode("utf-16-le")).digest()[:5]
    base = hashlib.md5((digest + salt) * 16).digest()[:5]
    return lambda block: hashlib.md5(base + struct.pack("<I", block)).digest()


def new_key(salt, password, bits):
    base = hashlib.sha1(salt + password.encode("utf-16-le")).digest()

    def key(block):
        return hashlib.sha1(base + struct.pack("<I", block)).digest()[:bits // 8].ljust(16, b"\0")
    return key


def book(sheets, before=b"", password=EXCEL, bits=None):
    """A workbook of the old kind: office.workbook97(), under RC4 of 40 bits of Excel 97 (bits=None)
    or of the CryptoAPI."""
    salt, check = os.urandom(16), os.urandom(16)
    if bits is None:
        key, name, lock = old_key(salt, password), "md5", struct.pack("<HHH", 1, 1, 1) + salt
    else:
        key, name = new_key(salt, password, bits), "sha1"
        lock = (struct.pack("<HHH", 1, 2, 2) + crypto_header(0x6801, 0x8004, bits)
                + struct.pack("<I", 16) + salt)
    sealed = rc4(key(0), check + hashlib.new(name, check).digest())
    lock += sealed[:16] + (struct.pack("<I", 20) if bits else b"") + sealed[16:]
    lock = office.biff(0x2F, lock)
    begin = [office.biff(0x809, struct.pack("<HHHHII", 0x600, kind, 0x2000, 2000, 0, 6))
             for kind in (5, 0x10, 0x40)]
    bodies = [begin[1 + kind] + records + office.biff(10) for _, kind, records in sheets]
    at = len(begin[0] + lock + before) + sum(12 + len(sheet[0]) for sheet in sheets) + 4
    table = b""
    for (title, kind, _), body in zip(sheets, bodies):
        table += office.biff(0x85, struct.pack("<IBBBB", at, 0, kind, len(title), 0) + title.encode())
        at += len(body)
    stream = bytearray(begin[0] + lock + table + before + office.biff(10) + b"".join(bodies))
    stream += office.biff(0x5C, b" " * 112) * 30
    noise = b"".join(rc4(key(block), bytes(1024)) for block in range(len(stream) // 1024 + 1))
    at, is_locked = 0, False
    while at < len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        plain = size if kind in (0x809, 0x2F) or not is_locked else 4 if kind == 0x85 else 0
        for byte in range(at + 4 + plain, at + 4 + size):
            stream[byte] ^= noise[byte]
        is_locked |= kind == 0x2F
        at += 4 + size
    return office.compound({"Workbook": bytes(stream)})
