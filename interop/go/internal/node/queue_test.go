package node

import (
	"context"
	"testing"
)

func filled(payloads ...string) *queue {
	q := &queue{}
	for _, p := range payloads {
		q.add([]byte(p))
	}
	return q
}

func text(messages []message) (all string) {
	for _, m := range messages {
		all += string(m.payload)
	}
	return all
}

func TestTakeKeepsOrderAndLimit(t *testing.T) {
	q := filled("a", "b", "c")
	if got := text(q.take(2)); got != "ab" {
		t.Errorf("take(2) = %q", got)
	}
	if got := text(q.take(0)); got != "c" {
		t.Errorf("take(0) = %q", got)
	}
	if q.bytes != 0 {
		t.Errorf("%d bytes are left in an empty queue", q.bytes)
	}
}

func TestNumbersGoOnAfterADrain(t *testing.T) {
	q := filled("a", "b")
	q.take(0)
	if seq, ok := q.add([]byte("c")); !ok || seq != 3 {
		t.Errorf("the third message has number %d", seq)
	}
}

func TestPutBackRestoresOrder(t *testing.T) {
	q := filled("a", "b", "c")
	q.putBack(q.take(2))
	if got := text(q.take(0)); got != "abc" {
		t.Errorf("after putBack: %q", got)
	}
}

func TestAnAnswerHasASize(t *testing.T) {
	q := &queue{}
	for range 3 {
		q.add(make([]byte, 5<<20))
	}
	if got := len(q.take(0)); got != 1 {
		t.Errorf("%d messages of 5 MiB in one answer", got)
	}
}

func TestWaitersAreServedInTurn(t *testing.T) {
	q := &queue{}
	first := &waiter{context.Background(), 1, make(chan []message, 1)}
	second := &waiter{context.Background(), 1, make(chan []message, 1)}
	q.waiters = []*waiter{first, second}
	q.add([]byte("a"))
	q.serve()
	if got := text(<-first.handed); got != "a" {
		t.Errorf("the first waiter got %q", got)
	}
	if got := q.leave(second); got != nil {
		t.Errorf("the second waiter got %v", got)
	}
	q.add([]byte("b"))
	if q.serve(); len(q.messages) != 1 {
		t.Error("a message was handed to nobody")
	}
}

func TestAFullQueueRefuses(t *testing.T) {
	q := &queue{}
	for range maxQueueMessages {
		q.add([]byte("x"))
	}
	if _, ok := q.add([]byte("x")); ok {
		t.Error("one more than the limit was taken")
	}
}

func TestACancelledWaiterGetsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	gone := &waiter{ctx, 1, make(chan []message, 1)}
	next := &waiter{context.Background(), 1, make(chan []message, 1)}
	q := &queue{waiters: []*waiter{gone, next}}
	cancel()
	q.add([]byte("a"))
	q.serve()
	if got := q.leave(gone); got != nil {
		t.Errorf("a cancelled waiter was handed %q", text(got))
	}
	if got := text(q.leave(next)); got != "a" {
		t.Errorf("the next in line got %q", got)
	}
}
