package video

import (
	"encoding/json"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// everySecond is how often a viewer is told of its picture when nothing changes.
const everySecond = time.Second

// late is the age from which a picture that goes on is called delayed.
const late = 500 * time.Millisecond

// Age is what a viewer's data channel "age" says, as JSON in a text message: about
// once a second and at each change. With the time stamp of the shown frame
// (requestVideoFrameCallback's rtpTimestamp) its age is
// now − at + (rtp − shown)/90 ms, plus what passed since the message came. While
// the past is hurried through (state "delayed"), that is exact for the newest
// frame only.
type Age struct {
	State Status `json:"state"`
	At    int64  `json:"at"`              // ms since 1970: when the newest packet that was sent was due at the console, by the camera's clock; 0 before the first
	RTP   uint32 `json:"rtp"`             // that packet's time stamp, 90 kHz
	Now   int64  `json:"now"`             // ms since 1970 by the console's clock
	Cut   uint64 `json:"cut"`             // how often pictures were left out to catch up
	Short bool   `json:"short,omitempty"` // pictures are left out now: since the first until none was for 2 s
	Fault string `json:"fault,omitempty"`
}

// teller is the viewer's end of the data channel.
type teller struct {
	channel *webrtc.DataChannel
	last    Status
	short   bool
}

// mostUntold is how much may wait in the channel before messages are left out.
const mostUntold = 4 << 10

// report tells the player how old its picture is, and the path's ends each
// other's clocks.
func (v *viewer) report() {
	now := time.Now()
	if now.Sub(v.reported) >= everySecond && v.count.packets.Load() > 0 {
		v.reported = now
		at := time.Unix(0, v.count.at.Load())
		v.session.control(&rtcp.SenderReport{
			SSRC: v.source, NTPTime: ntp(now), RTPTime: v.count.stamp.Load() + uint32(now.Sub(at)*clockRate/time.Second),
			PacketCount: uint32(v.count.packets.Load()), OctetCount: uint32(v.count.bytes.Load()),
		})
	}
	if v.teller.channel == nil {
		if v.teller.channel = v.session.ages.Load(); v.teller.channel == nil {
			return
		}
	}
	state, fault := v.state(now)
	short := v.scarce.lasts(now)
	if state == v.teller.last && short == v.teller.short && now.Sub(v.told) < everySecond {
		return
	}
	if v.teller.channel.BufferedAmount() > mostUntold {
		return
	}
	v.told, v.teller.last, v.teller.short = now, state, short
	message, err := json.Marshal(Age{
		State: state, At: v.count.at.Load() / int64(time.Millisecond), RTP: v.count.stamp.Load(),
		Now: now.UnixMilli(), Cut: v.count.cuts.Load(), Short: short, Fault: fault,
	})
	if err == nil {
		_ = v.teller.channel.SendText(string(message)) // a channel that closed with its session
	}
}

// state is how the picture is that the player shows.
func (v *viewer) state(now time.Time) (Status, string) {
	v.feed.mu.RLock()
	status, fault := v.feed.status, string(v.feed.fault.Code)
	codec, hasKey := v.feed.format.Codec, v.ring.hasKey
	v.feed.mu.RUnlock()
	sent := v.count.at.Load()
	switch {
	case status == Idle:
		return Connecting, ""
	case status != Live:
		return status, fault
	case codec != "" && hasKey && v.waiting && !v.fits:
		return Lost, FaultCodec
	case sent == 0:
		return Connecting, ""
	case v.waiting, v.scarce.lasts(now), v.catching && now.UnixNano()-sent > int64(late), now.Before(v.thin), v.count.lag.Load() > int64(late):
		return Delayed, ""
	}
	return Live, ""
}

// FaultCodec is the Age's fault when the browser cannot show the camera's codec.
const FaultCodec = "codec"
