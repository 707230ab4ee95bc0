package node

import (
	"context"
	"sort"
)

type message struct {
	seq     uint64
	payload []byte
}

// waiter is a fetchWait in line for a queue. Its channel has room for one hand-over.
type waiter struct {
	ctx    context.Context // of the call
	limit  uint32
	handed chan []message
}

// queue is what waits for one recipient, by default or in one channel. The service's lock guards it.
type queue struct {
	messages []message
	bytes    int
	lastSeq  uint64
	waiters  []*waiter
	ackedTo  uint64 // only by a planted fault
}

const (
	maxQueueMessages = 10_000
	maxQueueBytes    = 256 << 20
	maxAnswerBytes   = 8 << 20
)

// add appends a payload; ok is false when the queue is full.
func (q *queue) add(payload []byte) (seq uint64, ok bool) {
	if !q.hasRoom(len(payload)) {
		return 0, false
	}
	q.lastSeq++
	if q.lastSeq <= q.ackedTo {
		return q.lastSeq, true
	}
	q.messages = append(q.messages, message{q.lastSeq, payload})
	q.bytes += len(payload)
	return q.lastSeq, true
}

func (q *queue) hasRoom(size int) bool {
	return len(q.messages) < maxQueueMessages && q.bytes+size <= maxQueueBytes
}

// first gives the oldest messages: up to limit (0 = all) and up to the size of an answer, one at least.
func (q *queue) first(limit uint32) []message {
	n, size := 0, 0
	for n < len(q.messages) && (limit == 0 || n < int(limit)) {
		next := len(q.messages[n].payload)
		if n > 0 && size+next > maxAnswerBytes {
			break
		}
		size += next
		n++
	}
	return append([]message(nil), q.messages[:n]...)
}

// take removes what first gives.
func (q *queue) take(limit uint32) []message {
	taken := q.first(limit)
	q.messages = q.messages[len(taken):]
	for _, m := range taken {
		q.bytes -= len(m.payload)
	}
	return taken
}

// putBack returns messages that nobody received.
func (q *queue) putBack(messages []message) {
	q.messages = append(append([]message(nil), messages...), q.messages...)
	sort.Slice(q.messages, func(i, j int) bool { return q.messages[i].seq < q.messages[j].seq })
	for _, m := range messages {
		q.bytes += len(m.payload)
	}
}

// serve hands what is queued to those in line, first come first served. Who has been cancelled gets nothing, also before
// it has left the line: a later call of its session must find the message.
func (q *queue) serve() {
	for len(q.waiters) > 0 && len(q.messages) > 0 {
		first := q.waiters[0]
		q.waiters = q.waiters[1:]
		if first.ctx.Err() != nil {
			continue
		}
		first.handed <- q.take(first.limit)
	}
}

// leave takes a waiter out of the line, and returns what was handed to it in the meantime.
func (q *queue) leave(w *waiter) []message {
	for i, other := range q.waiters {
		if other == w {
			q.waiters = append(q.waiters[:i:i], q.waiters[i+1:]...)
			return nil
		}
	}
	select {
	case messages := <-w.handed:
		return messages
	default:
		return nil
	}
}
