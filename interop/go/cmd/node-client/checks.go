package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"quicnprotochat.example/interop/nodeapi"
)

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
