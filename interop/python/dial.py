"""Connections of aioquic to a NodeService, and sessions of pycapnp on their streams."""
import asyncio
import hashlib
import socket
import ssl
from contextlib import asynccontextmanager

import capnp
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from cryptography.hazmat.primitives import serialization

from sessions import Connection


def settings(**changes):
    return QuicConfiguration(**{
        "is_client": True, "alpn_protocols": ["capnp"], "verify_mode": ssl.CERT_NONE, "server_name": "localhost",
        "idle_timeout": 30.0, "max_data": 32 << 20, "max_stream_data": 16 << 20, **changes,
    })


async def new_port(connection):
    """Lets a connection go on from a new UDP port."""
    left = connection._transport
    endpoint = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    endpoint.bind(("127.0.0.1", 0))
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: connection, sock=endpoint)
    if left is not None:
        left.close()


@asynccontextmanager
async def dial(target, pin, configuration=None, early=False, **handlers):
    """A connection to HOST:PORT whose certificate has the SHA-256 `pin`; `early`: before the handshake is over."""
    host, _, port = target.rpartition(":")
    connection = Connection(QuicConnection(configuration=configuration or settings(), **handlers))
    await new_port(connection)
    try:
        connection.connect((host, int(port)), transmit=not early)
        if not early:
            await asyncio.wait_for(connection.wait_connected(), 10)
            der = connection._quic.tls._peer_certificate
            if der is not None:
                found = hashlib.sha256(der.public_bytes(serialization.Encoding.DER)).hexdigest()
                if found != pin:
                    raise ValueError(f"the certificate is {found}, not the pinned one")
        yield connection
    finally:
        connection.close()
        await connection.wait_closed()
        connection._transport.close()


@asynccontextmanager
async def session(connection, interface):
    """The bootstrap capability of a new stream."""
    client = capnp.TwoPartyClient(connection.open_stream())
    try:
        yield client.bootstrap().cast_as(interface)
    finally:
        client.close()
