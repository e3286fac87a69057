package main

import "math"

// scene is one picture that moves. share runs from 0 to 1 and the end meets the
// beginning.
type scene struct {
	file, label string
	lens        lens
	light       light
	still       func(s *shot)
	moving      func(s *shot, share float64)
	look        func(x, y float64, c rgb) rgb
}

var (
	day = light{
		sun: vec{-0.5, -0.6, 0.8}, ambient: 0.62, fog: hex(0xb9c4cc), reach: 160,
		sky: [2]rgb{hex(0x7fa3c4), hex(0xdfe6ea)},
	}
	evening = light{
		sun: vec{0.5, -0.7, 0.7}, ambient: 0.66, fog: hex(0xa99f97), reach: 120,
		sky: [2]rgb{hex(0x6e7f99), hex(0xe8cda6)},
	}
	indoors = light{
		sun: vec{-0.2, -0.5, 1}, ambient: 0.78, fog: hex(0x9aa0a4), reach: 90,
		sky: [2]rgb{hex(0xc9cdd0), hex(0xb4b9bd)},
	}
	night = light{
		sun: vec{0.1, -0.9, 0.4}, ambient: 0.35, fog: hex(0x101214), reach: 46,
		sky: [2]rgb{hex(0x14171b), hex(0x1c2126)},
	}
)

var (
	officer  = clothes{hex(0x24496e), hex(0x1d2936), hex(0xa07355)}
	visitor  = clothes{hex(0x9a3b36), hex(0x3b3f4a), hex(0xd1a27e)}
	lady     = clothes{hex(0xc9a54a), hex(0x2b2b33), hex(0x6e4a36)}
	worker   = clothes{hex(0xe08b26), hex(0x39465a), hex(0x80583f)}
	clerk    = clothes{hex(0xdfe3e6), hex(0x454b55), hex(0xc08f6f)}
	delegate = clothes{hex(0x39424e), hex(0x2b323c), hex(0x8c6248)}
)

// part is how far along something is that lasts from one share to another.
func part(share, from, to float64) float64 { return (share - from) / (to - from) }

// eased begins and ends gently.
func eased(t float64) float64 {
	t = min(max(t, 0), 1)
	return t * t * (3 - 2*t)
}

func scenes() []scene {
	list := []scene{gateA(), gateB()}
	for _, one := range []struct {
		suffix, label string
		lens          lens
	}{
		{"", "C-03  GATE C", lens{vec{-4.6, -8.5, 4.2}, vec{0.6, 6, 0.6}, 62}},
		{".road", "C-03  GATE C  ROAD", lens{vec{-4.6, -8.5, 4.2}, vec{2.2, 30, 0.8}, 30}},
		{".plate", "C-03  GATE C  PLATE", lens{vec{-4.6, -8.5, 4.2}, vec{-1.6, 4.2, 0.7}, 14}},
	} {
		s := gateC()
		s.file, s.label, s.lens = s.file+one.suffix, one.label, one.lens
		list = append(list, s)
	}
	return append(list, fence(), lobby(), corridor(), dock(), cashier(), lobbyE(), pregny())
}

func outside(s *shot, paving uint32) {
	s.ground(hex(0x6d7a55), -60, 2, 60, 110, 6, 0.12)
	s.ground(hex(paving), -14, -14, 14, 30, 1, 0.08)
}

