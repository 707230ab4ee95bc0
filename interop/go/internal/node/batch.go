package node

import (
	"bytes"
	"context"
	"slices"

	"quicnprotochat.example/interop/nodeapi"
)

// FetchHybridKeys looks up many hybrid keys at once.
func (s *Service) FetchHybridKeys(_ context.Context, call nodeapi.NodeService_fetchHybridKeys) error {
	if s.CoreOnly {
		return unimplemented("fetchHybridKeys")
	}
	args := call.Args()
	if _, err := s.authenticate(args); err != nil {
		return err
	}
	list, err := args.IdentityKeys()
	if err != nil || list.Len() > maxBatch {
		return refuse("E020", "BAD_PARAMS", "at most %d keys", maxBatch)
	}
	found := make([][]byte, 0, list.Len())
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range list.Len() {
		key, err := readKey(list.At(i))
		if err != nil {
			return err
		}
		hybrid, known := s.hybrid[key]
		if known || !s.is(KeysSkipAbsent) {
			found = append(found, hybrid)
		}
	}
	results, err := call.AllocResults()
	if err != nil {
		return err
	}
	keys, err := results.NewKeys(int32(len(found)))
	for i := 0; i < len(found) && err == nil; i++ {
		err = keys.Set(i, found[i])
	}
	return err
}

// BatchEnqueue puts one payload into the queues of several recipients, or into none. A recipient may be named once.
func (s *Service) BatchEnqueue(_ context.Context, call nodeapi.NodeService_batchEnqueue) error {
	if s.CoreOnly {
		return unimplemented("batchEnqueue")
	}
	args := call.Args()
	caller, err := s.authenticate(args)
	if err != nil {
		return err
	}
	channel, err := readChannel(args)
	if err != nil {
		return err
	}
	if args.Version() != 1 && !s.is(BatchAnyVersion) {
		return refuse("E012", "WIRE_VERSION", "version %d", args.Version())
	}
	payload, _ := args.Payload()
	if err := s.checkPayload(payload); err != nil {
		return err
	}
	list, err := args.RecipientKeys()
	if err != nil || list.Len() == 0 || list.Len() > maxBatch {
		return refuse("E020", "BAD_PARAMS", "1 to %d recipients", maxBatch)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var queues []*queue
	for i := range list.Len() {
		recipient, err := readKey(list.At(i))
		if err != nil {
			s.deliverPart(queues, payload)
			return err
		}
		if len(channel) > 0 && (i == 0 || !s.is(BatchMembersUnchecked)) {
			if err := s.requireMembers(string(channel), string(caller), recipient); err != nil {
				return err
			}
		}
		q := s.queueOf(string(channel), recipient)
		if slices.Contains(queues, q) {
			return refuse("E020", "BAD_PARAMS", "a recipient is named twice")
		}
		if !q.hasRoom(len(payload)) {
			s.deliverPart(queues, payload)
			return refuse("E015", "QUEUE_FULL", "no room")
		}
		queues = append(queues, q)
	}
	results, err := call.AllocResults()
	if err != nil {
		return err
	}
	seqs, err := results.NewSeqs(int32(len(queues)))
	if err != nil {
		return err
	}
	for i, q := range queues {
		seq, _ := q.add(bytes.Clone(payload))
		at := i
		if s.is(BatchSeqsReversed) {
			at = len(queues) - 1 - i
		}
		seqs.Set(at, seq)
		if !s.is(BatchWakesNobody) {
			q.serve()
		}
	}
	return nil
}

// deliverPart is the fault of a batch that is refused half way.
func (s *Service) deliverPart(queues []*queue, payload []byte) {
	if !s.is(BatchPartial) {
		return
	}
	for _, q := range queues {
		q.add(bytes.Clone(payload))
	}
}
