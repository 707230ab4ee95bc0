// node-client works a whole session with a NodeService as a go-capnp client does, and says what differs.
//
// It calls on the bootstrap promise before it is resolved and goes on doing so, calls concurrently, cancels, releases
// early, uses several streams, and leaves with the Abort that go-capnp says goodbye with. Exits 1 at the first difference.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"capnproto.org/go/capnp/v3/rpc"
	"github.com/quic-go/quic-go"
	"quicnprotochat.example/interop/internal/node"
	"quicnprotochat.example/interop/nodeapi"
)

func main() {
	target := flag.String("target", "", "HOST:PORT of the server")
	pin := flag.String("pin", "", "SHA-256 of its certificate, hex")
	accountsFile := flag.String("accounts", "", "JSON file of two accounts or more")
	flag.Parse()
	accounts, err := node.LoadAccounts(*accountsFile)
	if err != nil || len(accounts) < 2 {
		fail(2, fmt.Errorf("-accounts: %v (%d accounts)", err, len(accounts)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := dial(ctx, *target, *pin)
	if err != nil {
		fail(1, err)
	}
	c := &checker{ctx: ctx, conn: conn, alice: accounts[0], bob: accounts[1]}
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"pipelined calls on the bootstrap promise", c.pipelined},
		{"KeyPackages", c.keyPackages},
		{"hybrid keys", c.hybridKeys},
		{"messages in order", c.messages},
		{"200 calls at once", c.atOnce},
		{"5 MiB", c.large},
		{"waiting, and leaving a wait", c.waiting},
		{"channels", c.channels},
		{"errors leave the session alone", c.refusals},
		{"several streams", c.streams},
		{"early release, calls go on", c.earlyRelease},
	} {
		if err := step.run(); err != nil {
			fail(1, fmt.Errorf("%s: %w", step.name, err))
		}
		fmt.Println("ok", step.name)
	}
	if err := conn.CloseWithError(0, "done"); err != nil {
		fail(1, err)
	}
}

// dial connects, and accepts exactly the pinned certificate.
func dial(ctx context.Context, target, pin string) (*quic.Conn, error) {
	config := &tls.Config{
		NextProtos:         []string{"capnp"},
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, // the pin is checked instead
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 {
				return errors.New("no certificate")
			}
			if sum := sha256.Sum256(raw[0]); !strings.EqualFold(hex.EncodeToString(sum[:]), pin) {
				return errors.New("not the pinned certificate")
			}
			return nil
		},
	}
	return quic.DialAddr(ctx, target, config, &quic.Config{KeepAlivePeriod: 10 * time.Second})
}

type checker struct {
	ctx        context.Context
	conn       *quic.Conn
	alice, bob node.Account
}

// bothWays is a stream whose Close ends reading as well.
type bothWays struct{ *quic.Stream }

func (s bothWays) Close() error {
	s.CancelRead(0)
	return s.Stream.Close()
}

// session opens a stream and calls run with the bootstrap promise; afterwards it says goodbye.
func (c *checker) session(run func(nodeapi.NodeService) error) error {
	stream, err := c.conn.OpenStreamSync(c.ctx)
	if err != nil {
		return err
	}
	session := rpc.NewConn(rpc.NewStreamTransport(bothWays{stream}), nil)
	service := nodeapi.NodeService(session.Bootstrap(c.ctx))
	err = run(service)
	service.Release()
	// Sends Abort. That the server has ended its side by then is no failure.
	_ = session.Close()
	return err
}

type authHolder interface{ NewAuth() (nodeapi.Auth, error) }

func login(p authHolder, as node.Account) error {
	auth, err := p.NewAuth()
	if err != nil {
		return err
	}
	auth.SetVersion(1)
	return auth.SetAccessToken(as.Token)
}

func (c *checker) enqueue(s nodeapi.NodeService, from, to node.Account, channel, payload []byte) (uint64, error) {
	future, release := s.Enqueue(c.ctx, func(p nodeapi.NodeService_enqueue_Params) error {
		p.SetVersion(1)
		return errors.Join(p.SetRecipientKey(to.IdentityKey), p.SetPayload(payload), p.SetChannelId(channel), login(p, from))
	})
	defer release()
	results, err := future.Struct()
	return results.Seq(), err
}

