package main

import (
	"errors"
	"io"

	"capnproto.org/go/capnp/v3"
	"capnproto.org/go/capnp/v3/rpc"
	"github.com/quic-go/quic-go"
)

// strictCodec frames messages as usual, and refuses those whose root or body lies out of bounds: go-capnp would leave such
// a message aside and its sender without an answer (spec: RPC-021).
type strictCodec struct {
	*capnp.Encoder
	decoder *capnp.Decoder
	stream  io.Closer
}

func newTransport(stream *quic.Stream) rpc.Transport {
	rwc := bothWays{stream}
	return rpc.NewTransport(strictCodec{capnp.NewEncoder(rwc), capnp.NewDecoder(rwc), rwc})
}

func (c strictCodec) Decode() (*capnp.Message, error) {
	message, err := c.decoder.Decode()
	if err != nil {
		return nil, err
	}
	root, err := message.Root()
	if err != nil {
		return nil, err
	}
	if root.IsValid() && !root.Struct().IsValid() {
		return nil, errors.New("the root of a message is no struct")
	}
	body, err := root.Struct().Ptr(0)
	if err != nil {
		return nil, err
	}
	if body.IsValid() && !body.Struct().IsValid() {
		return nil, errors.New("the body of a message is no struct")
	}
	return message, nil
}

func (c strictCodec) Close() error { return c.stream.Close() }
