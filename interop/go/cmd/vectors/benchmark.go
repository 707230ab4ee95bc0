package main

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"time"
)

// benchmark prints how many envelopes of 1 KiB one core encrypts and decrypts in a second.
func benchmark() {
	seed := make([]byte, 96)
	rand.Read(seed)
	r, err := recipientOf(seed)
	if err != nil {
		panic(err)
	}
	public, plaintext := r.publicKey(), make([]byte, 1024)
	var envelope []byte
	rate := func(act func() error) float64 {
		start, count := time.Now(), 0
		for time.Since(start) < time.Second {
			if err := act(); err != nil {
				panic(err)
			}
			count++
		}
		return float64(count) / time.Since(start).Seconds()
	}
	encrypts := rate(func() (err error) { envelope, err = encrypt(public, plaintext); return })
	decrypts := rate(func() error { _, err := r.open(envelope); return err })
	json.NewEncoder(os.Stdout).Encode(map[string]float64{"encrypt": encrypts, "decrypt": decrypts})
}
