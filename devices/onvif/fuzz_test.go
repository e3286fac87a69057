package onvif

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// FuzzRead takes apart what no camera says.
func FuzzRead(f *testing.F) {
	wrap := func(inside string) string {
		return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>` + inside + `</s:Body></s:Envelope>`
	}
	for _, seed := range []string{
		"", "<", wrap(""), wrap("<GetProfilesResponse/>"),
		wrap(`<GetProfilesResponse><Profiles token="a"><Name>A</Name><VideoEncoderConfiguration><Encoding>H264</Encoding><Resolution><Width>640</Width><Height>-1</Height></Resolution><RateControl><FrameRateLimit>NaN</FrameRateLimit></RateControl></VideoEncoderConfiguration><PTZConfiguration/></Profiles></GetProfilesResponse>`),
		wrap(`<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code><s:Reason><s:Text>no</s:Text></s:Reason></s:Fault>`),
		`<?xml version="1.0" encoding="ebcdic"?>` + wrap(`<GetPresetsResponse><Preset token="1"/></GetPresetsResponse>`),
	} {
		f.Add([]byte(seed), 200)
	}
	f.Add([]byte("denied"), http.StatusUnauthorized)
	f.Fuzz(func(t *testing.T, data []byte, status int) {
		var profiles profilesAnswer
		var clock clockAnswer
		for _, into := range []any{&profiles, &clock, nil} {
			err := read("GetProfiles", status, data, into)
			var e *Error
			if err != nil && (!errors.As(err, &e) || e.Text == "" || len(e.Text) > 1000) {
				t.Errorf("%v", err)
			}
		}
		_, _ = clock.time()
	})
}

// FuzzChallenge answers what no camera asks.
func FuzzChallenge(f *testing.F) {
	f.Add(`Digest realm="camera", qop="auth,auth-int", nonce="abc\r\n", opaque="", algorithm=MD5`)
	f.Add(`Digest nonce=x`)
	f.Add(`Basic realm="x"`)
	f.Fuzz(func(t *testing.T, wish string) {
		c, err := Open(Options{Address: "camera", Username: `o"p`, Password: "pw", Now: func() time.Time { return time.Unix(0, 0) }})
		if err != nil {
			t.Fatal(err)
		}
		if !c.challenged(http.Header{"Www-Authenticate": {wish}}) {
			return
		}
		r, err := http.NewRequest(http.MethodPost, "http://camera/onvif", nil)
		if err != nil {
			t.Fatal(err)
		}
		c.authorize(r)
		if got := r.Header.Get("Authorization"); !strings.HasPrefix(got, "Digest ") || strings.ContainsAny(got, "\r\n") || strings.Contains(got, "pw") && !strings.Contains(wish, "pw") {
			t.Errorf("%q", got)
		}
	})
}
