package site

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"guardroom/devices"
	"guardroom/simulators/camera"
)

// cameraProfile is what a gateway calls a camera.
const cameraProfile = "camera"

// Camera is one simulated camera.
type Camera struct {
	ID       string `yaml:"id"`
	Name     string `yaml:"name"`
	Location string `yaml:"location"`
	Branch   string `yaml:"branch"`  // the station, when it is one of the branches
	Scene    string `yaml:"scene"`   // what it looks at: one of camera.Scenes
	Address  string `yaml:"address"` // host:port where RTSP listens; 127.0.0.1:0
	Face     string `yaml:"face"`    // host:port where ONVIF listens; 127.0.0.1:0
	Username string `yaml:"username"`
	Password string `yaml:"password"` // empty: whoever asks may watch
	Publish  bool   `yaml:"publish"`  // its path /live takes a stream that a program pushes

	// Where it is now, set by Site.Cameras.
	Main  string `yaml:"-"` // rtsp://127.0.0.1:port/main
	Sub   string `yaml:"-"`
	ONVIF string `yaml:"-"` // http://127.0.0.1:port/onvif/device_service
	PTZ   bool   `yaml:"-"` // it turns
}

// check reports what is wrong with a camera and what can be set at its points.
func (c *Camera) check() (map[string][]string, error) {
	if !slices.Contains(camera.Scenes(), c.Scene) {
		return nil, fmt.Errorf("no scene %q; there are %s", clip(c.Scene), strings.Join(camera.Scenes(), ", "))
	}
	if c.Password != "" && c.Username == "" {
		return nil, fmt.Errorf("a password without a username")
	}
	views, err := camera.Scene(c.Scene)
	if err != nil {
		return nil, err
	}
	states := []string{"normal"}
	for _, v := range views[1:] {
		states = append(states, v.Token)
	}
	return map[string][]string{"view": states}, nil
}

// checkCameras adds the cameras to what the scripts may speak of.
func (sc *Scenario) checkCameras(known map[string]map[string][]string, branches map[string]bool) (faults []error) {
	for i := range sc.Cameras {
		c := &sc.Cameras[i]
		switch {
		case !devices.ValidDeviceID(c.ID):
			faults = append(faults, fmt.Errorf("camera %d: id %q is not letters, digits, - and _", i+1, clip(c.ID)))
			continue
		case known[c.ID] != nil:
			faults = append(faults, fmt.Errorf("camera %s: there is a device of that name", c.ID))
			continue
		case !branches[c.Branch]:
			faults = append(faults, fmt.Errorf("camera %s: there is no branch %q", c.ID, clip(c.Branch)))
		}
		points, err := c.check()
		if err != nil {
			faults = append(faults, fmt.Errorf("camera %s: %w", c.ID, err))
		}
		known[c.ID] = points
	}
	return faults
}

func (s *Site) startCameras() error {
	for i := range s.sc.Cameras {
		c := s.sc.Cameras[i]
		for _, address := range []string{c.Address, c.Face} {
			if host, _, err := net.SplitHostPort(address); address != "" && (err != nil || !s.o.NonLoopback && !loopback(host)) {
				return fmt.Errorf("camera %s: %q is not host:port on this machine", c.ID, clip(address))
			}
		}
		views, err := camera.Scene(c.Scene)
		if err != nil {
			return fmt.Errorf("camera %s: %w", c.ID, err)
		}
		live, err := camera.Start(s.ctx, camera.Options{
			ID: c.ID, Name: c.Name, Address: c.Address, Face: c.Face, Username: c.Username, Password: c.Password,
			Views: views, Publish: c.Publish, Log: s.o.Log.With("camera", c.ID),
		})
		if err != nil {
			return err
		}
		c.Main, c.Sub, c.ONVIF, c.PTZ = live.URL("main"), live.URL("sub"), live.ONVIF(), len(views) > 1
		s.devices = append(s.devices, &device{
			Device: Device{ID: c.ID, Name: c.Name, Location: c.Location, Branch: c.Branch, Profile: cameraProfile, Points: map[string]Point{"view": {Name: "View"}}},
			live:   live, address: c.Main, eye: &c,
		})
	}
	return nil
}

// Cameras lists the cameras as a gateway's configuration needs them: with the
// addresses where they are now.
func (s *Site) Cameras() (list []Camera) {
	for _, d := range s.devices {
		if d.eye != nil {
			list = append(list, *d.eye)
		}
	}
	return list
}
