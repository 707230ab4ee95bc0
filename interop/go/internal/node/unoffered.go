package node

import (
	"context"

	"quicnprotochat.example/interop/nodeapi"
)

// PublishEndpoint is not offered, like all methods of this file.
func (s *Service) PublishEndpoint(context.Context, nodeapi.NodeService_publishEndpoint) error {
	return unimplemented("publishEndpoint")
}

func (s *Service) ResolveEndpoint(context.Context, nodeapi.NodeService_resolveEndpoint) error {
	return unimplemented("resolveEndpoint")
}

func (s *Service) OpaqueRegisterStart(context.Context, nodeapi.NodeService_opaqueRegisterStart) error {
	return unimplemented("opaqueRegisterStart")
}

func (s *Service) OpaqueRegisterFinish(context.Context, nodeapi.NodeService_opaqueRegisterFinish) error {
	return unimplemented("opaqueRegisterFinish")
}

func (s *Service) OpaqueLoginStart(context.Context, nodeapi.NodeService_opaqueLoginStart) error {
	return unimplemented("opaqueLoginStart")
}

func (s *Service) OpaqueLoginFinish(context.Context, nodeapi.NodeService_opaqueLoginFinish) error {
	return unimplemented("opaqueLoginFinish")
}

func (s *Service) Peek(context.Context, nodeapi.NodeService_peek) error { return unimplemented("peek") }

func (s *Service) Ack(context.Context, nodeapi.NodeService_ack) error { return unimplemented("ack") }

func (s *Service) FetchHybridKeys(context.Context, nodeapi.NodeService_fetchHybridKeys) error {
	return unimplemented("fetchHybridKeys")
}

func (s *Service) BatchEnqueue(context.Context, nodeapi.NodeService_batchEnqueue) error {
	return unimplemented("batchEnqueue")
}
