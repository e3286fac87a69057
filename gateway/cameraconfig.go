package gateway

import (
	"net/url"
	"slices"
	"strings"

	"guardroom/devices"
	"guardroom/devices/rtsp"
)

// CameraConfig is one camera of the site.
type CameraConfig struct {
	ID, Name, Location string
	Main, Sub          string // addresses, rtsp:// or rtsps://; Sub may be empty
	ONVIF              string // http:// or https://, for what turns; may be empty
	Transport          rtsp.Transport
	Username           string
	Password           Secret
	Record             RecordConfig
	Sees               []string // points that it looks at, whole ids
	Priority           int      // of its alarms, 1 to 4; 0 leaves the kinds' own
}

// RecordConfig says how a camera's pictures are kept.
type RecordConfig struct {
	Hours  int    // in the gateway's ring; 0 keeps none
	Stream string // devices.MainStream, devices.SubStream
	// Playback is the address at which a recorder of the station's own plays what
	// it has recorded. {start} and {end} in it stand for instants such as
	// 20300601T120000Z; without them the recorder is asked by a range of the clock.
	Playback string
}

// RecorderConfig is the ring of all cameras.
type RecorderConfig struct {
	Folder   string
	MaxBytes int64
	MinFree  int64
}

func (l *loader) recorder(n *node) {
	if n == nil || n.kind == nothing {
		return
	}
	l.only(n, "recorder", "folder", "max_bytes", "min_free")
	l.config.Recorder = RecorderConfig{
		Folder:   l.path(n.get("folder"), "folder"),
		MaxBytes: l.whole(n.get("max_bytes"), "recorder max_bytes", 64<<20, 1<<50),
		MinFree:  l.whole(n.get("min_free"), "recorder min_free", 0, 1<<50),
	}
}

func (l *loader) cameras(n *node) {
	if n == nil || n.kind == nothing {
		return
	}
	if n.kind != aList {
		l.fault(n.at(), "cameras is %s; it must be a list", n.kind)
		return
	}
	seen := map[string]bool{}
	for _, d := range l.config.Devices {
		seen[d.ID] = true
	}
	for _, item := range n.list {
		before := len(l.faults)
		c := l.camera(item)
		if c.ID != "" && seen[c.ID] {
			l.fault(item.at(), "camera %s: a camera or device of this id stands here before", c.ID)
		}
		seen[c.ID] = true
		if len(l.faults) == before {
			l.config.Cameras = append(l.config.Cameras, c)
		}
	}
	if len(l.config.Cameras) > 0 && l.config.ConsoleURL == "" {
		l.fault(n.at(), "cameras need console_url: the address to which pictures are brought when somebody watches, such as https://console.example")
	}
}

func (l *loader) camera(n *node) CameraConfig {
	l.only(n, "a camera", "id", "name", "location", "address", "sub", "onvif", "transport", "username", "password", "password_file", "record", "sees", "priority")
	if n.kind != aMapping {
		return CameraConfig{}
	}
	c := CameraConfig{
		ID:        l.id(n, "id", devices.ValidDeviceID),
		Name:      l.text(n.get("name"), "name"),
		Location:  l.text(n.get("location"), "location"),
		Main:      l.text(n.get("address"), "address"),
		Sub:       l.text(n.get("sub"), "sub"),
		ONVIF:     l.text(n.get("onvif"), "onvif"),
		Transport: rtsp.Transport(l.text(n.get("transport"), "transport")),
		Username:  l.text(n.get("username"), "username"),
		Password:  l.secret(n, "password"),
		Sees:      l.texts(n.get("sees"), "sees"),
		Priority:  int(l.whole(n.get("priority"), "priority", 1, 4)),
	}
	if c.ID == devices.GatewayDevice {
		l.fault(n.get("id").at(), "%q is the gateway itself; a camera needs another id", c.ID)
	}
	l.cameraAddress(n, "address", c.Main, true, "rtsp", "rtsps")
	l.cameraAddress(n, "sub", c.Sub, false, "rtsp", "rtsps")
	l.cameraAddress(n, "onvif", c.ONVIF, false, "http", "https")
	if !slices.Contains([]rtsp.Transport{rtsp.Auto, rtsp.TCP, rtsp.UDP}, c.Transport) {
		l.fault(at(n, "transport"), "camera %s: transport is tcp or udp; leave it out to let the camera choose", c.ID)
	}
	if (c.Username != "") != c.Password.Given() {
		l.fault(n.at(), "camera %s: username and password_file belong together", c.ID)
	}
	for _, p := range c.Sees {
		if devices.PointID(p).Validate() != nil {
			l.fault(at(n, "sees"), "camera %s: %q is no whole id of a point, such as gw-1/doors-1.door1", c.ID, clip(p))
		}
	}
	l.record(n.get("record"), &c)
	return c
}

// cameraAddress says what is wrong with an address without repeating a password
// that may stand in it.
func (l *loader) cameraAddress(n *node, key, address string, needed bool, schemes ...string) {
	if address == "" {
		if needed {
			l.fault(at(n, key), "a camera needs address: where its picture is, such as rtsp://10.0.0.21/main")
		}
		return
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "":
		l.fault(at(n, key), "%s is not an address such as %s://10.0.0.21/main", key, schemes[0])
	case !slices.Contains(schemes, u.Scheme):
		l.fault(at(n, key), "%s: scheme %q is not %s", key, clip(u.Scheme), strings.Join(schemes, " or "))
	case u.User != nil:
		l.fault(at(n, key), "%s carries a user: give username, and the password in a file of its own (password_file)", key)
	}
}

func (l *loader) record(n *node, c *CameraConfig) {
	c.Record.Stream = devices.MainStream
	if n == nil || n.kind == nothing {
		return
	}
	l.only(n, "record", "hours", "stream", "playback")
	c.Record.Hours = int(l.whole(n.get("hours"), "hours", 0, 24*365))
	c.Record.Playback = l.text(n.get("playback"), "playback")
	if s := l.text(n.get("stream"), "stream"); s != "" {
		c.Record.Stream = s
	}
	switch {
	case c.Record.Stream != devices.MainStream && c.Record.Stream != devices.SubStream:
		l.fault(at(n, "stream"), "camera %s: stream is main or sub", c.ID)
	case c.Record.Stream == devices.SubStream && c.Sub == "":
		l.fault(at(n, "stream"), "camera %s: it has no sub-stream to keep", c.ID)
	case c.Record.Playback != "" && c.Record.Hours > 0:
		l.fault(at(n, "playback"), "camera %s: either the gateway keeps its pictures (hours), or a recorder does (playback)", c.ID)
	}
	if c.Record.Playback != "" {
		plain := strings.NewReplacer("{start}", "0", "{end}", "0").Replace(c.Record.Playback)
		if u, err := url.Parse(plain); err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "rtsp" && u.Scheme != "rtsps" {
			l.fault(at(n, "playback"), "camera %s: playback is not an address such as rtsp://10.0.0.30/tracks/1?starttime={start}, without a user", c.ID)
		}
	}
}
