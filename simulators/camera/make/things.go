package main

import "math"

// grain is a number from 0 to 1 that is always the same for the same place.
func grain(x, y, z int) float64 {
	h := uint32(x*374761393 + y*668265263 + z*1274126177) //nolint:gosec // any bits will do
	h = (h ^ h>>13) * 1274126177
	return float64((h^h>>16)&0xffff) / 0xffff
}

// ground lays slabs, each a little lighter or darker than the next.
func (s *shot) ground(c rgb, x0, y0, x1, y1, step, varied float64) {
	for x := x0; x < x1; x += step {
		for y := y0; y < y1; y += step {
			shade := 1 + varied*(grain(int(x*10), int(y*10), 1)-0.5)
			s.face(c.times(shade), vec{x, y, 0}, vec{x + step, y, 0}, vec{x + step, y + step, 0}, vec{x, y + step, 0})
		}
	}
}

// wall stands between two corners, in stones of a size.
func (s *shot) wall(c rgb, a, b vec, tall, step float64) {
	run := b.minus(a)
	n := max(1, int(run.length()/step))
	for i := range n {
		for z := 0.0; z < tall; z += step {
			p, q := a.to(b, float64(i)/float64(n)), a.to(b, float64(i+1)/float64(n))
			top := min(z+step, tall)
			shade := 1 + 0.06*(grain(i, int(z*10), int(a.x*7+a.y*13))-0.5)
			s.face(c.times(shade), p.plus(vec{0, 0, z}), q.plus(vec{0, 0, z}), q.plus(vec{0, 0, top}), p.plus(vec{0, 0, top}))
		}
	}
}

// box stands with two opposite corners.
func (s *shot) box(c rgb, a, b vec) {
	s.prism(c, []vec{{a.x, a.y, 0}, {b.x, a.y, 0}, {b.x, b.y, 0}, {a.x, b.y, 0}}, a.z, b.z)
}

// prism stands on an outline.
func (s *shot) prism(c rgb, outline []vec, from, to float64) {
	lift := func(p vec, z float64) vec { return vec{p.x, p.y, z} }
	var top []vec
	for i, p := range outline {
		q := outline[(i+1)%len(outline)]
		s.face(c, lift(p, from), lift(q, from), lift(q, to), lift(p, to))
		top = append(top, lift(p, to))
	}
	s.face(c.times(1.05), top...)
}

// shadow darkens the floor under a thing.
func (s *shot) shadow(at vec, rx, ry float64) {
	var ring []vec
	for i := range 16 {
		a := float64(i) * math.Pi / 8
		ring = append(ring, vec{at.x + rx*math.Cos(a), at.y + ry*math.Sin(a), 0.01})
	}
	s.veil(rgb{0.03, 0.04, 0.06}, 0.35, ring...)
}

// clothes are a person's colours.
type clothes struct{ coat, trousers, skin rgb }

// person walks; stride is the phase of the step, in steps, and heading where to.
func (s *shot) person(at vec, heading, stride float64, c clothes) {
	forward := vec{math.Cos(heading), math.Sin(heading), 0}
	side := vec{-forward.y, forward.x, 0}
	p := func(f, sd, z float64) vec { return at.plus(forward.times(f)).plus(side.times(sd)).plus(vec{0, 0, z}) }
	swing := math.Sin(stride * math.Pi)
	bob := 0.02 * math.Abs(math.Cos(stride*math.Pi))
	s.shadow(at, 0.35, 0.3)
	for _, leg := range []float64{-1, 1} {
		foot := 0.34 * swing * leg
		lift := max(0, -0.12*math.Cos(stride*math.Pi)*leg)
		knee := p(foot*0.45+0.05, 0.1*leg, 0.5+lift*0.5)
		s.limb(c.trousers, p(0, 0.09*leg, 0.9+bob), knee, 0.095, 0.075)
		s.limb(c.trousers.times(0.92), knee, p(foot, 0.1*leg, 0.09+lift), 0.075, 0.055)
		s.limb(rgb{0.09, 0.09, 0.1}, p(foot-0.03, 0.1*leg, 0.05+lift), p(foot+0.14, 0.1*leg, 0.04+lift), 0.05, 0.045)
		hand := -0.26 * swing * leg
		elbow := p(hand*0.4-0.03, 0.25*leg, 1.14+bob)
		s.limb(c.coat.times(0.9), p(0, 0.2*leg, 1.42+bob), elbow, 0.06, 0.05)
		s.limb(c.coat.times(0.85), elbow, p(hand+0.05, 0.24*leg, 0.9+bob), 0.05, 0.04)
		s.limb(c.skin, p(hand+0.06, 0.24*leg, 0.86+bob), p(hand+0.07, 0.24*leg, 0.83+bob), 0.042, 0.04)
	}
	s.limb(c.coat, p(0, 0, 0.95+bob), p(0.01, 0, 1.38+bob), 0.165, 0.2)
	s.limb(c.skin, p(0.01, 0, 1.48+bob), p(0.02, 0, 1.56+bob), 0.06, 0.06)
	s.limb(c.skin, p(0.02, 0, 1.65+bob), p(0.02, 0, 1.7+bob), 0.1, 0.1)
	s.limb(rgb{0.12, 0.09, 0.07}, p(-0.03, 0, 1.71+bob), p(0, 0, 1.75+bob), 0.1, 0.085)
}

