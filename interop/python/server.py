"""A NodeService of the core profile on Cap'n Proto's C++ implementation (pycapnp) and aioquic."""
import argparse
import asyncio
import datetime
import hashlib
import json
import os
import signal
import tempfile

import capnp
from aioquic.asyncio.server import serve
from aioquic.quic.configuration import QuicConfiguration
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from node import Node
from sessions import Connection


def certificate():
    """A self-signed one. @returns the key, the certificate, the SHA-256 of its DER form in hex"""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return key, made, hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()


def core_of(path):
    """The schema with the methods of the core profile alone: C++ itself answers the others with `unimplemented`."""
    with open(path, encoding="utf8") as file:
        core, method, _ = file.read().partition("  publishEndpoint @8")
    if not method:
        raise ValueError(f"{path} has no publishEndpoint @8")
    with tempfile.NamedTemporaryFile("w", suffix=".capnp", encoding="utf8") as file:
        file.write(core + "}\n")
        file.flush()
        return capnp.load(file.name).NodeService.schema


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:0", help="HOST:PORT; port 0 takes a free one")
    parser.add_argument("--accounts", required=True, help="JSON file, as the suite wants it")
    parser.add_argument("--schema", required=True, help="node.capnp")
    parser.add_argument("--retry", action="store_true", help="let clients show that they receive at their address")
    options = parser.parse_args()
    host, _, port = options.listen.rpartition(":")
    with open(options.accounts, encoding="utf8") as file:
        node = Node(core_of(options.schema), json.load(file))

    async def session(stream):
        await capnp.TwoPartyServer(stream, bootstrap=node).on_disconnect()

    key, made, pin = certificate()
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["capnp"], idle_timeout=30.0,
                                      max_data=32 << 20, max_stream_data=16 << 20)
    configuration.certificate, configuration.private_key = made, key
    server = await serve(host, int(port), configuration=configuration, retry=options.retry,
                         create_protocol=lambda quic, stream_handler=None: Connection(quic, stream_handler, session))
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    address = server._transport.get_extra_info("sockname")
    print(f"listening on {address[0]}:{address[1]}\ncertificate sha256 {pin}", flush=True)
    await stop.wait()
    server.close()
    await asyncio.sleep(0.1)  # what it says at the end goes out
    os._exit(0)  # sessions that stand are not unwound


asyncio.run(capnp.run(main()))
