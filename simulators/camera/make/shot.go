package main

import (
	"math"
	"slices"
)

// The picture is drawn twice as large as it is coded, so that edges are smooth.
const (
	width, height = 640, 360
	finer         = 2
	wide, high    = width * finer, height * finer
)

// vec is a place or a direction in metres: x to the right, y away, z up.
type vec struct{ x, y, z float64 }

func (a vec) plus(b vec) vec          { return vec{a.x + b.x, a.y + b.y, a.z + b.z} }
func (a vec) minus(b vec) vec         { return vec{a.x - b.x, a.y - b.y, a.z - b.z} }
func (a vec) times(f float64) vec     { return vec{a.x * f, a.y * f, a.z * f} }
func (a vec) dot(b vec) float64       { return a.x*b.x + a.y*b.y + a.z*b.z }
func (a vec) length() float64         { return math.Sqrt(a.dot(a)) }
func (a vec) unit() vec               { return a.times(1 / max(a.length(), 1e-9)) }
func (a vec) cross(b vec) vec         { return vec{a.y*b.z - a.z*b.y, a.z*b.x - a.x*b.z, a.x*b.y - a.y*b.x} }
func (a vec) to(b vec, f float64) vec { return a.plus(b.minus(a).times(f)) }

// rgb is a colour from 0 to 1.
type rgb struct{ r, g, b float64 }

func hex(v uint32) rgb {
	return rgb{float64(v>>16&255) / 255, float64(v>>8&255) / 255, float64(v&255) / 255}
}

func (c rgb) times(f float64) rgb { return rgb{c.r * f, c.g * f, c.b * f} }
func (c rgb) to(d rgb, f float64) rgb {
	return rgb{c.r + (d.r-c.r)*f, c.g + (d.g-c.g)*f, c.b + (d.b-c.b)*f}
}

// lens is where the camera stands, what it looks at and how wide it sees.
type lens struct {
	eye, at vec
	degrees float64
}

// light is how a scene is lit.
type light struct {
	sun     vec // towards it
	ambient float64
	fog     rgb
	reach   float64 // metres to where the fog is all
	sky     [2]rgb  // above, at the horizon
}

// shot is one picture in the making, with the depth of each point.
type shot struct {
	light
	eye              vec
	right, up, ahead vec
	focal            float64
	pix              []rgb
	depth            []float32
}

func newShot(l lens, how light) *shot {
	s := &shot{light: how, eye: l.eye, pix: make([]rgb, wide*high), depth: make([]float32, wide*high)}
	s.sun = s.sun.unit()
	s.ahead = l.at.minus(l.eye).unit()
	s.right = s.ahead.cross(vec{0, 0, 1}).unit()
	s.up = s.right.cross(s.ahead)
	s.focal = wide / 2 / math.Tan(l.degrees*math.Pi/360)
	for y := range high {
		c := how.sky[0].to(how.sky[1], float64(y)/high)
		for x := range wide {
			s.pix[y*wide+x], s.depth[y*wide+x] = c, math.MaxFloat32
		}
	}
	return s
}

// copy begins another picture with what stands still.
func (s *shot) copy() *shot {
	c := *s
	c.pix, c.depth = slices.Clone(s.pix), slices.Clone(s.depth)
	return &c
}

// seen turns a place into the lens's own directions.
func (s *shot) seen(p vec) vec {
	d := p.minus(s.eye)
	return vec{d.dot(s.right), d.dot(s.up), d.dot(s.ahead)}
}

type spot struct{ x, y, near float64 } // near is 1/distance

func (s *shot) onScreen(v vec) spot {
	return spot{wide/2 + v.x/v.z*s.focal, high/2 - v.y/v.z*s.focal, 1 / v.z}
}

const nearest = 0.15 // metres

// shade gives a surface its light.
func (s *shot) shade(c rgb, at, normal vec) rgb {
	if normal.dot(s.eye.minus(at)) < 0 {
		normal = normal.times(-1)
	}
	return s.mist(c.times(s.ambient+(1-s.ambient)*max(0, normal.dot(s.sun))), at.minus(s.eye).length())
}

func (s *shot) mist(c rgb, distance float64) rgb {
	return c.to(s.fog, min(distance/s.reach, 1)*0.8)
}

// face paints a flat polygon.
func (s *shot) face(c rgb, corners ...vec) {
	normal := corners[1].minus(corners[0]).cross(corners[2].minus(corners[0])).unit()
	var centre vec
	for _, p := range corners {
		centre = centre.plus(p.times(1 / float64(len(corners))))
	}
	s.paint(s.shade(c, centre, normal), 1, corners)
}

