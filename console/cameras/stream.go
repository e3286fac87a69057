package cameras

import (
	"context"
	"io"
	"time"

	"guardroom/console/auth"
)

// Viewer is somebody who asks for pictures, with what ends their watching.
type Viewer struct {
	By  auth.Operator
	Key string // of the session or the token: those with the same key end together
	// Follow tells at once when the session ends, or goes over to another officer.
	Follow func() (ended <-chan struct{}, next <-chan auth.Operator, release func())
	// Still gives what the viewer may do now; auth.ErrUnauthenticated ends it.
	Still func(ctx context.Context) (auth.Operator, error)
}

// View is a live picture on its way to a viewer.
type View struct {
	ID     string
	ETag   string
	Answer string // the session description
}

// Still is the newest whole picture of a camera: an MP4 with one frame in it.
type Still struct {
	MP4         []byte
	ContentType string
	At          time.Time
}

// Playing is a recording on its way to a viewer.
type Playing struct {
	body        io.ReadCloser
	contentType string
	from        time.Time
	end         func()
}

// Read gives the next bytes of a fragmented MP4.
func (p Playing) Read(to []byte) (int, error) { return p.body.Read(to) }

// Close ends it.
func (p Playing) Close() {
	_ = p.body.Close() // the sender is told by it
	p.end()
}

// ContentType is video/mp4 with its codecs where they are known.
func (p Playing) ContentType() string { return p.contentType }

// From is where it was asked to begin.
func (p Playing) From() time.Time { return p.from }
