package main

import "encoding/binary"

const (
	malformed  = refused("malformed")
	incomplete = refused("incomplete")

	maxSegments     = 512
	maxMessageBytes = 16 << 20
	maxDepth        = 64
	// How often the words of a message may be visited, for each word that it has.
	traversalFactor = 8
)

// message is the segments of one Cap'n Proto message.
type message [][]byte

// cut takes the first message off a stream; rest is what comes behind it.
func cut(stream []byte) (m message, rest []byte, err error) {
	if len(stream) < 4 {
		return nil, nil, incomplete
	}
	count := uint64(binary.LittleEndian.Uint32(stream)) + 1
	if count > maxSegments || count > 128 && has("segments-few") {
		return nil, nil, malformed
	}
	at := (4 + 4*count + 7) / 8 * 8
	if has("table-unpadded") {
		at = 4 + 4*count
	}
	if uint64(len(stream)) < at {
		return nil, nil, incomplete
	}
	total := at
	for i := uint64(0); i < count; i++ {
		total += 8 * uint64(binary.LittleEndian.Uint32(stream[4+4*i:]))
	}
	if total > maxMessageBytes {
		return nil, nil, malformed
	}
	if uint64(len(stream)) < total {
		return nil, nil, incomplete
	}
	for i := uint64(0); i < count; i++ {
		length := 8 * uint64(binary.LittleEndian.Uint32(stream[4+4*i:]))
		m = append(m, stream[at:at+length])
		at += length
	}
	return m, stream[total:], nil
}

// one reads bytes that are exactly one message, and follows each of its pointers once.
func one(bytes []byte) (message, error) {
	m, rest, err := cut(bytes)
	if err != nil || len(rest) > 0 && !has("left-over") {
		return nil, malformed
	}
	if has("not-walked") {
		return m, nil
	}
	walker := walk{message: m, budget: len(bytes) / 8 * traversalFactor}
	return m, walker.follow(place{0, 0}, 0)
}

// place is where a pointer lies, in words.
type place struct{ segment, word int }

type kind int

const (
	null kind = iota
	structure
	list
	capability
)

// target is what a pointer leads to.
type target struct {
	kind kind
	place
	dataWords, pointers int // of a structure
	size, count         int // of a list; of one of structures, count is words and place that of the tag
}

func (m message) word(p place) (uint64, error) {
	if err := m.claim(p, 1); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(m[p.segment][8*p.word:]), nil
}

func (m message) claim(p place, words int) error {
	if p.segment >= len(m) || p.word < 0 || words < 0 || 8*(p.word+words) > len(m[p.segment])+slack() {
		return malformed
	}
	return nil
}

// slack is for a planted fault alone.
func slack() int {
	if has("bounds-loose") {
		return 8
	}
	return 0
}

// offset is how far a pointer leads, in words.
func offset(pointer uint64) int {
	if has("offset-unsigned") {
		return int(uint32(pointer) >> 2)
	}
	return int(int32(pointer) >> 2)
}

// resolve reads a pointer, through far pointers.
func (m message) resolve(p place) (target, error) {
	value, err := m.word(p)
	if err != nil {
		return target{}, err
	}
	if value&3 != 2 {
		return near(value, place{p.segment, p.word + 1 + offset(value)})
	}
	if has("no-far") {
		return target{}, malformed
	}
	pad := place{int(value >> 32), int(uint32(value) >> 3)}
	first, err := m.word(pad)
	if err != nil {
		return target{}, err
	}
	if value&4 == 0 || has("tag-as-pad") {
		if has("pad-offset") {
			pad.word = p.word
		}
		return near(first, place{pad.segment, pad.word + 1 + offset(first)})
	}
	tag, err := m.word(place{pad.segment, pad.word + 1})
	if err != nil || first&7 != 2 {
		return target{}, malformed
	}
	return near(tag, place{int(first >> 32), int(uint32(first) >> 3)})
}

// near reads a pointer whose content begins at a place.
func near(value uint64, at place) (target, error) {
	switch {
	case value == 0:
		return target{}, nil
	case value&3 == 0:
		return target{kind: structure, place: at, dataWords: int(value >> 32 & 0xffff), pointers: int(value >> 48)}, nil
	case value&3 == 1:
		return target{kind: list, place: at, size: int(value >> 32 & 7), count: count(value)}, nil
	case uint32(value) == 3:
		return target{kind: capability}, nil
	}
	return target{}, malformed
}

func count(pointer uint64) int {
	if has("count-28-bits") {
		return int(pointer>>35) & (1<<28 - 1)
	}
	return int(pointer >> 35)
}

