package main

import "strconv"

func splitStream(in input) (output, error) {
	frames := [][]int{}
	for rest := []byte(in.Stream); len(rest) > 0; {
		m, behind, err := cut(rest)
		if err == incomplete && has("half-dropped") {
			break
		}
		if err != nil {
			return nil, err
		}
		words := []int{}
		for _, segment := range m {
			words = append(words, len(segment)/8)
		}
		frames = append(frames, words)
		rest = behind
	}
	return output{"frames": frames}, nil
}

// readRPC reads a message of rpc.capnp: the numbers are the ordinals of its union, and the places of its fields.
func readRPC(in input) (output, error) {
	m, err := one(in.Bytes)
	if err != nil {
		return nil, err
	}
	root, err := m.at(place{0, 0})
	if err != nil {
		return nil, err
	}
	which := uint16(root.uint64(0))
	read, known := map[uint16]func(view) (output, error){
		0: func(view) (output, error) { return output{"type": "unimplemented"}, nil },
		1: readAbort, 2: readCall, 3: readReturn, 4: readFinish, 6: readRelease, 8: readBootstrap, 13: readDisembargo,
	}[which]
	if !known {
		return output{"message": output{"type": "other", "which": which}}, nil
	}
	body, err := root.structure(0)
	if err != nil {
		return nil, err
	}
	found, err := read(body)
	return output{"message": found}, err
}

func readBootstrap(body view) (output, error) {
	return output{"type": "bootstrap", "questionId": uint32(body.uint64(0))}, nil
}

func readFinish(body view) (output, error) {
	ids := body.uint64(0)
	// releaseResultCaps is true by default: its bit says the opposite.
	return output{"type": "finish", "questionId": uint32(ids), "releaseResultCaps": (ids>>32&1 == 0) != has("caps-kept")}, nil
}

func readRelease(body view) (output, error) {
	ids := body.uint64(0)
	return output{"type": "release", "id": uint32(ids), "referenceCount": uint32(ids >> 32)}, nil
}

func readAbort(body view) (output, error) {
	exception, err := readException(body)
	return output{"type": "abort", "exception": exception}, err
}

func readException(v view) (output, error) {
	names := []string{"failed", "overloaded", "disconnected", "unimplemented"}
	reason, err := v.text(0)
	name := "failed"
	if kind := int(uint16(v.uint64(0) >> 32)); kind < len(names) {
		name = names[kind]
	}
	return output{"type": name, "reason": reason}, err
}

func readTarget(v view) (output, error) {
	switch which := uint16(v.uint64(0) >> 32); {
	case which == 0:
		return output{"importedCap": uint32(v.uint64(0))}, nil
	case which != 1:
		return nil, malformed
	}
	answer, err := v.structure(0)
	if err != nil {
		return nil, err
	}
	operations, err := answer.structures(0)
	if err != nil {
		return nil, err
	}
	transform := []uint16{}
	for _, operation := range operations {
		switch value := operation.uint64(0); uint16(value) {
		case 0:
		case 1:
			transform = append(transform, uint16(value>>16))
		default:
			return nil, malformed
		}
	}
	return output{"promisedAnswer": output{"questionId": uint32(answer.uint64(0)), "transform": transform}}, nil
}

func readCall(body view) (output, error) {
	to, err := body.structure(0)
	if err != nil {
		return nil, err
	}
	target, err := readTarget(to)
	if err != nil {
		return nil, err
	}
	if _, err := body.structure(1); err != nil {
		return nil, err
	}
	ids := body.uint64(0)
	return output{"type": "call", "questionId": uint32(ids), "methodId": uint16(ids >> 32), "target": target,
		"interfaceId": strconv.FormatUint(body.uint64(1), 10)}, nil
}

func readReturn(body view) (output, error) {
	head := body.uint64(0)
	names := []string{"results", "exception", "canceled", "resultsSentElsewhere", "takeFromOtherQuestion",
		"acceptFromThirdParty"}
	which := int(uint16(head >> 48))
	if has("variant-wraps") {
		which %= len(names)
	}
	if which >= len(names) {
		return nil, malformed
	}
	out := output{"type": "return", "answerId": uint32(head), "releaseParamCaps": head>>32&1 == 0, "value": names[which]}
	if names[which] == "exception" {
		exception, err := body.structure(0)
		if err != nil {
			return nil, err
		}
		if out["exception"], err = readException(exception); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readDisembargo(body view) (output, error) {
	names := []string{"senderLoopback", "receiverLoopback", "accept", "provide"}
	head := body.uint64(0)
	which := int(uint16(head >> 32))
	if which >= len(names) {
		return nil, malformed
	}
	return output{"type": "disembargo", "context": names[which], "id": uint32(head)}, nil
}
