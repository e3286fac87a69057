package video

import (
	"time"

	"github.com/pion/rtcp"
)

// control takes what the player says of what it gets. It is called by the
// session's reader.
func (v *viewer) control(packets []rtcp.Packet, now time.Time) {
	v.mu.Lock()
	before := len(v.asked)
	wake := false
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.TransportLayerNack:
			for _, pair := range p.Nacks {
				pair.Range(func(seq uint16) bool {
					if len(v.asked) < mostAsked {
						v.asked = append(v.asked, seq)
					}
					return true
				})
			}
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			v.lost, wake = true, true
		case *rtcp.ReceiverReport:
			for _, r := range p.Reports {
				if r.SSRC == v.source {
					wake = v.path(r, now) || wake
				}
			}
		}
	}
	wake = wake || len(v.asked) > before
	v.mu.Unlock()
	if wake {
		v.nudge()
	}
}

// path judges the way to the player by a report, and says whether pictures queue
// on it (RFC 3550 section 6.4.1).
func (v *viewer) path(r rtcp.ReceptionReport, now time.Time) bool {
	lossy := r.FractionLost > tooLossy && v.count.lossy.Load() > tooLossy
	v.count.lossy.Store(uint32(r.FractionLost))
	if lossy {
		v.slow = againAfter
		return true
	}
	if r.LastSenderReport == 0 {
		return false
	}
	way := time.Duration(int32(middle(ntp(now))-r.LastSenderReport-r.Delay)) * time.Second >> 16
	if way < 0 || way > time.Minute {
		return false
	}
	v.count.way.Store(int64(way))
	if v.quick == 0 || way < v.quick {
		v.quick = way
	}
	if way-v.quick > tooFar {
		v.slow = way - v.quick
		return true
	}
	return false
}

// ntp is the time of day as RTCP has it; middle are the 32 bits of it that
// reports repeat.
func ntp(now time.Time) uint64 {
	const since1900 = 2208988800
	return uint64(now.Unix()+since1900)<<32 | uint64(now.Nanosecond())<<32/1e9
}

func middle(ntp uint64) uint32 { return uint32(ntp >> 16) }
