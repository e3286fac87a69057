package onvif

import (
	"cmp"
	"context"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Bounds of what is taken from a camera.
const (
	mostProfiles = 64
	mostPresets  = 512
	longestText  = 128 // characters of a token or a name
)

// Profile is one way in which a camera sends its picture.
type Profile struct {
	Token, Name   string
	Encoding      string // "H264", "H265", "JPEG"; empty while unknown
	Width, Height int
	FPS           float64
	PTZ           bool // the camera turns in this profile
}

// GetProfiles lists the camera's profiles, the largest picture first.
func (c *Camera) GetProfiles(ctx context.Context) ([]Profile, error) {
	at, err := c.services(ctx)
	if err != nil {
		return nil, err
	}
	var answer profilesAnswer
	if err := c.ask(ctx, question{operation: "GetProfiles", space: mediaSpace, at: at.media, ahead: at.ahead}, &answer); err != nil {
		return nil, err
	}
	var list []Profile
	for _, p := range answer.Profiles[:min(len(answer.Profiles), mostProfiles)] {
		if p.Token == "" || len(p.Token) > longestText {
			continue
		}
		list = append(list, Profile{
			Token: p.Token, Name: clip(p.Name), Encoding: clip(p.Encoder.Encoding),
			Width: size(p.Encoder.Width), Height: size(p.Encoder.Height), FPS: max(0, min(p.Encoder.FPS, 240)),
			PTZ: at.ptz != nil && p.Head != nil,
		})
	}
	slices.SortStableFunc(list, func(a, b Profile) int { return cmp.Compare(b.Width*b.Height, a.Width*a.Height) })
	return list, nil
}

type profilesAnswer struct {
	Profiles []struct {
		Token   string `xml:"token,attr"`
		Name    string
		Encoder struct {
			Encoding string
			Width    int     `xml:"Resolution>Width"`
			Height   int     `xml:"Resolution>Height"`
			FPS      float64 `xml:"RateControl>FrameRateLimit"`
		} `xml:"VideoEncoderConfiguration"`
		Head *struct{} `xml:"PTZConfiguration"`
	}
}

func size(pixels int) int {
	if pixels < 0 || pixels > 16384 {
		return 0
	}
	return pixels
}

// GetStreamURI gives the RTSP address of a profile, on the host where the
// camera was reached and without a password.
func (c *Camera) GetStreamURI(ctx context.Context, profile string) (string, error) {
	at, err := c.services(ctx)
	if err != nil {
		return "", err
	}
	var answer struct {
		URI string `xml:"MediaUri>Uri"`
	}
	err = c.ask(ctx, question{
		operation: "GetStreamUri", space: mediaSpace, at: at.media, ahead: at.ahead,
		body: `<StreamSetup xmlns="` + mediaSpace + `"><Stream xmlns="` + schemaSpace + `">RTP-Unicast</Stream><Transport xmlns="` + schemaSpace + `"><Protocol>RTSP</Protocol></Transport></StreamSetup>` +
			element("ProfileToken", mediaSpace, profile),
	}, &answer)
	if err != nil {
		return "", err
	}
	uri, err := url.Parse(strings.TrimSpace(answer.URI))
	if err != nil || uri.Scheme != "rtsp" && uri.Scheme != "rtsps" || uri.Host == "" || len(answer.URI) > 2048 {
		return "", &Error{Operation: "GetStreamUri", Code: Protocol, Text: "The camera names no RTSP address."}
	}
	host := c.device.Hostname()
	if port := uri.Port(); port != "" {
		host = net.JoinHostPort(host, port)
	} else if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	uri.Host, uri.User = host, nil
	return uri.String(), nil
}

// Streams finds the addresses of the main and the sub-stream: the largest and
// the smallest picture that can be played. A camera with one stream has it twice.
func (c *Camera) Streams(ctx context.Context) (main, sub string, err error) {
	profiles, err := c.GetProfiles(ctx)
	if err != nil {
		return "", "", err
	}
	profiles = slices.DeleteFunc(profiles, func(p Profile) bool { return p.Encoding == "JPEG" || p.Encoding == "MPEG4" })
	if len(profiles) == 0 {
		return "", "", &Error{Operation: "GetProfiles", Code: NotSupported, Text: "The camera has no H.264 or H.265 profile. Make one in the camera."}
	}
	if main, err = c.GetStreamURI(ctx, profiles[0].Token); err != nil {
		return "", "", err
	}
	sub = main
	if last := profiles[len(profiles)-1]; len(profiles) > 1 {
		sub, err = c.GetStreamURI(ctx, last.Token)
	}
	return main, sub, err
}

func clip(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if runes := []rune(text); len(runes) > longestText {
		return string(runes[:longestText])
	}
	return text
}
