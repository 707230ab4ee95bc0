// node-client works a whole session with a NodeService as a go-capnp client does, and says what differs.
//
// It calls on the bootstrap promise before it is resolved and goes on doing so, calls concurrently, cancels, releases
// early, uses several streams, and leaves with the Abort that go-capnp says goodbye with. Exits 1 at the first difference.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
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

func fail(code int, err error) {
	fmt.Fprintln(os.Stderr, "node-client:", err)
	os.Exit(code)
}
