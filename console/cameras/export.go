package cameras

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// exportStore keeps clips; the files are in the desk's folder.
type exportStore interface {
	Exports(ctx context.Context, camera string) ([]CameraExport, error) // newest first
	FindExport(ctx context.Context, id string) (CameraExport, error)    // ErrNotFound
	AddExport(ctx context.Context, e CameraExport, entry audit.Entry) error
	// SettleExport writes how a clip that was preparing ended.
	SettleExport(ctx context.Context, e CameraExport, entry audit.Entry) error
	// PreparingExports are those that an earlier run did not end.
	PreparingExports(ctx context.Context) ([]CameraExport, error)
	// OverdueExports notes as removed the clips that are due, and returns them.
	OverdueExports(ctx context.Context, now time.Time) ([]CameraExport, error)
}

const (
	clipsAtOnce  = 2
	mostExported = time.Hour
	clipsKept    = 7 * 24 * time.Hour
	clipWithin   = 4 * time.Hour
)

// clips makes clips.
type clips struct {
	desk  *Desk
	slots chan struct{}
}

func (k *clips) path(id string) string { return filepath.Join(k.desk.o.Folder, id+".zip") }

// open fails what an earlier run did not end: its files are half.
func (k *clips) open(ctx context.Context) error {
	d := k.desk
	if err := os.MkdirAll(d.o.Folder, 0o700); err != nil {
		return fmt.Errorf("folder of clips: %w", err)
	}
	left, err := d.o.Store.PreparingExports(ctx)
	if err != nil {
		return fmt.Errorf("read clips: %w", err)
	}
	for _, e := range left {
		_ = os.Remove(k.path(e.ID) + ".part") // may not be there
		e.State, e.Text = "failed", "the console was stopped while the clip was made; ask for it again"
		if err := d.o.Store.SettleExport(ctx, e, k.entry(auth.System(), e, "camera.export_failed")); err != nil {
			return fmt.Errorf("read clips: %w", err)
		}
	}
	return nil
}

func (k *clips) entry(by auth.Operator, e CameraExport, action string) audit.Entry {
	return audit.By(by, e.Station, action, "camera:"+e.Camera, map[string]string{
		"export": e.ID, "from": instantText(e.From), "to": instantText(e.To), "why": e.Why, "sha256": e.SHA256, "bytes": strconv.FormatInt(e.Bytes, 10), "text": e.Text,
	})
}

