package main

import (
	"errors"
	"io"

	"capnproto.org/go/capnp/v3"
	"capnproto.org/go/capnp/v3/rpc"
	rpccp "capnproto.org/go/capnp/v3/std/capnp/rpc"
)

const (
	maxMessage = 16 << 20
	maxDepth   = 64
	// What may be read of a message while it is checked, in sizes of the message: objects that are reached by several
	// pointers count each time.
	maxAmplification = 8
	readLimit        = 4 * maxMessage
)

// strictCodec frames messages as usual and refuses malformed ones as a whole, which ends the session. go-capnp reads
// pointers when it needs them: it would leave a message with a bad body without an answer, and hand a call over whose
// parameters are bad (spec: RPC-021, RPC-023).
type strictCodec struct {
	*capnp.Encoder
	decoder *capnp.Decoder
	stream  io.Closer
	// Questions for the bootstrap capability that were not finished, by id. No other answer holds a capability, so
	// that a call on it can only fail; go-capnp v3.1.0-alpha.2 takes the process down on some of these (its pull
	// request 617, not released yet).
	bootstraps map[uint32]bool
}

func newTransport(rwc io.ReadWriteCloser) rpc.Transport {
	decoder := capnp.NewDecoder(rwc)
	decoder.MaxMessageSize = maxMessage
	return rpc.NewTransport(strictCodec{capnp.NewEncoder(rwc), decoder, rwc, map[uint32]bool{}})
}

func (c strictCodec) Decode() (*capnp.Message, error) {
	message, err := c.decoder.Decode()
	if err != nil {
		return nil, err
	}
	if err := c.check(message); err != nil {
		return nil, err
	}
	message.ResetReadLimit(readLimit)
	return message, nil
}

func (c strictCodec) Close() error { return c.stream.Close() }

func (c strictCodec) check(message *capnp.Message) error {
	size, err := message.TotalSize()
	if err != nil {
		return err
	}
	message.ResetReadLimit(maxAmplification * size)
	root, err := message.Root()
	if err != nil {
		return err
	}
	if err := follow(root, maxDepth); err != nil {
		return err
	}
	if root.IsValid() && !root.Struct().IsValid() {
		return errors.New("the root of a message is no struct")
	}
	m := rpccp.Message(root.Struct())
	switch m.Which() {
	case rpccp.Message_Which_unimplemented, rpccp.Message_Which_abort, rpccp.Message_Which_bootstrap,
		rpccp.Message_Which_call, rpccp.Message_Which_return, rpccp.Message_Which_finish, rpccp.Message_Which_resolve,
		rpccp.Message_Which_release, rpccp.Message_Which_disembargo:
		body, err := root.Struct().Ptr(0)
		if err != nil || (body.IsValid() && !body.Struct().IsValid()) {
			return errors.New("the body of a message is no struct")
		}
	}
	switch m.Which() {
	case rpccp.Message_Which_bootstrap:
		bootstrap, err := m.Bootstrap()
		c.bootstraps[bootstrap.QuestionId()] = true
		return err
	case rpccp.Message_Which_finish:
		finish, err := m.Finish()
		delete(c.bootstraps, finish.QuestionId())
		return err
	case rpccp.Message_Which_call:
		return c.checkCall(m)
	}
	return nil
}

// follow reads everything that a pointer leads to. depth is counted here: List.Struct lets go-capnp's own count wrap.
func follow(p capnp.Ptr, depth int) error {
	if depth == 0 {
		return errors.New("a message is nested too deeply")
	}
	if list := p.List(); list.IsValid() {
		// A list of structs without pointers, like one of numbers, leads nowhere.
		for i := 0; i < list.Len() && list.Struct(i).Size().PointerCount > 0; i++ {
			if err := followAll(list.Struct(i), depth); err != nil {
				return err
			}
		}
	}
	return followAll(p.Struct(), depth)
}

func followAll(s capnp.Struct, depth int) error {
	for i := range s.Size().PointerCount {
		p, err := s.Ptr(i)
		if err != nil {
			return err
		}
		if err := follow(p, depth-1); err != nil {
			return err
		}
	}
	return nil
}

// checkCall wants a struct, or nothing, wherever the schema of Call has one on the way to target and parameters, and a
// promise that will be the bootstrap capability where the target is one.
func (c strictCodec) checkCall(m rpccp.Message) error {
	malformed := errors.New("a call is malformed")
	call, err := m.Call()
	if err != nil {
		return malformed
	}
	target, err := call.Target()
	if err != nil || (call.HasTarget() && !target.IsValid()) {
		return malformed
	}
	if target.Which() == rpccp.MessageTarget_Which_promisedAnswer {
		answer, err := target.PromisedAnswer()
		if err != nil || (target.HasPromisedAnswer() && !answer.IsValid()) {
			return malformed
		}
		if !c.bootstraps[answer.QuestionId()] {
			return errors.New("a call on a promise that is no capability")
		}
		steps, err := answer.Transform()
		if err != nil || (answer.HasTransform() && !steps.IsValid()) {
			return malformed
		}
	}
	params, err := call.Params()
	if err != nil || (call.HasParams() && !params.IsValid()) {
		return malformed
	}
	content, err := params.Content()
	if err != nil || (content.IsValid() && !content.Struct().IsValid()) {
		return malformed
	}
	return nil
}
