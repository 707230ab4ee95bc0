package main

import (
	"crypto/ed25519"
	"crypto/sha256"
)

func sum(bytes []byte) hexBytes {
	digest := sha256.Sum256(bytes)
	return digest[:]
}

func identityKey(in input) (output, error) {
	public := ed25519.NewKeyFromSeed(in.Seed).Public().(ed25519.PublicKey)
	senderID := sum(public)
	if has("sender-is-key") {
		senderID = hexBytes(public)
	}
	return output{"publicKey": hexBytes(public), "senderId": senderID}, nil
}

func identitySign(in input) (output, error) {
	return output{"signature": hexBytes(ed25519.Sign(ed25519.NewKeyFromSeed(in.Seed), in.Message))}, nil
}

func identityVerify(in input) (output, error) {
	if has("signature-unchecked") && len(in.Signature) == ed25519.SignatureSize {
		return output{}, nil
	}
	// Verify panics for keys of another length.
	if len(in.PublicKey) != ed25519.PublicKeySize || !ed25519.Verify(ed25519.PublicKey(in.PublicKey), in.Message, in.Signature) {
		return nil, refused("signature")
	}
	return output{}, nil
}

func fingerprint(in input) (output, error) {
	bytes := in.Package
	if has("fingerprint-cut") {
		bytes = bytes[:min(64, len(bytes))]
	}
	return output{"fingerprint": sum(bytes)}, nil
}
