package main

import "math"

// room lays a floor and puts up the walls behind it.
func (s *shot) room(floor, wall uint32, x0, y0, x1, y1, tall, slab float64) {
	s.ground(hex(floor), x0, y0, x1, y1, slab, 0.05)
	s.wall(hex(wall), vec{x0, y1, 0}, vec{x1, y1, 0}, tall, 1.2)
	s.wall(hex(wall).times(0.96), vec{x0, y0, 0}, vec{x0, y1, 0}, tall, 1.2)
	s.wall(hex(wall).times(0.92), vec{x1, y0, 0}, vec{x1, y1, 0}, tall, 1.2)
	for x := x0; x < x1; x += 1.2 {
		for y := y0; y < y1; y += 1.2 {
			c := hex(0xd9dbdc).times(0.96 + 0.05*grain(int(x*5), int(y*5), 9))
			if int((x-x0)/1.2)%3 == 1 && int((y-y0)/1.2)%2 == 1 {
				c = rgb{1.25, 1.25, 1.22}
			}
			s.face(c, vec{x, y, tall}, vec{x + 1.2, y, tall}, vec{x + 1.2, y + 1.2, tall}, vec{x, y + 1.2, tall})
		}
	}
	for _, edge := range [][2]vec{{{x0, y1 - 0.02, 0}, {x1, y1 - 0.02, 0}}, {{x0 + 0.02, y0, 0}, {x0 + 0.02, y1, 0}}, {{x1 - 0.02, y0, 0}, {x1 - 0.02, y1, 0}}} {
		s.face(hex(0x5c6166), edge[0], edge[1], edge[1].plus(vec{0, 0, 0.12}), edge[0].plus(vec{0, 0, 0.12}))
	}
}

// panel hangs on a wall that faces the camera.
func (s *shot) panel(c rgb, x0, x1, y, z0, z1 float64) {
	s.face(c, vec{x0, y, z0}, vec{x1, y, z0}, vec{x1, y, z1}, vec{x0, y, z1})
}

func (s *shot) plant(at vec) {
	s.prism(hex(0x7d6a58), []vec{at.plus(vec{-0.25, -0.25, 0}), at.plus(vec{0.25, -0.25, 0}), at.plus(vec{0.25, 0.25, 0}), at.plus(vec{-0.25, 0.25, 0})}, 0, 0.5)
	for i := range 14 {
		a := float64(i) * 2.4
		s.limb(hex(0x3f7a46).times(0.75+0.5*grain(i, 4, 4)), at.plus(vec{0, 0, 0.5}), at.plus(vec{0.5 * math.Cos(a), 0.5 * math.Sin(a), 0.9 + 0.06*float64(i)}), 0.04, 0.09)
	}
}

