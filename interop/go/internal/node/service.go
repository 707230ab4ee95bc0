// Package node is a NodeService in memory, written from the specification alone.
package node

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"capnproto.org/go/capnp/v3"
	"quicnprotochat.example/interop/nodeapi"
)

const (
	keyLen       = 32
	channelIDLen = 16
	hybridKeyLen = 1216
	maxDeviceID  = 64
	maxPackage   = 1 << 20
	maxPayload   = 5 << 20
	maxWait      = 60 * time.Second
	maxBatch     = 256
	maxNodeAddr  = 4096
)

type queueID struct{ channel, recipient string }

// Service answers every method but those of OPAQUE, which are unimplemented.
type Service struct {
	CoreOnly bool   // methods 0 to 7 and 18 alone
	LastSeq  uint64 // the number before the first of each queue

	accounts []Account
	open     bool
	fault    Break

	mu        sync.Mutex
	packages  map[string][][]byte
	hybrid    map[string][]byte
	queues    map[queueID]*queue
	endpoints map[string][]byte
	channels  map[string][2]string // id to members
	pairs     map[[2]string]string // members in order to id
}

// New makes an empty node. open lets callers without a token in.
func New(accounts []Account, open bool, fault Break) *Service {
	return &Service{
		accounts:  accounts,
		open:      open,
		fault:     fault,
		packages:  map[string][][]byte{},
		hybrid:    map[string][]byte{},
		queues:    map[queueID]*queue{},
		endpoints: map[string][]byte{},
		channels:  map[string][2]string{},
		pairs:     map[[2]string]string{},
	}
}

func (s *Service) is(fault Break) bool { return s.fault == fault }

// refuse makes the reason of an exception: code, name, text.
func refuse(code, name, format string, args ...any) error {
	return fmt.Errorf("%s: %s: %s", code, name, fmt.Sprintf(format, args...))
}

// field reads Data that may be empty. go-capnp reads a value of another kind as nothing: here it is an error (spec: RPC-023).
func field(name string, read func() ([]byte, error), has func() bool) ([]byte, error) {
	data, err := read()
	if err != nil || (data == nil && has()) {
		return nil, refuse("E020", "BAD_PARAMS", "%s cannot be read", name)
	}
	return data, nil
}

// authArgs is what the parameters of every method with an auth have in common.
type authArgs interface {
	Auth() (nodeapi.Auth, error)
	HasAuth() bool
}

// authenticate returns the caller's identity key, nil for somebody unknown on an open node.
func (s *Service) authenticate(args authArgs) ([]byte, error) {
	auth, err := args.Auth()
	if err != nil || (args.HasAuth() && !auth.IsValid()) {
		return nil, refuse("E020", "BAD_PARAMS", "auth cannot be read")
	}
	if auth.Version() == 0 && s.open {
		return nil, nil
	}
	if auth.Version() != 1 {
		return nil, refuse("E001", "AUTH_VERSION", "auth version %d", auth.Version())
	}
	token, err := auth.AccessToken()
	if err != nil || len(token) == 0 {
		return nil, refuse("E002", "AUTH_TOKEN_EMPTY", "no token")
	}
	account := s.find(token)
	device, deviceErr := field("deviceId", auth.DeviceId, auth.HasDeviceId)
	isBound := account != nil && len(account.DeviceID) > 0 && !s.is(DeviceUnchecked)
	if account == nil || (isBound && !bytes.Equal(account.DeviceID, device)) {
		return nil, refuse("E003", "AUTH_TOKEN_INVALID", "unknown token")
	}
	if account.Expired {
		return nil, refuse("E017", "TOKEN_EXPIRED", "this token is too old")
	}
	if deviceErr != nil {
		return nil, deviceErr
	}
	if len(device) > maxDeviceID {
		return nil, refuse("E020", "BAD_PARAMS", "deviceId of %d bytes", len(device))
	}
	return account.IdentityKey, nil
}

// readKey copies an identity key out of a message.
func readKey(key []byte, err error) (string, error) {
	if err != nil || len(key) != keyLen {
		return "", refuse("E004", "IDENTITY_KEY_LENGTH", "a key has %d bytes, this one %d", keyLen, len(key))
	}
	return string(key), nil
}

func requireSelf(caller []byte, key string) error {
	if caller != nil && string(caller) != key {
		return refuse("E016", "IDENTITY_MISMATCH", "the token is somebody else's")
	}
	return nil
}

