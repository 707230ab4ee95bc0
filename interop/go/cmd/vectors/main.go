// Command vectors answers the test vectors of vectors/: one JSON object a line in, one out (vectors/README.md).
// It shares no code with the TypeScript libraries, nor with go-capnp: Cap'n Proto is read by hand here.
//
//	npm run vectors -- --command 'interop/go/vectors'
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

// refused is how a case is wrong, as the vectors name it.
type refused string

func (r refused) Error() string { return string(r) }

// input holds the fields of every kind; those of others are empty.
type input struct {
	Bytes, Stream                                hexBytes
	MsgType, TimestampMs, Reason                 string
	GroupID                                      hexBytes `json:"groupId"`
	SenderID                                     hexBytes `json:"senderId"`
	Payload                                      hexBytes
	Seed, PublicKey, Message, Signature, Package hexBytes
	Envelope, Plaintext                          hexBytes
	Ephemeral, Coins, Nonce                      hexBytes
	Secret, Ciphertext, EncapsulationKey         hexBytes
	X25519Secret                                 hexBytes `json:"x25519Secret"`
	MlKemSecret                                  hexBytes `json:"mlKemSecret"`
}

// hexBytes is read from lower-case hex, and written as such.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) error {
	decoded, err := hex.DecodeString(string(text))
	*h = decoded
	return err
}

func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

type output map[string]any

var kinds = map[string]func(input) (output, error){
	"envelope-parse":         parseEnvelope,
	"envelope-build":         buildEnvelope,
	"frame-split":            splitStream,
	"rpc-message":            readRPC,
	"identity-key":           identityKey,
	"identity-sign":          identitySign,
	"identity-verify":        identityVerify,
	"fingerprint":            fingerprint,
	"hybrid-key":             hybridKey,
	"hybrid-open":            hybridOpen,
	"hybrid-encrypt":         hybridEncrypt,
	"hybrid-seal":            hybridSeal,
	"x25519":                 agree,
	"ml-kem-768-decapsulate": decapsulate,
	"ml-kem-768-encapsulate": encapsulate,
	"hybrid-schedule":        hybridSchedule,
	"error-reason":           errorReason,
}

type question struct {
	ID    string
	Kind  string
	Input input
}

type answer struct {
	ID          string  `json:"id"`
	Output      *output `json:"output,omitempty"`
	Error       string  `json:"error,omitempty"`
	Unsupported bool    `json:"unsupported,omitempty"`
}

func answerTo(line []byte) (answer, error) {
	var q question
	if err := json.Unmarshal(line, &q); err != nil {
		return answer{}, fmt.Errorf("a line that is no case: %w", err)
	}
	kind, known := kinds[q.Kind]
	if !known {
		return answer{ID: q.ID, Unsupported: true}, nil
	}
	out, err := kind(q.Input)
	if wrong, ok := err.(refused); ok {
		return answer{ID: q.ID, Error: string(wrong)}, nil
	}
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", q.ID, err)
	}
	return answer{ID: q.ID, Output: &out}, nil
}

func main() {
	isBench := flag.Bool("bench", false, "prints envelopes per second instead (bench/hybrid.ts)")
	isList := flag.Bool("list-breaks", false, "lists the faults that -break plants")
	flag.Parse()
	if *isBench {
		benchmark()
		return
	}
	if *isList {
		for _, f := range faults {
			fmt.Printf("%-20s %s  %s\n", f.name, f.requirement, f.what)
		}
		return
	}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			return
		}
		answered, err := answerTo(line)
		if err == nil {
			err = out.Encode(answered)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "vectors:", err)
			os.Exit(1)
		}
	}
}
