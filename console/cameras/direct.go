package cameras

import (
	"context"
	"time"

	"guardroom/console/video"
	"guardroom/devices"
	"guardroom/devices/rtsp"
)

// pull keeps a stream of a camera that the console reaches itself.
func (d *Desk) pull(ctx context.Context, s *source) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	from := s.camera.direct.Main
	if s.stream == devices.SubStream {
		from = s.camera.direct.Sub
	}
	ended := make(chan struct{})
	var err error // of the pull, once it has ended
	go func() {
		defer close(ended)
		err = rtsp.Pull(ctx, from, s.feed)
	}()
	for {
		flows, left := d.wanted(s)
		if !flows {
			break
		}
		end := time.NewTimer(left)
		select {
		case <-ended:
			end.Stop()
			if ctx.Err() == nil {
				d.o.Log.Error("cameras: a camera is not pulled", "stream", s.key, "err", err)
				<-ctx.Done() // its address is at fault: that does not heal
			}
			return
		case <-ctx.Done():
			end.Stop()
			<-ended
			return
		case <-end.C:
		case <-s.changed:
		}
		end.Stop()
	}
	cancel()
	<-ended
}

// directAlarm is what was raised for a camera of the console's own.
type directAlarm struct{ lost, frozen, known bool }

// superviseDirect raises what a gateway would raise for its cameras. At the start
// nobody knows what stands, so what does not hold is told once, too.
func (d *Desk) superviseDirect(ctx context.Context) {
	if len(d.o.Direct) == 0 || d.o.Raise == nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for i := range d.o.Direct {
			c := d.ofOwn(&d.o.Direct[i])
			d.mu.Lock()
			s := d.sources[c.id()+"/"+devices.MainStream]
			d.mu.Unlock()
			if s != nil {
				d.judge(ctx, c, s)
			}
		}
	}
}

// cameraCategory is what the profile of cameras is of.
const cameraCategory = "camera"

func (d *Desk) judge(ctx context.Context, c camera, s *source) {
	f := s.feed.State()
	was := s.alarm
	next := was
	next.known = true
	switch f.Status {
	case video.Live:
		next.lost, next.frozen = false, false
	case video.Frozen:
		next.lost, next.frozen = false, was.frozen || f.Alarm
	case video.Lost:
		next.lost = was.lost || f.Alarm
	default:
		return
	}
	for _, one := range []struct {
		kind       devices.Kind
		point      string
		was, holds bool
	}{
		{devices.CommsLost, devices.CommsPoint, was.lost, next.lost},
		{devices.VideoFrozen, devices.PicturePoint, was.frozen, next.frozen},
	} {
		if one.was == one.holds && was.known {
			continue
		}
		now := d.now()
		err := d.o.Raise(ctx, c.Station, devices.Signal{
			Point: c.point(one.point), Kind: one.kind, Active: one.holds, State: string(f.Status), Text: f.Fault.Text,
			Occurred: now, Observed: now, Clock: devices.Synced,
			Detail: map[string]string{devices.DeviceNameDetail: c.Name, devices.LocationDetail: c.Location, devices.CategoryDetail: cameraCategory},
		})
		if err != nil {
			d.o.Log.Warn("cameras: the state of a camera was not raised; it is tried again", "camera", c.id(), "err", err)
			return
		}
	}
	s.alarm = next
}
