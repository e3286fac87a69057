package gateway

import (
	"bytes"
	"testing"
	"time"

	"guardroom/devices/picture"
	"guardroom/devices/rtsp"
	simulated "guardroom/simulators/camera"
)

// A recorder of the station's own stands in for the ring: what its address plays
// becomes a file of the length that was asked for, though the recorder plays on.
func TestARecorderStandsInForTheRing(t *testing.T) {
	t.Parallel()
	views, err := simulated.Scene("gate-a")
	if err != nil {
		t.Fatal(err)
	}
	source, err := simulated.Start(t.Context(), simulated.Options{ID: "R-01", Views: views, Username: "viewer", Password: "hush"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	c := &camera{config: CameraConfig{
		ID: "C-01", Username: "viewer", Password: SecretValue("hush"), Record: RecordConfig{Playback: source.URL("main") + "?from={start}"},
	}}
	from := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	var begun time.Time
	if err := c.copy(t.Context(), from, from.Add(2*time.Second), &out, func(at time.Time) { begun = at }); err != nil {
		t.Fatal(err)
	}
	_, whole, parts, err := picture.Parts(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || whole != int64(out.Len()) || len(parts) == 0 || !parts[0].Key || !begun.Equal(from) {
		t.Fatalf("%d of %d bytes in %d parts, begun %s: %v", whole, out.Len(), len(parts), begun, err)
	}
	if length := parts[len(parts)-1].End(); length > 2.2*rtsp.ClockRate {
		t.Errorf("it plays on: %.1f s", float64(length)/rtsp.ClockRate)
	}
	c.config.Password = SecretValue("wrong")
	if err := c.copy(t.Context(), from, from.Add(2*time.Second), &out, func(time.Time) {}); err == nil {
		t.Error("a wrong password plays something")
	}
}