func lobby() scene {
	return scene{
		file: "lobby", label: "C-05  LOBBY", light: indoors,
		lens: lens{vec{-5.4, -1.6, 3.1}, vec{1.2, 7.4, 0.7}, 74},
		still: func(s *shot) {
			s.room(0xb8b2a6, 0xd5d2ca, -7, -4, 9, 12, 3.6, 0.8)
			for x := 1.0; x < 7; x += 1.5 {
				s.panel(hex(0xa8c6d8), x, x+1.4, 11.95, 0.1, 2.8)
				s.panel(hex(0x5a7288), x, x+1.4, 11.94, 0.1, 0.9)
			}
			s.panel(hex(0x3e6ea6), -4.6, -1.4, 11.95, 1.4, 2.9)
			s.limb(hex(0xe8eef3), vec{-3, 11.9, 2.15}, vec{-3, 11.9, 2.15}, 0.55, 0.55)
			s.limb(hex(0x3e6ea6), vec{-3, 11.86, 2.15}, vec{-3, 11.86, 2.15}, 0.42, 0.42)
			s.box(hex(0x8a6b4d), vec{-4.6, 8.2, 0}, vec{-0.6, 9, 1.1})
			s.box(hex(0x4f5459), vec{-4.7, 8.1, 1.1}, vec{-0.5, 9.1, 1.17})
			s.box(hex(0x2b3036), vec{-3.4, 8.5, 1.17}, vec{-2.7, 8.6, 1.6})
			s.box(hex(0x49586a), vec{4.4, 4, 0}, vec{7.4, 4.9, 0.45})
			s.box(hex(0x43505f), vec{4.4, 4.9, 0}, vec{7.4, 5.2, 0.9})
			s.plant(vec{7.6, 9.6, 0})
			s.plant(vec{-6, 10.6, 0})
			for _, x := range []float64{-0.4, 3.4} {
				s.box(hex(0xc4c0b6), vec{x, 6, 0}, vec{x + 0.5, 6.5, 3.6})
			}
		},
		moving: func(s *shot, share float64) {
			s.person(vec{-2.6, 9.6, 0}, -1.5+0.5*math.Sin(share*2*math.Pi), 0.5, officer)
			s.walker(vec{4.6, 11.4, 0}, vec{-1.6, 7.3, 0}, part(share, 0, 0.34), visitor)
			if share >= 0.34 && share < 0.6 {
				s.person(vec{-1.6, 7.3, 0}, 1.9, 0.5+0.1*math.Sin(share*60), visitor)
			}
			s.walker(vec{-1.6, 7.3, 0}, vec{9, 1.2, 0}, part(share, 0.6, 0.97), visitor)
			s.walker(vec{8.6, 7.4, 0}, vec{-7, 3, 0}, part(math.Mod(share+0.62, 1), 0, 0.8), lady)
		},
	}
}

func corridor() scene {
	return scene{
		file: "corridor", label: "C-06  SERVER CORRIDOR", light: indoors,
		lens: lens{vec{-0.9, -2, 2.6}, vec{0.2, 9, 0.9}, 66},
		still: func(s *shot) {
			s.room(0x8f989d, 0xcdd2d5, -1.6, -4, 1.9, 24, 2.9, 0.6)
			for y := 1.0; y < 22; y += 4.2 {
				s.face(hex(0x66737e), vec{1.88, y, 0}, vec{1.88, y + 1, 0}, vec{1.88, y + 1, 2.1}, vec{1.88, y, 2.1})
				s.face(hex(0x93a0aa), vec{1.87, y + 0.2, 1.2}, vec{1.87, y + 0.45, 1.2}, vec{1.87, y + 0.45, 1.9}, vec{1.87, y + 0.2, 1.9})
				s.limb(hex(0xe0e4e6), vec{1.83, y + 0.9, 1}, vec{1.83, y + 0.8, 1}, 0.03, 0.03)
			}
			for y := 2.4; y < 20; y += 3 {
				s.face(hex(0x22303b), vec{-1.58, y, 0.7}, vec{-1.58, y + 2.5, 0.7}, vec{-1.58, y + 2.5, 2.3}, vec{-1.58, y, 2.3})
			}
			s.panel(hex(0x55636d), -0.6, 0.7, 23.9, 0, 2.1)
			s.limb(hex(0x2f8f5b), vec{0.05, 23.8, 2.4}, vec{0.4, 23.8, 2.4}, 0.1, 0.1)
		},
		moving: func(s *shot, share float64) {
			for i := range 5 {
				for j := range 8 {
					blink := math.Mod(share*float64(5+(i*3+j*5)%7)+grain(i, j, 2), 1) < 0.5
					c := hex(0x2d6b4a)
					if blink {
						c = rgb{0.45, 1, 0.6}
					}
					if (i+j)%5 == 0 {
						c = rgb{c.g, c.g * 0.75, 0.2}
					}
					at := vec{-1.55, 2.7 + 3*float64(i) + 0.27*float64(j), 1 + 0.35*float64((i+j)%4)}
					s.limb(c, at, at, 0.035, 0.035)
				}
			}
			s.walker(vec{0.5, 22, 0}, vec{0.3, 6.2, 0}, part(share, 0, 0.42), worker)
			if share >= 0.42 && share < 0.52 {
				s.person(vec{0.3, 6.2, 0}, eased(part(share, 0.42, 0.52))*math.Pi-math.Pi/2, 0.5, worker)
			}
			s.walker(vec{0.3, 6.2, 0}, vec{0.5, 22, 0}, part(share, 0.52, 0.97), worker)
		},
	}
}