func gateA() scene {
	return scene{
		file: "gate-a", label: "C-01  GATE A", light: day,
		lens: lens{vec{-5.5, -7, 4}, vec{1.2, 6, 1}, 64},
		still: func(s *shot) {
			outside(s, 0x9b9a94)
			s.wall(hex(0xcfc6b4), vec{-16, 7, 0}, vec{-1.6, 7, 0}, 3.2, 0.8)
			s.wall(hex(0xcfc6b4), vec{2.6, 7, 0}, vec{18, 7, 0}, 3.2, 0.8)
			s.box(hex(0xb5ab97), vec{-2.1, 6.6, 0}, vec{-1.4, 7.4, 3.8})
			s.box(hex(0xb5ab97), vec{2.4, 6.6, 0}, vec{3.1, 7.4, 3.8})
			s.box(hex(0x3f6ea5), vec{-2.1, 6.7, 3.8}, vec{3.1, 7.3, 4.5})
			s.box(hex(0xe9e6dd), vec{4.2, 3.2, 0}, vec{7.4, 6.2, 2.9})
			s.face(hex(0x31424f), vec{4.19, 3.6, 1.1}, vec{4.19, 5.8, 1.1}, vec{4.19, 5.8, 2.3}, vec{4.19, 3.6, 2.3})
			s.face(hex(0x31424f), vec{4.6, 3.19, 1.1}, vec{7, 3.19, 1.1}, vec{7, 3.19, 2.3}, vec{4.6, 3.19, 2.3})
			s.box(hex(0x5c6a72), vec{4, 3, 2.9}, vec{7.6, 6.4, 3.1})
			s.bars(hex(0x2b3138), vec{-1.4, 7, 0}, vec{0.1, 7, 0}, 2.6, 0.17)
			for x := -1.2; x < 2.4; x += 1.2 {
				s.limb(hex(0x8f989f), vec{x, 4.4, 0}, vec{x, 4.4, 1.05}, 0.09, 0.09)
				s.limb(hex(0x8f989f), vec{x, 4.4, 0.9}, vec{x + 0.5, 4.4, 0.9}, 0.04, 0.04)
			}
			s.tree(vec{-9, 15, 0}, 7, hex(0x4f7440))
			s.tree(vec{11, 19, 0}, 9, hex(0x5c7d45))
			s.tree(vec{3, 26, 0}, 8, hex(0x4c6d3d))
			s.box(hex(0xbfc6cb), vec{-8, 34, 0}, vec{14, 44, 9})
			s.lamp(vec{-4.2, 9, 0}, 5)
		},
		moving: func(s *shot, share float64) {
			s.walker(vec{0.6, 24, 0}, vec{0.5, -5, 0}, part(share, 0, 0.98), visitor)
			s.walker(vec{-3.4, -6, 0}, vec{1.6, 14, 0}, part(math.Mod(share+0.35, 1), 0, 0.9), officer)
			s.person(vec{3.4, 3.4 + 0.15*math.Sin(share*2*math.Pi), 0}, 3.6+0.4*math.Sin(share*4*math.Pi), 0.25, officer)
		},
	}
}

func gateB() scene {
	return scene{
		file: "gate-b", label: "C-02  GATE B TURNSTILES", light: evening,
		lens: lens{vec{4.4, -5, 3.6}, vec{-0.6, 4, 0.9}, 66},
		still: func(s *shot) {
			s.ground(hex(0x8d8880), -16, -12, 16, 34, 1, 0.08)
			s.box(hex(0xa9a298), vec{-12, 9, 0}, vec{-3.5, 10, 4})
			s.box(hex(0xa9a298), vec{3.5, 9, 0}, vec{12, 10, 4})
			s.box(hex(0x4d6478), vec{-12, 8.6, 4}, vec{12, 10.4, 4.6})
			for x := -3.0; x <= 3.01; x += 1.5 {
				s.box(hex(0xa7adb2), vec{x - 0.16, 2.6, 0}, vec{x + 0.16, 4.6, 1})
				s.box(hex(0x30363c), vec{x - 0.17, 2.6, 1}, vec{x + 0.17, 4.6, 1.04})
				s.limb(hex(0x46d17f).times(0.9), vec{x, 2.55, 0.8}, vec{x, 2.55, 0.8}, 0.045, 0.045)
			}
			s.tree(vec{-7, 20, 0}, 8, hex(0x5d6d3c))
			s.tree(vec{7, 24, 0}, 9, hex(0x66703d))
			s.box(hex(0xb0aaa5), vec{-14, 30, 0}, vec{3, 38, 8})
			s.bars(hex(0x2f353b), vec{-3.5, 9.4, 0}, vec{-1.2, 9.4, 0}, 3, 0.2)
			s.bars(hex(0x2f353b), vec{1.4, 9.4, 0}, vec{3.5, 9.4, 0}, 3, 0.2)
		},
		moving: func(s *shot, share float64) {
			for i, one := range []struct {
				x, at float64
				who   clothes
				in    bool
			}{{-2.25, 0, delegate, true}, {0.75, 0.4, lady, true}, {-0.75, 0.62, clerk, false}} {
				t := math.Mod(share-one.at+1, 1)
				from, to := vec{one.x, 17, 0}, vec{one.x, -7, 0}
				if one.in {
					from, to = to, from
				}
				s.walker(from, to, part(t, 0, 0.85), one.who)
				turn := 0.0
				if at := from.to(to, part(t, 0, 0.85)); t < 0.85 && math.Abs(at.y-3.6) < 1.6 {
					turn = (at.y - 3.6 + 1.6) / 3.2 * 2 * math.Pi / 3
				}
				for k := range 3 {
					a := turn + float64(k)*2*math.Pi/3
					hub := vec{one.x + 0.58, 3.6, 0.85}
					s.limb(hex(0xd3d8dc), hub, hub.plus(vec{-0.85 * math.Abs(math.Cos(a/2)), 0.25 * math.Sin(a), 0.3 * math.Cos(a)}), 0.03, 0.03)
				}
				_ = i
			}
		},
	}
}