// walker goes from one place to another and is back at the beginning out of sight.
func (s *shot) walker(from, to vec, share float64, c clothes) {
	if share < 0 || share > 1 {
		return
	}
	way := to.minus(from)
	s.person(from.to(to, share), math.Atan2(way.y, way.x), share*way.length()/0.72, c)
}

// car drives along y towards the camera (or away from it); at is its middle.
func (s *shot) car(at vec, towards float64, body rgb, plate bool) {
	f := func(x, y, z float64) vec { return at.plus(vec{x, -y * towards, z}) }
	hull := func(c rgb, half, y0, y1, z0, z1 float64) {
		a, b := f(-half, y0, z0), f(half, y1, z1)
		s.box(c, vec{a.x, min(a.y, b.y), z0}, vec{b.x, max(a.y, b.y), z1})
	}
	s.veil(rgb{0.02, 0.02, 0.03}, 0.45, f(-1, -2.3, 0.01), f(1, -2.3, 0.01), f(1, 2.3, 0.01), f(-1, 2.3, 0.01))
	hull(rgb{0.06, 0.06, 0.07}, 0.86, -2.1, 2.1, 0.15, 0.3)
	hull(body, 0.88, -2.15, 2.15, 0.3, 0.85)
	glass := hex(0x27323b)
	quad := func(c rgb, a, b, d, e vec) { s.face(c, a, b, d, e) }
	quad(glass, f(-0.78, 1.15, 0.85), f(0.78, 1.15, 0.85), f(0.66, 0.5, 1.42), f(-0.66, 0.5, 1.42))
	quad(glass, f(-0.78, -1.75, 0.85), f(0.78, -1.75, 0.85), f(0.66, -1.2, 1.42), f(-0.66, -1.2, 1.42))
	for _, x := range []float64{-1, 1} {
		quad(glass.times(1.1), f(0.78*x, 1.15, 0.85), f(0.78*x, -1.75, 0.85), f(0.66*x, -1.2, 1.42), f(0.66*x, 0.5, 1.42))
		quad(body.times(0.9), f(0.79*x, -0.2, 0.85), f(0.79*x, -0.32, 0.85), f(0.67*x, -0.32, 1.42), f(0.67*x, -0.2, 1.42))
		for _, y := range []float64{1.35, -1.35} {
			s.limb(rgb{0.05, 0.05, 0.05}, f(0.86*x, y, 0.33), f(0.84*x, y, 0.33), 0.33, 0.33)
			s.limb(rgb{0.5, 0.52, 0.54}, f(0.89*x, y, 0.33), f(0.89*x, y, 0.33), 0.17, 0.17)
		}
		s.limb(rgb{1.2, 1.18, 1.05}, f(0.62*x, 2.15, 0.66), f(0.7*x, 2.13, 0.67), 0.11, 0.09)
		s.limb(rgb{0.8, 0.1, 0.08}, f(0.66*x, -2.15, 0.68), f(0.72*x, -2.14, 0.68), 0.09, 0.09)
	}
	quad(body.times(1.08), f(-0.66, 0.5, 1.42), f(0.66, 0.5, 1.42), f(0.66, -1.2, 1.42), f(-0.66, -1.2, 1.42))
	s.face(rgb{0.1, 0.1, 0.11}, f(-0.45, 2.16, 0.52), f(0.45, 2.16, 0.52), f(0.45, 2.16, 0.74), f(-0.45, 2.16, 0.74))
	if plate {
		s.plate(f)
	}
}