func dock() scene {
	return scene{
		file: "dock", label: "C-07  LOADING DOCK", light: evening,
		lens: lens{vec{5.6, -6.6, 4.4}, vec{-0.8, 5, 0.9}, 66},
		still: func(s *shot) {
			s.ground(hex(0x85888a), -18, -12, 18, 14, 1.4, 0.08)
			s.wall(hex(0xb3aca1), vec{-18, 12, 0}, vec{18, 12, 0}, 6, 1)
			s.box(hex(0x9a958d), vec{-18, 9.4, 0}, vec{2.4, 12, 1.1})
			for i, x := range []float64{-7.6, -3.4} {
				s.panel(hex(0x49525a), x, x+3.2, 11.95, 1.1, 4.4)
				for z := 1.5; z < 4.4 && i == 0; z += 0.4 {
					s.panel(hex(0x77838c).times(0.95+0.1*grain(int(z*10), 1, 1)), x, x+3.2, 11.93, z, z+0.36)
				}
			}
			s.panel(hex(0x5b6b78), 5, 6.2, 11.95, 0, 2.2)
			for i, at := range []vec{{-6.8, 9.9, 1.1}, {-5.6, 10, 1.1}, {-6.7, 10, 2}, {9, 9.4, 0}, {10.2, 9.6, 0}, {9.1, 9.5, 0.9}} {
				s.box(hex(0xb08a5a).times(0.9+0.06*float64(i%3)), at, at.plus(vec{1, 1, 0.85}))
			}
			truck(s, vec{-10.8, 4.4, 0})
			for _, x := range []float64{-8.2, -3.2, 2.4} {
				s.veil(hex(0xe0c04a), 0.8, vec{x, -2, 0.012}, vec{x + 0.14, -2, 0.012}, vec{x + 0.14, 9, 0.012}, vec{x, 9, 0.012})
			}
			s.lamp(vec{3.8, 11.7, 0}, 4.6)
		},
		moving: func(s *shot, share float64) {
			// The forklift carries a pallet from the edge to the stack and returns.
			go1, back := eased(part(share, 0.05, 0.45)), eased(part(share, 0.55, 0.95))
			at := vec{-2, 7.2, 0}.to(vec{6.4, 4.2, 0}, go1-back)
			lift := 0.2 + 0.9*(1-eased(part(share, 0.02, 0.1))+eased(part(share, 0.93, 0.99)))
			forklift(s, at, lift)
			s.walker(vec{11, 8.6, 0}, vec{-3, 0.4, 0}, part(math.Mod(share+0.15, 1), 0, 0.7), worker)
			s.person(vec{0.6, 10.4, 1.1}, -1.2+0.7*math.Sin(share*2*math.Pi), 0.5, worker)
		},
	}
}