func gateC() scene {
	return scene{
		file: "gate-c", light: day,
		still: func(s *shot) {
			s.ground(hex(0x74805c), -60, -14, 70, 120, 6, 0.12)
			s.ground(hex(0x5a5f63), -3.4, -14, 3.4, 120, 1.7, 0.07)
			for y := -12.0; y < 100; y += 5 {
				s.veil(hex(0xd8dadb), 0.85, vec{-0.08, y, 0.012}, vec{0.08, y, 0.012}, vec{0.08, y + 2.4, 0.012}, vec{-0.08, y + 2.4, 0.012})
			}
			s.ground(hex(0xa5a49d), 3.4, -14, 8, 14, 1, 0.08)
			s.box(hex(0xe8e4da), vec{4.2, 2.4, 0}, vec{6.8, 5.6, 2.7})
			s.face(hex(0x2f404d), vec{4.19, 2.8, 1}, vec{4.19, 5.2, 1}, vec{4.19, 5.2, 2.2}, vec{4.19, 2.8, 2.2})
			s.face(hex(0x2f404d), vec{4.5, 2.39, 1}, vec{6.5, 2.39, 1}, vec{6.5, 2.39, 2.2}, vec{4.5, 2.39, 2.2})
			s.box(hex(0x46637e), vec{3.9, 2.1, 2.7}, vec{7.1, 5.9, 2.95})
			s.box(hex(0xd9b12e), vec{3.5, 3.2, 0}, vec{3.95, 3.7, 1.15})
			s.wall(hex(0xc9c0ae), vec{-22, 8, 0}, vec{-4.4, 8, 0}, 2.8, 0.9)
			s.wall(hex(0xc9c0ae), vec{8, 8, 0}, vec{26, 8, 0}, 2.8, 0.9)
			s.box(hex(0xb2a892), vec{-4.6, 7.6, 0}, vec{-3.8, 8.4, 3.3})
			for i, x := range []float64{-13, -18, 12, 19, 15, -11, 24, 30} {
				s.tree(vec{x, 16 + float64(i)*5, 0}, 7+float64(i%3), hex(0x55763f).times(0.9+0.05*float64(i%3)))
			}
			s.lamp(vec{-4.4, 5, 0}, 6)
			s.lamp(vec{4.4, 34, 0}, 6)
			s.box(hex(0xc4c9cd), vec{14, 52, 0}, vec{34, 64, 11})
		},
		moving: func(s *shot, share float64) {
			// The car comes, waits for the bar, and passes.
			var y float64
			switch {
			case share < 0.4:
				y = 62 - 55.6*(1-math.Pow(1-share/0.4, 1.7))
			case share < 0.62:
				y = 6.4
			default:
				y = 6.4 - 24*math.Pow(part(share, 0.62, 1), 1.8)
			}
			s.car(vec{-1.6, y, 0}, 1, hex(0xdfe4e8), true)
			lift := eased(part(share, 0.5, 0.62)) - eased(part(share, 0.88, 0.99))
			a := lift * 1.38
			hub := vec{3.7, 3.4, 1}
			for i := range 7 {
				c := hex(0xf0f0ee)
				if i%2 == 0 {
					c = hex(0xd23a31)
				}
				f, g := float64(i)*1.0, float64(i+1)*1.0
				s.limb(c, hub.plus(vec{-f * math.Cos(a), 0, f * math.Sin(a)}), hub.plus(vec{-g * math.Cos(a), 0, g * math.Sin(a)}), 0.07, 0.07)
			}
			guard := vec{3.0 - 0.9*eased(part(share, 0.4, 0.47)) + 0.9*eased(part(share, 0.56, 0.62)), 5.2, 0}
			s.person(guard, math.Pi+0.3*math.Sin(share*6*math.Pi), share*8, officer)
			s.walker(vec{5.5, 30, 0}, vec{5.2, -9, 0}, part(math.Mod(share+0.3, 1), 0, 0.95), lady)
		},
	}
}

