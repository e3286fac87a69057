package sites_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"guardroom/console/sites"
)

const plainSVG = `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" width="200mm" height="100mm" viewBox="0 0 200 100">
 <metadata>made by somebody</metadata>
 <style>/* walls */ .wall { stroke: #333; stroke-width: 2px; behavior: url(evil.htc) } @import url("http://evil/x.css"); #door{fill:none}</style>
 <defs><g id="door"><path d="M0 0L5 5"/></g></defs>
 <g inkscape:label="Walls" class="wall" transform="translate(1,2) scale(2)"><path d="M0,0 L100,0 100,50z" style="fill:none;stroke:rgb(1,2,3)"/>
 <use xlink:href="#door" x="5"/><text x="1" y="2">Lobby &amp; bar</text></g>
</svg>`

func TestAnSVGIsRebuilt(t *testing.T) {
	t.Parallel()
	p, err := sites.ReadPicture([]byte(plainSVG))
	if err != nil {
		t.Fatal(err)
	}
	text := string(p.Data)
	for _, want := range []string{`viewBox="0 0 200 100"`, `M0,0 L100,0 100,50z`, `fill:none;stroke:rgb(1,2,3)`, `href="#door"`, "Lobby &amp; bar", `.wall{stroke:#333;stroke-width:2px}`, `#door{fill:none}`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is gone from %s", want, text)
		}
	}
	for _, gone := range []string{"evil", "import", "behavior", "somebody", "inkscape", "url("} {
		if strings.Contains(text, gone) {
			t.Errorf("%q is still in %s", gone, text)
		}
	}
	if p.Kind != "svg" || p.Width != 200 || p.Height != 100 || !slices.Contains(p.LeftOut, "behavior") {
		t.Errorf("%+v", p)
	}
	again, err := sites.ReadPicture(p.Data)
	if err != nil || again.Hash != p.Hash {
		t.Errorf("what was rebuilt is rebuilt otherwise: %v\n%s\n%s", err, p.Data, again.Data)
	}
}

// TestWhatADrawingMayNotHold: nothing that could run, fetch or swell survives.
func TestWhatADrawingMayNotHold(t *testing.T) {
	t.Parallel()
	inside := func(s string) string {
		return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">` + s + `</svg>`
	}
	for name, s := range map[string]string{
		"script":            inside(`<script>alert(1)</script>`),
		"script in another": inside(`<g><script xlink:href="http://evil/x.js"/></g>`),
		"handler":           inside(`<rect width="1" height="1" onclick="alert(1)" onload="alert(1)"/>`),
		"foreign object":    inside(`<foreignObject><iframe src="http://evil"/></foreignObject>`),
		"picture":           inside(`<image href="http://evil/x.png"/>`),
		"use of elsewhere":  inside(`<use href="http://evil/x.svg#a"/>`),
		"script address":    inside(`<a href="javascript:alert(1)"><rect width="1" height="1"/></a>`),
		"fill of elsewhere": inside(`<rect width="1" height="1" fill="url(http://evil/#a)"/>`),
		"style of elsewhere": inside(`<rect width="1" height="1" style="fill:url('http://evil/x');stroke:red"/>
			<style>rect{fill:u\72l(http://evil)} @font-face{src:url(http://evil)}</style>`),
		"animation": inside(`<animate attributeName="href" values="javascript:alert(1)"/><set attributeName="onmouseover" to="alert(1)"/>`),
		"comment":   inside(`<!--[if IE]><script>alert(1)</script><![endif]--><?xml-stylesheet href="http://evil"?>`),
		"cdata":     inside(`<text><![CDATA[</text><script>alert(1)</script>]]></text>`),
	} {
		p, err := sites.ReadPicture([]byte(s))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := harmless(p.Data); err != nil {
			t.Errorf("%s: %v in %s", name, err, p.Data)
		}
	}
	deep := strings.Repeat("<g>", 80) + strings.Repeat("</g>", 80)
	many := strings.Repeat("<g/>", 60_001)
	bomb := `<g id="a"><g/><g/><g/></g><g id="b"><use href="#a"/><use href="#a"/></g><use href="#b"/>`
	wide := `<g id="a">` + strings.Repeat("<g/>", 2000) + `</g>` + strings.Repeat(`<use href="#a"/>`, 200)
	for name, tc := range map[string]struct{ svg, want string }{
		"nothing":       {"", "a file of 1 byte"},
		"text":          {"hello", "neither a PNG nor an SVG"},
		"html":          {"<html><body/></html>", "neither"},
		"two documents": {inside("") + inside(""), "neither"},
		"cut off":       {`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g>`, "line 1"},
		"no size":       {`<svg xmlns="http://www.w3.org/2000/svg"/>`, "no size"},
		"negative size": {`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 -9 9"/>`, "no size"},
		"entities":      {`<!DOCTYPE svg [<!ENTITY a "aaaa">]>` + inside("&a;"), "entities"},
		"too deep":      {inside(deep), "nested"},
		"too many":      {inside(many), "more than"},
		"repetitions":   {inside(bomb), "repeats something itself"},
		"itself":        {inside(`<g id="a"><use href="#a"/></g>`), "repeats"},
		"copies":        {inside(wide), "copies counted"},
		"another code":  {strings.Replace(plainSVG, "UTF-8", "UTF-16", 1), "UTF-8"},
	} {
		_, err := sites.ReadPicture([]byte(tc.svg))
		var wrong *sites.InvalidError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

// harmless looks at a rebuilt drawing with a reader of its own.
func harmless(data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.Directive, xml.ProcInst, xml.Comment:
			return fmt.Errorf("%T survived", token)
		case xml.StartElement:
			switch strings.ToLower(token.Name.Local) {
			case "script", "foreignobject", "image", "a", "iframe", "animate", "set", "animatetransform", "handler", "listener", "embed", "object", "feimage":
				return fmt.Errorf("<%s> survived", token.Name.Local)
			}
			for _, a := range token.Attr {
				value := strings.ToLower(a.Value)
				switch {
				case strings.HasPrefix(strings.ToLower(a.Name.Local), "on"):
					return fmt.Errorf("%s survived", a.Name.Local)
				case a.Name.Local == "href" && !strings.HasPrefix(a.Value, "#"):
					return fmt.Errorf("href %q survived", a.Value)
				case a.Name.Local != "xmlns" && (strings.Contains(value, "http") || strings.Contains(value, "javascript:") || strings.Contains(value, "data:") || strings.Contains(value, "\\") || strings.Contains(value, "@")):
					return fmt.Errorf("%s=%q survived", a.Name.Local, a.Value)
				case strings.Contains(strings.ReplaceAll(strings.ReplaceAll(value, " ", ""), "'", ""), "url(") && !strings.Contains(strings.ReplaceAll(strings.NewReplacer(" ", "", "'", "", `"`, "").Replace(value), "\t", ""), "url(#"):
					return fmt.Errorf("%s=%q survived", a.Name.Local, a.Value)
				}
			}
		}
	}
}

