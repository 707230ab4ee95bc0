// Command capnp-vectors answers the vectors about Cap'n Proto with go-capnp, a library that many use: what it reads and
// refuses must be right by the vectors, too (vectors/README.md).
//
//	npm run vectors -- --command 'interop/go/capnp-vectors'
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"capnproto.org/go/capnp/v3"
	rpccp "capnproto.org/go/capnp/v3/std/capnp/rpc"
)

type object = map[string]any

var (
	errMalformed  = errors.New("malformed")
	errIncomplete = errors.New("incomplete")
)

// split cuts a stream into messages, and tells the words of each segment.
func split(stream []byte) (messages [][]byte, words [][]uint32, err error) {
	for len(stream) > 0 {
		if len(stream) < 4 {
			return nil, nil, errIncomplete
		}
		count := uint64(binary.LittleEndian.Uint32(stream)) + 1
		if count > 512 {
			return nil, nil, errMalformed
		}
		total := (4 + 4*count + 7) / 8 * 8
		if uint64(len(stream)) < total {
			return nil, nil, errIncomplete
		}
		segments := make([]uint32, count)
		for i := range segments {
			segments[i] = binary.LittleEndian.Uint32(stream[4+4*i:])
			total += 8 * uint64(segments[i])
		}
		if uint64(len(stream)) < total {
			return nil, nil, errIncomplete
		}
		messages, words = append(messages, stream[:total]), append(words, segments)
		stream = stream[total:]
	}
	return messages, words, nil
}

// only reads bytes that are one message, every pointer of it.
func only(bytes []byte) (capnp.Ptr, error) {
	messages, _, err := split(bytes)
	if err != nil || len(messages) != 1 {
		return capnp.Ptr{}, errMalformed
	}
	message, err := capnp.Unmarshal(bytes)
	if err != nil {
		return capnp.Ptr{}, errMalformed
	}
	root, err := message.Root()
	if err != nil || walk(root, 0) != nil {
		return capnp.Ptr{}, errMalformed
	}
	return root, nil
}

// maxDepth is go-capnp's own, which lists of pointers that lead to themselves escape.
const maxDepth = 64

