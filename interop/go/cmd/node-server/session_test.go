package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"capnproto.org/go/capnp/v3"
	rpccp "capnproto.org/go/capnp/v3/std/capnp/rpc"
	"quicnprotochat.example/interop/nodeapi"
)

// A fetch whose parameters are wrong in one place, in a way that reads like "nothing there" to a careless reader.
func TestMalformedParametersGiveNoResults(t *testing.T) {
	numbers := func(s *capnp.Segment) (capnp.Ptr, error) {
		list, err := capnp.NewUInt64List(s, 2)
		return list.ToPtr(), err
	}
	structure := func(s *capnp.Segment) (capnp.Ptr, error) {
		st, err := capnp.NewStruct(s, capnp.ObjectSize{DataSize: 8})
		return st.ToPtr(), err
	}
	replaced := func(index uint16, make func(*capnp.Segment) (capnp.Ptr, error)) []byte {
		return call(t, 1, fetchID, func(s *capnp.Segment) (capnp.Struct, error) {
			p, err := fetchParams(s)
			if err != nil {
				return p, err
			}
			wrong, err := make(s)
			return p, first(err, p.SetPtr(index, wrong))
		})
	}
	device := func(make func(*capnp.Segment) (capnp.Ptr, error)) []byte {
		return call(t, 1, fetchID, func(s *capnp.Segment) (capnp.Struct, error) {
			p, err := fetchParams(s)
			if err != nil {
				return p, err
			}
			a, err := nodeapi.NodeService_fetch_Params(p).Auth()
			if err != nil {
				return p, err
			}
			wrong, err := make(s)
			return p, first(err, capnp.Struct(a).SetPtr(1, wrong))
		})
	}
	stray := func(s *capnp.Segment) (capnp.Ptr, error) {
		data, err := capnp.NewData(s, make([]byte, 13))
		return data.ToPtr(), err
	}
	list := func(method uint16) []byte {
		return encode(t, func(m rpccp.Message) error {
			frame := call(t, 1, method, fetchParams)
			other, err := capnp.Unmarshal(frame)
			if err != nil {
				return err
			}
			root, err := rpccp.ReadRootMessage(other)
			if err != nil {
				return err
			}
			c, err := root.Call()
			if err != nil {
				return err
			}
			if err := m.SetCall(c); err != nil {
				return err
			}
			c, err = m.Call()
			if err != nil {
				return err
			}
			payload, err := c.Params()
			if err != nil {
				return err
			}
			wrong, err := numbers(m.Segment())
			return first(err, payload.SetContent(wrong))
		})
	}
	for name, test := range map[string]struct {
		open  bool
		frame []byte
	}{
		"numbers as channelId":        {false, replaced(1, numbers)},
		"a struct as channelId":       {false, replaced(1, structure)},
		"channelId out of bounds":     {false, outOfBounds(t, replaced(1, stray), 13)},
		"numbers as deviceId":         {false, device(numbers)},
		"deviceId out of bounds":      {false, outOfBounds(t, device(stray), 13)},
		"auth is a list, open server": {true, replaced(2, numbers)},
		"parameters are a list":       {false, list(healthID)},
	} {
		t.Run(name, func(t *testing.T) {
			r := openRaw(t, newService(test.open))
			r.send(test.frame)
			if _, results := r.answer(1); results {
				t.Error("it was answered with results")
			}
		})
	}
}

func TestACancelledWaitTakesNothingFromLaterCalls(t *testing.T) {
	r := openRaw(t, newService(false))
	for round := range uint32(200) {
		id := 1 + 4*round
		r.send(call(t, id, fetchWaitID, fetchWaitParams))
		r.send(finish(t, id), call(t, id+1, enqueueID, enqueueParams("kept")), call(t, id+2, fetchID, fetchParams))
		if got := fmt.Sprint(r.fetched(id + 2)); got != "[kept]" {
			t.Fatalf("round %d: fetched %s", round, got)
		}
		r.send(finish(t, id+1), finish(t, id+2))
	}
}

