package sites

import "math"

// Vertex is a corner in plan units: x to the right, y down.
type Vertex [2]float64

const (
	maxVertices = 200
	farthest    = 100_000 // plan units from the origin
	leastArea   = 1e-6    // of a polygon, in square units
)

func within(v float64) bool { return !math.IsNaN(v) && math.Abs(v) <= farthest }

// checkShape takes simple polygons: at least three corners, no two neighbours in
// one place, an area, and no edge that crosses another.
func checkShape(shape []Vertex) string {
	if len(shape) < 3 || len(shape) > maxVertices {
		return "an area has 3 to 200 corners"
	}
	twice := 0.0
	for i, a := range shape {
		b := shape[(i+1)%len(shape)]
		if !within(a[0]) || !within(a[1]) {
			return "a corner lies too far away"
		}
		if a == b {
			return "two corners stand in one place"
		}
		twice += a[0]*b[1] - b[0]*a[1]
	}
	if math.Abs(twice)/2 < leastArea {
		return "the corners stand in one line"
	}
	if crosses(shape) {
		return "its edges cross"
	}
	return ""
}

func crosses(shape []Vertex) bool {
	n := len(shape)
	for i := range n {
		for j := i + 2; j < n; j++ {
			if i == 0 && j == n-1 { // neighbours, around the corner
				continue
			}
			if meet(shape[i], shape[(i+1)%n], shape[j], shape[(j+1)%n]) {
				return true
			}
		}
	}
	return false
}

// meet reports whether two edges have a point in common.
func meet(a, b, c, d Vertex) bool {
	o1, o2, o3, o4 := turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)
	if o1 != o2 && o3 != o4 {
		return true
	}
	return o1 == 0 && between(a, c, b) || o2 == 0 && between(a, d, b) || o3 == 0 && between(c, a, d) || o4 == 0 && between(c, b, d)
}

func turn(a, b, c Vertex) int {
	v := (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0])
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

func between(a, p, b Vertex) bool {
	return p[0] >= min(a[0], b[0]) && p[0] <= max(a[0], b[0]) && p[1] >= min(a[1], b[1]) && p[1] <= max(a[1], b[1])
}
