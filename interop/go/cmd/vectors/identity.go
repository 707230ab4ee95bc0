package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"math/big"
	"slices"
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
	if has("s-reduced") && len(in.Signature) == ed25519.SignatureSize {
		in.Signature = append(in.Signature[:32:32], reduced(in.Signature[32:])...)
	}
	if has("key-cut-31") && len(in.PublicKey) == ed25519.PublicKeySize && in.PublicKey[31] >= 128 {
		other := slices.Clone(in.PublicKey)
		other[31] ^= 128
		if ed25519.Verify(ed25519.PublicKey(other), in.Message, in.Signature) {
			return output{}, nil
		}
	}
	// Verify panics for keys of another length.
	if len(in.PublicKey) != ed25519.PublicKeySize || !ed25519.Verify(ed25519.PublicKey(in.PublicKey), in.Message, in.Signature) {
		return nil, refused("signature")
	}
	return output{}, nil
}

// reduced is a scalar modulo the order of the base point: for a planted fault alone.
func reduced(scalar []byte) []byte {
	order, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
	order.Add(order, new(big.Int).Lsh(big.NewInt(1), 252))
	bigEndian := slices.Clone(scalar)
	slices.Reverse(bigEndian)
	bytes := new(big.Int).Mod(new(big.Int).SetBytes(bigEndian), order).FillBytes(make([]byte, 32))
	slices.Reverse(bytes)
	return bytes
}

func fingerprint(in input) (output, error) {
	bytes := in.Package
	if has("fingerprint-cut") {
		bytes = bytes[:min(64, len(bytes))]
	}
	return output{"fingerprint": sum(bytes)}, nil
}