// tag reads the word before the elements of a list of structures.
func (m message) tag(t target) (elements, dataWords, pointers int, err error) {
	if err = m.claim(t.place, t.count+1); err != nil {
		return
	}
	value, _ := m.word(t.place)
	elements, dataWords, pointers = int(uint32(value)>>2), int(value>>32&0xffff), int(value>>48)
	if value&3 != 0 || elements*(dataWords+pointers) > t.count && !has("tag-trusted") {
		err = malformed
	}
	return
}

// walk follows every pointer of a message, as long as that does not become too much.
type walk struct {
	message
	budget int
}

func (w *walk) spend(words int) error {
	if w.budget -= words; w.budget < 0 {
		return malformed
	}
	return nil
}

func (w *walk) followAll(first place, count, depth int) error {
	for i := range count {
		if err := w.follow(place{first.segment, first.word + i}, depth); err != nil {
			return err
		}
	}
	return nil
}

var elementBits = [7]int{0, 1, 8, 16, 32, 64, 64}

func (w *walk) follow(p place, depth int) error {
	t, err := w.resolve(p)
	if err != nil || t.kind == null || t.kind == capability {
		return err
	}
	if depth >= maxDepth {
		return malformed
	}
	if t.kind == structure {
		if err := w.claim(t.place, t.dataWords+t.pointers); err != nil {
			return err
		}
		if err := w.spend(t.dataWords + t.pointers + 1); err != nil {
			return err
		}
		return w.followAll(place{t.segment, t.word + t.dataWords}, t.pointers, depth+1)
	}
	if t.size == 7 {
		elements, dataWords, pointers, err := w.tag(t)
		if err != nil {
			return err
		}
		if err := w.spend(max(elements, t.count) + 1); err != nil {
			return err
		}
		for i := range elements {
			first := place{t.segment, t.word + 1 + i*(dataWords+pointers) + dataWords}
			if err := w.followAll(first, pointers, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	words := (t.count*elementBits[t.size] + 63) / 64
	if has("list-rounded-down") {
		words = t.count * elementBits[t.size] / 64
	}
	if err := w.claim(t.place, words); err != nil {
		return err
	}
	if t.size == 0 {
		return w.spend(t.count)
	}
	if err := w.spend(words); err != nil || t.size != 6 {
		return err
	}
	return w.followAll(t.place, words, depth+1)
}

// view reads the fields of a structure; those behind its end are absent, and read as zero.
type view struct {
	m message
	t target
}

func (m message) at(p place) (view, error) {
	t, err := m.resolve(p)
	if err == nil && t.kind != structure && t.kind != null {
		err = malformed
	}
	return view{m, t}, err
}

func (v view) uint64(word int) uint64 {
	if word >= v.t.dataWords {
		return 0
	}
	value, _ := v.m.word(place{v.t.segment, v.t.word + word})
	return value
}

// pointer resolves the pointer of an index; it is null when absent.
func (v view) pointer(index int) (target, place, error) {
	if index >= v.t.pointers {
		return target{}, place{}, nil
	}
	p := place{v.t.segment, v.t.word + v.t.dataWords + index}
	t, err := v.m.resolve(p)
	return t, p, err
}

func (v view) structure(index int) (view, error) {
	if index >= v.t.pointers {
		return view{m: v.m}, nil
	}
	return v.m.at(place{v.t.segment, v.t.word + v.t.dataWords + index})
}

// data reads a Data, or a Text with its NUL.
func (v view) data(index int) ([]byte, error) {
	t, _, err := v.pointer(index)
	if err != nil || t.kind == null {
		return nil, err
	}
	if t.kind != list || t.size != 2 {
		return nil, malformed
	}
	return v.m[t.segment][8*t.word:][:t.count], nil
}

func (v view) text(index int) (string, error) {
	bytes, err := v.data(index)
	if err != nil || bytes == nil {
		return "", err
	}
	if len(bytes) == 0 || bytes[len(bytes)-1] != 0 {
		return "", malformed
	}
	if has("nul-kept") {
		return string(bytes), nil
	}
	return string(bytes[:len(bytes)-1]), nil
}

func (v view) structures(index int) ([]view, error) {
	t, _, err := v.pointer(index)
	if err != nil || t.kind == null {
		return nil, err
	}
	if t.kind != list || t.size != 7 {
		return nil, malformed
	}
	elements, dataWords, pointers, err := v.m.tag(t)
	if err != nil {
		return nil, err
	}
	views := make([]view, 0, min(elements, 4096))
	for i := range elements {
		at := place{t.segment, t.word + 1 + i*(dataWords+pointers)}
		views = append(views, view{v.m, target{kind: structure, place: at, dataWords: dataWords, pointers: pointers}})
	}
	return views, nil
}
