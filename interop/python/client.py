"""A client on Cap'n Proto's C++ implementation (pycapnp) and aioquic works with a NodeService, and says what differs."""
import argparse
import asyncio
import contextlib
import functools
import json
import os
import time

import capnp
from aioquic.quic.packet import QuicProtocolVersion as Version
from aioquic.tls import CipherSuite

from dial import dial, new_port, session, settings

CIPHERS = (CipherSuite.AES_128_GCM_SHA256, CipherSuite.AES_256_GCM_SHA384, CipherSuite.CHACHA20_POLY1305_SHA256)
STEPS = []


def step(name):
    def register(run):
        STEPS.append((name, run))
        return run
    return register


class Client:
    """Two people and the queue of the first, on connections of their own making."""

    def __init__(self, target, pin, accounts, schema):
        self.interface = capnp.load(schema).NodeService
        self.other = capnp.load(os.path.join(os.path.dirname(schema), "auth.capnp")).AuthenticationService
        self.dial = functools.partial(dial, target, pin)
        self.alice, self.bob = accounts[:2]
        self.key = bytes.fromhex(self.alice["identityKey"])

    @contextlib.asynccontextmanager
    async def node(self, **changes):
        async with self.dial(settings(**changes)) as connection, session(connection, self.interface) as node:
            await self.fetch_all(node)
            yield connection, node

    @staticmethod
    def auth(account):
        return {"version": 1, "accessToken": bytes.fromhex(account["token"])}

    def enqueue(self, node, payload):
        return node.enqueue(recipientKey=self.key, payload=payload, channelId=b"", version=1, auth=self.auth(self.bob))

    def inbox(self):
        return {"recipientKey": self.key, "channelId": b"", "version": 1, "auth": self.auth(self.alice)}

    def wait(self, node, milliseconds):
        return node.fetchWait(**self.inbox(), timeoutMs=milliseconds, limit=1)

    async def fetch_all(self, node):
        found = []
        while messages := (await node.fetch(**self.inbox(), limit=0)).payloads:
            found += [(it.seq, bytes(it.payload)) for it in messages]
        return found

    async def there_and_back(self, node, *payloads):
        """Pipelined."""
        numbers = [(await answer).seq for answer in [self.enqueue(node, payload) for payload in payloads]]
        assert numbers == sorted(set(numbers)), "numbers rise"
        assert await self.fetch_all(node) == list(zip(numbers, payloads)), "what was sent comes, in order"


async def answered(promise):
    return await promise


async def healthy(node):
    assert (await node.health()).status, "health is answered"


async def refused(call, kind, text):
    try:
        await call
    except capnp.KjException as error:
        assert error.type == kind and text in error.description, f"refused with {error.type}: {error.description}"
    else:
        raise AssertionError("it was not refused")


@step("1,000 calls in flight, and the effects in order")
async def in_flight(client):
    async with client.node() as (_, node):
        for answer in [node.health() for _ in range(1000)]:
            assert (await answer).status
        await client.there_and_back(node, *(b"%d" % i for i in range(1000)))


@step("5 MiB, and more than is allowed")
async def large(client):
    async with client.node(max_datagram_size=1450) as (_, node):
        await client.there_and_back(node, *(os.urandom(5 << 20) for _ in range(3)))
        await refused(client.enqueue(node, bytes((5 << 20) + 1)), "FAILED", "E006")
        await healthy(node)


@step("calls that are given up at once")
async def given_up(client):
    async with client.node() as (_, node):
        for _ in range(200):
            node.health().cancel()
            client.wait(node, 20_000).cancel()
        await client.there_and_back(node, b"for nobody who waited")


@step("waits, beside other calls and on other streams")
async def waits(client):
    async with client.node() as (connection, node), session(connection, client.interface) as other:
        answer = client.wait(node, 20_000)
        await healthy(node)
        await client.enqueue(other, b"now")
        assert [bytes(it.payload) for it in (await answer).payloads] == [b"now"]
        began = time.monotonic()
        assert len((await client.wait(node, 400)).payloads) == 0
        assert 0.36 <= time.monotonic() - began < 5.4, "a wait has its time"


