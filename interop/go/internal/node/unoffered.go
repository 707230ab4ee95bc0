package node

import (
	"context"

	"quicnprotochat.example/interop/nodeapi"
)

// OpaqueRegisterStart is not offered, like all methods of this file.
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
