package camera

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// The clips are drawn by make/, which says how.
//
//go:embed clips
var clips embed.FS

const (
	mainRate = 25   // pictures a second
	subRate  = 12.5 //
)

// scenes are what a camera can be put in front of: its views, the first of them
// home, without their clips.
var scenes = map[string][]View{
	"gate-a":   {{Token: "home", Name: "Gate A"}},
	"gate-b":   {{Token: "home", Name: "Turnstiles"}},
	"gate-c":   {{Token: "home", Name: "Barrier"}, {Token: "road", Name: "Road", Aim: Aim{Pan: 0.5}}, {Token: "plate", Name: "Number plate", Aim: Aim{Zoom: 0.8}}},
	"fence":    {{Token: "home", Name: "Fence north"}},
	"lobby":    {{Token: "home", Name: "Lobby"}},
	"corridor": {{Token: "home", Name: "Server corridor"}},
	"dock":     {{Token: "home", Name: "Loading dock"}},
	"cashier":  {{Token: "home", Name: "Cashier"}},
	"lobby-e":  {{Token: "home", Name: "Lobby E"}},
	"pregny":   {{Token: "home", Name: "Pregny gate"}},
}

// Scenes lists the names that Scene knows.
func Scenes() []string { return slices.Sorted(maps.Keys(scenes)) }

// Scene gives the views of a scene with their clips.
func Scene(name string) ([]View, error) {
	sketch, ok := scenes[name]
	if !ok {
		return nil, fmt.Errorf("no scene %q; there are %s", clip(name), strings.Join(Scenes(), ", "))
	}
	views := slices.Clone(sketch)
	for i := range views {
		file := name
		if i > 0 {
			file += "." + views[i].Token
		}
		var err error
		if views[i].Main, err = committed(H264, mainRate, file+".main.h264"); err != nil {
			return nil, err
		}
		if views[i].Sub, err = committed(H264, subRate, file+".sub.h264"); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// SceneH265 is a view coded as H.265, main and sub alike.
func SceneH265() ([]View, error) {
	c, err := committed(H265, mainRate, "odd.h265")
	return []View{{Token: "home", Name: "H.265", Main: c, Sub: c}}, err
}

// oddities are clips for faults.
type oddities struct{ bframes *Clip }

func loadOddities() (o oddities, err error) {
	o.bframes, err = committed(H264, mainRate, "odd.bframes.h264")
	return o, err
}

// kept are the clips that were asked for: they are read once.
var kept struct {
	sync.Mutex
	clips map[string]*Clip
}

func committed(codec Codec, fps float64, file string) (*Clip, error) {
	kept.Lock()
	defer kept.Unlock()
	if c := kept.clips[file]; c != nil {
		return c, nil
	}
	data, err := clips.ReadFile("clips/" + file)
	if err != nil {
		return nil, fmt.Errorf("clip %s is not there: %w", file, err)
	}
	c, err := ReadClip(codec, fps, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if kept.clips == nil {
		kept.clips = map[string]*Clip{}
	}
	kept.clips[file] = c
	return c, nil
}
