# SPDX-License-Identifier: GPL-2.0-or-later
"""CMS structures (RFC 5652, RFC 3274) that need no key, in DER, or in BER with unknown lengths and
strings in pieces (X.690 8.1.3.6, 8.7.3)."""
import hashlib
import zlib

PKCS7, SMIME = "1.2.840.113549.1.7.", "1.2.840.113549.1.9.16."


def element(tag, body, is_open=False):
    if is_open:
        return bytes([tag, 0x80]) + body + b"\0\0"
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + body


def identifier(text):
    numbers = [int(word) for word in text.split(".")]
    out = bytes([numbers[0] * 40 + numbers[1]])
    for number in numbers[2:]:
        part = [number & 127]
        while number > 127:
            number >>= 7
            part.append(number & 127 | 128)
        out += bytes(reversed(part))
    return element(6, out)


def sequence(*parts, is_open=False):
    return element(0x30, b"".join(parts), is_open)


def octets(data, is_open):
    if not is_open:
        return element(4, data)
    pieces = [element(4, data[at:at + 100]) for at in range(0, len(data), 100)]
    return element(0x24, pieces[0] + element(0x24, b"".join(pieces[1:]), True), True)


def typed(kind, body, is_open):
    return sequence(identifier(kind), element(0xA0, body, is_open), is_open=is_open)


def wrapped(kind, data, is_open=False):
    """A kind of KINDS, or "enveloped" with noise in it."""
    version, digest = element(2, b"\0"), sequence(identifier("2.16.840.1.101.3.4.2.1"))
    content = typed(PKCS7 + "1", octets(zlib.compress(data) if kind == "compressed" else data, is_open),
                    is_open)
    receiver = element(0xA2, element(2, b"\4") + sequence(element(4, b"a")) + sequence(
        identifier("2.16.840.1.101.3.4.1.5")) + element(4, bytes(24)))
    number, parts = {
        "data": (PKCS7 + "1", None),
        "signed": (PKCS7 + "2", (element(0x31, digest), content, element(0x31, b"", is_open))),
        "enveloped": (PKCS7 + "3", (element(0x31, receiver, is_open),)),
        "digested": (PKCS7 + "5", (digest, content, element(4, hashlib.sha256(data).digest()))),
        "authenticated": (SMIME + "1.2", (element(0x31, receiver, is_open), digest, content,
                                          element(4, bytes(32)))),
        "compressed": (SMIME + "1.9", (sequence(identifier(SMIME + "3.8")), content)),
    }[kind]
    if parts is None:
        return typed(number, octets(data, is_open), is_open)
    return typed(number, sequence(version, *parts, is_open=is_open), is_open)


KINDS = ("data", "signed", "digested", "authenticated", "compressed")
