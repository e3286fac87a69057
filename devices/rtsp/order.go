package rtsp

import (
	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

const (
	proof     = 3         // pictures out of order within the span that prove B-frames
	proofSpan = 50        // pictures
	disproof  = 100       // pictures in order that disprove what a parameter set allows
	farBack   = ClockRate // a step back this long is a clock that was set, not a reordered picture
)

// order finds out whether pictures are sent in another order than they are
// shown. Parameter sets say "never" or "may be"; the pictures themselves say
// which. Many cameras allow reordering and never do it.
type order struct {
	reordered bool
	never     bool // by the parameter sets
	sps       h264.SPS
	counted   bool // sps tells where a slice says its place

	begun    bool
	stamp    uint32 // of the current picture
	newest   uint32 // time stamp
	place    uint32 // highest picture order count since the keyframe
	placed   bool
	pictures int // since the last one out of order
	span     int // pictures since the first one of late
	late     int // out of order in this span
}

// promised takes what the parameter sets say.
func (o *order) promised(f Format) {
	*o = order{}
	if sps, ok := f.h264(); ok {
		o.sps = sps
		o.counted = sps.PicOrderCntType == 0 && sps.FrameMbsOnlyFlag && !sps.SeparateColourPlaneFlag
		restriction := sps.VUI != nil && sps.VUI.BitstreamRestriction != nil
		switch {
		case sps.ProfileIdc == 66, sps.PicOrderCntType == 2:
			o.never = true
		case restriction:
			o.reordered = sps.VUI.BitstreamRestriction.MaxNumReorderFrames > 0
			o.never = !o.reordered
		}
	}
	if sps, ok := f.h265(); ok && len(sps.MaxNumReorderPics) > 0 {
		o.reordered = sps.MaxNumReorderPics[len(sps.MaxNumReorderPics)-1] > 0
		o.never = !o.reordered
	}
}

// unit takes the beginning of a slice.
func (o *order) unit(codec Codec, u unit, stamp uint32) {
	if o.never || o.begun && stamp == o.stamp {
		return // further slices of a picture say nothing new
	}
	o.stamp = stamp
	back := o.begun && o.isBack(stamp)
	if !back {
		o.newest = stamp
	}
	o.begun = true
	if codec == H264 && o.counted && o.isBefore(u) {
		back = true
	}
	o.count(back)
}

func (o *order) isBack(stamp uint32) bool {
	step := int32(stamp - o.newest) //nolint:gosec // time stamps wrap; the difference is signed
	return step < 0 && step > -farBack
}

// isBefore says whether the slice's picture order count (H.264 section 7.3.3)
// is lower than one before it.
func (o *order) isBefore(u unit) bool {
	place, ok := o.orderCount(u)
	if !ok {
		return false
	}
	width := o.sps.Log2MaxPicOrderCntLsbMinus4 + 4
	ahead := (place - o.place) << (32 - width)
	if u.key || !o.placed || int32(ahead) >= 0 { //nolint:gosec // the counter wraps at its own width
		o.place, o.placed = place, true
		return false
	}
	return true
}

func (o *order) orderCount(u unit) (uint32, bool) {
	head := h264.EmulationPreventionRemove(u.slice[:min(len(u.slice), 24)])
	at := 0
	for range 3 { // first_mb_in_slice, slice_type, pic_parameter_set_id
		if _, err := bits.ReadGolombUnsigned(head, &at); err != nil {
			return 0, false
		}
	}
	if o.sps.Log2MaxFrameNumMinus4 > 12 || o.sps.Log2MaxPicOrderCntLsbMinus4 > 12 {
		return 0, false
	}
	if _, err := bits.ReadBits(head, &at, int(o.sps.Log2MaxFrameNumMinus4+4)); err != nil {
		return 0, false
	}
	if u.key {
		if _, err := bits.ReadGolombUnsigned(head, &at); err != nil { // idr_pic_id
			return 0, false
		}
	}
	place, err := bits.ReadBits(head, &at, int(o.sps.Log2MaxPicOrderCntLsbMinus4+4))
	return uint32(place), err == nil //nolint:gosec // 16 bits at most
}

func (o *order) count(back bool) {
	o.pictures++
	o.span++
	if o.span > proofSpan {
		o.span, o.late = 0, 0
	}
	if back {
		o.pictures = 0
		if o.late++; o.late >= proof {
			o.reordered = true
		}
	}
	if o.pictures >= disproof {
		o.reordered = false
	}
}
