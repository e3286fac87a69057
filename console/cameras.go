package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"

	"guardroom/console/alarms"
	"guardroom/console/auth"
	"guardroom/console/cameras"
	"guardroom/console/live"
	"guardroom/console/rationale"
	"guardroom/console/store"
	"guardroom/console/video"
	"guardroom/devices"
	"guardroom/devices/rtsp"
	"guardroom/gateway/link"
)

// VideoConfig is the port of live pictures.
type VideoConfig struct {
	Listen    string        `yaml:"listen"`     // one UDP and TCP port; default 127.0.0.1:8189
	PublicIPs []string      `yaml:"public_ips"` // told to browsers beside the machine's own, behind a port forwarding
	Servers   []RelayConfig `yaml:"servers"`    // STUN and TURN; none on a closed network
}

// RelayConfig is a STUN or TURN server.
type RelayConfig struct {
	URL          string `yaml:"url"` // turn:10.0.0.9:3478
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
}

// CameraConfig is a camera that the console reaches itself. Those behind a gateway
// stand in the gateway's configuration.
type CameraConfig struct {
	ID           string   `yaml:"id"`
	Station      string   `yaml:"station"`
	Name         string   `yaml:"name"`
	Location     string   `yaml:"location"`
	Address      string   `yaml:"address"` // rtsp:// or rtsps://
	Sub          string   `yaml:"sub"`
	Transport    string   `yaml:"transport"` // tcp, udp; default: as the camera takes it
	Username     string   `yaml:"username"`
	PasswordFile string   `yaml:"password_file"`
	Sees         []string `yaml:"sees"` // points that it looks at
}

// UnmarshalYAML takes the short form too: "video: 10.0.0.5:8189".
func (c *VideoConfig) UnmarshalYAML(decode func(any) error) error {
	type plain VideoConfig
	return shortOr(decode, &c.Listen, (*plain)(c))
}

func (p *problems) video(c *Config) {
	if _, _, err := net.SplitHostPort(c.Video.Listen); err != nil {
		p.add("$.video.listen", "%q is not host:port", c.Video.Listen)
	}
	for i, ip := range c.Video.PublicIPs {
		if _, err := netip.ParseAddr(ip); err != nil {
			p.add(fmt.Sprintf("$.video.public_ips[%d]", i), "%q is no address", ip)
		}
	}
	for i, s := range c.Video.Servers {
		u, err := url.Parse(s.URL)
		if err != nil || !slices.Contains([]string{"stun", "stuns", "turn", "turns"}, u.Scheme) {
			p.add(fmt.Sprintf("$.video.servers[%d]", i), "%q does not begin with stun: or turn:", s.URL)
		}
	}
	seen := map[string]bool{}
	for i, one := range c.Cameras {
		at := fmt.Sprintf("$.cameras[%d]", i)
		if !devices.ValidDeviceID(one.ID) || seen[one.ID] {
			p.add(at, "id %q: letters, digits, _ and - after the first, and only once", one.ID)
		}
		seen[one.ID] = true
		if !devices.ValidID(one.Station) {
			p.add(at, "station is missing")
		}
		for key, address := range map[string]string{"address": one.Address, "sub": one.Sub} {
			u, err := url.Parse(address)
			switch {
			case address == "" && key == "sub":
			case err != nil || u.Host == "" || u.Scheme != "rtsp" && u.Scheme != "rtsps":
				p.add(at, "%s is not an address such as rtsp://10.0.0.21/main", key)
			case u.User != nil:
				p.add(at, "a secret does not belong in this file: use username and password_file")
			}
		}
		if one.Transport != "" && one.Transport != "tcp" && one.Transport != "udp" {
			p.add(at, "transport is tcp or udp; leave it out to let the camera choose")
		}
	}
}

// direct are the cameras that the console reaches itself.
func (c Config) direct() ([]cameras.Direct, error) {
	var list []cameras.Direct
	for _, one := range c.Cameras {
		from := rtsp.Camera{URL: one.Address, Username: one.Username, Transport: rtsp.Transport(one.Transport)}
		if one.PasswordFile != "" {
			var err error
			if from.Password, err = secret(one.PasswordFile); err != nil {
				return nil, fmt.Errorf("camera %s: %w", one.ID, err)
			}
		}
		sub := from
		sub.URL = one.Sub
		list = append(list, cameras.Direct{
			ID: one.ID, Station: one.Station, Name: one.Name, Location: one.Location, Main: from, Sub: sub, HasSub: one.Sub != "", Sees: one.Sees,
		})
	}
	return list, nil
}

// openCameras opens the port of live pictures and the desk of cameras.
func (h *house) openCameras(ctx context.Context) error {
	o := video.Options{UDP: h.c.Video.Listen, TCP: h.c.Video.Listen, PublicIPs: h.c.Video.PublicIPs, Log: h.log}
	for _, s := range h.c.Video.Servers {
		one := video.RelayServer{URL: s.URL, Username: s.Username}
		if s.PasswordFile != "" {
			var err error
			if one.Password, err = secret(s.PasswordFile); err != nil {
				return fmt.Errorf("video.servers: %w", err)
			}
		}
		o.Servers = append(o.Servers, one)
	}
	var err error
	if h.video, err = video.New(o); err != nil {
		return explain(err, h.c.Video.Listen, "video.listen")
	}
	direct, err := h.c.direct()
	if err != nil {
		return err
	}
	doors := store.Doors{DB: h.db}
	h.cameras, err = cameras.Open(ctx, cameras.Options{
		Stations: h.stations, Store: store.Cameras{DB: h.db}, Video: h.video, Hub: h.hub, Direct: direct,
		Send: func(station, gateway string, c link.Channel, payload []byte) error {
			return h.wire.send(station, gateway, c, payload)
		},
		Place: func(station, number string) cameras.Where {
			w := h.sites.CameraPlace(station, number)
			return cameras.Where{Area: w.Area, AreaName: w.AreaName, Level: w.Level, LevelName: w.LevelName}
		},
		Alarm: h.alarms.Find,
		Users: (&store.Users{DB: h.db}).List,
		Named: func(ctx context.Context, by auth.Operator, p devices.PointID, k devices.Kind) []string {
			row, err := h.rationale.Of(ctx, by, rationale.Key{Point: p, Kind: k})
			if err != nil {
				return nil // an alarm without its text still has its door and its area
			}
			return row.Cameras
		},
		Door: func(ctx context.Context, p devices.PointID) []string {
			s, err := doors.Setting(ctx, p)
			if err != nil {
				return nil // what stands in its area is still there
			}
			return s.Cameras
		},
		Raise: h.intake.Raise, Folder: filepath.Join(h.c.Data, "clips"), Log: h.log,
	})
	if err != nil {
		return fmt.Errorf("open the cameras: %w", err)
	}
	told := h.db.OnCommit
	h.db.OnCommit = func(change int64, events []live.Event) {
		told(change, events)
		if h.cameras.Turns() {
			h.ringCameras(events)
		}
	}
	return nil
}

// ringCameras tells the desk of cameras of alarms that ask for somebody.
func (h *house) ringCameras(events []live.Event) {
	for _, e := range events {
		if e.Topic != live.Alarm || e.Gone {
			continue
		}
		var a struct {
			ID      string          `json:"id"`
			Station string          `json:"station"`
			Point   devices.PointID `json:"point"`
			State   alarms.State    `json:"state"`
		}
		if json.Unmarshal(e.Data, &a) == nil && a.State == alarms.Unacknowledged {
			h.cameras.Rings(a.ID, a.Station, a.Point)
		}
	}
}
