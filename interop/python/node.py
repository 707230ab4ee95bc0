"""What a NodeService of the core profile stores and answers: in memory, written from `spec/` alone."""
import asyncio
import hashlib
import hmac
from collections import deque

PAYLOAD, PACKAGE, DEVICE, HYBRID_KEY = 5 << 20, 1 << 20, 64, 1216
QUEUE_MESSAGES, QUEUE_BYTES, ANSWER_BYTES, WAIT_MS = 10_000, 256 << 20, 8 << 20, 60_000


class Refused(Exception):
    """Its text goes to the client: a code of `spec/errors.md` first."""


def require(condition, text):
    if not condition:
        raise Refused(text)


def key_of(data):
    key = bytes(data)
    require(len(key) == 32, f"E004: IDENTITY_KEY_LENGTH: a key has 32 bytes, not {len(key)}")
    return key


class Queue:
    def __init__(self):
        self.messages, self.size, self.last = deque(), 0, 0
        self._waiting = deque()

    def put(self, payload):
        has_room = len(self.messages) < QUEUE_MESSAGES and self.size + len(payload) <= QUEUE_BYTES
        require(has_room, "E015: QUEUE_FULL: fetch first")
        self.last += 1
        self.messages.append((self.last, payload))
        self.size += len(payload)
        self.wake()
        return self.last

    def take(self, limit):
        """The first messages, at most `limit` (0: all), as far as an answer holds them."""
        found, size = [], 0
        while self.messages and (not limit or len(found) < limit):
            size += len(self.messages[0][1])
            if found and size > ANSWER_BYTES:
                break
            found.append(self.messages.popleft())
        self.size -= sum(len(payload) for _, payload in found)
        self.wake()
        return found

    def wake(self):
        """The one that waits longest looks again."""
        while self.messages and self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    async def wait(self, milliseconds):
        loop = asyncio.get_running_loop()
        end = loop.time() + milliseconds / 1000
        while not self.messages and loop.time() < end:
            waiter = loop.create_future()
            self._waiting.append(waiter)
            try:
                await asyncio.wait_for(waiter, end - loop.time())
            except asyncio.TimeoutError:
                pass
            except asyncio.CancelledError:  # perhaps just when it was woken: then it is the next one's turn
                loop.call_soon(self.wake)
                raise


class Node:
    """Its methods are those of the schema: pycapnp calls `NAME_context`."""

    def __init__(self, schema, accounts):
        self.schema, self._accounts = schema, accounts
        self._queues, self._packages, self._hybrid_keys = {}, {}, {}

    def _caller(self, auth):
        """The identity that the token of a call is bound to."""
        require(auth.version == 1, "E001: AUTH_VERSION: version 1 is spoken here")
        token, device = bytes(auth.accessToken), bytes(auth.deviceId)
        require(token, "E002: AUTH_TOKEN_EMPTY: a token is needed")
        known = [it for it in self._accounts if hmac.compare_digest(bytes.fromhex(it["token"]), token)]
        require(known, "E003: AUTH_TOKEN_INVALID: the token is not known")
        account = known[0]
        require(not account.get("expired"), "E017: TOKEN_EXPIRED: log in again")
        bound = bytes.fromhex(account.get("deviceId", ""))
        require(not bound or bound == device, "E003: AUTH_TOKEN_INVALID: the token is another device's")
        require(len(device) <= DEVICE, f"E020: BAD_PARAMS: a deviceId has at most {DEVICE} bytes")
        return bytes.fromhex(account["identityKey"])

    def _own(self, auth, key):
        caller, key = self._caller(auth), key_of(key)
        require(caller == key, "E016: IDENTITY_MISMATCH: that is somebody else's")
        return key

    def _queue(self, params, recipient):
        require(params.version == 1, "E012: WIRE_VERSION: version 1 is spoken here")
        channel = len(params.channelId)
        require(channel != 16, "E023: CHANNEL_NOT_FOUND: there are no channels here")
        require(channel == 0, "E020: BAD_PARAMS: a channelId has 0 or 16 bytes")
        return self._queues.setdefault(recipient, Queue())

    async def health_context(self, context):
        context.results.status = "ok"

    async def uploadKeyPackage_context(self, context):
        key, package = self._own(context.params.auth, context.params.identityKey), bytes(context.params.package)
        require(package, "E007: PACKAGE_EMPTY: a package is not empty")
        require(len(package) <= PACKAGE, f"E008: PACKAGE_TOO_LARGE: a package has at most {PACKAGE} bytes")
        self._packages.setdefault(key, deque()).append(package)
        context.results.fingerprint = hashlib.sha256(package).digest()

    async def fetchKeyPackage_context(self, context):
        self._caller(context.params.auth)
        packages = self._packages.get(key_of(context.params.identityKey))
        context.results.package = packages.popleft() if packages else b""

    async def uploadHybridKey_context(self, context):
        key = self._own(context.params.auth, context.params.identityKey)
        hybrid_key = bytes(context.params.hybridPublicKey)
        require(len(hybrid_key) == HYBRID_KEY, f"E013: HYBRID_KEY_EMPTY: a hybrid key has {HYBRID_KEY} bytes")
        self._hybrid_keys[key] = hybrid_key

    async def fetchHybridKey_context(self, context):
        self._caller(context.params.auth)
        context.results.hybridPublicKey = self._hybrid_keys.get(key_of(context.params.identityKey), b"")

    async def enqueue_context(self, context):
        params = context.params
        self._caller(params.auth)
        queue, payload = self._queue(params, key_of(params.recipientKey)), bytes(params.payload)
        require(payload, "E005: PAYLOAD_EMPTY: a payload is not empty")
        require(len(payload) <= PAYLOAD, f"E006: PAYLOAD_TOO_LARGE: a payload has at most {PAYLOAD} bytes")
        context.results.seq = queue.put(payload)

    async def fetch_context(self, context):
        params = context.params
        self._answer(context, self._queue(params, self._own(params.auth, params.recipientKey)))

    async def fetchWait_context(self, context):
        params = context.params
        queue = self._queue(params, self._own(params.auth, params.recipientKey))
        await queue.wait(min(params.timeoutMs, WAIT_MS))
        self._answer(context, queue)

    @staticmethod
    def _answer(context, queue):
        messages = queue.take(context.params.limit)
        for entry, message in zip(context.results.init("payloads", len(messages)), messages):
            entry.seq, entry.payload = message
