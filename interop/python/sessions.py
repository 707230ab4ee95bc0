"""RPC sessions of Cap'n Proto's C++ implementation (pycapnp) on the bidirectional streams of aioquic's connections."""
import asyncio
import os

import capnp
import capnp.lib.capnp as binding
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.quic import events

BUNDLED = os.path.dirname(capnp.__file__)
RPC = capnp.load(os.path.join(BUNDLED, "rpc.capnp"), imports=[os.path.dirname(BUNDLED)])
PREFIX = b"message = "
HIGH_WATER = 1 << 20  # bytes that wait to be sent before a session stops writing


class _Reasons:
    """pycapnp makes a traceback the reason of an exception; ours are meant for the client."""

    @staticmethod
    def format_exception(_type, error, _traceback):
        return [str(error)]


binding._traceback = _Reasons


class StreamTransport(asyncio.Transport):
    """What pycapnp takes for a socket: one QUIC stream.

    End of file is told only while pycapnp reads, since it crashes on a read that begins after one.
    """

    def __init__(self, connection, stream_id):
        super().__init__()
        self._connection, self._stream_id = connection, stream_id
        self._received, self._unsent, self._fin = bytearray(), bytearray(), False
        self._reading, self._closed, self._ended, self._paused = True, False, False, False
        self.protocol = None

    def start(self, protocol):
        self.protocol = protocol
        protocol.connection_made(self)

    def receive(self, data, fin):
        self._received += data
        self._fin = self._fin or fin
        self._deliver()

    def _deliver(self):
        while self._reading and self._received and not self._closed:
            buffer = self.protocol.get_buffer(len(self._received))
            size = min(len(buffer), len(self._received))
            buffer[:size] = self._received[:size]
            del buffer, self._received[:size]
            self.protocol.buffer_updated(size)
        if self._reading and self._fin and not self._received and not self._closed:
            self._fin = False
            self.protocol.eof_received()

    def pause_reading(self):
        self._reading = False

    def resume_reading(self):
        self._reading = True
        asyncio.get_running_loop().call_soon(self._deliver)

    def write(self, data):
        """Messages come in pieces, the segment table first."""
        if self._closed or self._ended:
            return
        self._unsent += data
        while size := _frame_size(self._unsent):
            frame = bytes(self._unsent[:size])
            del self._unsent[:size]
            self._connection.send(self._stream_id, _told_exactly(frame) if PREFIX in frame else frame)
        if self._connection.waiting(self._stream_id) > HIGH_WATER and not self._unsent:
            self._paused = True
            self.protocol.pause_writing()

    def sent_some(self):
        if self._paused and self._connection.waiting(self._stream_id) <= HIGH_WATER:
            self._paused = False
            self.protocol.resume_writing()

    def can_write_eof(self):
        return True

    def write_eof(self):
        if not self._ended and not self._closed:
            self._ended = True
            self._connection.send(self._stream_id, b"", True)

    def is_closing(self):
        return self._closed

    def close(self):
        self.write_eof()
        self._closed = True

    def lose(self, reason):
        """The stream was reset, or its connection is gone."""
        if not self._closed:
            self._closed = True
            self.protocol.connection_lost(reason)


def _frame_size(data):
    """How many bytes the first message has, 0 while it is not whole."""
    if len(data) < 8:
        return 0
    segments = int.from_bytes(data[:4], "little") + 1
    table = (4 + 4 * segments + 7) // 8 * 8
    words = sum(int.from_bytes(data[at:at + 4], "little") for at in range(4, 4 + 4 * segments, 4))
    return table + 8 * words if len(data) >= table + 8 * words else 0


def _told_exactly(frame):
    """pycapnp puts "message = " before each reason."""
    with RPC.Message.from_bytes(frame) as received:
        message = received.as_builder()
    answer = getattr(message, "return") if message.which() == "return" else None
    if answer is None or answer.which() != "exception" or not answer.exception.reason.startswith(PREFIX.decode()):
        return frame
    answer.exception.reason = answer.exception.reason[len(PREFIX):]
    return message.to_bytes()


class Connection(QuicConnectionProtocol):
    """A QUIC connection each of whose bidirectional streams is a session.

    `serve(stream)` is a coroutine function that runs the session of a stream which the peer has opened.
    """

    def __init__(self, quic, stream_handler=None, serve=None):
        super().__init__(quic, stream_handler)
        self._serve = serve
        self.transports = {}
        if serve:
            quic._local_max_streams_uni.value = 0

    def send(self, stream_id, data, end=False):
        try:
            self._quic.send_stream_data(stream_id, data, end)
        except Exception:  # the peer has stopped the stream, or the connection is closed
            return
        self._later()

    def _later(self):
        if not getattr(self, "_flushing", False):
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self):
        self._flushing = False
        self.transmit()

    def waiting(self, stream_id):
        stream = self._quic._streams.get(stream_id)
        return len(stream.sender._buffer) if stream else 0

    def open_stream(self):
        """A new stream as what pycapnp takes for a socket."""
        stream_id = self._quic.get_next_available_stream_id()
        self._quic.send_stream_data(stream_id, b"")  # takes the id
        return self._socket(stream_id, None)

    def _socket(self, stream_id, callback):
        transport = StreamTransport(self, stream_id)
        self.transports[stream_id] = transport
        streams = []
        protocol = capnp.AsyncIoStream._connect(callback or streams.append)
        transport.start(protocol)
        return streams[0] if streams else transport

    def quic_event_received(self, event):
        if isinstance(event, events.StreamDataReceived):
            transport = self.transports.get(event.stream_id)
            if transport is None and self._serve and event.stream_id % 4 == 0:
                transport = self._socket(event.stream_id, self._serve)
            if transport is not None:
                transport.receive(event.data, event.end_stream)
        elif isinstance(event, (events.StreamReset, events.StopSendingReceived)):
            transport = self.transports.get(event.stream_id)
            if transport is not None:
                if isinstance(event, events.StreamReset):
                    transport.write_eof()
                transport.lose("the stream was reset")
        elif isinstance(event, events.ConnectionTerminated):
            for transport in list(self.transports.values()):
                transport.lose("the connection is gone")
            self.transports.clear()

    def datagram_received(self, data, addr):
        super().datagram_received(data, addr)
        for transport in list(self.transports.values()):
            transport.sent_some()
