package camera

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // WS-UsernameToken knows no other
	"crypto/subtle"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	devicePath = "/onvif/device_service"
	mediaPath  = "/onvif/media_service"
	ptzPath    = "/onvif/ptz_service"

	longestQuestion = 64 << 10        // bytes
	clockSlack      = 5 * time.Minute // between a token's clock and ours
)

// face is the ONVIF side of a camera.
type face struct {
	camera  *Camera
	address string // host:port
	server  *http.Server
}

func openFace(c *Camera, address string) (*face, error) {
	l, err := (&net.ListenConfig{}).Listen(c.ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	f := &face{camera: c, address: l.Addr().String()}
	f.server = &http.Server{Handler: f, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	c.work.Go(func() { _ = f.server.Serve(l) }) // ends with close
	return f, nil
}

func (f *face) close() { _ = f.server.Close() }

// question is a SOAP request.
type question struct {
	Token struct {
		Username string
		Password string
		Nonce    string
		Created  string
	} `xml:"Header>Security>UsernameToken"`
	Body struct {
		Inside []byte `xml:",innerxml"`
	}
}

// asked holds what the operations take.
type asked struct {
	XMLName      xml.Name
	ProfileToken string
	PresetToken  string
	PresetName   string
	Timeout      string
	Protocol     string `xml:"StreamSetup>Transport>Protocol"`
	Velocity     axes
	Position     axes
}

type axes struct {
	PanTilt *struct {
		X float64 `xml:"x,attr"`
		Y float64 `xml:"y,attr"`
	}
	Zoom *struct {
		X float64 `xml:"x,attr"`
	}
}

// over lays the given axes over those of an aim.
func (a axes) over(aim Aim) Aim {
	if a.PanTilt != nil {
		aim.Pan, aim.Tilt = a.PanTilt.X, a.PanTilt.Y
	}
	if a.Zoom != nil {
		aim.Zoom = a.Zoom.X
	}
	return aim
}

// soapFault is a refusal in the words of SOAP 1.2 and ONVIF.
type soapFault struct {
	status        int
	code, subcode string
	reason        string
}

func (f soapFault) Error() string { return f.reason }

func badArgument(subcode, format string, args ...any) error {
	return soapFault{http.StatusBadRequest, "Sender", subcode, fmt.Sprintf(format, args...)}
}

func (f *face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.camera.has(Unplugged) {
		panic(http.ErrAbortHandler) // nobody answers
	}
	if r.Method != http.MethodPost || r.URL.Path != devicePath && r.URL.Path != mediaPath && r.URL.Path != ptzPath {
		http.NotFound(w, r)
		return
	}
	body, err := f.answer(r)
	status := http.StatusOK
	if err != nil {
		var fault soapFault
		if !errors.As(err, &fault) {
			fault = soapFault{http.StatusBadRequest, "Sender", "ter:WellFormed", err.Error()}
		}
		status = fault.status
		body = fmt.Sprintf(`<s:Fault><s:Code><s:Value>s:%s</s:Value><s:Subcode><s:Value>%s</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">%s</s:Text></s:Reason></s:Fault>`,
			fault.code, fault.subcode, escape(fault.reason))
	}
	w.Header().Set("Content-Type", "application/soap+xml; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, envelope+body+`</s:Body></s:Envelope>`) // the client has gone
}

const envelope = `<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>`

func (f *face) answer(r *http.Request) (string, error) {
	data, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, longestQuestion))
	if err != nil {
		return "", err
	}
	var q question
	if err := xml.Unmarshal(data, &q); err != nil {
		return "", err
	}
	var a asked
	if err := xml.Unmarshal(bytes.TrimSpace(q.Body.Inside), &a); err != nil {
		return "", err
	}
	if a.XMLName.Local != "GetSystemDateAndTime" && !f.admits(q) {
		return "", soapFault{http.StatusUnauthorized, "Sender", "ter:NotAuthorized", "Sender not authorized"}
	}
	for _, known := range []map[string]func(*face, context.Context, asked) (string, error){deviceAnswers, mediaAnswers, ptzAnswers} {
		if answer := known[a.XMLName.Local]; answer != nil {
			return answer(f, r.Context(), a)
		}
	}
	return "", soapFault{http.StatusBadRequest, "Receiver", "ter:ActionNotSupported", "No such operation: " + clip(a.XMLName.Local)}
}

// admits checks a WS-UsernameToken with a digest: Base64(SHA1(nonce + created + password)).
func (f *face) admits(q question) bool {
	o := f.camera.o
	if f.camera.has(Password) {
		return false
	}
	if o.Username == "" {
		return true
	}
	nonce, err := base64.StdEncoding.DecodeString(q.Token.Nonce)
	if err != nil {
		return false
	}
	created, err := time.Parse(time.RFC3339, q.Token.Created)
	if now := o.Now(); err != nil || created.Before(now.Add(-clockSlack)) || created.After(now.Add(clockSlack)) {
		return false
	}
	sum := sha1.Sum([]byte(string(nonce) + q.Token.Created + o.Password)) //nolint:gosec // as the standard says
	want := base64.StdEncoding.EncodeToString(sum[:])
	return q.Token.Username == o.Username && subtle.ConstantTimeCompare([]byte(want), []byte(q.Token.Password)) == 1
}

func escape(text string) string {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(text)) // a buffer takes everything
	return out.String()
}