type fetched struct {
	seq     uint64
	payload []byte
}

func collect(results interface {
	Payloads() (nodeapi.Delivery_List, error)
}, err error) ([]fetched, error) {
	if err != nil {
		return nil, err
	}
	list, err := results.Payloads()
	if err != nil {
		return nil, err
	}
	all := make([]fetched, list.Len())
	for i := range all {
		payload, err := list.At(i).Payload()
		if err != nil {
			return nil, err
		}
		all[i] = fetched{list.At(i).Seq(), bytes.Clone(payload)}
	}
	return all, nil
}

func (c *checker) fetch(s nodeapi.NodeService, as node.Account, channel []byte) ([]fetched, error) {
	future, release := s.Fetch(c.ctx, func(p nodeapi.NodeService_fetch_Params) error {
		p.SetVersion(1)
		return errors.Join(p.SetRecipientKey(as.IdentityKey), p.SetChannelId(channel), login(p, as))
	})
	defer release()
	return collect(future.Struct())
}

// drain asks until the queue is empty.
func (c *checker) drain(s nodeapi.NodeService, as node.Account, channel []byte) ([]fetched, error) {
	var all []fetched
	for {
		some, err := c.fetch(s, as, channel)
		if err != nil || len(some) == 0 {
			return all, err
		}
		all = append(all, some...)
	}
}

func (c *checker) wait(ctx context.Context, s nodeapi.NodeService, as node.Account, ms uint64) ([]fetched, error) {
	future, release := s.FetchWait(ctx, func(p nodeapi.NodeService_fetchWait_Params) error {
		p.SetVersion(1)
		p.SetTimeoutMs(ms)
		return errors.Join(p.SetRecipientKey(as.IdentityKey), login(p, as))
	})
	defer release()
	return collect(future.Struct())
}

func (c *checker) createChannel(s nodeapi.NodeService, as node.Account, peer []byte) ([]byte, error) {
	future, release := s.CreateChannel(c.ctx, func(p nodeapi.NodeService_createChannel_Params) error {
		return errors.Join(p.SetPeerKey(peer), login(p, as))
	})
	defer release()
	results, err := future.Struct()
	if err != nil {
		return nil, err
	}
	id, err := results.ChannelId()
	return bytes.Clone(id), err
}

func health(ctx context.Context, s nodeapi.NodeService) error {
	future, release := s.Health(ctx, nil)
	defer release()
	_, err := future.Struct()
	return err
}

// expectCode wants an exception whose reason holds the code (go-capnp puts the method's name before a reason).
func expectCode(err error, code string) error {
	if err == nil || !strings.Contains(err.Error(), code+":") {
		return fmt.Errorf("expected %s, got %v", code, err)
	}
	return nil
}

func (c *checker) pipelined() error {
	return c.session(func(s nodeapi.NodeService) error {
		var group sync.WaitGroup
		failures := make([]error, 20)
		for i := range failures {
			group.Go(func() { failures[i] = health(c.ctx, s) })
		}
		group.Wait()
		return errors.Join(failures...)
	})
}

