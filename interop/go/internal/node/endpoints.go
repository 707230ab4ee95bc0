package node

import (
	"bytes"
	"context"

	"quicnprotochat.example/interop/nodeapi"
)

// PublishEndpoint keeps where an identity can be reached.
func (s *Service) PublishEndpoint(_ context.Context, call nodeapi.NodeService_publishEndpoint) error {
	if s.CoreOnly {
		return unimplemented("publishEndpoint")
	}
	args := call.Args()
	caller, err := s.authenticate(args)
	if err != nil {
		return err
	}
	key, err := readKey(args.IdentityKey())
	if err != nil {
		return err
	}
	if err := requireSelf(caller, key); err != nil && !s.is(EndpointForAnybody) {
		return err
	}
	addr, _ := args.NodeAddr()
	if len(addr) == 0 || len(addr) > maxNodeAddr {
		return refuse("E020", "BAD_PARAMS", "nodeAddr of %d bytes", len(addr))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.endpoints[key]; !known || !s.is(EndpointFirstWins) {
		s.endpoints[key] = bytes.Clone(addr)
	}
	return nil
}

// ResolveEndpoint tells where an identity can be reached, to anybody.
func (s *Service) ResolveEndpoint(_ context.Context, call nodeapi.NodeService_resolveEndpoint) error {
	if s.CoreOnly {
		return unimplemented("resolveEndpoint")
	}
	args := call.Args()
	if _, err := s.authenticate(args); err != nil && !s.is(ResolveForAnybody) {
		return err
	}
	key, err := readKey(args.IdentityKey())
	if err != nil {
		return err
	}
	s.mu.Lock()
	addr := s.endpoints[key]
	if s.is(EndpointOnce) {
		delete(s.endpoints, key)
	}
	s.mu.Unlock()
	results, err := call.AllocResults()
	if err != nil {
		return err
	}
	return results.SetNodeAddr(addr)
}
