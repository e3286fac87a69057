package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"guardroom/devices"
	"guardroom/devices/onvif"
)

// preset is a view that a camera knows.
type preset struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// turner turns a camera.
type turner interface {
	Move(ctx context.Context, pan, tilt, zoom float64, within time.Duration) error
	Stop(ctx context.Context) error
	Go(ctx context.Context, preset string) error
	Presets(ctx context.Context) ([]preset, error)
	Save(ctx context.Context, id, name string) (string, error)
}

// turn carries out what concerns pan, tilt and zoom. A move that is not renewed
// is stopped from here, whatever the camera makes of its own timeout.
func (o *cameraOrders) turn(ctx context.Context, cam *camera, c devices.Command) (string, error) {
	t, a := cam.turner, c.Arguments
	switch {
	case t == nil:
		return "", &orderError{devices.RefusedNoSuchVerb, "this camera cannot be turned from here"}
	case c.Verb == devices.PTZPresets:
		list, err := t.Presets(ctx)
		if err != nil {
			return "", err
		}
		text, err := json.Marshal(list[:min(len(list), 300)])
		return string(text), err
	case o.site.config.ReadOnly:
		return "", &orderError{devices.RefusedReadOnly, "the gateway is set to look only: it never writes to a device"}
	}
	switch c.Verb {
	case devices.PTZPreset:
		o.still(cam)
		return "", t.Go(ctx, a["preset"])
	case devices.PTZSave:
		return t.Save(ctx, a["preset"], a["name"])
	case devices.PTZStop:
		o.still(cam)
		return "", t.Stop(ctx)
	}
	pan, err1 := strconv.ParseFloat(a["pan"], 64)
	tilt, err2 := strconv.ParseFloat(a["tilt"], 64)
	zoom, err3 := strconv.ParseFloat(a["zoom"], 64)
	if err := errors.Join(err1, err2, err3); err != nil || !speed(pan) || !speed(tilt) || !speed(zoom) {
		return "", &orderError{devices.RefusedArguments, "pan, tilt and zoom are speeds from -1 to 1"}
	}
	o.stopLater(cam)
	return "", t.Move(ctx, pan, tilt, zoom, moveFor)
}

func speed(v float64) bool { return v >= -1 && v <= 1 }

func (o *cameraOrders) still(cam *camera) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t := o.moves[cam.config.ID]; t != nil {
		t.Stop()
		delete(o.moves, cam.config.ID)
	}
}

func (o *cameraOrders) stopLater(cam *camera) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t := o.moves[cam.config.ID]; t != nil {
		t.Reset(moveFor)
		return
	}
	o.moves[cam.config.ID] = time.AfterFunc(moveFor, func() {
		o.still(cam)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := cam.turner.Stop(ctx); err != nil {
			o.site.log.Warn("a camera was not stopped", "camera", cam.config.ID, "error", err)
		}
	})
}

// newTurner speaks ONVIF where the configuration names its address.
func newTurner(c CameraConfig) (turner, error) {
	if c.ONVIF == "" {
		return nil, nil
	}
	o := &onvifTurner{config: c}
	return o, o.check()
}

// onvifTurner turns a camera by ONVIF. It learns the profile that turns with the
// first order, and anew after a failure: the camera may have been exchanged.
type onvifTurner struct {
	config CameraConfig

	mu      sync.Mutex
	camera  *onvif.Camera
	profile string
}

func (o *onvifTurner) check() error {
	one, err := onvif.Open(onvif.Options{Address: o.config.ONVIF})
	if err == nil {
		one.Close()
	}
	return err
}

// with calls f with the camera and the profile that turns.
func (o *onvifTurner) with(ctx context.Context, f func(*onvif.Camera, string) error) error {
	camera, profile, err := o.learn(ctx)
	if err != nil {
		return err
	}
	if err = f(camera, profile); err != nil {
		o.mu.Lock()
		if o.camera == camera {
			o.camera = nil
			camera.Close()
		}
		o.mu.Unlock()
	}
	return err
}

func (o *onvifTurner) learn(ctx context.Context) (*onvif.Camera, string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.camera != nil {
		return o.camera, o.profile, nil
	}
	options := onvif.Options{Address: o.config.ONVIF, Username: o.config.Username}
	if o.config.Password.Given() {
		var err error
		if options.Password, err = o.config.Password.Reveal(); err != nil {
			return nil, "", err
		}
	}
	camera, err := onvif.Open(options)
	if err != nil {
		return nil, "", err
	}
	profiles, err := camera.GetProfiles(ctx)
	if err != nil {
		camera.Close()
		return nil, "", err
	}
	for _, p := range profiles {
		if p.PTZ {
			o.camera, o.profile = camera, p.Token
			return camera, p.Token, nil
		}
	}
	camera.Close()
	return nil, "", errors.New("the camera has no profile that turns")
}

func (o *onvifTurner) Move(ctx context.Context, pan, tilt, zoom float64, within time.Duration) error {
	return o.with(ctx, func(c *onvif.Camera, profile string) error {
		return c.ContinuousMove(ctx, profile, onvif.Aim{Pan: pan, Tilt: tilt, Zoom: zoom}, within)
	})
}

func (o *onvifTurner) Stop(ctx context.Context) error {
	return o.with(ctx, func(c *onvif.Camera, profile string) error { return c.Stop(ctx, profile) })
}

func (o *onvifTurner) Go(ctx context.Context, preset string) error {
	return o.with(ctx, func(c *onvif.Camera, profile string) error { return c.GotoPreset(ctx, profile, preset) })
}

func (o *onvifTurner) Presets(ctx context.Context) (list []preset, err error) {
	list = []preset{}
	err = o.with(ctx, func(c *onvif.Camera, profile string) error {
		found, err := c.GetPresets(ctx, profile)
		for _, p := range found {
			list = append(list, preset{ID: p.Token, Name: p.Name})
		}
		return err
	})
	return list, err
}

func (o *onvifTurner) Save(ctx context.Context, id, name string) (token string, err error) {
	err = o.with(ctx, func(c *onvif.Camera, profile string) error {
		token, err = c.SetPreset(ctx, profile, id, name)
		return err
	})
	return token, err
}