func TestMessagesThatLeadBackToThemselvesAreRefused(t *testing.T) {
	// A pointer holds where its target begins, in words from its own end.
	to := func(offset int32) uint64 { return uint64(uint32(offset << 2)) }
	const onePointer, listOfOne = uint64(1) << 48, uint64(1)<<35 | 7<<32 | 1
	for name, frame := range map[string][]byte{
		"a struct that holds itself": words(to(0)|onePointer, to(-1)|onePointer),
		"a list that holds itself":   words(to(0)|onePointer, to(0)|listOfOne, to(1)|onePointer, to(-2)|listOfOne),
	} {
		r := openRaw(t, newService(false))
		started := time.Now()
		r.send(frame)
		if m := r.receive(); m != nil && m.Which() != rpccp.Message_Which_abort {
			t.Errorf("%s: answered by %v", name, m.Which())
		}
		if took := time.Since(started); took > time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// Well-formed calls on promises that are no capabilities: go-capnp would end the process.
func TestACallOnAPromiseWithoutCapabilityHarmsNobodyElse(t *testing.T) {
	shortWait := func(s *capnp.Segment) (capnp.Struct, error) {
		p, err := fetchWaitParams(s)
		nodeapi.NodeService_fetchWait_Params(p).SetTimeoutMs(50)
		return p, err
	}
	for name, frames := range map[string][][]byte{
		"its own":           {callOn(t, 7, 7, healthID, fetchParams)},
		"a wait's":          {call(t, 1, fetchWaitID, shortWait), callOn(t, 1, 7, healthID, fetchParams)},
		"a used id's again": {finish(t, 0), callOn(t, 0, 7, healthID, fetchParams)},
		"nobody's":          {callOn(t, 5, 7, healthID, fetchParams)},
	} {
		service := newService(false)
		r, other := openRaw(t, service), openRaw(t, service)
		r.send(frames...)
		if _, results := r.answer(7); results {
			t.Errorf("%s: it was answered with results", name)
		}
		time.Sleep(100 * time.Millisecond)
		other.send(call(t, 1, healthID, fetchParams))
		if _, ok := other.answer(1); !ok {
			t.Errorf("%s: another session was not answered", name)
		}
	}
}

// Whatever arrives, the process and other sessions go on.
func TestDamagedMessagesEndTheirOwnSessionAlone(t *testing.T) {
	service := newService(false)
	frames := [][]byte{
		call(t, 1, enqueueID, enqueueParams("payload")), call(t, 2, fetchID, fetchParams), call(t, 3, fetchWaitID, fetchWaitParams),
		finish(t, 1),
		encode(t, func(m rpccp.Message) error {
			d, err := m.NewDisembargo()
			if err != nil {
				return err
			}
			d.Context().SetSenderLoopback(1)
			target, err := d.NewTarget()
			if err != nil {
				return err
			}
			_, err = target.NewPromisedAnswer()
			return err
		}),
		encode(t, func(m rpccp.Message) error { _, err := m.NewReturn(); return err }),
		encode(t, func(m rpccp.Message) error { _, err := m.NewRelease(); return err }),
		encode(t, func(m rpccp.Message) error { _, err := m.NewResolve(); return err }),
		encode(t, func(m rpccp.Message) error { _, err := m.NewUnimplemented(); return err }),
	}
	rounds := 500
	if testing.Short() {
		rounds = 50
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		r := openRaw(t, service)
		drained := make(chan struct{})
		go func() {
			_, _ = io.Copy(io.Discard, r.conn)
			close(drained)
		}()
		for range 3 {
			frame := bytes.Clone(frames[random.IntN(len(frames))])
			for range 1 + random.IntN(3) {
				at := 8 + random.IntN(len(frame)-8)
				switch random.IntN(3) {
				case 0:
					frame[at] ^= 1 << random.IntN(8)
				case 1:
					frame[at] = byte(random.IntN(256))
				default:
					binary.LittleEndian.PutUint32(frame[at&^3:], uint32(random.IntN(64)))
				}
			}
			r.send(frame)
		}
		_ = r.conn.Close()
		<-drained
	}
	r := openRaw(t, service)
	r.send(call(t, 1, healthID, fetchParams))
	if _, ok := r.answer(1); !ok {
		t.Error("a later session was not answered")
	}
}
