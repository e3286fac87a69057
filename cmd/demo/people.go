package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"strings"

	"guardroom/console/auth"
	"guardroom/console/people"
)

// demoCards are the cardholders of the demo. The numbers are those of the make-believe cards in the scenario.
var demoCards = [][]string{
	{"ref", "name", "class", "expires", "status", "card", "photo"},
	{"UN-10412", "Amina Wanjiru", "staff", "2028-06-30", "active", "6154412", "UN-10412.png"},
	{"VI-30077", "Jonas Keller", "temporary", "2028-01-31", "active", "6154413", "VI-30077.png"},
	{"UN-10980", "Peter Otieno", "staff", "2025-12-31", "active", "6154414", "UN-10980.png"},
	{"DE-20331", "Lena Fischer", "delegate", "2028-12-31", "stolen", "9999999", "DE-20331.png"},
	{"RE-00219", "Samuel Mwangi", "retiree", "", "active", "6154420", "RE-00219.png"},
	{"ME-40118", "Carla Duarte", "media", "2027-03-15", "lost", "6154421", "ME-40118.png"},
	{"NG-50006", "Yusuf Demir", "ngo", "2027-09-30", "active", "6154422", ""},
	{"IN-60450", "Mei Tanaka", "intern", "2027-05-31", "active", "6154423", "IN-60450.png"},
	{"CO-70012", "Sir Edmund Hale", "courtesy", "2029-12-31", "active", "6154424", ""},
}

// faces draws make-believe portraits.
type faces struct{}

// Photo draws the portrait of a file name.
func (faces) Photo(name string) ([]byte, error) {
	ref, ok := strings.CutSuffix(name, ".png")
	if !ok {
		return nil, fs.ErrNotExist
	}
	seed := 0
	for _, r := range ref {
		seed = seed*31 + int(r)
	}
	seed &= 0xffff
	pick := func(list []color.RGBA, n int) color.RGBA { return list[(seed>>n)%len(list)] }
	back := pick([]color.RGBA{{214, 220, 228, 255}, {205, 216, 210, 255}, {222, 214, 205, 255}}, 1)
	skin := pick([]color.RGBA{{141, 85, 54, 255}, {224, 172, 137, 255}, {102, 62, 40, 255}, {198, 134, 96, 255}}, 2)
	hair := pick([]color.RGBA{{32, 26, 24, 255}, {92, 64, 44, 255}, {150, 146, 142, 255}, {58, 38, 30, 255}}, 4)
	coat := pick([]color.RGBA{{44, 62, 92, 255}, {84, 48, 58, 255}, {52, 78, 66, 255}, {74, 74, 82, 255}}, 6)
	const w, h = 360, 450
	picture := image.NewRGBA(image.Rect(0, 0, w, h))
	inside := func(x, y, cx, cy, rx, ry int) bool {
		dx, dy := (x-cx)*1000/rx, (y-cy)*1000/ry
		return dx*dx+dy*dy <= 1_000_000
	}
	for y := range h {
		for x := range w {
			c := back
			switch {
			case inside(x, y, 152, 196, 9, 7), inside(x, y, 208, 196, 9, 7):
				c = color.RGBA{30, 26, 26, 255}
			case inside(x, y, 180, 262, 30, 5):
				c = color.RGBA{skin.R / 2, skin.G / 2, skin.B / 2, 255}
			case inside(x, y, 180, 212, 82, 104) && y > 138:
				c = skin
			case inside(x, y, 180, 180, 96, 100) && y < 210:
				c = hair
			case x > 148 && x < 212 && y > 290 && y < 346:
				c = skin
			case inside(x, y, 180, 450, 150, 128):
				c = coat
			}
			picture.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	err := png.Encode(&out, picture)
	return out.Bytes(), err
}

// people imports the demo's cardholders, where there are none.
func (h *house) people(ctx context.Context) error {
	by, err := demoChief(ctx, h.desks)
	if err != nil {
		return fmt.Errorf("cardholders of the demo: %w", err)
	}
	there, _, err := h.desks.People.People(ctx, by, "nairobi", people.Filter{Limit: 1})
	if err != nil || len(there) > 0 {
		return err
	}
	var list bytes.Buffer
	if err := csv.NewWriter(&list).WriteAll(demoCards); err != nil {
		return err
	}
	r, err := h.desks.People.Import(ctx, auth.Program(), people.List{Station: "nairobi", File: "demo.csv", Rows: &list, Photos: faces{}})
	if err == nil && r.FaultCount > 0 {
		err = fmt.Errorf("%v", r.Faults)
	}
	if err != nil {
		return fmt.Errorf("cardholders of the demo: %w", err)
	}
	return nil
}
