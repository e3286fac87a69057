package sites

import (
	"cmp"
	"reflect"
	"slices"
)

// PlanDifference is one thing that is not the same on two versions of a plan.
type PlanDifference struct {
	What string `json:"what" enum:"area,point,camera,label,drawing,size,scale"`
	ID   string `json:"id"`
	Name string `json:"name"`
	How  string `json:"how" enum:"added,removed,changed"`
}

// Differences lists what became of a plan between two versions, in a fixed order.
func Differences(before, after Plan) []PlanDifference {
	list := []PlanDifference{}
	if !reflect.DeepEqual(before.Drawing, after.Drawing) {
		list = append(list, PlanDifference{What: "drawing", How: how(before.Drawing != nil, after.Drawing != nil)})
	}
	if before.Width != after.Width || before.Height != after.Height {
		list = append(list, PlanDifference{What: "size", How: "changed"})
	}
	if before.Scale != after.Scale {
		list = append(list, PlanDifference{What: "scale", How: "changed"})
	}
	list = append(list, compare("area", before.Areas, after.Areas, func(a PlanArea) (string, string) { return a.Place, a.Name })...)
	list = append(list, compare("point", before.Points, after.Points, func(x PlanPoint) (string, string) { return string(x.Point), "" })...)
	list = append(list, compare("camera", before.Cameras, after.Cameras, func(v CameraView) (string, string) { return v.Camera, "" })...)
	return append(list, compare("label", before.Labels, after.Labels, func(l PlanLabel) (string, string) { return l.ID, l.Text })...)
}

func how(before, after bool) string {
	switch {
	case !before:
		return "added"
	case !after:
		return "removed"
	}
	return "changed"
}

func compare[T any](what string, before, after []T, key func(T) (id, name string)) []PlanDifference {
	was := map[string]T{}
	for _, one := range before {
		id, _ := key(one)
		was[id] = one
	}
	var list []PlanDifference
	for _, one := range after {
		id, name := key(one)
		old, known := was[id]
		delete(was, id)
		if !known || !reflect.DeepEqual(old, one) {
			list = append(list, PlanDifference{What: what, ID: id, Name: name, How: how(known, true)})
		}
	}
	for id, one := range was {
		_, name := key(one)
		list = append(list, PlanDifference{What: what, ID: id, Name: name, How: "removed"})
	}
	slices.SortFunc(list, func(a, b PlanDifference) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
