package notify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Pickup leaves e-mail in a folder from which a mail program of the house
// collects it: one message a file, named by the delivery, whole or not at all.
type Pickup struct {
	Folder string
	From   string
	Now    func() time.Time
}

// Send writes the message into the folder.
func (p *Pickup) Send(_ context.Context, d Delivery) error {
	if err := os.MkdirAll(p.Folder, 0o750); err != nil {
		return fmt.Errorf("pickup folder: %w", err)
	}
	part, err := os.CreateTemp(p.Folder, ".part-*")
	if err != nil {
		return fmt.Errorf("pickup folder: %w", err)
	}
	defer os.Remove(part.Name()) // gone by then when all went well
	_, err = part.Write(Message(d, p.From, p.Now()))
	if err == nil {
		err = part.Sync()
	}
	if closing := part.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(part.Name(), filepath.Join(p.Folder, d.ID+".eml"))
	}
	if err != nil {
		return fmt.Errorf("write into the pickup folder: %w", err)
	}
	return nil
}