// UploadKeyPackage keeps a package behind the others of the same identity.
func (s *Service) UploadKeyPackage(_ context.Context, call nodeapi.NodeService_uploadKeyPackage) error {
	args := call.Args()
	caller, err := s.authenticate(args)
	if err != nil {
		return err
	}
	key, err := readKey(args.IdentityKey())
	if err != nil {
		return err
	}
	if err := requireSelf(caller, key); err != nil {
		return err
	}
	pkg, _ := args.Package()
	if len(pkg) == 0 {
		return refuse("E007", "PACKAGE_EMPTY", "no package")
	}
	if len(pkg) > maxPackage {
		return refuse("E008", "PACKAGE_TOO_LARGE", "%d bytes", len(pkg))
	}
	s.mu.Lock()
	s.packages[key] = append(s.packages[key], bytes.Clone(pkg))
	s.mu.Unlock()
	digest := sha256.Sum256(pkg)
	fingerprint := digest[:]
	if s.is(FingerprintHex) {
		fingerprint = []byte(hex.EncodeToString(digest[:]))[:32]
	}
	results, err := call.AllocResults()
	if err != nil {
		return err
	}
	return results.SetFingerprint(fingerprint)
}

// FetchKeyPackage gives the oldest package out, once.
func (s *Service) FetchKeyPackage(_ context.Context, call nodeapi.NodeService_fetchKeyPackage) error {
	args := call.Args()
	if _, err := s.authenticate(args); err != nil {
		return err
	}
	key, err := readKey(args.IdentityKey())
	if err != nil {
		return err
	}
	s.mu.Lock()
	var pkg []byte
	if waiting := s.packages[key]; len(waiting) > 0 {
		i := 0
		if s.is(PackagesLIFO) {
			i = len(waiting) - 1
		}
		pkg = waiting[i]
		if !s.is(PackageStays) {
			s.packages[key] = append(waiting[:i:i], waiting[i+1:]...)
		}
	}
	s.mu.Unlock()
	results, err := call.AllocResults()
	if err != nil {
		return err
	}
	return results.SetPackage(pkg)
}

// UploadHybridKey replaces the hybrid key of an identity.
func (s *Service) UploadHybridKey(_ context.Context, call nodeapi.NodeService_uploadHybridKey) error {
	args := call.Args()
	caller, err := s.authenticate(args)
	if err != nil {
		return err
	}
	key, err := readKey(args.IdentityKey())
	if err != nil {
		return err
	}
	hybrid, _ := args.HybridPublicKey()
	if len(hybrid) != hybridKeyLen {
		return refuse("E013", "HYBRID_KEY_EMPTY", "a hybrid key has %d bytes, this one %d", hybridKeyLen, len(hybrid))
	}
	if err := requireSelf(caller, key); err != nil {
		return err
	}
	s.mu.Lock()
	if _, known := s.hybrid[key]; !known || !s.is(HybridFirstWins) {
		s.hybrid[key] = bytes.Clone(hybrid)
	}
	s.mu.Unlock()
	_, err = call.AllocResults()
	return err
}

// FetchHybridKey gives the hybrid key of an identity, empty when there is none.
func (s *Service) FetchHybridKey(_ context.Context, call nodeapi.NodeService_fetchHybridKey) error {
	args := call.Args()
	if _, err := s.authenticate(args); err != nil {
		return err
	}
	key, err := readKey(args.IdentityKey())
	if err != nil {
		return err
	}
	s.mu.Lock()
	hybrid := s.hybrid[key]
	s.mu.Unlock()
	results, err := call.AllocResults()
	if err != nil {
		return err
	}
	return results.SetHybridPublicKey(hybrid)
}

// Health answers anybody.
func (s *Service) Health(_ context.Context, call nodeapi.NodeService_health) error {
	results, err := call.AllocResults()
	if err != nil {
		return err
	}
	return results.SetStatus("up")
}

// CreateChannel gives the channel of caller and peer, made when there is none.
func (s *Service) CreateChannel(_ context.Context, call nodeapi.NodeService_createChannel) error {
	args := call.Args()
	caller, err := s.authenticate(args)
	if err != nil {
		return err
	}
	if caller == nil {
		return refuse("E001", "AUTH_VERSION", "a channel needs a caller with a token")
	}
	peer, err := readKey(args.PeerKey())
	if err != nil {
		return err
	}
	own := string(caller)
	if peer == own {
		return refuse("E020", "BAD_PARAMS", "nobody has a channel alone")
	}
	pair := [2]string{min(own, peer), max(own, peer)}
	if s.is(ChannelEachWay) {
		pair = [2]string{own, peer}
	}
	s.mu.Lock()
	id, known := s.pairs[pair]
	if !known {
		random := make([]byte, channelIDLen)
		if _, err := rand.Read(random); err != nil {
			s.mu.Unlock()
			return refuse("E009", "STORAGE_ERROR", "no randomness")
		}
		id = string(random)
		s.pairs[pair] = id
		s.channels[id] = pair
	}
	s.mu.Unlock()
	results, err := call.AllocResults()
	if err != nil {
		return err
	}
	return results.SetChannelId([]byte(id))
}

func unimplemented(method string) error { return capnp.Unimplemented(method + " is not offered") }
