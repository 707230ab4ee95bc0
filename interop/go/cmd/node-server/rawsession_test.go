package main

import (
	"bytes"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"capnproto.org/go/capnp/v3"
	rpccp "capnproto.org/go/capnp/v3/std/capnp/rpc"
	"quicnprotochat.example/interop/internal/node"
	"quicnprotochat.example/interop/nodeapi"
)

const (
	enqueueID   = 2
	fetchID     = 3
	fetchWaitID = 4
	healthID    = 5
)

var (
	aliceKey   = bytes.Repeat([]byte{0xa1}, 32)
	aliceToken = []byte("token of alice")
)

func newService(open bool) *node.Service {
	return node.New([]node.Account{{Name: "alice", IdentityKey: aliceKey, Token: aliceToken}}, open, "")
}

// rawSession is a client that writes its messages by hand. Question 0 is the Bootstrap.
type rawSession struct {
	t       testing.TB
	conn    net.Conn
	decoder *capnp.Decoder
}

func openRaw(t testing.TB, service *node.Service) *rawSession {
	t.Helper()
	here, there := net.Pipe()
	t.Cleanup(func() { _ = here.Close() })
	newSession(there, service)
	r := &rawSession{t, here, capnp.NewDecoder(here)}
	r.send(encode(t, func(m rpccp.Message) error {
		b, err := m.NewBootstrap()
		b.SetQuestionId(0)
		return err
	}))
	if answer := r.receive(); answer == nil || answer.Which() != rpccp.Message_Which_return {
		t.Fatal("no answer to Bootstrap")
	}
	return r
}

func encode(t testing.TB, build func(rpccp.Message) error) []byte {
	t.Helper()
	message, segment, err := capnp.NewMessage(capnp.SingleSegment(nil))
	if err != nil {
		t.Fatal(err)
	}
	root, err := rpccp.NewRootMessage(segment)
	if err != nil {
		t.Fatal(err)
	}
	if err := build(root); err != nil {
		t.Fatal(err)
	}
	frame, err := message.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// call makes a Call on the promised bootstrap answer.
func call(t testing.TB, question uint32, method uint16, params func(*capnp.Segment) (capnp.Struct, error)) []byte {
	t.Helper()
	return callOn(t, 0, question, method, params)
}

// callOn makes a Call on the promised answer of a question.
func callOn(
	t testing.TB, promise, question uint32, method uint16, params func(*capnp.Segment) (capnp.Struct, error),
) []byte {
	t.Helper()
	return encode(t, func(m rpccp.Message) error {
		c, err := m.NewCall()
		if err != nil {
			return err
		}
		c.SetQuestionId(question)
		c.SetInterfaceId(nodeapi.NodeService_TypeID)
		c.SetMethodId(method)
		target, err := c.NewTarget()
		if err != nil {
			return err
		}
		answer, err := target.NewPromisedAnswer()
		if err != nil {
			return err
		}
		answer.SetQuestionId(promise)
		payload, err := c.NewParams()
		if err != nil {
			return err
		}
		content, err := params(m.Segment())
		if err != nil {
			return err
		}
		return payload.SetContent(content.ToPtr())
	})
}

func auth(a nodeapi.Auth, err error) error {
	if err != nil {
		return err
	}
	a.SetVersion(1)
	return a.SetAccessToken(aliceToken)
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func enqueueParams(payload string) func(*capnp.Segment) (capnp.Struct, error) {
	return func(s *capnp.Segment) (capnp.Struct, error) {
		p, _ := nodeapi.NewNodeService_enqueue_Params(s)
		p.SetVersion(1)
		return capnp.Struct(p), first(p.SetRecipientKey(aliceKey), p.SetPayload([]byte(payload)), auth(p.NewAuth()))
	}
}

func fetchParams(s *capnp.Segment) (capnp.Struct, error) {
	p, _ := nodeapi.NewNodeService_fetch_Params(s)
	p.SetVersion(1)
	return capnp.Struct(p), first(p.SetRecipientKey(aliceKey), auth(p.NewAuth()))
}

func fetchWaitParams(s *capnp.Segment) (capnp.Struct, error) {
	p, _ := nodeapi.NewNodeService_fetchWait_Params(s)
	p.SetVersion(1)
	p.SetTimeoutMs(30_000)
	return capnp.Struct(p), first(p.SetRecipientKey(aliceKey), auth(p.NewAuth()))
}

func finish(t testing.TB, question uint32) []byte {
	return encode(t, func(m rpccp.Message) error {
		f, err := m.NewFinish()
		f.SetQuestionId(question)
		return err
	})
}

func (r *rawSession) send(frames ...[]byte) {
	r.t.Helper()
	_ = r.conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, _ = r.conn.Write(bytes.Join(frames, nil))
}

// receive reads a message, nil when the session has ended. Silence fails the test.
func (r *rawSession) receive() *rpccp.Message {
	r.t.Helper()
	_ = r.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	message, err := r.decoder.Decode()
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		r.t.Fatal("silence")
	}
	if err != nil {
		return nil
	}
	root, err := rpccp.ReadRootMessage(message)
	if err != nil {
		r.t.Fatal(err)
	}
	return &root
}

// answer reads up to the Return of a question; results is false for an exception and for the end of the session.
func (r *rawSession) answer(question uint32) (content capnp.Struct, results bool) {
	r.t.Helper()
	for {
		m := r.receive()
		if m == nil || m.Which() == rpccp.Message_Which_abort {
			return capnp.Struct{}, false
		}
		if m.Which() != rpccp.Message_Which_return {
			continue
		}
		ret, err := m.Return()
		if err != nil {
			r.t.Fatal(err)
		}
		if ret.AnswerId() != question {
			continue
		}
		if ret.Which() != rpccp.Return_Which_results {
			return capnp.Struct{}, false
		}
		payload, err := ret.Results()
		if err != nil {
			r.t.Fatal(err)
		}
		p, err := payload.Content()
		if err != nil {
			r.t.Fatal(err)
		}
		return p.Struct(), true
	}
}

func (r *rawSession) fetched(question uint32) []string {
	r.t.Helper()
	content, ok := r.answer(question)
	if !ok {
		r.t.Fatal("fetch failed")
	}
	list, err := nodeapi.NodeService_fetch_Results(content).Payloads()
	if err != nil {
		r.t.Fatal(err)
	}
	all := []string{}
	for i := range list.Len() {
		payload, _ := list.At(i).Payload()
		all = append(all, string(payload))
	}
	return all
}

// words frames one segment.
func words(all ...uint64) []byte {
	frame := binary.LittleEndian.AppendUint64(nil, uint64(len(all))<<32)
	for _, w := range all {
		frame = binary.LittleEndian.AppendUint64(frame, w)
	}
	return frame
}

// outOfBounds sends the pointer to a byte list of that length elsewhere.
func outOfBounds(t testing.TB, frame []byte, length uint32) []byte {
	t.Helper()
	for at := 8; at < len(frame); at += 8 {
		if binary.LittleEndian.Uint32(frame[at+4:]) == length<<3|2 && frame[at]&3 == 1 {
			binary.LittleEndian.PutUint32(frame[at:], 1<<20<<2|1)
			return frame
		}
	}
	t.Fatal("no such pointer")
	return nil
}
