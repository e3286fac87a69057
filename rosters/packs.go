package rosters

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
)

//go:embed packs/*.json
var packs embed.FS

// Packs lists the rule packs that come with the product. Their rules are copies:
// a station changes its own as it likes.
func Packs() []Pack {
	files, err := packs.ReadDir("packs")
	if err != nil {
		panic(fmt.Sprintf("read rule packs: %v", err)) // they are part of the program
	}
	var list []Pack
	for _, f := range files {
		text, err := packs.ReadFile("packs/" + f.Name())
		var p Pack
		if err == nil {
			err = json.Unmarshal(text, &p)
		}
		if err != nil {
			panic(fmt.Sprintf("read rule pack %s: %v", f.Name(), err))
		}
		list = append(list, p)
	}
	return list
}

// PackOf finds a pack.
func PackOf(id string) (Pack, bool) {
	list := Packs()
	i := slices.IndexFunc(list, func(p Pack) bool { return p.ID == id })
	if i < 0 {
		return Pack{}, false
	}
	return list[i], true
}