func fence() scene {
	return scene{
		file: "fence", label: "C-04  FENCE NORTH  IR", light: night,
		lens: lens{vec{-2.2, -6, 3.4}, vec{1.6, 14, 0.6}, 60},
		still: func(s *shot) {
			s.ground(hex(0x6a6f66), -30, -10, 34, 60, 1.5, 0.25)
			s.ground(hex(0x8b8c86), -3.4, -10, -0.4, 60, 1, 0.12)
			for y := -6.0; y < 52; y += 3 {
				s.limb(hex(0x9aa0a2), vec{1.6, y, 0}, vec{1.6, y, 2.7}, 0.055, 0.05)
				s.limb(hex(0x9aa0a2), vec{1.6, y, 2.7}, vec{1.25, y, 3.1}, 0.045, 0.04)
				for _, z := range []float64{0.15, 2.65} {
					s.limb(hex(0x8d9394), vec{1.6, y, z}, vec{1.6, y + 3, z}, 0.025, 0.025)
				}
				for i := range 15 {
					a := float64(i) * 0.2
					s.limb(hex(0x5f6566), vec{1.6, y + a, 0.15}, vec{1.6, y + a + 0.2, 2.65}, 0.007, 0.007)
				}
				for z := 2.8; z < 3.2; z += 0.14 {
					s.limb(hex(0xa0a5a6), vec{1.6 - (z-2.7)*0.8, y, z}, vec{1.6 - (z-2.7)*0.8, y + 3, z}, 0.012, 0.012)
				}
			}
			for i, x := range []float64{7, 11, 6, 14, 9} {
				s.tree(vec{x, 8 + float64(i)*6, 0}, 6+float64(i%2)*2, hex(0x7d857a))
			}
		},
		moving: func(s *shot, share float64) {
			s.walker(vec{-2, 40, 0}, vec{-1.6, 2, 0}, part(share, 0, 0.62), clothes{hex(0xb4b8ba), hex(0x85898c), hex(0xe0e0e0)})
			s.walker(vec{-1.6, 2, 0}, vec{-2, 40, 0}, part(share, 0.62, 1), clothes{hex(0xb4b8ba), hex(0x85898c), hex(0xe0e0e0)})
			fox(s, part(math.Mod(share+0.2, 1), 0, 0.5))
		},
		look: func(x, y float64, c rgb) rgb {
			grey := 0.3*c.r + 0.59*c.g + 0.11*c.b
			dx, dy := (x-0.48)*1.5, (y-0.62)*1.15
			grey *= 0.25 + 1.25*math.Exp(-(dx*dx+dy*dy)*3.2)
			return rgb{grey * 0.97, grey, grey * 0.98}
		},
	}
}

// fox crosses the path; in infrared its eyes shine.
func fox(s *shot, t float64) {
	if t < 0 || t > 1 {
		return
	}
	at := vec{-9 + 9.5*t, 7.5 + 1.2*math.Sin(t*5), 0}
	fur := hex(0xd7d9d8)
	step := math.Sin(t * 60)
	s.shadow(at, 0.5, 0.15)
	s.limb(fur, at.plus(vec{-0.28, 0, 0.36}), at.plus(vec{0.25, 0, 0.4}), 0.1, 0.11)
	s.limb(fur, at.plus(vec{0.33, 0, 0.5}), at.plus(vec{0.5, 0, 0.46}), 0.085, 0.04)
	s.limb(fur.times(0.8), at.plus(vec{-0.3, 0, 0.36}), at.plus(vec{-0.72, 0, 0.22}), 0.06, 0.07)
	for i, x := range []float64{-0.22, -0.16, 0.18, 0.24} {
		f := step * 0.12 * float64(1-2*(i%2))
		s.limb(fur.times(0.75), at.plus(vec{x, 0, 0.34}), at.plus(vec{x + f, 0, 0.03}), 0.035, 0.025)
	}
	s.limb(rgb{3, 3, 3}, at.plus(vec{0.42, -0.05, 0.53}), at.plus(vec{0.42, -0.05, 0.53}), 0.02, 0.02)
}
