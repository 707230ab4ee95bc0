package node

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// Account is somebody whom the node knows.
type Account struct {
	Name        string
	IdentityKey []byte // 32 bytes
	Token       []byte
	DeviceID    []byte // when set, the token is good on this device alone
	Expired     bool
}

// LoadAccounts reads [{"name", "identityKey": 64 hex, "token": hex, optional "deviceId": hex, optional "expired"}, ...].
func LoadAccounts(path string) ([]Account, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var entries []struct {
		Name, IdentityKey, Token, DeviceID string
		Expired                            bool
	}
	if json.Unmarshal(text, &entries) != nil {
		return nil, errors.New("the accounts file is no JSON array of accounts")
	}
	accounts := make([]Account, len(entries))
	for i, entry := range entries {
		key, keyErr := hex.DecodeString(entry.IdentityKey)
		token, tokenErr := hex.DecodeString(entry.Token)
		device, deviceErr := hex.DecodeString(entry.DeviceID)
		if keyErr != nil || tokenErr != nil || deviceErr != nil || len(key) != 32 || len(token) == 0 {
			return nil, fmt.Errorf("account %d is not in order", i+1)
		}
		accounts[i] = Account{entry.Name, key, token, device, entry.Expired}
	}
	return accounts, nil
}

// find looks a token up; every account is compared, each in constant time.
func (s *Service) find(token []byte) *Account {
	digest := sha256.Sum256(token)
	var found *Account
	for i := range s.accounts {
		account := &s.accounts[i]
		own := sha256.Sum256(account.Token)
		if subtle.ConstantTimeCompare(digest[:], own[:]) == 1 {
			found = account
		}
		if s.is(TokenPrefix) && len(token) > 0 && bytes.HasPrefix(token, account.Token) {
			found = account
		}
	}
	return found
}
