package node

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"quicnprotochat.example/interop/nodeapi"
)

var alice = Account{Name: "alice", IdentityKey: bytes.Repeat([]byte{0xa1}, 32), Token: []byte("token of alice")}

// client is one to a right service with one account; failing calls time out with the test.
func client(t *testing.T) (*Service, nodeapi.NodeService) {
	service := New([]Account{alice}, false, "")
	c := nodeapi.NodeService_ServerToClient(service)
	t.Cleanup(c.Release)
	return service, c
}

func login(auth nodeapi.Auth, err error) error {
	if err != nil {
		return err
	}
	auth.SetVersion(1)
	return auth.SetAccessToken(alice.Token)
}

func queued(t *testing.T, service *Service) *queue {
	t.Helper()
	q := &queue{}
	q.add([]byte("kept"))
	service.queues[queueID{"", string(alice.IdentityKey)}] = q
	return q
}

func TestCallsThatWereCancelledBeforeTheirTurnTakeNothing(t *testing.T) {
	service, c := client(t)
	q := queued(t, service)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	fetch, release := c.Fetch(gone, func(p nodeapi.NodeService_fetch_Params) error {
		p.SetVersion(1)
		return errors.Join(p.SetRecipientKey(alice.IdentityKey), login(p.NewAuth()))
	})
	defer release()
	wait, release := c.FetchWait(gone, func(p nodeapi.NodeService_fetchWait_Params) error {
		p.SetVersion(1)
		p.SetTimeoutMs(1000)
		return errors.Join(p.SetRecipientKey(alice.IdentityKey), login(p.NewAuth()))
	})
	defer release()
	<-fetch.Done()
	<-wait.Done()
	if got := text(q.take(0)); got != "kept" {
		t.Errorf("%q is left", got)
	}
}

func TestAnAnswerThatCannotBeWrittenTakesNothing(t *testing.T) {
	service, _ := client(t)
	q := queued(t, service)
	failure := errors.New("no room")
	err := service.deliver(q, q.take(0), func(int32) (nodeapi.Delivery_List, error) {
		return nodeapi.Delivery_List{}, failure
	})
	if got := text(q.take(0)); got != "kept" || err != failure {
		t.Errorf("%q is left (%v)", got, err)
	}
}

func TestTokens(t *testing.T) {
	device := Account{Name: "bound", IdentityKey: bytes.Repeat([]byte{0xb0}, 32), Token: []byte("bound"), DeviceID: []byte("phone")}
	expired := Account{Name: "old", IdentityKey: bytes.Repeat([]byte{0xc0}, 32), Token: []byte("old"), Expired: true}
	for _, test := range []struct {
		name          string
		version       uint16
		token, device string
		code          string
	}{
		{"the right one", 1, string(alice.Token), "", ""},
		{"version 0", 0, string(alice.Token), "", "E001"},
		{"version 2", 2, string(alice.Token), "", "E001"},
		{"empty", 1, "", "", "E002"},
		{"one byte less", 1, string(alice.Token[:5]), "", "E003"},
		{"one byte more", 1, string(alice.Token) + "x", "", "E003"},
		{"expired", 1, "old", "", "E017"},
		{"the right device", 1, "bound", "phone", ""},
		{"another device", 1, "bound", "tablet", "E003"},
		{"a device id of 64 bytes", 1, string(alice.Token), strings.Repeat("d", 64), ""},
		{"a device id of 65 bytes", 1, string(alice.Token), strings.Repeat("d", 65), "E020"},
	} {
		c := nodeapi.NodeService_ServerToClient(New([]Account{alice, device, expired}, false, ""))
		future, release := c.FetchKeyPackage(context.Background(), func(p nodeapi.NodeService_fetchKeyPackage_Params) error {
			auth, err := p.NewAuth()
			auth.SetVersion(test.version)
			return errors.Join(err, p.SetIdentityKey(alice.IdentityKey),
				auth.SetAccessToken([]byte(test.token)), auth.SetDeviceId([]byte(test.device)))
		})
		_, err := future.Struct()
		if got := err != nil; got != (test.code != "") || (got && !strings.Contains(err.Error(), test.code+":")) {
			t.Errorf("%s: expected %q, got %v", test.name, test.code, err)
		}
		release()
		c.Release()
	}
}