func walk(p capnp.Ptr, depth int) error {
	if depth > maxDepth {
		return errMalformed
	}
	if s := p.Struct(); s.IsValid() {
		return walkStruct(s, depth+1)
	}
	l := p.List()
	if !l.IsValid() {
		return nil
	}
	// Lists of pointers look like lists of structs that have one pointer.
	for i := range l.Len() {
		if s := l.Struct(i); s.IsValid() {
			if s.Size().PointerCount == 0 {
				break
			}
			if err := walkStruct(s, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func walkStruct(s capnp.Struct, depth int) error {
	for i := range s.Size().PointerCount {
		field, err := s.Ptr(i)
		if err == nil {
			err = walk(field, depth)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var types = []string{"ping", "pong", "keyPackageUpload", "keyPackageFetch", "keyPackageResponse", "mlsWelcome", "mlsCommit",
	"mlsApplication", "error"}

func parseEnvelope(bytes []byte) (object, error) {
	root, err := only(bytes)
	if err != nil {
		return nil, err
	}
	s := root.Struct()
	var fields [3][]byte
	for i := range fields {
		field, err := s.Ptr(uint16(i))
		if err != nil {
			return nil, errMalformed
		}
		fields[i] = field.Data()
	}
	if int(s.Uint16(0)) >= len(types) {
		return nil, errors.New("msg-type")
	}
	for i, name := range []string{"group-id", "sender-id"} {
		if length := len(fields[i]); length != 0 && length != 32 {
			return nil, errors.New(name)
		}
	}
	return object{"msgType": types[s.Uint16(0)], "groupId": hex.EncodeToString(fields[0]),
		"senderId": hex.EncodeToString(fields[1]), "payload": hex.EncodeToString(fields[2]),
		"timestampMs": strconv.FormatUint(s.Uint64(8), 10)}, nil
}

// must is for accessors of pointers that walk has followed: what they fail for is another kind of value.
func must[T any](value T, err error) T {
	if err != nil {
		panic(errMalformed)
	}
	return value
}

func readException(e rpccp.Exception) object {
	name := "failed"
	if names := []string{"failed", "overloaded", "disconnected", "unimplemented"}; int(e.Type()) < len(names) {
		name = names[e.Type()]
	}
	return object{"type": name, "reason": must(e.Reason())}
}

func readTarget(t rpccp.MessageTarget) object {
	if t.Which() == rpccp.MessageTarget_Which_importedCap {
		return object{"importedCap": t.ImportedCap()}
	}
	if t.Which() != rpccp.MessageTarget_Which_promisedAnswer {
		panic(errMalformed)
	}
	answer := must(t.PromisedAnswer())
	operations := must(answer.Transform())
	transform := []uint16{}
	for i := range operations.Len() {
		switch operation := operations.At(i); operation.Which() {
		case rpccp.PromisedAnswer_Op_Which_noop:
		case rpccp.PromisedAnswer_Op_Which_getPointerField:
			transform = append(transform, operation.GetPointerField())
		default:
			panic(errMalformed)
		}
	}
	return object{"promisedAnswer": object{"questionId": answer.QuestionId(), "transform": transform}}
}

func readReturn(r rpccp.Return) object {
	names := []string{"results", "exception", "canceled", "resultsSentElsewhere", "takeFromOtherQuestion", "acceptFromThirdParty"}
	if int(r.Which()) >= len(names) {
		panic(errMalformed)
	}
	out := object{"type": "return", "answerId": r.AnswerId(), "releaseParamCaps": r.ReleaseParamCaps(), "value": names[r.Which()]}
	switch r.Which() {
	case rpccp.Return_Which_exception:
		out["exception"] = readException(must(r.Exception()))
	case rpccp.Return_Which_results:
		must(must(r.Results()).CapTable())
	}
	return out
}

func readMessage(m rpccp.Message) object {
	switch m.Which() {
	case rpccp.Message_Which_unimplemented:
		return object{"type": "unimplemented"}
	case rpccp.Message_Which_abort:
		return object{"type": "abort", "exception": readException(must(m.Abort()))}
	case rpccp.Message_Which_bootstrap:
		return object{"type": "bootstrap", "questionId": must(m.Bootstrap()).QuestionId()}
	case rpccp.Message_Which_call:
		call := must(m.Call())
		must(must(call.Params()).CapTable())
		return object{"type": "call", "questionId": call.QuestionId(), "methodId": call.MethodId(),
			"interfaceId": strconv.FormatUint(call.InterfaceId(), 10), "target": readTarget(must(call.Target()))}
	case rpccp.Message_Which_return:
		return readReturn(must(m.Return()))
	case rpccp.Message_Which_finish:
		finish := must(m.Finish())
		return object{"type": "finish", "questionId": finish.QuestionId(), "releaseResultCaps": finish.ReleaseResultCaps()}
	case rpccp.Message_Which_resolve:
		return object{"type": "resolve", "promiseId": must(m.Resolve()).PromiseId()}
	case rpccp.Message_Which_release:
		release := must(m.Release())
		return object{"type": "release", "id": release.Id(), "referenceCount": release.ReferenceCount()}
	case rpccp.Message_Which_disembargo:
		disembargo := must(m.Disembargo())
		readTarget(must(disembargo.Target()))
		context := disembargo.Context()
		switch context.Which() {
		case rpccp.Disembargo_context_Which_senderLoopback:
			return object{"type": "disembargo", "context": "senderLoopback", "id": context.SenderLoopback()}
		case rpccp.Disembargo_context_Which_receiverLoopback:
			return object{"type": "disembargo", "context": "receiverLoopback", "id": context.ReceiverLoopback()}
		}
		panic(errMalformed)
	}
	return object{"type": "other", "which": m.Which()}
}

func readRPC(bytes []byte) (out object, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			var isError bool
			if err, isError = recovered.(error); !isError || err != errMalformed {
				panic(recovered)
			}
		}
	}()
	root, err := only(bytes)
	if err != nil {
		return nil, err
	}
	return object{"message": readMessage(rpccp.Message(root.Struct()))}, nil
}

func splitStream(stream []byte) (object, error) {
	_, words, err := split(stream)
	if words == nil {
		words = [][]uint32{}
	}
	return object{"frames": words}, err
}

func main() {
	kinds := map[string]func([]byte) (object, error){
		"envelope-parse": parseEnvelope, "rpc-message": readRPC, "frame-split": splitStream,
	}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			return
		}
		var question struct {
			ID, Kind string
			Input    struct{ Bytes, Stream string }
		}
		if err := json.Unmarshal(line, &question); err != nil {
			fmt.Fprintln(os.Stderr, "capnp-vectors: a line that is no case:", err)
			os.Exit(1)
		}
		answer := object{"id": question.ID}
		if kind, known := kinds[question.Kind]; known {
			bytes, err := hex.DecodeString(question.Input.Bytes + question.Input.Stream)
			var output object
			if err == nil {
				output, err = kind(bytes)
			}
			if err != nil {
				answer["error"] = err.Error()
			} else {
				answer["output"] = output
			}
		} else {
			answer["unsupported"] = true
		}
		if err := out.Encode(answer); err != nil {
			os.Exit(1)
		}
	}
}
