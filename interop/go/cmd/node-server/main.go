// node-server is a NodeService in memory, for tests of the conformance suite: right by default, with -break wrong in one way.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"capnproto.org/go/capnp/v3"
	"capnproto.org/go/capnp/v3/rpc"
	"github.com/quic-go/quic-go"
	"quicnprotochat.example/interop/internal/node"
	"quicnprotochat.example/interop/nodeapi"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "HOST:PORT to listen on (UDP)")
	accountsFile := flag.String("accounts", "", "JSON file of accounts")
	open := flag.Bool("open", false, "let callers without a token in")
	fault := flag.String("break", "", "plant a fault (see -list-breaks)")
	listBreaks := flag.Bool("list-breaks", false, "list the faults: name, requirement, description")
	coreOnly := flag.Bool("core-only", false, "answer methods 0 to 7 and 18 alone")
	lastSeq := flag.Uint64("last-seq", 0, "the number before the first of each queue")
	stopWithStdin := flag.Bool("stop-with-stdin", false, "stop when standard input closes")
	flag.Parse()
	if *listBreaks {
		for _, b := range node.Breaks {
			fmt.Printf("%s %s %s\n", b.Name, b.Requirement, b.Description)
		}
		return
	}
	if *fault != "" && !node.Known(*fault) {
		fail(2, fmt.Errorf("no fault is called %q: see -list-breaks", *fault))
	}
	var accounts []node.Account
	if *accountsFile != "" {
		var err error
		if accounts, err = node.LoadAccounts(*accountsFile); err != nil {
			fail(2, err)
		}
	} else if !*open {
		fail(2, fmt.Errorf("give -accounts FILE or -open"))
	}
	tlsConfig, fingerprint, err := selfSigned()
	if err != nil {
		fail(1, err)
	}
	listener, err := quic.ListenAddr(*listen, tlsConfig, &quic.Config{
		MaxIdleTimeout:        30 * time.Second,
		MaxIncomingStreams:    100,
		MaxIncomingUniStreams: -1,
	})
	if err != nil {
		fail(1, err)
	}
	fmt.Printf("listening on %s\ncertificate sha256 %x\n", listener.Addr(), fingerprint)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *stopWithStdin {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}
	service := node.New(accounts, *open, node.Break(*fault))
	service.CoreOnly, service.LastSeq = *coreOnly, *lastSeq
	var connections sync.WaitGroup
	for {
		conn, err := listener.Accept(ctx)
		if err != nil {
			break
		}
		connections.Go(func() { serve(ctx, conn, service) })
	}
	_ = listener.Close()
	connections.Wait()
}

// serve answers every bidirectional stream of a connection as a session of its own. When ctx ends it tells the peer.
func serve(ctx context.Context, conn *quic.Conn, service *node.Service) {
	defer context.AfterFunc(ctx, func() { _ = conn.CloseWithError(0, "the server stops") })()
	for {
		stream, err := conn.AcceptStream(conn.Context())
		if err != nil {
			return
		}
		newSession(bothWays{stream}, service)
	}
}

// newSession serves one stream until either side ends it.
func newSession(stream io.ReadWriteCloser, service *node.Service) {
	client := capnp.Client(nodeapi.NodeService_ServerToClient(service))
	rpc.NewConn(newTransport(stream), &rpc.Options{BootstrapClient: client})
}

// bothWays is a stream whose Close ends reading as well.
type bothWays struct{ *quic.Stream }

func (s bothWays) Close() error {
	s.CancelRead(0)
	return s.Stream.Close()
}

func fail(code int, err error) {
	fmt.Fprintln(os.Stderr, "node-server:", err)
	os.Exit(code)
}