func truck(s *shot, at vec) {
	p := func(x, y, z float64) vec { return at.plus(vec{x, y, z}) }
	s.shadow(p(1.4, 1.4, 0), 2.2, 4.4)
	s.box(hex(0xe4e7e9), p(0.1, 0, 0.9), p(2.7, 5, 3.5))
	s.box(hex(0x2f6aa3), p(0.2, -1.9, 0.5), p(2.6, -0.2, 2.5))
	s.panel(hex(0x26333d), at.x+0.4, at.x+2.4, at.y-1.92, 1.5, 2.3)
	s.face(hex(0x26333d), p(2.62, -1.6, 1.5), p(2.62, -0.6, 1.5), p(2.62, -0.6, 2.3), p(2.62, -1.6, 2.3))
	s.box(hex(0x33383c), p(0.3, -1.8, 0.4), p(2.5, 5, 0.9))
	for _, y := range []float64{-1.1, 3, 4.2} {
		s.limb(hex(0x17191b), p(2.5, y, 0.48), p(2.62, y, 0.48), 0.48, 0.48)
		s.limb(hex(0x777d82), p(2.7, y, 0.48), p(2.7, y, 0.48), 0.22, 0.22)
	}
}

func forklift(s *shot, at vec, lift float64) {
	p := func(x, y, z float64) vec { return at.plus(vec{x, y, z}) }
	s.shadow(at, 1.5, 0.9)
	s.box(hex(0xe0a92a), p(-0.9, -0.5, 0.25), p(0.6, 0.5, 0.95))
	s.box(hex(0x2f3336), p(-1.05, -0.5, 0.3), p(-0.75, 0.5, 1.15))
	for _, y := range []float64{-0.45, 0.45} {
		s.limb(hex(0x2a2e31), p(-0.7, y, 0.9), p(-0.7, y, 2.1), 0.04, 0.04)
		s.limb(hex(0x2a2e31), p(0.5, y, 0.9), p(0.5, y, 2.1), 0.04, 0.04)
		s.limb(hex(0x3a3f43), p(0.75, y, 0.1), p(0.75, y, 2.4), 0.06, 0.05)
		s.limb(hex(0x17191b), p(-0.6, y*1.1, 0.28), p(-0.6, y*1.2, 0.28), 0.28, 0.28)
		s.limb(hex(0x17191b), p(0.4, y*1.1, 0.3), p(0.4, y*1.2, 0.3), 0.3, 0.3)
		s.limb(hex(0x9aa0a5), p(0.8, y*0.6, lift), p(1.9, y*0.6, lift), 0.035, 0.03)
	}
	s.box(hex(0x2a2e31), p(-0.75, -0.5, 2.1), p(0.55, 0.5, 2.16))
	s.limb(worker.coat, p(-0.2, 0, 0.95), p(-0.2, 0, 1.45), 0.19, 0.2)
	s.limb(worker.skin, p(-0.18, 0, 1.72), p(-0.18, 0, 1.76), 0.1, 0.1)
	s.box(hex(0x94744c), p(0.85, -0.55, lift), p(1.95, 0.55, lift+0.12))
	s.box(hex(0xb98f5c), p(0.9, -0.5, lift+0.12), p(1.9, 0.5, lift+0.95))
}