// run removes clips when they are due, until ctx ends.
func (k *clips) run(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		due, err := k.desk.o.Store.OverdueExports(ctx, k.desk.now())
		if err != nil && ctx.Err() == nil {
			k.desk.o.Log.Warn("cameras: old clips were not removed", "err", err)
		}
		for _, e := range due {
			if err := os.Remove(k.path(e.ID)); err != nil && !errors.Is(err, os.ErrNotExist) {
				k.desk.o.Log.Warn("cameras: an old clip was not removed", "export", e.ID, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Exports lists the clips of a camera.
func (d *Desk) Exports(ctx context.Context, by auth.Operator, id string) ([]CameraExport, error) {
	c, err := d.may(by, auth.CamerasExport, id)
	if err != nil {
		return nil, err
	}
	return d.o.Store.Exports(ctx, c.id())
}

// FindExport returns how a clip stands.
func (d *Desk) FindExport(ctx context.Context, by auth.Operator, id, export string) (CameraExport, error) {
	c, err := d.may(by, auth.CamerasExport, id)
	if err != nil {
		return CameraExport{}, err
	}
	e, err := d.o.Store.FindExport(ctx, export)
	if err == nil && e.Camera != c.id() {
		err = ErrNotFound
	}
	if err != nil {
		return CameraExport{}, fmt.Errorf("clip %.64s: %w", export, err)
	}
	return e, nil
}

// Export asks for a clip. It is made beside; the record tells who asked, why, and
// what came of it.
func (d *Desk) Export(ctx context.Context, by auth.Operator, id string, n NewExport) (CameraExport, error) {
	c, err := d.may(by, auth.CamerasExport, id)
	if err != nil {
		return CameraExport{}, err
	}
	why, err := words("why", n.Why, 3, 500)
	if err != nil {
		return CameraExport{}, err
	}
	if err := d.played(c, n.From, n.To, mostExported); err != nil {
		return CameraExport{}, err
	}
	select {
	case d.clips.slots <- struct{}{}:
	default:
		return CameraExport{}, &ConflictError{Reason: "busy", Text: "other clips are being made: ask again when they are ready"}
	}
	now := d.now()
	e := CameraExport{
		ID: auth.NewID(), Camera: c.id(), Station: c.Station, From: micro(n.From), To: micro(n.To), Why: why, State: "preparing",
		By: by.ID, ByName: by.Name, At: now, Until: now.Add(clipsKept),
	}
	if err := d.o.Store.AddExport(ctx, e, d.clips.entry(by, e, "camera.export")); err != nil {
		<-d.clips.slots
		return CameraExport{}, fmt.Errorf("ask for a clip of camera %s: %w", c.id(), err)
	}
	if !d.spawn(func() {
		defer func() { <-d.clips.slots }()
		d.clips.prepare(by, c, e)
	}) {
		<-d.clips.slots
		return CameraExport{}, errStopped
	}
	return e, nil
}

// prepare makes a clip and notes how it ended, again and again while the database
// is away.
func (k *clips) prepare(by auth.Operator, c camera, e CameraExport) {
	d := k.desk
	ctx, cancel := context.WithTimeout(d.ctx, clipWithin)
	defer cancel()
	e, err := k.make(ctx, c, e)
	action := "camera.export_ready"
	if err != nil {
		e.State, e.Text, action = "failed", "the clip was not made: "+err.Error(), "camera.export_failed"
		_ = os.Remove(k.path(e.ID) + ".part") // may not be there
		d.o.Log.Warn("cameras: a clip was not made", "camera", e.Camera, "export", e.ID, "err", err)
	}
	for d.ctx.Err() == nil {
		one, cancel := context.WithTimeout(d.ctx, 10*time.Second)
		err := d.o.Store.SettleExport(one, e, k.entry(by, e, action))
		cancel()
		if err == nil {
			return
		}
		select {
		case <-d.ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// Sidecar says where the pictures of a clip come from.
type Sidecar struct {
	Export     string    `json:"export"`
	Camera     string    `json:"camera"`
	Number     string    `json:"number"`
	Name       string    `json:"name"`
	Location   string    `json:"location"`
	Station    string    `json:"station"`
	Gateway    string    `json:"gateway"`
	From       time.Time `json:"from"`         // as asked for
	To         time.Time `json:"to"`           //
	Begins     time.Time `json:"begins"`       // the first picture, by the gateway's clock
	Clock      string    `json:"clock"`        // of the gateway, when the clip was made
	By         string    `json:"by"`           // user id
	ByName     string    `json:"by_name"`      //
	Why        string    `json:"why"`          //
	ExportedAt time.Time `json:"exported_at"`  //
	File       string    `json:"file"`         //
	Bytes      int64     `json:"bytes"`        //
	SHA256     string    `json:"sha256"`       // of the file
	Type       string    `json:"content_type"` //
	Demo       bool      `json:"demo"`         // simulated: nothing of it happened
}

// clockOf is what the register knows of a gateway's clock.
func (d *Desk) clockOf(gateway string) string {
	data, ok := d.o.Hub.On("gateway", gateway)
	var v struct {
		Clock devices.Clock `json:"clock"`
	}
	if !ok || json.Unmarshal(data, &v) != nil || v.Clock == "" {
		return "unknown"
	}
	return string(v.Clock)
}

func (k *clips) make(ctx context.Context, c camera, e CameraExport) (CameraExport, error) {
	d := k.desk
	p, err := d.fetch(ctx, c, e.From, e.To)
	if err != nil {
		return e, err
	}
	defer p.Close()
	part := k.path(e.ID) + ".part"
	file, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return e, errors.New("the console's disk does not take it")
	}
	defer file.Close() // a second time does nothing
	z, sum := zip.NewWriter(file), sha256.New()
	name := strings.NewReplacer("/", "-").Replace(e.Camera)
	side := Sidecar{
		Export: e.ID, Camera: e.Camera, Number: c.Device, Name: c.Name, Location: c.Location, Station: c.Station, Gateway: c.Gateway,
		From: e.From, To: e.To, Begins: p.From(), Clock: d.clockOf(c.Gateway), By: e.By, ByName: e.ByName, Why: e.Why, ExportedAt: e.At,
		File: name + ".mp4", Type: p.ContentType(), Demo: c.Demo,
	}
	w, err := z.CreateHeader(&zip.FileHeader{Name: side.File, Method: zip.Store, Modified: e.At})
	if err == nil {
		side.Bytes, err = io.Copy(io.MultiWriter(w, sum), p)
	}
	if err != nil {
		return e, fmt.Errorf("the recording broke off: %w", err)
	}
	side.SHA256 = hex.EncodeToString(sum.Sum(nil))
	text, err := json.MarshalIndent(side, "", "  ")
	if err != nil {
		return e, err
	}
	if w, err = z.CreateHeader(&zip.FileHeader{Name: name + ".json", Method: zip.Deflate, Modified: e.At}); err == nil {
		_, err = w.Write(append(text, '\n'))
	}
	if err = errors.Join(err, z.Close(), file.Sync()); err != nil {
		return e, fmt.Errorf("the console's disk does not take it: %w", err)
	}
	if info, err := file.Stat(); err == nil {
		e.Bytes = info.Size()
	}
	if err := errors.Join(file.Close(), os.Rename(part, k.path(e.ID))); err != nil {
		return e, fmt.Errorf("the console's disk does not take it: %w", err)
	}
	at := d.now()
	e.State, e.SHA256, e.ReadyAt = "ready", side.SHA256, &at
	return e, nil
}

// OpenExport opens a clip for somebody who takes it along; that is recorded.
func (d *Desk) OpenExport(ctx context.Context, by auth.Operator, id, export string) (io.ReadSeekCloser, CameraExport, error) {
	e, err := d.FindExport(ctx, by, id, export)
	if err != nil {
		return nil, e, err
	}
	if e.State != "ready" {
		return nil, e, &ConflictError{Reason: "not_ready", Text: "the clip is " + e.State}
	}
	file, err := os.Open(d.clips.path(e.ID))
	if err != nil {
		return nil, e, fmt.Errorf("clip %s: %w", e.ID, errors.Join(ErrNotFound, err))
	}
	if err := d.o.Store.Record(ctx, []audit.Entry{d.clips.entry(by, e, "camera.export_taken")}); err != nil {
		file.Close()
		return nil, e, fmt.Errorf("record who takes clip %s: %w", e.ID, err)
	}
	return file, e, nil
}
