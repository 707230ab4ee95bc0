package node

import (
	"bytes"
	"context"
	"time"

	"quicnprotochat.example/interop/nodeapi"
)

// queueArgs is what the parameters of the three delivery methods have in common.
type queueArgs interface {
	authArgs
	RecipientKey() ([]byte, error)
	ChannelId() ([]byte, error)
	HasChannelId() bool
	Version() uint16
}

// openQueue checks a call and finds its queue. own: only the recipient may do it. The lock is held on success.
func (s *Service) openQueue(args queueArgs, own bool) (*queue, error) {
	caller, err := s.authenticate(args)
	if err != nil {
		return nil, err
	}
	recipient, err := readKey(args.RecipientKey())
	if err != nil {
		return nil, err
	}
	channel, err := readChannel(args)
	if err != nil {
		return nil, err
	}
	if args.Version() != 1 {
		return nil, refuse("E012", "WIRE_VERSION", "version %d", args.Version())
	}
	if own && !s.is(IdentityUnchecked) {
		if err := requireSelf(caller, recipient); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	if len(channel) > 0 {
		if err := s.requireMembers(string(channel), string(caller), recipient); err != nil {
			s.mu.Unlock()
			return nil, err
		}
	}
	return s.queueOf(string(channel), recipient), nil
}

// queueOf finds a queue, and makes it when there is none. The lock is held.
func (s *Service) queueOf(channel, recipient string) *queue {
	id := queueID{channel, recipient}
	if s.is(ChannelSharesQueue) {
		id.channel = ""
	}
	q := s.queues[id]
	if q == nil {
		q = &queue{lastSeq: s.LastSeq}
		s.queues[id] = q
	}
	return q
}

// channelArgs is a channelId, of one of several calls.
type channelArgs interface {
	ChannelId() ([]byte, error)
	HasChannelId() bool
}

func readChannel(args channelArgs) ([]byte, error) {
	channel, err := field("channelId", args.ChannelId, args.HasChannelId)
	if err == nil && len(channel) != 0 && len(channel) != channelIDLen {
		return nil, refuse("E020", "BAD_PARAMS", "channelId of %d bytes", len(channel))
	}
	return channel, err
}

func (s *Service) checkPayload(payload []byte) error {
	limit := maxPayload
	if s.is(PayloadLimitOffBy1) {
		limit--
	}
	if len(payload) == 0 {
		return refuse("E005", "PAYLOAD_EMPTY", "nothing to deliver")
	}
	if len(payload) > limit {
		return refuse("E006", "PAYLOAD_TOO_LARGE", "%d bytes", len(payload))
	}
	return nil
}

func (s *Service) requireMembers(channel, caller, recipient string) error {
	notFound := refuse("E023", "CHANNEL_NOT_FOUND", "no such channel")
	denied := refuse("E022", "CHANNEL_ACCESS_DENIED", "not a member")
	if s.is(ChannelCodesSwapped) {
		notFound, denied = denied, notFound
	}
	members, known := s.channels[channel]
	if !known {
		return notFound
	}
	for _, key := range []string{caller, recipient} {
		if key != members[0] && key != members[1] {
			return denied
		}
	}
	return nil
}

// Enqueue adds a message, and hands it to somebody who waits.
func (s *Service) Enqueue(_ context.Context, call nodeapi.NodeService_enqueue) error {
	args := call.Args()
	q, err := s.openQueue(args, false)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	payload, _ := args.Payload()
	if err := s.checkPayload(payload); err != nil {
		return err
	}
	if s.is(PayloadCut) && len(payload) > 65_535 {
		payload = payload[:65_535]
	}
	seq, ok := q.add(bytes.Clone(payload))
	if !ok {
		return refuse("E015", "QUEUE_FULL", "no room")
	}
	q.serve()
	if s.is(WaitWakesForAll) {
		for _, other := range s.queues {
			for _, w := range other.waiters {
				w.handed <- nil
			}
			other.waiters = nil
		}
	}
	results, err := call.AllocResults()
	if err != nil {
		return err
	}
	results.SetSeq(seq)
	return nil
}

// Fetch removes messages and gives them to their recipient.
func (s *Service) Fetch(ctx context.Context, call nodeapi.NodeService_fetch) error {
	args := call.Args()
	q, err := s.openQueue(args, true)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		// The caller left before its turn came.
		s.mu.Unlock()
		return ctx.Err()
	}
	taken := s.takeFrom(q, args.Limit())
	s.mu.Unlock()
	return s.deliver(q, taken, func(n int32) (nodeapi.Delivery_List, error) {
		results, err := call.AllocResults()
		if err != nil {
			return nodeapi.Delivery_List{}, err
		}
		return results.NewPayloads(n)
	})
}

// deliver writes an answer; when that fails, the messages go back.
func (s *Service) deliver(q *queue, taken []message, newList func(int32) (nodeapi.Delivery_List, error)) error {
	list, err := newList(int32(len(taken)))
	for i := 0; i < len(taken) && err == nil; i++ {
		delivery := list.At(i)
		delivery.SetSeq(taken[i].seq)
		err = delivery.SetPayload(taken[i].payload)
	}
	if err != nil {
		s.mu.Lock()
		q.putBack(taken)
		q.serve()
		s.mu.Unlock()
	}
	return err
}

func (s *Service) takeFrom(q *queue, limit uint32) []message {
	if s.is(LimitIgnored) {
		limit = 0
	}
	taken := q.take(limit)
	if s.is(FetchKeeps) {
		q.putBack(taken)
	}
	if s.is(SeqRestarts) && len(q.messages) == 0 {
		q.lastSeq = s.LastSeq
	}
	return taken
}

// FetchWait is Fetch that waits for a message when there is none.
func (s *Service) FetchWait(ctx context.Context, call nodeapi.NodeService_fetchWait) error {
	args := call.Args()
	q, err := s.openQueue(args, true)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		s.mu.Unlock()
		return ctx.Err()
	}
	limit := args.Limit()
	wait := maxWait
	if ms := args.TimeoutMs(); ms < uint64(maxWait/time.Millisecond) {
		wait = time.Duration(ms) * time.Millisecond
	}
	taken := s.takeFrom(q, limit)
	if len(taken) > 0 || wait == 0 {
		s.mu.Unlock()
	} else {
		w := &waiter{ctx, limit, make(chan []message, 1)}
		if s.is(CancelDrains) {
			// Stays in line after its caller left, for a message that nobody will see.
			w.ctx = context.Background()
		}
		q.waiters = append(q.waiters, w)
		s.mu.Unlock()
		if !s.is(WaitBlocks) {
			// From here on other calls of the session go on.
			call.Go()
		}
		if taken, err = s.await(ctx, q, w, wait); err != nil {
			return err
		}
	}
	return s.deliver(q, taken, func(n int32) (nodeapi.Delivery_List, error) {
		results, err := call.AllocResults()
		if err != nil {
			return nodeapi.Delivery_List{}, err
		}
		return results.NewPayloads(n)
	})
}

// await waits until something is handed over, the time is up, or the caller leaves: then nothing is lost.
func (s *Service) await(ctx context.Context, q *queue, w *waiter, wait time.Duration) ([]message, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	var taken []message
	isHanded := false
	select {
	case taken = <-w.handed:
		isHanded = true
	case <-timer.C:
	case <-ctx.Done():
		if s.is(CancelDrains) {
			return nil, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !isHanded {
		taken = q.leave(w)
	}
	if ctx.Err() != nil {
		q.putBack(taken)
		q.serve()
		return nil, ctx.Err()
	}
	return taken, nil
}
