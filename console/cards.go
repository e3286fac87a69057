package console

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"guardroom/devices"
)

// CardKeyFile is the file of the data folder with the key under which card
// numbers are hashed. Gateways need a copy of it (card_key_file), and backups
// hold it: without it no card is anybody's.
const CardKeyFile = "cards.key"

const maxCardKeyFile = 4 << 10

// cardKey reads the key, or makes it at the first start.
func cardKey(data string) ([]byte, error) {
	text, err := keptCardKey(data)
	if err != nil {
		return nil, err
	}
	if text == nil {
		var key [devices.MinCardKey]byte
		_, _ = rand.Read(key[:]) // never fails
		text = []byte(hex.EncodeToString(key[:]) + "\n")
		if err := writeSecret(filepath.Join(data, CardKeyFile), text); err != nil {
			return nil, fmt.Errorf("make the key for card numbers: %w", err)
		}
	}
	return parseCardKey(text)
}

// keptCardKey is the text of the key file, nil when there is none yet. A file
// that holds no key is an error.
func keptCardKey(data string) ([]byte, error) {
	path := filepath.Join(data, CardKeyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the key for card numbers: %w", err)
	}
	if _, err := parseCardKey(text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

func parseCardKey(text []byte) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) < devices.MinCardKey || len(text) > maxCardKeyFile {
		return nil, fmt.Errorf("the key for card numbers is not %d bytes in hexadecimal", devices.MinCardKey)
	}
	return key, nil
}

// writeSecret makes a file that only its owner can read, and must not be there.
func writeSecret(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// stageCardKey writes the key of a backup beside its place, where it fails before
// anything else is changed; place puts it there, and drop removes what was not
// placed. Without a key, or with the one that is there, both do nothing.
func stageCardKey(data string, text []byte) (place func() error, drop func(), err error) {
	nothing := func() error { return nil }
	if text == nil {
		return nothing, func() {}, nil
	}
	if _, err := parseCardKey(text); err != nil {
		return nil, nil, fmt.Errorf("in the backup: %w", err)
	}
	path := filepath.Join(data, CardKeyFile)
	there, err := os.ReadFile(path)
	if err == nil && string(there) == string(text) {
		return nothing, func() {}, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("read the key for card numbers: %w", err)
	}
	staged := path + ".new"
	_ = os.Remove(staged) // of a restore that was cut off
	if err := errors.Join(os.MkdirAll(data, 0o755), writeSecret(staged, text)); err != nil {
		return nil, nil, fmt.Errorf("write the key for card numbers: %w", err)
	}
	place = func() error {
		if err := os.Rename(path, path+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.Rename(staged, path)
	}
	return place, func() { _ = os.Remove(staged) }, nil
}