func (c *checker) keyPackages() error {
	return c.session(func(s nodeapi.NodeService) error {
		fetch := func() ([]byte, error) {
			future, release := s.FetchKeyPackage(c.ctx, func(p nodeapi.NodeService_fetchKeyPackage_Params) error {
				return errors.Join(p.SetIdentityKey(c.alice.IdentityKey), login(p, c.bob))
			})
			defer release()
			results, err := future.Struct()
			if err != nil {
				return nil, err
			}
			pkg, err := results.Package()
			return bytes.Clone(pkg), err
		}
		for left, err := fetch(); len(left) > 0 || err != nil; left, err = fetch() {
			if err != nil {
				return err
			}
		}
		for _, pkg := range [][]byte{[]byte("first"), []byte("second")} {
			future, release := s.UploadKeyPackage(c.ctx, func(p nodeapi.NodeService_uploadKeyPackage_Params) error {
				return errors.Join(p.SetIdentityKey(c.alice.IdentityKey), p.SetPackage(pkg), login(p, c.alice))
			})
			results, err := future.Struct()
			if err != nil {
				return err
			}
			fingerprint, err := results.Fingerprint()
			if sum := sha256.Sum256(pkg); err != nil || !bytes.Equal(fingerprint, sum[:]) {
				return fmt.Errorf("fingerprint %x (%v)", fingerprint, err)
			}
			release()
		}
		for _, expected := range []string{"first", "second", ""} {
			if pkg, err := fetch(); err != nil || string(pkg) != expected {
				return fmt.Errorf("package %q instead of %q (%v)", pkg, expected, err)
			}
		}
		return nil
	})
}

func (c *checker) hybridKeys() error {
	return c.session(func(s nodeapi.NodeService) error {
		key := make([]byte, 1216)
		_, _ = rand.Read(key)
		upload, release := s.UploadHybridKey(c.ctx, func(p nodeapi.NodeService_uploadHybridKey_Params) error {
			return errors.Join(p.SetIdentityKey(c.alice.IdentityKey), p.SetHybridPublicKey(key), login(p, c.alice))
		})
		defer release()
		if _, err := upload.Struct(); err != nil {
			return err
		}
		future, release := s.FetchHybridKey(c.ctx, func(p nodeapi.NodeService_fetchHybridKey_Params) error {
			return errors.Join(p.SetIdentityKey(c.alice.IdentityKey), login(p, c.bob))
		})
		defer release()
		results, err := future.Struct()
		if err != nil {
			return err
		}
		if got, err := results.HybridPublicKey(); err != nil || !bytes.Equal(got, key) {
			return fmt.Errorf("another key came back (%v)", err)
		}
		return nil
	})
}

func (c *checker) messages() error {
	return c.session(func(s nodeapi.NodeService) error {
		if _, err := c.drain(s, c.alice, nil); err != nil {
			return err
		}
		var last uint64
		for i := range 10 {
			seq, err := c.enqueue(s, c.bob, c.alice, nil, []byte{byte(i), 0})
			if err != nil || (i > 0 && seq <= last) {
				return fmt.Errorf("number %d after %d (%v)", seq, last, err)
			}
			last = seq
		}
		got, err := c.drain(s, c.alice, nil)
		if err != nil || len(got) != 10 || got[9].seq != last {
			return fmt.Errorf("%d messages (%v)", len(got), err)
		}
		for i, message := range got {
			if !bytes.Equal(message.payload, []byte{byte(i), 0}) {
				return fmt.Errorf("message %d is %x", i, message.payload)
			}
		}
		return nil
	})
}

func (c *checker) atOnce() error {
	return c.session(func(s nodeapi.NodeService) error {
		var group sync.WaitGroup
		failures := make([]error, 200)
		for i := range failures {
			group.Go(func() { _, failures[i] = c.enqueue(s, c.bob, c.alice, nil, []byte{byte(i)}) })
		}
		group.Wait()
		if err := errors.Join(failures...); err != nil {
			return err
		}
		got, err := c.drain(s, c.alice, nil)
		if err != nil || len(got) != len(failures) {
			return fmt.Errorf("%d messages (%v)", len(got), err)
		}
		return nil
	})
}

func (c *checker) large() error {
	return c.session(func(s nodeapi.NodeService) error {
		payload := make([]byte, 5<<20)
		_, _ = rand.Read(payload)
		if _, err := c.enqueue(s, c.bob, c.alice, nil, payload); err != nil {
			return err
		}
		got, err := c.drain(s, c.alice, nil)
		if err != nil || len(got) != 1 || !bytes.Equal(got[0].payload, payload) {
			return fmt.Errorf("%d messages (%v)", len(got), err)
		}
		_, err = c.enqueue(s, c.bob, c.alice, nil, append(payload, 1))
		return expectCode(err, "E006")
	})
}