@step("refusals leave the session alone")
async def refusals(client):
    async with client.node() as (_, node):
        await refused(node.fetch(**{**client.inbox(), "recipientKey": b"short"}, limit=0), "FAILED", "E004")
        await refused(node.cast_as(client.other).fetchKeyPackage(identityKey=client.key), "UNIMPLEMENTED", "")
        await healthy(node)


@step("many streams, at once and one after the other")
async def streams(client):
    async with client.node() as (connection, _):
        async with contextlib.AsyncExitStack() as stack:
            nodes = [await stack.enter_async_context(session(connection, client.interface)) for _ in range(40)]
            await asyncio.gather(*map(healthy, nodes))
        for _ in range(150):
            async with session(connection, client.interface) as node:
                await healthy(node)


@step("a client that leaves while it waits")
async def leaves(client):
    async with client.node() as (connection, node):
        pending = asyncio.gather(answered(client.wait(node, 20_000)), return_exceptions=True)
        await healthy(node)
        connection.close()
        [lost] = await pending
        assert isinstance(lost, capnp.KjException) and lost.type == "DISCONNECTED", f"the wait ended with {lost}"
    async with client.node() as (_, node):
        await client.there_and_back(node, b"still there")


@step("a client that comes from other ports, with new keys")
async def moves(client):
    async with client.node() as (connection, node):
        for _ in range(8):
            await new_port(connection)
            connection.change_connection_id()
            connection.request_key_update()
            await client.there_and_back(node, os.urandom(100_000))


@step("other versions are told, small windows, a big ClientHello, all ciphers")
async def handshakes(client):
    for changes in (
        {"supported_versions": [Version.VERSION_1, Version.VERSION_2]},
        {"supported_versions": [Version.VERSION_2, Version.VERSION_1]},
        {"supported_versions": [0x1A2A3A4A, Version.VERSION_1], "original_version": 0x1A2A3A4A},
        {"quantum_readiness_test": True},
        {"max_data": 4096, "max_stream_data": 2048},
        {"connection_id_length": 20},
        {"token": b"of another server" * 4},
        *({"cipher_suites": [suite]} for suite in CIPHERS),
    ):
        async with client.node(**changes) as (_, node):
            await client.there_and_back(node, os.urandom(20_000))


@step("no early data, also on a resumed session")
async def early_data(client):
    tickets = []
    async with client.dial(session_ticket_handler=tickets.append) as connection:
        async with session(connection, client.interface) as node:
            await client.fetch_all(node)
    for ticket in tickets[:1]:
        ticket.max_early_data_size = 0xFFFFFFFF  # whatever the server says
        async with client.dial(settings(session_ticket=ticket), early=True) as connection:
            async with session(connection, client.interface) as node:
                answer = client.enqueue(node, b"early")
                await asyncio.sleep(0.01)
                connection.transmit()
                await answer
                assert not connection._quic.tls.early_data_accepted, "early data can be replayed (TRN-013)"
                assert [payload for _, payload in await client.fetch_all(node)] == [b"early"]


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", required=True, help="HOST:PORT")
    parser.add_argument("--pin", required=True, help="SHA-256 of its certificate, hex")
    parser.add_argument("--accounts", required=True, help="JSON file of two accounts or more")
    parser.add_argument("--schema", required=True, help="node.capnp, beside the other schemas")
    options = parser.parse_args()
    with open(options.accounts, encoding="utf8") as file:
        client = Client(options.target, options.pin, json.load(file), options.schema)
    for name, run in STEPS:
        await asyncio.wait_for(run(client), 60)
        print("ok", name, flush=True)


asyncio.run(capnp.run(main()))
