package rtsp

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// Bounds of what a parameter set is believed.
const (
	largest = 16384 // pixels, each way
	fastest = 240   // pictures a second
)

// refresh reads size, rate and profile from the parameter sets. What cannot be
// read stays unknown.
func (f *Format) refresh() {
	f.Width, f.Height, f.FPS, f.Profile = 0, 0, 0, ""
	switch f.Codec {
	case H264:
		if sps, ok := f.h264(); ok {
			f.size(sps.Width(), sps.Height(), sps.FPS())
			f.Profile = profile264(sps)
		}
	case H265:
		if sps, ok := f.h265(); ok {
			f.size(sps.Width(), sps.Height(), sps.FPS())
			f.Profile = profile265[sps.ProfileTierLevel.GeneralProfileIdc]
		}
	}
}

func (f *Format) size(width, height int, fps float64) {
	if width > 0 && height > 0 && width <= largest && height <= largest {
		f.Width, f.Height = width, height
	}
	if fps > 0 && fps <= fastest {
		f.FPS = fps
	}
}

func (f *Format) h264() (sps h264.SPS, ok bool) {
	return sps, f.Codec == H264 && sps.Unmarshal(f.SPS) == nil
}

func (f *Format) h265() (sps h265.SPS, ok bool) {
	return sps, f.Codec == H265 && sps.Unmarshal(f.SPS) == nil
}

// profile264 names a profile (H.264 annex A.2).
func profile264(s h264.SPS) string {
	switch s.ProfileIdc {
	case 66:
		if s.ConstraintSet1Flag {
			return "constrained baseline"
		}
		return "baseline"
	case 77:
		return "main"
	case 88:
		return "extended"
	case 100:
		return "high"
	case 110:
		return "high 10"
	case 122:
		return "high 4:2:2"
	case 244:
		return "high 4:4:4"
	}
	return ""
}

// profile265 names the profiles of H.265 annex A.3 that cameras use.
var profile265 = map[uint8]string{1: "main", 2: "main 10", 3: "main still picture", 4: "range extensions"}