func (c *checker) waiting() error {
	return c.session(func(s nodeapi.NodeService) error {
		woken := make(chan error, 1)
		go func() {
			got, err := c.wait(c.ctx, s, c.alice, 20_000)
			if err == nil && (len(got) != 1 || string(got[0].payload) != "wake up") {
				err = fmt.Errorf("woken with %d messages", len(got))
			}
			woken <- err
		}()
		time.Sleep(100 * time.Millisecond)
		if err := health(c.ctx, s); err != nil {
			return err
		}
		if _, err := c.enqueue(s, c.bob, c.alice, nil, []byte("wake up")); err != nil {
			return err
		}
		if err := <-woken; err != nil {
			return err
		}

		leaving, leave := context.WithTimeout(c.ctx, 100*time.Millisecond)
		defer leave()
		if _, err := c.wait(leaving, s, c.alice, 20_000); err == nil {
			return errors.New("a wait that was left was answered")
		}
		time.Sleep(100 * time.Millisecond)
		if _, err := c.enqueue(s, c.bob, c.alice, nil, []byte("kept")); err != nil {
			return err
		}
		if got, err := c.drain(s, c.alice, nil); err != nil || len(got) != 1 {
			return fmt.Errorf("after a wait that was left: %d messages (%v)", len(got), err)
		}
		started := time.Now()
		if got, err := c.wait(c.ctx, s, c.alice, 200); err != nil || len(got) != 0 || time.Since(started) < 150*time.Millisecond {
			return fmt.Errorf("an empty wait gave %d messages after %v (%v)", len(got), time.Since(started), err)
		}
		return nil
	})
}

func (c *checker) channels() error {
	return c.session(func(s nodeapi.NodeService) error {
		id, err := c.createChannel(s, c.alice, c.bob.IdentityKey)
		if err != nil || len(id) != 16 {
			return fmt.Errorf("channel id of %d bytes (%v)", len(id), err)
		}
		same, err := c.createChannel(s, c.bob, c.alice.IdentityKey)
		if err != nil || !bytes.Equal(id, same) {
			return fmt.Errorf("the other member got another channel (%v)", err)
		}
		if _, err := c.drain(s, c.bob, id); err != nil {
			return err
		}
		if _, err := c.enqueue(s, c.alice, c.bob, id, []byte("in the channel")); err != nil {
			return err
		}
		if got, err := c.drain(s, c.bob, id); err != nil || len(got) != 1 {
			return fmt.Errorf("%d messages in the channel (%v)", len(got), err)
		}
		unknown := make([]byte, 16)
		_, _ = rand.Read(unknown)
		_, err = c.fetch(s, c.bob, unknown)
		return expectCode(err, "E023")
	})
}

func (c *checker) refusals() error {
	return c.session(func(s nodeapi.NodeService) error {
		stranger := c.alice
		stranger.Token = []byte("not a token of anybody")
		_, err := c.fetch(s, stranger, nil)
		if err := expectCode(err, "E003"); err != nil {
			return err
		}
		_, err = c.enqueue(s, c.alice, c.bob, nil, nil)
		if err := expectCode(err, "E005"); err != nil {
			return err
		}
		return health(c.ctx, s)
	})
}

func (c *checker) streams() error {
	return c.session(func(outer nodeapi.NodeService) error {
		var group sync.WaitGroup
		failures := make([]error, 8)
		for i := range failures {
			group.Go(func() {
				failures[i] = c.session(func(inner nodeapi.NodeService) error { return health(c.ctx, inner) })
			})
		}
		group.Wait()
		return errors.Join(append(failures, health(c.ctx, outer))...)
	})
}

func (c *checker) earlyRelease() error {
	return c.session(func(s nodeapi.NodeService) error {
		if err := s.Resolve(c.ctx); err != nil {
			return err
		}
		other := s.AddRef()
		if err := health(c.ctx, other); err != nil {
			return err
		}
		other.Release()
		return health(c.ctx, s)
	})
}

func fail(code int, err error) {
	fmt.Fprintln(os.Stderr, "node-client:", err)
	os.Exit(code)
}