func FuzzReadPicture(f *testing.F) {
	f.Add([]byte(plainSVG))
	f.Add([]byte(`<svg viewBox="0 0 1 1"><style>a{fill:url(#x)}</style><use href="#x"/><path style="fill:u/**/rl(http://x)" onclick="1"/></svg>`))
	f.Add(tinyPNG(f, 2, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := sites.ReadPicture(data)
		if err != nil {
			var wrong *sites.InvalidError
			if !errors.As(err, &wrong) {
				t.Fatalf("refused without a reason: %v", err)
			}
			return
		}
		if p.Kind == "svg" {
			if err := harmless(p.Data); err != nil {
				t.Fatalf("%v\n%s", err, p.Data)
			}
		}
		again, err := sites.ReadPicture(p.Data)
		if err != nil {
			t.Fatalf("what was rebuilt is refused: %v\n%s", err, p.Data)
		}
		if again.Width != p.Width || again.Height != p.Height {
			t.Fatalf("%g by %g became %g by %g", p.Width, p.Height, again.Width, again.Height)
		}
	})
}

func tinyPNG(t testing.TB, w, h int) []byte {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, w, h))
	picture.SetGray(0, 0, color.Gray{Y: 200})
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAPNGIsDecodedAndEncodedAnew(t *testing.T) {
	t.Parallel()
	sent := append(tinyPNG(t, 30, 20), []byte("<script>trailing</script>")...)
	p, err := sites.ReadPicture(sent)
	if err != nil || p.Kind != "png" || p.Width != 30 || p.Height != 20 || bytes.Contains(p.Data, []byte("script")) {
		t.Fatalf("%+v %v", p, err)
	}
	cut := tinyPNG(t, 30, 20)
	if _, err := sites.ReadPicture(cut[:len(cut)-20]); err == nil {
		t.Error("half a PNG was taken")
	}
	// A header that promises more pixels than anybody has room for.
	huge := tinyPNG(t, 1, 1)
	copy(huge[16:24], []byte{0, 1, 0, 0, 0, 1, 0, 0})
	if _, err := sites.ReadPicture(huge); err == nil {
		t.Error("65536 by 65536 pixels were taken")
	}
}

// archived makes a ZIP of names and contents.
func archived(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, content := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