func cashier() scene {
	return scene{
		file: "cashier", label: "C-08  CASHIER", light: indoors,
		lens: lens{vec{3.6, -1.8, 2.8}, vec{-0.5, 4.2, 0.9}, 72},
		still: func(s *shot) {
			s.room(0xa79f92, 0xd9d3c4, -4.4, -3, 5, 7, 3, 0.6)
			s.box(hex(0x7c5f45), vec{-4.4, 3.2, 0}, vec{2.4, 3.8, 1.05})
			s.box(hex(0xcfd3d4), vec{-4.4, 3.05, 1.05}, vec{2.5, 3.9, 1.11})
			for x := -4.4; x < 2.4; x += 1.7 {
				s.limb(hex(0x8c9499), vec{x, 3.5, 1.1}, vec{x, 3.5, 2.5}, 0.035, 0.035)
			}
			s.veil(hex(0xcfe3ea), 0.16, vec{-4.4, 3.5, 1.45}, vec{2.4, 3.5, 1.45}, vec{2.4, 3.5, 2.5}, vec{-4.4, 3.5, 2.5})
			s.limb(hex(0x8c9499), vec{-4.4, 3.5, 2.5}, vec{2.4, 3.5, 2.5}, 0.035, 0.035)
			s.box(hex(0x2c3137), vec{-1.2, 3.95, 1.11}, vec{-0.6, 4.05, 1.5})
			s.box(hex(0x59636b), vec{3.3, 5.4, 0}, vec{4.6, 6.9, 1.7})
			s.limb(hex(0xc9ced1), vec{3.29, 6, 1}, vec{3.29, 6, 1}, 0.16, 0.16)
			s.panel(hex(0x3f6ea5), -3.2, -1, 6.95, 1.6, 2.4)
			s.panel(hex(0xeef0f1), 0.2, 1.8, 6.95, 1.5, 2.5)
			s.plant(vec{4.3, 1.4, 0})
		},
		moving: func(s *shot, share float64) {
			s.person(vec{-0.7 + 0.5*eased(part(share, 0.45, 0.55)) - 0.5*eased(part(share, 0.8, 0.9)), 4.7, 0}, -1.6+0.35*math.Sin(share*4*math.Pi), share*6, clerk)
			s.walker(vec{4.9, -2.4, 0}, vec{-0.4, 2.4, 0}, part(share, 0, 0.24), delegate)
			if share >= 0.24 && share < 0.72 {
				s.person(vec{-0.4, 2.4, 0}, 1.6+0.15*math.Sin(share*12*math.Pi), 0.5+0.12*math.Sin(share*40), delegate)
			}
			s.walker(vec{-0.4, 2.4, 0}, vec{-4.2, -2.6, 0}, part(share, 0.72, 0.95), delegate)
			s.person(vec{1.6, 0.9, 0}, 2.2+0.3*math.Sin(share*2*math.Pi), 0.5, lady)
		},
	}
}

func lobbyE() scene {
	return scene{
		file: "lobby-e", label: "C-21  LOBBY E", light: indoors,
		lens: lens{vec{4.8, -2.4, 3.4}, vec{-1, 7, 0.9}, 70},
		still: func(s *shot) {
			s.room(0x97928c, 0xc8bfae, -8, -4, 7, 13, 4.2, 1)
			for x := -5.0; x < 3.6; x += 2.1 {
				s.panel(hex(0xb6d0de), x, x+1.9, 12.95, 0.1, 3.2)
				s.panel(hex(0x6f8a6a), x, x+1.9, 12.94, 0.1, 1)
			}
			for _, y := range []float64{4.0, 8.5} {
				s.prism(hex(0xbdb7ad), []vec{{-4, y, 0}, {-3.3, y, 0}, {-3.3, y + 0.7, 0}, {-4, y + 0.7, 0}}, 0, 4.2)
			}
			s.box(hex(0x5d6a75), vec{3.6, 7.6, 0}, vec{6.8, 8.6, 1.1})
			s.box(hex(0xd9dcdd), vec{3.5, 7.5, 1.1}, vec{6.9, 8.7, 1.18})
			s.box(hex(0x3d4a57), vec{-7.4, 2, 0}, vec{-6.5, 6, 0.45})
			for i := range 5 {
				x := -1.6 + 0.9*float64(i)
				s.limb(hex(0xb6a24a), vec{x, 6.2, 0}, vec{x, 6.2, 0.95}, 0.035, 0.035)
				if i > 0 {
					s.limb(hex(0x7c2e33), vec{x - 0.9, 6.2, 0.9}, vec{x, 6.2, 0.9}, 0.03, 0.03)
				}
			}
			s.plant(vec{-7, 11.8, 0})
			s.plant(vec{6, 11.8, 0})
		},
		moving: func(s *shot, share float64) {
			// A revolving door never stops.
			hub := vec{-0.9, 12, 0}
			for k := range 3 {
				a := share*4*math.Pi + float64(k)*2*math.Pi/3
				tip := hub.plus(vec{1.1 * math.Cos(a), 1.1 * math.Sin(a), 0})
				s.veil(hex(0xd4e6ee), 0.35, hub, tip, tip.plus(vec{0, 0, 2.6}), hub.plus(vec{0, 0, 2.6}))
				s.limb(hex(0x4a5157), tip, tip.plus(vec{0, 0, 2.6}), 0.035, 0.035)
				s.limb(hex(0x4a5157), hub.plus(vec{0, 0, 2.6}), tip.plus(vec{0, 0, 2.6}), 0.035, 0.035)
			}
			s.walker(vec{-0.9, 11, 0}, vec{6.6, 0, 0}, part(share, 0.05, 0.7), delegate)
			s.walker(vec{-7.6, 1, 0}, vec{-1.2, 11, 0}, part(math.Mod(share+0.45, 1), 0, 0.75), lady)
			s.person(vec{5, 9.4, 0}, -1.9+0.4*math.Sin(share*2*math.Pi), 0.5, officer)
		},
	}
}

