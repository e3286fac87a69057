package onvif

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Aim is where a camera looks, or how fast it turns there: pan and tilt from -1
// to 1, zoom from 0 to 1 (as a speed from -1 to 1), in the generic spaces of
// ONVIF PTZ section 5.7.
type Aim struct{ Pan, Tilt, Zoom float64 }

// Preset is where a camera was told to look again.
type Preset struct {
	Token string `json:"token"`
	Name  string `json:"name"`
}

// LongestMove is for how long a camera may be told to turn by itself.
const LongestMove = 10 * time.Second

// ContinuousMove lets the camera turn at a speed until Stop, and at most for so
// long: a camera that nobody holds any more must not turn on. lasts is more
// than zero and at most LongestMove.
func (c *Camera) ContinuousMove(ctx context.Context, profile string, speed Aim, lasts time.Duration) error {
	switch {
	case !speed.within(-1):
		return &InvalidError{Field: "speed", Reason: "is from -1 to 1"}
	case lasts <= 0 || lasts > LongestMove:
		return &InvalidError{Field: "lasts", Reason: "is more than 0 and at most " + LongestMove.String()}
	}
	return c.turn(ctx, "ContinuousMove", profile, `<Velocity xmlns="`+ptzSpace+`">`+speed.xml()+`</Velocity>`+
		element("Timeout", ptzSpace, "PT"+strconv.FormatFloat(lasts.Seconds(), 'f', -1, 64)+"S"), nil)
}

// Stop ends every motion.
func (c *Camera) Stop(ctx context.Context, profile string) error {
	return c.turn(ctx, "Stop", profile, element("PanTilt", ptzSpace, "true")+element("Zoom", ptzSpace, "true"), nil)
}

// AbsoluteMove turns the camera to an aim. Not every camera can.
func (c *Camera) AbsoluteMove(ctx context.Context, profile string, to Aim) error {
	if !to.within(0) {
		return &InvalidError{Field: "position", Reason: "is from -1 to 1, its zoom from 0 to 1"}
	}
	return c.turn(ctx, "AbsoluteMove", profile, `<Position xmlns="`+ptzSpace+`">`+to.xml()+`</Position>`, nil)
}

// GetPresets lists the camera's presets.
func (c *Camera) GetPresets(ctx context.Context, profile string) ([]Preset, error) {
	var answer struct {
		Presets []struct {
			Token string `xml:"token,attr"`
			Name  string
		} `xml:"Preset"`
	}
	if err := c.turn(ctx, "GetPresets", profile, "", &answer); err != nil {
		return nil, err
	}
	list := []Preset{}
	for _, p := range answer.Presets[:min(len(answer.Presets), mostPresets)] {
		if p.Token != "" && len(p.Token) <= longestText {
			list = append(list, Preset{Token: p.Token, Name: clip(p.Name)})
		}
	}
	return list, nil
}

// GotoPreset turns the camera to a preset.
func (c *Camera) GotoPreset(ctx context.Context, profile, preset string) error {
	if preset == "" {
		return &InvalidError{Field: "preset", Reason: "is missing"}
	}
	return c.turn(ctx, "GotoPreset", profile, element("PresetToken", ptzSpace, preset), nil)
}

// SetPreset keeps where the camera looks now under a name and gives the
// preset's token. A token of a preset that there is moves that one.
func (c *Camera) SetPreset(ctx context.Context, profile, preset, name string) (string, error) {
	body := ""
	if name != "" {
		body += element("PresetName", ptzSpace, clip(name))
	}
	if preset != "" {
		body += element("PresetToken", ptzSpace, preset)
	}
	var answer struct{ PresetToken string }
	if err := c.turn(ctx, "SetPreset", profile, body, &answer); err != nil {
		return "", err
	}
	if answer.PresetToken == "" || len(answer.PresetToken) > longestText {
		return "", &Error{Operation: "SetPreset", Code: Protocol, Text: "The camera does not say under which token it keeps the preset."}
	}
	return answer.PresetToken, nil
}

// turn asks the PTZ service.
func (c *Camera) turn(ctx context.Context, operation, profile, body string, answer any) error {
	if profile == "" {
		return &InvalidError{Field: "profile", Reason: "is missing"}
	}
	at, err := c.services(ctx)
	if err != nil {
		return err
	}
	if at.ptz == nil {
		return &Error{Operation: operation, Code: NotSupported, Text: "This camera does not turn."}
	}
	return c.ask(ctx, question{operation: operation, space: ptzSpace, at: at.ptz, ahead: at.ahead, body: element("ProfileToken", ptzSpace, profile) + body}, answer)
}

func (a Aim) within(zoom float64) bool {
	inside := func(v, low float64) bool { return !math.IsNaN(v) && v >= low && v <= 1 }
	return inside(a.Pan, -1) && inside(a.Tilt, -1) && inside(a.Zoom, zoom)
}

func (a Aim) xml() string {
	return fmt.Sprintf(`<PanTilt xmlns="%[1]s" x="%[2]g" y="%[3]g"/><Zoom xmlns="%[1]s" x="%[4]g"/>`, schemaSpace, a.Pan, a.Tilt, a.Zoom)
}