var deviceAnswers = map[string]func(*face, context.Context, asked) (string, error){
	"GetSystemDateAndTime": func(f *face, _ context.Context, _ asked) (string, error) {
		t := f.camera.o.Now().UTC()
		return fmt.Sprintf(`<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone><tt:UTCDateTime><tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time><tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month><tt:Day>%d</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
			t.Hour(), t.Minute(), t.Second(), t.Year(), t.Month(), t.Day()), nil
	},
	"GetDeviceInformation": func(f *face, _ context.Context, _ asked) (string, error) {
		return fmt.Sprintf(`<tds:GetDeviceInformationResponse><tds:Manufacturer>Guardroom</tds:Manufacturer><tds:Model>Simulated camera</tds:Model><tds:FirmwareVersion>1.0</tds:FirmwareVersion><tds:SerialNumber>%s</tds:SerialNumber><tds:HardwareId>0</tds:HardwareId></tds:GetDeviceInformationResponse>`, escape(f.camera.o.ID)), nil
	},
	"GetCapabilities": func(f *face, _ context.Context, _ asked) (string, error) {
		ptz := ""
		if f.camera.head.turns() {
			ptz = `<tt:PTZ><tt:XAddr>http://` + f.address + ptzPath + `</tt:XAddr></tt:PTZ>`
		}
		return fmt.Sprintf(`<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device><tt:XAddr>http://%[1]s%[2]s</tt:XAddr></tt:Device><tt:Media><tt:XAddr>http://%[1]s%[3]s</tt:XAddr></tt:Media>%[4]s</tds:Capabilities></tds:GetCapabilitiesResponse>`, f.address, devicePath, mediaPath, ptz), nil
	},
}

var mediaAnswers = map[string]func(*face, context.Context, asked) (string, error){
	"GetProfiles": func(f *face, _ context.Context, _ asked) (string, error) {
		body := `<trt:GetProfilesResponse>`
		for _, one := range []struct {
			token         string
			width, height int
			fps           float64
		}{{"main", 640, 360, mainRate}, {"sub", 320, 180, subRate}} {
			ptz := ""
			if f.camera.head.turns() {
				ptz = `<tt:PTZConfiguration token="head"><tt:Name>head</tt:Name><tt:NodeToken>head</tt:NodeToken></tt:PTZConfiguration>`
			}
			body += fmt.Sprintf(`<trt:Profiles token="%[1]s" fixed="true"><tt:Name>%[1]s</tt:Name><tt:VideoEncoderConfiguration token="%[1]s"><tt:Name>%[1]s</tt:Name><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>%[2]d</tt:Width><tt:Height>%[3]d</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>%.0[4]f</tt:FrameRateLimit></tt:RateControl></tt:VideoEncoderConfiguration>%[5]s</trt:Profiles>`,
				one.token, one.width, one.height, one.fps, ptz)
		}
		return body + `</trt:GetProfilesResponse>`, nil
	},
	"GetStreamUri": func(f *face, _ context.Context, a asked) (string, error) {
		if a.ProfileToken != "main" && a.ProfileToken != "sub" {
			return "", badArgument("ter:NoProfile", "no profile %q", clip(a.ProfileToken))
		}
		return `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>` + escape(f.camera.URL(a.ProfileToken)) +
			`</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>`, nil
	},
}