func pregny() scene {
	return scene{
		file: "pregny", label: "C-22  PREGNY GATE", light: day,
		lens: lens{vec{-6.2, -8, 4.6}, vec{1, 7, 0.8}, 62},
		still: func(s *shot) {
			s.ground(hex(0x66785a), -60, -14, 60, 110, 6, 0.14)
			s.ground(hex(0x6c6f70), -3, -14, 3.2, 60, 1.6, 0.06)
			s.ground(hex(0xa8a59c), 3.2, -14, 6.2, 30, 1, 0.08)
			for _, x := range []float64{-4.2, 3.2, 6.2} {
				s.box(hex(0xc7bda8), vec{x, 7, 0}, vec{x + 0.9, 7.9, 3.4})
				s.box(hex(0xddd4c0), vec{x - 0.1, 6.9, 3.4}, vec{x + 1, 8, 3.6})
				s.limb(hex(0xe6e9ea), vec{x + 0.45, 7.45, 3.9}, vec{x + 0.45, 7.45, 3.9}, 0.28, 0.28)
			}
			s.bars(hex(0x23292e), vec{-24, 7.4, 0}, vec{-4.2, 7.4, 0}, 2.6, 0.24)
			s.bars(hex(0x23292e), vec{7.1, 7.4, 0}, vec{26, 7.4, 0}, 2.6, 0.24)
			for i, x := range []float64{-14, -9, 12, 17, 22, -19, 9, 27} {
				s.tree(vec{x, 13 + float64(i%4)*6, 0}, 8+float64(i%3)*1.5, hex(0x47703f).times(0.9+0.08*float64(i%3)))
			}
			s.box(hex(0xd9d6cf), vec{-12, 46, 0}, vec{22, 58, 10})
			for x := -10.0; x < 20; x += 2.4 {
				for z := 1.5; z < 9; z += 2.6 {
					s.panel(hex(0x6c7f8d), x, x+1.3, 45.95, z, z+1.6)
				}
			}
		},
		moving: func(s *shot, share float64) {
			open := eased(part(share, 0.12, 0.24)) - eased(part(share, 0.8, 0.95))
			for _, side := range []float64{-1, 1} {
				hinge := vec{-0.05 + 3.25*side, 7.4, 0}
				a := open * 1.45
				s.bars(hex(0x23292e), hinge, hinge.plus(vec{-side * 3.2 * math.Cos(a), 3.2 * math.Sin(a), 0}), 2.5, 0.26)
			}
			y := 44 - 30*eased(part(share, 0, 0.2))
			if share > 0.26 {
				y = 14 - 34*math.Pow(part(share, 0.26, 0.8), 1.5)
			}
			if share < 0.8 {
				s.car(vec{-0.2, y, 0}, 1, hex(0x22364d), false)
			}
			s.walker(vec{4.6, -9, 0}, vec{4.8, 26, 0}, part(math.Mod(share+0.5, 1), 0, 0.95), visitor)
		},
	}
}
