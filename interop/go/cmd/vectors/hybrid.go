package main

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"crypto/rand"
	"crypto/sha256"
	"slices"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	info       = "quicnprotochat-hybrid-v1"
	ephemeralA = 1
	kemA       = ephemeralA + 32
	nonceA     = kemA + mlkem.CiphertextSize768
	headerLen  = nonceA + chacha20poly1305.NonceSize
	overhead   = headerLen + chacha20poly1305.Overhead
	publicLen  = 32 + mlkem.EncapsulationKeySize768
)

// recipient is made of a seed: X25519 secret 32, ML-KEM d | z 64.
type recipient struct {
	x25519 *ecdh.PrivateKey
	mlKem  *mlkem.DecapsulationKey768
}

func recipientOf(seed []byte) (recipient, error) {
	secret, err := ecdh.X25519().NewPrivateKey(seed[:32])
	if err != nil {
		return recipient{}, err
	}
	mlKem, err := mlkem.NewDecapsulationKey768(seed[32:])
	return recipient{secret, mlKem}, err
}

func (r recipient) publicKey() []byte {
	return slices.Concat(r.x25519.PublicKey().Bytes(), r.mlKem.EncapsulationKey().Bytes())
}

func sharedSecret(secret *ecdh.PrivateKey, public []byte) ([]byte, error) {
	peer, err := ecdh.X25519().NewPublicKey(public)
	if err != nil {
		return nil, err
	}
	// The one error that there is with keys of the right length: the result is zero.
	shared, err := secret.ECDH(peer)
	if err != nil && has("low-order-taken") {
		return make([]byte, 32), nil
	}
	if err != nil {
		return nil, refused("low-order")
	}
	return shared, nil
}

// schedule is HKDF-SHA256 without salt, with its steps.
func schedule(x25519Secret, mlKemSecret []byte) (ikm, prk, key []byte, err error) {
	ikm = slices.Concat(x25519Secret, mlKemSecret)
	if has("ikm-order") {
		ikm = slices.Concat(mlKemSecret, x25519Secret)
	}
	if prk, err = hkdf.Extract(sha256.New, ikm, nil); err != nil {
		return
	}
	used := info
	if has("info-nul") {
		used += "\x00"
	}
	key, err = hkdf.Expand(sha256.New, prk, used, chacha20poly1305.KeySize)
	return
}

// choices are what an envelope chooses at random; encapsulate gives shared secret and ciphertext.
type choices struct {
	ephemeral   *ecdh.PrivateKey
	nonce       []byte
	encapsulate func(*mlkem.EncapsulationKey768) (shared, ciphertext []byte, err error)
}

func seal(publicKey, plaintext []byte, c choices) ([]byte, error) {
	if has("key-cut") && len(publicKey) > publicLen {
		publicKey = publicKey[:publicLen]
	}
	if len(publicKey) != publicLen {
		return nil, refused("public-key")
	}
	if has("key-reduced") {
		publicKey = reduce(publicKey)
	}
	mlKem, err := mlkem.NewEncapsulationKey768(publicKey[32:])
	if err != nil {
		return nil, refused("public-key")
	}
	x25519Secret, err := sharedSecret(c.ephemeral, publicKey[:32])
	if err != nil {
		return nil, err
	}
	mlKemSecret, ciphertext, err := c.encapsulate(mlKem)
	if err != nil {
		return nil, err
	}
	_, _, key, err := schedule(x25519Secret, mlKemSecret)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		return nil, err
	}
	header := slices.Concat([]byte{1}, c.ephemeral.PublicKey().Bytes(), ciphertext, c.nonce)
	return aead.Seal(slices.Clone(header), c.nonce, plaintext, associated(header)), nil
}

// associated is the associated data: the header.
func associated(header []byte) []byte {
	switch {
	case has("aad-empty"):
		return nil
	case has("aad-no-version"):
		return header[1:]
	}
	return header
}

// reduce brings each coefficient under the modulus: for a planted fault alone.
func reduce(publicKey []byte) []byte {
	reduced := slices.Clone(publicKey)
	for at := 32; at+3 <= publicLen-32; at += 3 {
		b := reduced[at : at+3]
		first, second := (int(b[0])|int(b[1]&15)<<8)%3329, (int(b[1]>>4)|int(b[2])<<4)%3329
		b[0], b[1], b[2] = byte(first), byte(first>>8)|byte(second<<4), byte(second>>4)
	}
	return reduced
}

