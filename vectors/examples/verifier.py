#!/usr/bin/env python3
"""An example of a verifier: frames, fingerprints, error reasons and the key schedule, with Python's standard library.

    npm run vectors -- --command 'python3 vectors/examples/verifier.py'

It reads one JSON object a line, {"id", "kind", "input"}, and answers each with one line: {"id", "output"}, {"id", "error"}
or {"id", "unsupported": true}. Put your own implementation in place of the functions below.
"""
import hashlib
import hmac
import json
import re
import struct
import sys


class Refused(Exception):
    """The input is wrong; the text is the kind of error, as the vectors name it."""


def frame_split(stream):
    """Cuts a stream of Cap'n Proto messages. Returns the words of each segment, a list a message."""
    frames = []
    while stream:
        if len(stream) < 4:
            raise Refused("incomplete")
        count = struct.unpack_from("<I", stream)[0] + 1
        if count > 512:
            raise Refused("malformed")
        table = (4 + 4 * count + 7) // 8 * 8
        if len(stream) < table:
            raise Refused("incomplete")
        words = list(struct.unpack_from(f"<{count}I", stream, 4))
        end = table + 8 * sum(words)
        if len(stream) < end:
            raise Refused("incomplete")
        frames.append(words)
        stream = stream[end:]
    return frames


def error_code(reason):
    """The code that a reason begins with, or None."""
    found = re.match(r"E[0-9]{3}(?![0-9A-Za-z])", reason)
    known = found and found[0] != "E021" and "E001" <= found[0] <= "E023"
    return found[0] if known else None


def key_schedule(x25519_secret, ml_kem_secret):
    """HKDF-SHA256 with an empty salt; 32 bytes are its first block."""
    ikm = x25519_secret + ml_kem_secret
    prk = hmac.digest(bytes(32), ikm, "sha256")
    key = hmac.digest(prk, b"quicnprotochat-hybrid-v1\x01", "sha256")
    return {"ikm": ikm.hex(), "prk": prk.hex(), "key": key.hex()}


KINDS = {
    "frame-split": lambda i: {"frames": frame_split(bytes.fromhex(i["stream"]))},
    "fingerprint": lambda i: {"fingerprint": hashlib.sha256(bytes.fromhex(i["package"])).hexdigest()},
    "error-reason": lambda i: {"code": error_code(i["reason"])},
    "hybrid-schedule": lambda i: key_schedule(bytes.fromhex(i["x25519Secret"]), bytes.fromhex(i["mlKemSecret"])),
}


def main():
    for line in sys.stdin:
        case = json.loads(line)
        answer = {"id": case["id"]}
        if case["kind"] in KINDS:
            try:
                answer["output"] = KINDS[case["kind"]](case["input"])
            except Refused as refused:
                answer["error"] = str(refused)
        else:
            answer["unsupported"] = True
        print(json.dumps(answer), flush=True)


main()
