"""A verifier of the vectors about Cap'n Proto on its C++ implementation: `npm run vectors -- --command 'python vectors.py'`.

Every pointer of a message is checked by copying the message, which is what the implementation offers for that.
"""
import json
import os
import struct
import sys

import capnp

capnp.remove_import_hook()
HERE = os.path.dirname(os.path.abspath(__file__))
ENVELOPE = capnp.load(os.path.join(HERE, "../../schemas/envelope.capnp")).Envelope
PACKAGE = os.path.dirname(capnp.__file__)
RPC = capnp.load(os.path.join(PACKAGE, "rpc.capnp"), imports=[os.path.dirname(PACKAGE)])
TYPES = {number: name for name, number in ENVELOPE.schema.fields["msgType"].schema.enumerants.items()}
EXCEPTIONS = ["failed", "overloaded", "disconnected", "unimplemented"]
NAMES = {
    "awaitFromThirdParty": "acceptFromThirdParty",
}


class Unsupported(Exception):
    """The text says why nothing can be said."""


class Refused(Exception):
    """The text is the kind of error, as the vectors name it."""


def split(stream):
    """Cuts a stream into messages: their bytes, and the words of each segment."""
    frames = []
    while stream:
        if len(stream) < 4:
            raise Refused("incomplete")
        count = struct.unpack_from("<I", stream)[0] + 1
        # As many as the C++ implementation takes.
        if count >= 512:
            raise Refused("malformed")
        table = (4 + 4 * count + 7) // 8 * 8
        if len(stream) < table:
            raise Refused("incomplete")
        words = list(struct.unpack_from(f"<{count}I", stream, 4))
        end = table + 8 * sum(words)
        if len(stream) < end:
            raise Refused("incomplete")
        frames.append((stream[:end], words))
        stream = stream[end:]
    return frames


def only(schema, data, read):
    """Reads bytes that are one message."""
    try:
        ((message, _),) = split(data)
    except (Refused, ValueError):
        raise Refused("malformed") from None
    with schema.from_bytes(message) as root:
        RPC.Payload.new_message().content = root
        return read(root)


def envelope(root):
    kind = root.msgType.raw
    if kind not in TYPES:
        raise Refused("msg-type")
    for value, error in ((root.groupId, "group-id"), (root.senderId, "sender-id")):
        if len(value) not in (0, 32):
            raise Refused(error)
    return {
        "msgType": TYPES[kind],
        "groupId": bytes(root.groupId).hex(),
        "senderId": bytes(root.senderId).hex(),
        "payload": bytes(root.payload).hex(),
        "timestampMs": str(root.timestampMs),
    }


def frame_split(case):
    return {"frames": [words for _, words in split(bytes.fromhex(case["stream"]))]}


def exception(value):
    kind = value.type.raw
    return {"type": EXCEPTIONS[kind] if kind < len(EXCEPTIONS) else "failed", "reason": value.reason}


def target(value):
    if value.which() == "importedCap":
        return {"importedCap": value.importedCap}
    answer = value.promisedAnswer
    transform = [op.getPointerField for op in answer.transform if op.which() == "getPointerField"]
    return {"promisedAnswer": {"questionId": answer.questionId, "transform": transform}}


def message(root):
    try:
        which = str(root.which())
    except capnp.KjException:
        raise Unsupported("a variant that pycapnp does not know") from None
    if which not in MESSAGES:
        number = RPC.Message.schema.fields[which].proto.discriminantValue
        return {"message": {"type": "other", "which": number}}
    return {"message": MESSAGES[which](getattr(root, which))}


def call(v):
    to = target(v.target)
    list(v.params.capTable)
    return {"type": "call", "questionId": v.questionId, "target": to, "interfaceId": str(v.interfaceId), "methodId": v.methodId}


def returned(v):
    which = str(v.which())
    out = {"type": "return", "answerId": v.answerId, "releaseParamCaps": v.releaseParamCaps, "value": NAMES.get(which, which)}
    if which == "exception":
        out["exception"] = exception(v.exception)
    if which == "results":
        list(v.results.capTable)
    return out


def disembargo(v):
    context = str(v.context.which())
    target(v.target)
    return {"type": "disembargo", "context": context, "id": getattr(v.context, context)}


MESSAGES = {
    "unimplemented": lambda v: {"type": "unimplemented"},
    "abort": lambda v: {"type": "abort", "exception": exception(v)},
    "bootstrap": lambda v: {"type": "bootstrap", "questionId": v.questionId},
    "call": call,
    "return": returned,
    "finish": lambda v: {"type": "finish", "questionId": v.questionId, "releaseResultCaps": v.releaseResultCaps},
    "resolve": lambda v: {"type": "resolve", "promiseId": v.promiseId},
    "release": lambda v: {"type": "release", "id": v.id, "referenceCount": v.referenceCount},
    "disembargo": disembargo,
}

KINDS = {
    "envelope-parse": lambda case: only(ENVELOPE, bytes.fromhex(case["bytes"]), envelope),
    "rpc-message": lambda case: only(RPC.Message, bytes.fromhex(case["bytes"]), message),
    "frame-split": frame_split,
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
            except Unsupported as unsupported:
                answer.update(unsupported=True, reason=str(unsupported))
            except capnp.KjException as error:
                if "invalid capability pointer" in str(error):
                    answer.update(unsupported=True, reason="capabilities cannot be copied without a connection")
                else:
                    answer["error"] = "malformed"
        else:
            answer["unsupported"] = True
        print(json.dumps(answer), flush=True)


main()
