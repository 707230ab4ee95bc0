package main

import (
	"encoding/binary"
	"regexp"
	"slices"
	"strconv"
)

// The values of MsgType, in their order.
var msgTypes = []string{"ping", "pong", "keyPackageUpload", "keyPackageFetch", "keyPackageResponse",
	"mlsWelcome", "mlsCommit", "mlsApplication", "error"}

func checkIDs(groupID, senderID []byte) error {
	for _, id := range []struct {
		name  string
		bytes []byte
	}{{"group-id", groupID}, {"sender-id", senderID}} {
		if len(id.bytes) != 0 && len(id.bytes) != 32 && !has("id-any-length") {
			return refused(id.name)
		}
	}
	return nil
}

func parseEnvelope(in input) (output, error) {
	m, err := one(in.Bytes)
	if err != nil {
		return nil, err
	}
	root, err := m.at(place{0, 0})
	if err != nil {
		return nil, err
	}
	fields := make([]hexBytes, 3)
	for i := range fields {
		if fields[i], err = root.data(i); err != nil {
			return nil, err
		}
	}
	msgType, time := int(uint16(root.uint64(0))), root.uint64(1)
	if has("type-unknown") && msgType >= len(msgTypes) {
		msgType = 0
	}
	if has("time-double") {
		time = uint64(float64(time))
	}
	if has("time-signed") && int64(time) < 0 {
		return nil, malformed
	}
	if has("type-byte") {
		msgType &= 255
	}
	if has("newer-refused") && (root.t.dataWords > 2 || root.t.pointers > 3) {
		return nil, malformed
	}
	if has("no-older") && (root.t.dataWords < 2 || root.t.pointers < 3) {
		return nil, malformed
	}
	if msgType >= len(msgTypes) {
		return nil, refused("msg-type")
	}
	if err := checkIDs(fields[0], fields[1]); err != nil {
		return nil, err
	}
	return output{"msgType": msgTypes[msgType], "groupId": fields[0], "senderId": fields[1], "payload": fields[2],
		"timestampMs": strconv.FormatUint(time, 10)}, nil
}

func buildEnvelope(in input) (output, error) {
	if err := checkIDs(in.GroupID, in.SenderID); err != nil {
		return nil, err
	}
	msgType := slices.Index(msgTypes, in.MsgType)
	if msgType < 0 {
		return nil, refused("msg-type")
	}
	time, err := strconv.ParseUint(in.TimestampMs, 10, 64)
	if err != nil {
		return nil, err
	}
	// One segment: root pointer, two words of data, three pointers, and what they lead to.
	words := []uint64{2<<32 | 3<<48, uint64(msgType), time, 0, 0, 0}
	for i, bytes := range [][]byte{in.GroupID, in.SenderID, in.Payload} {
		if len(bytes) == 0 {
			continue
		}
		words[3+i] = uint64(len(words)-(3+i)-1)<<2 | 1 | 2<<32 | uint64(len(bytes))<<35
		padded := append(slices.Clone(bytes), make([]byte, 7)...)
		for at := 0; at < len(bytes); at += 8 {
			words = append(words, binary.LittleEndian.Uint64(padded[at:]))
		}
	}
	framed := binary.LittleEndian.AppendUint32(make([]byte, 4), uint32(len(words)))
	for _, word := range words {
		framed = binary.LittleEndian.AppendUint64(framed, word)
	}
	return output{"bytes": hexBytes(framed)}, nil
}

var code = regexp.MustCompile(`^E([0-9]{3})(?:[^0-9A-Za-z]|$)`)

// anywhere is the pattern of a planted fault.
var anywhere = regexp.MustCompile(`E([0-9]{3})`)

// wordEnd is that of another.
var wordEnd = regexp.MustCompile(`^E([0-9]{3})\b`)

func errorReason(in input) (output, error) {
	pattern := code
	if has("code-anywhere") {
		pattern = anywhere
	}
	if has("underscore-joins") {
		pattern = wordEnd
	}
	found := pattern.FindStringSubmatch(in.Reason)
	if found == nil {
		return output{"code": nil}, nil
	}
	number, _ := strconv.Atoi(found[1])
	if number < 1 || number > 23 || number == 21 {
		return output{"code": nil}, nil
	}
	return output{"code": "E" + found[1]}, nil
}
