package node

import (
	"context"

	"quicnprotochat.example/interop/nodeapi"
)

// Peek is Fetch that removes nothing.
func (s *Service) Peek(_ context.Context, call nodeapi.NodeService_peek) error {
	if s.CoreOnly {
		return unimplemented("peek")
	}
	args := call.Args()
	q, err := s.openQueue(args, true)
	if err != nil {
		return err
	}
	shown := q.first(args.Limit())
	if s.is(PeekRemoves) {
		q.take(args.Limit())
	}
	s.mu.Unlock()
	results, err := call.AllocResults()
	if err != nil {
		return err
	}
	list, err := results.NewPayloads(int32(len(shown)))
	for i := 0; i < len(shown) && err == nil; i++ {
		list.At(i).SetSeq(shown[i].seq)
		err = list.At(i).SetPayload(shown[i].payload)
	}
	return err
}

// Ack removes the messages up to a number.
func (s *Service) Ack(_ context.Context, call nodeapi.NodeService_ack) error {
	if s.CoreOnly {
		return unimplemented("ack")
	}
	args := call.Args()
	q, err := s.openQueue(args, true)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	upTo := args.SeqUpTo()
	if s.is(AckOffByOne) && upTo > 0 {
		upTo--
	}
	if s.is(AckRemembers) && upTo > q.ackedTo {
		q.ackedTo = upTo
	}
	q.ack(upTo)
	if s.is(AckCrosses) {
		recipient, _ := args.RecipientKey()
		for id, other := range s.queues {
			if id.recipient == string(recipient) {
				other.ack(upTo)
			}
		}
	}
	return nil
}

// ack removes the messages up to that number.
func (q *queue) ack(upTo uint64) {
	for len(q.messages) > 0 && q.messages[0].seq <= upTo {
		q.bytes -= len(q.messages[0].payload)
		q.messages = q.messages[1:]
	}
}