// turning wraps an answer that needs a camera that turns.
func turning(answer func(*Camera, asked) (string, error)) func(*face, context.Context, asked) (string, error) {
	return func(f *face, _ context.Context, a asked) (string, error) {
		c := f.camera
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case !c.head.turns():
			return "", soapFault{http.StatusBadRequest, "Receiver", "ter:ActionNotSupported", "this camera does not turn"}
		case a.ProfileToken != "main" && a.ProfileToken != "sub":
			return "", badArgument("ter:NoProfile", "no profile %q", clip(a.ProfileToken))
		}
		return answer(c, a)
	}
}

var ptzAnswers = map[string]func(*face, context.Context, asked) (string, error){
	"GetStatus": turning(func(c *Camera, _ asked) (string, error) {
		now := c.o.Now()
		aim, state := c.head.aim(now), "IDLE"
		if c.head.moving(now) {
			state = "MOVING"
		}
		return fmt.Sprintf(`<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position><tt:PanTilt x="%g" y="%g"/><tt:Zoom x="%g"/></tt:Position><tt:MoveStatus><tt:PanTilt>%s</tt:PanTilt></tt:MoveStatus><tt:UtcTime>%s</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>`,
			aim.Pan, aim.Tilt, aim.Zoom, state, now.UTC().Format(time.RFC3339)), nil
	}),
	"GetPresets": turning(func(c *Camera, _ asked) (string, error) {
		body := `<tptz:GetPresetsResponse>`
		for _, p := range c.head.presets {
			body += fmt.Sprintf(`<tptz:Preset token="%s"><tt:Name>%s</tt:Name><tt:PTZPosition><tt:PanTilt x="%g" y="%g"/><tt:Zoom x="%g"/></tt:PTZPosition></tptz:Preset>`,
				escape(p.token), escape(p.name), p.aim.Pan, p.aim.Tilt, p.aim.Zoom)
		}
		return body + `</tptz:GetPresetsResponse>`, nil
	}),
	"GotoPreset": turning(func(c *Camera, a asked) (string, error) {
		if err := c.head.recall(a.PresetToken); err != nil {
			return "", badArgument("ter:NoToken", "%v", err)
		}
		return `<tptz:GotoPresetResponse/>`, nil
	}),
	"SetPreset": turning(func(c *Camera, a asked) (string, error) {
		token, err := c.head.keep(a.PresetToken, clip(a.PresetName), c.o.Now())
		if err != nil {
			return "", badArgument("ter:NoToken", "%v", err)
		}
		return `<tptz:SetPresetResponse><tptz:PresetToken>` + escape(token) + `</tptz:PresetToken></tptz:SetPresetResponse>`, nil
	}),
	"ContinuousMove": turning(func(c *Camera, a asked) (string, error) {
		var lasts time.Duration
		if a.Timeout != "" {
			var seconds float64
			if _, err := fmt.Sscanf(a.Timeout, "PT%fS", &seconds); err != nil || seconds <= 0 || seconds > 600 {
				return "", badArgument("ter:InvalidArgVal", "timeout %q", clip(a.Timeout))
			}
			lasts = time.Duration(seconds * float64(time.Second))
		}
		c.head.move(a.Velocity.over(Aim{}), lasts, c.o.Now())
		return `<tptz:ContinuousMoveResponse/>`, nil
	}),
	"AbsoluteMove": turning(func(c *Camera, a asked) (string, error) {
		c.head.turnTo(a.Position.over(c.head.aim(c.o.Now())))
		return `<tptz:AbsoluteMoveResponse/>`, nil
	}),
	"Stop": turning(func(c *Camera, _ asked) (string, error) {
		c.head.stop(c.o.Now())
		return `<tptz:StopResponse/>`, nil
	}),
}