// plate has letters of bars, as far as a camera makes them out.
func (s *shot) plate(f func(x, y, z float64) vec) {
	bar := func(c rgb, x0, x1, z0, z1, out float64) {
		s.paint(c, 1, []vec{f(x0, 2.17+out, z0), f(x1, 2.17+out, z0), f(x1, 2.17+out, z1), f(x0, 2.17+out, z1)})
	}
	bar(rgb{0.93, 0.94, 0.95}, -0.29, 0.29, 0.37, 0.5, 0)
	segments := map[rune]string{'2': "abdeg", '0': "abcdef", '4': "bcfg", '1': "bc", '7': "abc", 'U': "bcdef", 'N': "abcef", '-': "g"}
	ink := rgb{0.08, 0.1, 0.25}
	for i, r := range "UN204-17" {
		x := -0.265 + float64(i)*0.067
		for _, g := range segments[r] {
			switch g {
			case 'a':
				bar(ink, x, x+0.045, 0.472, 0.484, 0.004)
			case 'd':
				bar(ink, x, x+0.045, 0.386, 0.398, 0.004)
			case 'g':
				bar(ink, x, x+0.045, 0.429, 0.441, 0.004)
			case 'b':
				bar(ink, x+0.034, x+0.045, 0.435, 0.484, 0.004)
			case 'c':
				bar(ink, x+0.034, x+0.045, 0.386, 0.435, 0.004)
			case 'e':
				bar(ink, x, x+0.011, 0.386, 0.435, 0.004)
			case 'f':
				bar(ink, x, x+0.011, 0.435, 0.484, 0.004)
			}
		}
	}
}

// tree stands still: the clips are short and the wind is low.
func (s *shot) tree(at vec, tall float64, leaves rgb) {
	s.limb(hex(0x4b3c2f), at, at.plus(vec{0, 0, tall * 0.5}), 0.16, 0.1)
	for i := range 26 {
		a, r := float64(i)*2.4, 0.12*tall*math.Sqrt(float64(i%7)+0.5)
		z := tall * (0.42 + 0.5*float64(i)/26)
		r *= 1.5 - math.Abs(z/tall-0.62)*2.2
		p := at.plus(vec{r * math.Cos(a), r * math.Sin(a), z})
		s.limb(leaves.times(0.8+0.4*grain(i, int(at.x*9), 3)), p, p, tall*0.11, tall*0.11)
	}
}

// lamp hangs or stands; it shines at the camera, too.
func (s *shot) lamp(foot vec, tall float64) {
	s.limb(hex(0x3c434a), foot, foot.plus(vec{0, 0, tall}), 0.06, 0.045)
	s.limb(hex(0x3c434a), foot.plus(vec{0, 0, tall}), foot.plus(vec{0.7, 0, tall + 0.1}), 0.045, 0.04)
	s.limb(rgb{1, 0.98, 0.9}, foot.plus(vec{0.6, 0, tall + 0.05}), foot.plus(vec{0.9, 0, tall + 0.07}), 0.07, 0.06)
}

// bars are an iron fence.
func (s *shot) bars(c rgb, a, b vec, tall, every float64) {
	n := int(b.minus(a).length() / every)
	for i := range n + 1 {
		p := a.to(b, float64(i)/float64(max(n, 1)))
		s.limb(c, p, p.plus(vec{0, 0, tall}), 0.018, 0.014)
	}
	for _, z := range []float64{0.25, tall - 0.2} {
		s.limb(c, a.plus(vec{0, 0, z}), b.plus(vec{0, 0, z}), 0.025, 0.025)
	}
}