// veil darkens or lightens what lies under a polygon.
func (s *shot) veil(c rgb, alpha float64, corners ...vec) { s.paint(c, alpha, corners) }

func (s *shot) paint(c rgb, alpha float64, corners []vec) {
	var clipped []vec
	for i := range corners {
		a, b := s.seen(corners[i]), s.seen(corners[(i+1)%len(corners)])
		if a.z >= nearest {
			clipped = append(clipped, a)
		}
		if (a.z >= nearest) != (b.z >= nearest) {
			clipped = append(clipped, a.to(b, (nearest-a.z)/(b.z-a.z)))
		}
	}
	for i := 2; i < len(clipped); i++ {
		s.triangle(c, alpha, s.onScreen(clipped[0]), s.onScreen(clipped[i-1]), s.onScreen(clipped[i]))
	}
}

func (s *shot) triangle(c rgb, alpha float64, p, q, r spot) {
	area := (q.x-p.x)*(r.y-p.y) - (r.x-p.x)*(q.y-p.y)
	if math.Abs(area) < 1e-9 {
		return
	}
	top, bottom := max(0, int(min(p.y, q.y, r.y))), min(high-1, int(max(p.y, q.y, r.y))+1)
	left, right := max(0, int(min(p.x, q.x, r.x))), min(wide-1, int(max(p.x, q.x, r.x))+1)
	for y := top; y <= bottom; y++ {
		for x := left; x <= right; x++ {
			fx, fy := float64(x)+0.5, float64(y)+0.5
			u := ((q.x-fx)*(r.y-fy) - (r.x-fx)*(q.y-fy)) / area
			v := ((r.x-fx)*(p.y-fy) - (p.x-fx)*(r.y-fy)) / area
			if w := 1 - u - v; u >= 0 && v >= 0 && w >= 0 {
				s.dot(x, y, 1/(u*p.near+v*q.near+w*r.near), c, alpha)
			}
		}
	}
}

func (s *shot) dot(x, y int, distance float64, c rgb, alpha float64) {
	i := y*wide + x
	if float32(distance*0.9995) > s.depth[i] {
		return
	}
	if alpha < 1 {
		s.pix[i] = s.pix[i].to(c, alpha)
		return
	}
	s.pix[i], s.depth[i] = c, float32(distance)
}

// limb paints a rounded bar between two places, lit from the sun's side.
func (s *shot) limb(c rgb, from, to vec, thick, thin float64) {
	a, b := s.seen(from), s.seen(to)
	if a.z < nearest || b.z < nearest {
		return
	}
	p, q := s.onScreen(a), s.onScreen(b)
	r1, r2 := thick*s.focal/a.z, thin*s.focal/b.z
	c = s.mist(c, a.z)
	sunny := s.sun.dot(s.right)
	top, bottom := max(0, int(min(p.y-r1, q.y-r2))), min(high-1, int(max(p.y+r1, q.y+r2))+1)
	left, right := max(0, int(min(p.x-r1, q.x-r2))), min(wide-1, int(max(p.x+r1, q.x+r2))+1)
	dx, dy := q.x-p.x, q.y-p.y
	long := max(dx*dx+dy*dy, 1e-9)
	for y := top; y <= bottom; y++ {
		for x := left; x <= right; x++ {
			fx, fy := float64(x)+0.5-p.x, float64(y)+0.5-p.y
			t := min(max((fx*dx+fy*dy)/long, 0), 1)
			ox, oy := fx-t*dx, fy-t*dy
			r := r1 + (r2-r1)*t
			if ox*ox+oy*oy > r*r {
				continue
			}
			lit := 0.78 + 0.3*(sunny*ox-0.7*oy)/max(r, 1)
			s.dot(x, y, a.z+(b.z-a.z)*t-0.01, c.times(s.ambient*0.35+lit*0.8), 1)
		}
	}
}

// finish makes the picture smaller: red, green and blue, a byte each.
func (s *shot) finish(look func(x, y float64, c rgb) rgb) []byte {
	out := make([]byte, 0, width*height*3)
	for y := range height {
		for x := range width {
			var sum rgb
			for dy := range finer {
				for dx := range finer {
					c := s.pix[(y*finer+dy)*wide+x*finer+dx]
					sum = rgb{sum.r + c.r, sum.g + c.g, sum.b + c.b}
				}
			}
			c := sum.times(1.0 / finer / finer)
			if look != nil {
				c = look(float64(x)/width, float64(y)/height, c)
			}
			for _, v := range []float64{c.r, c.g, c.b} {
				out = append(out, byte(min(max(v, 0), 1)*255+0.5))
			}
		}
	}
	return out
}