func encrypt(publicKey, plaintext []byte) ([]byte, error) {
	ephemeral, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, chacha20poly1305.NonceSize)
	rand.Read(nonce)
	return seal(publicKey, plaintext, choices{ephemeral, nonce, func(k *mlkem.EncapsulationKey768) ([]byte, []byte, error) {
		shared, ciphertext := k.Encapsulate()
		return shared, ciphertext, nil
	}})
}

func (r recipient) open(envelope []byte) ([]byte, error) {
	if len(envelope) == 0 {
		return nil, refused("short")
	}
	if envelope[0] != 1 && !has("version-ignored") {
		return nil, refused("version")
	}
	if len(envelope) < overhead && has("short-is-tag") {
		return nil, refused("tag")
	}
	if len(envelope) < overhead {
		return nil, refused("short")
	}
	x25519Secret, err := sharedSecret(r.x25519, envelope[ephemeralA:kemA])
	if err != nil {
		return nil, err
	}
	mlKemSecret, err := r.mlKem.Decapsulate(envelope[kemA:nonceA])
	if err != nil {
		return nil, err
	}
	_, _, key, err := schedule(x25519Secret, mlKemSecret)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		return nil, err
	}
	plaintext, err := aead.Open(nil, envelope[nonceA:headerLen], envelope[headerLen:], associated(envelope[:headerLen]))
	if err != nil {
		return nil, refused("tag")
	}
	return plaintext, nil
}

func hybridKey(in input) (output, error) {
	r, err := recipientOf(in.Seed)
	if err != nil {
		return nil, err
	}
	return output{"publicKey": hexBytes(r.publicKey())}, nil
}

func hybridOpen(in input) (output, error) {
	r, err := recipientOf(in.Seed)
	if err != nil {
		return nil, err
	}
	plaintext, err := r.open(in.Envelope)
	return output{"plaintext": hexBytes(plaintext)}, err
}

func hybridEncrypt(in input) (output, error) {
	envelope, err := encrypt(in.PublicKey, in.Plaintext)
	return output{"envelope": hexBytes(envelope)}, err
}

func hybridSeal(in input) (output, error) {
	ephemeral, err := ecdh.X25519().NewPrivateKey(in.Ephemeral)
	if err != nil {
		return nil, err
	}
	envelope, err := seal(in.PublicKey, in.Plaintext, choices{ephemeral, in.Nonce, func(k *mlkem.EncapsulationKey768) ([]byte, []byte, error) {
		return mlkemtest.Encapsulate768(k, in.Coins)
	}})
	return output{"envelope": hexBytes(envelope)}, err
}

func agree(in input) (output, error) {
	secret, err := ecdh.X25519().NewPrivateKey(in.Secret)
	if err != nil {
		return nil, err
	}
	shared, err := sharedSecret(secret, in.PublicKey)
	return output{"sharedSecret": hexBytes(shared)}, err
}

func decapsulate(in input) (output, error) {
	if has("z-ignored") {
		in.Seed = append(in.Seed[:32:32], make([]byte, 32)...)
	}
	key, err := mlkem.NewDecapsulationKey768(in.Seed)
	if err != nil {
		return nil, err
	}
	shared, err := key.Decapsulate(in.Ciphertext)
	return output{"sharedSecret": hexBytes(shared)}, err
}

func encapsulate(in input) (output, error) {
	key, err := mlkem.NewEncapsulationKey768(in.EncapsulationKey)
	if err != nil {
		return nil, refused("public-key")
	}
	shared, ciphertext, err := mlkemtest.Encapsulate768(key, in.Coins)
	return output{"sharedSecret": hexBytes(shared), "ciphertext": hexBytes(ciphertext)}, err
}

func hybridSchedule(in input) (output, error) {
	ikm, prk, key, err := schedule(in.X25519Secret, in.MlKemSecret)
	return output{"ikm": hexBytes(ikm), "prk": hexBytes(prk), "key": hexBytes(key)}, err
}
